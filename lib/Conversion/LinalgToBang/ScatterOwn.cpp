//===- ScatterOwn.cpp - The sources that belong to an owner ---------------===//
#include "ScatterOwn.h"
#include "Families.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

/// Places and sources are counted in float32, which has all integers up to here.
static constexpr int64_t kMostCounted = 1 << 24;

/// Whether `condition` says no more than 0 <= place < size.
static bool isBounds(Value condition, Value place, int64_t size) {
  if (auto both = condition.getDefiningOp<arith::AndIOp>())
    return isBounds(both.getLhs(), place, size) && isBounds(both.getRhs(), place, size);
  auto compare = condition.getDefiningOp<arith::CmpIOp>();
  if (!compare || compare.getLhs() != place)
    return false;
  return (compare.getPredicate() == arith::CmpIPredicate::sge && isConstantIntValue(compare.getRhs(), 0)) ||
         (compare.getPredicate() == arith::CmpIPredicate::slt && isConstantIntValue(compare.getRhs(), size));
}

memref::LoadOp OwnSources::load(ScatterLoop &loop, unsigned dim) {
  Value place = loop.store.getIndices()[dim];
  int64_t size = typeOf(loop.out()).getDimSize(dim);
  if (auto select = place.getDefiningOp<arith::SelectOp>()) {
    place = select.getTrueValue(); // without a condition the other value would be a place too
    if (!loop.condition || !isBounds(select.getCondition(), place, size))
      return {};
  }
  auto cast = place.getDefiningOp<arith::IndexCastOp>();
  if (!cast || !cast.getIn().getType().isInteger(32) || size > kMostCounted ||
      (loop.condition && !isBounds(loop.condition, place, size)))
    return {};
  return cast.getIn().getDefiningOp<memref::LoadOp>();
}

bool OwnSources::match(ScatterLoop &loop, unsigned dim, const Device &device) {
  return device.arch >= 300 && load(loop, dim);
}

OwnSources::OwnSources(Emit &e, int64_t most) : e(e) {
  Type f32 = e.b.getF32Type();
  all = e.temp(f32, most), mask = e.temp(f32, most), found = e.temp(f32, most);
  OpBuilder::InsertionGuard guard(e.b);
  e.b.restoreInsertionPoint(e.outsideLoops());
  memref::StoreOp::create(e.b, e.loc, e.scalar(f32, 0), all, e.index(0));
  int64_t size = typeOf(all).getNumElements();
  for (int64_t known = 1; known < size; known *= 2)
    e.op("add_scalar",
         {e.at(all, Sizes{e.attr(known)}), all, e.scalar(f32, double(known)), e.index(std::min(known, size - known))});
}

Value OwnSources::indexBuffer() { return e.temp(e.b.getI32Type(), typeOf(all).getNumElements()); }

Value OwnSources::find(Value indices, OpFoldResult low, OpFoldResult high, OpFoldResult some) {
  Type f32 = e.b.getF32Type();
  auto asFloat = [&](OpFoldResult value) -> Value {
    if (auto constant = getConstantIntValue(value))
      return e.scalar(f32, double(*constant));
    Value narrow = arith::IndexCastOp::create(e.b, e.loc, e.b.getI32Type(), e.index(value));
    return arith::SIToFPOp::create(e.b, e.loc, f32, narrow);
  };
  Value from = asFloat(low), to = asFloat(high);
  SmallVector<AffineMap> maps(2, e.b.getMultiDimIdentityMap(1));
  SmallVector<utils::IteratorType> parallel{utils::IteratorType::parallel};
  auto compare = linalg::GenericOp::create(
      e.b, e.loc, TypeRange(), indices, mask, maps, parallel, [&](OpBuilder &b, Location loc, ValueRange args) {
        Value place = arith::SIToFPOp::create(b, loc, f32, args[0]);
        Value above = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGE, place, from);
        Value below = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, place, to);
        Value own = arith::AndIOp::create(b, loc, above, below);
        linalg::YieldOp::create(b, loc, arith::UIToFPOp::create(b, loc, f32, own).getResult());
      });
  (void)lowerLinalg(e.device, compare); // a body of builtins
  Value count = e.value("filter", {found, all, mask, e.index(some)}, e.b.getI32Type());
  return arith::IndexCastOp::create(e.b, e.loc, e.b.getIndexType(), count);
}

Value OwnSources::number(OpFoldResult k) {
  Value number = memref::LoadOp::create(e.b, e.loc, found, e.index(k));
  number = arith::FPToSIOp::create(e.b, e.loc, e.b.getI32Type(), number);
  return arith::IndexCastOp::create(e.b, e.loc, e.b.getIndexType(), number);
}
