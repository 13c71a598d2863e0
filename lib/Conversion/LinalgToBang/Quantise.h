//===- Quantise.h - Float tiles to fixed point -------------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_QUANTISE_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_QUANTISE_H

#include "Emit.h"

namespace metabang::l2b {

struct Quantised {
  mlir::Value values;   // rank 1, the integers
  mlir::Value position; // i32; value = integer * 2^position
};

/// Quantises `count` elements (at most `bound`) from the start of `src` on to integers of `type`, with the smallest
/// position at which the largest magnitude fits, but not below `lowest`.
Quantised quantise(Emit &e, mlir::Value src, mlir::OpFoldResult count, int64_t bound, mlir::IntegerType type,
                   int64_t lowest = -127);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_QUANTISE_H
