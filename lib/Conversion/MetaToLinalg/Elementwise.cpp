//===- Elementwise.cpp - element-wise meta-operators to linalg ------------===//
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::meta;

static Type elementType(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

static Value emitScalar(UnaryOp op, OpBuilder &b, Location loc, ValueRange x) {
  return emitUnary(b, loc, op.getKind(), elementType(op.getX()), x[0]);
}
static Value emitScalar(CastOp op, OpBuilder &b, Location loc, ValueRange x) {
  return emitCast(b, loc, elementType(op.getX()), elementType(op), x[0]);
}
static Value emitScalar(BinaryOp op, OpBuilder &b, Location loc, ValueRange x) {
  return emitBinary(b, loc, op.getKind(), elementType(op), x[0], x[1]);
}
static Value emitScalar(CompareOp op, OpBuilder &b, Location loc, ValueRange x) {
  return emitCompare(b, loc, op.getKind(), elementType(op.getLhs()), x[0], x[1]);
}
static Value emitScalar(SelectOp, OpBuilder &b, Location loc, ValueRange x) {
  return arith::SelectOp::create(b, loc, x[0], x[1], x[2]);
}

namespace {
template <typename Op> struct ElementwisePattern : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ArrayRef<int64_t> shape = shapeOf(op.getResult());
    SmallVector<AffineMap> maps(adaptor.getOperands().size(), rewriter.getMultiDimIdentityMap(shape.size()));
    auto generic =
        parallelGeneric(rewriter, op.getLoc(), shape, signless(elementType(op.getResult())), adaptor.getOperands(),
                        maps, [&](OpBuilder &b, Location loc, ValueRange x) { return emitScalar(op, b, loc, x); });
    rewriter.replaceOp(op, generic);
    return success();
  }
};

struct ConstantPattern : OpConversionPattern<ConstantOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(ConstantOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, signless(cast<TypedAttr>(op.getValue())));
    return success();
  }
};

struct IndexPattern : OpConversionPattern<IndexOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(IndexOp op, OpAdaptor, ConversionPatternRewriter &rewriter) const override {
    Type type = elementType(op.getResult());
    auto generic = parallelGeneric(rewriter, op.getLoc(), shapeOf(op.getResult()), signless(type), {}, {},
                                   [&](OpBuilder &b, Location loc, ValueRange) -> Value {
                                     Value i = linalg::IndexOp::create(b, loc, op.getDim());
                                     Type wide = isa<FloatType>(type) ? b.getI64Type() : signless(type);
                                     Value number = arith::IndexCastOp::create(b, loc, wide, i);
                                     return isa<FloatType>(type) ? emitCast(b, loc, wide, type, number) : number;
                                   });
    rewriter.replaceOp(op, generic);
    return success();
  }
};
} // namespace

void metabang::populateElementwisePatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<ElementwisePattern<UnaryOp>, ElementwisePattern<CastOp>, ElementwisePattern<BinaryOp>,
               ElementwisePattern<CompareOp>, ElementwisePattern<SelectOp>, ConstantPattern, IndexPattern>(
      converter, patterns.getContext());
}
