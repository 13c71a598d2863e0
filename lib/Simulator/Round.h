#ifndef METABANG_SIMULATOR_ROUND_H
#define METABANG_SIMULATOR_ROUND_H

namespace metabang::sim {

/// x rounded to an integer.
double roundTo(int mode, double x);

/// What becomes of a number that is too large for the type.
enum class Overflow {
  Directed, // Inf, or the largest number where the rounding mode leads toward zero
  Largest,  // the largest number; Inf and NaN stay
  Finite    // the largest number, also for Inf and NaN
};

/// 2xx makes no Inf. 3xx makes none of integers, none in bfloat16_t, and none in mode rm (tables 5.9 to 5.17 of the
/// documents, which conversions of scalars refer to as well).
Overflow overflowOf(int arch, int mode, int dstType, bool ofInteger);

/// Stores x as half, bfloat16_t, TF32 or float, rounded once.
void roundToFloatType(int type, int mode, Overflow overflow, double x, void *dst);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_ROUND_H
