//===- Passes.h - meta to linalg on tensors -------------------------------===//
#ifndef METABANG_CONVERSION_METATOLINALG_PASSES_H
#define METABANG_CONVERSION_METATOLINALG_PASSES_H

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace metabang {

#define GEN_PASS_DECL
#include "metabang/Conversion/MetaToLinalg/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "metabang/Conversion/MetaToLinalg/Passes.h.inc"

/// From meta to fused linalg on tensors; the first half of stage `metabang-kernels`.
void buildMetaToLinalgPipeline(mlir::OpPassManager &pm);

} // namespace metabang

#endif // METABANG_CONVERSION_METATOLINALG_PASSES_H
