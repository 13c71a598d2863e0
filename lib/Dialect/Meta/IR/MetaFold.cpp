//===- MetaFold.cpp - folders of the meta-operators -----------------------===//
#include "metabang/Dialect/Meta/IR/Meta.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;
using namespace metabang::meta;

/// The value of a splat over `type`, or nothing.
static OpFoldResult splatOver(Attribute operand, Type type) {
  auto splat = dyn_cast_if_present<SplatElementsAttr>(operand);
  if (!splat)
    return {};
  return DenseElementsAttr::get(cast<ShapedType>(type), splat.getSplatValue<Attribute>());
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

//===----------------------------------------------------------------------===//
// Element-wise
//===----------------------------------------------------------------------===//

/// Whether every value of `from` is a value of `to`.
static bool isExact(Type from, Type to) {
  if (from == to)
    return true;
  auto fromFloat = dyn_cast<FloatType>(from), toFloat = dyn_cast<FloatType>(to);
  if (fromFloat && toFloat)
    return APFloat::isRepresentableBy(fromFloat.getFloatSemantics(), toFloat.getFloatSemantics());
  auto fromInt = dyn_cast<IntegerType>(from), toInt = dyn_cast<IntegerType>(to);
  if (!fromInt)
    return false;
  bool fromUnsigned = fromInt.isUnsigned() || fromInt.getWidth() == 1;
  if (toFloat)
    return fromInt.getWidth() <= APFloat::semanticsPrecision(toFloat.getFloatSemantics());
  if (!toInt || toInt.getWidth() == 1)
    return false;
  return fromUnsigned == toInt.isUnsigned() ? fromInt.getWidth() <= toInt.getWidth()
                                            : fromUnsigned && fromInt.getWidth() < toInt.getWidth();
}

static Type elementType(Value value) { return cast<ShapedType>(value.getType()).getElementType(); }

/// `value` as an element of `to`; nothing for conversions left to run time.
static Attribute castElement(Attribute value, Type to) {
  if (auto number = dyn_cast<FloatAttr>(value)) {
    auto type = dyn_cast<FloatType>(to);
    if (!type)
      return {};
    APFloat converted = number.getValue();
    bool lost;
    converted.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &lost);
    return FloatAttr::get(type, converted);
  }
  auto number = cast<IntegerAttr>(value);
  auto from = cast<IntegerType>(number.getType());
  bool isSigned = !from.isUnsigned() && from.getWidth() != 1;
  if (auto type = dyn_cast<FloatType>(to)) {
    APFloat converted(type.getFloatSemantics());
    converted.convertFromAPInt(number.getValue(), isSigned, APFloat::rmNearestTiesToEven);
    return FloatAttr::get(type, converted);
  }
  unsigned width = cast<IntegerType>(to).getWidth();
  if (width == 1)
    return IntegerAttr::get(to, APInt(1, !number.getValue().isZero()));
  return IntegerAttr::get(to, isSigned ? number.getValue().sextOrTrunc(width) : number.getValue().zextOrTrunc(width));
}

OpFoldResult CastOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (auto splat = dyn_cast_if_present<SplatElementsAttr>(adaptor.getX()))
    if (Attribute element = castElement(splat.getSplatValue<Attribute>(), getType().getElementType()))
      return DenseElementsAttr::get(cast<ShapedType>(getType()), element);
  auto inner = getX().getDefiningOp<CastOp>();
  if (!inner || !isExact(elementType(inner.getX()), elementType(inner)))
    return {};
  if (inner.getX().getType() == getType())
    return inner.getX();
  setOperand(inner.getX());
  return getResult();
}

/// kind(a, b) where it is exact or rounds as every device does; nothing for the rest.
static std::optional<APFloat> evaluate(StringRef kind, APFloat a, const APFloat &b) {
  if (kind == "add")
    a.add(b, APFloat::rmNearestTiesToEven);
  else if (kind == "sub")
    a.subtract(b, APFloat::rmNearestTiesToEven);
  else if (kind == "mul")
    a.multiply(b, APFloat::rmNearestTiesToEven);
  else if (kind == "div")
    a.divide(b, APFloat::rmNearestTiesToEven);
  else if (kind == "max")
    return llvm::maximum(a, b);
  else if (kind == "min")
    return llvm::minimum(a, b);
  else
    return std::nullopt;
  return a;
}

static std::optional<APInt> evaluate(StringRef kind, const APInt &a, const APInt &b) {
  if (a.getBitWidth() == 1)
    return std::nullopt;
  if (kind == "add")
    return a + b;
  if (kind == "sub")
    return a - b;
  if (kind == "mul")
    return a * b;
  return std::nullopt;
}

/// Whether `x kind rhs` is x bit for bit, for every x.
static bool isRightNeutral(StringRef kind, Attribute rhs) {
  if (auto number = dyn_cast<FloatAttr>(rhs)) {
    const APFloat &value = number.getValue();
    if (kind == "mul" || kind == "div")
      return value.isExactlyValue(1.0);
    return value.isZero() && ((kind == "sub" && !value.isNegative()) || (kind == "add" && value.isNegative()));
  }
  auto number = dyn_cast<IntegerAttr>(rhs);
  if (!number || number.getValue().getBitWidth() == 1)
    return false;
  if (kind == "mul" || kind == "div" || kind == "floordiv")
    return number.getValue().isOne();
  return (kind == "add" || kind == "sub" || kind == "or" || kind == "xor") && number.getValue().isZero();
}

OpFoldResult BinaryOp::fold(FoldAdaptor adaptor) {
  auto lhs = dyn_cast_if_present<SplatElementsAttr>(adaptor.getLhs()),
       rhs = dyn_cast_if_present<SplatElementsAttr>(adaptor.getRhs());
  bool commutes = isOneOf(getKind(), {"add", "mul", "or", "xor"});
  if (rhs && isRightNeutral(getKind(), rhs.getSplatValue<Attribute>()))
    return getLhs();
  if (lhs && commutes && isRightNeutral(getKind(), lhs.getSplatValue<Attribute>()))
    return getRhs();
  if (!lhs || !rhs)
    return {};
  Attribute a = lhs.getSplatValue<Attribute>(), b = rhs.getSplatValue<Attribute>();
  auto type = cast<ShapedType>(getType());
  if (isa<FloatAttr>(a)) {
    if (auto value = evaluate(getKind(), cast<FloatAttr>(a).getValue(), cast<FloatAttr>(b).getValue()))
      return DenseElementsAttr::get(type, *value);
  } else if (auto value = evaluate(getKind(), cast<IntegerAttr>(a).getValue(), cast<IntegerAttr>(b).getValue())) {
    return DenseElementsAttr::get(type, *value);
  }
  return {};
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (getLhs() == getRhs())
    return getLhs();
  if (auto splat = dyn_cast_if_present<SplatElementsAttr>(adaptor.getCondition()))
    return splat.getSplatValue<bool>() ? getLhs() : getRhs();
  return {};
}

//===----------------------------------------------------------------------===//
// Reindex
//===----------------------------------------------------------------------===//

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType() && isIdentity(getDims()))
    return getX();
  return splatOver(adaptor.getX(), getType());
}

OpFoldResult PadOp::fold(FoldAdaptor) { return getX().getType() == getType() ? OpFoldResult(getX()) : OpFoldResult(); }

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  // Of the same shape and inside of the operand: offset 0 and stride 1, or a flip.
  if (getX().getType() == getType() && llvm::all_of(getOffsets(), [](int64_t offset) { return offset == 0; }))
    return getX();
  return splatOver(adaptor.getX(), getType());
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (isIdentity(getPerm()))
    return getX();
  return splatOver(adaptor.getX(), getType());
}

OpFoldResult ReindexOp::fold(FoldAdaptor adaptor) {
  ArrayRef<int64_t> shape = getType().getShape(), source = getX().getType().getShape();
  AffineMap simplified = simplifyOver(getMap(), shape);
  if (simplified != getMap()) {
    setMap(simplified);
    return getResult();
  }
  if (staysOutside(getMap(), shape, source))
    return DenseElementsAttr::get(getType(), getOverflowValue());
  if (getConditions() && !alwaysHolds(*getConditions(), shape))
    return {};
  // Dimensions of size 1 have only index 0, whatever the map writes.
  auto isSameDim = [&](auto it) {
    auto [k, expr] = it;
    auto dim = dyn_cast<AffineDimExpr>(expr);
    return (dim && dim.getPosition() == k) || (shape[k] == 1 && staysInside(getMap(), k, shape, source));
  };
  if (getX().getType() == getType() && llvm::all_of(llvm::enumerate(getMap().getResults()), isSameDim))
    return getX();
  return staysInside(getMap(), shape, source) ? splatOver(adaptor.getX(), getType()) : OpFoldResult();
}

OpFoldResult SumOp::fold(FoldAdaptor) { return getDims().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult ProdOp::fold(FoldAdaptor) { return getDims().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult MaxOp::fold(FoldAdaptor) { return getDims().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult MinOp::fold(FoldAdaptor) { return getDims().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult MeanOp::fold(FoldAdaptor) { return getDims().empty() ? OpFoldResult(getX()) : OpFoldResult(); }

//===----------------------------------------------------------------------===//
// Canonicalisation
//===----------------------------------------------------------------------===//

void TransposeOp::build(OpBuilder &builder, OperationState &state, Value x, ArrayRef<int64_t> perm) {
  auto type = cast<RankedTensorType>(x.getType());
  build(builder, state, type.clone(permute(type.getShape(), perm)), x, perm);
}

static LogicalResult mergeTransposes(TransposeOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<TransposeOp>();
  if (!inner)
    return failure();
  rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), inner.getX(), permute(inner.getPerm(), op.getPerm()));
  return success();
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(mergeTransposes);
}

static LogicalResult mergeBroadcasts(BroadcastOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<BroadcastOp>();
  if (!inner)
    return failure();
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getX(), permute(op.getDims(), inner.getDims()));
  return success();
}

void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  patterns.add(mergeBroadcasts);
}
