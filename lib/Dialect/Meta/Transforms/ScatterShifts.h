//===- ScatterShifts.h - sums of windows that lie in memory ------*- C++ -*-===//
#ifndef METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERSHIFTS_H
#define METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERSHIFTS_H

#include "metabang/Dialect/Meta/IR/Meta.h"
#include "mlir/IR/PatternMatch.h"

namespace metabang::meta {

/// Windows that are an argument of the program, so that nothing of them can be rebuilt, are turned: their taps come
/// first, each a plane of whole rows. Returns the operator that is then in `op`'s place, or `op` itself.
ReindexReduceOp tapsFirst(ReindexReduceOp op, mlir::RewriterBase &rewriter);

/// Replaces x[i + d·k] += y[k, i], of such planes, by their sum, each shifted by d·k. Fails for another form of map,
/// for windows that are a stride apart, and for those of many taps.
mlir::LogicalResult addShifted(ReindexReduceOp op, mlir::RewriterBase &rewriter);

} // namespace metabang::meta

#endif // METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERSHIFTS_H
