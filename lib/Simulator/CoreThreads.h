#ifndef METABANG_SIMULATOR_CORETHREADS_H
#define METABANG_SIMULATOR_CORETHREADS_H

#include <functional>

namespace metabang::sim {

/// Runs job(0) … job(count - 1), each on a host thread of its own, and returns when all have returned. The same index
/// gets the same thread every time, so that a core of a union finds its NRAM (thread-local storage) and WRAM again.
void runOnCoreThreads(unsigned count, const std::function<void(unsigned)> &job);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_CORETHREADS_H
