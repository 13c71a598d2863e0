//===- Reduction.cpp - reductions and reindex_reduce to linalg ------------===//
#include "Patterns.h"
#include "Words.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "metabang/Dialect/Meta/IR/WindowSum.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::meta;

static Type elementType(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

/// As emitBinary; unsigned extremes stay one operation, by which a reduction is known.
static Value combine(OpBuilder &b, Location loc, StringRef kind, Type type, Value x, Value y) {
  auto integer = dyn_cast<IntegerType>(type);
  if (integer && integer.isUnsigned() && kind == "max")
    return arith::MaxUIOp::create(b, loc, x, y);
  if (integer && integer.isUnsigned() && kind == "min")
    return arith::MinUIOp::create(b, loc, x, y);
  return emitBinary(b, loc, kind, type, x, y);
}

/// A generic that reduces all of `x` into result[map(i)]. `window`, if not null, is the shape-only operand of the
/// reduced dimensions.
static Value reduce(OpBuilder &b, Location loc, Value x, AffineMap map, ArrayRef<int64_t> shape, StringRef kind,
                    Type type, bool hasWindow) {
  int64_t rank = shapeOf(x).size();
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::reduction);
  SmallVector<AffineExpr> reduced;
  SmallVector<int64_t> windowShape;
  for (AffineExpr expr : map.getResults())
    iterators[cast<AffineDimExpr>(expr).getPosition()] = utils::IteratorType::parallel;
  for (int64_t dim = 0; dim < rank; ++dim)
    if (iterators[dim] == utils::IteratorType::reduction) {
      reduced.push_back(b.getAffineDimExpr(dim));
      windowShape.push_back(shapeOf(x)[dim]);
    }
  SmallVector<Value> inputs{x};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank)};
  if (hasWindow) {
    inputs.push_back(emptyTensor(b, loc, windowShape, signless(type)));
    maps.push_back(AffineMap::get(rank, 0, reduced, b.getContext()));
  }
  maps.push_back(map);
  Value init = filledTensor(b, loc, shape, neutralElement(b, kind, type));
  auto generic = linalg::GenericOp::create(
      b, loc, init.getType(), inputs, init, maps, iterators, [&](OpBuilder &b, Location loc, ValueRange args) {
        linalg::YieldOp::create(b, loc, combine(b, loc, kind, type, args.back(), args.front()));
      });
  return generic.getResult(0);
}

/// Elements that one core reduces; more are cut into rows first, for all cores.
static constexpr int64_t kOneCore = 16384;
/// Rows at most: enough for every core of every device, and little work for the one that combines them.
static constexpr int64_t kMostRows = 1024;

/// `x` as rows that are worth a core each: its leading dimensions, or those of a divisor of its size; 1 if there are
/// none.
static Value inRows(OpBuilder &b, Location loc, Value x, int64_t &rowDims) {
  ArrayRef<int64_t> shape = shapeOf(x);
  int64_t rows = 1;
  for (rowDims = 0; rowDims + 1 < int64_t(shape.size()) && rows * shape[rowDims] <= kMostRows; ++rowDims)
    rows *= shape[rowDims];
  if (rows >= 16)
    return x;
  int64_t elements = ShapedType::getNumElements(shape);
  for (rows = kMostRows; rows > 1 && elements % rows != 0;)
    --rows;
  rowDims = rows > 1;
  return rows > 1 ? reshape(b, loc, x, {rows, elements / rows}) : x;
}

/// All of `x` into a tensor of one element. A loop of one row lets it be cut into tiles like any other reduction.
static Value reduceAll(OpBuilder &b, Location loc, Value x, StringRef kind, Type type) {
  if (ShapedType::getNumElements(shapeOf(x)) > kOneCore) {
    int64_t rowDims = 0;
    x = inRows(b, loc, x, rowDims);
    if (rowDims > 0) {
      AffineMap rows = b.getMultiDimIdentityMap(shapeOf(x).size()).getMajorSubMap(rowDims);
      x = reduce(b, loc, x, rows, shapeOf(x).take_front(rowDims), kind, type, /*hasWindow=*/false);
    }
  }
  int64_t rank = shapeOf(x).size();
  SmallVector<AffineExpr> dims;
  for (int64_t dim = 0; dim < rank; ++dim)
    dims.push_back(b.getAffineDimExpr(dim + 1));
  SmallVector<utils::IteratorType> iterators(rank + 1, utils::IteratorType::reduction);
  iterators[0] = utils::IteratorType::parallel;
  AffineMap read = AffineMap::get(rank + 1, 0, dims, b.getContext());
  AffineMap write = AffineMap::get(rank + 1, 0, b.getAffineDimExpr(0));
  Value init = filledTensor(b, loc, {1}, neutralElement(b, kind, type));
  auto generic = linalg::GenericOp::create(b, loc, init.getType(), x, init, ArrayRef<AffineMap>{read, write}, iterators,
                                           [&](OpBuilder &b, Location loc, ValueRange args) {
                                             linalg::YieldOp::create(
                                                 b, loc, combine(b, loc, kind, type, args.back(), args.front()));
                                           });
  return generic.getResult(0);
}

/// Results that are too few to give every core some: what they come from is reduced in two steps.
static constexpr int64_t kFewResults = 1024;

/// Whether `x` is the product of a contraction, which the tensor unit sums.
static bool isContracted(Value x) {
  auto product = x.getDefiningOp<BinaryOp>();
  return product && product.getKind() == "mul" && llvm::all_of(product->getOperands(), [](Value factor) {
           return isa_and_present<BroadcastOp, ReindexOp>(factor.getDefiningOp());
         });
}

/// As `reduce` over `dims`, in one step where it `isWhole`. Where the leading ones and others are reduced into a few
/// columns, as BatchNorm's statistics are, the others go first: a row for each core.
static Value reduceToColumns(OpBuilder &b, Location loc, Value x, ArrayRef<int64_t> dims, StringRef kind, Type type,
                             bool hasWindow, bool isWhole) {
  ArrayRef<int64_t> from = shapeOf(x);
  int64_t leading = 0, rows = 1, results = 1;
  for (; leading < int64_t(from.size()) && llvm::is_contained(dims, leading) && rows < 16; ++leading)
    rows *= from[leading];
  SmallVector<AffineExpr> kept, keptAtFirst;
  SmallVector<int64_t> shape, shapeAtFirst;
  for (int64_t dim = 0, rank = from.size(); dim < rank; ++dim) {
    bool isKept = !llvm::is_contained(dims, dim);
    if (isKept || dim < leading) {
      keptAtFirst.push_back(b.getAffineDimExpr(dim));
      shapeAtFirst.push_back(from[dim]);
    }
    if (isKept) {
      kept.push_back(b.getAffineDimExpr(dim));
      shape.push_back(from[dim]);
      results *= from[dim];
    }
  }
  bool inTwoSteps = !isWhole && leading > 0 && leading < int64_t(dims.size()) && rows > 1 && rows <= kMostRows &&
                    results <= kFewResults && ShapedType::getNumElements(from) > kOneCore;
  if (!inTwoSteps)
    return reduce(b, loc, x, AffineMap::get(from.size(), 0, kept, b.getContext()), shape, kind, type, hasWindow);
  Value partial = reduce(b, loc, x, AffineMap::get(from.size(), 0, keptAtFirst, b.getContext()), shapeAtFirst, kind,
                         type, /*hasWindow=*/false);
  AffineMap columns = b.getMultiDimIdentityMap(shapeAtFirst.size()).getMinorSubMap(shape.size());
  return reduce(b, loc, partial, columns, shape, kind, type, /*hasWindow=*/false);
}

/// `sum` / n, by a multiplication where that loses nothing that matters in the type.
static Value divide(OpBuilder &b, Location loc, Value sum, int64_t n, Type type) {
  AffineMap identity = b.getMultiDimIdentityMap(shapeOf(sum).size());
  auto generic = parallelGeneric(
      b, loc, shapeOf(sum), signless(type), sum, identity, [&](OpBuilder &b, Location loc, ValueRange x) {
        bool multiplies = isa<FloatType>(type) && !type.isF64();
        TypedAttr by =
            isa<FloatType>(type)
                ? TypedAttr(b.getFloatAttr(type, multiplies ? 1.0 / static_cast<double>(n) : static_cast<double>(n)))
                : TypedAttr(b.getIntegerAttr(signless(type), n));
        return emitBinary(b, loc, multiplies ? "mul" : "div", type, x[0], arith::ConstantOp::create(b, loc, by));
      });
  return generic.getResult(0);
}

/// `x` with elements of another floating-point type.
static Value convertFloats(OpBuilder &b, Location loc, Value x, FloatType type) {
  AffineMap identity = b.getMultiDimIdentityMap(shapeOf(x).size());
  bool isWider = type.getWidth() > elementType(x).getIntOrFloatBitWidth();
  return parallelGeneric(b, loc, shapeOf(x), type, x, identity,
                         [&](OpBuilder &b, Location loc, ValueRange args) -> Value {
                           if (isWider)
                             return arith::ExtFOp::create(b, loc, type, args[0]);
                           return arith::TruncFOp::create(b, loc, type, args[0]);
                         })
      .getResult(0);
}

/// Into how many parts the sources of a scatter to a few places, which only data names, are dealt; 1: not at all. Each
/// core then adds up a part in a result of its own, and these are added.
static int64_t partsOfScatter(AffineMap map, int64_t sources, ArrayRef<int64_t> shape, Type type) {
  constexpr int64_t kMost = 32, kBytes = 128 * 1024, kSourcesPerPlace = 4;
  int64_t places = ShapedType::getNumElements(shape), bytes = std::max(1u, type.getIntOrFloatBitWidth() / 8);
  bool usesLoops = false;
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
    usesLoops |= map.isFunctionOfDim(dim);
  if (usesLoops || places * bytes > kBytes || sources < std::max<int64_t>(1, kSourcesPerPlace * places))
    return 1;
  int64_t parts = kMost;
  while (sources % parts != 0)
    --parts;
  return parts;
}

/// Terms that a sum of bfloat16, and a product of 16 bits, combine in their own type.
static constexpr int64_t kFewTerms = 8;

/// Whether `kind` over `count` elements of `type` is computed in float32. A sum in the 8 bits of bfloat16 stops growing
/// after some hundred terms, and each factor of a product adds a rounding; the pooling unit has its own sums of
/// float16.
static bool computesInFloat32(StringRef kind, Type type, int64_t count) {
  return count > kFewTerms && ((kind == "add" && type.isBF16()) || (kind == "mul" && (type.isBF16() || type.isF16())));
}

namespace {
template <typename Op> struct ReductionPattern : OpConversionPattern<Op> {
  ReductionPattern(const TypeConverter &converter, MLIRContext *context, StringRef kind)
      : OpConversionPattern<Op>(converter, context), kind(kind) {}

  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type type = elementType(op.getResult());
    ArrayRef<int64_t> from = shapeOf(op.getX());
    int64_t count = 1;
    for (int64_t dim : op.getDims())
      count *= from[dim];
    if (count == 1) { // each element is a result
      rewriter.replaceOp(op, reshape(rewriter, loc, adaptor.getX(), shapeOf(op.getResult())));
      return success();
    }
    bool all = op.getDims().size() == from.size() && !from.empty();
    bool hasWindow = op.getX().template getDefiningOp<ReindexOp>() != nullptr;
    bool isWhole = hasWindow || isContracted(op.getX());
    // The tensor unit and the pooling unit, which take windows, have their own sums.
    Value x = adaptor.getX();
    auto narrow = dyn_cast<FloatType>(type);
    bool widens = computesInFloat32(kind, type, count) && !(isWhole && kind == "add");
    if (widens) {
      type = rewriter.getF32Type();
      x = convertFloats(rewriter, loc, x, cast<FloatType>(type));
    }
    Value result = all ? reduceAll(rewriter, loc, x, kind, type)
                       : reduceToColumns(rewriter, loc, x, op.getDims(), kind, type, hasWindow, isWhole);
    if (std::is_same_v<Op, MeanOp>)
      result = divide(rewriter, loc, result, count, type);
    if (widens)
      result = convertFloats(rewriter, loc, result, narrow);
    rewriter.replaceOp(op, all ? reshape(rewriter, loc, result, {}) : result);
    return success();
  }

  StringRef kind;
};

struct ReindexReducePattern : OpConversionPattern<ReindexReduceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(ReindexReduceOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    ArrayRef<int64_t> from = shapeOf(adaptor.getY()), shape = shapeOf(op.getResult());
    Type type = elementType(op.getResult());
    AffineMap map = simplifyOver(op.getMap(), from);
    bool isUnconditional = !op.getConditions() || alwaysHolds(*op.getConditions(), from);
    auto coversResult = [&](auto it) {
      auto dim = dyn_cast<AffineDimExpr>(it.value());
      return dim && from[dim.getPosition()] == shape[it.index()];
    };
    bool isReduction = isUnconditional && map.isProjectedPermutation() &&
                       llvm::all_of(llvm::enumerate(map.getResults()), coversResult);
    if (isReduction && map.isPermutation()) {
      // Each element is a result. As a loop without a reduction that reads what it overwrites, it would fuse with its
      // users into an operation of two results.
      auto moved = parallelGeneric(rewriter, op.getLoc(), shape, signless(type), adaptor.getY(),
                                   inversePermutation(map), [](OpBuilder &, Location, ValueRange y) { return y[0]; });
      rewriter.replaceOp(op, moved.getResult(0));
      return success();
    }
    // Also of a sum over dims behind or between those of the result: faster than a reduction of turned rows.
    bool isWindowSum = windowSumOf(op).has_value();
    isReduction &= !isWindowSum;
    Value y = adaptor.getY();
    auto narrow = dyn_cast<FloatType>(type);
    // Of windows each place has about as many terms, elsewhere one may have all.
    int64_t terms = ShapedType::getNumElements(from);
    if (isWindowSum)
      terms /= ShapedType::getNumElements(shape);
    bool widens = computesInFloat32(op.getKind(), type, terms);
    if (widens) {
      type = rewriter.getF32Type();
      y = convertFloats(rewriter, op.getLoc(), y, cast<FloatType>(type));
    }
    auto replace = [&](Value result) {
      rewriter.replaceOp(op, widens ? convertFloats(rewriter, op.getLoc(), result, narrow) : result);
      return success();
    };
    Extras extras(adaptor.getExtras(), op.getExtras());
    Location loc = op.getLoc();
    if (isReduction)
      return replace(reduce(rewriter, loc, y, map, shape, op.getKind(), type, false));
    if (!isUnconditional)
      return replace(scatter(rewriter, loc, y, extras, op.getKind(), type, map, op.getConditions(), shape));
    SmallVector<Type> extraTypes;
    for (Value extra : op.getExtras())
      extraTypes.push_back(elementType(extra));
    ScatterWords words(rewriter, loc, op.getKind(), type, y, extras, extraTypes, map, shape);
    Value result;
    int64_t sources = ShapedType::getNumElements(from);
    if (int64_t parts = partsOfScatter(words.map, sources, words.shape, signless(words.type)); parts > 1) {
      SmallVector<int64_t> dealt{parts, sources / parts}, partial{parts};
      llvm::append_range(partial, words.shape);
      for (Value &extra : words.extras.values)
        extra = reshape(rewriter, loc, extra, dealt);
      SmallVector<AffineExpr> places{rewriter.getAffineDimExpr(0)};
      llvm::append_range(places, words.map.getResults());
      AffineMap dealtMap = AffineMap::get(2, words.map.getNumSymbols(), places, rewriter.getContext());
      Value sums = scatter(rewriter, loc, reshape(rewriter, loc, words.y, dealt), words.extras, op.getKind(),
                           words.type, dealtMap, std::nullopt, partial);
      AffineMap columns = rewriter.getMultiDimIdentityMap(partial.size()).getMinorSubMap(words.shape.size());
      result = reduce(rewriter, loc, sums, columns, words.shape, op.getKind(), words.type, false);
    } else {
      result =
          scatter(rewriter, loc, words.y, words.extras, op.getKind(), words.type, words.map, std::nullopt, words.shape);
    }
    return replace(words.finish(rewriter, loc, result));
  }
};
} // namespace

void metabang::populateReductionPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<ReductionPattern<SumOp>, ReductionPattern<MeanOp>>(converter, context, "add");
  patterns.add<ReductionPattern<ProdOp>>(converter, context, "mul");
  patterns.add<ReductionPattern<MaxOp>>(converter, context, "max");
  patterns.add<ReductionPattern<MinOp>>(converter, context, "min");
  patterns.add<ReindexReducePattern>(converter, context);
}
