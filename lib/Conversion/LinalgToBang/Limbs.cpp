//===- Limbs.cpp - Integers as limbs that are floats ----------------------===//
#include "Limbs.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {
constexpr double kBase = 65536;
} // namespace

//===----------------------------------------------------------------------===//
// Carries and signs
//===----------------------------------------------------------------------===//

/// x modulo `range`, from -range/2 on, for |x| <= 1.5 range.
Value LimbArithmetic::wrapOnce(Value x, double range) {
  x = sub(x, mul(flag(least(x, range / 2)), range));
  return add(x, mul(flag(less(x, -range / 2)), range));
}

/// The same for any |x| < 2^22 range that is exact with range / 2 added.
Value LimbArithmetic::wrap(Value x, double range) {
  return sub(x, mul(floor(mul(add(x, range / 2), 1 / range)), range));
}

LimbArithmetic::Digits LimbArithmetic::digitsOf(const Limbs &x) {
  Digits digits = x.limb;
  digits.back() = add(digits.back(), mul(flag(less(digits.back(), 0)), x.range()));
  return digits;
}

Limbs LimbArithmetic::withSign(Digits digits, unsigned width) {
  Limbs x{digits, width};
  x.limb.back() = sub(x.top(), mul(flag(least(x.top(), x.range() / 2)), x.range()));
  return x;
}

Limbs LimbArithmetic::constant(const llvm::APInt &value) {
  Limbs x;
  x.width = value.getBitWidth();
  unsigned count = x.width <= 16 ? 1 : x.width / 16, bits = std::min(x.width, 16u);
  for (unsigned k = 0; k < count; ++k) {
    llvm::APInt part = value.extractBits(bits, k * bits);
    x.limb.push_back(c(k + 1 == count ? double(part.getSExtValue()) : double(part.getZExtValue())));
  }
  return x;
}

Limbs LimbArithmetic::fromFlag(Value flag, unsigned width) {
  Limbs x{{flag}, width};
  for (unsigned bits = 32; bits <= width; bits += 16)
    x.limb.push_back(c(0));
  return x;
}

Limbs LimbArithmetic::resize(const Limbs &x, unsigned width, bool isSigned) {
  unsigned count = width <= 16 ? 1 : width / 16;
  if (width <= x.width) {
    Limbs y{Digits(x.limb.begin(), x.limb.begin() + count), width};
    if (count < x.size()) // the low limbs have no sign yet
      return width == 8 ? Limbs{{wrap(y.top(), 256)}, 8} : withSign(y.limb, width);
    if (width == 8 && x.width == 16)
      y.limb.back() = wrap(y.top(), 256);
    return y;
  }
  Limbs y{isSigned ? x.limb : digitsOf(x), width};
  if (width == 16)
    return y; // a byte, with its sign or without, is a limb of 16 bits
  // The last limb becomes one of the low ones.
  Value fill = isSigned ? neg(negativeFlag(x)) : c(0);
  if (isSigned)
    y.limb.back() = add(x.top(), mul(negativeFlag(x), kBase));
  Value between = isSigned ? mul(negativeFlag(x), kBase - 1) : c(0); // only the last limb has a sign
  while (y.size() + 1 < count)
    y.limb.push_back(between);
  y.limb.push_back(fill);
  return y;
}

//===----------------------------------------------------------------------===//
// Sums, products and bits
//===----------------------------------------------------------------------===//

/// x + y (or x - y), limb by limb with carries (or borrows). The last limb has a sign and is not cut.
LimbArithmetic::Digits LimbArithmetic::carried(const Digits &x, const Digits &y, bool subtracts) {
  Digits z;
  Value carry;
  auto combine = [&](Value a, Value d) { return subtracts ? sub(a, d) : add(a, d); };
  for (auto [a, d] : llvm::zip(x, y)) {
    Value s = combine(a, d);
    if (carry)
      s = combine(s, carry);
    z.push_back(s);
    if (z.size() == x.size())
      break;
    carry = flag(subtracts ? less(s, 0) : least(s, kBase));
    z.back() = subtracts ? add(s, mul(carry, kBase)) : sub(s, mul(carry, kBase));
  }
  return z;
}

Limbs LimbArithmetic::plus(const Limbs &x, const Limbs &y) {
  Limbs z{carried(x.limb, y.limb, false), x.width};
  z.limb.back() = wrapOnce(z.top(), x.range());
  return z;
}

Limbs LimbArithmetic::minus(const Limbs &x, const Limbs &y) {
  Limbs z{carried(x.limb, y.limb, true), x.width};
  z.limb.back() = wrapOnce(z.top(), x.range());
  return z;
}

LimbArithmetic::Digits LimbArithmetic::sum(const Digits &x, const Digits &y) {
  Digits z = carried(x, y, false);
  z.back() = sub(z.back(), mul(flag(least(z.back(), kBase)), kBase));
  return z;
}

LimbArithmetic::Digits LimbArithmetic::difference(const Digits &x, const Digits &y) {
  Digits z = carried(x, y, true);
  z.back() = add(z.back(), mul(flag(less(z.back(), 0)), kBase));
  return z;
}

/// Limbs times bytes: every product is below 2^24. It is cut where it crosses a limb; what is above the last is
/// dropped.
LimbArithmetic::Digits LimbArithmetic::product(const Digits &x, const Digits &y) {
  unsigned count = x.size();
  Digits sums(count);
  auto accumulate = [&](unsigned k, Value part) {
    if (k < count)
      sums[k] = sums[k] ? add(sums[k], part) : part;
  };
  for (unsigned j = 0; j < count; ++j) {
    Value high = floor(mul(y[j], 1 / 256.0)), low = sub(y[j], mul(high, 256));
    for (unsigned i = 0; i + j < count; ++i) {
      Value p = mul(x[i], low), carry = floor(mul(p, 1 / kBase));
      accumulate(i + j, sub(p, mul(carry, kBase)));
      accumulate(i + j + 1, carry);
      p = mul(x[i], high), carry = floor(mul(p, 1 / 256.0));
      accumulate(i + j, mul(sub(p, mul(carry, 256)), 256));
      accumulate(i + j + 1, carry);
    }
  }
  for (unsigned k = 0; k < count; ++k) {
    Value carry = floor(mul(sums[k], 1 / kBase));
    sums[k] = sub(sums[k], mul(carry, kBase));
    accumulate(k + 1, carry);
  }
  return sums;
}

Limbs LimbArithmetic::times(const Limbs &x, const Limbs &y) {
  if (x.width == 8)
    return Limbs{{wrap(mul(x.top(), y.top()), 256)}, 8};
  return withSign(product(digitsOf(x), digitsOf(y)), x.width);
}

Limbs LimbArithmetic::power(const Limbs &x, uint64_t exponent) {
  Limbs result = constant(llvm::APInt(x.width, 1)), square = x;
  for (bool first = true; exponent; exponent >>= 1) {
    if (exponent & 1)
      result = first ? square : times(result, square), first = false;
    if (exponent > 1)
      square = times(square, square);
  }
  return result;
}

LimbArithmetic::Digits LimbArithmetic::halved(const Digits &x) {
  Digits z = x;
  Value fallen;
  for (Value &limb : llvm::reverse(z)) {
    Value down = floor(mul(limb, 0.5)), odd = sub(limb, mul(down, 2));
    limb = fallen ? add(down, mul(fallen, kBase / 2)) : down;
    fallen = odd;
  }
  return z;
}

/// x^h for an x that was squared 16 times, which is 1 + a with a divisible by 2^18 if x was odd: of the sum of h! / (j!
/// (h - j)!) a^j only the terms up to j = 1 (of 32 bits) or 3 (of 64) count. With p = h (h - 1) a^2 / 2 they are
/// 1 + h a + p + p (h - 2) a / 3, and a third is a product with the inverse of 3 modulo 2^64.
Limbs LimbArithmetic::highPower(const Limbs &x, const Limbs &h) {
  Limbs one = constant(llvm::APInt(x.width, 1)), a = minus(x, one), linear = times(h, a), sum = plus(one, linear);
  if (x.width <= 32)
    return sum;
  Limbs halfSquare{halved(digitsOf(times(a, a))), x.width};
  Limbs p = times(times(h, minus(h, one)), halfSquare);
  Limbs third = times(minus(linear, plus(a, a)), constant(llvm::APInt(64, 0xAAAAAAAAAAAAAAABull)));
  return plus(sum, times(p, plus(one, third)));
}

/// By squaring, for the lowest limb of the exponent; what is above it, h, by a sum of few terms.
Limbs LimbArithmetic::power(const Limbs &x, const Limbs &exponent, bool isSigned) {
  Limbs one = constant(llvm::APInt(x.width, 1)), zero = constant(llvm::APInt(x.width, 0));
  Digits digits = digitsOf(exponent);
  unsigned count = x.size();
  SmallVector<Value> start(ArrayRef<Value>(one.limb));
  start.append(x.limb);
  start.push_back(digits[0]);
  auto parity = [&](Value limb) { return sub(limb, mul(floor(mul(limb, 0.5)), 2)); };
  SmallVector<Value> end = repeat(std::min(x.width, 16u), start, [&](ValueRange now) {
    Limbs result{Digits(now.take_front(count)), x.width}, square{Digits(now.slice(count, count)), x.width};
    Value half = floor(mul(now.back(), 0.5)), bit = sub(now.back(), mul(half, 2));
    SmallVector<Value> next(ArrayRef<Value>(choose(bit, times(result, square), result).limb));
    next.append(times(square, square).limb);
    next.push_back(half);
    return next;
  });
  Limbs result{Digits(ArrayRef(end).take_front(count)), x.width};
  if (count > 1) {
    Limbs square{Digits(ArrayRef(end).slice(count, count)), x.width};
    Limbs high{Digits(ArrayRef(digits).drop_front()), x.width};
    high.limb.push_back(c(0));
    Value isLarge = is(P::OGT, approximate(high.limb), 0.0), isEven = is(P::OEQ, parity(digitsOf(x)[0]), 0.0);
    result = times(result, highPower(square, high));
    result = choose(flag(both(isLarge, isEven)), zero, result); // a power of 2 beyond the width
  }
  if (!isSigned)
    return result;
  using I = arith::CmpIPredicate;
  Limbs minusOne = constant(llvm::APInt::getAllOnes(x.width));
  Limbs inverse = choose(parity(digits[0]), minusOne, one);
  inverse = choose(flag(compare(I::eq, x, minusOne)), inverse, zero);
  inverse = choose(flag(compare(I::eq, x, one)), one, inverse);
  return choose(negativeFlag(exponent), inverse, result);
}

Limbs LimbArithmetic::magnitude(const Limbs &x) {
  if (x.size() == 1) // the smallest wraps around to itself
    return Limbs{{wrapOnce(abs(x.top()), x.range())}, x.width};
  return choose(negativeFlag(x), minus(constant(llvm::APInt(x.width, 0)), x), x);
}

/// 2^23 added puts a limb into the lowest bits of the float.
Limbs LimbArithmetic::bits(StringRef kind, const Limbs &x, const Limbs &y) {
  Digits z, u = digitsOf(x), v = digitsOf(y);
  Value one = c(8388608.0);
  for (auto [a, d] : llvm::zip(u, v)) {
    Value r = bitwise(kind, add(a, one), add(d, one));
    if (kind == "bxor") // the exponents have gone
      r = bitwise("bor", r, one);
    z.push_back(sub(r, one));
  }
  return withSign(z, x.width);
}

Limbs LimbArithmetic::choose(Value flag, const Limbs &x, const Limbs &y) {
  Limbs z{{}, x.width};
  for (auto [a, d] : llvm::zip(x.limb, y.limb))
    z.limb.push_back(add(d, mul(sub(a, d), flag)));
  return z;
}

//===----------------------------------------------------------------------===//
// Shifts
//===----------------------------------------------------------------------===//

/// Flags of the bits of a number below 2^bits, the lowest first.
SmallVector<Value> LimbArithmetic::bitsOf(Value count, unsigned bits) {
  SmallVector<Value> flags(bits);
  for (unsigned bit = bits; bit-- > 0;) {
    flags[bit] = flag(least(count, double(1 << bit)));
    if (bit)
      count = sub(count, mul(flags[bit], double(1 << bit)));
  }
  return flags;
}

/// By less than 16 bits: a product with a power of two, cut at the limb. By the rest: whole limbs move.
Limbs LimbArithmetic::shiftLeft(const Limbs &x, const Limbs &count) {
  SmallVector<Value> flags = bitsOf(count.limb[0], llvm::Log2_32(x.width));
  Value factor = c(1);
  for (unsigned bit = 0; bit < std::min<unsigned>(flags.size(), 4); ++bit)
    factor = mul(factor, add(mul(flags[bit], double((1 << (1 << bit)) - 1)), 1));
  Digits z = digitsOf(x);
  Value carry;
  for (Value &limb : z) {
    double base = x.width == 8 ? 256 : kBase;
    Value shifted = mul(limb, factor), high = floor(mul(shifted, 1 / base));
    limb = sub(shifted, mul(high, base));
    if (carry)
      limb = add(limb, carry);
    carry = high;
  }
  for (unsigned bit = 4; bit < flags.size(); ++bit) {
    int distance = 1 << (bit - 4);
    Digits moved = z;
    for (int k = 0; k < int(z.size()); ++k) {
      Value from = k >= distance ? z[k - distance] : c(0);
      moved[k] = add(z[k], mul(sub(from, z[k]), flags[bit]));
    }
    z = moved;
  }
  return withSign(z, x.width);
}

Limbs LimbArithmetic::shiftRight(const Limbs &x, const Limbs &count, bool isSigned) {
  SmallVector<Value> flags = bitsOf(count.limb[0], llvm::Log2_32(x.width));
  Value factor = c(1);
  for (unsigned bit = 0; bit < std::min<unsigned>(flags.size(), 4); ++bit)
    factor = mul(factor, add(mul(flags[bit], 1.0 / (1 << (1 << bit)) - 1), 1));
  // The last limb keeps its sign in a signed shift.
  Digits z = isSigned ? x.limb : digitsOf(x);
  Value fallen;
  for (Value &limb : llvm::reverse(z)) {
    Value shifted = mul(limb, factor), whole = floor(shifted);
    Value fraction = mul(sub(shifted, whole), kBase);
    limb = fallen ? add(whole, fallen) : whole;
    fallen = fraction;
  }
  Value fill = isSigned ? neg(negativeFlag(x)) : c(0);
  for (unsigned bit = 4; bit < flags.size(); ++bit) {
    unsigned distance = 1 << (bit - 4);
    Digits moved = z;
    for (unsigned k = 0; k < z.size(); ++k) {
      Value from = k + distance < z.size() ? z[k + distance] : fill;
      if (isSigned && k + 1 < z.size() && k + distance + 1 >= z.size()) // a low limb has no sign
        from = add(from, mul(flag(less(from, 0)), kBase));
      moved[k] = add(z[k], mul(sub(from, z[k]), flags[bit]));
    }
    z = moved;
  }
  return isSigned ? Limbs{z, x.width} : withSign(z, x.width);
}

//===----------------------------------------------------------------------===//
// Comparisons and quotients
//===----------------------------------------------------------------------===//

Value LimbArithmetic::compare(arith::CmpIPredicate predicate, const Limbs &x, const Limbs &y) {
  using I = arith::CmpIPredicate;
  if (predicate == I::ne)
    return b.createOrFold<arith::XOrIOp>(compare(I::eq, x, y), arith::ConstantOp::create(b, b.getBoolAttr(true)));
  bool isUnsigned = llvm::is_contained({I::ult, I::ule, I::ugt, I::uge}, predicate);
  Digits u = isUnsigned ? digitsOf(x) : Digits(x.limb), v = isUnsigned ? digitsOf(y) : Digits(y.limb);
  if (llvm::is_contained({I::sgt, I::sge, I::ugt, I::uge}, predicate))
    std::swap(u, v);
  bool orEqual = llvm::is_contained({I::sle, I::sge, I::ule, I::uge}, predicate);
  Value result;
  for (auto [a, d] : llvm::zip(u, v)) {
    if (predicate == I::eq) {
      Value equal = is(P::OEQ, a, d);
      result = result ? both(result, equal) : equal;
    } else if (!result) {
      result = is(orEqual ? P::OLE : P::OLT, a, d);
    } else {
      result = either(is(P::OLT, a, d), both(is(P::OEQ, a, d), result));
    }
  }
  return result;
}

Value LimbArithmetic::atLeast(const Digits &x, const Digits &y) {
  Value result;
  for (auto [a, d] : llvm::zip(x, y))
    result = result ? either(is(P::OGT, a, d), both(is(P::OEQ, a, d), result)) : is(P::OGE, a, d);
  return flag(result);
}

Value LimbArithmetic::approximate(const Digits &x) {
  Value y = x.back();
  for (Value limb : llvm::reverse(ArrayRef(x).drop_back()))
    y = add(mul(y, kBase), limb);
  return y;
}

/// The limbs of a float that is an integer from 0 on.
LimbArithmetic::Digits LimbArithmetic::split(Value x, unsigned limbs) {
  Digits z(limbs);
  for (unsigned k = limbs; k-- > 1;) {
    double unit = std::ldexp(1.0, 16 * k);
    z[k] = floor(mul(x, 1 / unit));
    x = sub(x, mul(z[k], unit));
  }
  z[0] = x;
  return z;
}

/// Each round subtracts an estimate of the quotient that is too small by 2^-19 of it, and by less than 1.
std::pair<LimbArithmetic::Digits, LimbArithmetic::Digits> LimbArithmetic::divideDigits(const Digits &x,
                                                                                       const Digits &y) {
  Value divisor = approximate(y);
  if (x.size() == 1) { // far enough from integers for any rounding
    Value q = floor(div(add(x[0], 0.5), divisor));
    return {{q}, {sub(x[0], mul(q, divisor))}};
  }
  Value inverse = mul(div(c(1), divisor), 1 - std::ldexp(1.0, -20));
  Digits quotient, rest = x;
  for (unsigned round = 0; round < x.size(); ++round) {
    Value estimate = mul(approximate(rest), inverse);
    Digits part = split(b.createOrFold<math::FloorOp>(estimate), x.size());
    rest = difference(rest, product(part, y));
    quotient = round ? sum(quotient, part) : part;
  }
  Value more = atLeast(rest, y);
  Digits once(x.size(), c(0)), taken;
  once[0] = more;
  for (Value limb : y)
    taken.push_back(mul(limb, more));
  return {sum(quotient, once), difference(rest, taken)};
}

std::pair<Limbs, Limbs> LimbArithmetic::divide(const Limbs &x, const Limbs &y, bool isSigned, bool down) {
  unsigned width = x.width;
  Digits u = digitsOf(isSigned ? magnitude(x) : x), v = digitsOf(isSigned ? magnitude(y) : y);
  // By 0: divided by 1, and forgotten.
  Value any;
  for (Value limb : v) {
    Value positive = is(P::OGT, limb, 0.0);
    any = any ? either(any, positive) : positive;
  }
  Value isDivisor = flag(any);
  v[0] = add(v[0], sub(c(1), isDivisor));
  auto [q, r] = divideDigits(u, v);
  for (Value &limb : q)
    limb = mul(limb, isDivisor);
  for (Value &limb : r)
    limb = mul(limb, isDivisor);
  Limbs quotient = withSign(q, width), rest = withSign(r, width);
  if (!isSigned)
    return {quotient, rest};
  Value xNegative = negativeFlag(x), differ = flag(is(P::UNE, xNegative, negativeFlag(y)));
  Limbs zero = constant(llvm::APInt(width, 0));
  Limbs opposite = minus(zero, quotient);
  if (down) {
    Value inexact = compare(arith::CmpIPredicate::ne, rest, zero);
    opposite = minus(opposite, fromFlag(flag(inexact), width));
  }
  return {choose(differ, opposite, quotient), choose(xNegative, minus(zero, rest), rest)};
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

/// Two limbs are exact together but for one rounding; four are rounded more than once, and must not cancel.
Value LimbArithmetic::toFloat(const Limbs &x, bool isSigned) {
  if (!isSigned)
    return approximate(digitsOf(x));
  if (x.size() < 4)
    return approximate(x.limb);
  Value size = approximate(digitsOf(magnitude(x)));
  return mul(size, sub(c(1), mul(negativeFlag(x), 2)));
}

/// Rounded towards zero, modulo 2^width.
Limbs LimbArithmetic::fromFloat(Value x, unsigned width) {
  Value t = b.createOrFold<math::TruncOp>(x);
  if (width <= 16)
    return Limbs{{wrap(t, width == 8 ? 256 : kBase)}, width};
  unsigned count = width / 16;
  bool cancels = count > 2; // a small negative number would lose its lowest bits
  Limbs z{split(cancels ? abs(t) : t, count), width};
  z.limb.back() = wrap(z.top(), kBase);
  return cancels ? choose(flag(less(t, 0)), minus(constant(llvm::APInt(width, 0)), z), z) : z;
}
