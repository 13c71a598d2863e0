#include "Union.h"

#include "Races.h"
#include "Sanitizer.h"

#include <algorithm>

namespace metabang::sim {

static constexpr int kArrive = 16; // kinds of split barriers: + 1 for all clusters

Union::Union(Launch &launch, Timeline &timeline, unsigned clusters, unsigned unions)
    : sram(*launch.kernel.module, clusters), launch(launch), timeline(timeline), clusters(clusters),
      perCluster(unsigned(launch.device->coresPerCluster) + 1), unions(unions), all(clusters * perCluster),
      sequence(launch.schedule.permutation(unions)) {
  start();
}

/// Makes the members ready for the next union and chooses who begins.
void Union::start() {
  for (unsigned i = 0; i < members(); ++i) {
    Member &m = all[i];
    m.state = State::Ready;
    m.started = false;
    m.at = nullptr;
    m.clock.assign(members(), 0);
    m.clock[i] = 1;
  }
  if (launch.sanitize)
    poisonSram();
  live = members();
  meetings.clear();
  order = launch.schedule.permutation(members(), ++decisions);
  holder = order[0];
  sram.activate(clusterOf(holder));
}

void Union::poisonSram() {
  launch.races->forgetSram();
  shadows.resize(clusters);
  for (unsigned c = 0; c < clusters; ++c) {
    sram.activate(c);
    size_t used = 0;
    for (const Variable &v : launch.kernel.module->variables)
      if (v.space == Space::SRAM) {
        Sanitizer::fillWithPoison(v.position, v.size, used);
        used += (v.size + 63) / 64 * 64;
      }
    shadows[c] = Shadow(used);
  }
}

void Union::waitForTurn(Lock &lock, unsigned member) {
  all[member].turn.wait(lock, [&] { return holder == member || wave == unions; });
}

bool Union::take(unsigned member, Core &core) {
  Lock lock(mutex);
  Member &m = all[member];
  m.turn.wait(lock, [&] { return (holder == member && !m.started) || wave == unions; });
  if (wave == unions)
    return false;
  m.started = true;
  m.core = &core;
  core.team = this;
  core.member = member;
  unsigned ipus = perCluster - 1, local = member % perCluster;
  // The memory core has the indexes of its cluster's first task.
  core.begin(sequence[wave] * clusters * ipus + clusterOf(member) * ipus + (isMemoryCore(member) ? 0 : local));
  coreId = isMemoryCore(member) ? 0x80 : int(local);
  clusterId = int(clusterOf(member));
  clusterDim = int(clusters);
  core.memoryCore = core.clock.memoryCore = isMemoryCore(member);
  return true;
}

void Union::end(unsigned member) {
  Lock lock(mutex);
  all[member].state = State::Ended;
  if (--live > 0)
    return handOver(lock, member, false);
  for (unsigned i = 0; i < members(); ++i)
    timeline.add(sequence[wave], i, std::move(all[i].core->clock));
  ++wave;
  if (launch.stopped.load())
    wave = unions;
  if (wave < unions)
    start();
  for (Member &m : all)
    m.turn.notify_all();
}

/// Gives the baton to the next member that can run: the one after `from` in the order, or the first of the order. It
/// returns at once; whoever goes on must wait for its turn.
void Union::handOver(Lock &, unsigned from, bool fromFirst) {
  for (;;) {
    size_t begin = fromFirst ? 0 : size_t(std::find(order.begin(), order.end(), from) - order.begin()) + 1;
    for (size_t k = 0; k < order.size(); ++k) {
      unsigned next = order[(begin + k) % order.size()];
      if (all[next].state != State::Ready)
        continue;
      holder = next;
      sram.activate(clusterOf(next));
      all[next].turn.notify_all();
      return;
    }
    bool stalled = false;
    for (Member &m : all)
      if (m.state == State::Stalled) {
        m.state = State::Ready;
        stalled = true;
      }
    if (stalled)
      continue;
    if (!launch.stopped.load())
      reportDeadlock();
    for (Member &m : all) // they go on to see that the launch has stopped
      if (m.state == State::Waiting)
        m.state = State::Ready;
  }
}

void Union::yield(Core &core) {
  Lock lock(mutex);
  handOver(lock, core.member, false);
  waitForTurn(lock, core.member);
  if (launch.stopped.load())
    throw KernelTrap();
}

void Union::called(const __mlu_site &site, bool performed) {
  auto &entry = memoryCoreCopies[{site.file, site.line}];
  entry.first = site.name;
  entry.second |= performed;
}

std::string Union::neverPerformed() const {
  for (const auto &copy : memoryCoreCopies)
    if (!copy.second.second)
      return copy.first.first + ":" + std::to_string(copy.first.second) + ": " + copy.second.first + " in kernel '" +
             launch.kernel.info->name + "' on " + launch.device->name +
             ": only the memory core performs this copy of SRAM, but only IPU cores came here, so nothing was copied. "
             "Let the memory core come here: remove the condition, or make it if (__is_mpu()).";
  return "";
}

void Union::finish(unsigned member, int pipe) {
  sram.activate(clusterOf(member)); // its copies may be from or to there
  all[member].core->finish(pipe);
  sram.activate(clusterOf(holder));
}

void Union::letOthersRun(Core &core) {
  Lock lock(mutex);
  all[core.member].state = State::Stalled;
  handOver(lock, core.member, false);
  waitForTurn(lock, core.member);
  if (launch.stopped.load())
    throw KernelTrap();
}

static void join(std::vector<uint32_t> &clock, const std::vector<uint32_t> &other) {
  clock.resize(other.size());
  for (size_t i = 0; i < other.size(); ++i)
    clock[i] = std::max(clock[i], other[i]);
}

void Union::release(Meeting &meeting) {
  for (unsigned i : meeting.waiting) {
    all[i].state = State::Ready;
    all[i].at = nullptr;
    join(all[i].clock, meeting.clock);
    all[i].core->clock.barrier(clockGroup(meeting.key), unsigned(meeting.waiting.size()));
  }
  meeting.waiting.clear();
  meeting.signals = 0;
  meeting.clock.clear();
  if (launch.schedule.order == Schedule::Seeded)
    order = launch.schedule.permutation(members(), ++decisions);
}

/// A number for the clocks that no other barrier of the union has.
uint32_t Union::clockGroup(const Key &key) const {
  return std::get<0>(key) + 64 * (std::get<1>(key) + 64 * std::get<2>(key));
}

/// Member `core.member` signals a barrier and perhaps waits there.
void Union::meet(Lock &lock, Core &core, const __mlu_site &site, const Key &key, unsigned needed, bool wait) {
  Member &self = all[core.member];
  Meeting &meeting = meetings[key];
  meeting.key = key;
  meeting.needed = needed;
  ++meeting.signals;
  join(meeting.clock, self.clock);
  ++self.clock[core.member];
  if (wait) {
    self.state = State::Waiting;
    self.at = &meeting;
    self.site = site;
    meeting.waiting.push_back(core.member);
  }
  bool complete = meeting.signals >= meeting.needed;
  if (complete)
    release(meeting);
  if (!wait && !complete)
    return;
  handOver(lock, core.member, complete);
  waitForTurn(lock, core.member);
  if (launch.stopped.load())
    throw KernelTrap();
}

void Union::barrier(Core &core, const __mlu_site &site, int kind) {
  unsigned ipus = perCluster - 1, cluster = clusterOf(core.member);
  bool memoryCore = isMemoryCore(core.member);
  if (memoryCore ? kind == __MLU_SYNC_ALL_IPU || kind == __MLU_SYNC_IPU_CLUSTER : kind == __MLU_SYNC_ALL_MPU)
    return; // not among those that this barrier counts
  Lock lock(mutex);
  switch (kind) {
  case __MLU_SYNC_ALL:
    return meet(lock, core, site, {kind, 0, 0}, clusters * perCluster, true);
  case __MLU_SYNC_CLUSTER:
    return meet(lock, core, site, {kind, cluster, 0}, perCluster, true);
  case __MLU_SYNC_ALL_IPU:
    return meet(lock, core, site, {kind, 0, 0}, clusters * ipus, true);
  case __MLU_SYNC_ALL_MPU:
    return meet(lock, core, site, {kind, 0, 0}, clusters, true);
  default:
    return meet(lock, core, site, {kind, cluster, 0}, ipus, true);
  }
}

void Union::signal(Core &core, const __mlu_site &site, bool allClusters, bool wait, unsigned id, unsigned count) {
  Lock lock(mutex);
  Key key{kArrive + allClusters, allClusters ? 0 : clusterOf(core.member), id};
  auto open = meetings.find(key);
  if (open != meetings.end() && open->second.signals && open->second.needed != count) {
    unsigned other = open->second.needed;
    lock.unlock();
    Op(site, IO).fail("it names " + std::to_string(count) + " participants of barrier " + std::to_string(id) +
                          " but another core named " + std::to_string(other),
                      "Give all calls with one id the same count.");
  }
  meet(lock, core, site, key, count, wait);
}

std::string Union::nameOf(unsigned member) const {
  std::string cluster = clusters > 1 ? " of cluster " + std::to_string(clusterOf(member)) : "";
  return isMemoryCore(member) ? "the memory core" + cluster : "core " + std::to_string(member % perCluster) + cluster;
}

std::string Union::namesOf(const std::vector<unsigned> &members) const {
  std::string names;
  for (size_t i = 0; i < members.size(); ++i)
    names += (i == 0 ? "" : i + 1 == members.size() ? " and " : ", ") + nameOf(members[i]);
  return names;
}

/// Nobody can run and somebody waits: says who waits where and who is missing.
void Union::reportDeadlock() {
  std::map<std::pair<std::string, int>, std::vector<unsigned>> waiting; // by the line of the call
  std::vector<unsigned> ended;
  bool memoryCoreEnded = false, memoryCoreCounts = false;
  const Member *first = nullptr;
  for (unsigned i = 0; i < members(); ++i) {
    const Member &m = all[i];
    if (m.state == State::Ended) {
      ended.push_back(i);
      memoryCoreEnded |= isMemoryCore(i);
      continue;
    }
    int kind = std::get<0>(m.at->key);
    memoryCoreCounts |= kind == __MLU_SYNC_ALL || kind == __MLU_SYNC_CLUSTER;
    waiting[{std::string(m.site.name) + " at " + m.site.file + ":" + std::to_string(m.site.line), int(m.at->needed)}]
        .push_back(i);
    if (!first)
      first = &m;
  }
  std::string text = std::string(first->site.file) + ":" + std::to_string(first->site.line) + ": " + first->site.name +
                     " in kernel '" + launch.kernel.info->name + "' on " + launch.device->name + ": deadlock: ";
  bool several = false;
  for (const auto &place : waiting) {
    text += (several ? "; " : "") + namesOf(place.second) + (place.second.size() > 1 ? " wait in " : " waits in ") +
            place.first.first + " for " + std::to_string(place.first.second) + " participants";
    several = true;
  }
  if (!ended.empty())
    text += "; " + namesOf(ended) + (ended.size() > 1 ? " have" : " has") + " ended";
  text += memoryCoreEnded && memoryCoreCounts
              ? ". The barrier counts the memory core: let it come here too, or use __sync_all_ipu()."
              : ". All cores that a barrier counts must come to the same one.";
  std::lock_guard<std::mutex> guard(launch.mutex);
  if (launch.report.empty())
    launch.report = text;
  launch.stopped.store(true);
}

} // namespace metabang::sim
