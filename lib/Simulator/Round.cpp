#include "Round.h"

#include "Half.h"

#include "mlu_sim/entry.h"

#include <cmath>

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

namespace {
// A float format as integers: sign bit, the bits of Inf, and what bits of a magnitude stand for.
struct Format {
  uint32_t infinity, sign;
  double (*value)(uint32_t magnitude);
};
double halfValue(uint32_t m) { return m == 0x7c00 ? 65536.0 : double(floatFromHalf(uint16_t(m))); }
double bf16Value(uint32_t m) { return m == 0x7f80 ? 0x1p128 : double(floatFromBf16(uint16_t(m))); }
double floatValue(uint32_t m) { return m == 0x7f800000u ? 0x1p128 : double(floatOf(m)); }
// TF32: the upper 19 bits of a float.
double tf32Value(uint32_t m) { return floatValue(m << 13); }
const Format tf32Format = {0x3fc00, 0x40000, tf32Value};
const Format formats[] = {{0x7c00, 0x8000, halfValue}, {0x7f800000u, 0x80000000u, floatValue}, {0x7f80, 0x8000, bf16Value}};

/// The largest magnitude of the format that is not above a.
uint32_t below(int type, const Format &f, double a) {
  float near = float(a);
  uint32_t m = type == __MLU_F32    ? bitsOf(near)
               : type == __MLU_TF32 ? bitsOf(near) >> 13
               : type == __MLU_BF16 ? bitsOf(near) >> 16
                                    : uint32_t(halfFromFloat(near) & 0x7fff);
  m = m > f.infinity ? f.infinity : m;
  while (m > 0 && f.value(m) > a)
    --m;
  return m;
}
} // namespace

Overflow overflowOf(int arch, int mode, int dstType, bool ofInteger) {
  if (arch > 0 && arch < 300)
    return dstType == __MLU_F32 ? Overflow::Largest : Overflow::Finite; // Inf of a half is Inf
  bool largest = arch < 500 && (mode == __MLU_RM || dstType == __MLU_BF16 || ofInteger);
  return largest ? Overflow::Largest : Overflow::Directed;
}

void roundToFloatType(int type, int mode, Overflow overflow, double x, void *dst) {
  const Format &f = type == __MLU_TF32 ? tf32Format : formats[type];
  bool negative = std::signbit(x);
  uint32_t m;
  if (x != x) {
    m = overflow == Overflow::Finite
            ? f.infinity - 1
            : f.infinity + (type == __MLU_F32 ? 0x400000u : type == __MLU_BF16 ? 0x40u : 0x200u);
  } else if (std::isinf(x)) {
    m = overflow == Overflow::Finite ? f.infinity - 1 : f.infinity;
  } else {
    double a = std::fabs(x);
    m = below(type, f, a);
    if (m < f.infinity && f.value(m) != a) { // between m and m + 1
      double low = f.value(m), high = f.value(m + 1), middle = (low + high) / 2;
      bool away = mode == __MLU_OZ   ? true
                  : mode == __MLU_UP ? !negative
                  : mode == __MLU_DN ? negative
                  : mode == __MLU_RD ? a >= middle
                  : mode == __MLU_RM ? a > middle || (a == middle && !negative)
                  : mode == __MLU_RN ? a > middle || (a == middle && (m & 1))
                                     : false;
      m += away;
    }
    bool towardZero = mode == __MLU_TZ || mode == (negative ? __MLU_UP : __MLU_DN);
    if (m >= f.infinity)
      m = overflow != Overflow::Directed || towardZero ? f.infinity - 1 : f.infinity;
  }
  uint32_t bits = (m | (negative ? f.sign : 0)) << (type == __MLU_TF32 ? 13 : 0);
  memcpy(dst, &bits, type == __MLU_F32 || type == __MLU_TF32 ? 4 : 2);
}

} // namespace metabang::sim
