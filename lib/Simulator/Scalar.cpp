// What scalar code of a kernel calls.
#include "Half.h"
#include "Launch.h"
#include "Op.h"
#include "Round.h"

#include <cstdarg>
#include <cstdio>

using namespace metabang::sim;

extern "C" {
float __mluSimHalfToFloat(unsigned short bits) noexcept(true) { return floatFromHalf(bits); }
unsigned short __mluSimFloatToHalf(float value) noexcept(true) { return halfFromFloat(value); }
double __mluSimRound(int mode, double value) { return roundTo(mode, value); }

float __mluSimRoundToHalf(int mode, float value) {
  uint16_t bits;
  roundToFloatType(__MLU_F16, mode, Overflow::Directed, value, &bits);
  return floatFromHalf(bits);
}

int __mluSimSpaceOf(const void *p) {
  Core *core = currentCore();
  const Range *range = core ? core->findRange(reinterpret_cast<uintptr_t>(p)) : nullptr;
  if (range)
    return int(range->variable->space);
  return core && core->allocationOf(reinterpret_cast<uintptr_t>(p)).size ? 0 : -1;
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
