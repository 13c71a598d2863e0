#ifndef METABANG_SIMULATOR_STACK_H
#define METABANG_SIMULATOR_STACK_H

#include "Module.h"

#include "metabang/Device/Device.h"

namespace metabang::sim {

struct Core;

/// How deep a task's stack may grow. It lies in the NRAM that the kernel's variables leave (the memory core's in SRAM),
/// or in LDRAM if cnrtSetStackMem gave it a size. Frames are those of the host's compiler, so that small ones always
/// fit.
struct Stack {
  void attach(const metabang::Device &device, const Module &module);
  /// A task begins; its frames lie below `frame`.
  void begin(uintptr_t frame) { base = frame; }
  bool holds(uintptr_t frame, bool memoryCore) const { return !base || base - frame <= (memoryCore ? inSram : inNram); }
  /// What the report of an exhausted stack says: what, and what helps.
  std::string report(uintptr_t frame, bool memoryCore, const char *device) const;
  static const char *remedy();

private:
  uintptr_t base = 0;
  size_t inNram = 0, inSram = 0;
  bool inLdram = false;
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_STACK_H
