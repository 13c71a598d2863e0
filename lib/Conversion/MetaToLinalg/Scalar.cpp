//===- Scalar.cpp - scalar code of the meta-operators ---------------------===//
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace metabang;
using meta::isOneOf;

static bool isUnsigned(Type type) { return type.isUnsignedInteger() || type.isInteger(1); }

static Value constant(OpBuilder &b, Location loc, Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, static_cast<int64_t>(value)));
}

/// Remembers the meta-operator on the last of several scalar operations.
static Value tagged(Value value, StringRef kind) {
  value.getDefiningOp()->setAttr("meta.kind", StringAttr::get(value.getContext(), kind));
  return value;
}

static Value emitSign(OpBuilder &b, Location loc, Type type, Value x) {
  Value zero = constant(b, loc, x.getType(), 0), one = constant(b, loc, x.getType(), 1);
  Value positive = emitCompare(b, loc, "gt", type, x, zero);
  if (isUnsigned(type))
    return arith::SelectOp::create(b, loc, positive, one, zero);
  // A NaN stays, -0 becomes 0.
  Value rest = isa<FloatType>(x.getType()) ? arith::AddFOp::create(b, loc, x, zero).getResult() : x;
  Value below = arith::SelectOp::create(b, loc, emitCompare(b, loc, "lt", type, x, zero),
                                        constant(b, loc, x.getType(), -1), rest);
  return arith::SelectOp::create(b, loc, positive, one, below);
}

Value metabang::emitUnary(OpBuilder &b, Location loc, StringRef kind, Type type, Value x) {
  Type t = x.getType();
  bool isFloat = isa<FloatType>(t);
  if (kind == "sign")
    return tagged(emitSign(b, loc, type, x), kind);
  if (kind == "relu")
    return emitBinary(b, loc, "max", type, x, constant(b, loc, t, 0));
  if (!isFloat) {
    if (kind == "not")
      return arith::XOrIOp::create(b, loc, x, constant(b, loc, t, -1));
    if (kind == "neg")
      return arith::SubIOp::create(b, loc, constant(b, loc, t, 0), x);
    assert(kind == "abs" && "the verifier lets no other kind pass");
    return isUnsigned(type) ? x : math::AbsIOp::create(b, loc, x).getResult();
  }
  if (kind == "recip")
    return tagged(arith::DivFOp::create(b, loc, constant(b, loc, t, 1), x), kind);
  if (kind == "sigmoid") {
    Value e = math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, x));
    Value one = constant(b, loc, t, 1);
    return tagged(arith::DivFOp::create(b, loc, one, arith::AddFOp::create(b, loc, e, one)), kind);
  }
  if (kind == "neg")
    return arith::NegFOp::create(b, loc, x);
  if (kind == "abs")
    return math::AbsFOp::create(b, loc, x);
  if (kind == "exp")
    return math::ExpOp::create(b, loc, x);
  if (kind == "log")
    return math::LogOp::create(b, loc, x);
  if (kind == "sqrt")
    return math::SqrtOp::create(b, loc, x);
  if (kind == "rsqrt")
    return math::RsqrtOp::create(b, loc, x);
  if (kind == "tanh")
    return math::TanhOp::create(b, loc, x);
  if (kind == "erf")
    return math::ErfOp::create(b, loc, x);
  if (kind == "sin")
    return math::SinOp::create(b, loc, x);
  if (kind == "cos")
    return math::CosOp::create(b, loc, x);
  if (kind == "floor")
    return math::FloorOp::create(b, loc, x);
  if (kind == "ceil")
    return math::CeilOp::create(b, loc, x);
  if (kind == "round")
    return math::RoundEvenOp::create(b, loc, x);
  if (kind == "trunc")
    return math::TruncOp::create(b, loc, x);
  if (kind == "exp2")
    return math::Exp2Op::create(b, loc, x);
  if (kind == "log2")
    return math::Log2Op::create(b, loc, x);
  return emitFunction(b, loc, kind, type, x);
}

namespace {
/// What NumPy's mod and floor_divide of floats share.
struct FloatDivision {
  OpBuilder &b;
  Location loc;
  Type type;
  Value x, y;
  Value rest;            // with the sign of x; x itself where y is infinite, NaN for an infinite x or y = 0
  Value divisorNegative; // y < 0
  Value differ;          // rest and y are on different sides of 0

  FloatDivision(OpBuilder &b, Location loc, Type type, Value x, Value y) : b(b), loc(loc), type(type), x(x), y(y) {
    rest = arith::RemFOp::create(b, loc, x, y); // NaN for an infinite y
    Value isInfinite = is("eq", math::AbsFOp::create(b, loc, y), HUGE_VAL);
    Value isX = arith::AndIOp::create(b, loc, isInfinite, is("lt", math::AbsFOp::create(b, loc, x), HUGE_VAL));
    rest = arith::SelectOp::create(b, loc, isX, x, rest);
    divisorNegative = is("lt", y, 0);
    Value sidesDiffer = arith::XOrIOp::create(b, loc, is("lt", rest, 0), divisorNegative);
    differ = arith::AndIOp::create(b, loc, sidesDiffer, is("ne", rest, 0));
  }

  Value number(double value) { return arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), value)); }
  Value is(StringRef kind, Value a, double value) { return emitCompare(b, loc, kind, type, a, number(value)); }
  Value select(Value c, Value p, Value q) { return arith::SelectOp::create(b, loc, c, p, q); }

  Value mod() {
    Value result = select(differ, arith::AddFOp::create(b, loc, rest, y), rest);
    return select(is("eq", rest, 0), select(divisorNegative, number(-0.0), number(0.0)), result);
  }

  /// (x - rest) / y is an integer but for rounding.
  Value floorDivide() {
    Value exact = arith::DivFOp::create(b, loc, arith::SubFOp::create(b, loc, x, rest), y);
    Value nearest = math::RoundEvenOp::create(b, loc, exact);
    Value quotient = select(differ, arith::SubFOp::create(b, loc, nearest, number(1)), nearest);
    Value ratio = arith::DivFOp::create(b, loc, x, y); // a quotient of 0 has its sign
    quotient = select(is("eq", quotient, 0), arith::MulFOp::create(b, loc, ratio, number(0.0)), quotient);
    Value overflows = is("eq", math::AbsFOp::create(b, loc, ratio), HUGE_VAL); // of finite ones: beyond any remainder
    overflows = arith::AndIOp::create(b, loc, overflows, is("lt", math::AbsFOp::create(b, loc, x), HUGE_VAL));
    return select(arith::OrIOp::create(b, loc, is("eq", y, 0), overflows), ratio, quotient);
  }
};
} // namespace

/// The remainder with the sign of the divisor.
static Value emitMod(OpBuilder &b, Location loc, Type type, Value x, Value y) {
  if (isa<FloatType>(type))
    return tagged(FloatDivision(b, loc, type, x, y).mod(), "mod");
  if (isUnsigned(type))
    return arith::RemUIOp::create(b, loc, x, y);
  Value zero = constant(b, loc, x.getType(), 0);
  Value rest = arith::RemSIOp::create(b, loc, x, y);
  Value differ = arith::XOrIOp::create(b, loc, emitCompare(b, loc, "lt", type, rest, zero),
                                       emitCompare(b, loc, "lt", type, y, zero));
  Value wrong = arith::AndIOp::create(b, loc, differ, emitCompare(b, loc, "ne", type, rest, zero));
  return tagged(arith::SelectOp::create(b, loc, wrong, arith::AddIOp::create(b, loc, rest, y), rest), "mod");
}

/// A shift by a number of bits that is not in [0, width) gives 0, or -1 for a negative number shifted right.
static Value emitShift(OpBuilder &b, Location loc, StringRef kind, Type type, Value x, Value y) {
  unsigned width = x.getType().getIntOrFloatBitWidth();
  Value zero = constant(b, loc, x.getType(), 0), last = constant(b, loc, x.getType(), width - 1);
  Value inRange = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ule, y, last);
  if (kind == "shr" && !isUnsigned(type))
    return tagged(arith::ShRSIOp::create(b, loc, x, arith::SelectOp::create(b, loc, inRange, y, last)), kind);
  Value bits = arith::SelectOp::create(b, loc, inRange, y, zero);
  Value shifted = kind == "shl" ? arith::ShLIOp::create(b, loc, x, bits).getResult()
                                : arith::ShRUIOp::create(b, loc, x, bits).getResult();
  return tagged(arith::SelectOp::create(b, loc, inRange, shifted, zero), kind);
}

template <typename FloatOp, typename SignedOp, typename UnsignedOp>
static Value emitBySign(OpBuilder &b, Location loc, Type type, Value x, Value y) {
  if (isa<FloatType>(type))
    return FloatOp::create(b, loc, x, y);
  if (isUnsigned(type))
    return UnsignedOp::create(b, loc, x, y);
  return SignedOp::create(b, loc, x, y);
}

Value metabang::emitBinary(OpBuilder &b, Location loc, StringRef kind, Type type, Value x, Value y) {
  bool isBool = type.isInteger(1);
  if (kind == "and" || (isBool && isOneOf(kind, {"mul", "min"})))
    return arith::AndIOp::create(b, loc, x, y);
  if (kind == "or" || (isBool && isOneOf(kind, {"add", "max"})))
    return arith::OrIOp::create(b, loc, x, y);
  if (kind == "xor")
    return arith::XOrIOp::create(b, loc, x, y);
  if (kind == "add")
    return emitBySign<arith::AddFOp, arith::AddIOp, arith::AddIOp>(b, loc, type, x, y);
  if (kind == "sub")
    return emitBySign<arith::SubFOp, arith::SubIOp, arith::SubIOp>(b, loc, type, x, y);
  if (kind == "mul")
    return emitBySign<arith::MulFOp, arith::MulIOp, arith::MulIOp>(b, loc, type, x, y);
  if (kind == "div")
    return emitBySign<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>(b, loc, type, x, y);
  if (isOneOf(kind, {"max", "min"}) && isUnsigned(type)) // BANG C has no such builtin
    return arith::SelectOp::create(b, loc, emitCompare(b, loc, kind == "max" ? "gt" : "lt", type, x, y), x, y);
  if (kind == "max")
    return emitBySign<arith::MaximumFOp, arith::MaxSIOp, arith::MaxUIOp>(b, loc, type, x, y);
  if (kind == "min")
    return emitBySign<arith::MinimumFOp, arith::MinSIOp, arith::MinUIOp>(b, loc, type, x, y);
  if (kind == "pow") {
    Value power = emitBySign<math::PowFOp, math::IPowIOp, math::IPowIOp>(b, loc, type, x, y);
    if (isUnsigned(type))
      power.getDefiningOp()->setAttr("meta.unsigned", b.getUnitAttr()); // math has no sign for the exponent
    return power;
  }
  if (isOneOf(kind, {"shl", "shr"}))
    return emitShift(b, loc, kind, type, x, y);
  if (kind == "atan2")
    return emitAtan2(b, loc, type, x, y);
  if (kind == "mod")
    return emitMod(b, loc, type, x, y);
  assert(kind == "floordiv" && "the verifier lets no other kind pass");
  if (isa<FloatType>(type))
    return tagged(FloatDivision(b, loc, type, x, y).floorDivide(), kind);
  return emitBySign<arith::DivFOp, arith::FloorDivSIOp, arith::DivUIOp>(b, loc, type, x, y);
}

Value metabang::emitCompare(OpBuilder &b, Location loc, StringRef kind, Type type, Value x, Value y) {
  if (isa<FloatType>(type)) {
    auto predicate = llvm::StringSwitch<arith::CmpFPredicate>(kind)
                         .Case("eq", arith::CmpFPredicate::OEQ)
                         .Case("ne", arith::CmpFPredicate::UNE)
                         .Case("lt", arith::CmpFPredicate::OLT)
                         .Case("le", arith::CmpFPredicate::OLE)
                         .Case("gt", arith::CmpFPredicate::OGT)
                         .Default(arith::CmpFPredicate::OGE);
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  bool u = isUnsigned(type);
  auto predicate = llvm::StringSwitch<arith::CmpIPredicate>(kind)
                       .Case("eq", arith::CmpIPredicate::eq)
                       .Case("ne", arith::CmpIPredicate::ne)
                       .Case("lt", u ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt)
                       .Case("le", u ? arith::CmpIPredicate::ule : arith::CmpIPredicate::sle)
                       .Case("gt", u ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt)
                       .Default(u ? arith::CmpIPredicate::uge : arith::CmpIPredicate::sge);
  return arith::CmpIOp::create(b, loc, predicate, x, y);
}

Value metabang::emitCast(OpBuilder &b, Location loc, Type from, Type to, Value x) {
  Type target = signless(to);
  if (to.isInteger(1))
    return from.isInteger(1) ? x : emitCompare(b, loc, "ne", from, x, constant(b, loc, x.getType(), 0));
  if (isa<FloatType>(from) && isa<FloatType>(to)) {
    unsigned have = from.getIntOrFloatBitWidth(), want = to.getIntOrFloatBitWidth();
    if (from == to)
      return x;
    if (have == want) // f16 and bf16
      return emitCast(b, loc, b.getF32Type(), to, emitCast(b, loc, from, b.getF32Type(), x));
    return have < want ? arith::ExtFOp::create(b, loc, target, x).getResult()
                       : arith::TruncFOp::create(b, loc, target, x).getResult();
  }
  if (isa<FloatType>(from))
    return isUnsigned(to) ? arith::FPToUIOp::create(b, loc, target, x).getResult()
                          : arith::FPToSIOp::create(b, loc, target, x).getResult();
  if (isa<FloatType>(to))
    return isUnsigned(from) ? arith::UIToFPOp::create(b, loc, target, x).getResult()
                            : arith::SIToFPOp::create(b, loc, target, x).getResult();
  unsigned have = from.getIntOrFloatBitWidth(), want = to.getIntOrFloatBitWidth();
  if (have == want)
    return x;
  if (have > want)
    return arith::TruncIOp::create(b, loc, target, x);
  return isUnsigned(from) ? arith::ExtUIOp::create(b, loc, target, x).getResult()
                          : arith::ExtSIOp::create(b, loc, target, x).getResult();
}

TypedAttr metabang::neutralElement(OpBuilder &b, StringRef kind, Type type) {
  bool isMax = kind == "max";
  if (auto floatType = dyn_cast<FloatType>(type)) {
    if (isOneOf(kind, {"max", "min"}))
      return b.getFloatAttr(type, APFloat::getInf(floatType.getFloatSemantics(), isMax));
    return b.getFloatAttr(type, kind == "mul" ? 1.0 : 0.0);
  }
  unsigned width = type.getIntOrFloatBitWidth();
  if (kind == "and")
    return b.getIntegerAttr(signless(type), APInt::getAllOnes(width));
  if (!isOneOf(kind, {"max", "min"}))
    return b.getIntegerAttr(signless(type), kind == "mul" ? 1 : 0);
  if (isUnsigned(type))
    return b.getIntegerAttr(signless(type), isMax ? APInt::getMinValue(width) : APInt::getMaxValue(width));
  return b.getIntegerAttr(signless(type), isMax ? APInt::getSignedMinValue(width) : APInt::getSignedMaxValue(width));
}
