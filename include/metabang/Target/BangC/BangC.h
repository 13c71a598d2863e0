//===- BangC.h - Kernels as BANG C text --------------------------*- C++ -*-===//
#ifndef METABANG_TARGET_BANGC_BANGC_H
#define METABANG_TARGET_BANGC_BANGC_H

#include "metabang/Dialect/Bang/IR/BuiltinInfo.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/raw_ostream.h"

namespace metabang {

/// Prints a complete .mlu file: `op` is a kernel, or a module, whose functions marked `mlu.kernel` (if none is: all
/// functions with a body) become kernels. The input form is that of docs/architecture.md, section 2: views, scalar
/// arithmetic, loops and builtins on planned buffers. Fails with an error at the operation that cannot be printed.
llvm::LogicalResult translateToBangC(mlir::Operation *op, llvm::raw_ostream &os);

/// The oldest cncc that compiles the text of `kernel`.
bang::Version getMinCncc(mlir::func::FuncOp kernel);

/// Bytes of NRAM that `kernel`'s planned buffers reach to.
int64_t getPlannedBytes(mlir::func::FuncOp kernel, mlu::Space space);

/// Registers `--mlu-to-bangc` with metabang-translate.
void registerBangCTranslation();

} // namespace metabang

#endif // METABANG_TARGET_BANGC_BANGC_H
