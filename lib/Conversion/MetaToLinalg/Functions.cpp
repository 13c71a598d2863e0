//===- Functions.cpp - functions composed of those that the device has ----===//
//
// Inverse trigonometric, hyperbolic and other functions that no builtin computes, written in float with arithmetic,
// comparisons, selections, and the exponentials, logarithms and roots that every architecture has. Near a zero of the
// function, where the plain formula would cancel, a polynomial with a relative error below 3e-8 takes over (minimax,
// fitted for this file). The result is NaN outside of the domain. Narrower types are computed in float.
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace metabang;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Float {
  ImplicitLocOpBuilder b;
  Type type; // f32, or f64 for that

  // Steps.
  Value c(double value) { return arith::ConstantOp::create(b, b.getFloatAttr(type, value)); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value add(Value x, double y) { return add(x, c(y)); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value mul(Value x, double y) { return mul(x, c(y)); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value neg(Value x) { return arith::NegFOp::create(b, x); }
  Value sqrt(Value x) { return math::SqrtOp::create(b, x); }
  Value exp(Value x) { return math::ExpOp::create(b, x); }
  Value log(Value x) { return math::LogOp::create(b, x); }
  Value is(arith::CmpFPredicate predicate, Value x, Value y) { return arith::CmpFOp::create(b, predicate, x, y); }
  Value less(Value x, Value y) { return is(arith::CmpFPredicate::OLT, x, y); }
  Value less(Value x, double y) { return less(x, c(y)); }
  Value select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, condition, x, y); }

  /// coefficients[0] + coefficients[1] x + …
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value y = c(coefficients.back());
    for (double each : llvm::reverse(coefficients.drop_back()))
      y = add(mul(y, x), each);
    return y;
  }
  /// x (1 + x^2 P(x^2)), for odd functions near 0; -0 stays -0.
  Value odd(Value x, ArrayRef<double> coefficients) {
    Value z = mul(x, x);
    return mul(x, add(mul(z, polynomial(z, coefficients)), 1));
  }
  Value withSignOf(Value x, Value y) { return select(less(x, 0), neg(y), y); }
  /// y where |x| <= 1 (or the like) holds, else NaN, which a NaN is too.
  Value inDomain(Value holds, Value y) { return select(holds, y, c(std::nan(""))); }
  /// Whether the sign bit is set, of zeros too.
  Value isNegative(Value x) { return arith::OrIOp::create(b, less(x, 0), less(div(c(1), x), 0)); }

  // Functions.
  Value log1p(Value x) {
    Value near = polynomial(x, {0.333333313, -0.249999553, 0.200003177, -0.166702047, 0.142783806, -0.124053247,
                                0.111104369, -0.110100478, 0.103640258, -0.0531778});
    Value z = mul(x, x);
    near = add(x, mul(z, add(mul(near, x), -0.5)));
    Value isNear = arith::AndIOp::create(b, less(c(-0.3), x), less(x, 0.45));
    return select(isNear, near, log(add(x, 1)));
  }

  Value expm1(Value x) {
    Value p = polynomial(x, {0.50000006, 0.166666642, 0.0416653603, 0.00833357871, 0.00139961764, 0.000198498106});
    Value near = mul(x, add(mul(x, p), 1)); // -0 stays -0
    return select(less(abs(x), 0.5), near, add(exp(x), -1));
  }

  /// (e^x + sign e^-x) / 2, by e^(x/2) squared, which overflows where the result does.
  Value halfSum(Value x, double sign) {
    Value up = exp(mul(x, 0.5)), down = exp(mul(x, -0.5));
    return add(mul(mul(up, 0.5), up), mul(mul(down, 0.5 * sign), down));
  }
  Value sinh(Value x) {
    Value near = odd(x, {0.166666672, 0.0083333496, 0.000198361595, 2.81695134e-06});
    return select(less(abs(x), 1), near, halfSum(x, -1));
  }
  Value cosh(Value x) { return halfSum(x, 1); }

  Value asinh(Value x) {
    Value near = odd(x, {-0.166666657, 0.0749988928, -0.0446132496, 0.0300129522, -0.0199799836, 0.00916771125});
    Value a = abs(x), moderate = less(a, 1e9); // beyond, the square would overflow and the 1 does not count
    Value sum = select(moderate, add(a, sqrt(add(mul(a, a), 1))), a);
    Value far = add(log(sum), select(moderate, c(0), c(M_LN2)));
    return select(less(a, 0.5), near, withSignOf(x, far));
  }

  /// log1p(t + sqrt(t (t + 2))) with t = x - 1.
  Value acosh(Value x) {
    Value t = add(x, -1), moderate = less(x, 1e9);
    Value near = log1p(add(t, sqrt(mul(t, add(t, 2)))));
    Value y = select(moderate, near, add(log(x), M_LN2));
    return inDomain(is(arith::CmpFPredicate::OGE, x, c(1)), y);
  }

  Value atanh(Value x) {
    Value near = odd(x, {0.333333373, 0.199997276, 0.142948523, 0.109671816, 0.102826901, 0.0245219171, 0.17594254});
    Value a = abs(x);
    Value far = mul(log(div(add(a, 1), sub(c(1), a))), 0.5);
    far = select(is(arith::CmpFPredicate::OEQ, a, c(1)), c(infinity), far);
    Value y = select(less(a, 0.5), near, withSignOf(x, far));
    return inDomain(is(arith::CmpFPredicate::OLE, a, c(1)), y);
  }

  /// The arc tangent of 0 <= t <= 1: from tan(pi/8) on that of (t - 1) / (t + 1), plus pi/4.
  Value atanOfFraction(Value t) {
    Value large = less(c(0.41421356), t);
    Value r = select(large, div(add(t, -1), add(t, 1)), t);
    Value y = odd(r, {-0.333333164, 0.199984714, -0.142435327, 0.105938137, -0.0607822128});
    return add(y, select(large, c(M_PI_4), c(0)));
  }
  Value atan(Value x) {
    Value a = abs(x), beyond = less(c(1), a);
    Value y = atanOfFraction(select(beyond, div(c(1), a), a));
    y = select(beyond, sub(c(M_PI_2), y), y);
    return select(less(x, 0), neg(y), select(is(arith::CmpFPredicate::OEQ, x, c(0)), x, y)); // -0 stays -0
  }
  Value atan2(Value y, Value x) {
    Value ax = abs(x), ay = abs(y);
    Value larger = arith::MaximumFOp::create(b, ax, ay), smaller = arith::MinimumFOp::create(b, ax, ay);
    Value quotient = div(smaller, larger);
    quotient = select(is(arith::CmpFPredicate::OEQ, ax, ay), c(1), quotient); // of two infinities too
    quotient = select(is(arith::CmpFPredicate::OEQ, larger, c(0)), c(0), quotient);
    Value angle = atanOfFraction(quotient);
    angle = select(less(ax, ay), sub(c(M_PI_2), angle), angle);
    angle = select(isNegative(x), sub(c(M_PI), angle), angle);
    return select(isNegative(y), neg(angle), angle);
  }

  /// For |x| <= 1/2 a polynomial, beyond it by the half angle: asin(a) = pi/2 - 2 asin(sqrt((1 - a) / 2)).
  struct ArcSine {
    Value isSmall, value; // of x if it is small, else of sqrt((1 - |x|) / 2)
  };
  ArcSine arcSine(Value x) {
    Value a = abs(x), isSmall = less(a, 0.5);
    Value r = select(isSmall, x, sqrt(mul(sub(c(1), a), 0.5)));
    return {isSmall, odd(r, {0.166666597, 0.0750050396, 0.0445169546, 0.0318077244, 0.0144385872, 0.0375164784})};
  }
  Value asin(Value x) {
    ArcSine s = arcSine(x);
    Value far = withSignOf(x, sub(c(M_PI_2), mul(s.value, 2)));
    return inDomain(is(arith::CmpFPredicate::OLE, abs(x), c(1)), select(s.isSmall, s.value, far));
  }
  Value acos(Value x) {
    ArcSine s = arcSine(x);
    Value twice = mul(s.value, 2);
    Value far = select(less(x, 0), sub(c(M_PI), twice), twice);
    Value y = select(s.isSmall, sub(c(M_PI_2), s.value), far);
    return inDomain(is(arith::CmpFPredicate::OLE, abs(x), c(1)), y);
  }

  /// x = k pi/2 + r, |r| <= pi/4: tan(r), or -1 / tan(r) where k is odd, for |x| up to 1e6; sin(x) / cos(x) beyond.
  /// pi/2 is in parts of 12 bits, and so is k, which makes their products exact (Cody and Waite). k is rounded twice:
  /// 24 bits of x 2/pi leave up to a quarter of the first multiple open.
  Value tan(Value x) {
    auto nearest = [&](Value v) { return add(add(v, 12582912.0), -12582912.0); }; // 1.5 * 2^23: no room for a fraction
    constexpr double parts[] = {1.5703125, 0.0004837512969970703, 7.549533620476723e-08, 2.563344151594519e-12};
    Value k = math::FloorOp::create(b, add(mul(x, M_2_PI), 0.5)); // up to 2^23, beyond what `nearest` takes
    Value high = add(add(k, 51539607552.0), -51539607552.0), low = sub(k, high); // 1.5 * 2^35
    Value r = x;
    for (double part : ArrayRef(parts).drop_back())
      r = sub(sub(r, mul(high, part)), mul(low, part));
    r = sub(r, mul(k, parts[3]));
    Value more = nearest(mul(r, M_2_PI));
    for (double part : ArrayRef(parts).drop_back())
      r = sub(r, mul(more, part));
    k = add(k, more);
    Value y =
        odd(r, {0.333333492, 0.133326635, 0.0540599227, 0.0212821662, 0.010835859, 8.94897967e-05, 0.00437629223});
    Value half = mul(k, 0.5);
    Value isOdd = is(arith::CmpFPredicate::UNE, math::FloorOp::create(b, half), half);
    Value near = select(isOdd, div(c(-1), y), y);
    Value far = div(math::SinOp::create(b, x), math::CosOp::create(b, x));
    return select(less(abs(x), 1e6), near, far);
  }

  /// M. Giles, Approximating the erfinv function (GPU Computing Gems, 2011): x P(w) with w = -ln((1 - x)(1 + x)).
  Value erfinv(Value x) {
    Value w = neg(log(mul(sub(c(1), x), add(x, 1))));
    Value center =
        polynomial(add(w, -2.5), {1.50140941, 0.24664028, -0.00417738687, -0.0012527419, 0.000218344445,
                                  -4.96334542e-06, -3.4627044e-06, 4.66170093e-07, 2.32326229e-08, -8.79101592e-09});
    Value tail = polynomial(add(sqrt(w), -3), {2.83297706, 1.00167418, 0.00943503808, -0.0076262434, 0.00576554285,
                                               -0.00365654286, 0.0012922443, 8.25194365e-05, -0.000159777424});
    Value y = mul(x, select(less(w, 5), center, tail));
    Value a = abs(x);
    y = select(is(arith::CmpFPredicate::OEQ, a, c(1)), withSignOf(x, c(infinity)), y);
    return inDomain(is(arith::CmpFPredicate::OLE, a, c(1)), y);
  }

  Value unary(StringRef kind, Value x) {
    using Function = Value (Float::*)(Value);
    auto function = llvm::StringSwitch<Function>(kind)
                        .Case("log1p", &Float::log1p)
                        .Case("expm1", &Float::expm1)
                        .Case("sinh", &Float::sinh)
                        .Case("cosh", &Float::cosh)
                        .Case("asinh", &Float::asinh)
                        .Case("acosh", &Float::acosh)
                        .Case("atanh", &Float::atanh)
                        .Case("atan", &Float::atan)
                        .Case("asin", &Float::asin)
                        .Case("acos", &Float::acos)
                        .Case("tan", &Float::tan)
                        .Case("erfinv", &Float::erfinv)
                        .Default(nullptr);
    assert(function && "the verifier lets no other kind pass");
    return (this->*function)(x);
  }
};

} // namespace

/// Remembers the meta-operator on the last of the operations.
static Value tagged(Value value, StringRef kind) {
  value.getDefiningOp()->setAttr("meta.kind", StringAttr::get(value.getContext(), kind));
  return value;
}

static Type wideType(OpBuilder &b, Type type) { return type.isF64() ? type : b.getF32Type(); }

Value metabang::emitFunction(OpBuilder &b, Location loc, StringRef kind, Type type, Value x) {
  Type wide = wideType(b, type);
  Value y = Float{ImplicitLocOpBuilder(loc, b), wide}.unary(kind, emitCast(b, loc, type, wide, x));
  return tagged(emitCast(b, loc, wide, type, y), kind);
}

Value metabang::emitAtan2(OpBuilder &b, Location loc, Type type, Value y, Value x) {
  Type wide = wideType(b, type);
  Float f{ImplicitLocOpBuilder(loc, b), wide};
  Value angle = f.atan2(emitCast(b, loc, type, wide, y), emitCast(b, loc, type, wide, x));
  return tagged(emitCast(b, loc, wide, type, angle), "atan2");
}
