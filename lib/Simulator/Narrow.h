#ifndef METABANG_SIMULATOR_NARROW_H
#define METABANG_SIMULATOR_NARROW_H

#include "Half.h"

#include <cmath>

namespace metabang::sim {

/// v as a float whose later rounding to 16 bits is as if there had been only one: an inexact result is odd.
inline float toOddFloat(double v) {
  float f = float(v);
  double rest = v - double(f);
  uint32_t bits = bitsOf(f);
  bool inexact = rest != 0 && (bits & 1) == 0 && std::fabs(f) < INFINITY;
  uint32_t step = (rest > 0) == (f > 0) ? 1u : ~0u;
  return floatOf(bits + (inexact ? step : 0u));
}

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_NARROW_H
