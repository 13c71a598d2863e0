//===- ComposeReindex.cpp - meta-compose-reindex --------------------------===//
#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "metabang/Dialect/Meta/IR/Movement.h"
#include "metabang/Dialect/Meta/IR/SplitDims.h"
#include "metabang/Dialect/Meta/IR/WindowSum.h"
#include "metabang/Dialect/Meta/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace metabang::meta {
#define GEN_PASS_DEF_METACOMPOSEREINDEX
#include "metabang/Dialect/Meta/Transforms/Passes.h.inc"
} // namespace metabang::meta

using namespace mlir;
using namespace metabang::meta;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

/// Whether each dimension of the source is one of the result, or has size 1.
static bool isPermutation(const Movement &m, ArrayRef<int64_t> shape) {
  return llvm::all_of(llvm::enumerate(m.map.getResults()),
                      [&](auto it) { return isa<AffineDimExpr>(it.value()) || shapeOf(m.source)[it.index()] == 1; });
}

/// What a map costs on the device: 0 whole dimensions move or none, 1 a walk with strides, 2 an address computed for
/// each element.
static int costOf(const Movement &m, ArrayRef<int64_t> shape) {
  if (m.conditions)
    return 2;
  if (isPermutation(m, shape) || isRowMajorReshape(m.map, shape, shapeOf(m.source)))
    return 0;
  return isLinear(m.map) ? 1 : 2;
}

/// Whether an index outside of the inner result in a dimension where `outer` may leave it is also outside of the inner
/// source: some component of the inner map is that dimension shifted, and the inner result covers the whole source.
static bool keepsOutsideOutside(const Movement &outer, ArrayRef<int64_t> outerShape, const Movement &inner,
                                ArrayRef<int64_t> innerShape) {
  for (auto [dim, size] : llvm::enumerate(innerShape)) {
    if (staysInside(outer.map, dim, outerShape, innerShape))
      continue;
    bool covered = false;
    for (auto [k, expr] : llvm::enumerate(inner.map.getResults())) {
      auto shift = dyn_cast<AffineConstantExpr>(
          simplifyAffineExpr(expr - getAffineDimExpr(dim, expr.getContext()), innerShape.size(), 0));
      covered |=
          shift && shift.getValue() <= 0 && static_cast<int64_t>(size) + shift.getValue() >= shapeOf(inner.source)[k];
    }
    if (!covered)
      return false;
  }
  return true;
}

static IntegerSet compose(IntegerSet set, AffineMap map) {
  SmallVector<AffineExpr> constraints;
  for (AffineExpr expr : set.getConstraints())
    constraints.push_back(expr.replaceDims(map.getResults()));
  return IntegerSet::get(map.getNumDims(), 0, constraints, set.getEqFlags());
}

static IntegerSet conjunction(IntegerSet a, IntegerSet b) {
  SmallVector<AffineExpr> constraints(a.getConstraints());
  SmallVector<bool> flags(a.getEqFlags());
  llvm::append_range(constraints, b.getConstraints());
  llvm::append_range(flags, b.getEqFlags());
  return IntegerSet::get(a.getNumDims(), 0, constraints, flags);
}

/// Whether the map reads some dimension backwards.
static bool runsBackwards(AffineMap map, ArrayRef<int64_t> shape) {
  if (!isLinear(map))
    return false;
  for (AffineExpr expr : map.getResults()) {
    auto first = rangeOf(expr, SmallVector<int64_t>(shape.size(), 1)), all = rangeOf(expr, shape);
    if (first && all && all->min < first->min)
      return true;
  }
  return false;
}

/// Whether the movement reads elements of its source several times.
static bool repeats(const Movement &m, ArrayRef<int64_t> shape) {
  int64_t elements = 1, sources = 1;
  for (int64_t size : shape)
    elements *= size;
  for (int64_t size : shapeOf(m.source))
    sources *= size;
  return elements > sources;
}

static std::optional<Movement> composed(const Movement &outer, ArrayRef<int64_t> shape, const Movement &inner) {
  ArrayRef<int64_t> between = shapeOf(outer.source);
  // What costs an address for each element is done once, before what repeats it.
  if ((runsBackwards(inner.map, between) || costOf(inner, between) == 2) && repeats(outer, shape))
    return std::nullopt;
  // Where the outer one overflows the inner one is not asked.
  if (outer.overflow) {
    bool sameValue = inner.overflow && inner.overflow == outer.overflow;
    bool mayLeave = !staysInside(outer.map, shape, between);
    if ((!sameValue && inner.overflow) ||
        (mayLeave && !(sameValue && keepsOutsideOutside(outer, shape, inner, between))))
      return std::nullopt;
  }
  Movement result{inner.source, simplifyOver(inner.map.compose(outer.map), shape),
                  inner.overflow ? inner.overflow : outer.overflow, outer.conditions};
  if (inner.conditions) {
    IntegerSet moved = compose(*inner.conditions, outer.map);
    result.conditions = result.conditions ? conjunction(*result.conditions, moved) : moved;
  }
  return costOf(result, shape) <= std::max(costOf(outer, shape), costOf(inner, between)) ? std::optional(result)
                                                                                         : std::nullopt;
}

namespace {
struct ComposePattern : RewritePattern {
  ComposePattern(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    auto outer = movementOf(op);
    if (!outer)
      return failure();
    Operation *producer = outer->source.getDefiningOp();
    auto inner = movementOf(producer);
    if (!inner || (isa<TransposeOp>(op) && isa<TransposeOp>(producer)) ||
        (isa<BroadcastOp>(op) && isa<BroadcastOp>(producer)))
      return failure();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    // Parts of a transposed tensor are cut from it, not transposed one by one.
    if (isa<TransposeOp>(producer) && !producer->hasOneUse() && !isa<TransposeOp, BroadcastOp>(op) &&
        !repeats(*outer, type.getShape()))
      return failure();
    auto result = composed(*outer, type.getShape(), *inner);
    if (!result)
      return failure();
    if (!result->overflow)
      result->overflow = cast<TypedAttr>(rewriter.getZeroAttr(type.getElementType()));
    rewriter.replaceOpWithNewOp<ReindexOp>(op, type, result->source, ValueRange(), result->map, result->overflow,
                                           result->conditions ? IntegerSetAttr::get(*result->conditions)
                                                              : IntegerSetAttr());
    return success();
  }
};

/// A reindex that permutes or repeats whole dimensions is named so: what follows matches on the simpler operators.
LogicalResult nameReindex(ReindexOp op, PatternRewriter &rewriter) {
  ArrayRef<int64_t> shape = op.getType().getShape(), source = op.getX().getType().getShape();
  if (!op.getExtras().empty() || (op.getConditions() && !alwaysHolds(*op.getConditions(), shape)))
    return failure();
  SmallVector<int64_t> dims;
  for (auto [k, expr] : llvm::enumerate(op.getMap().getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || shape[dim.getPosition()] != source[k] || llvm::is_contained(dims, dim.getPosition()))
      return failure();
    dims.push_back(dim.getPosition());
  }
  if (dims.size() == shape.size())
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), op.getX(), inverse(dims));
  else
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), op.getX(), dims);
  return success();
}

/// What is read of a join (select(index(d) < c, a, b)) on one side of its border is read of that side: the gradient of
/// a concatenation needs no selection.
struct ReadOneSide : RewritePattern {
  ReadOneSide(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    auto movement = movementOf(op);
    auto join = movement ? movement->source.getDefiningOp<SelectOp>() : SelectOp();
    auto border = join ? borderOf(join) : std::nullopt;
    if (!border)
      return failure();
    auto range = rangeOf(movement->map.getResult(border->dim), shapeOf(op->getResult(0)));
    if (!range || (range->min < border->first && range->max >= border->first))
      return failure();
    Value side = range->max < border->first ? join.getLhs() : join.getRhs();
    rewriter.modifyOpInPlace(op, [&] { op->setOperand(0, side); });
    return success();
  }
};

template <typename Op> Value reduced(OpBuilder &b, ReindexReduceOp op, Value x, ArrayRef<int64_t> dims) {
  return Op::create(b, op.getLoc(), op.getType(), x, dims);
}

/// A scatter to quotients (x[i floordiv 2, j floordiv 2] += y[i, j], the gradient of an upsampling) adds up windows of
/// y that do not overlap: a pooling.
LogicalResult poolQuotients(ReindexReduceOp op, PatternRewriter &rewriter) {
  ArrayRef<int64_t> source = op.getY().getType().getShape(), target = op.getType().getShape();
  if (!op.getExtras().empty() || (op.getConditions() && !alwaysHolds(*op.getConditions(), source)) || windowSumOf(op))
    return failure();
  auto split = splitDims(simplifyOver(op.getMap(), source), source);
  if (!split || isOneOf(op.getKind(), {"and", "or", "xor"})) // no reduction over dims has these kinds
    return failure();
  Type element = op.getType().getElementType();
  auto reshaped = [&](ArrayRef<int64_t> shape, ArrayRef<AffineExpr> read) {
    return ReindexOp::create(rewriter, op.getLoc(), RankedTensorType::get(shape, element), op.getY(), ValueRange(),
                             AffineMap::get(shape.size(), 0, read, op.getContext()),
                             cast<TypedAttr>(rewriter.getZeroAttr(element)), IntegerSetAttr());
  };
  // Of an argument of the program, which no layout has turned, windows are added up as they lie.
  if (op.getKind() == "add" && !op.getY().getDefiningOp() &&
      WindowSum::match(split->map, split->shape, target, element)) {
    rewriter.replaceOpWithNewOp<ReindexReduceOp>(op, op.getType(), reshaped(split->shape, split->dims), ValueRange(),
                                                 op.getKindAttr(), AffineMapAttr::get(split->map), IntegerSetAttr());
    return success();
  }
  // Dimensions of the result first, then those of the windows.
  SmallVector<int64_t> order, shape, windows;
  for (auto [k, expr] : llvm::enumerate(split->map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || split->shape[dim.getPosition()] != target[k] || llvm::is_contained(order, dim.getPosition()))
      return failure();
    order.push_back(dim.getPosition());
  }
  for (int64_t dim = 0; dim < static_cast<int64_t>(split->shape.size()); ++dim)
    if (!llvm::is_contained(order, dim)) {
      windows.push_back(order.size());
      order.push_back(dim);
    }
  for (int64_t dim : order)
    shape.push_back(split->shape[dim]);
  SmallVector<AffineExpr> read;
  for (AffineExpr expr : split->dims)
    read.push_back(renameDims(expr, inverse(order)));
  Value y = reshaped(shape, read);
  Value result = op.getKind() == "add"   ? reduced<SumOp>(rewriter, op, y, windows)
                 : op.getKind() == "mul" ? reduced<ProdOp>(rewriter, op, y, windows)
                 : op.getKind() == "max" ? reduced<MaxOp>(rewriter, op, y, windows)
                                         : reduced<MinOp>(rewriter, op, y, windows);
  rewriter.replaceOp(op, result);
  return success();
}

struct MetaComposeReindexPass : metabang::meta::impl::MetaComposeReindexBase<MetaComposeReindexPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<ComposePattern, ReadOneSide>(&getContext());
    patterns.add(nameReindex);
    patterns.add(poolQuotients);
    TransposeOp::getCanonicalizationPatterns(patterns, &getContext());
    BroadcastOp::getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
