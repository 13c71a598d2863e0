//===- Movement.cpp - meta-operators that move data, to linalg ------------===//
#include "Patterns.h"
#include "Words.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "metabang/Dialect/Meta/IR/Movement.h"
#include "metabang/Dialect/Meta/IR/SplitDims.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::meta;

static SmallVector<OpFoldResult> indices(OpBuilder &b, ArrayRef<int64_t> values) {
  return getAsIndexOpFoldResult(b.getContext(), values);
}

static Value pad(OpBuilder &b, Location loc, Value x, ArrayRef<int64_t> low, ArrayRef<int64_t> high, TypedAttr value) {
  auto isZero = [](int64_t size) { return size == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return x;
  SmallVector<int64_t> shape;
  for (auto [size, l, h] : llvm::zip(shapeOf(x), low, high))
    shape.push_back(l + size + h);
  Value scalar = arith::ConstantOp::create(b, loc, value);
  return tensor::PadOp::create(b, loc, cast<RankedTensorType>(x.getType()).clone(shape), x, indices(b, low),
                               indices(b, high), scalar);
}

static Value slice(OpBuilder &b, Location loc, Value x, ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
                   ArrayRef<int64_t> strides) {
  auto type = cast<RankedTensorType>(x.getType()).clone(sizes);
  return tensor::ExtractSliceOp::create(b, loc, type, x, indices(b, offsets), indices(b, sizes), indices(b, strides));
}

/// Whether all factors of dims in a linear expression are positive.
static bool runsForward(AffineExpr expr, unsigned numDims) {
  SmallVector<int64_t> flat;
  if (failed(getFlattenedAffineExpr(expr, numDims, 0, &flat)))
    return false;
  return llvm::all_of(ArrayRef<int64_t>(flat).take_front(numDims), [](int64_t factor) { return factor >= 0; });
}

/// The part of `x` that a linear map reads, where the map also leaves `x` and that is less than half of it: what is
/// read is padded, not all of `x`. The constants of `map` are moved along.
static Value crop(OpBuilder &b, Location loc, Value x, AffineMap &map, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> offsets, sizes;
  SmallVector<AffineExpr> results;
  int64_t read = 1;
  bool leaves = false;
  for (auto [expr, size] : llvm::zip(map.getResults(), shapeOf(x))) {
    IndexRange range = *rangeOf(expr, shape);
    leaves |= range.min < 0 || range.max >= size;
    offsets.push_back(std::max<int64_t>(0, range.min));
    sizes.push_back(std::max<int64_t>(0, std::min(range.max, size - 1) - offsets.back() + 1)); // 0: all is outside
    results.push_back(simplifyAffineExpr(expr - offsets.back(), shape.size(), 0));
    read *= sizes.back();
  }
  if (!leaves || read <= 0 || 2 * read >= ShapedType::getNumElements(shapeOf(x)))
    return x;
  map = AffineMap::get(shape.size(), 0, results, b.getContext());
  return slice(b, loc, x, offsets, sizes, SmallVector<int64_t>(sizes.size(), 1));
}

Value metabang::linearReindex(OpBuilder &b, Location loc, Value x, AffineMap map, ArrayRef<int64_t> shape,
                              TypedAttr overflow) {
  map = simplifyAffineMap(map);
  if (!isLinear(map) || !llvm::all_of(map.getResults(), [&](AffineExpr e) { return runsForward(e, shape.size()); }))
    return {};
  x = crop(b, loc, x, map, shape);
  // Pad what is missing, cut what comes before the first element, so that no constant remains in the map: upstream's
  // tiling of a generic adds it to the size of the tile.
  SmallVector<int64_t> low, high, offsets, sizes, kept;
  SmallVector<AffineExpr> results;
  for (auto [k, expr] : llvm::enumerate(map.getResults())) {
    int64_t size = shapeOf(x)[k];
    IndexRange range = *rangeOf(expr, shape);
    low.push_back(std::max<int64_t>(0, -range.min));
    high.push_back(std::max<int64_t>(0, range.max - (size - 1)));
    offsets.push_back(range.min + low.back());
    AffineExpr homogeneous = simplifyAffineExpr(expr - range.min, shape.size(), 0);
    bool isExact = isa<AffineConstantExpr, AffineDimExpr>(homogeneous);
    int64_t available = low.back() + size + high.back() - offsets.back();
    sizes.push_back(isExact || offsets.back() > 0 ? range.max - range.min + 1 : available);
    if (!isa<AffineConstantExpr>(homogeneous)) {
      results.push_back(homogeneous);
      kept.push_back(sizes.back());
    }
  }
  x = pad(b, loc, x, low, high, overflow);
  if (ArrayRef<int64_t>(sizes) != shapeOf(x))
    x = slice(b, loc, x, offsets, sizes, SmallVector<int64_t>(sizes.size(), 1));
  x = reshape(b, loc, x, kept);
  AffineMap rest = AffineMap::get(shape.size(), 0, results, b.getContext());
  if (rest.isIdentity())
    return x;
  Type type = cast<RankedTensorType>(x.getType()).getElementType();
  return parallelGeneric(b, loc, shape, type, x, rest, [](OpBuilder &, Location, ValueRange args) { return args[0]; })
      .getResult(0);
}

/// Whether the result goes, possibly multiplied, into reductions only: then it is an operand of a contraction or
/// pooling.
static bool feedsReduction(Value value, bool throughProduct = true) {
  return !value.use_empty() && llvm::all_of(value.getUsers(), [&](Operation *user) {
    return isa<SumOp, ProdOp, MaxOp, MinOp, MeanOp>(user) ||
           (throughProduct && isa<BinaryOp>(user) && feedsReduction(user->getResult(0), false));
  });
}

namespace {
struct BroadcastPattern : OpConversionPattern<BroadcastOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(BroadcastOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    AffineMap map = movementOf(op)->map;
    // A bias (1, c, 1, 1) is read as (c). A contraction keeps the dimensions of its operands, also those of size 1.
    if (!feedsReduction(op.getResult()))
      for (auto [k, size] : llvm::enumerate(op.getX().getType().getShape()))
        if (size == 1)
          map = map.replace(map.getResult(k), rewriter.getAffineConstantExpr(0), map.getNumDims(), 0);
    rewriter.replaceOp(op, linearReindex(rewriter, op.getLoc(), adaptor.getX(), map, op.getType().getShape(), {}));
    return success();
  }
};

struct PadPattern : OpConversionPattern<PadOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(PadOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOp(op,
                       pad(rewriter, op.getLoc(), adaptor.getX(), op.getLow(), op.getHigh(), signless(op.getValue())));
    return success();
  }
};

struct SlicePattern : OpConversionPattern<SliceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(SliceOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    ArrayRef<int64_t> shape = op.getType().getShape();
    if (llvm::all_of(op.getStrides(), [](int64_t stride) { return stride > 0; }))
      rewriter.replaceOp(op, readRows(op, adaptor.getX(), rewriter));
    else
      rewriter.replaceOp(
          op, gather(rewriter, op.getLoc(), adaptor.getX(), {}, movementOf(op)->map, std::nullopt, shape, {}));
    return success();
  }

  /// DMA takes rows at a stride as they lie. A stride inside of rows is left to the chip, which reads whole rows: an
  /// element alone costs the DMA as much as kilobytes in one piece.
  static Value readRows(SliceOp op, Value x, OpBuilder &b) {
    ArrayRef<int64_t> shape = op.getType().getShape();
    SmallVector<int64_t> sizes(shape), strides(op.getStrides());
    int64_t bytes = std::max<int64_t>(1, op.getType().getElementTypeBitWidth() / 8);
    bool inRows = !shape.empty() && shape.back() > 1 && strides.back() > 1 && strides.back() * bytes <= kDenseBytes;
    if (!inRows)
      return slice(b, op.getLoc(), x, op.getOffsets(), shape, strides);
    int64_t step = std::exchange(strides.back(), 1);
    sizes.back() = (sizes.back() - 1) * step + 1;
    Value rows = slice(b, op.getLoc(), x, op.getOffsets(), sizes, strides);
    AffineMap identity = b.getMultiDimIdentityMap(shape.size());
    AffineMap read =
        identity.replace(identity.getResults().back(), identity.getResults().back() * step, shape.size(), 0);
    return linearReindex(b, op.getLoc(), rows, read, shape, {});
  }

  /// Elements of a row that lie no further apart are read with what is between them.
  static constexpr int64_t kDenseBytes = 1024;
};

struct TransposePattern : OpConversionPattern<TransposeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(TransposeOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    ArrayRef<int64_t> shape = op.getType().getShape();
    // Only dimensions of size 1 change places.
    if (isRowMajorReshape(movementOf(op)->map, shape, shapeOf(adaptor.getX()))) {
      rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), adaptor.getX(), shape));
      return success();
    }
    // Two blocks of dimensions that change places are the two dimensions of a matrix.
    ArrayRef<int64_t> perm = op.getPerm();
    size_t block = 1;
    while (block < perm.size() && perm[block] == perm[block - 1] + 1)
      ++block;
    bool isMatrix = perm.size() > 2 && block < perm.size() && perm.back() + 1 == perm.front();
    for (size_t k = block + 1; isMatrix && k < perm.size(); ++k)
      isMatrix = perm[k] == perm[k - 1] + 1;
    if (isMatrix) {
      int64_t rows = ShapedType::getNumElements(shape.take_front(block)),
              columns = ShapedType::getNumElements(shape.drop_front(block));
      Value x = reshape(rewriter, op.getLoc(), adaptor.getX(), {columns, rows});
      Value init = emptyTensor(rewriter, op.getLoc(), {rows, columns}, signless(op.getType().getElementType()));
      Value matrix = linalg::TransposeOp::create(rewriter, op.getLoc(), x, init, ArrayRef<int64_t>{1, 0})->getResult(0);
      rewriter.replaceOp(op, reshape(rewriter, op.getLoc(), matrix, shape));
      return success();
    }
    Value init = emptyTensor(rewriter, op.getLoc(), shape, signless(op.getType().getElementType()));
    rewriter.replaceOp(
        op, linalg::TransposeOp::create(rewriter, op.getLoc(), adaptor.getX(), init, op.getPerm())->getResults());
    return success();
  }
};

struct ReindexPattern : OpConversionPattern<ReindexOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(ReindexOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    ArrayRef<int64_t> shape = op.getType().getShape();
    AffineMap map = simplifyOver(op.getMap(), shape);
    Location loc = op.getLoc();
    TypedAttr overflow = signless(op.getOverflowValue());
    bool isUnconditional = !op.getConditions() || alwaysHolds(*op.getConditions(), shape);
    Value result;
    if (isUnconditional && map.getNumSymbols() == 0) {
      bool isOperand = isLinear(map) && feedsReduction(op.getResult());
      if (!isOperand && isRowMajorReshape(map, shape, shapeOf(adaptor.getX())))
        result = reshape(rewriter, loc, adaptor.getX(), shape);
      else if (auto split = splitDims(map, shape))
        result = linearReindex(rewriter, loc, adaptor.getX(), split->map, split->shape, overflow);
      else
        result = linearReindex(rewriter, loc, adaptor.getX(), map, shape, overflow);
      if (result)
        result = reshape(rewriter, loc, result, shape);
    }
    Extras extras(adaptor.getExtras(), op.getExtras());
    if (!result && isUnconditional) {
      SmallVector<Type> types;
      for (Value extra : op.getExtras())
        types.push_back(getElementTypeOrSelf(extra));
      result = gatherWords(rewriter, loc, adaptor.getX(), op.getType().getElementType(), extras, types, map, shape,
                           overflow);
    }
    if (!result)
      result = gather(rewriter, loc, adaptor.getX(), extras, map, op.getConditions(), shape, overflow);
    rewriter.replaceOp(op, result);
    return success();
  }
};
} // namespace

void metabang::populateMovementPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<BroadcastPattern, PadPattern, SlicePattern, TransposePattern, ReindexPattern>(converter,
                                                                                             patterns.getContext());
}
