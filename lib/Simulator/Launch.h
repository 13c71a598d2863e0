#ifndef METABANG_SIMULATOR_LAUNCH_H
#define METABANG_SIMULATOR_LAUNCH_H

#include "Core.h"

namespace metabang::sim {

/// Runs all tasks and returns the modelled time in microseconds. After a violation launch.report is not empty.
double runLaunch(Launch &launch);

/// What is simulated: set by the environment first, see Simulator.h.
const metabang::Device &currentDevice();
/// While it lives, the device stays the same.
struct RunningLaunch {
  const metabang::Device *device;
  RunningLaunch();
  ~RunningLaunch();
  RunningLaunch(const RunningLaunch &) = delete;
};
bool sanitizing();
/// LDRAM of a core (cnrtSetLocalMem), and of its stack if that is in LDRAM (cnrtSetStackMem; 0: it is not).
size_t localMemoryBytes();
size_t stackMemoryBytes();
Schedule currentSchedule();
/// `ofLaunch`: it stopped a launch, which has no profile.
void setLastReport(const std::string &report, bool ofLaunch = true);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_LAUNCH_H
