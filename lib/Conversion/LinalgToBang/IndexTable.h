//===- IndexTable.h - Addresses that are known when compiling ----*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_INDEXTABLE_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_INDEXTABLE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/SmallBitVector.h"

namespace metabang::l2b {

/// What a value of an operation's body depends on.
struct Dependence {
  llvm::SmallBitVector loops;
  bool onData = false; ///< on elements of operands, not on loop indices alone
};
Dependence dependenceOf(mlir::linalg::LinalgOp op, mlir::Value value);

/// The integer `value` of the body of `op` at the loop indices `ivs`; nothing if it depends on data.
std::optional<int64_t> evaluateAt(mlir::linalg::LinalgOp op, mlir::Value value, llvm::ArrayRef<int64_t> ivs);

/// Elements that are moved at constant steps: the loops `steps`, outermost first, from element `src` to `dst`.
struct Run {
  struct Step {
    int64_t count, dst, src;
    bool operator==(const Step &other) const { return count == other.count && dst == other.dst && src == other.src; }
  };
  int64_t dst, src;
  llvm::SmallVector<Step, 3> steps;
};

/// dst[i] = src[table[i]] for all i whose entry is not negative, as few runs as are found; nothing if `most` are not
/// enough.
std::optional<llvm::SmallVector<Run>> runsOf(llvm::ArrayRef<int64_t> table, size_t most);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_INDEXTABLE_H
