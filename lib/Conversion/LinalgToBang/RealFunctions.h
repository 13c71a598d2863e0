//===- RealFunctions.h - Functions of two floats -----------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_REALFUNCTIONS_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_REALFUNCTIONS_H

#include "Reals.h"

namespace metabang::l2b {

/// x to the y as C's pow, special cases included; within 2 units of the last place.
mlir::Value emitPower(Reals &r, mlir::Value x, mlir::Value y);
/// x - trunc(x / y) y, exact for |x / y| < 2^120; NaN for an infinite x or y, and for y = 0.
mlir::Value emitRemainder(Reals &r, mlir::Value x, mlir::Value y);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_REALFUNCTIONS_H
