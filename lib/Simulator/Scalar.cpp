// What scalar code of a kernel calls.
#include "Half.h"
#include "Launch.h"
#include "Op.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace metabang::sim {
double roundTo(int mode, double x) {
  switch (mode) {
  case __MLU_OZ: return x < 0 ? std::floor(x) : std::ceil(x);
  case __MLU_UP: return std::ceil(x);
  case __MLU_DN: return std::floor(x);
  case __MLU_RD: return std::round(x);
  case __MLU_RM: return std::floor(x + 0.5);
  case __MLU_RN: return std::nearbyint(x);
  default: return std::trunc(x);
  }
}
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {
float __mluSimHalfToFloat(unsigned short bits) noexcept(true) { return floatFromHalf(bits); }
unsigned short __mluSimFloatToHalf(float value) noexcept(true) { return halfFromFloat(value); }
double __mluSimRound(int mode, double value) { return roundTo(mode, value); }

float __mluSimRoundToHalf(int mode, float value) {
  if (!std::isfinite(value) || value == 0)
    return value;
  int exponent;
  std::frexp(value, &exponent);
  double unit = std::ldexp(1.0, std::max(exponent, -13) - 11); // of the last place of a half
  return float(roundTo(mode, value / unit) * unit);
}

int __mluSimSpaceOf(const void *p) {
  Core *core = currentCore();
  const Range *range = core ? core->findRange(reinterpret_cast<uintptr_t>(p)) : nullptr;
  if (range)
    return int(range->variable->space);
  return findAllocation(p).size ? 0 : -1;
}

int __bang_printf(const char *format, ...) {
  va_list args;
  va_start(args, format);
  int written = vprintf(format, args);
  va_end(args);
  fflush(stdout);
  return written;
}
}
