// What is simulated: the device, the sanitizer's mode, the last report.
#include "Launch.h"
#include "ProgramLog.h"
#include "Queues.h"

#include "metabang/Simulator/Simulator.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace metabang::sim {
namespace {
struct State {
  std::mutex mutex;
  const metabang::Device *device;
  bool chosen;     // by the environment, by mluSimSetDevice, or by the first program
  int running = 0; // launches
  bool sanitize;
  Schedule schedule;
  std::string report, answer, scheduleAnswer;
  bool unread = false; // nobody has asked for the report

  State() {
    const char *name = getenv("MLU_SIM_DEVICE");
    chosen = name && *name;
    device = lookupDevice(chosen ? name : "mtp_270");
    if (!device) {
      fprintf(stderr, "MLU_SIM_DEVICE=%s is no device of the simulator (%s); using mtp_270\n", name,
              knownDevices().c_str());
      device = lookupDevice("mtp_270");
    }
    const char *check = getenv("MLU_SIM_SANITIZE"), *order = getenv("MLU_SIM_ORDER");
    sanitize = check && *check && strcmp(check, "0") != 0;
    schedule.lazy = sanitize;
    if (order && !parseSchedule(order, schedule))
      fprintf(stderr, "MLU_SIM_ORDER=%s: use eager or lazy, and forward, reverse or seed:N, as in lazy,seed:7\n", order);
  }
};
State &state() {
  static auto *s = new State;
  return *s;
}
} // namespace

const metabang::Device &currentDevice() {
  std::lock_guard<std::mutex> lock(state().mutex);
  return *state().device;
}

Schedule currentSchedule() {
  std::lock_guard<std::mutex> lock(state().mutex);
  return state().schedule;
}

bool sanitizing() {
  std::lock_guard<std::mutex> lock(state().mutex);
  return state().sanitize;
}

RunningLaunch::RunningLaunch() {
  std::lock_guard<std::mutex> lock(state().mutex);
  ++state().running;
  device = state().device;
}

RunningLaunch::~RunningLaunch() {
  std::lock_guard<std::mutex> lock(state().mutex);
  --state().running;
}

void setLastReport(const std::string &report, bool ofLaunch) {
  bool told = logReport(report, ofLaunch);
  std::lock_guard<std::mutex> lock(state().mutex);
  state().report = report;
  state().unread = !report.empty() && !told;
}

/// A program that knows CNRT alone still learns what it did wrong, when it ends.
__attribute__((destructor)) static void tellReport() {
  if (state().unread)
    fprintf(stderr, "simulator: %s\n", state().report.c_str());
}

} // namespace metabang::sim

using namespace metabang::sim;

extern "C" void __mluSimProgram(int arch) {
  announceReports();
  const metabang::Device *device = metabang::lookupDevice("mtp_" + std::to_string(arch));
  std::lock_guard<std::mutex> lock(state().mutex);
  if (!state().chosen && device)
    state().device = device;
  state().chosen = true;
}

// Launches that were made before a change of what is simulated belong to what was.

extern "C" int mluSimSetDevice(const char *name) {
  runPending();
  const metabang::Device *device = name ? metabang::lookupDevice(name) : nullptr;
  std::lock_guard<std::mutex> lock(state().mutex);
  if (!device || (device != state().device && state().running > 0))
    return -1;
  state().device = device;
  state().chosen = true;
  return 0;
}

extern "C" const char *mluSimGetDevice(void) { return currentDevice().name; }

extern "C" void mluSimSetSanitize(int mode) {
  runPending();
  std::lock_guard<std::mutex> lock(state().mutex);
  state().sanitize = mode != 0;
  state().schedule.lazy = mode != 0 && mode != 1;
}

extern "C" int mluSimGetSanitize(void) { return !sanitizing() ? 0 : currentSchedule().lazy ? 2 : 1; }

extern "C" int mluSimSetSchedule(const char *schedule) {
  runPending();
  std::lock_guard<std::mutex> lock(state().mutex);
  return schedule && parseSchedule(schedule, state().schedule) ? 0 : -1;
}

extern "C" const char *mluSimGetSchedule(void) {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().scheduleAnswer = scheduleName(state().schedule);
  return state().scheduleAnswer.c_str();
}

extern "C" const char *mluSimLastReport(void) {
  runPending();
  std::lock_guard<std::mutex> lock(state().mutex);
  state().answer = state().report;
  state().unread = false;
  return state().answer.c_str();
}

extern "C" void mluSimClearReport(void) {
  runPending();
  setLastReport("");
}
