// What scalar code of a kernel calls.
#include "Half.h"
#include "Loops.h"
#include "Launch.h"
#include "Op.h"
#include "Round.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

using namespace metabang::sim;

extern "C" {
float __mluSimHalfToFloat(unsigned short bits) noexcept(true) { return floatFromHalf(bits); }
unsigned short __mluSimFloatToHalf(float value) noexcept(true) { return halfFromFloat(value); }

double __mluSimScalarConvert(int mode, int type, int from, double value) {
  Core *core = currentCore();
  int arch = core ? core->arch : 592;
  if (from == __MLU_TF32)
    value = double(tf32Of(float(value)));
  if (isFloatType(type) || type == __MLU_TF32) {
    char stored[4];
    float rounded;
    roundToFloatType(type, mode, overflowOf(arch, mode, type, !isFloatType(from) && from != __MLU_TF32), value, stored);
    toFloat(type, &rounded, stored, 1);
    return rounded;
  }
  bool isSigned = type == __MLU_I8 || type == __MLU_I16 || type == __MLU_I32;
  int bits = int(typeBytes(type)) * 8;
  double low = isSigned ? -std::ldexp(1.0, bits - 1) : 0;
  double high = std::ldexp(1.0, isSigned ? bits - 1 : bits) - 1;
  if (value != value)
    return arch >= 500 ? 0 : std::signbit(value) ? low : high;
  return std::clamp(roundTo(mode, value), low, high);
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
