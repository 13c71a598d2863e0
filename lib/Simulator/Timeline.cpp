#include "Timeline.h"

#include "Bandwidth.h"

#include <algorithm>
#include <deque>
#include <map>
#include <queue>

namespace metabang::sim {

/// Replays the recorded steps of all cores against the shared memories. Cores run ahead on their own until they need
/// the end of a copy or other cores; only the beginning and end of copies are events.
class Replay {
public:
  explicit Replay(const Timeline &timeline)
      : timeline(timeline), device(timeline.device), clusterSlots(unsigned(device.coresPerCluster) + 1),
        memories(1 + size_t(device.clusters)) {
    unsigned n = timeline.unionClusters;
    units.resize(std::max<size_t>(1, size_t(n ? device.clusters / n : device.cores())));
    slots = n ? n * clusterSlots : 1;
    cores.resize(units.size() * slots);
    for (unsigned i = 0; i < cores.size(); ++i) {
      cores[i].time.cluster = n ? i / clusterSlots : i / unsigned(device.coresPerCluster);
      cores[i].time.core = n ? i % clusterSlots : i % unsigned(device.coresPerCluster);
    }
  }

  Times run() {
    for (unsigned u = 0; u < std::min(units.size(), timeline.jobs.size()); ++u)
      starts.push({0, firstUnit() + u});
    for (;;) {
      for (; !ready.empty(); ready.pop_front())
        go(ready.front());
      Bandwidth *first = &memories[0];
      for (Bandwidth &m : memories)
        if (m.next() < first->next())
          first = &m;
      if (!starts.empty() && starts.top().time <= first->next()) {
        Start s = starts.top();
        starts.pop();
        begin(s);
      } else if (first->next() < Bandwidth::kNever) {
        double now = first->next();
        copyEnds(first->finish(), now);
      } else {
        break;
      }
    }
    return collect();
  }

private:
  Times collect() {
    Times times;
    for (const Core &c : cores)
      if (c.used) {
        times.cores.push_back(c.time);
        times.ns = std::max(times.ns, c.time.end);
      }
    for (const auto &job : timeline.jobs)
      for (const Timeline::Part &part : job) {
        times.bytes += part.clock.bytes;
        times.macs += part.clock.macs;
      }
    times.slices = std::move(slices);
    return times;
  }

  /// What a pipe was given and has not finished, oldest first.
  struct Entry {
    const Event *event;
    double issued, begin;
  };
  struct Queue {
    std::vector<Entry> entries;
    size_t head = 0;
    bool empty() const { return head == entries.size(); }
    Entry &front() { return entries[head]; }
    void push(const Entry &entry) { entries.push_back(entry); }
    void pop() {
      if (++head == entries.size()) {
        entries.clear();
        head = 0;
      }
    }
  };
  struct Core {
    CoreTime time;
    bool used = false;
    const Clock *clock = nullptr; // of the job that it runs; null when it has none
    size_t next = 0;              // step
    double now = 0;               // scalar pipe
    double pipeEnd[kPipes] = {0, 0, 0};
    Queue queue[kPipes];
    unsigned waits = 0; // mask of pipes without which it cannot go on
  };
  struct Meeting {
    std::vector<unsigned> cores;
    double time = 0;
  };
  struct Unit {
    unsigned running = 0; // cores
    std::map<uint32_t, Meeting> meetings;
  };
  /// The copy at the head of a pipe's queue begins (id: core * kPipes + pipe), or a unit is free for the next job.
  struct Start {
    double time;
    unsigned id;
    bool operator<(const Start &other) const { return time != other.time ? time > other.time : id > other.id; }
  };

  Bandwidth &memoryOf(unsigned core, const Event &e) {
    return memories[e.resource == Shared::Dram ? 0 : 1 + cores[core].time.cluster];
  }

  unsigned firstUnit() const { return unsigned(cores.size()) * kPipes; }

  void begin(const Start &s) {
    if (s.id >= firstUnit())
      return startJob(s.id - firstUnit(), s.time);
    const Event &e = *cores[s.id / kPipes].queue[s.id % kPipes].front().event;
    memoryOf(s.id / kPipes, e).begin(s.time, s.id, e.work, e.alone);
  }

  void startJob(unsigned unit, double now) {
    if (nextJob >= timeline.jobs.size())
      return;
    const auto &job = timeline.jobs[nextJob++];
    units[unit].meetings.clear();
    units[unit].running = unsigned(job.size());
    if (job.empty())
      starts.push({now, firstUnit() + unit});
    for (const Timeline::Part &part : job) {
      Core &c = cores[unit * slots + part.slot];
      c.used = true;
      c.clock = &part.clock;
      c.next = 0;
      c.now = now;
      std::fill_n(c.pipeEnd, int(kPipes), now);
      ready.push_back(unit * slots + part.slot);
    }
  }

  void slice(const Core &c, const Event &e, int pipe, double begin, double ns, uint32_t bytes) {
    if (c.clock->traced)
      slices.push_back(
          {c.time.cluster, c.time.core, pipe, begin, ns, bytes,
           e.kind == Event::Barrier || c.clock->sites.empty() ? __mlu_site{nullptr, "", 0} : c.clock->sites[e.site]});
  }

  /// Begins what stands first in the pipe's queue; operations of a known length end at once.
  void serve(unsigned id) {
    Core &c = cores[id / kPipes];
    int p = int(id % kPipes);
    while (!c.queue[p].empty()) {
      Entry &entry = c.queue[p].front();
      const Event &e = *entry.event;
      entry.begin = std::max(entry.issued, c.pipeEnd[p]);
      if (e.kind == Event::Copy && e.work > 0) {
        // The request for a copy is under way while the copies before it move.
        starts.push({std::max(entry.begin, entry.issued + e.ns), id});
        return;
      }
      double ns = e.ns + (e.kind == Event::Copy ? double(e.alone) : 0.0);
      finish(c, p, entry.begin + ns);
    }
  }

  void finish(Core &c, int p, double end) {
    const Entry &entry = c.queue[p].front();
    const Event &e = *entry.event;
    c.time.busy[p] += end - entry.begin;
    if (e.kind == Event::Copy && p == IO)
      c.time.startup += std::max(0.0, entry.issued + e.ns - entry.begin);
    slice(c, e, p, entry.begin, end - entry.begin, e.kind == Event::Copy ? e.bytes : 0);
    c.pipeEnd[p] = end;
    c.queue[p].pop();
  }

  void copyEnds(unsigned id, double now) {
    Core &c = cores[id / kPipes];
    int p = int(id % kPipes);
    finish(c, p, now);
    serve(id);
    if (c.queue[p].empty() && c.waits >> p & 1)
      ready.push_back(id / kPipes);
  }

  /// True if the pipes of the mask are done; the scalar pipe then has waited for them.
  bool join(Core &c, unsigned pipes) {
    c.waits = 0;
    for (int p = 0; p < kPipes; ++p)
      if (pipes >> p & 1 && !c.queue[p].empty())
        c.waits |= 1u << p;
    if (c.waits)
      return false;
    for (int p = 0; p < kPipes; ++p)
      if (pipes >> p & 1)
        c.now = std::max(c.now, c.pipeEnd[p]);
    return true;
  }

  void issue(Core &c, unsigned index, const Event &e) {
    c.now += e.scalarNs;
    c.time.busy[kPipes] += e.scalarNs;
    if (e.kind != Event::Run && e.kind != Event::Copy)
      return;
    bool idle = c.queue[e.pipe].empty();
    c.queue[e.pipe].push({&e, c.now, 0});
    if (idle)
      serve(index * kPipes + e.pipe);
    if (e.kind == Event::Run) {
      c.now += e.work;
      c.time.busy[kPipes] += e.work;
    }
  }

  /// The core goes on until it must wait for a copy or for other cores, or its task ends.
  void go(unsigned index) {
    Core &c = cores[index];
    unsigned unit = index / slots;
    for (; c.next < c.clock->events.size(); ++c.next) {
      const Event &e = c.clock->events[c.next];
      if (!c.waits) // otherwise it stood at the wait of this step before
        issue(c, index, e);
      if (e.waits && !join(c, e.waits))
        return;
      if (e.kind == Event::Barrier && !meet(unit, index, e))
        return;
    }
    if (!join(c, (1u << kPipes) - 1))
      return;
    c.now += c.clock->scalarNs;
    c.time.busy[kPipes] += c.clock->scalarNs;
    c.time.end = c.now;
    c.clock = nullptr;
    if (--units[unit].running == 0)
      starts.push({lastEnd(unit), firstUnit() + unit});
  }

  double lastEnd(unsigned unit) const {
    double end = 0;
    for (unsigned s = 0; s < slots; ++s)
      end = std::max(end, cores[unit * slots + s].time.end);
    return end;
  }

  /// False if the core must wait for others. The last to arrive lets them all go on.
  bool meet(unsigned unit, unsigned index, const Event &e) {
    Meeting &m = units[unit].meetings[e.group];
    m.cores.push_back(index);
    m.time = std::max(m.time, cores[index].now);
    if (m.cores.size() < e.bytes)
      return false;
    double open = m.time + double(device.barrierCycles) * 1e3 / double(device.clockMhz);
    std::vector<unsigned> others = std::move(m.cores);
    units[unit].meetings.erase(e.group);
    for (unsigned i : others) {
      Core &c = cores[i];
      slice(c, c.clock->events[c.next], kPipes, c.now, open - c.now, 0);
      c.now = open;
      if (i == index)
        continue;
      ++c.next;
      ready.push_back(i);
    }
    return true;
  }

  const Timeline &timeline;
  const metabang::Device &device;
  unsigned clusterSlots, slots = 1;
  size_t nextJob = 0;
  std::vector<Bandwidth> memories; // DRAM, then each cluster's SRAM
  std::vector<Unit> units;
  std::vector<Core> cores;
  std::priority_queue<Start> starts;
  std::deque<unsigned> ready; // cores that can go on
  std::vector<Slice> slices;
};

Timeline::Timeline(const metabang::Device &device, unsigned unionClusters)
    : device(device), unionClusters(unionClusters) {}

Timeline::~Timeline() {
  for (auto &job : jobs)
    for (Part &part : job)
      part.clock.giveBack();
}

void Timeline::add(unsigned job, unsigned slot, Clock &&clock) {
  std::lock_guard<std::mutex> lock(mutex);
  if (job >= jobs.size())
    jobs.resize(job + 1);
  jobs[job].push_back({slot, std::move(clock)});
}

Times Timeline::compute() const { return Replay(*this).run(); }

} // namespace metabang::sim
