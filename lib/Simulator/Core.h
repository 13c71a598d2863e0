#ifndef METABANG_SIMULATOR_CORE_H
#define METABANG_SIMULATOR_CORE_H

#include "Clock.h"
#include "Memory.h"
#include "Module.h"
#include "Schedule.h"
#include "Stack.h"

#include "metabang/Device/Device.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace metabang::sim {

class Sanitizer;
class Union;
class Races;

/// Thrown by a builtin that breaks a rule; carries nothing, the report is in the launch.
struct KernelTrap {};

/// One launch of a kernel: what its tasks share.
struct Launch {
  const metabang::Device *device = nullptr;
  Kernel kernel;
  void **args = nullptr;
  unsigned dim[3] = {1, 1, 1};
  int type = 1;
  bool sanitize = false;
  Schedule schedule;
  bool traced = false;
  std::atomic<bool> stopped{false};
  std::shared_ptr<Races> races; // with the sanitizer
  std::mutex mutex;
  std::string report; // of the violation that stopped it

  /// N of a UnionN job, 0 for Block.
  unsigned clusters() const { return unsigned(type) / 4; }
  unsigned tasks() const { return dim[0] * dim[1] * dim[2]; }
};

/// Where one on-chip variable of the running kernel lies for the current core.
struct Range {
  uintptr_t begin, end;
  const Variable *variable;
  size_t shadow; // NRAM, SRAM: where its bytes start in the sanitizer's shadow
};

/// Bytes of GDRAM or SRAM that this core is about to write and that another core writes too, in no order. It is a race
/// unless both write the same.
struct Overwrite {
  uintptr_t begin, end;
  std::string place, what, remedy; // of the report
};

/// A simulated core: a host thread runs its tasks one after the other. A builtin finds it with currentCore().
struct Core {
  Launch *launch = nullptr;
  const metabang::Device *device = nullptr;
  bool is2xx = false;
  int arch = 0;
  unsigned task = 0;
  Union *team = nullptr;   // null in a Block job
  unsigned member = 0;     // of the team
  bool memoryCore = false; // it has no NRAM and WRAM, and no Compute pipe
  Clock clock;
  Stack stack;
  std::vector<Range> ranges; // on-chip variables of the kernel
  std::vector<uint8_t> wram; // 64 banks of wramBankBytes()
  uint32_t drains[kPipes] = {0, 0, 0}; // how often each pipe was waited for
  std::vector<std::function<void()>> deferred[kPipes]; // what asynchronous copies have still to do, if they are lazy
  std::unique_ptr<Sanitizer> sanitizer; // null when it is off
  std::array<Allocation, 4> lastAllocations; // the last answers of findAllocation
  unsigned nextAllocation = 0;
  uint64_t lastEpoch = 0;

  Core();
  ~Core();
  /// Makes the core ready for tasks of `launch`; false (with a report) if the kernel does not fit on the device.
  bool attach(Launch &launch);
  /// Sets the built-in variables and starts task number `index`.
  void begin(unsigned index);

  /// An asynchronous operation of `pipe` moves its bytes: now, or when something waits for the pipe. The Compute pipe is
  /// in order with builtins that are never late.
  void complete(Pipe pipe, std::function<void()> action);
  /// `action` writes what `overwrites` says (which is then empty): the result stops the launch if it changes them.
  std::function<void()> overwriteSame(std::function<void()> action);
  /// The deferred actions of a pipe move their bytes, though nothing has waited for them.
  void finish(int pipe);
  /// Everything that these pipes (a mask of __mlu_pipe) were given completes.
  void drain(int pipes);
  /// Every builtin comes here, so that cores that wait for others by looking at memory let them run.
  void step();
  std::vector<Overwrite> overwrites; // of the operation that is being checked
  std::function<void()> scalarOverwrite; // judges the last scalar store
  __mlu_site leftOut = {};   // the last copy to SRAM that this core left to the memory core
  unsigned scalarAccesses = 0;
  uintptr_t waitsAt = 0, waitsFor = 0; // the last scalar load: its code, its address,
  unsigned waits = 0;                  // and how often it was done with no other access between
  unsigned steps = 0; // since the core let others run

  /// "task 3 of 8" or "the memory core of cluster 1", for reports.
  std::string where() const;

  const Range *findRange(uintptr_t p) const {
    for (const Range &r : ranges)
      if (p - r.begin < r.end - r.begin)
        return &r;
    return nullptr;
  }
  const Allocation &allocationOf(uintptr_t p) {
    uint64_t epoch = allocationEpoch();
    if (epoch != lastEpoch) {
      lastAllocations.fill({});
      lastEpoch = epoch;
    }
    for (const Allocation &a : lastAllocations)
      if (a.contains(p))
        return a;
    Allocation &oldest = lastAllocations[nextAllocation++ % lastAllocations.size()];
    oldest = findAllocation(reinterpret_cast<void *>(p));
    if (oldest.size == 0)
      oldest = launch->kernel.module->objectAt(p);
    return oldest;
  }
  double ns(double cycles) const { return cycles * 1e3 / static_cast<double>(device->clockMhz); }
};

/// The core of the calling thread, null outside of a task.
Core *currentCore();
void setCurrentCore(Core *core);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_CORE_H
