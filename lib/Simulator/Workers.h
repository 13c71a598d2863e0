#ifndef METABANG_SIMULATOR_WORKERS_H
#define METABANG_SIMULATOR_WORKERS_H

#include <functional>

namespace metabang::sim {

/// Host threads that can help the calling one: one less than the machine has processors (or MLU_SIM_THREADS says).
unsigned workerCount();

/// Runs `job` on the calling thread and on `helpers` others; returns when all have finished.
void runOnWorkers(unsigned helpers, const std::function<void()> &job);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_WORKERS_H
