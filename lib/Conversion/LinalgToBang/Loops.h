//===- Loops.h - The loops of an operation over flat vectors -----*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_LOOPS_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_LOOPS_H

#include "Emit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace metabang::l2b {

/// Elements a temporary of an element-wise body holds at most, unless one row is longer.
constexpr int64_t kChunkElements = 4096;

/// factor * index of `loop`.
struct LinearTerm {
  unsigned loop;
  int64_t factor;
};

/// `expr` as a sum of terms, one a loop at most; failure if it is not linear or has a constant part.
llvm::FailureOr<llvm::SmallVector<LinearTerm>> linearTerms(mlir::AffineExpr expr);

/// An operand as a linear function of the loops: element = sum of strides[loop] * index.
struct Access {
  mlir::Value memref;
  mlir::AffineMap map;
  llvm::SmallVector<int64_t> strides;
  /// Elements of a row that may be computed on (see ownedWidth).
  int64_t width = 0;

  static llvm::FailureOr<Access> get(mlir::Value memref, mlir::AffineMap map);
};

/// How an operand looks from a run of loops.
struct Role {
  enum Kind { Scalar, Cycle, Whole, None } kind = None;
  int64_t period = 0;
};

/// The loops of an operation, those of size 1 left out, and the number of elements that the last one spans in memory.
struct LoopNest {
  Sizes sizes;
  llvm::SmallVector<int64_t> bounds;
  /// Loops of the operation that count, outermost first.
  llvm::SmallVector<unsigned> active;
  /// Elements from one row to the next; the last loop's size where rows are not padded.
  int64_t pitch = 1;

  LoopNest(Emit &e, mlir::linalg::LinalgOp op);
  LoopNest(Sizes sizes, llvm::SmallVector<int64_t> bounds);

  /// Chooses the pitch that suits operands which are written (and whole) and read.
  void choosePitch(llvm::ArrayRef<Access> written, llvm::ArrayRef<Access> read);
  /// The operand's role in the run of active loops from `first` on.
  Role role(const Access &access, unsigned first) const;
  /// Elements of one step of active loop `loop`, i.e. of the loops inside it; nothing if not static.
  std::optional<int64_t> stepElements(unsigned loop) const;
  /// Elements of the run from active loop `first` on, `steps` of that loop.
  mlir::OpFoldResult runElements(Emit &e, unsigned first, mlir::OpFoldResult steps) const;
  int64_t boundElements(unsigned first) const;
};

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_LOOPS_H
