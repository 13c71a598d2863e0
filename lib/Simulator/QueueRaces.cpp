#include "QueueRaces.h"

#include "SourceLine.h"

#include <algorithm>
#include <dlfcn.h>

namespace metabang::sim {

void learn(Knowledge &mine, const Knowledge &theirs) {
  if (mine.size() < theirs.size())
    mine.resize(theirs.size());
  for (size_t i = 0; i < theirs.size(); ++i)
    mine[i] = std::max(mine[i], theirs[i]);
}

static std::string queueName(unsigned agent) {
  return agent == 0 ? "the host" : agent == 1 ? "the default queue" : "queue " + std::to_string(agent - 1);
}

std::string hostLine(uintptr_t pc) {
  Dl_info info;
  if (!pc || !dladdr(reinterpret_cast<void *>(pc), &info) || !info.dli_fname)
    return "";
  Module module;
  module.path = info.dli_fname;
  module.base = reinterpret_cast<uintptr_t>(info.dli_fbase);
  std::string line = sourceLine(module, pc - 1);
  return line.compare(0, 12, "instruction ") == 0 ? "" : line;
}

std::string Operation::place() const {
  std::string line = hostLine(caller);
  return what + (line.empty() ? "" : " at " + line) + (agent ? " on " + queueName(agent) : "");
}

std::string missingSync(const Operation &before, const Operation &now) {
  std::string queue = queueName(before.agent);
  if (now.agent == 0)
    return "Nothing has waited for " + queue +
           ": call cnrtQueueSync(queue), or place a notifier there and wait for it.";
  if (before.agent == 0)
    return "Call cnrtQueueSync(queue) before the host does this.";
  return "Call cnrtPlaceNotifier(notifier, queue) for " + queue +
         " after the first of them and "
         "cnrtQueueWaitNotifier(notifier, queue, 0) for " +
         queueName(now.agent) + " before the other.";
}

bool QueueRaces::conflict(Index before, const DeviceAccess &now) const {
  if (!before)
    return false;
  const DeviceAccess &a = accesses[before];
  return (a.write || now.write) && !(a.atomic && now.atomic) && a.operation != now.operation &&
         !ordered(*a.operation, *now.operation);
}

static std::string describe(const DeviceAccess &a) {
  std::string where;
  if (a.site.name)
    where = std::string(" (") + a.site.name + " at " + a.site.file + ":" + std::to_string(a.site.line) + ")";
  else if (a.pc && a.module)
    where = " (scalar code at " + sourceLine(*a.module, a.pc) + ")";
  return a.operation->place() + where + (a.write ? " writes" : " reads");
}

std::string QueueRaces::touch(uintptr_t begin, uintptr_t end, const DeviceAccess &now) {
  cut(cells, begin);
  cut(cells, end);
  auto first = cells.lower_bound(begin), last = cells.lower_bound(end);
  Index bad = 0;
  uintptr_t at = begin;
  for (auto it = first; it != last && !bad; ++it) {
    at = it->first;
    if (conflict(it->second.write, now))
      bad = it->second.write;
    if (now.write)
      for (Index r : it->second.reads)
        bad = !bad && conflict(r, now) ? r : bad;
  }
  if (bad) {
    Allocation a = findAllocation(reinterpret_cast<void *>(at));
    const DeviceAccess other = accesses[bad];
    bool turned = now.operation->serial < other.operation->serial; // told in the program's order, whichever ran first
    const DeviceAccess &before = turned ? now : other, &after = turned ? other : now;
    forgetAll();
    return "race: " + describe(after) + " device memory (an allocation of " + std::to_string(a.size) + " bytes, + " +
           std::to_string(at - a.begin) + ") while " + describe(before) + " there. " +
           missingSync(*before.operation, *after.operation);
  }
  Index index = Index(accesses.size());
  if (index > 1 && accesses.back().operation == now.operation && accesses.back().site.line == now.site.line &&
      accesses.back().site.name == now.site.name && accesses.back().pc == now.pc && accesses.back().write == now.write)
    --index;
  else
    accesses.push_back(now);
  if (now.write) {
    cells.erase(first, last);
    cells.emplace(begin, Cell{end, index, {}});
    return "";
  }
  at = begin;
  for (auto it = first; it != last; ++it) {
    if (at < it->first)
      cells.emplace(at, Cell{it->first, 0, {index}});
    at = it->second.end;
    std::vector<Index> &reads = it->second.reads;
    reads.erase(std::remove_if(reads.begin(), reads.end(),
                               [&](Index r) { return ordered(*accesses[r].operation, *now.operation); }),
                reads.end());
    reads.push_back(index);
  }
  if (at < end)
    cells.emplace(at, Cell{end, 0, {index}});
  return "";
}

void QueueRaces::forget(uintptr_t begin, uintptr_t end) {
  cut(cells, begin);
  cut(cells, end);
  cells.erase(cells.lower_bound(begin), cells.lower_bound(end));
}

} // namespace metabang::sim
