//===- ScatterLoop.h - The loops of a scatter --------------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTERLOOP_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTERLOOP_H

#include "Emit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

namespace metabang::l2b {

/// x[f(i…)] = op(x[f(i…)], y[i…]) as a perfect nest of loops from 0 with one store in GDRAM, and the fill of x before.
struct ScatterLoop {
  explicit ScatterLoop(mlir::scf::ForOp loop) : outermost(loop) {}

  mlir::scf::ForOp outermost;
  llvm::SmallVector<mlir::scf::ForOp> loops;
  llvm::SmallVector<int64_t> sizes; // of the loops
  mlir::memref::StoreOp store;
  mlir::Value value;     // that is stored where the condition holds
  mlir::Value condition; // null: always
  mlir::linalg::FillOp init;

  // Of a combination that is a vector builtin: what it combines, x[…] and y[…], or a number.
  mlir::memref::LoadOp old, y;
  mlir::Value number;
  mlir::Operation *combine = nullptr;

  /// Finds the loops, the store, its value and condition, and the fill.
  mlir::LogicalResult match();
  /// After match(): finds the operands; fails if no vector builtin of `device` combines them.
  mlir::LogicalResult matchBuiltin(const Device &device);
  /// dst[i] = op(x[i], y[i]), `count` elements in NRAM, at most `bound`.
  void emitCombine(Emit &e, mlir::Value dst, mlir::Value x, mlir::Value y, mlir::OpFoldResult count, int64_t bound);

  mlir::Value out() { return store.getMemRef(); }
  mlir::Type type() { return mlir::cast<mlir::MemRefType>(store.getMemRef().getType()).getElementType(); }
  /// The number of the loop that `value` is the variable of.
  std::optional<unsigned> loopOf(mlir::Value value);
  /// Whether `value` is the same for all iterations of the loops outside of [first, last).
  bool dependsOnlyOn(mlir::Value value, int64_t first, int64_t last);
  /// Whether `load` reads, in order, one element an iteration of the loops from `first` on, `count` of them, of a
  /// tensor that lies side by side in GDRAM.
  bool walks(mlir::memref::LoadOp load, int64_t first, int64_t count);

  /// The variable of `loop`, one of the loops [first, last), in their iteration `number`.
  mlir::Value ivOf(Emit &e, mlir::OpFoldResult number, unsigned loop, unsigned first, unsigned last);

  /// Builds `value` of the body. `iv` gives the variables of the loops, `known` holds what is built already, and
  /// `replace` gives what takes a load's place, or null.
  mlir::Value materialise(Emit &e, mlir::Value value, mlir::IRMapping &known,
                          llvm::function_ref<mlir::Value(unsigned)> iv,
                          llvm::function_ref<mlir::Value(mlir::memref::LoadOp)> replace);
};

/// The fill of `out` before the scatter `loop`, or null.
mlir::linalg::FillOp initOf(mlir::scf::ForOp loop, mlir::Value out);

/// The kernel of the scatter `loop` becomes one for `blocks` equal pieces of work, and its fill `init` is left to it.
/// Returns the number of tasks.
int64_t takeOver(Emit &e, mlir::scf::ForOp loop, mlir::linalg::FillOp init, int64_t blocks);

/// Builds the scatter `loop` as `Family` does, if analyse() says that it can; the caller erases the loop.
template <typename Family> mlir::LogicalResult lowerScatter(Emit &e, mlir::scf::ForOp loop) {
  Family scatter(e, loop);
  if (failed(scatter.analyse()))
    return mlir::failure();
  scatter.emit();
  return mlir::success();
}

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTERLOOP_H
