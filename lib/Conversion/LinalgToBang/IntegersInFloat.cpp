//===- IntegersInFloat.cpp - Bodies that builtins lack, in float ----------===//
//
// Where no builtin computes the body of an element-wise operation because of integers, truth values in memory, narrow
// floats, remainders or powers, the body is written anew in float: integers as limbs (Limbs.h), remainders and powers
// by RealFunctions.h.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Limbs.h"
#include "RealFunctions.h"
#include "VectorBody.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

bool isWhole(Type type) { return type.isInteger(8) || type.isInteger(16) || type.isInteger(32) || type.isInteger(64); }
bool isTruth(Type type) { return type.isInteger(1); }

class Rewriter {
public:
  Rewriter(Block *body, const Device &device) : body(body), device(device) {}

  LogicalResult run() {
    for (Operation &op : llvm::make_early_inc_range(body->without_terminator()))
      if (failed(visit(&op)))
        return failure();
    Operation *yield = body->getTerminator();
    LimbArithmetic a = at(yield);
    for (OpOperand &operand : yield->getOpOperands()) {
      Type type = operand.get().getType();
      if (isTruth(type))
        operand.set(join(a, type, {a.flag(truthOf(operand.get()))}));
      else if (isWhole(type))
        operand.set(join(a, type, limbsOf(operand.get()).limb));
    }
    for (Operation *op : llvm::reverse(done)) {
      if (!op->use_empty())
        return failure();
      op->erase();
    }
    return success();
  }

private:
  LimbArithmetic at(Operation *op) { return {ImplicitLocOpBuilder(op->getLoc(), op), device.arch < 300}; }

  static Value join(LimbArithmetic &a, Type type, ArrayRef<Value> limbs) {
    auto cast = UnrealizedConversionCastOp::create(a.b, TypeRange{type}, ValueRange(limbs));
    cast->setAttr(kJoinAttr, a.b.getUnitAttr());
    return cast.getResult(0);
  }

  /// An argument, or a value from outside of the body, comes in limb by limb.
  Value load(Value value, unsigned limb) {
    LimbArithmetic a{ImplicitLocOpBuilder::atBlockBegin(value.getLoc(), body), device.arch < 300};
    if (Operation *last = loads.lookup(value))
      a.b.setInsertionPointAfter(last);
    auto cast = UnrealizedConversionCastOp::create(a.b, TypeRange{a.b.getF32Type()}, ValueRange{value});
    cast->setAttr(kLimbAttr, a.b.getI64IntegerAttr(limb));
    loads[value] = cast;
    return cast.getResult(0);
  }

  Limbs limbsOf(Value value) {
    auto [it, isNew] = integers.try_emplace(value);
    if (!isNew)
      return it->second;
    Limbs limbs;
    limbs.width = value.getType().getIntOrFloatBitWidth();
    APInt constant;
    if (matchPattern(value, m_ConstantInt(&constant))) {
      LimbArithmetic a{ImplicitLocOpBuilder::atBlockBegin(value.getLoc(), body), device.arch < 300};
      limbs = a.constant(constant);
    } else {
      for (unsigned k = 0; 16 * k < limbs.width; ++k)
        limbs.limb.push_back(load(value, k));
    }
    return integers[value] = limbs;
  }

  Value truthOf(Value value) {
    if (value.getDefiningOp() && value.getParentBlock() == body && !truths.count(value))
      return value;
    Value &known = truths[value];
    if (!known) {
      Value limb = load(value, 0);
      LimbArithmetic a{ImplicitLocOpBuilder(value.getLoc(), body, std::next(limb.getDefiningOp()->getIterator())),
                       device.arch < 300};
      known = a.truth(limb);
    }
    return known;
  }

  /// A float of any type, in float32.
  Value wide(LimbArithmetic &a, Value x) {
    return x.getType().isF32() ? x : arith::ExtFOp::create(a.b, a.b.getF32Type(), x).getResult();
  }
  Value narrow(LimbArithmetic &a, Value x, Type type) {
    return type.isF32() ? x : arith::TruncFOp::create(a.b, type, x).getResult();
  }

  LogicalResult replace(Operation *op, Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    return drop(op);
  }
  LogicalResult keep(Operation *op, Limbs limbs) {
    integers[op->getResult(0)] = limbs;
    return drop(op);
  }
  LogicalResult drop(Operation *op) {
    done.push_back(op);
    return success();
  }

  LogicalResult visit(Operation *op) {
    if (op->getNumResults() != 1 || op->getNumRegions() != 0)
      return failure();
    Type type = op->getResult(0).getType();
    for (OpOperand &operand : op->getOpOperands())
      if (isTruth(operand.get().getType()))
        operand.set(truthOf(operand.get()));
    if (isWhole(type))
      return visitInteger(op, type);
    bool reads = op->getNumOperands() && isWhole(op->getOperand(0).getType());
    LimbArithmetic a = at(op);
    if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
      if (reads)
        return replace(op, a.compare(compare.getPredicate(), limbsOf(compare.getLhs()), limbsOf(compare.getRhs())));
      if (!isTruth(compare.getLhs().getType()))
        return failure();
      Limbs x = a.fromFlag(a.flag(compare.getLhs()), 8), y = a.fromFlag(a.flag(compare.getRhs()), 8);
      return replace(op, a.compare(compare.getPredicate(), x, y));
    }
    if (isa<arith::SIToFPOp, arith::UIToFPOp>(op)) {
      Value from = op->getOperand(0);
      if (isTruth(from.getType()))
        return type.isF32() ? success() : replace(op, narrow(a, a.flag(from), type));
      if (!isWhole(from.getType()))
        return failure();
      return replace(op, narrow(a, a.toFloat(limbsOf(from), isa<arith::SIToFPOp>(op)), type));
    }
    if (reads)
      return failure();
    if (isa<arith::SelectOp>(op) && isTruth(type)) {
      Value condition = op->getOperand(0);
      Value otherwise =
          a.b.createOrFold<arith::XOrIOp>(condition, arith::ConstantOp::create(a.b, a.b.getBoolAttr(true)));
      return replace(op, a.either(a.both(condition, op->getOperand(1)), a.both(otherwise, op->getOperand(2))));
    }
    return visitFloat(a, op, type);
  }

  /// What exists for float32 only.
  LogicalResult visitFloat(LimbArithmetic &a, Operation *op, Type type) {
    if (auto power = dyn_cast<math::PowFOp>(op); power && !matchPattern(power.getRhs(), m_Constant()))
      return replace(op, narrow(a, emitPower(a, wide(a, power.getLhs()), wide(a, power.getRhs())), type));
    if (auto rest = dyn_cast<arith::RemFOp>(op))
      return replace(op, narrow(a, emitRemainder(a, wide(a, rest.getLhs()), wide(a, rest.getRhs())), type));
    if (!type.isBF16() || device.hasBf16Vector == false)
      return success();
    if (isa<arith::DivFOp>(op))
      return replace(op, narrow(a, a.div(wide(a, op->getOperand(0)), wide(a, op->getOperand(1))), type));
    if (isa<arith::SelectOp>(op))
      return replace(
          op, narrow(a, a.select(op->getOperand(0), wide(a, op->getOperand(1)), wide(a, op->getOperand(2))), type));
    return success();
  }

  LogicalResult visitInteger(Operation *op, Type type) {
    LimbArithmetic a = at(op);
    unsigned width = type.getIntOrFloatBitWidth();
    auto x = [&](unsigned k = 0) { return limbsOf(op->getOperand(k)); };
    auto extreme = [&](arith::CmpIPredicate predicate) {
      Limbs u = x(0), w = x(1);
      return keep(op, a.choose(a.flag(a.compare(predicate, u, w)), u, w));
    };
    using I = arith::CmpIPredicate;
    return llvm::TypeSwitch<Operation *, LogicalResult>(op)
        .Case<arith::ConstantOp>([&](auto) { return drop(op); }) // found again by its value
        .Case<arith::AddIOp>([&](auto) { return keep(op, a.plus(x(0), x(1))); })
        .Case<arith::SubIOp>([&](auto) { return keep(op, a.minus(x(0), x(1))); })
        .Case<arith::MulIOp>([&](auto) { return keep(op, a.times(x(0), x(1))); })
        .Case<arith::AndIOp>([&](auto) { return keep(op, a.bits("band", x(0), x(1))); })
        .Case<arith::OrIOp>([&](auto) { return keep(op, a.bits("bor", x(0), x(1))); })
        .Case<arith::XOrIOp>([&](auto) { return keep(op, a.bits("bxor", x(0), x(1))); })
        .Case<arith::ShLIOp>([&](auto) { return keep(op, a.shiftLeft(x(0), x(1))); })
        .Case<arith::ShRSIOp>([&](auto) { return keep(op, a.shiftRight(x(0), x(1), true)); })
        .Case<arith::ShRUIOp>([&](auto) { return keep(op, a.shiftRight(x(0), x(1), false)); })
        .Case<arith::DivSIOp>([&](auto) { return keep(op, a.divide(x(0), x(1), true, false).first); })
        .Case<arith::DivUIOp>([&](auto) { return keep(op, a.divide(x(0), x(1), false, false).first); })
        .Case<arith::FloorDivSIOp>([&](auto) { return keep(op, a.divide(x(0), x(1), true, true).first); })
        .Case<arith::RemSIOp>([&](auto) { return keep(op, a.divide(x(0), x(1), true, false).second); })
        .Case<arith::RemUIOp>([&](auto) { return keep(op, a.divide(x(0), x(1), false, false).second); })
        .Case<arith::MaxSIOp>([&](auto) { return extreme(I::sgt); })
        .Case<arith::MinSIOp>([&](auto) { return extreme(I::slt); })
        .Case<arith::MaxUIOp>([&](auto) { return extreme(I::ugt); })
        .Case<arith::MinUIOp>([&](auto) { return extreme(I::ult); })
        .Case<math::AbsIOp>([&](auto) { return keep(op, a.magnitude(x())); })
        .Case<arith::TruncIOp>([&](auto) { return keep(op, a.resize(x(), width, false)); })
        .Case<arith::ExtSIOp, arith::ExtUIOp>([&](auto) {
          if (isTruth(op->getOperand(0).getType()))
            return isa<arith::ExtUIOp>(op) ? keep(op, a.fromFlag(a.flag(op->getOperand(0)), width)) : failure();
          return keep(op, a.resize(x(), width, isa<arith::ExtSIOp>(op)));
        })
        .Case<arith::FPToSIOp, arith::FPToUIOp>(
            [&](auto) { return keep(op, a.fromFloat(wide(a, op->getOperand(0)), width)); })
        .Case<arith::SelectOp>([&](auto select) {
          Limbs u = x(1), w = x(2);
          return keep(op, a.choose(a.flag(select.getCondition()), u, w));
        })
        .Case<math::IPowIOp>([&](math::IPowIOp power) -> LogicalResult {
          APInt exponent;
          if (matchPattern(power.getRhs(), m_ConstantInt(&exponent)) && !exponent.isNegative())
            return keep(op, a.power(x(0), exponent.getZExtValue()));
          return keep(op, a.power(x(0), x(1), !op->hasAttr(kUnsignedPower)));
        })
        .Default([](Operation *) { return failure(); });
  }

  Block *body;
  const Device &device;
  DenseMap<Value, Limbs> integers;
  DenseMap<Value, Value> truths;
  DenseMap<Value, Operation *> loads;
  SmallVector<Operation *> done;
};

} // namespace

linalg::GenericOp l2b::computeInFloat(OpBuilder &b, linalg::LinalgOp op, const Device &device) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic || VectorBody::supports(*generic.getBody(), device))
    return {};
  auto copy = cast<linalg::GenericOp>(b.clone(*op));
  if (succeeded(Rewriter(copy.getBody(), device).run()) && VectorBody::supports(*copy.getBody(), device))
    return copy;
  copy.erase();
  return {};
}
