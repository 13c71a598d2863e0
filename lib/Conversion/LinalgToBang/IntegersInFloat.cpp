//===- IntegersInFloat.cpp - Short integers on an MLU2xx ------------------===//
//
// The vector unit of an MLU2xx has no integers. Those of 8 and 16 bits, their sums, and the products of 8 bits are
// exact in float, and casts between them are builtins: the body computes in float and wraps around where integers
// would.
//
//===----------------------------------------------------------------------===//
#include "Families.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

bool isShort(Type type) { return type.isInteger(8) || type.isInteger(16); }

bool isSigned(arith::CmpIPredicate predicate) {
  using P = arith::CmpIPredicate;
  return llvm::is_contained({P::eq, P::ne, P::slt, P::sle, P::sgt, P::sge}, predicate);
}

/// Whether `op` computes with short integers, and its float form is exact.
bool isExact(Operation *op) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<arith::AddIOp, arith::SubIOp, arith::MaxSIOp, arith::MinSIOp, arith::ConstantOp, math::AbsIOp>(
          [](Operation *each) { return isShort(each->getResult(0).getType()); })
      .Case<arith::MulIOp>([](auto each) { return each.getType().isInteger(8); })
      .Case<arith::SelectOp>([](auto each) { return isShort(each.getType()); })
      .Case<arith::CmpIOp>([](auto each) { return isShort(each.getLhs().getType()) && isSigned(each.getPredicate()); })
      .Case<arith::ExtSIOp, arith::TruncIOp>([](Operation *each) {
        return isShort(each->getOperand(0).getType()) && isShort(each->getResult(0).getType());
      })
      .Default([](Operation *) { return false; });
}

bool usesIntegers(Operation *op) {
  auto isInt = [](Type type) { return type.isInteger() && !type.isInteger(1); };
  return llvm::any_of(op->getOperandTypes(), isInt) || llvm::any_of(op->getResultTypes(), isInt);
}

class Rewriter {
public:
  explicit Rewriter(Block *body) : body(body) {}

  void run() {
    SmallVector<Operation *> integers;
    for (Operation &op : llvm::make_early_inc_range(body->without_terminator())) {
      if (auto cast = dyn_cast<arith::SIToFPOp>(op); cast && floats.count(cast.getIn()) && cast.getType().isF32()) {
        cast.replaceAllUsesWith(floats[cast.getIn()]);
        integers.push_back(&op);
      } else if (isExact(&op)) {
        compute(&op);
        integers.push_back(&op);
      } else {
        materialise(&op);
      }
    }
    materialise(body->getTerminator());
    for (Operation *op : llvm::reverse(integers))
      if (op->use_empty())
        op->erase();
  }

private:
  /// The float of the same value.
  Value real(ImplicitLocOpBuilder &b, Value value) {
    if (!isShort(value.getType()))
      return value;
    Value &known = floats[value];
    if (!known) {
      OpBuilder::InsertionGuard guard(b);
      if (value.getParentBlock() == body)
        b.setInsertionPointAfterValue(value); // a cast to integers may have made it
      known = arith::SIToFPOp::create(b, b.getF32Type(), value);
    }
    return known;
  }

  /// Operands that are needed as integers, of operations that stay.
  void materialise(Operation *op) {
    ImplicitLocOpBuilder b(op->getLoc(), op);
    for (OpOperand &operand : op->getOpOperands())
      if (operand.get().getDefiningOp() && operand.get().getParentBlock() == body && floats.count(operand.get()))
        operand.set(arith::FPToSIOp::create(b, operand.get().getType(), floats[operand.get()]));
  }

  /// x - 2^bits floor((x + 2^(bits-1)) / 2^bits)
  Value wrap(ImplicitLocOpBuilder &b, Value x, unsigned bits) {
    auto constant = [&](double value) -> Value {
      return arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(value)));
    };
    double range = double(1 << bits);
    Value shifted = arith::AddFOp::create(b, x, constant(range / 2));
    Value turns = math::FloorOp::create(b, arith::MulFOp::create(b, shifted, constant(1 / range)));
    return arith::SubFOp::create(b, x, arith::MulFOp::create(b, turns, constant(range)));
  }

  void compute(Operation *op) {
    ImplicitLocOpBuilder b(op->getLoc(), op);
    Value result = op->getResult(0);
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      double value = static_cast<double>(cast<IntegerAttr>(constant.getValue()).getInt());
      floats[result] = arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(value)));
      return;
    }
    SmallVector<Value> x;
    for (Value operand : op->getOperands())
      x.push_back(real(b, operand));
    if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
      using P = arith::CmpFPredicate;
      static constexpr P predicates[] = {P::OEQ, P::UNE, P::OLT, P::OLE, P::OGT, P::OGE};
      result.replaceAllUsesWith(
          arith::CmpFOp::create(b, predicates[static_cast<int>(compare.getPredicate())], x[0], x[1]));
      return;
    }
    unsigned bits = result.getType().getIntOrFloatBitWidth();
    floats[result] =
        llvm::TypeSwitch<Operation *, Value>(op)
            .Case<arith::AddIOp>([&](auto) { return wrap(b, arith::AddFOp::create(b, x[0], x[1]), bits); })
            .Case<arith::SubIOp>([&](auto) { return wrap(b, arith::SubFOp::create(b, x[0], x[1]), bits); })
            .Case<arith::MulIOp>([&](auto) { return wrap(b, arith::MulFOp::create(b, x[0], x[1]), bits); })
            .Case<arith::TruncIOp>([&](auto) { return wrap(b, x[0], bits); })
            .Case<math::AbsIOp>([&](auto) { return wrap(b, math::AbsFOp::create(b, x[0]), bits); })
            .Case<arith::MaxSIOp>([&](auto) { return arith::MaximumFOp::create(b, x[0], x[1]).getResult(); })
            .Case<arith::MinSIOp>([&](auto) { return arith::MinimumFOp::create(b, x[0], x[1]).getResult(); })
            .Case<arith::SelectOp>([&](auto) { return arith::SelectOp::create(b, x[0], x[1], x[2]).getResult(); })
            .Default([&](Operation *) { return x[0]; }); // wider: the same value
  }

  Block *body;
  DenseMap<Value, Value> floats;
};

} // namespace

void l2b::computeIntegersInFloat(linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic || generic.getNumReductionLoops() != 0)
    return;
  bool any = false;
  for (Operation &inner : generic.getBody()->without_terminator()) {
    bool exact = isExact(&inner) || isa<arith::SIToFPOp, arith::FPToSIOp>(inner);
    if (usesIntegers(&inner) && !exact)
      return;
    any |= isExact(&inner) && !isa<arith::ConstantOp>(inner);
  }
  if (any)
    Rewriter(generic.getBody()).run();
}
