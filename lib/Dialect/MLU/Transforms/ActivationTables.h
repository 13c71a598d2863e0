//===- ActivationTables.h - NRAM that activations take -----------*- C++ -*-===//
// The tool chain keeps the interpolation tables of `__bang_active_*` and `__bang_taylor*` in NRAM, beside the buffers
// and the stack (BANG C Developer Guide 4.7.2, table 5.20 and the remarks of each function).
#ifndef METABANG_LIB_DIALECT_MLU_TRANSFORMS_ACTIVATIONTABLES_H
#define METABANG_LIB_DIALECT_MLU_TRANSFORMS_ACTIVATIONTABLES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace metabang::mlu {

/// Bytes of the table of a builtin ("active_exphp") for elements of `bits` bits; 0 for builtins without one.
int64_t getActivationTableBytes(llvm::StringRef builtin, unsigned bits);

/// Bytes of all tables that the builtins of a kernel need: one for each function and element type.
int64_t getActivationTableBytes(mlir::func::FuncOp kernel);

} // namespace metabang::mlu

#endif // METABANG_LIB_DIALECT_MLU_TRANSFORMS_ACTIVATIONTABLES_H
