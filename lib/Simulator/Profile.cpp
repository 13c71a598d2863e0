#include "Profile.h"

#include "Json.h"
#include "Queues.h"
#include "Trace.h"

#include "metabang/Simulator/Simulator.h"

#include <algorithm>
#include <cstdio>
#include <deque>

namespace metabang::sim {
namespace {
struct Profiles {
  std::mutex mutex;
  std::deque<std::string> entries;
  std::string answer;
};
Profiles &profiles() {
  static auto *p = new Profiles;
  return *p;
}
constexpr size_t kKept = 65536;

/// What holds the core back: the launch, or its busiest pipe; "latency" if that pipe mostly waits for copies to start,
/// "sync" if no pipe works half of the time.
const char *boundOf(const metabang::Device &device, const CoreTime &core) {
  if (device.launchUs > core.end * 1e-3)
    return "launch";
  int most = int(std::max_element(core.busy, core.busy + kPipes + 1) - core.busy);
  if (core.busy[most] < 0.5 * core.end)
    return "sync";
  if (most == IO && core.startup > 0.5 * core.busy[IO])
    return "latency";
  static const char *const bounds[] = {"memory", "move", "compute", "scalar"};
  return bounds[most];
}
} // namespace

double recordProfile(const Launch &launch, const Times &times) {
  const metabang::Device &device = *launch.device;
  CoreTime critical;
  for (const CoreTime &c : times.cores)
    if (c.end > critical.end)
      critical = c;
  double us = device.launchUs + times.ns * 1e-3;
  double peak = device.dramGbPerS * 1e3; // bytes a microsecond
  std::string text = "{\"kernel\": " + quoted(launch.kernel.info->name) + ", \"device\": " + quoted(device.name);
  auto add = [&](const char *format, auto... values) {
    char part[256];
    snprintf(part, sizeof part, format, values...);
    text += part;
  };
  add(", \"dim\": [%u, %u, %u], \"type\": %d, \"tasks\": %u, \"cores\": %zu", launch.dim[0], launch.dim[1],
      launch.dim[2], launch.type, launch.tasks(), times.cores.size());
  add(", \"us\": %.3f, \"launch_us\": %.3f", us, device.launchUs);
  add(", \"busy_us\": {\"io\": %.3f, \"move\": %.3f, \"compute\": %.3f, \"scalar\": %.3f}", critical.busy[IO] * 1e-3,
      critical.busy[Move] * 1e-3, critical.busy[Compute] * 1e-3, critical.busy[kPipes] * 1e-3);
  double occupied[kPipes + 1] = {};
  for (const CoreTime &c : times.cores)
    for (int p = 0; p <= kPipes && times.ns > 0; ++p)
      occupied[p] += c.busy[p] / times.ns / double(times.cores.size());
  add(", \"occupancy\": {\"io\": %.4f, \"move\": %.4f, \"compute\": %.4f, \"scalar\": %.4f}", occupied[IO],
      occupied[Move], occupied[Compute], occupied[kPipes]);
  add(", \"bytes\": %.0f, \"macs\": %.0f, \"dram_efficiency\": %.4f, \"bound\": \"%s\"}", times.bytes, times.macs,
      times.bytes / peak / us, boundOf(device, critical));
  if (launch.traced)
    traceLaunch(launch.kernel.info->name, device, times);
  Profiles &p = profiles();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.entries.push_back(text);
  if (p.entries.size() > kKept)
    p.entries.pop_front();
  return us;
}

} // namespace metabang::sim

using namespace metabang::sim;

extern "C" const char *mluSimLastProfile(void) {
  runPending();
  Profiles &p = profiles();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.answer = p.entries.empty() ? "{}" : p.entries.back();
  return p.answer.c_str();
}

extern "C" const char *mluSimProfiles(void) {
  runPending();
  Profiles &p = profiles();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.answer = "[";
  for (const std::string &e : p.entries)
    p.answer += (p.answer.size() > 1 ? ", " : "") + e;
  p.answer += "]";
  return p.answer.c_str();
}

extern "C" void mluSimClearProfiles(void) {
  runPending();
  Profiles &p = profiles();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.entries.clear();
}
