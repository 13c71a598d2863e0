#include "Races.h"

#include "SourceLine.h"
#include "Union.h"

#include <algorithm>
#include <cstring>

namespace metabang::sim {

bool Races::ordered(const Access &before, const Access &now, Core &core) const {
  if (before.group == now.group && before.member == now.member) // another pipe may still be at work
    return before.synchronous || before.pipe == now.pipe || now.pipe == kPipes ||
           before.drains != core.drains[before.pipe];
  if (before.group == now.group && core.team && core.team->knows(now.member, before.member) >= before.epoch)
    return true;
  auto k = known.find(agentOf(now));
  if (k == known.end())
    return false;
  auto seen = k->second.find(agentOf(before));
  return seen != k->second.end() && seen->second > before.atomics;
}

bool Races::conflict(Index before, const Access &now, Core &core) const {
  if (!before)
    return false;
  const Access &a = accesses[before];
  return (a.write || now.write) && !(a.atomic && now.atomic) && !ordered(a, now, core);
}

Races::Index Races::record(Core &core, const __mlu_site &site, uintptr_t pc, int pipe, bool synchronous, bool write,
                           bool atomic) {
  Access a{site,
           pc,
           core.team ? core.team->number() : core.task,
           core.team ? core.member : 0,
           core.task,
           core.team ? core.team->knows(core.member, core.member) : 0,
           0,
           pipe < kPipes ? core.drains[pipe] : 0,
           write,
           atomic,
           synchronous,
           core.memoryCore,
           pipe};
  auto count = atomicsOf.find(agentOf(a));
  if (count != atomicsOf.end())
    a.atomics = count->second;
  auto same = [&a](const Access &b) {
    return b.site.line == a.site.line && b.site.file == a.site.file && b.site.name == a.site.name && b.pc == a.pc &&
           agentOf(b) == agentOf(a) && b.epoch == a.epoch && b.atomics == a.atomics && b.drains == a.drains &&
           b.write == a.write && b.atomic == a.atomic && b.synchronous == a.synchronous;
  };
  for (Index index : recent)
    if (index && same(accesses[index]))
      return index;
  accesses.push_back(a);
  return recent[oldest++ % kRecent] = Index(accesses.size() - 1);
}

Races::Index Races::touch(Intervals<Cell> &cells, uintptr_t begin, uintptr_t end, Index index, Core &core,
                          std::vector<Shared> &overwrites) {
  const Access now = accesses[index];
  cut(cells, begin); // now each lies inside or outside of [begin, end)
  cut(cells, end);
  auto first = cells.lower_bound(begin), last = cells.lower_bound(end);
  for (auto it = first; it != last; ++it) {
    if (conflict(it->second.write, now, core)) {
      const Access &other = accesses[it->second.write];
      if (!now.write || agentOf(other) == agentOf(now))
        return it->second.write;
      overwrites.push_back({it->first, it->second.end, it->second.write});
    }
    if (now.write)
      for (Index r : it->second.reads)
        if (conflict(r, now, core))
          return r;
  }
  if (now.write) {
    cells.erase(first, last);
    cells.emplace(begin, Cell{end, index, {}});
  } else {
    uintptr_t at = begin;
    for (auto it = first; it != last; ++it) {
      if (at < it->first)
        cells.emplace(at, Cell{it->first, 0, {index}});
      at = it->second.end;
      std::vector<Index> &reads = it->second.reads;
      bool other = false; // one read of another union is enough: any two of them race with every write
      reads.erase(std::remove_if(reads.begin(), reads.end(),
                                 [&](Index r) {
                                   if (ordered(accesses[r], now, core))
                                     return true;
                                   if (accesses[r].group == now.group)
                                     return false;
                                   bool more = other;
                                   other = true;
                                   return more;
                                 }),
                  reads.end());
      reads.push_back(index);
    }
    if (at < end)
      cells.emplace(at, Cell{end, 0, {index}});
  }
  // Join neighbours of one history.
  auto it = cells.lower_bound(begin);
  if (it != cells.begin())
    --it;
  while (it != cells.end() && it->first < end) {
    auto next = std::next(it);
    if (next == cells.end())
      break;
    if (it->second.end == next->first && it->second.write == next->second.write &&
        it->second.reads == next->second.reads) {
      it->second.end = next->second.end;
      cells.erase(next);
    } else {
      it = next;
    }
  }
  return 0;
}

/// The executor of an atomic operation knows what those that executed one on the address before did until then.
void Races::synchronize(uintptr_t address, const Access &a) {
  Agent self = agentOf(a);
  Knowledge &mine = known[self], &theirs = released[address];
  for (const auto &entry : theirs)
    mine[entry.first] = std::max(mine[entry.first], entry.second);
  mine[self] = ++atomicsOf[self];
  theirs = mine;
}

std::string Races::describe(const Access &other, const Access &now, Core &core) const {
  std::string who;
  if (other.group == now.group && other.member == now.member)
    who = "the same core";
  else if (!core.team)
    who = "task " + std::to_string(other.task);
  else
    who = core.team->nameOf(other.member) + (other.group == now.group ? "" : " of another union");
  std::string what =
      other.site.name ? std::string(other.site.name) + " at " + other.site.file + ":" + std::to_string(other.site.line)
                      : "scalar code at " + sourceLine(*launch.kernel.module, other.pc);
  return std::string("while ") + who + (other.write ? " writes" : " reads") + " there in " + what;
}

static constexpr size_t kFlag = 8; // bytes

/// What would order the two.
std::string Races::remedy(const Access &other, const Access &now, Core &core, bool flag) const {
  if (agentOf(other) == agentOf(now))
    return other.pipe == IO ? "Call __sync_io() or __sync() between them."
                            : "Call __sync_move() or __sync() between them.";
  if (!core.team || other.group != now.group)
    return "Tasks of a Block job, and unions, have no order: give the bytes to one of them, use atomic operations, or "
           "launch a second kernel.";
  if (flag && (other.write != now.write || other.atomic || now.atomic))
    return std::string("A barrier orders them: __sync_all_ipu(), __sync_all(). If a core waits here for another one's "
                       "flag: plain loads and stores of a flag order nothing, ") +
           (other.atomic || now.atomic ? "the other side must use an atomic operation too "
                                       : "set it and read it with atomic operations ") +
           "(__bang_atomic_exch, and __bang_atomic_add of 0 to read).";
  if (core.team->clusterOf(now.member) != core.team->clusterOf(other.member))
    return "No barrier lies between them: call __sync_all().";
  return now.memoryCore || other.memoryCore
             ? "No barrier lies between them: call __sync_cluster()."
             : "No barrier lies between them: call __sync_cluster() or __sync_all_ipu().";
}

void Races::settle(const Access &other, const Access &now, Core &core) {
  if (core.team && other.group == now.group && other.pipe < kPipes)
    core.team->finish(other.member, other.pipe);
}

void Races::access(Op &op, const Operand &o, bool synchronous) {
  Core &core = op.core;
  bool shared = o.space == Space::SRAM;
  if (!shared && o.space != Space::GDRAM)
    return;
  bool atomic = strstr(op.site.name, "atomic") != nullptr;
  unsigned cluster = !core.team ? 0 : o.cluster >= 0 ? unsigned(o.cluster) : core.team->clusterOf(core.member);
  Intervals<Cell> &cells = shared ? sram[cluster] : gdram;
  Index index = record(core, op.site, 0, op.pipe, synchronous, o.write, atomic);
  if (atomic && o.write)
    synchronize(o.at.base, accesses[index]);
  const __mlu_walk &w = o.at.walk;
  bool joined = w.segments2 == 1 && w.stride0 == long(o.at.bytes); // segments that touch are one interval
  unsigned rows = joined ? 1 : w.segments1;
  size_t bytes = joined ? o.at.bytes * w.segments1 : o.at.bytes;
  Index bad = 0;
  std::vector<Shared> overwrites;
  for (unsigned j = 0; j < w.segments2 && !bad; ++j)
    for (unsigned i = 0; i < rows && !bad; ++i) {
      uintptr_t at = o.at.base + uintptr_t(w.stride1 * long(j) + w.stride0 * long(i));
      bad = touch(cells, at, at + bytes, index, core, overwrites);
    }
  const Access now = accesses[index];
  bool flag = !shared && o.at.segments() == 1 && bytes <= kFlag;
  auto what = [&](const Access &other) {
    return std::string("race: it ") + (o.write ? "writes '" : "reads '") + o.name + "' (" +
           describeAddress(core, o.at.base) + ") " + describe(other, now, core);
  };
  if (!bad && !overwrites.empty() && (!op.judgesOverwrites || o.cluster >= 0))
    bad = overwrites[0].other;
  if (bad)
    op.fail(what(accesses[bad]), remedy(accesses[bad], now, core, flag));
  for (const Shared &s : overwrites) {
    settle(accesses[s.other], now, core);
    core.overwrites.push_back(
        {s.begin, s.end, std::string(op.site.file) + ":" + std::to_string(op.site.line) + ": " + op.site.name,
         what(accesses[s.other]) + ", and not the same values", remedy(accesses[s.other], now, core, flag)});
  }
}

void Races::scalar(Core &core, uintptr_t pc, uintptr_t address, size_t bytes, bool write, const Range *variable) {
  Intervals<Cell> &cells = variable ? sram[core.team ? core.team->clusterOf(core.member) : 0] : gdram;
  Index index = record(core, {nullptr, nullptr, 0}, pc, kPipes, true, write, false);
  std::vector<Shared> overwrites;
  Index bad = touch(cells, address, address + bytes, index, core, overwrites);
  const Access now = accesses[index];
  bool onSram = variable != nullptr;
  auto report = [this, &core, pc, address, write, now, onSram](Index other, const char *more) {
    failAt(core, sourceLine(*launch.kernel.module, pc) + ": scalar code",
           std::string("race: it ") + (write ? "writes " : "reads ") + describeAddress(core, address) + " " +
               describe(accesses[other], now, core) + more,
           remedy(accesses[other], now, core, !onSram));
  };
  if (bad)
    report(bad, "");
  if (overwrites.empty())
    return;
  settle(accesses[overwrites[0].other], now, core);
  // The store comes after this: it is judged when this core does the next thing.
  std::vector<char> before(reinterpret_cast<char *>(address), reinterpret_cast<char *>(address) + bytes);
  core.scalarOverwrite = [report, before, address, other = overwrites[0].other] {
    if (memcmp(before.data(), reinterpret_cast<char *>(address), before.size()) != 0)
      report(other, ", and not the same value");
  };
}

} // namespace metabang::sim
