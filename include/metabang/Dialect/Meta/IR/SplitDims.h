//===- SplitDims.h - Quotients of a dimension as dimensions ------*- C++ -*-===//
#ifndef METABANG_DIALECT_META_IR_SPLITDIMS_H
#define METABANG_DIALECT_META_IR_SPLITDIMS_H

#include "mlir/IR/AffineMap.h"

namespace metabang::meta {

/// The same index space with some dimensions as two, and the map over it.
struct SplitDims {
  llvm::SmallVector<int64_t> shape;
  mlir::AffineMap map;
  /// Each old dim over the new ones.
  llvm::SmallVector<mlir::AffineExpr> dims;
};

/// Where `map` reads quotients and remainders of whole dimensions by divisors of their sizes (an upsampling by 2 reads
/// i floordiv 2), i is written 2 * m + r: a linear map over more dimensions, and a reshape, which moves nothing.
/// Nothing where that does not make the map linear.
std::optional<SplitDims> splitDims(mlir::AffineMap map, llvm::ArrayRef<int64_t> shape);

} // namespace metabang::meta

#endif // METABANG_DIALECT_META_IR_SPLITDIMS_H
