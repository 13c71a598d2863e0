//===- ScatterOwn.h - The sources that belong to an owner --------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTEROWN_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTEROWN_H

#include "ScatterLoop.h"

namespace metabang::l2b {

/// Where a task owns places of x, it must find the sources that go to them. Instead of a scalar comparison each, all
/// indices are compared as a vector and `__bang_filter` packs the numbers of those that are its own, in order.
class OwnSources {
public:
  /// Bytes of NRAM for each source.
  static constexpr int64_t kBytes = 16;

  /// Whether dimension `dim` of x in `loop` is named by a tensor of 32-bit integers that is loaded as it is, so that a
  /// place in x needs no other condition. An MLU2xx says no: its filter came late, in cncc 4.1.
  static bool match(ScatterLoop &loop, unsigned dim, const Device &device);
  /// The load that match() found.
  static mlir::memref::LoadOp load(ScatterLoop &loop, unsigned dim);

  /// Buffers for up to `most` sources, made before all loops.
  OwnSources(Emit &e, int64_t most);
  /// An index buffer for the same number of sources.
  mlir::Value indexBuffer();
  /// Finds those of the first `some` indices that are in [low, high); returns how many. What is behind them in the
  /// buffer must be written.
  mlir::Value find(mlir::Value indices, mlir::OpFoldResult low, mlir::OpFoldResult high, mlir::OpFoldResult some);
  /// The number of the k-th source that find() found.
  mlir::Value number(mlir::OpFoldResult k);

private:
  Emit &e;
  mlir::Value all, mask, found; // numbers from 0, which are owned, and those that are
};

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTEROWN_H
