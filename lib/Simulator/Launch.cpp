#include "Launch.h"

#include "CoreThreads.h"
#include "Fault.h"
#include "Profile.h"
#include "Races.h"
#include "Sanitizer.h"
#include "Trace.h"
#include "Union.h"
#include "Workers.h"

#include <algorithm>

namespace metabang::sim {
namespace {

/// The core of this thread; it keeps its WRAM between launches.
Core &threadCore() {
  static thread_local Core core;
  return core;
}

/// Runs the task that the core has begun; false if it broke a rule.
bool runTask(Core &core) {
  Launch &launch = *core.launch;
  sigjmp_buf back;
  if (sigsetjmp(back, 0)) { // scalar code faulted
    faultReturn = nullptr;
    reportFault(core);
    return false;
  }
  faultReturn = &back;
  ownSignalStack();
  core.stack.begin(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
  bool right = true;
  try {
    launch.kernel.info->call(launch.kernel.info->address, launch.args);
    core.drain(__MLU_PIPE_ALL);
    core.clock.waitAll();
  } catch (const KernelTrap &) {
    right = false;
  }
  faultReturn = nullptr;
  return right;
}

/// Takes tasks in the order given, which may be empty for the ascending one.
void runTasks(Launch &launch, const std::vector<unsigned> &order, std::atomic<unsigned> &next, Timeline &timeline) {
  Core &core = threadCore();
  if (!core.attach(launch))
    return;
  setCurrentCore(&core);
  for (unsigned n; !launch.stopped.load(std::memory_order_relaxed) && (n = next.fetch_add(1)) < launch.tasks();) {
    unsigned t = order.empty() ? n : order[n];
    core.begin(t);
    if (!runTask(core))
      break;
    timeline.add(t, 0, std::move(core.clock));
  }
  setCurrentCore(nullptr);
}

/// One core of a union job, through all unions.
void runMember(Launch &launch, Union &team, unsigned member) {
  Core &core = threadCore();
  bool ready = core.attach(launch);
  setCurrentCore(&core);
  while (team.take(member, core)) {
    if (ready && !launch.stopped.load())
      runTask(core);
    team.end(member);
  }
  setCurrentCore(nullptr);
}

void runUnions(Launch &launch, Timeline &timeline) {
  unsigned clusters = launch.clusters();
  unsigned tasks = clusters * unsigned(launch.device->coresPerCluster);
  Union team(launch, timeline, clusters, launch.tasks() / tasks);
  if (!team.sram.valid()) {
    launch.report = std::string("kernel '") + launch.kernel.info->name +
                    "': the system has no memory left for the SRAM of " + std::to_string(clusters) +
                    " clusters. Close other programs, or launch a smaller union.";
    return;
  }
  runOnCoreThreads(team.members(), [&](unsigned member) { runMember(launch, team, member); });
  if (launch.report.empty())
    launch.report = team.neverPerformed();
}

void runBlock(Launch &launch, Timeline &timeline) {
  std::atomic<unsigned> next{0};
  // Host threads take tasks in no fixed order. One thread does where the order matters: to the sanitizer's reports, and
  // to who asked for another order.
  bool forward = launch.schedule.order == Schedule::Forward;
  unsigned helpers = launch.sanitize || !forward ? 0 : std::min(launch.tasks() - 1, workerCount());
  std::vector<unsigned> order = forward ? std::vector<unsigned>() : launch.schedule.permutation(launch.tasks());
  runOnWorkers(helpers, [&] { runTasks(launch, order, next, timeline); });
}

} // namespace

double runLaunch(Launch &launch) {
  launch.traced = tracing();
  Timeline timeline(*launch.device, launch.clusters());
  FaultGuard guard;
  launch.races = launch.sanitize ? std::make_shared<Races>(launch) : nullptr;
  if (launch.clusters())
    runUnions(launch, timeline);
  else
    runBlock(launch, timeline);
  if (!launch.report.empty()) {
    setLastReport(launch.report);
    return 0;
  }
  return recordProfile(launch, timeline.compute());
}

} // namespace metabang::sim
