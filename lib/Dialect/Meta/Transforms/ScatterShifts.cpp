//===- ScatterShifts.cpp - sums of windows that lie in memory -------------===//
#include "ScatterShifts.h"

#include "ScatterMap.h"
#include "metabang/Dialect/Meta/IR/IndexMap.h"

using namespace mlir;
using namespace metabang::meta;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

/// Planes that are added up, at most.
static constexpr int64_t kMostTaps = 25;

namespace {
/// A component of the map: stride * start + factor * tap + constant; tap -1: it has none.
struct Window {
  int64_t start = -1, tap = -1, stride = 1, factor = 0, constant = 0;
};

struct Shifts {
  ReindexReduceOp op;
  RewriterBase &rewriter;
  SmallVector<Window> windows{};

  LogicalResult match();
  SmallVector<int64_t> order();
  Value plane(Value flat, int64_t number, ArrayRef<int64_t> taps);
  Value reshaped(Value value, ArrayRef<int64_t> shape);
  RankedTensorType typeOf(ArrayRef<int64_t> shape) { return op.getType().clone(shape); }
  TypedAttr zero() { return cast<TypedAttr>(rewriter.getZeroAttr(op.getType().getElementType())); }
};
} // namespace

LogicalResult Shifts::match() {
  Operation *producer = op.getY().getDefiningOp();
  if ((producer && !isa<TransposeOp>(producer)) || op.getKind() != "add" || !op.getExtras().empty() ||
      op.getConditions() || !isLinear(op.getMap()) || llvm::is_contained(shapeOf(op.getY()), 0) ||
      llvm::is_contained(op.getType().getShape(), 0))
    return failure();
  ArrayRef<int64_t> source = shapeOf(op.getY());
  SmallVector<bool> used(source.size(), false);
  int64_t taps = 1;
  for (AffineExpr expr : op.getMap().getResults()) {
    SmallVector<int64_t> coefficients = coefficientsOf(expr, source.size());
    Window window;
    window.constant = coefficients.back();
    for (auto [dim, factor] : llvm::enumerate(ArrayRef(coefficients).drop_back())) {
      if (factor == 0)
        continue;
      if (factor < 0 || used[dim] || window.tap >= 0)
        return failure();
      used[dim] = true;
      if (window.start < 0) {
        window.start = dim, window.stride = factor;
        continue;
      }
      window.tap = dim, window.factor = factor;
      if (source[window.tap] > source[window.start]) // the shorter one is the window
        std::swap(window.tap, window.start), std::swap(window.factor, window.stride);
    }
    if (window.start < 0)
      return failure();
    if (window.tap >= 0)
      taps *= source[window.tap];
    windows.push_back(window);
  }
  return success(taps > 1 && taps <= kMostTaps && !llvm::is_contained(used, false));
}

/// The dims of y: taps, then starts, both in the order of the map.
SmallVector<int64_t> Shifts::order() {
  SmallVector<int64_t> perm;
  for (const Window &window : windows)
    if (window.tap >= 0)
      perm.push_back(window.tap);
  for (const Window &window : windows)
    perm.push_back(window.start);
  return perm;
}

Value Shifts::reshaped(Value value, ArrayRef<int64_t> shape) {
  if (shapeOf(value) == shape)
    return value;
  AffineExpr linear = rewriter.getAffineConstantExpr(0);
  for (auto [dim, stride] : llvm::enumerate(rowMajorStrides(shape)))
    linear = linear + rewriter.getAffineDimExpr(dim) * stride;
  SmallVector<AffineExpr> indices;
  for (auto [dim, stride] : llvm::enumerate(rowMajorStrides(shapeOf(value)))) {
    AffineExpr quotient = linear.floorDiv(stride);
    indices.push_back(dim == 0 ? quotient : quotient % shapeOf(value)[dim]);
  }
  AffineMap map = simplifyOver(AffineMap::get(shape.size(), 0, indices, rewriter.getContext()), shape);
  return ReindexOp::create(rewriter, op.getLoc(), typeOf(shape), value, ValueRange(), map, zero(), IntegerSetAttr());
}

/// y[i, k] for one k, shifted to its place in x; `flat` are all planes, one behind the other.
Value Shifts::plane(Value flat, int64_t number, ArrayRef<int64_t> taps) {
  Location loc = op.getLoc();
  SmallVector<int64_t> offsets(windows.size(), 0), ones(windows.size(), 1), shape;
  for (const Window &window : windows)
    shape.push_back(shapeOf(op.getY())[window.start]);
  offsets[0] = number * shape[0];
  Value value = SliceOp::create(rewriter, loc, typeOf(shape), flat, offsets, ones);
  SmallVector<AffineExpr> read;
  size_t tap = 0;
  for (auto [dim, window] : llvm::enumerate(windows))
    read.push_back(rewriter.getAffineDimExpr(dim) - window.constant -
                   (window.tap >= 0 ? window.factor * taps[tap++] : 0));
  return ReindexOp::create(rewriter, loc, op.getType(), value, ValueRange(),
                           AffineMap::get(windows.size(), 0, read, op.getContext()), zero(), IntegerSetAttr());
}

ReindexReduceOp metabang::meta::tapsFirst(ReindexReduceOp op, RewriterBase &rewriter) {
  Shifts shifts{op, rewriter};
  if (failed(shifts.match()))
    return op;
  SmallVector<int64_t> perm = shifts.order();
  if (isIdentity(perm))
    return op;
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  auto turned = TransposeOp::create(rewriter, op.getLoc(), op.getY(), perm);
  return rewriter.replaceOpWithNewOp<ReindexReduceOp>(op, op.getType(), turned, ValueRange(), op.getKindAttr(),
                                                      AffineMapAttr::get(renameDims(op.getMap(), inverse(perm))),
                                                      IntegerSetAttr());
}

LogicalResult metabang::meta::addShifted(ReindexReduceOp op, RewriterBase &rewriter) {
  Shifts shifts{op, rewriter};
  if (failed(shifts.match()) || !isIdentity(shifts.order()) ||
      llvm::any_of(shifts.windows, [](const Window &window) { return window.stride != 1; }))
    return failure();
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  ArrayRef<int64_t> source = shapeOf(op.getY());
  SmallVector<int64_t> counts(source.drop_back(shifts.windows.size())), all(source.take_back(shifts.windows.size()));
  int64_t planes = ShapedType::getNumElements(counts);
  all[0] *= planes;
  Value flat = shifts.reshaped(op.getY(), all), sum;
  for (int64_t number = 0; number < planes; ++number) {
    SmallVector<int64_t> taps(counts.size());
    int64_t rest = number;
    for (size_t k = counts.size(); k-- > 0;)
      taps[k] = rest % counts[k], rest /= counts[k];
    Value plane = shifts.plane(flat, number, taps);
    sum = sum ? Value(BinaryOp::create(rewriter, op.getLoc(), op.getType(), sum, plane, "add")) : plane;
  }
  rewriter.replaceOp(op, sum);
  return success();
}
