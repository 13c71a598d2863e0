// Functions of one operand that need more than arithmetic: the tables of __bang_active_*, the hardware's functions.
// The values are exact and rounded once; the documented ends of the tables are applied.
#include "Activation.h"

#include "Half.h"

#include "mlu_sim/entry.h"

#include <cmath>

namespace metabang::sim {
namespace {

/// e^x to about 1e-11, without branches.
inline double exponential(double x) {
  x = x > 700 ? 700 : x < -700 ? -700 : x; // NaN stays
  double n = std::nearbyint(x * 1.4426950408889634);
  double r = (x - n * 0x1.62e42fefa3800p-1) - n * 0x1.ef35793c76730p-45;
  double p = 1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720 +
             r * (1.0 / 5040 + r * (1.0 / 40320 + r * (1.0 / 362880)))))))));
  uint64_t bits = uint64_t(int64_t(n == n ? n : 0) + 1023) << 52;
  double power;
  memcpy(&power, &bits, 8);
  return p * power;
}

struct Exp {
  static float f(float x) { return x < -7.75f ? 5.96e-8f : float(exponential(x)); }
};
struct ExpHp {
  static float f(float x) { return x < -15.5f ? 3e-7f : float(exponential(x)); }
};
struct ExpLess0 {
  static float f(float x) { return x < -15.5f ? 5.96e-8f : float(exponential(x)); }
};
struct Pow2 {
  static float f(float x) { return float(exponential(double(x) * 0.6931471805599453)); }
};
struct Sigmoid {
  static float f(float x) {
    double y = 1 / (1 + exponential(-double(x)));
    return x < -7.75f ? 0.0f : x > 7.75f ? 1.0f : float(y);
  }
};
struct TaylorSigmoid {
  static float f(float x) {
    double y = 1 / (1 + exponential(-double(x)));
    return x <= -7.75f ? 5.96e-8f : x >= 7.75f ? 1.0f : float(y);
  }
};
struct Tanh {
  static float f(float x) {
    double a = x, t = 1 - 2 / (exponential(2 * a) + 1);
    return std::fabs(x) < 1e-3f ? float(a - a * a * a / 3) : float(t);
  }
};
struct Softplus {
  static float f(float x) {
    return x <= -7.75f ? 2.15e-4f : x >= 7.75f ? x : float(std::log1p(std::exp(double(x))));
  }
};
struct Gelu {
  static float f(float x) {
    return x < -3.875f ? -5.96e-8f : float(0.5 * x * (1 + std::erf(double(x) * 0.7071067811865476)));
  }
};
/// ln x to about 1e-15, without branches; x is positive, finite and no denormal of double.
inline double logarithm(double x) {
  int64_t bits;
  memcpy(&bits, &x, 8);
  int64_t shifted = bits - 0x3fe6a09e667f3bcd; // bits of sqrt(1/2): the mantissa ends up in [sqrt(1/2), sqrt(2))
  double e = double(int32_t(shifted >> 52));
  bits -= int64_t(uint64_t(shifted) & 0xfff0000000000000u);
  double m;
  memcpy(&m, &bits, 8);
  double f = (m - 1) / (m + 1), g = f * f;
  double series = 1 + g * (1.0 / 3 + g * (1.0 / 5 + g * (1.0 / 7 + g * (1.0 / 9 + g * (1.0 / 11 + g * (1.0 / 13 +
                  g * (1.0 / 15 + g * (1.0 / 17))))))));
  return e * 0.6931471805599453 + 2 * f * series;
}
inline double logarithmOf(float x) {
  double l = logarithm(double(x));
  l = x > 0 ? l : x == 0 ? -INFINITY : NAN; // also where x is a NaN
  return x == INFINITY ? INFINITY : l;
}
struct Log {
  static float f(float x) { return float(logarithmOf(x)); }
};
struct Log2 {
  static float f(float x) { return float(logarithmOf(x) * 1.4426950408889634); }
};

/// sin(x + quarter * pi/2) to about 1e-14 for |x| up to 1e5, without branches.
inline double sine(double x, int quarter) {
  double n = std::nearbyint(x * 0.6366197723675814);
  double r = ((x - n * 0x1.921fb54400000p0) - n * 0x1.0b4611a600000p-34) - n * 0x1.3198a2e037073p-69;
  double g = r * r;
  double s = r * (1 - g * (1.0 / 6 - g * (1.0 / 120 - g * (1.0 / 5040 - g * (1.0 / 362880 - g * (1.0 / 39916800 -
             g * (1.0 / 6227020800)))))));
  double c = 1 - g * (1.0 / 2 - g * (1.0 / 24 - g * (1.0 / 720 - g * (1.0 / 40320 - g * (1.0 / 3628800 -
             g * (1.0 / 479001600 - g * (1.0 / 87178291200)))))));
  int q = int(n) + quarter;
  double v = q & 1 ? c : s;
  return q & 2 ? -v : v;
}
template <int QUARTER> struct Wave {
  static float f(float x) { return float(sine(double(x), QUARTER)); }
};

template <typename F> MLU_CLONES void loop(float *d, const float *a, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = F::f(a[i]);
}

/// The fast loop is right up to 1e5; what lies beyond (and Inf and NaN) is left to the C library.
template <int QUARTER> void wave(float *d, const float *a, size_t n) {
  float x[kBlock];
  for (size_t i = 0; i < n; i += kBlock) {
    size_t m = n - i < kBlock ? n - i : kBlock;
    memcpy(x, a + i, m * sizeof(float));
    loop<Wave<QUARTER>>(d + i, x, m);
    for (size_t k = 0; k < m; ++k)
      if (!(std::fabs(x[k]) <= 1e5f))
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
  case __MLU_TAYLOR_TANH: return loop<Tanh>;
  case __MLU_TAYLOR_SOFTPLUS: return loop<Softplus>;
  case __MLU_ACTIVE_GELU:
  case __MLU_ACTIVE_GELUP: return loop<Gelu>;
  case __MLU_ACTIVE_LOG:
  case __MLU_ACTIVE_LOGHP: return loop<Log>;
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
