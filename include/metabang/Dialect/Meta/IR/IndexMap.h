//===- IndexMap.h - algebra on the maps of reindexes ----------------------===//
//
// A map takes an index of an iteration space of static shape (dims) to an index of a tensor. Everything here is exact
// for the given shapes: "provable" means provable from them by interval arithmetic.
//
//===----------------------------------------------------------------------===//
#ifndef METABANG_DIALECT_META_IR_INDEXMAP_H
#define METABANG_DIALECT_META_IR_INDEXMAP_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/IntegerSet.h"
#include <optional>

namespace metabang::meta {

/// Both ends inclusive.
struct IndexRange {
  int64_t min, max;
};

/// The values `expr` takes over `shape`; nothing if it reads a symbol (an `extra`) or is not affine.
std::optional<IndexRange> rangeOf(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> shape);

/// Whether result `position` of `map` provably lies in [0, target[position]).
bool staysInside(mlir::AffineMap map, unsigned position, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> target);

/// Whether every result of `map` provably lies in `target`.
bool staysInside(mlir::AffineMap map, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> target);

/// Whether a result of `map` provably never lies in `target`.
bool staysOutside(mlir::AffineMap map, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> target);

/// Whether `set` provably holds on all of `shape`.
bool alwaysHolds(mlir::IntegerSet set, llvm::ArrayRef<int64_t> shape);

/// `expr` without the `mod`, `floordiv` and `ceildiv` that do nothing over `shape`.
mlir::AffineExpr simplifyOver(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> shape);
mlir::AffineMap simplifyOver(mlir::AffineMap map, llvm::ArrayRef<int64_t> shape);

/// No mod, floordiv, ceildiv, symbols.
bool isLinear(mlir::AffineExpr expr);
bool isLinear(mlir::AffineMap map);

/// Whether the map enumerates `target` in row-major order, that is, is a reshape from `target` to `shape` that moves no
/// element.
bool isRowMajorReshape(mlir::AffineMap map, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> target);

/// Row-major strides of a tensor of `shape`, in elements.
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> shape);

/// `expr` with dim k replaced by dim `to[k]`; the same for a whole map (of `numDims` new dims) or set.
mlir::AffineExpr renameDims(mlir::AffineExpr expr, llvm::ArrayRef<int64_t> to);
mlir::AffineMap renameDims(mlir::AffineMap map, llvm::ArrayRef<int64_t> to);
mlir::IntegerSet renameDims(mlir::IntegerSet set, llvm::ArrayRef<int64_t> to);

/// Permutations are lists: new.dim[k] = old.dim[perm[k]].
llvm::SmallVector<int64_t> inverse(llvm::ArrayRef<int64_t> perm);
bool isIdentity(llvm::ArrayRef<int64_t> perm);
llvm::SmallVector<int64_t> permute(llvm::ArrayRef<int64_t> values, llvm::ArrayRef<int64_t> perm);

/// The coefficients of the dims of a linear expression, then its constant.
llvm::SmallVector<int64_t> coefficientsOf(mlir::AffineExpr expr, unsigned numDims);

} // namespace metabang::meta

#endif // METABANG_DIALECT_META_IR_INDEXMAP_H
