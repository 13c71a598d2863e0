//===- GatherColumns.h - Columns that data names, through SRAM ---*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_GATHERCOLUMNS_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_GATHERCOLUMNS_H

#include "Emit.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>

namespace metabang::l2b {

/// y[i, j] = x[i, s[j]] for vectors of elements in GDRAM, all whole tensors; `outside` where s[j] is no column of x.
struct ColumnGather {
  mlir::Value x, y, indices;
  mlir::TypedAttr outside;
  int64_t rows, length, columns; ///< length: of a row of x
  int64_t elementBytes;
};

/// Sizes of what a cluster does at a time.
struct ColumnGatherPlan {
  int64_t strip; ///< rows that a core turns; all cores of the cluster together hold a block
  int64_t piece; ///< columns that a core turns back
  double ns;     ///< modelled time
};

/// The plan that takes the least time; nothing if the device has no SRAM to spare or the sizes do not suit its
/// builtins.
std::optional<ColumnGatherPlan> planColumnGather(const ColumnGather &gather, const Device &device);

/// Writes the kernel's body at the builder's place, and that the kernel is launched as unions of one cluster.
void emitColumnGather(Emit &e, mlir::func::FuncOp kernel, const ColumnGather &gather, const ColumnGatherPlan &plan);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_GATHERCOLUMNS_H
