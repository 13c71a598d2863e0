#include "Memory.h"

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <sys/mman.h>

namespace metabang::sim {
namespace {
struct Heap {
  std::shared_mutex mutex;
  std::map<uintptr_t, size_t> blocks;
  std::set<uintptr_t> adopted;
  size_t used = 0;
  std::atomic<uint64_t> epoch{1};
};
Heap &heap() {
  static auto *h = new Heap;
  return *h;
}
} // namespace

void *allocateDevice(size_t bytes, size_t capacity) {
  Heap &h = heap();
  std::unique_lock<std::shared_mutex> lock(h.mutex);
  if (bytes == 0 || bytes > capacity || h.used > capacity - bytes)
    return nullptr;
  // 512 bytes apart: neighbours never touch, so that a byte past the end belongs to nobody. Large pages for large
  // blocks, as NumPy asks for them: copies of 64 KB then run twice as fast.
  constexpr size_t kLargePage = 2 << 20;
  bool large = bytes >= 2 * kLargePage;
  size_t unit = large ? kLargePage : 512;
  void *p = aligned_alloc(unit, (bytes + 512 + unit - 1) / unit * unit);
  if (!p)
    return nullptr;
#ifdef MADV_HUGEPAGE
  if (large)
    madvise(p, bytes, MADV_HUGEPAGE);
#endif
  h.blocks[reinterpret_cast<uintptr_t>(p)] = bytes;
  h.used += bytes;
  ++h.epoch;
  return p;
}

void adoptDevice(void *p, size_t bytes) {
  Heap &h = heap();
  std::unique_lock<std::shared_mutex> lock(h.mutex);
  h.blocks[reinterpret_cast<uintptr_t>(p)] = bytes;
  h.adopted.insert(reinterpret_cast<uintptr_t>(p));
  ++h.epoch;
}

bool freeDevice(void *p) {
  Heap &h = heap();
  std::unique_lock<std::shared_mutex> lock(h.mutex);
  auto it = h.blocks.find(reinterpret_cast<uintptr_t>(p));
  if (it == h.blocks.end() || h.adopted.count(it->first))
    return false;
  h.used -= it->second;
  h.blocks.erase(it);
  ++h.epoch;
  free(p);
  return true;
}

Allocation findAllocation(const void *p) {
  Heap &h = heap();
  std::shared_lock<std::shared_mutex> lock(h.mutex);
  auto it = h.blocks.upper_bound(reinterpret_cast<uintptr_t>(p));
  if (it == h.blocks.begin())
    return {};
  --it;
  Allocation a{it->first, it->second};
  return reinterpret_cast<uintptr_t>(p) - a.begin <= a.size ? a : Allocation{};
}

size_t allocatedBytes() {
  std::shared_lock<std::shared_mutex> lock(heap().mutex);
  return heap().used;
}

uint64_t allocationEpoch() { return heap().epoch.load(std::memory_order_relaxed); }

} // namespace metabang::sim
