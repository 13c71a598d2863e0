//===- Gather.cpp - reindexes with an address for each element ------------===//
//
// The slow, always correct path: maps with floordiv or mod, conditions, extras.
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"
#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <limits>

using namespace mlir;
using namespace metabang;
using namespace metabang::meta;

namespace {
/// Indices into a tensor, each clamped to 0 where it would leave it, and whether none was.
struct Address {
  SmallVector<Value> indices;
  Value isInside; // null: always
};
} // namespace

static Value both(OpBuilder &b, Location loc, Value x, Value y) {
  return x ? arith::AndIOp::create(b, loc, x, y).getResult() : y;
}

static Value compare(OpBuilder &b, Location loc, arith::CmpIPredicate predicate, Value x, int64_t bound) {
  return arith::CmpIOp::create(b, loc, predicate, x, arith::ConstantIndexOp::create(b, loc, bound));
}

/// An extra as an index, of 32 bits on the device. One that needs more counts as the nearest that does not, and no
/// tensor is so large; cut off, 2**32 would be 0.
static Value asIndex(OpBuilder &b, Location loc, Value extra, bool isUnsigned) {
  auto type = cast<IntegerType>(extra.getType());
  auto constant = [&](int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value)).getResult();
  };
  constexpr int64_t kLargest = std::numeric_limits<int32_t>::max(), kSmallest = std::numeric_limits<int32_t>::min();
  if (isUnsigned) {
    if (type.getWidth() >= 32) {
      Value fits = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ule, extra, constant(kLargest));
      extra = arith::SelectOp::create(b, loc, fits, extra, constant(kLargest));
    }
    return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), extra);
  }
  if (type.getWidth() > 32) {
    extra = arith::MaxSIOp::create(b, loc, extra, constant(kSmallest));
    extra = arith::MinSIOp::create(b, loc, extra, constant(kLargest));
  }
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), extra);
}

/// `position`: an index value for each dim of the map; `extras`: an integer for each symbol; `shape`: of the iteration
/// space.
static Address computeAddress(OpBuilder &b, Location loc, AffineMap map, std::optional<IntegerSet> conditions,
                              ArrayRef<int64_t> shape, ArrayRef<int64_t> target, ValueRange position, ValueRange extras,
                              ArrayRef<bool> isUnsigned) {
  SmallVector<Value> symbols;
  for (auto [extra, isUnsignedExtra] : llvm::zip(extras, isUnsigned))
    symbols.push_back(asIndex(b, loc, extra, isUnsignedExtra));
  Address address;
  auto evaluate = [&](AffineExpr expr) { return affine::expandAffineExpr(b, loc, expr, position, symbols); };
  for (auto [k, expr] : llvm::enumerate(map.getResults())) {
    Value index = evaluate(expr);
    auto range = rangeOf(expr, shape);
    Value inside;
    if (!range || range->min < 0)
      inside = compare(b, loc, arith::CmpIPredicate::sge, index, 0);
    if (!range || range->max >= target[k])
      inside = both(b, loc, inside, compare(b, loc, arith::CmpIPredicate::slt, index, target[k]));
    if (inside) {
      index = arith::SelectOp::create(b, loc, inside, index, arith::ConstantIndexOp::create(b, loc, 0));
      address.isInside = both(b, loc, address.isInside, inside);
    }
    address.indices.push_back(index);
  }
  if (conditions)
    for (auto [expr, isEquality] : llvm::zip(conditions->getConstraints(), conditions->getEqFlags())) {
      auto predicate = isEquality ? arith::CmpIPredicate::eq : arith::CmpIPredicate::sge;
      address.isInside = both(b, loc, address.isInside, compare(b, loc, predicate, evaluate(expr), 0));
    }
  return address;
}

Value metabang::gather(OpBuilder &b, Location loc, Value x, Extras extras, AffineMap map,
                       std::optional<IntegerSet> conditions, ArrayRef<int64_t> shape, TypedAttr overflow) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<AffineMap> maps(extras.values.size(), b.getMultiDimIdentityMap(shape.size()));
  auto generic = parallelGeneric(
      b, loc, shape, type.getElementType(), extras.values, maps, [&](OpBuilder &b, Location loc, ValueRange args) {
        SmallVector<Value> position;
        for (int64_t dim = 0, e = shape.size(); dim < e; ++dim)
          position.push_back(linalg::IndexOp::create(b, loc, dim));
        Address address =
            computeAddress(b, loc, map, conditions, shape, type.getShape(), position, args, extras.isUnsigned);
        Value element = tensor::ExtractOp::create(b, loc, x, address.indices);
        if (!address.isInside)
          return element;
        return arith::SelectOp::create(b, loc, address.isInside, element, arith::ConstantOp::create(b, loc, overflow))
            .getResult();
      });
  generic->setAttr(mlu::kGatherAttrName, b.getUnitAttr());
  return generic.getResult(0);
}

/// The element of `value` at `position`; of what a broadcast repeats, where it is one.
static Value extractThrough(OpBuilder &b, Location loc, Value value, ValueRange position) {
  SmallVector<Value> at(position);
  while (auto generic = value.getDefiningOp<linalg::GenericOp>()) {
    Block *body = generic.getBody();
    AffineMap read = generic.getIndexingMapsArray().front();
    if (generic.getNumDpsInputs() != 1 || generic.getNumReductionLoops() != 0 || !llvm::hasSingleElement(*body) ||
        body->getTerminator()->getOperand(0) != body->getArgument(0) || !read.isProjectedPermutation() ||
        !generic.getIndexingMapsArray().back().isIdentity())
      break;
    SmallVector<Value> inner;
    for (AffineExpr expr : read.getResults())
      inner.push_back(at[cast<AffineDimExpr>(expr).getPosition()]);
    at = inner;
    value = generic.getDpsInputs().front();
  }
  return tensor::ExtractOp::create(b, loc, value, at);
}

Value metabang::scatter(OpBuilder &b, Location loc, Value y, Extras extras, StringRef kind, Type type, AffineMap map,
                        std::optional<IntegerSet> conditions, ArrayRef<int64_t> shape) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), one = arith::ConstantIndexOp::create(b, loc, 1);
  Value result = filledTensor(b, loc, shape, neutralElement(b, kind, type));
  SmallVector<Value> bounds;
  for (int64_t size : shapeOf(y))
    bounds.push_back(arith::ConstantIndexOp::create(b, loc, size));
  SmallVector<Value> zeros(bounds.size(), zero), ones(bounds.size(), one);
  auto body = [&](OpBuilder &b, Location loc, ValueRange position, ValueRange state) -> scf::ValueVector {
    SmallVector<Value> symbols;
    for (Value extra : extras.values)
      symbols.push_back(extractThrough(b, loc, extra, position));
    Address address = computeAddress(b, loc, map, conditions, shapeOf(y), shape, position, symbols, extras.isUnsigned);
    Value old = tensor::ExtractOp::create(b, loc, state[0], address.indices);
    Value updated = emitBinary(b, loc, kind, type, old, tensor::ExtractOp::create(b, loc, y, position));
    if (address.isInside)
      updated = arith::SelectOp::create(b, loc, address.isInside, updated, old);
    return {tensor::InsertOp::create(b, loc, updated, state[0], address.indices)};
  };
  if (bounds.empty())
    return body(b, loc, {}, result).front();
  scf::LoopNest nest = scf::buildLoopNest(b, loc, zeros, bounds, ones, result, body);
  // Loops of one iteration do not last.
  auto *outermost =
      llvm::find_if(nest.loops, [&](scf::ForOp &loop) { return shapeOf(y)[&loop - nest.loops.begin()] > 1; });
  scf::ForOp marked = outermost == nest.loops.end() ? nest.loops.front() : *outermost;
  marked->setAttr(mlu::kScatterAttrName, b.getUnitAttr());
  if (kind == "add" && !conditions && isLinear(map))
    marked->setAttr(mlu::kScatterMapAttrName, AffineMapAttr::get(map));
  return nest.results.front();
}
