//===- LayoutAssignment.h - which tensor gets which layout ----------------===//
#ifndef METABANG_DIALECT_META_TRANSFORMS_LAYOUTASSIGNMENT_H
#define METABANG_DIALECT_META_TRANSFORMS_LAYOUTASSIGNMENT_H

#include "metabang/Dialect/Meta/IR/Meta.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace metabang::meta {

/// Whether the operator makes its result in any layout at no cost: constant, index, broadcast.
bool isFree(mlir::Operation *op);

/// The layout of every value of a function: new.dim[k] = old.dim[perm[k]].
class LayoutAssignment {
public:
  explicit LayoutAssignment(mlir::func::FuncOp func);

  /// The identity for values that keep their layout.
  llvm::SmallVector<int64_t> layoutOf(mlir::Value value) const;

  /// Nothing changes its layout.
  bool empty() const { return layouts.empty(); }

private:
  /// Values that must share a layout: operands and results of element-wise operators, pad and slice.
  void formGroups(mlir::func::FuncOp func);
  /// Sets the tails apart whose own layout costs fewer transposes than that of what they read.
  void findTails(mlir::func::FuncOp func);
  /// Layouts around a reduction that is a convolution or pooling.
  void seed(mlir::Operation *reduction);
  /// A reshape that does not mix channels and pixels hands the layout of one side to the other.
  void passThroughReindex(ReindexOp op);
  /// A sum along a diagonal gets the order of what it reads.
  void passThroughDiagonal(mlir::Operation *reduction);
  void passThroughTranspose(TransposeOp op);
  void assign(mlir::Value value, llvm::ArrayRef<int64_t> layout);

  llvm::DenseSet<mlir::Operation *> tails; // element-wise operators that keep the user's layout
  llvm::EquivalenceClasses<void *> groups;
  llvm::DenseMap<void *, llvm::SmallVector<int64_t>> layouts; // by the leader of a group
};

} // namespace metabang::meta

#endif // METABANG_DIALECT_META_TRANSFORMS_LAYOUTASSIGNMENT_H
