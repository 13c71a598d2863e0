#include "Clock.h"

#include <mutex>

namespace metabang::sim {

namespace {
struct Spare {
  std::mutex mutex;
  std::vector<std::vector<Event>> buffers;
  size_t events = 0; // that they can hold
};
Spare &spare() {
  static auto *s = new Spare;
  return *s;
}
constexpr size_t kSpareEvents = 1 << 21; // 80 MB
} // namespace

void Clock::reserve() {
  Spare &s = spare();
  std::lock_guard<std::mutex> lock(s.mutex);
  if (s.buffers.empty())
    return;
  events = std::move(s.buffers.back());
  s.buffers.pop_back();
  s.events -= events.capacity();
}

void Clock::giveBack() {
  Spare &s = spare();
  std::lock_guard<std::mutex> lock(s.mutex);
  if (events.capacity() > 0 && s.events + events.capacity() <= kSpareEvents) {
    s.events += events.capacity();
    events.clear();
    s.buffers.push_back(std::move(events));
  }
}

Event &Clock::step(Event::Kind kind, int pipe) {
  uint32_t site = sites.empty() ? 0 : uint32_t(sites.size() - 1);
  events.push_back({kind, uint8_t(pipe), 0, Shared::Nothing, site, scalarNs, 0, 0, 0, 0, 0});
  scalarNs = 0;
  return events.back();
}

void Clock::run(int pipe, double ns) {
  // Back to back on one pipe: the second starts when the first ends, as one that takes as long as both. That keeps
  // the record of a kernel of many small vector operations short.
  if (!traced && !events.empty()) {
    Event &last = events.back();
    if (last.kind == Event::Run && last.pipe == pipe && !last.waits && last.work + scalarNs <= last.ns) {
      last.work += float(scalarNs);
      last.ns += ns;
      scalarNs = 0;
      return;
    }
  }
  step(Event::Run, pipe).ns = ns;
}

void Clock::copy(int pipe, const Transfer &t) {
  Event &e = step(Event::Copy, pipe);
  e.resource = t.resource;
  e.ns = t.startupNs;
  e.work = float(t.workNs);
  e.alone = float(t.aloneNs);
  e.bytes = uint32_t(t.bytes);
}

void Clock::waitFor(unsigned pipes) {
  if (events.empty())
    return;
  Event &last = scalarNs > 0 || events.back().kind == Event::Barrier ? step(Event::Wait, 0) : events.back();
  last.waits |= uint8_t(pipes);
}

void Clock::barrier(uint32_t group, unsigned participants) {
  Event &e = step(Event::Barrier, 0);
  e.waits = (1 << kPipes) - 1;
  e.group = group;
  e.bytes = participants;
}

} // namespace metabang::sim
