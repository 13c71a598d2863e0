//===- RealFunctions.cpp - Functions of two floats ------------------------===//
#include "RealFunctions.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

using P = arith::CmpFPredicate;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// A number as the sum of two floats, the first of 12 bits so that a product of two such is exact.
struct Pair {
  Value high, low;
};

struct Functions {
  Reals &r;

  /// The upper 12 bits (T. J. Dekker, 1971), |x| < 2^115.
  Value upper(Value x) {
    Value spread = r.mul(x, 4097);
    return r.sub(spread, r.sub(spread, x));
  }
  Value nearest(Value x) { return r.add(r.add(x, 12582912.0), -12582912.0); } // |x| < 2^22
  /// 2^n for an integer |n| <= 152, in two factors.
  std::pair<Value, Value> powersOfTwo(Value n) {
    Value half = nearest(r.mul(n, 0.5));
    auto exp2 = [&](Value x) { return math::Exp2Op::create(r.b, x).getResult(); };
    return {exp2(half), exp2(r.sub(n, half))};
  }

  /// log2(x) of a positive finite x to about 33 bits. With x = m 2^e and s = (m - 1) / (m + 1), it is
  /// e + 2 s (1 + s^2/3 + s^4/5 + …) / ln 2; the quotient s and the sums are kept in pairs.
  Pair log2(Value x) {
    Value e = nearest(math::Log2Op::create(r.b, x).getResult());
    auto [down, rest] = powersOfTwo(r.neg(e));
    Value m = r.mul(r.mul(x, down), rest);
    Value numerator = r.add(m, -1), denominator = r.add(m, 1), inverse = r.div(r.c(1), denominator);
    Value s = r.mul(numerator, inverse), sHigh = upper(s);
    Value dHigh = upper(denominator), dLow = r.sub(m, r.add(dHigh, -1));
    Value sLow = r.mul(inverse, r.sub(r.sub(numerator, r.mul(sHigh, dHigh)), r.mul(sHigh, dLow)));
    Value square = r.mul(s, s), tail = r.c(3.0 / 15);
    for (double c : {3.0 / 13, 3.0 / 11, 3.0 / 9, 3.0 / 7, 3.0 / 5})
      tail = r.add(r.mul(tail, square), c);
    tail = r.mul(tail, r.mul(square, square));
    // s (3 + s^2 + tail), in pairs
    tail = r.add(tail, r.mul(sLow, r.add(sHigh, s)));
    Value highSquare = r.mul(sHigh, sHigh);
    Value t = upper(r.add(r.add(highSquare, 3), tail));
    Value tLow = r.sub(tail, r.sub(r.add(t, -3), highSquare));
    Value u = r.mul(sHigh, t), v = r.add(r.mul(sLow, t), r.mul(tLow, s));
    Value p = upper(r.add(u, v)), pLow = r.sub(v, r.sub(p, u));
    // times 2 / (3 ln 2)
    constexpr double factor = 0.96179669392597560491, factorHigh = 0.9619140625;
    Value z = r.mul(p, factorHigh);
    Value zLow = r.add(r.mul(p, factor - factorHigh), r.mul(pLow, factor));
    Value high = upper(r.add(r.add(z, zLow), e));
    return {high, r.sub(zLow, r.sub(r.sub(high, e), z))};
  }

  /// 2^(high + low).
  Value exp2(Pair x) {
    auto clamp = [&](Value v) {
      v = arith::MaximumFOp::create(r.b, v, r.c(-152));
      return arith::MinimumFOp::create(r.b, v, r.c(130)).getResult();
    };
    Value n = nearest(clamp(r.add(x.high, x.low)));
    Value rest = r.add(r.sub(clamp(x.high), n), x.low);
    rest = arith::MaximumFOp::create(r.b, arith::MinimumFOp::create(r.b, rest, r.c(1)), r.c(-1)); // clamped above
    Value u = r.mul(rest, M_LN2), y = r.c(1.0 / 40320);
    for (double c : {1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
      y = r.add(r.mul(y, u), c);
    auto [factor, other] = powersOfTwo(n);
    return r.mul(r.mul(y, factor), other);
  }

  /// What is left of x >= 0 without multiples of d times 2^last, for x < d 2^(first + 10). A round takes ten bits of
  /// the quotient: their products with the halves of d are exact, and so are the differences.
  Value reduced(Value x, Value d, int first, int last = 0) {
    Value high = upper(d), low = r.sub(d, high);
    Value unit = r.c(std::ldexp(1.0, first)), inverse = r.c(std::ldexp(1.0, -first));
    return r.repeat((first - last) / 10 + 1, {x, unit, inverse}, [&](ValueRange now) -> SmallVector<Value> {
      Value rest = now[0], unit = now[1], inverse = now[2];
      Value quotient = r.mul(r.floor(r.div(r.mul(rest, inverse), d)), unit);
      rest = r.sub(r.sub(rest, r.mul(quotient, high)), r.mul(quotient, low));
      rest = r.add(rest, r.mul(r.mul(r.flag(r.less(rest, 0)), unit), d)); // an estimate that was too large
      return {rest, r.mul(unit, 0x1p-10), r.mul(inverse, 0x1p10)};
    })[0];
  }
};

} // namespace

Value l2b::emitPower(Reals &r, Value x, Value y) {
  Functions f{r};
  Value base = r.abs(x), size = r.abs(y), one = r.c(1);
  Pair log = f.log2(base);
  // Beyond 2^30 every power but that of 1 is 0 or infinite.
  Value bounded = arith::MaximumFOp::create(r.b, arith::MinimumFOp::create(r.b, y, r.c(0x1p30)), r.c(-0x1p30));
  Value high = f.upper(bounded), low = r.sub(bounded, high);
  Value product = r.mul(high, log.high), rest = r.add(r.mul(low, log.high), r.mul(bounded, log.low));
  Value power = f.exp2({product, rest});
  // 0 and infinity as base or exponent: up or down.
  Value isZero = r.is(P::OEQ, base, 0.0), isExtreme = r.either(isZero, r.is(P::OEQ, base, infinity));
  isExtreme = r.either(isExtreme, r.is(P::OEQ, size, infinity));
  Value rises = r.flag(r.is(P::OGT, base, 1.0)), positive = r.flag(r.is(P::OGT, y, 0.0));
  Value extreme = r.select(r.is(P::OEQ, rises, positive), r.c(infinity), r.c(0));
  power = r.select(isExtreme, extreme, power);
  power = r.select(r.is(P::OEQ, base, 1.0), one, power);
  // A negative base: whole exponents only, odd ones keep the sign.
  auto isWhole = [&](Value v) { return r.is(P::OEQ, math::FloorOp::create(r.b, v).getResult(), v); };
  Value whole = isWhole(y), even = isWhole(r.mul(y, 0.5));
  Value negative = r.less(x, 0);
  Value signedBase = r.either(negative, r.less(r.div(one, x), 0)); // -0 too
  Value isOdd = r.sub(r.flag(whole), r.flag(even));
  power = r.mul(power, r.sub(one, r.mul(r.mul(r.flag(signedBase), isOdd), 2)));
  Value finite = r.less(base, infinity);
  Value undefined = r.both(r.both(negative, finite), r.is(P::OEQ, r.flag(whole), 0.0));
  undefined = r.either(undefined, r.is(P::UNO, x, y));
  power = r.select(undefined, r.c(std::nan("")), power);
  return r.select(r.either(r.is(P::OEQ, y, 0.0), r.is(P::OEQ, x, 1.0)), one, power);
}

/// Three divisions, of which most vectors need none but the last rounds of the last: by the divisor times 2^220, by it
/// times 2^110, and by itself.
Value l2b::emitRemainder(Reals &r, Value x, Value y) {
  Functions f{r};
  Value size = r.abs(x), divisor = r.abs(y);
  // Where the divisor could not be split, both are scaled; a smaller x, which could lose bits, is the result.
  Value isLarge = r.is(P::OGT, divisor, 0x1p100), scale = r.select(isLarge, r.c(0x1p-64), r.c(1));
  Value d = r.mul(divisor, scale), rest = r.mul(size, scale);
  Value isHuge = r.is(P::OGE, r.div(size, divisor), 0x1p100);
  rest = r.ifAny(isHuge, rest, [&]() -> SmallVector<Value> {
    auto larger = [&](Value v) { return r.select(r.less(v, 1), r.mul(v, 0x1p110), v); };
    Value once = larger(d);
    return {r.select(isHuge, f.reduced(f.reduced(rest, larger(once), 120), once, 120), rest)};
  })[0];
  Value up = r.select(r.less(d, 0x1p-60), r.c(0x1p64), r.c(1)); // nor would the lower half of a tiny one be a float
  d = r.mul(d, up), rest = r.mul(rest, up);
  rest = r.ifAny(r.is(P::OGE, rest, r.mul(d, 0x1p20)), rest,
                 [&]() -> SmallVector<Value> { return {f.reduced(rest, d, 110, 20)}; })[0];
  rest = f.reduced(rest, d, 10);
  // An estimate was too small.
  rest = r.sub(rest, r.mul(r.flag(r.is(P::OGE, rest, d)), d));
  rest =
      r.mul(r.mul(rest, r.select(isLarge, r.c(0x1p64), r.c(1))), r.select(r.is(P::OGT, up, 1), r.c(0x1p-64), r.c(1)));
  rest = r.select(r.is(P::OLT, size, divisor), size, rest);
  return r.mul(rest, r.sub(r.c(1), r.mul(r.flag(r.less(x, 0)), 2)));
}
