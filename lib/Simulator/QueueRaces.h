#ifndef METABANG_SIMULATOR_QUEUERACES_H
#define METABANG_SIMULATOR_QUEUERACES_H

#include "Intervals.h"
#include "Module.h"

#include <memory>
#include <string>
#include <vector>

namespace metabang::sim {

/// How many operations of each agent are known to be finished. Agent 0 is the host, the others are the queues.
using Knowledge = std::vector<uint32_t>;
void learn(Knowledge &mine, const Knowledge &theirs);

/// Something that the host does, or that it gave to a queue.
struct Operation {
  unsigned agent;
  uint32_t number;           // of the agent's operations, from 1
  Knowledge knows;           // when it begins
  std::string what;          // "kernel 'k'", "cnrtMemcpyAsync"
  uintptr_t caller;          // in the host program; 0 for kernels, whose accesses have their own lines
  uint64_t serial;           // in the order of the host program
  std::string place() const; // "kernel 'k' on queue 1"
};
using OperationRef = std::shared_ptr<const Operation>;

/// One of the accesses of an operation, for reports.
struct DeviceAccess {
  OperationRef operation;
  bool write, atomic;
  __mlu_site site; // of a kernel's builtin
  uintptr_t pc;    // of a kernel's scalar code
  std::shared_ptr<const Module> module;
};

/// Which bytes the operations of queues and of the host touched: finds two accesses, one of them a write, that no
/// synchronisation orders (docs/simulator.md, Queues). What is found does not depend on when operations really ran,
/// only on what each of them knows, so every schedule finds the same races.
class QueueRaces {
public:
  /// Remembers an access of device memory. The report of a race with an earlier one, or "".
  std::string touch(uintptr_t begin, uintptr_t end, const DeviceAccess &access);
  /// The bytes belong to nobody any more.
  void forget(uintptr_t begin, uintptr_t end);
  void forgetAll() { cells.clear(), accesses.resize(1); }

private:
  using Index = uint32_t; // into `accesses`, 0 is none
  struct Cell {
    uintptr_t end;
    Index write = 0;
    std::vector<Index> reads; // since that write, one an agent
  };
  bool conflict(Index before, const DeviceAccess &now) const;

  Intervals<Cell> cells;
  std::vector<DeviceAccess> accesses{1};
};

/// Whether `before` is finished when `now` begins.
inline bool ordered(const Operation &before, const Operation &now) {
  return before.agent < now.knows.size() && now.knows[before.agent] >= before.number;
}

/// "file.cpp:12" of an address in the host program, "" if it is not known.
std::string hostLine(uintptr_t pc);
/// What would order the two.
std::string missingSync(const Operation &before, const Operation &now);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_QUEUERACES_H
