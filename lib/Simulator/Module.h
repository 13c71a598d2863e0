#ifndef METABANG_SIMULATOR_MODULE_H
#define METABANG_SIMULATOR_MODULE_H

#include "Memory.h"

#include "bang.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace metabang::sim {

enum class Space { GDRAM, NRAM, WRAM, SRAM, LDRAM };
const char *spaceName(Space space);

/// An on-chip variable of a kernel's shared object.
struct Variable {
  std::string name;
  Space space;
  bool threadLocal;
  uintptr_t position; // offset in the module's TLS block, or the address
  size_t size;
  size_t inBank = 0; // WRAM: its offset inside each bank
  std::vector<char> initial; // what a task finds in it; empty if it is undefined
};

/// A loaded shared object with kernels. Its variables are read from the ELF symbol table.
struct Module {
  std::string path;
  std::string unit; // of metabang-cncc: translation unit and kernel; "" for a generated object
  uintptr_t base = 0;
  size_t tlsModule = 0;
  std::vector<Variable> variables; // on-chip
  std::vector<Allocation> objects; // other variables of file scope, which live in GDRAM; sorted

  /// Bytes of the variables in `space`, each rounded up to 64.
  size_t bytesIn(Space space) const;
  /// The variable of file scope in GDRAM that holds `p`; size 0 if there is none.
  Allocation objectAt(uintptr_t p) const;
  /// Where `v` lives for the calling thread.
  uintptr_t address(const Variable &v) const;
};

struct Kernel {
  const __mlu_kernel_info *info;
  std::shared_ptr<const Module> module;
};

/// The kernel whose dlsym address is `handle`; info is null if there is none.
Kernel findKernel(const void *handle);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_MODULE_H
