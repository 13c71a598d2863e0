//===- VectorMath.cpp - Functions, quotients and conversions of vectors ---===//
//
// An MLU2xx has tables of limited range and accuracy. Where two or three exact builtins around a table give the
// accuracy of float, they are used: 2^k and the polynomials (`taylor4`) are exact to float, the others to 1e-3.
//
//===----------------------------------------------------------------------===//
#include "Memory.h"
#include "RealFunctions.h"
#include "VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Steps on vectors of one type and period. In a function, `y` is the destination and may be the source.
struct Steps {
  VectorBody &v;
  Type type;
  int64_t period;

  Value temp() { return v.temp(type, period); }
  void free(Value x) { v.release(x, period); }
  void add(Value y, Value x, double c) { v.withScalar("add", y, x, c, period); }
  void mul(Value y, Value x, double c) { v.withScalar("mul", y, x, c, period); }
  void max(Value y, Value x, double c) { v.withScalar("maxequal", y, x, c, period); }
  void min(Value y, Value x, double c) { v.withScalar("minequal", y, x, c, period); }
  void add(Value y, Value a, Value b) { v.e.op("add", {y, a, b, v.n(period)}); }
  void sub(Value y, Value a, Value b) { v.e.op("sub", {y, a, b, v.n(period)}); }
  void mul(Value y, Value a, Value b) { v.e.op("mul", {y, a, b, v.n(period)}); }
  void call(StringRef name, Value y, Value x) { v.unary(name, y, x, period); }
  bool old() const { return v.e.is2xx(); }

  void taylor(StringRef name, Value y, Value x);
  void toNearest(Value y, Value x);
  void exp(Value y, Value x);
  void exp2(Value y, Value x);
  void exp(Value y, Value r, Value k);
  /// Below `low` a value is multiplied by 4^step, above `high` divided by it.
  struct Zone {
    double low, high, step;
  };
  void rescale(Value x, ArrayRef<Zone> rounds, function_ref<void(Value, Value)> note);
  void log(Value y, Value x);
  void rsqrt(Value y, Value x);
  void sqrt(Value y, Value x);
  void recip(Value y, Value x);
  void tanh(Value y, Value x);
  void erf(Value y, Value x);
  void sine(StringRef name, Value y, Value x);
  void reduceFar(Value rest, Value sign, Value x, bool isCosine);
  void floor(Value y, Value x);
  void whole(Value y, Value x, bool down);
  void power(Value y, Value x, double exponent);
  void polynomial(Value y, Value x, ArrayRef<double> coefficients);
};

/// y = taylor4(x), for |x| < 7.75; y != x.
void Steps::taylor(StringRef name, Value y, Value x) {
  Value aux1 = temp(), aux2 = temp();
  v.e.op(("taylor4_" + name).str(), {y, x, aux1, aux2, v.n(period)});
  free(aux1), free(aux2);
}

/// y = x rounded to the nearest integer, |x| < 2^22: added to 1.5 * 2^23, a float has no room for a fraction.
void Steps::toNearest(Value y, Value x) {
  add(y, x, 12582912.0);
  add(y, y, -12582912.0);
}

/// y = coefficients[0] + coefficients[1] x + …; y != x.
void Steps::polynomial(Value y, Value x, ArrayRef<double> coefficients) {
  mul(y, x, coefficients.back());
  for (double c : llvm::reverse(coefficients.drop_front().drop_back())) {
    add(y, y, c);
    mul(y, y, x);
  }
  add(y, y, coefficients.front());
}

/// e^x = 2^k e^r with k = round(x / ln 2) and |r| <= ln 2 / 2. The table of 2^k takes |k| <= 31, so k = 4 q + m.
void Steps::exp(Value y, Value x) {
  if (!old()) {
    mul(y, x, M_LOG2E);
    return call("pow2", y, y);
  }
  Value r = temp(), k = temp(), q = temp();
  max(r, x, -87.0);
  min(r, r, 88.722831);
  mul(k, r, M_LOG2E);
  toNearest(k, k);
  mul(q, k, 0.693145751953125); // ln 2 in two parts: k times the first is exact
  sub(r, r, q);
  mul(q, k, 1.428606765330187e-06);
  sub(r, r, q);
  free(q);
  exp(y, r, k);
  free(r), free(k);
}

/// The same with base 2, exact for integers.
void Steps::exp2(Value y, Value x) {
  if (!old())
    return call("pow2", y, x);
  Value r = temp(), k = temp();
  max(r, x, -126.0);
  min(r, r, 127.99999);
  toNearest(k, r);
  sub(r, r, k);
  mul(r, r, M_LN2);
  exp(y, r, k);
  free(r), free(k);
}

/// 2^k e^r on an MLU2xx. `k` is overwritten.
void Steps::exp(Value y, Value r, Value k) {
  Value q = temp();
  mul(q, k, 0.25);
  toNearest(q, q);
  min(q, q, 31.0); // 2^128 as 2^124 * 2^4
  Value p = temp();
  mul(p, q, -4.0);
  add(k, k, p); // m
  polynomial(p, r, {1.0, 1.0, 0.5, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720});
  call("active_pow2", k, k);
  mul(p, p, k);
  call("active_pow2", q, q);
  mul(q, q, q);
  mul(q, q, q);
  mul(y, p, q);
  free(q), free(p);
}

void Steps::log(Value y, Value x) {
  if (!old()) {
    call("log2", y, x);
    return mul(y, y, M_LN2);
  }
  // The table takes 7.2e-9 … 507903, so x = s 2^k with s in that range. Its value t has an error of 1e-3; one Newton
  // step: t + 2 (s - e^t) / (s + e^t).
  Value s = temp(), k = temp(), t = temp(), z = temp(), sum = temp(), scratch = temp();
  v.move(s, x, period);
  mul(k, s, 0.0);
  rescale(s, {{0x1p-43, 0x1p33, 30}, {0x1p-43, 0x1p33, 30}, {0x1p-26, 0x1p18, 22}},
          [&](Value exponent, Value) { add(k, k, exponent); });
  max(t, s, 1e-8);
  min(t, t, 507903.0);
  call("active_loghp", t, t);
  exp(z, t);
  add(sum, s, z);
  sub(z, s, z);
  Value quotient = temp();
  v.e.op("div_software", {quotient, z, sum, scratch, v.n(period)});
  mul(quotient, quotient, 2.0);
  add(t, t, quotient);
  mul(k, k, -2 * M_LN2);
  add(y, t, k);
  free(s), free(k), free(t), free(z), free(sum), free(scratch), free(quotient);
}

/// In each round, x below the zone is multiplied by 4^step and x above it divided by that. `note` gets the exponents
/// of 2 (step, 0 or -step) and the factors, 2^step, that x was multiplied by twice.
void Steps::rescale(Value x, ArrayRef<Zone> rounds, function_ref<void(Value, Value)> note) {
  Value direction = temp(), above = temp();
  for (const Zone &zone : rounds) {
    v.withScalar("lt", direction, x, zone.low, period);
    v.withScalar("gt", above, x, zone.high, period);
    sub(direction, direction, above);
    mul(direction, direction, zone.step);
    call("active_pow2", above, direction);
    mul(x, x, above);
    mul(x, x, above);
    note(direction, above);
  }
  free(direction), free(above);
}

/// The table takes 3.67e-4 … 1e6: x = s 4^k with s in that range. One Newton step follows.
void Steps::rsqrt(Value y, Value x) {
  if (!old())
    return call("rsqrt", y, x);
  Value factor = temp(), scaled = temp(), r = temp();
  v.move(scaled, x, period);
  mul(factor, scaled, 0.0);
  add(factor, factor, 1.0);
  rescale(scaled, {{0x1p-41, 0x1p49, 30}, {0x1p-41, 0x1p49, 30}, {0x1p-11, 0x1p19, 15}},
          [&](Value, Value power) { mul(factor, factor, power); });
  max(r, scaled, 3.7e-4);
  min(r, r, 1e6);
  call("active_rsqrthp", r, r);
  Value square = temp();
  mul(square, r, r);
  mul(square, square, scaled);
  mul(square, square, -0.5);
  add(square, square, 1.5);
  mul(r, r, square);
  mul(y, r, factor);
  free(factor), free(scaled), free(r), free(square);
}

void Steps::sqrt(Value y, Value x) {
  if (!old())
    return call("sqrt", y, x);
  Value r = temp();
  rsqrt(r, x);
  mul(y, r, x);
  free(r);
}

void Steps::recip(Value y, Value x) {
  bool divides = v.e.device.hasVectorDivide && type.isF16(); // what divides has no recip of halves
  if (!old() && !divides)
    return call("recip", y, x);
  bool ones = false;
  Value one = v.materialise(Vec{v.e.scalar(type, 1.0), true}, period, ones);
  if (divides) {
    v.e.op("div", {y, one, x, v.n(period)});
    return free(one);
  }
  Value scratch = temp(), q = temp();
  v.e.op("div_software", {q, one, x, scratch, v.n(period)});
  v.move(y, q, period);
  free(one), free(scratch), free(q);
}

void Steps::tanh(Value y, Value x) {
  Value bounded = temp();
  max(bounded, x, -7.7);
  min(bounded, bounded, 7.7);
  if (y == x) {
    Value t = temp();
    taylor("tanh", t, bounded);
    v.move(y, t, period);
    free(t);
  } else {
    taylor("tanh", y, bounded);
  }
  free(bounded);
}

/// Abramowitz and Stegun 7.1.26: absolute error 1.5e-7. Below 1/2, where that would be a large part, x P(x^2).
void Steps::erf(Value y, Value x) {
  Value a = temp(), t = temp(), p = temp(), near = temp();
  mul(t, x, x);
  polynomial(near, t, kErfSeries);
  mul(near, near, x);
  call(old() ? "active_abs" : "abs", a, x);
  mul(t, a, 0.3275911);
  add(t, t, 1.0);
  recip(t, t);
  polynomial(p, t, {0.0, 0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429});
  mul(a, a, a);
  mul(a, a, -1.0);
  exp(a, a);
  mul(p, p, a);
  mul(p, p, -1.0);
  add(p, p, 1.0);
  // The sign of x: 1 or -1.
  v.withScalar("ge", a, x, 0.0, period);
  mul(a, a, 2.0);
  add(a, a, -1.0);
  mul(p, p, a);
  call(old() ? "active_abs" : "abs", a, x);
  v.withScalar("lt", a, a, 0.5, period);
  v.blend(y, a, Vec{near, false, period}, Vec{p, false, period}, period);
  free(a), free(t), free(p), free(near);
}

void Steps::sine(StringRef name, Value y, Value x) {
  if (!old())
    return call(name, y, x);
  // x = n pi/2 + r with n = 2 m, or 2 m + 1 for a cosine, whose zeros lie there: near a zero of the function r is small
  // and exact. Then sin(x) = (-1)^m sin(r) and cos(x) = -(-1)^m sin(r), up to |x| = 1e7.
  bool isCosine = name == "cos";
  Value m = temp(), n = temp(), low = temp(), part = temp(), r = temp();
  mul(m, x, M_1_PI);
  if (isCosine)
    add(m, m, -0.5);
  toNearest(m, m);
  add(n, m, m);
  if (isCosine)
    add(n, n, 1.0);
  // n in two parts of 12 bits, so that their products with parts of pi/2 of 12 bits are exact (W. J. Cody and W. Waite,
  // Software manual for the elementary functions, 1980).
  Value high = m;
  mul(low, m, 0.5); // the parity of m first, which `high` overwrites
  add(low, low, -0.25);
  toNearest(low, low);
  mul(low, low, -2.0);
  add(r, m, low); // 0 or 1
  mul(r, r, isCosine ? 2.0 : -2.0);
  Value sign = r;
  add(sign, sign, isCosine ? -1.0 : 1.0);
  add(high, n, 51539607552.0); // 1.5 * 2^35
  add(high, high, -51539607552.0);
  sub(low, n, high);
  Value rest = temp();
  v.move(rest, x, period);
  for (double c : {1.5703125, 0.0004837512969970703, 7.549533620476723e-08}) {
    mul(part, high, c);
    sub(rest, rest, part);
    mul(part, low, c);
    sub(rest, rest, part);
  }
  mul(part, n, 2.563344151594519e-12);
  sub(rest, rest, part);
  reduceFar(rest, sign, x, isCosine);
  taylor("sin", part, rest);
  mul(y, part, sign);
  free(m), free(n), free(low), free(part), free(r), free(rest);
}

/// The rest and the sign of |x| > 1e7, where there is one, with as many bits of 1/pi as a float takes (M. Payne and R.
/// Hanek, 1983): x / pi = m + f is a sum of products of 12 bits with 12 bits, of each of which what is even leaves. The
/// sum is kept in multiples of 2^-12, multiples of 2^-30 and what is below, so that the first two are exact.
void Steps::reduceFar(Value rest, Value sign, Value x, bool isCosine) {
  Value isFar = temp(), high = temp(), low = temp(), p = temp(), q = temp();
  call("active_abs", p, x);
  v.withScalar("gt", isFar, p, 1e7, period);
  {
    OpBuilder &b = v.e.b;
    Location loc = v.e.loc;
    VectorBody::Inside branch(v, scf::IfOp::create(b, loc, v.any(isFar, period), /*withElseRegion=*/false));
    Value sums[3] = {temp(), temp(), temp()};
    mul(low, x, 0x1p-64);
    mul(high, low, 4097.0); // the upper 12 bits (T. J. Dekker, 1971)
    sub(p, high, low);
    sub(high, high, p);
    sub(low, low, high);
    for (auto [k, sum] : llvm::enumerate(sums)) {
      mul(sum, x, 0.0);
      if (k == 0 && isCosine)
        add(sum, sum, 0.5); // cos(x) = sin(pi (x / pi + 1/2))
    }
    constexpr int parts[] = {1303, 3265, 2930, 1826, 169, 1278, 314, 3048, 4009, 2670, 3590, 3505, 1196, 3230, 540};
    auto number = [&](int64_t n) -> Value { return arith::ConstantIndexOp::create(b, loc, n); };
    auto loop = scf::ForOp::create(b, loc, number(0), number(std::size(parts)), number(1));
    {
      VectorBody::Inside body(v, loop);
      Value factor = v.e.scalar(type, 0);
      for (auto [k, part] : llvm::enumerate(parts)) {
        Value isPart =
            arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, loop.getInductionVar(), number(int64_t(k)));
        factor = arith::SelectOp::create(b, loc, isPart, v.e.scalar(type, std::ldexp(part, 52 - 12 * int(k))), factor);
      }
      for (Value half : {high, low}) {
        v.withScalar("mul", p, half, factor, period);
        mul(q, p, 0.5);
        whole(q, q, /*down=*/false);
        mul(q, q, -2.0);
        add(q, q, p);
        add(p, q, 3072.0); // 1.5 * 2^11
        add(p, p, -3072.0);
        add(sums[0], sums[0], p);
        sub(q, q, p);
        add(p, q, 0x1.8p-7);
        add(p, p, -0x1.8p-7);
        add(sums[1], sums[1], p);
        sub(q, q, p);
        add(sums[2], sums[2], q);
      }
    }
    toNearest(q, sums[0]); // m
    sub(p, sums[0], q);
    add(p, p, sums[1]);
    add(p, p, sums[2]);
    mul(p, p, M_PI);
    v.move(high, isFar, period);
    v.blend(rest, high, Vec{p, false, period}, Vec{rest, false, period}, period);
    mul(p, q, 0.5); // the parity of m
    add(p, p, -0.25);
    toNearest(p, p);
    mul(p, p, -2.0);
    add(p, p, q);
    mul(p, p, -2.0);
    add(p, p, 1.0);
    v.blend(sign, isFar, Vec{p, false, period}, Vec{sign, false, period}, period);
    for (Value sum : sums)
      free(sum);
  }
  free(isFar), free(high), free(low), free(p), free(q);
}

void Steps::floor(Value y, Value x) {
  if (old())
    return whole(y, x, /*down=*/true);
  Value t = y == x ? temp() : y;
  call("floor", t, x);
  v.move(y, t, period);
  if (t != y)
    free(t);
}

/// The nearest integer (ties to even), or the one below: the nearest, less 1 where that is above x. Added to 2^23 a
/// magnitude has no room for a fraction; from there on a float is an integer.
void Steps::whole(Value y, Value x, bool down) {
  Value magnitude = temp(), r = temp(), above = temp();
  call(old() ? "active_abs" : "abs", magnitude, x);
  add(r, magnitude, 8388608.0);
  add(r, r, -8388608.0);
  mul(above, x, 0.0); // the sign, that of -0 too; infinities and NaN stay x
  v.e.op("bor", {r, r, above, v.e.index(v.e.mul(v.n(period), v.e.attr(elementBytes(r))))});
  if (down) {
    v.e.op("gt", {above, r, x, v.n(period)});
    sub(r, r, above);
  }
  v.withScalar("lt", magnitude, magnitude, 8388608.0, period);
  v.blend(y, magnitude, Vec{r, false, period}, Vec{x, false, period}, period);
  free(magnitude), free(r), free(above);
}

/// Powers with a small whole exponent by products, the others by e^(c ln x).
void Steps::power(Value y, Value x, double exponent) {
  if (exponent == 0.5)
    return sqrt(y, x);
  if (exponent == -0.5)
    return rsqrt(y, x);
  Value t = temp();
  if (exponent == std::trunc(exponent) && std::fabs(exponent) <= 16) {
    unsigned bits = static_cast<unsigned>(std::fabs(exponent));
    Value square = temp();
    v.move(square, x, period);
    bool first = true;
    for (; bits; bits >>= 1) {
      if (bits & 1) {
        if (first)
          v.move(t, square, period);
        else
          mul(t, t, square);
        first = false;
      }
      if (bits > 1)
        mul(square, square, square);
    }
    if (first)
      v.e.op("write_value", {t, v.n(period), v.e.scalar(type, 1.0)});
    free(square);
    if (exponent < 0)
      recip(y, t);
    else
      v.move(y, t, period);
    return free(t);
  }
  log(t, x);
  mul(t, t, exponent);
  exp(y, t);
  free(t);
}

std::optional<double> constantOf(Value value) {
  FloatAttr attr;
  if (matchPattern(value, m_Constant(&attr)))
    return attr.getValueAsDouble();
  return std::nullopt;
}

} // namespace

/// Types whose functions are computed in float.
static bool isNarrowFloat(Type type) { return type.isF16() || type.isBF16(); }

bool l2b::isVectorFunction(Operation *op, const Device &device) {
  Type type = op->getResult(0).getType();
  if (!(type.isF32() || type.isF16() || (type.isBF16() && device.arch >= 300)))
    return false;
  if (auto power = dyn_cast<math::PowFOp>(op))
    return constantOf(power.getRhs()).has_value();
  return isa<math::ExpOp, math::Exp2Op, math::LogOp, math::Log2Op, math::Log1pOp, math::ExpM1Op, math::SqrtOp,
             math::RsqrtOp, math::TanhOp, math::ErfOp, math::SinOp, math::CosOp, math::AbsFOp, math::FloorOp,
             math::CeilOp, math::RoundEvenOp, math::TruncOp, arith::NegFOp>(op);
}

void l2b::emitFloatCast(VectorBody &v, Value y, Value x, int64_t period) {
  auto name = [](Value value) -> StringRef {
    Type type = typeOf(value).getElementType();
    return type.isF32() ? "float" : type.isF16() ? "half" : "bfloat16";
  };
  bool narrows = elementBytes(y) < elementBytes(x);
  v.e.op((name(x) + "2" + name(y)).str(), {y, x, v.n(period)}, narrows ? (v.e.is2xx() ? "rd" : "rn") : "");
}

void l2b::emitFunction(VectorBody &v, Operation *op, Value y, Value x, int64_t period) {
  Steps s{v, typeOf(y).getElementType(), period};
  if (isa<arith::NegFOp>(op))
    return s.mul(y, x, -1.0);
  if (isNarrowFloat(s.type)) {
    Value wide = v.temp(v.e.b.getF32Type(), period);
    emitFloatCast(v, wide, x, period);
    emitFunction(v, op, wide, wide, period);
    emitFloatCast(v, y, wide, period);
    return v.release(wide, period);
  }
  if (isa<math::ExpOp>(op))
    return s.exp(y, x);
  if (isa<math::Exp2Op>(op))
    return s.exp2(y, x);
  if (isa<math::ExpM1Op>(op)) {
    s.exp(y, x);
    return s.add(y, y, -1.0);
  }
  if (isa<math::LogOp>(op))
    return s.log(y, x);
  if (isa<math::Log2Op>(op)) {
    s.log(y, x);
    return s.mul(y, y, M_LOG2E);
  }
  if (isa<math::Log1pOp>(op)) {
    s.add(y, x, 1.0);
    return s.log(y, y);
  }
  if (isa<math::SqrtOp>(op))
    return s.sqrt(y, x);
  if (isa<math::RsqrtOp>(op))
    return s.rsqrt(y, x);
  if (isa<math::TanhOp>(op))
    return s.tanh(y, x);
  if (isa<math::ErfOp>(op))
    return s.erf(y, x);
  if (isa<math::SinOp>(op))
    return s.sine("sin", y, x);
  if (isa<math::CosOp>(op))
    return s.sine("cos", y, x);
  if (isa<math::AbsFOp>(op))
    return s.call(s.old() ? "active_abs" : "abs", y, x);
  if (isa<math::FloorOp>(op))
    return s.floor(y, x);
  if (isa<math::CeilOp>(op)) {
    Value t = s.temp();
    s.mul(t, x, -1.0);
    s.floor(t, t);
    s.mul(y, t, -1.0);
    return s.free(t);
  }
  if (isa<math::RoundEvenOp>(op))
    return s.whole(y, x, /*down=*/false);
  if (isa<math::TruncOp>(op)) { // the floor of the magnitude, with the sign
    Value sign = s.temp(), t = s.temp();
    v.withScalar("ge", sign, x, 0.0, period);
    s.mul(sign, sign, 2.0);
    s.add(sign, sign, -1.0);
    s.mul(t, x, sign);
    s.floor(t, t);
    s.mul(y, t, sign);
    s.free(sign);
    return s.free(t);
  }
  s.power(y, x, *constantOf(cast<math::PowFOp>(op).getRhs()));
}

void l2b::emitDivide(VectorBody &v, Value dst, Vec x, Vec y, int64_t period) {
  Steps s{v, typeOf(dst).getElementType(), period};
  if (isNarrowFloat(s.type) && !v.e.device.hasVectorDivide && !y.isScalar) {
    Type f32 = v.e.b.getF32Type();
    auto widen = [&](Vec vec) {
      if (vec.isScalar)
        return Vec{arith::ExtFOp::create(v.e.b, v.e.loc, f32, vec.value), true};
      Value wide = v.temp(f32, vec.period);
      emitFloatCast(v, wide, vec.value, vec.period);
      return Vec{wide, false, vec.period, true};
    };
    Vec wx = widen(x), wy = widen(y);
    Value quotient = v.temp(f32, period);
    emitDivide(v, quotient, wx, wy, period);
    emitFloatCast(v, dst, quotient, period);
    v.release(quotient, period);
    for (const Vec &vec : {wx, wy})
      if (!vec.isScalar)
        v.release(vec.value, vec.period);
    return;
  }
  if (y.isScalar) {
    Value inverse = arith::DivFOp::create(v.e.b, v.e.loc, v.e.scalar(s.type, 1.0), y.value);
    return v.withScalar("mul", dst, x.value, inverse, period);
  }
  if (y.period != period) { // few divisors: invert them once
    Steps part{v, s.type, y.period};
    Value inverse = part.temp();
    part.recip(inverse, y.value);
    v.binary("mul", dst, x, Vec{inverse, false, y.period}, period);
    return part.free(inverse);
  }
  bool own = false;
  if (v.e.device.hasVectorDivide) {
    Value vx = v.materialise(x, period, own);
    v.e.op("div", {dst, vx, y.value, v.n(period)});
    if (own)
      s.free(vx);
    return;
  }
  if (!s.old()) {
    Value inverse = s.temp();
    s.recip(inverse, y.value);
    v.binary("mul", dst, Vec{inverse, false, period}, x, period);
    return s.free(inverse);
  }
  Value vx = v.materialise(x, period, own), scratch = s.temp(), q = s.temp();
  v.e.op("div_software", {q, vx, y.value, scratch, v.n(period)});
  v.move(dst, q, period);
  s.free(scratch), s.free(q);
  if (own)
    s.free(vx);
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

static StringRef spelling(Type type) {
  if (type.isF32())
    return "float";
  if (type.isF16())
    return "half";
  if (type.isBF16())
    return "bfloat16";
  return type.isInteger(8) ? "int8" : type.isInteger(16) ? "int16" : type.isInteger(32) ? "int32" : "";
}

bool l2b::isVectorCast(Operation *op, const Device &device) {
  if (op->getNumOperands() != 1)
    return false;
  Type from = op->getOperand(0).getType(), to = op->getResult(0).getType();
  if (isa<arith::UIToFPOp>(op)) // from a truth value
    return from.isInteger(1) && (to.isF32() || to.isF16());
  StringRef a = spelling(from), b = spelling(to);
  if (a.empty() || b.empty())
    return false;
  bool old = device.arch < 300;
  if (isa<arith::ExtFOp, arith::TruncFOp>(op))
    return (from.isF32() || to.isF32()) && (!old || (!from.isBF16() && !to.isBF16()));
  bool wide = from.isInteger(32) || to.isInteger(32);
  if (isa<arith::SIToFPOp>(op))
    return (to.isF32() || to.isF16()) && !(old && wide);
  if (isa<arith::FPToSIOp>(op))
    return (from.isF32() || from.isF16()) && !(old && wide);
  return false;
}

void l2b::emitCast(VectorBody &v, Operation *op, Value dst, Value src, int64_t period) {
  Type from = typeOf(src).getElementType(), to = typeOf(dst).getElementType();
  std::string name = (spelling(from) + "2" + spelling(to)).str();
  bool old = v.e.is2xx();
  if (isa<arith::UIToFPOp>(op)) // held in another float type
    name = (spelling(from) + "2" + spelling(to)).str();
  SmallVector<Value> operands = {dst, src, v.n(period)};
  StringRef mode;
  if (isa<FloatType>(from) && isa<FloatType>(to)) {
    if (elementBytes(to) < elementBytes(from))
      mode = old ? "rd" : "rn";
  } else {
    operands.push_back(v.e.i32(0));
    if (isa<IntegerType>(to))
      mode = "tz";
    else if (from.isInteger(32))
      mode = "rn";
  }
  v.e.op(name, operands, mode);
}
