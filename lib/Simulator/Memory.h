#ifndef METABANG_SIMULATOR_MEMORY_H
#define METABANG_SIMULATOR_MEMORY_H

#include <cstddef>
#include <cstdint>

namespace metabang::sim {

/// An allocation of device memory.
struct Allocation {
  uintptr_t begin = 0;
  size_t size = 0;
  bool contains(uintptr_t p) const { return p - begin < size; }
};

/// Device memory, null if the device's capacity does not hold `bytes` more. Its content is undefined.
void *allocateDevice(size_t bytes, size_t capacity);
/// Makes `bytes` at `p`, a variable of a program, device memory. It is not counted and cannot be freed.
void adoptDevice(void *p, size_t bytes);
/// False if `p` is no allocation's first byte.
bool freeDevice(void *p);
/// The allocation that holds `p`, or one past the last allocation's end; size 0 if there is none.
Allocation findAllocation(const void *p);
size_t allocatedBytes();

/// Every change of the set of allocations changes this, so that a thread may keep the last answer.
uint64_t allocationEpoch();

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_MEMORY_H
