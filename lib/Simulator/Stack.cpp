#include "Stack.h"

#include "Launch.h"

#include <algorithm>

namespace metabang::sim {

void Stack::attach(const metabang::Device &device, const Module &module) {
  constexpr size_t kFrames = 16 << 10;   // assumed: what the host's compiler needs more than cncc
  constexpr size_t kHostStack = 4 << 20; // of the host thread's 8 MB
  if (size_t given = stackMemoryBytes()) {
    inNram = inSram = std::min(given, kHostStack);
    inLdram = true;
    return;
  }
  auto left = [&](int64_t bytes, Space space) {
    return std::max(kFrames, size_t(bytes) - std::min(size_t(bytes), module.bytesIn(space)));
  };
  inNram = left(device.nramBytes, Space::NRAM);
  inSram = left(device.sramBytes, Space::SRAM);
  inLdram = false;
}

std::string Stack::report(uintptr_t frame, bool memoryCore, const char *device) const {
  size_t bytes = memoryCore ? inSram : inNram;
  std::string where = inLdram ? "cnrtSetStackMem gave it " + std::to_string(bytes)
                              : std::string("the kernel's variables leave ") + std::to_string(bytes) + " bytes of " +
                                    (memoryCore ? "SRAM on " : "NRAM on ") + device + " to it";
  return "the stack is exhausted: the functions that are running need " + std::to_string(base - frame) +
         " bytes, and " + where;
}

const char *Stack::remedy() {
  return "Make local arrays smaller or __nram__, end the recursion, or give the stack LDRAM with cnrtSetStackMem.";
}

} // namespace metabang::sim
