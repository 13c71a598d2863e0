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
struct Log {
  static float f(float x) { return float(std::log(double(x))); }
};
struct Log2 {
  static float f(float x) { return float(std::log2(double(x))); }
};
struct Sin {
  static float f(float x) { return float(std::sin(double(x))); }
};
struct Cos {
  static float f(float x) { return float(std::cos(double(x))); }
};

template <typename F> MLU_CLONES void loop(float *d, const float *a, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = F::f(a[i]);
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
  case __MLU_TAYLOR_SIN: return loop<Sin>;
  case __MLU_COS:
  case __MLU_ACTIVE_COS:
  case __MLU_TAYLOR_COS: return loop<Cos>;
  default: return floatUnary(op);
  }
}

} // namespace metabang::sim
