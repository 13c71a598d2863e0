//===- RealFunctions.h - Functions of two floats -----------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_REALFUNCTIONS_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_REALFUNCTIONS_H

#include "Reals.h"

namespace metabang::l2b {

/// erf(x) / x as a polynomial in x^2, for |x| <= 1/2: relative error 6e-8.
constexpr double kErfSeries[] = {1.1283791, -0.37612608, 0.112828195, -0.026756972, 0.0047175675};

/// x to the y as C's pow, special cases included; within 2 units of the last place.
mlir::Value emitPower(Reals &r, mlir::Value x, mlir::Value y);
/// x - trunc(x / y) y, exact; NaN for an infinite x or y, and for y = 0.
mlir::Value emitRemainder(Reals &r, mlir::Value x, mlir::Value y);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_REALFUNCTIONS_H
