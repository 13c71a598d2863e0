// Functions of one operand that need more than arithmetic: the tables of __bang_active_*, the hardware's functions.
// The values are exact and rounded once; the documented ends of the tables are applied.
#include "Activation.h"

#include "Half.h"

#include "mlu_sim/entry.h"

#include <cmath>

namespace metabang::sim {
namespace {

// All functions are evaluated in double, without branches so that the loops vectorise, by polynomials whose relative
// error is below 2^-35: a float result is within 0.501 ulp of the exact value (sin and cos also within 1e-14). This file
// is compiled with -ffp-contract=fast, so the last bits of a double may depend on the processor; a float result does
// where the exact value lies within 2^-35 of the middle of two floats. tanh and ln have
// faster loops in Tanh.cpp and Log.cpp where the processor has AVX-512; they may differ where the exact value is within
// 0.002 ulp of such a middle.

inline uint64_t bitsOfDouble(double x) {
  uint64_t bits;
  memcpy(&bits, &x, 8);
  return bits;
}
inline double doubleOf(uint64_t bits) {
  double x;
  memcpy(&x, &bits, 8);
  return x;
}
/// Added to a double below 2^51, it leaves the nearest integer in the low bits.
constexpr double kToInteger = 0x1.8p52;

/// 2^x times e^y for an integer x as kToInteger leaves it and |y| <= ln(2) / 2.
inline double scaled(double integer, double y) {
  double p = 0x1.a17eace8784f9p-16;
  p = p * y + 0x1.a1aae873cb939p-13;
  p = p * y + 0x1.6c162b13fc8e6p-10;
  p = p * y + 0x1.11108061b4a83p-7;
  p = p * y + 0x1.555555891086ap-5;
  p = p * y + 0x1.555555a2ab85dp-3;
  p = p * y + 0x1.ffffffffe7131p-2;
  p = p * y + 0x1.ffffffffd35bfp-1;
  p = p * y + 0x1.0000000000041p+0;
  return doubleOf(bitsOfDouble(p) + (bitsOfDouble(integer) << 52));
}
/// e^x for |x| <= 700, anything for the rest and for NaN. Callers choose the ends of their range among the results, as
/// floats: clamping the operand instead makes GCC's loops a third slower.
inline double exponential(double x) {
  double n = x * 1.4426950408889634 + kToInteger;
  return scaled(n, x - (n - kToInteger) * 0.6931471805599453);
}

/// y, but `low` for x below `least` and `high` for x above `most`; NaN for NaN.
inline float within(float x, float least, float low, float most, float high, double y) {
  float r = float(y);
  r = x < least ? low : r;
  r = x > most ? high : r;
  return x != x ? x : r;
}
struct Exp {
  static float f(float x) { return within(x, -7.75f, 5.96e-8f, 89, INFINITY, exponential(x)); }
};
struct ExpHp {
  static float f(float x) { return within(x, -15.5f, 3e-7f, 89, INFINITY, exponential(x)); }
};
struct ExpLess0 {
  static float f(float x) { return within(x, -15.5f, 5.96e-8f, 89, INFINITY, exponential(x)); }
};
struct Pow2 {
  static float f(float x) {
    double n = double(x) + kToInteger;
    return within(x, -200, 0, 200, INFINITY, scaled(n, (double(x) - (n - kToInteger)) * 0.6931471805599453));
  }
};
struct Sigmoid {
  static float f(float x) { return within(x, -7.75f, 0, 7.75f, 1, 1 / (1 + exponential(-double(x)))); }
};
struct TaylorSigmoid {
  static float f(float x) {
    float y = within(x, -7.75f, 5.96e-8f, 7.75f, 1, 1 / (1 + exponential(-double(x))));
    return x == 7.75f ? 1.0f : x == -7.75f ? 5.96e-8f : y;
  }
};
struct Tanh {
  static float f(float x) {
    double a = x, g = a * a, t = 1 - 2 / (exponential(2 * a) + 1); // the difference is exact enough from 0.02 on
    float small = float(a * (1 + g * (g * (2.0 / 15) - 1.0 / 3)));
    float y = within(x, -10, -1, 10, 1, t);
    return std::fabs(x) < 0.02f ? small : y;
  }
};

/// ln x; x is positive, finite and no denormal of double.
inline double logarithm(double x) {
  uint64_t bits = bitsOfDouble(x);
  uint64_t shifted = bits - 0x3fe6a09e667f3bcd; // bits of sqrt(1/2): the mantissa ends up in [sqrt(1/2), sqrt(2))
  double e = double(int32_t(int64_t(shifted) >> 52));
  double m = doubleOf(bits - (shifted & 0xfff0000000000000u));
  double f = (m - 1) / (m + 1), g = f * f;
  double p = 0x1.e3b1d50c83265p-4;
  p = p * g + 0x1.2432b2bc0b231p-3;
  p = p * g + 0x1.999a9cc16fa0cp-3;
  p = p * g + 0x1.555554dab666fp-2;
  p = p * g + 0x1.0000000004a2cp+0;
  return e * 0.6931471805599453 + 2 * f * p;
}
/// l, which was computed from ln x, where x is a positive number.
inline float logarithmOf(float x, double l) {
  float y = float(l);
  y = x > 0 ? y : NAN; // also where x is a NaN
  y = x == 0 ? -INFINITY : y;
  return x == INFINITY ? x : y;
}
struct Log {
  static float f(float x) { return logarithmOf(x, logarithm(double(x))); }
};
struct Log2 {
  static float f(float x) { return logarithmOf(x, logarithm(double(x)) * 1.4426950408889634); }
};
struct Softplus {
  static float f(float x) {
    float y = within(x, -7.75f, 2.15e-4f, 7.75f, x, logarithm(1 + exponential(x)));
    return x == -7.75f ? 2.15e-4f : x == 7.75f ? x : y;
  }
};

/// The normal distribution's Phi(-a), 0 <= a <= 6.3, with a small relative error: the complementary error function at
/// z = a / sqrt(2) is exp(-z^2) / (1 + 2 z) times a polynomial of (z - 2) / (z + 2).
inline double tail(double a) {
  double z = a * 0.7071067811865476;
  double both = 1 / ((z + 2) * (1 + 2 * z)), t = (z - 2) * (1 + 2 * z) * both;
  double p = 0x1.eb5f620e92665p-16;
  p = p * t + 0x1.36d0423837510p-13;
  p = p * t + 0x1.8865557fce784p-13;
  p = p * t + -0x1.e405bf9ddf4a0p-12;
  p = p * t + -0x1.7d052b5244139p-10;
  p = p * t + 0x1.4ddce994d8d00p-10;
  p = p * t + 0x1.1dd18dcc8894cp-7;
  p = p * t + -0x1.074453fb04591p-7;
  p = p * t + -0x1.bc2b977e087b5p-5;
  p = p * t + 0x1.4ffa1fa164646p-3;
  p = p * t + -0x1.5407beb5932d6p-3;
  p = p * t + -0x1.7bf5ec2180427p-4;
  p = p * t + 0x1.46e80e227680dp+0;
  return 0.5 * exponential(-z * z) * p * (z + 2) * both;
}
struct Gelu {
  static float f(float x) {
    double h = tail(std::fabs(double(x)));
    h = x > 0 ? 1 - h : h;
    return within(x, -3.875f, -5.96e-8f, 6.3f, x, double(x) * h); // 1 - h is 1 in float from 5.4 on
  }
};

/// sin(x + quarter * pi/2) to about 1e-14 for |x| up to 1e5.
inline double sine(double x, int quarter) {
  double t = x * 0.6366197723675814 + kToInteger, n = t - kToInteger;
  double r = ((x - n * 0x1.921fb54400000p0) - n * 0x1.0b4611a600000p-34) - n * 0x1.3198a2e037073p-69;
  double g = r * r;
  double s = 0x1.6cb727c33e693p-19;
  s = s * g + -0x1.a00ee76905d37p-13;
  s = s * g + 0x1.1111074ab1a10p-7;
  s = s * g + -0x1.55555549478e9p-3;
  s = s * g + 0x1.fffffffff67c4p-1;
  double c = -0x1.23c589c597133p-22;
  c = c * g + 0x1.a00e955eb6f17p-16;
  c = c * g + -0x1.6c16b2d1c8a00p-10;
  c = c * g + 0x1.5555554473181p-5;
  c = c * g + -0x1.ffffffffe36f0p-2;
  c = c * g + 0x1.ffffffffffe0fp-1;
  uint64_t q = bitsOfDouble(t) + uint64_t(quarter);
  double v = q & 1 ? c : r * s;
  return doubleOf(bitsOfDouble(v) ^ (q & 2) << 62);
}
template <int QUARTER> struct Wave {
  static float f(float x) { return float(sine(double(x), QUARTER)); }
};

template <typename F> MLU_CLONES void loop(float *d, const float *a, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = F::f(a[i]);
}

MLU_CLONES bool anyBeyond(const float *a, size_t n, float limit) {
  int beyond = 0;
  for (size_t i = 0; i < n; ++i)
    beyond |= !(std::fabs(a[i]) <= limit); // also a NaN
  return beyond != 0;
}

/// The fast loop is right up to 1e5; what lies beyond (and Inf and NaN) is left to the C library.
template <int QUARTER> void wave(float *d, const float *a, size_t n) {
  constexpr float kLimit = 1e5f;
  float x[kBlock];
  for (size_t i = 0; i < n; i += kBlock) {
    size_t m = n - i < kBlock ? n - i : kBlock;
    bool beyond = anyBeyond(a + i, m, kLimit);
    if (beyond)
      memcpy(x, a + i, m * sizeof(float)); // d may be a
    loop<Wave<QUARTER>>(d + i, a + i, m);
    for (size_t k = 0; beyond && k < m; ++k)
      if (!(std::fabs(x[k]) <= kLimit))
        d[i + k] = float(QUARTER ? std::cos(double(x[k])) : std::sin(double(x[k])));
  }
}

} // namespace

FloatUnary activation(int op) {
  switch (op) {
  case __MLU_ACTIVE_EXP: return loop<Exp>;
  case __MLU_ACTIVE_EXPHP: return loop<ExpHp>;
  case __MLU_ACTIVE_EXP_LESS_0: return loop<ExpLess0>;
  case __MLU_POW2:
  case __MLU_ACTIVE_POW2: return loop<Pow2>;
  case __MLU_ACTIVE_SIGMOID: return loop<Sigmoid>;
  case __MLU_TAYLOR_SIGMOID: return loop<TaylorSigmoid>;
  case __MLU_ACTIVE_TANH:
  case __MLU_TAYLOR_TANH: return tanhByTable() ? tanhByTable() : loop<Tanh>;
  case __MLU_TAYLOR_SOFTPLUS: return loop<Softplus>;
  case __MLU_ACTIVE_GELU:
  case __MLU_ACTIVE_GELUP: return loop<Gelu>;
  case __MLU_ACTIVE_LOG:
  case __MLU_ACTIVE_LOGHP: return logByTable() ? logByTable() : loop<Log>;
  case __MLU_LOG2: return loop<Log2>;
  case __MLU_SIN:
  case __MLU_ACTIVE_SIN:
  case __MLU_TAYLOR_SIN: return wave<0>;
  case __MLU_COS:
  case __MLU_ACTIVE_COS:
  case __MLU_TAYLOR_COS: return wave<1>;
  default: return floatUnary(op);
  }
}

} // namespace metabang::sim
