//===- ScatterWords.cpp - Scatters of single elements, of one form --------===//
//
// x[i…, f(s…)] = op(x[…], y[i…, j…]), where data names the last index: what vectors sort has elements of 32 bits, and
// one tensor of 32-bit integers that names places. Others are brought to that form: narrower elements are widened, the
// places that several tensors, wider integers or expressions name become a tensor of numbers (-1: outside).
//
//===----------------------------------------------------------------------===//
#include "ScatterWords.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace metabang;

/// Fewer sources are left as they are: another kernel would take longer than they do.
static constexpr int64_t kFewSources = 4096;

static Value constantOf(OpBuilder &b, Location loc, Type type, int64_t value) {
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(signless(type), value));
}

/// An index in 32 bits; one that needs more is the nearest that does not, as in a gather.
static Value asWord(OpBuilder &b, Location loc, Type type, Value x) {
  unsigned width = type.getIntOrFloatBitWidth();
  Type i32 = b.getI32Type();
  auto limit = [&](StringRef kind, int64_t bound) {
    x = emitBinary(b, loc, kind, type, x, constantOf(b, loc, type, bound));
  };
  if (width == 64 || (width == 32 && type.isUnsignedInteger()))
    limit("min", std::numeric_limits<int32_t>::max());
  if (width == 64 && !type.isUnsignedInteger())
    limit("max", std::numeric_limits<int32_t>::min());
  return width == 32 ? x : emitCast(b, loc, type, i32, x);
}

static Value evaluate(OpBuilder &b, Location loc, AffineExpr expr, ValueRange symbols) {
  Type i32 = b.getI32Type();
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constantOf(b, loc, i32, constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value x = evaluate(b, loc, binary.getLHS(), symbols), y = evaluate(b, loc, binary.getRHS(), symbols);
  StringRef kind = expr.getKind() == AffineExprKind::Add   ? "add"
                   : expr.getKind() == AffineExprKind::Mul ? "mul"
                   : expr.getKind() == AffineExprKind::Mod ? "mod"
                                                           : "floordiv";
  return emitBinary(b, loc, kind, i32, x, y);
}

/// The number of the place that `results` name in a tensor of `sizes`, or -1.
static Value placeOf(OpBuilder &b, Location loc, ArrayRef<AffineExpr> results, ArrayRef<int64_t> sizes,
                     ValueRange symbols) {
  Type i32 = b.getI32Type();
  Value place, inside;
  for (auto [expr, size] : llvm::zip(results, sizes)) {
    Value index = evaluate(b, loc, expr, symbols);
    for (auto [predicate, bound] :
         {std::pair(arith::CmpIPredicate::sge, int64_t(0)), std::pair(arith::CmpIPredicate::slt, int64_t(size))}) {
      Value holds = arith::CmpIOp::create(b, loc, predicate, index, constantOf(b, loc, i32, bound));
      inside = inside ? arith::AndIOp::create(b, loc, inside, holds).getResult() : holds;
    }
    if (place) {
      place = arith::MulIOp::create(b, loc, place, constantOf(b, loc, i32, size));
      place = arith::AddIOp::create(b, loc, place, index);
    } else {
      place = index;
    }
  }
  return arith::SelectOp::create(b, loc, inside, place, constantOf(b, loc, i32, -1));
}

static Value convert(OpBuilder &b, Location loc, Value x, Type to,
                     llvm::function_ref<Value(OpBuilder &, Location, Value)> body) {
  return parallelGeneric(b, loc, shapeOf(x), to, x, b.getMultiDimIdentityMap(shapeOf(x).size()),
                         [&](OpBuilder &b, Location loc, ValueRange args) { return body(b, loc, args[0]); })
      .getResult(0);
}

static Value bias(OpBuilder &b, Location loc, Value x) {
  return arith::XOrIOp::create(b, loc, x, constantOf(b, loc, b.getI32Type(), std::numeric_limits<int32_t>::min()));
}

bool ScatterWords::namePlaces(OpBuilder &b, Location loc, TypeRange extraTypes) {
  ArrayRef<int64_t> from = shapeOf(y);
  size_t leading = 0;
  while (leading < map.getNumResults() && leading < from.size() &&
         map.getResult(leading) == b.getAffineDimExpr(leading) && from[leading] == shape[leading])
    ++leading;
  ArrayRef<AffineExpr> results = map.getResults().drop_front(leading);
  ArrayRef<int64_t> sizes = ArrayRef(shape).drop_front(leading);
  if (results.empty() || ShapedType::getNumElements(sizes) > std::numeric_limits<int32_t>::max())
    return false;
  for (AffineExpr expr : results)
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
      if (expr.isFunctionOfDim(dim))
        return false;
  auto symbol = dyn_cast<AffineSymbolExpr>(results.front());
  if (results.size() == 1 && symbol) {
    Type named = extraTypes[symbol.getPosition()];
    // One that is repeated along rows names columns, which are vectors of any type that has builtins.
    if (auto generic = extras.values[symbol.getPosition()].getDefiningOp<linalg::GenericOp>();
        generic && llvm::hasSingleElement(*generic.getBody()))
      return type.isInteger(8);
    if (named.isInteger(32) && !named.isUnsignedInteger())
      return true;
  }
  if (llvm::any_of(extraTypes, [](Type type) { return type.isInteger(1); }))
    return false;
  SmallVector<AffineMap> maps(extras.values.size(), b.getMultiDimIdentityMap(from.size()));
  Value place = parallelGeneric(b, loc, from, b.getI32Type(), extras.values, maps,
                                [&](OpBuilder &b, Location loc, ValueRange args) {
                                  SmallVector<Value> symbols;
                                  for (auto [type, arg] : llvm::zip(extraTypes, args))
                                    symbols.push_back(asWord(b, loc, type, arg));
                                  return placeOf(b, loc, results, sizes, symbols);
                                })
                    .getResult(0);
  SmallVector<AffineExpr> places(map.getResults().take_front(leading));
  places.push_back(b.getAffineSymbolExpr(0));
  int64_t width = ShapedType::getNumElements(sizes);
  shape.truncate(leading);
  shape.push_back(width);
  map = AffineMap::get(map.getNumDims(), 1, places, b.getContext());
  extras = Extras();
  extras.values.push_back(place);
  extras.isUnsigned.push_back(false);
  return true;
}

ScatterWords::ScatterWords(OpBuilder &b, Location loc, StringRef kind, Type type, Value y, Extras extras,
                           TypeRange extraTypes, AffineMap map, ArrayRef<int64_t> shape)
    : y(y), extras(std::move(extras)), map(map), shape(shape), type(type), kind(kind), given(type), wanted(shape) {
  bool namesElements = false;
  for (unsigned symbol = 0; symbol < map.getNumSymbols() && map.getNumResults() > 0; ++symbol)
    namesElements |= map.getResults().back().isFunctionOfSymbol(symbol);
  if (!namesElements || ShapedType::getNumElements(shapeOf(y)) < kFewSources || !namePlaces(b, loc, extraTypes))
    return;
  // Extremes of unsigned words are those of signed ones with the other half first.
  isBiased = type.isUnsignedInteger(32) && (kind == "max" || kind == "min");
  if (!isBiased && type.getIntOrFloatBitWidth() >= 32)
    return;
  this->type = isa<FloatType>(type) ? Type(b.getF32Type()) : b.getI32Type();
  this->y = convert(b, loc, y, this->type, [&](OpBuilder &b, Location loc, Value x) {
    return isBiased ? bias(b, loc, x) : emitCast(b, loc, given, this->type, x);
  });
}

Value ScatterWords::finish(OpBuilder &b, Location loc, Value result) {
  if (ArrayRef(shape) != ArrayRef(wanted))
    result = reshape(b, loc, result, wanted);
  if (type == given)
    return result;
  return convert(b, loc, result, signless(given), [&](OpBuilder &b, Location loc, Value x) {
    if (isBiased)
      return bias(b, loc, x);
    // What a place without a source holds is the narrow type's neutral element.
    if (auto neutral = dyn_cast<IntegerAttr>(neutralElement(b, kind, given));
        neutral && (kind == "max" || kind == "min")) {
      APInt value = given.isUnsignedInteger() ? neutral.getValue().zext(32) : neutral.getValue().sext(32);
      x = emitBinary(b, loc, kind, type, x, constantOf(b, loc, type, value.getSExtValue()));
    }
    return emitCast(b, loc, type, given, x);
  });
}
