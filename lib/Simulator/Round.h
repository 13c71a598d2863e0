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

/// Stores x as half, bfloat16_t or float, rounded once.
void roundToFloatType(int type, int mode, Overflow overflow, double x, void *dst);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_ROUND_H
