//===- ScatterMap.h - the inverse of the map of a reindex_reduce ----------===//
#ifndef METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERMAP_H
#define METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERMAP_H

#include "metabang/Dialect/Meta/IR/Meta.h"

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SmallBitVector.h"
#include <optional>

namespace metabang::meta {

/// x[map(i)] += y[i] turned round. For each component of a linear map one dim of y, its *owner*, is solved for:
/// t = stride * owner + rest gives owner = (t - rest) / stride. The new iteration space has the dims of x, then the
/// dims of y that own nothing; they are summed over.
class ScatterMap {
public:
  /// Nothing if some component of the map has no dim of its own.
  static std::optional<ScatterMap> match(ReindexReduceOp op);

  llvm::SmallVector<int64_t> shape;    // of the new space
  unsigned targetRank;                 // its leading dims are those of x
  llvm::SmallVector<int64_t> source;   // the shape of y
  llvm::SmallVector<int64_t> strideOf; // of y's dims: 0 if it owns nothing

  bool owns(int64_t dim) const { return strideOf[dim] != 0; }
  /// Whether stride * dim may be no multiple of the stride, or outside of y, in the new space.
  bool mayLeave(int64_t dim) const;

  /// stride * dim of an owner, or the dim itself, over the new space.
  mlir::AffineExpr numerator(int64_t dim) const { return numerators[dim]; }
  /// An expression over y's dims, over the new space, where all divisions are exact; nothing if it needs one.
  std::optional<mlir::AffineExpr> substitute(mlir::AffineExpr expr) const;
  /// Whether the dim of y runs backwards in the new space (its windows then run forwards).
  bool isReversed(int64_t dim) const { return reversed[dim]; }

private:
  llvm::SmallVector<mlir::AffineExpr> numerators;
  llvm::SmallVector<bool> reversed;
};

/// More additions than this for each one of the scatter, and the scatter stays.
constexpr int64_t kMostWork = 64;

/// A value of a scatter's operand over its new space, and for which ways to leave the operand it is zero there.
struct Moved {
  mlir::Value value;
  llvm::SmallBitVector zeroOutside;
};

/// The element-wise operator `op` over the new space of `shape`; nothing if it may not be zero where its operands are.
std::optional<Moved> movedOver(mlir::RewriterBase &rewriter, mlir::Operation *op, llvm::ArrayRef<Moved> operands,
                               llvm::ArrayRef<int64_t> shape);

} // namespace metabang::meta

#endif // METABANG_LIB_DIALECT_META_TRANSFORMS_SCATTERMAP_H
