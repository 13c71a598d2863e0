//===- Scalar.cpp - The last resort: loops over scalars -------------------===//
#include "Families.h"
#include "Memory.h"
#include "RealFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Scalar functions that BANG C lacks, written with those that it has.
struct Expansion {
  ImplicitLocOpBuilder b;

  Value real(Type type, double value) { return arith::ConstantOp::create(b, b.getFloatAttr(type, value)); }
  Value whole(Type type, int64_t value) { return arith::ConstantOp::create(b, b.getIntegerAttr(type, value)); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value less(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y); }
  Value select(Value c, Value x, Value y) { return arith::SelectOp::create(b, c, x, y); }

  /// Abramowitz and Stegun 7.1.26: absolute error 1.5e-7. Below 1/2, where that would be a large part, x P(x^2).
  Value erf(Value x) {
    Type type = x.getType();
    Value zero = real(type, 0), one = real(type, 1);
    Value negative = less(x, zero);
    Value a = select(negative, sub(zero, x), x);
    Value t = arith::DivFOp::create(b, one, add(one, mul(real(type, 0.3275911), a)));
    Value p = real(type, 1.061405429);
    for (double c : {-1.453152027, 1.421413741, -0.284496736, 0.254829592})
      p = add(mul(p, t), real(type, c));
    Value tail = mul(mul(p, t), math::ExpOp::create(b, sub(zero, mul(a, a))));
    Value y = sub(one, tail), z = mul(x, x), near = real(type, ArrayRef(kErfSeries).back());
    for (double c : llvm::reverse(ArrayRef(kErfSeries).drop_back()))
      near = add(mul(near, z), real(type, c));
    return select(less(a, real(type, 0.5)), mul(near, x), select(negative, sub(zero, y), y));
  }

  /// Ties to even: the floor of x + 1/2, one less for a tie above an odd number.
  Value roundEven(Value x) {
    Type type = x.getType();
    Value half = real(type, 0.5), down = math::FloorOp::create(b, x);
    Value fraction = sub(x, down), up = add(down, real(type, 1));
    Value even = mul(real(type, 2), math::FloorOp::create(b, mul(down, half)));
    Value isEven = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, even, down);
    Value tie = select(isEven, down, up);
    Value nearest = select(less(fraction, half), down, up);
    Value isTie = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, fraction, half);
    return select(isTie, tie, nearest);
  }

  Value trunc(Value x) {
    Value zero = real(x.getType(), 0);
    Value down = math::FloorOp::create(b, math::AbsFOp::create(b, x));
    return select(less(x, zero), sub(zero, down), down);
  }

  Value remainder(Value x, Value y) {
    Reals r(b, /*old=*/false, /*onScalars=*/true);
    Type type = x.getType(), f32 = b.getF32Type();
    if (type == f32)
      return emitRemainder(r, x, y);
    Value rest = emitRemainder(r, arith::ExtFOp::create(b, f32, x), arith::ExtFOp::create(b, f32, y));
    return arith::TruncFOp::create(b, type, rest);
  }

  /// Quotient rounded down.
  Value floorDivide(Value x, Value y) {
    Type type = x.getType();
    Value zero = whole(type, 0), one = whole(type, 1);
    Value q = arith::DivSIOp::create(b, x, y), r = arith::SubIOp::create(b, x, arith::MulIOp::create(b, q, y));
    Value inexact = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, r, zero);
    Value rNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, r, zero);
    Value yNegative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, y, zero);
    Value differ = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rNegative, yNegative);
    Value adjust = arith::AndIOp::create(b, inexact, differ);
    return select(adjust, arith::SubIOp::create(b, q, one), q);
  }

  /// Integer powers by squaring; an exponent below 0 gives 0 unless the base is 1 or -1.
  Value power(Value base, Value exponent, bool isSigned) {
    Type type = base.getType();
    unsigned bits = type.getIntOrFloatBitWidth();
    Value one = whole(type, 1), zero = whole(type, 0);
    auto index = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(b, value); };
    auto loop = scf::ForOp::create(b, index(0), index(bits), index(1), ValueRange{one, base, exponent},
                                   [&](OpBuilder &, Location, Value, ValueRange args) {
                                     Value odd = arith::CmpIOp::create(b, arith::CmpIPredicate::ne,
                                                                       arith::AndIOp::create(b, args[2], one), zero);
                                     Value result = select(odd, arith::MulIOp::create(b, args[0], args[1]), args[0]);
                                     Value square = arith::MulIOp::create(b, args[1], args[1]);
                                     Value rest = arith::ShRUIOp::create(b, args[2], one);
                                     scf::YieldOp::create(b, ValueRange{result, square, rest});
                                   });
    if (!isSigned)
      return loop.getResult(0);
    Value minusOne = whole(type, -1);
    Value isOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, base, one);
    Value isMinusOne = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, base, minusOne);
    Value odd = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, arith::AndIOp::create(b, exponent, one), zero);
    Value inverse = select(isOne, one, select(isMinusOne, select(odd, minusOne, one), zero));
    Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, exponent, zero);
    return select(negative, inverse, loop.getResult(0));
  }

  Value expand(Operation *op) {
    if (isa<math::ErfOp>(op))
      return erf(op->getOperand(0));
    if (isa<math::RoundEvenOp>(op))
      return roundEven(op->getOperand(0));
    if (isa<math::TruncOp>(op))
      return trunc(op->getOperand(0));
    if (isa<math::ExpM1Op>(op))
      return sub(math::ExpOp::create(b, op->getOperand(0)), real(op->getResult(0).getType(), 1));
    if (isa<math::Log1pOp>(op))
      return math::LogOp::create(b, add(op->getOperand(0), real(op->getResult(0).getType(), 1)));
    if (isa<arith::RemFOp>(op))
      return remainder(op->getOperand(0), op->getOperand(1));
    if (isa<arith::FloorDivSIOp>(op))
      return floorDivide(op->getOperand(0), op->getOperand(1));
    if (isa<arith::MaxUIOp, arith::MinUIOp>(op)) {
      auto first = isa<arith::MaxUIOp>(op) ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::ult;
      Value x = op->getOperand(0), y = op->getOperand(1);
      return select(arith::CmpIOp::create(b, first, x, y), x, y);
    }
    if (isa<math::IPowIOp>(op))
      return power(op->getOperand(0), op->getOperand(1), !op->hasAttr(kUnsignedPower));
    return {};
  }
};

} // namespace

Value l2b::expandScalar(Operation *op) {
  Expansion expansion{ImplicitLocOpBuilder(op->getLoc(), op)};
  Value value = expansion.expand(op);
  if (!value)
    return op->getResult(0);
  op->replaceAllUsesWith(ValueRange{value});
  op->erase();
  return value;
}

LogicalResult l2b::lowerToScalars(linalg::LinalgOp op) {
  for (Value operand : op->getOperands())
    if (isa<MemRefType>(operand.getType()) && spaceOf(operand) == mlu::Space::WRAM)
      return op->emitError("reads WRAM in a form no tensor builtin computes; keep its filter in NRAM instead");
  SmallVector<int64_t> bounds = loopBounds(op);
  if (llvm::any_of(bounds, [](int64_t bound) { return bound > 1; })) // a single element is a scalar's work
    op->emitRemark("no builtin computes this operation on ")
        << mlu::getTarget(op) << "; it runs as scalar code, which is slow";
  SmallVector<Operation *> inner;
  op.getBlock()->walk([&](Operation *each) { inner.push_back(each); });
  for (Operation *each : inner)
    if (each->getNumResults() == 1)
      expandScalar(each);
  IRRewriter rewriter(op);
  if (failed(linalg::linalgOpToLoops(rewriter, op)))
    return op->emitError("cannot be written as loops");
  rewriter.eraseOp(op);
  return success();
}
