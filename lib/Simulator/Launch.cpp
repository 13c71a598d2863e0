#include "Launch.h"

#include "Fault.h"
#include "Profile.h"
#include "Sanitizer.h"
#include "Workers.h"

#include <algorithm>
#include <map>

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

struct Results {
  std::mutex mutex;
  std::vector<Clock> cores; // one per device core that ran something
};

void runTasks(Launch &launch, std::atomic<unsigned> &next, Results &results) {
  Core &core = threadCore();
  if (!core.attach(launch))
    return;
  setCurrentCore(&core);
  std::vector<Clock> local(results.cores.size());
  for (unsigned t; !launch.stopped.load(std::memory_order_relaxed) && (t = next.fetch_add(1)) < launch.tasks();) {
    if (!runTask(core, t))
      break;
    Clock &sum = local[t % local.size()]; // tasks go round the cores in waves
    sum.now += core.clock.now;
    for (int p = 0; p <= kPipes; ++p)
      sum.busy[p] += core.clock.busy[p];
    sum.bytes += core.clock.bytes;
    sum.macs += core.clock.macs;
  }
  setCurrentCore(nullptr);
  std::lock_guard<std::mutex> lock(results.mutex);
  for (size_t i = 0; i < local.size(); ++i) {
    results.cores[i].now += local[i].now;
    for (int p = 0; p <= kPipes; ++p)
      results.cores[i].busy[p] += local[i].busy[p];
    results.cores[i].bytes += local[i].bytes;
    results.cores[i].macs += local[i].macs;
  }
}

} // namespace

double runLaunch(Launch &launch) {
  unsigned cores = unsigned(launch.device->cores());
  launch.activeCores = std::min(launch.tasks(), cores);
  Results results;
  results.cores.resize(launch.activeCores);
  std::atomic<unsigned> next{0};
  // Host threads take tasks in no fixed order. The sanitizer wants the same order every time: one thread, ascending.
  unsigned helpers = launch.sanitize ? 0 : std::min(launch.tasks() - 1, workerCount());
  FaultGuard guard;
  runOnWorkers(helpers, [&] { runTasks(launch, next, results); });
  if (!launch.report.empty()) {
    setLastReport(launch.report);
    return 0;
  }
  return recordProfile(launch, results.cores);
}

} // namespace metabang::sim
