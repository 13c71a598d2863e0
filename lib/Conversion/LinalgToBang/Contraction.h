//===- Contraction.h - What a sum of products is -----------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_CONTRACTION_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace metabang::l2b {

/// One spatial dimension of a window: x is read at out * stride + tap * dilation.
struct Window {
  int64_t out = -1, tap = -1; // loops; -1: there is none (size 1)
  int64_t stride = 1, dilation = 1;
  int64_t xDim = -1; // dimension of x; -1: none
};

/// out += x * w, where each loop belongs to two or three of the operands.
struct Contraction {
  mlir::OpOperand *x = nullptr, *w = nullptr, *out = nullptr;
  /// The type the factors are multiplied in, and whether w is an integer that is converted first.
  bool integerFilter = false;
  llvm::SmallVector<int64_t> batch;     // loops of x and out, or of out alone: images, rows of a matrix
  llvm::SmallVector<int64_t> channels;  // loops of w and out: output channels
  llvm::SmallVector<int64_t> reduction; // loops of x and w that x walks alone: input channels
  llvm::SmallVector<int64_t> depth;     // loops of all three: channels of a depthwise convolution
  llvm::SmallVector<Window> windows;

  /// The contraction `op` is, or failure: the body is acc + cast(x) * cast(w), the maps are linear.
  static llvm::FailureOr<Contraction> match(mlir::linalg::LinalgOp op);
};

/// Dimension of the operand with `map` that shows loop `loop` alone; -1 if none.
int64_t dimOf(mlir::AffineMap map, int64_t loop);

/// Splits `expr` = stride * d(out) + dilation * d(tap) (either may be missing); failure if it is of another form.
llvm::LogicalResult matchWindow(mlir::AffineExpr expr, llvm::function_ref<bool(int64_t)> isOut, Window &window);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_CONTRACTION_H
