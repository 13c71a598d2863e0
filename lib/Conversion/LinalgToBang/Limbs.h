//===- Limbs.h - Integers as limbs that are floats ---------------*- C++ -*-===//
//
// No vector unit has all integer arithmetic: an MLU2xx has none, later ones no shifts by vectors, no quotients (372)
// and nothing of 64 bits. An integer of up to 64 bits is therefore held as one, two or four floats ("limbs"), each of
// 16 bits, with which the builtins of float compute exactly: sums and differences with carries, products by bytes (16
// times 8 bits have 24), quotients by estimates that are multiplied back. Everything is straight-line arithmetic on
// floats in the body of a linalg operation, so whatever vectorises float bodies does the rest.
//
//===----------------------------------------------------------------------===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_LIMBS_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_LIMBS_H

#include "Reals.h"

namespace metabang::l2b {

/// value = sum of limb[k] * 2^(16 k). The last limb has the sign: -2^15 … 2^15 - 1 (-2^7 … 2^7 - 1 if the width is 8);
/// those below are 0 … 2^16 - 1. Whether the integer counts as signed is the operation's business, as in arith.
struct Limbs {
  llvm::SmallVector<mlir::Value, 4> limb;
  unsigned width = 0;

  unsigned size() const { return limb.size(); }
  mlir::Value top() const { return limb.back(); }
  /// The number of values the last limb takes.
  double range() const { return width == 8 ? 256 : 65536; }
};

/// Builds arithmetic on limbs. Results wrap around at the width, as arith's.
struct LimbArithmetic : Reals {
  using Reals::Reals;

  Limbs constant(const llvm::APInt &value);
  Limbs plus(const Limbs &x, const Limbs &y);
  Limbs minus(const Limbs &x, const Limbs &y);
  Limbs times(const Limbs &x, const Limbs &y);
  Limbs magnitude(const Limbs &x);
  /// `kind` is band, bor or bxor.
  Limbs bits(llvm::StringRef kind, const Limbs &x, const Limbs &y);
  /// By 0 … width - 1 bits.
  Limbs shiftLeft(const Limbs &x, const Limbs &count);
  Limbs shiftRight(const Limbs &x, const Limbs &count, bool isSigned);
  /// Quotient rounded towards zero, or down, and the remainder of the former. Both are 0 where y is.
  std::pair<Limbs, Limbs> divide(const Limbs &x, const Limbs &y, bool isSigned, bool down);
  /// By an exponent that is a constant, or by one of the same width: below 0 the power is 0 unless x is 1 or -1.
  Limbs power(const Limbs &x, uint64_t exponent);
  Limbs power(const Limbs &x, const Limbs &exponent, bool isSigned);
  /// x where the flag is 1, y where it is 0.
  Limbs choose(mlir::Value flag, const Limbs &x, const Limbs &y);
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, const Limbs &x, const Limbs &y);
  /// Of another width; `isSigned` says how a narrower one is extended.
  Limbs resize(const Limbs &x, unsigned width, bool isSigned);

  mlir::Value toFloat(const Limbs &x, bool isSigned);
  Limbs fromFloat(mlir::Value x, unsigned width);
  Limbs fromFlag(mlir::Value flag, unsigned width);

private:
  using Digits = llvm::SmallVector<mlir::Value, 4>; // limbs without a sign: all are 0 … 2^16 - 1

  Digits digitsOf(const Limbs &x);
  Limbs withSign(Digits digits, unsigned width);
  mlir::Value wrap(mlir::Value x, double range);
  mlir::Value wrapOnce(mlir::Value x, double range);
  Digits product(const Digits &x, const Digits &y);
  Digits carried(const Digits &x, const Digits &y, bool subtracts);
  Digits sum(const Digits &x, const Digits &y);
  Digits difference(const Digits &x, const Digits &y);
  mlir::Value atLeast(const Digits &x, const Digits &y);
  mlir::Value approximate(const Digits &x);
  Digits split(mlir::Value x, unsigned limbs);
  Digits halved(const Digits &x);
  Limbs highPower(const Limbs &x, const Limbs &exponent);
  std::pair<Digits, Digits> divideDigits(const Digits &x, const Digits &y);
  llvm::SmallVector<mlir::Value> bitsOf(mlir::Value count, unsigned bits);
  mlir::Value negativeFlag(const Limbs &x) { return flag(less(x.top(), 0)); }
};

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_LIMBS_H
