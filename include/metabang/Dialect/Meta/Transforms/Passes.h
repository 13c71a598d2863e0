//===- Passes.h - passes of the meta dialect ------------------------------===//
#ifndef METABANG_DIALECT_META_TRANSFORMS_PASSES_H
#define METABANG_DIALECT_META_TRANSFORMS_PASSES_H

#include "metabang/Dialect/Meta/IR/Meta.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace metabang::meta {

#define GEN_PASS_DECL
#include "metabang/Dialect/Meta/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "metabang/Dialect/Meta/Transforms/Passes.h.inc"

/// Stage `metabang-meta`: compose reindexes, fold, lay activations out as NHWC.
void buildMetaPipeline(mlir::OpPassManager &pm);

} // namespace metabang::meta

#endif // METABANG_DIALECT_META_TRANSFORMS_PASSES_H
