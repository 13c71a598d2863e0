//===- Words.cpp - Single elements that data names, as 32-bit words -------===//
//
// x[i…, f(s…)] where data names the last index: what vectors sort and look up has elements of 32 bits, and one tensor
// of 32-bit integers that names places. Others are brought to that form: narrower elements are widened, the places that
// several tensors, wider integers or expressions name become a tensor of numbers (-1: outside).
//
//===----------------------------------------------------------------------===//
#include "Words.h"

#include "metabang/Device/Device.h"
#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <limits>

using namespace mlir;
using namespace metabang;

/// Fewer elements are left as they are: another kernel would take longer than they do.
static constexpr int64_t kFewElements = 4096;
/// A table of more elements than this many for each that is gathered is not widened.
static constexpr int64_t kMostWidened = 4;

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
  if (expr.getKind() == AffineExprKind::CeilDiv) { // one more than the floor, if anything is left
    Value left = emitBinary(b, loc, "min", i32, emitBinary(b, loc, "mod", i32, x, y), constantOf(b, loc, i32, 1));
    return emitBinary(b, loc, "add", i32, emitBinary(b, loc, "floordiv", i32, x, y), left);
  }
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

static bool namesElements(AffineMap map) {
  for (unsigned symbol = 0; symbol < map.getNumSymbols() && map.getNumResults() > 0; ++symbol)
    if (map.getResults().back().isFunctionOfSymbol(symbol))
      return true;
  return false;
}

/// Whether a single tensor, repeated along rows, names columns: those are vectors, or copies, of any type.
static bool namesColumns(AffineMap map, const Extras &extras) {
  auto symbol = dyn_cast<AffineSymbolExpr>(map.getResults().back());
  auto generic = symbol ? extras.values[symbol.getPosition()].getDefiningOp<linalg::GenericOp>() : linalg::GenericOp();
  return map.getNumSymbols() == 1 && generic && llvm::hasSingleElement(*generic.getBody());
}

/// Makes `map`, over loops of the sizes `from` and into a tensor of `shape`, one whose last result is an extra of
/// int32 and alone depends on data; `shape` loses dimensions by that. Whether that is possible.
static bool namePlaces(OpBuilder &b, Location loc, ArrayRef<int64_t> from, TypeRange extraTypes, Extras &extras,
                       AffineMap &map, SmallVector<int64_t> &shape) {
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
  if (auto symbol = dyn_cast<AffineSymbolExpr>(results.front()); results.size() == 1 && symbol)
    if (Type named = extraTypes[symbol.getPosition()]; named.isInteger(32) && !named.isUnsignedInteger())
      return true;
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

static const Device *deviceAt(OpBuilder &b) {
  return lookupDevice(mlu::getTarget(b.getInsertionBlock()->getParentOp()).str());
}

/// Whether a float comes back from float32 as it was: conversions of an MLU2xx know no infinities and no NaN.
static bool survivesFloat32(OpBuilder &b, Type type) {
  const Device *device = deviceAt(b);
  return !isa<FloatType>(type) || !device || !device->saturatesFloat;
}

/// Whether words are looked up as vectors: an MLU2xx copies each element, for which no element is too narrow.
static bool looksUpWords(OpBuilder &b) {
  const Device *device = deviceAt(b);
  return !device || device->hasIntegerVector;
}

ScatterWords::ScatterWords(OpBuilder &b, Location loc, StringRef kind, Type type, Value y, Extras extras,
                           TypeRange extraTypes, AffineMap map, ArrayRef<int64_t> shape)
    : y(y), extras(std::move(extras)), map(map), shape(shape), type(type), kind(kind), given(type), wanted(shape) {
  ArrayRef<int64_t> from = shapeOf(y);
  if (!namesElements(map) || ShapedType::getNumElements(from) < kFewElements)
    return;
  bool isRight = namesColumns(map, this->extras)
                     ? type.getIntOrFloatBitWidth() == 8
                     : namePlaces(b, loc, from, extraTypes, this->extras, this->map, this->shape);
  if (!isRight)
    return;
  // Extremes of unsigned words are those of signed ones with the other half first.
  isBiased = type.isUnsignedInteger(32) && (kind == "max" || kind == "min");
  if (!isBiased && type.getIntOrFloatBitWidth() >= 32)
    return;
  if ((kind == "max" || kind == "min") && !survivesFloat32(b, type))
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

Value metabang::gatherWords(OpBuilder &b, Location loc, Value x, Type type, Extras extras, TypeRange extraTypes,
                            AffineMap map, ArrayRef<int64_t> shape, TypedAttr overflow) {
  int64_t count = ShapedType::getNumElements(shape);
  if (!namesElements(map) || count < kFewElements || namesColumns(map, extras))
    return {};
  SmallVector<int64_t> places(shapeOf(x));
  if (!namePlaces(b, loc, shape, extraTypes, extras, map, places))
    return {};
  x = reshape(b, loc, x, places);
  unsigned width = type.getIntOrFloatBitWidth();
  if (width >= 32 || ShapedType::getNumElements(places) > kMostWidened * count || !looksUpWords(b))
    return gather(b, loc, x, extras, map, std::nullopt, shape, overflow);
  Type wide = b.getI32Type();
  if (auto number = dyn_cast<FloatAttr>(overflow)) {
    wide = b.getF32Type();
    overflow = b.getF32FloatAttr(static_cast<float>(number.getValueAsDouble()));
  } else {
    APInt value = cast<IntegerAttr>(overflow).getValue();
    overflow = b.getIntegerAttr(wide, width == 1 || type.isUnsignedInteger() ? value.zext(32) : value.sext(32));
  }
  auto cast = [&](Value from, Type have, Type want) {
    return convert(b, loc, from, signless(want),
                   [&](OpBuilder &b, Location loc, Value v) { return emitCast(b, loc, have, want, v); });
  };
  Value result = gather(b, loc, cast(x, type, wide), extras, map, std::nullopt, shape, overflow);
  return cast(result, wide, type);
}
