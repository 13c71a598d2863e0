#include "Half.h"
#include "Loops.h"

#include "mlu_sim/entry.h"

#include <cmath>

namespace metabang::sim {
namespace {

MLU_CLONES void halfToFloat(float *d, const uint16_t *s, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = floatFromHalf(s[i]);
}
MLU_CLONES void floatToHalf(uint16_t *d, const float *s, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = halfFromFloat(s[i]);
}
MLU_CLONES void bf16ToFloat(float *d, const uint16_t *s, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = floatFromBf16(s[i]);
}
MLU_CLONES void floatToBf16(uint16_t *d, const float *s, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = bf16FromFloat(s[i]);
}

struct Add {
  static float f(float a, float b) { return a + b; }
};
struct Sub {
  static float f(float a, float b) { return a - b; }
};
struct Mul {
  static float f(float a, float b) { return a * b; }
};
struct Div {
  static float f(float a, float b) { return a / b; }
};
struct Rem {
  static float f(float a, float b) { return std::fmod(a, b); }
};

/// One step toward zero when `rounded`, of finite operands or not, is farther from zero than rounded + error.
inline float truncated(float rounded, float error, bool finite) {
  uint32_t u = bitsOf(rounded);
  bool away = rounded > 0 ? error < 0 : error > 0;
  u -= away && rounded != 0 ? 1u : 0u;
  u = finite && (u & 0x7fffffff) == 0x7f800000u ? u - 1 : u;
  return floatOf(u);
}
inline bool finite(float a, float b) { return (std::fabs(a) < INFINITY) & (std::fabs(b) < INFINITY); }
inline float addTz(float a, float b) {
  float s = a + b, t = s - a;
  return truncated(s, (a - (s - t)) + (b - t), finite(a, b));
}
struct AddTz {
  static float f(float a, float b) { return addTz(a, b); }
};
struct SubTz {
  static float f(float a, float b) { return addTz(a, -b); }
};
struct MulTz {
  static float f(float a, float b) {
    float p = a * b;
    double rest = double(a) * double(b) - double(p);
    return truncated(p, rest > 0 ? 1.0f : rest < 0 ? -1.0f : 0.0f, finite(a, b));
  }
};

// Comparisons with a NaN give 0, also "not equal".
struct Eq {
  static float f(float a, float b) { return a == b ? 1.0f : 0.0f; }
};
struct Ne {
  static float f(float a, float b) { return (a < b) | (a > b) ? 1.0f : 0.0f; }
};
template <typename F> struct Unordered {
  static float f(float a, float b) { return (a != a) | (b != b) ? 1.0f : F::f(a, b); }
};
struct Gt {
  static float f(float a, float b) { return a > b ? 1.0f : 0.0f; }
};
struct Ge {
  static float f(float a, float b) { return a >= b ? 1.0f : 0.0f; }
};
struct Lt {
  static float f(float a, float b) { return a < b ? 1.0f : 0.0f; }
};
struct Le {
  static float f(float a, float b) { return a <= b ? 1.0f : 0.0f; }
};
// With a NaN the first operand is the result.
struct MaxEqual {
  static float f(float a, float b) { return b > a ? b : a; }
};
struct MinEqual {
  static float f(float a, float b) { return b < a ? b : a; }
};
// The number wins over a NaN; in the nan_ forms the NaN wins.
struct Maximum {
  static float f(float a, float b) {
    float m = a > b ? a : b; // b if one is a NaN
    return b != b ? a : m;
  }
};
struct Minimum {
  static float f(float a, float b) {
    float m = a < b ? a : b;
    return b != b ? a : m;
  }
};
struct NanMaximum {
  static float f(float a, float b) {
    float m = a > b ? a : b;
    return a != a ? a : m;
  }
};
struct NanMinimum {
  static float f(float a, float b) {
    float m = a < b ? a : b;
    return a != a ? a : m;
  }
};
struct And {
  static float f(float a, float b) { return (a != 0) & (b != 0) ? 1.0f : 0.0f; }
};
struct Or {
  static float f(float a, float b) { return (a != 0) | (b != 0) ? 1.0f : 0.0f; }
};
struct Xor {
  static float f(float a, float b) { return (a != 0) != (b != 0) ? 1.0f : 0.0f; }
};

template <typename O> MLU_CLONES void binary(float *d, const float *a, const float *b, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = O::f(a[i], b[i]);
}

struct Abs {
  static float f(float x) { return std::fabs(x); }
};
struct Neg {
  static float f(float x) { return -x; }
};
struct Square {
  static float f(float x) { return x * x; }
};
struct Floor {
  static float f(float x) { return std::floor(x); }
};
struct Round { // ties away from zero
  static float f(float x) {
    float t = std::trunc(x);
    return std::fabs(x - t) >= 0.5f ? t + std::copysign(1.0f, x) : std::copysign(t, x);
  }
};
struct Nearby {
  static float f(float x) { return std::nearbyint(x); }
};
struct Relu {
  static float f(float x) { return x < 0 ? 0.0f : x; } // keeps NaN
};
struct Not {
  static float f(float x) { return x == 0 ? 1.0f : 0.0f; }
};
struct Sign {
  static float f(float x) { return x >= 0 ? 1.0f : -1.0f; } // also for both zeros
};
struct Sqrt {
  static float f(float x) { return std::sqrt(x); }
};
struct Rsqrt {
  static float f(float x) { return float(1.0 / std::sqrt(double(x))); }
};
struct Recip {
  static float f(float x) { return 1.0f / x; }
};
template <typename O> MLU_CLONES void unary(float *d, const float *a, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = O::f(a[i]);
}

} // namespace

void toFloat(int type, float *dst, const void *src, size_t n) {
  if (type == __MLU_F16)
    halfToFloat(dst, static_cast<const uint16_t *>(src), n);
  else if (type == __MLU_BF16)
    bf16ToFloat(dst, static_cast<const uint16_t *>(src), n);
  else
    memmove(dst, src, n * 4);
}

void fromFloat(int type, void *dst, const float *src, size_t n) {
  if (type == __MLU_F16)
    floatToHalf(static_cast<uint16_t *>(dst), src, n);
  else if (type == __MLU_BF16)
    floatToBf16(static_cast<uint16_t *>(dst), src, n);
  else
    memmove(dst, src, n * 4);
}

void fromFloatTz(int type, void *dst, const float *src, size_t n) {
  fromFloat(type, dst, src, n);
  if (type == __MLU_F32)
    return;
  auto *bits = static_cast<uint16_t *>(dst);
  for (size_t i = 0; i < n; ++i) {
    float back = type == __MLU_F16 ? floatFromHalf(bits[i]) : floatFromBf16(bits[i]);
    if (std::fabs(back) > std::fabs(src[i]) && !std::isnan(src[i]))
      --bits[i]; // one step toward zero; Inf becomes the largest number
  }
}

float largest(int type) { return type == __MLU_F16 ? kHalfMax : type == __MLU_BF16 ? 0x1.fep127f : 0x1.fffffep127f; }

FloatBinary floatBinary(int op) {
  switch (op) {
  case __MLU_ADD: return binary<Add>;
  case __MLU_SUB: return binary<Sub>;
  case __MLU_MUL: return binary<Mul>;
  case __MLU_ADD_TZ: return binary<AddTz>;
  case __MLU_SUB_TZ: return binary<SubTz>;
  case __MLU_MUL_TZ: return binary<MulTz>;
  case __MLU_DIV: return binary<Div>;
  case __MLU_REM: return binary<Rem>;
  case __MLU_EQ: return binary<Eq>;
  case __MLU_NE: return binary<Ne>;
  case __MLU_GT: return binary<Gt>;
  case __MLU_GE: return binary<Ge>;
  case __MLU_LT: return binary<Lt>;
  case __MLU_LE: return binary<Le>;
  case __MLU_MAXEQUAL: return binary<MaxEqual>;
  case __MLU_MINEQUAL: return binary<MinEqual>;
  case __MLU_MAXIMUM: return binary<Maximum>;
  case __MLU_MINIMUM: return binary<Minimum>;
  case __MLU_NAN_MAXIMUM: return binary<NanMaximum>;
  case __MLU_NAN_MINIMUM: return binary<NanMinimum>;
  case __MLU_AND: return binary<And>;
  case __MLU_OR: return binary<Or>;
  case __MLU_XOR: return binary<Xor>;
  case __MLU_EQU: return binary<Unordered<Eq>>;
  case __MLU_NEU: return binary<Unordered<Ne>>;
  case __MLU_GTU: return binary<Unordered<Gt>>;
  case __MLU_GEU: return binary<Unordered<Ge>>;
  case __MLU_LTU: return binary<Unordered<Lt>>;
  case __MLU_LEU: return binary<Unordered<Le>>;
  default: return nullptr;
  }
}

FloatUnary floatUnary(int op) {
  switch (op) {
  case __MLU_ABS:
  case __MLU_ACTIVE_ABS: return unary<Abs>;
  case __MLU_NEG: return unary<Neg>;
  case __MLU_SQUARE: return unary<Square>;
  case __MLU_FLOOR: return unary<Floor>;
  case __MLU_ROUND: return unary<Round>;
  case __MLU_NEARBYINT: return unary<Nearby>;
  case __MLU_RELU:
  case __MLU_ACTIVE_RELU: return unary<Relu>;
  case __MLU_NOT: return unary<Not>;
  case __MLU_ACTIVE_SIGN: return unary<Sign>;
  case __MLU_SQRT:
  case __MLU_ACTIVE_SQRT:
  case __MLU_ACTIVE_SQRTHP: return unary<Sqrt>;
  case __MLU_RSQRT:
  case __MLU_ACTIVE_RSQRT:
  case __MLU_ACTIVE_RSQRTHP: return unary<Rsqrt>;
  case __MLU_RECIP:
  case __MLU_ACTIVE_RECIP:
  case __MLU_ACTIVE_RECIP_GREATER_1:
  case __MLU_ACTIVE_RECIPHP: return unary<Recip>;
  default: return nullptr;
  }
}

MLU_CLONES void saturate(float *d, const float *a, const float *b, size_t n, float max) {
  for (size_t i = 0; i < n; ++i) {
    float x = a[i], y = b ? b[i] : x, r = d[i];
    float sign = x != x ? x : y != y ? y : r != r ? 1.0f : r;
    float m = std::fabs(r);
    m = m < max ? m : max; // also where r is a NaN
    d[i] = std::copysign(m, sign);
  }
}

} // namespace metabang::sim
