#ifndef METABANG_SIMULATOR_SOURCELINE_H
#define METABANG_SIMULATOR_SOURCELINE_H

#include "Module.h"

namespace metabang::sim {

/// "k.mlu:12" for an instruction of a kernel, if it was compiled with -g1 and addr2line is installed (it comes with the
/// compiler); otherwise "instruction 0x1234 of k.so". Slow: for reports.
std::string sourceLine(const Module &module, uintptr_t instruction);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_SOURCELINE_H
