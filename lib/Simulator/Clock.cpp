#include "Clock.h"

namespace metabang::sim {

Event &Clock::step(Event::Kind kind, int pipe) {
  uint32_t site = sites.empty() ? 0 : uint32_t(sites.size() - 1);
  events.push_back({kind, uint8_t(pipe), Shared::Nothing, site, scalarNs, 0, 0, 0, 0, 0});
  scalarNs = 0;
  return events.back();
}

void Clock::run(int pipe, double ns) {
  // Back to back on one pipe: the second starts when the first ends, as one that takes as long as both. That keeps
  // the record of a kernel of many small vector operations short.
  if (!traced && !events.empty()) {
    Event &last = events.back();
    if (last.kind == Event::Run && last.pipe == pipe && last.work + scalarNs <= last.ns) {
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
  if (events.empty() || (events.back().kind == Event::Wait && (events.back().pipe | pipes) == events.back().pipe))
    return;
  step(Event::Wait, int(pipes));
}

void Clock::barrier(uint32_t group, unsigned participants) {
  Event &e = step(Event::Barrier, (1 << kPipes) - 1);
  e.group = group;
  e.bytes = participants;
}

} // namespace metabang::sim
