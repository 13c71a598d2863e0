//===- Movement.h - operators that only move data -------------------------===//
#ifndef METABANG_DIALECT_META_IR_MOVEMENT_H
#define METABANG_DIALECT_META_IR_MOVEMENT_H

#include "metabang/Dialect/Meta/IR/Meta.h"
#include "mlir/IR/IntegerSet.h"

namespace metabang::meta {

/// Any operator that only moves data, as y[i] = x[map(i)] with a value outside.
struct Movement {
  mlir::Value source;
  mlir::AffineMap map;
  mlir::TypedAttr overflow; // null: the map never leaves the source
  std::optional<mlir::IntegerSet> conditions;
};

/// `op` as a movement: reindex without extras, broadcast, transpose, slice, pad; nothing for null and other operators.
std::optional<Movement> movementOf(mlir::Operation *op);

/// Where select(index(dim) < first, a, b) has its border: the first elements along `dim` are a's, the others b's.
struct Border {
  int64_t dim, first;
};
/// Nothing if `op` is not such a selection, or takes all from one side.
std::optional<Border> borderOf(SelectOp op);

} // namespace metabang::meta

#endif // METABANG_DIALECT_META_IR_MOVEMENT_H
