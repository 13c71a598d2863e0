#include "Launch.h"

#include "Fault.h"
#include "Profile.h"
#include "Sanitizer.h"
#include "Trace.h"
#include "Workers.h"

#include <algorithm>

namespace metabang::sim {
namespace {

/// The core of this thread; it keeps its WRAM between launches.
Core &threadCore() {
  static thread_local Core core;
  return core;
}

/// Runs one task; false if it broke a rule.
bool runTask(Core &core, unsigned index) {
  Launch &launch = *core.launch;
  core.begin(index);
  sigjmp_buf back;
  if (sigsetjmp(back, 0)) { // scalar code faulted
    faultReturn = nullptr;
    reportFault(core);
    return false;
  }
  faultReturn = &back;
  bool right = true;
  try {
    launch.kernel.info->call(launch.kernel.info->address, launch.args);
    if (core.sanitizer)
      core.sanitizer->endTask();
    core.clock.waitAll();
  } catch (const KernelTrap &) {
    right = false;
  }
  faultReturn = nullptr;
  return right;
}

void runTasks(Launch &launch, std::atomic<unsigned> &next, Timeline &timeline) {
  Core &core = threadCore();
  if (!core.attach(launch))
    return;
  setCurrentCore(&core);
  for (unsigned t; !launch.stopped.load(std::memory_order_relaxed) && (t = next.fetch_add(1)) < launch.tasks();) {
    if (!runTask(core, t))
      break;
    timeline.add(t, 0, std::move(core.clock));
  }
  setCurrentCore(nullptr);
}

} // namespace

double runLaunch(Launch &launch) {
  launch.traced = tracing();
  Timeline timeline(*launch.device, 0);
  std::atomic<unsigned> next{0};
  // Host threads take tasks in no fixed order. The sanitizer wants the same order every time: one thread, ascending.
  unsigned helpers = launch.sanitize ? 0 : std::min(launch.tasks() - 1, workerCount());
  FaultGuard guard;
  runOnWorkers(helpers, [&] { runTasks(launch, next, timeline); });
  if (!launch.report.empty()) {
    setLastReport(launch.report);
    return 0;
  }
  return recordProfile(launch, timeline.compute());
}

} // namespace metabang::sim
