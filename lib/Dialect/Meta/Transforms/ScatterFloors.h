//===- ScatterFloors.h - sums by quotients of indices -----------*- C++ -*-===//
#ifndef METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERFLOORS_H
#define METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERFLOORS_H

#include "metabang/Dialect/Meta/IR/Meta.h"
#include "mlir/IR/PatternMatch.h"

namespace metabang::meta {

/// Replaces x[floor((a·i + b) / c) + k] += y[i, k], the gradient of nearest resizing and of adaptive pools, by a sum
/// over the few i that come to an element. Fails for another form of map.
mlir::LogicalResult addFloors(ReindexReduceOp op, mlir::RewriterBase &rewriter);

} // namespace metabang::meta

#endif // METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERFLOORS_H
