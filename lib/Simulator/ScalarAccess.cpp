// What a scalar load or store of a kernel takes, and whether it is right. The host compiler puts a call of one of these
// functions before each of them (-fsanitize=thread without that sanitizer's library); accesses of the stack and of host
// memory are free, as registers are on the device.
#include "Core.h"
#include "Fault.h"
#include "HostMemory.h"
#include "Queues.h"
#include "Sanitizer.h"
#include "SourceLine.h"

#include <utility>

namespace metabang::sim {
namespace {

/// The memory that an address is in, looked up once for neighbours.
struct Region {
  const Core *core = nullptr;
  uint64_t epoch = 0;
  uintptr_t begin = 0, end = 0;
  double ns = 0;
  bool dram = false, sram = false, wram = false;
};

Region find(Core &core, uintptr_t p) {
  Region r;
  r.core = &core;
  r.epoch = allocationEpoch();
  if (const Range *range = core.findRange(p)) {
    r.begin = range->begin;
    r.end = range->end;
    r.sram = range->variable->space == Space::SRAM;
    r.wram = range->variable->space == Space::WRAM;
    r.dram = range->variable->space == Space::GDRAM || range->variable->space == Space::LDRAM;
  } else {
    const Allocation &a = core.allocationOf(p);
    if (!a.contains(p)) { // not the device's memory, as far as this line
      r.begin = p & ~uintptr_t(63);
      r.end = r.begin + 64;
      return r;
    }
    r.begin = a.begin;
    r.end = a.begin + a.size;
    r.dram = true;
  }
  r.ns = r.dram ? core.device->scalarGdramNs : core.device->scalarNramNs; // SRAM is assumed to be like NRAM
  return r;
}

/// A core that does nothing but look at one word waits for another one. If that does not run, nothing else ends it.
void lookAgain(Core &core, uintptr_t p, uintptr_t pc) {
  const unsigned forever = core.sanitizer ? 1 << 19 : 1 << 24; // tenths of a second
  if (p != core.waitsFor || pc != core.waitsAt) {
    core.waitsFor = p;
    core.waitsAt = pc;
    core.waits = 0;
  } else if (++core.waits >= forever) {
    failAt(core, sourceLine(*core.launch->kernel.module, pc) + ": scalar code",
           "it has read " + describeAddress(core, p) + " " + std::to_string(forever) + " times and nobody changes it",
           core.team ? "The other cores have ended, or wait as well: set the flag on every way through the kernel."
                     : "Tasks of a Block job need not run at the same time: launch a union to let cores wait for each "
                       "other.");
  }
}

/// Checks an access of the device's memory; false if the launch must stop.
bool check(Core &core, const Region &region, uintptr_t p, size_t bytes, bool write, uintptr_t pc) {
  constexpr unsigned kPatience = 64; // cores that wait for others may do so in scalar code
  try {
    if (core.scalarOverwrite)
      std::exchange(core.scalarOverwrite, nullptr)();
    if (region.dram || region.sram) // in order with the pipe that does it
      core.finish(region.dram ? IO : Move);
    if (core.team && ++core.scalarAccesses % kPatience == 0)
      core.step();
    if (write)
      core.waitsFor = 0;
    else
      lookAgain(core, p, pc);
    if (region.wram) // also where the variable shares its last page with others, which must stay readable
      failAt(core, sourceLine(*core.launch->kernel.module, pc) + ": scalar code",
             std::string(write ? "it writes " : "it reads ") + describeAddress(core, p) +
                 ", but scalar code cannot reach WRAM",
             "Copy with __memcpy(…, WRAM2NRAM) first.");
    if (core.sanitizer)
      core.sanitizer->scalar(pc, p, bytes, write);
  } catch (const KernelTrap &) {
    return false;
  }
  return true;
}

void access(uintptr_t p, size_t bytes, bool write, void *caller) {
  Core *core = currentCore();
  if (!core) { // host code of the same file
    if (watchingHost())
      hostAccess(p, bytes, write, reinterpret_cast<uintptr_t>(caller));
    return;
  }
  constexpr uintptr_t kStack = 1 << 20;
  uintptr_t stack = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (p - (stack - kStack) < 2 * kStack && !core->findRange(p))
    return;
  static __thread Region *regions;
  static __thread unsigned oldest;
  constexpr unsigned kRegions = 4;
  if (!regions)
    regions = new Region[kRegions];
  uint64_t epoch = allocationEpoch();
  const Region *found = nullptr;
  for (unsigned i = 0; i < kRegions && !found; ++i)
    if (p - regions[i].begin < regions[i].end - regions[i].begin && regions[i].core == core &&
        regions[i].epoch == epoch)
      found = &regions[i];
  if (!found)
    found = &(regions[oldest++ % kRegions] = find(*core, p));
  core->clock.scalar(found->ns);
  if (found->dram)
    core->clock.bytes += double(bytes);
  // The compiler takes these calls for ones that throw nothing, so there may be no way to unwind from here.
  if (found->ns > 0 && !check(*core, *found, p, bytes, write, reinterpret_cast<uintptr_t>(caller) - 1))
    leaveTask();
}

/// A function has begun: is there stack for its variables?
void enter(void *caller) {
  Core *core = currentCore();
  uintptr_t frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (!core || core->stack.holds(frame, core->memoryCore))
    return;
  try {
    failAt(*core, sourceLine(*core->launch->kernel.module, reinterpret_cast<uintptr_t>(caller) - 1) + ": a function",
           core->stack.report(frame, core->memoryCore, core->device->name), Stack::remedy());
  } catch (const KernelTrap &) {
  }
  leaveTask();
}

} // namespace
} // namespace metabang::sim

using metabang::sim::access;
using metabang::sim::enter;

#pragma GCC visibility push(default)
extern "C" {
#define CALLER __builtin_return_address(0)
#define ACCESS(BYTES)                                                                                                  \
  void __tsan_read##BYTES(uintptr_t p) { access(p, BYTES, false, CALLER); }                                            \
  void __tsan_write##BYTES(uintptr_t p) { access(p, BYTES, true, CALLER); }                                            \
  void __tsan_unaligned_read##BYTES(uintptr_t p) { access(p, BYTES, false, CALLER); }                                  \
  void __tsan_unaligned_write##BYTES(uintptr_t p) { access(p, BYTES, true, CALLER); }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)
void __tsan_read_range(uintptr_t p, size_t bytes) { access(p, bytes, false, CALLER); }
void __tsan_write_range(uintptr_t p, size_t bytes) { access(p, bytes, true, CALLER); }
void __tsan_init(void) {}
void __tsan_func_entry(void *) { enter(CALLER); }
void __tsan_func_exit(void) {}
void __tsan_vptr_read(void **) {}
void __tsan_vptr_update(void **, void *) {}

// Atomic operations of host code come here in place of the instructions.
#define FETCH(BITS, T, NAME)                                                                                           \
  T __tsan_atomic##BITS##_##NAME(volatile T *p, T v, int) { return __atomic_##NAME(p, v, __ATOMIC_SEQ_CST); }
#define EXCHANGE(BITS, T, NAME, WEAK)                                                                                  \
  int __tsan_atomic##BITS##_compare_exchange_##NAME(volatile T *p, T *old, T v, int, int) {                            \
    return __atomic_compare_exchange_n(p, old, v, WEAK, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                           \
  }
#define ATOMIC(BITS, T)                                                                                                \
  T __tsan_atomic##BITS##_load(const volatile T *p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }              \
  void __tsan_atomic##BITS##_store(volatile T *p, T v, int) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); }              \
  T __tsan_atomic##BITS##_exchange(volatile T *p, T v, int) { return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); }    \
  FETCH(BITS, T, fetch_add)                                                                                            \
  FETCH(BITS, T, fetch_sub)                                                                                            \
  FETCH(BITS, T, fetch_and)                                                                                            \
  FETCH(BITS, T, fetch_or)                                                                                             \
  FETCH(BITS, T, fetch_xor)                                                                                            \
  FETCH(BITS, T, fetch_nand)                                                                                           \
  EXCHANGE(BITS, T, strong, false)                                                                                     \
  EXCHANGE(BITS, T, weak, true)
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
}
#pragma GCC visibility pop
