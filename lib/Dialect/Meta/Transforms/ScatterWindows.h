//===- ScatterWindows.h - sums of windows as movements of data --*- C++ -*-===//
#ifndef METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERWINDOWS_H
#define METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERWINDOWS_H

#include "metabang/Dialect/Meta/IR/Meta.h"

#include "mlir/IR/PatternMatch.h"

namespace metabang::meta {

/// `source` in another shape, as the `meta.reindex` that everything recognises as a reshape.
mlir::Value reshaped(mlir::RewriterBase &rewriter, mlir::Location loc, mlir::Value source,
                     mlir::ArrayRef<int64_t> shape);

/// Where components of the map are group * size + member with `size` members, the result is a reshape of one whose
/// dimensions are those of the groups and of the members. Returns the new operation, or `op` if there are none.
ReindexReduceOp splitGroups(ReindexReduceOp op, mlir::RewriterBase &rewriter);

/// Adds up windows that were computed element by element (the choice of a maximum): t = s i + k with k = s q + r is
/// s (i + q) + r, so for each q a shift by whole strides, and the r beside the i is a reshape. Each element is read
/// once for each q; where windows do not overlap, nothing is added. Fails for products and copies, which are gathered
/// better.
mlir::LogicalResult addWindows(ReindexReduceOp op, mlir::RewriterBase &rewriter);

} // namespace metabang::meta

#endif // METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERWINDOWS_H
