#include "Profile.h"

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
} // namespace

double recordProfile(const Launch &launch, const std::vector<Clock> &cores) {
  const metabang::Device &device = *launch.device;
  const Clock *critical = &cores[0];
  double bytes = 0, macs = 0;
  for (const Clock &c : cores) {
    if (c.now > critical->now)
      critical = &c;
    bytes += c.bytes;
    macs += c.macs;
  }
  double us = device.launchUs + critical->now * 1e-3;
  // The bound is the busiest pipe of the critical core; if none works half of the time, the core mostly waited.
  const double *busy = critical->busy;
  int most = int(std::max_element(busy, busy + kPipes + 1) - busy);
  static const char *const bounds[] = {"memory", "move", "compute", "scalar"};
  const char *bound = device.launchUs > critical->now * 1e-3        ? "launch"
                      : busy[most] < 0.5 * critical->now ? "sync"
                                                         : bounds[most];
  char text[640];
  snprintf(text, sizeof text,
           "{\"kernel\": \"%s\", \"device\": \"%s\", \"dim\": [%u, %u, %u], \"type\": %d, \"tasks\": %u, "
           "\"cores\": %zu, \"us\": %.3f, \"launch_us\": %.3f, \"busy_us\": {\"io\": %.3f, \"move\": %.3f, "
           "\"compute\": %.3f, \"scalar\": %.3f}, \"bytes\": %.0f, \"macs\": %.0f, \"bound\": \"%s\"}",
           launch.kernel.info->name, device.name, launch.dim[0], launch.dim[1], launch.dim[2], launch.type,
           launch.tasks(), cores.size(), us, device.launchUs, busy[IO] * 1e-3, busy[Move] * 1e-3,
           busy[Compute] * 1e-3, busy[kPipes] * 1e-3, bytes, macs, bound);
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
  Profiles &p = profiles();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.answer = p.entries.empty() ? "{}" : p.entries.back();
  return p.answer.c_str();
}

extern "C" const char *mluSimProfiles(void) {
  Profiles &p = profiles();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.answer = "[";
  for (const std::string &e : p.entries)
    p.answer += (p.answer.size() > 1 ? ", " : "") + e;
  p.answer += "]";
  return p.answer.c_str();
}

extern "C" void mluSimClearProfiles(void) {
  Profiles &p = profiles();
  std::lock_guard<std::mutex> lock(p.mutex);
  p.entries.clear();
}
