//===- Compiler.h - From meta IR text to a plan ------------------*- C++ -*-===//
#ifndef METABANG_COMPILER_COMPILER_H
#define METABANG_COMPILER_COMPILER_H

#include <cstdint>
#include <string>
#include <vector>

namespace metabang {

/// What `compile` is asked for.
struct CompileRequest {
  std::string text;    ///< meta IR: one func.func @main
  std::string target;  ///< "mtp_270", …
  std::string dumpDir; ///< every level is written here, if not empty
  int64_t bits = 16;   ///< width of fixed-point operands of convolutions
};

/// What it gives: the plan of docs/architecture.md, section 3, or an error that starts with the user's file and line.
struct CompileResult {
  bool ok = false;
  std::string plan;
  std::string error;
};

CompileResult compile(const CompileRequest &request);

} // namespace metabang

#endif // METABANG_COMPILER_COMPILER_H
