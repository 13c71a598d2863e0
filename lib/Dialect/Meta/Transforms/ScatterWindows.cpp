//===- ScatterWindows.cpp - sums of windows as movements of data ----------===//
#include "ScatterWindows.h"

#include "ScatterMap.h"
#include "metabang/Dialect/Meta/IR/IndexMap.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace metabang::meta;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

Value metabang::meta::reshaped(RewriterBase &rewriter, Location loc, Value source, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(source.getType());
  if (type.getShape() == shape)
    return source;
  AffineExpr linear = rewriter.getAffineConstantExpr(0);
  for (auto [dim, stride] : llvm::enumerate(rowMajorStrides(shape)))
    linear = linear + rewriter.getAffineDimExpr(dim) * stride;
  SmallVector<AffineExpr> indices;
  for (auto [dim, stride] : llvm::enumerate(rowMajorStrides(type.getShape()))) {
    AffineExpr quotient = linear.floorDiv(stride);
    indices.push_back(dim == 0 ? quotient : quotient % type.getDimSize(dim));
  }
  AffineMap map = simplifyOver(AffineMap::get(shape.size(), 0, indices, rewriter.getContext()), shape);
  return ReindexOp::create(rewriter, loc, RankedTensorType::get(shape, type.getElementType()), source, ValueRange(),
                           map, cast<TypedAttr>(rewriter.getZeroAttr(type.getElementType())), IntegerSetAttr());
}

namespace {
/// A component of the map: stride * start + tap + constant; without a start, the dim `tap` alone.
struct Component {
  int64_t start = -1, tap = -1, stride = 1, constant = 0;
};
} // namespace

/// The components of a linear map; nothing if a dim is in several of them or one has another form.
static std::optional<SmallVector<Component>> componentsOf(ReindexReduceOp op) {
  if (!op.getExtras().empty() || op.getConditions() || !isLinear(op.getMap()))
    return std::nullopt;
  ArrayRef<int64_t> source = shapeOf(op.getY());
  SmallVector<bool> used(source.size(), false);
  SmallVector<Component> components;
  for (AffineExpr expr : op.getMap().getResults()) {
    SmallVector<int64_t> coefficients = coefficientsOf(expr, source.size());
    Component component;
    component.constant = coefficients.back();
    for (auto [dim, factor] : llvm::enumerate(ArrayRef(coefficients).drop_back())) {
      if (factor == 0)
        continue;
      if (factor < 0 || used[dim])
        return std::nullopt;
      used[dim] = true;
      // Of two dims without a factor, the longer is where windows start.
      bool isTap = factor == 1 && (component.tap < 0 || (component.start < 0 && source[dim] <= source[component.tap]));
      if (isTap && component.tap >= 0)
        component.start = component.tap;
      if (!isTap && component.start >= 0)
        return std::nullopt;
      (isTap ? component.tap : component.start) = dim;
      if (!isTap)
        component.stride = factor;
    }
    if (component.tap < 0)
      return std::nullopt;
    components.push_back(component);
  }
  return components;
}

ReindexReduceOp metabang::meta::splitGroups(ReindexReduceOp op, RewriterBase &rewriter) {
  if (!op.getExtras().empty() || op.getConditions() || !isLinear(op.getMap()))
    return op;
  ArrayRef<int64_t> source = shapeOf(op.getY()), target = op.getType().getShape();
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> exprs;
  for (auto [size, expr] : llvm::zip(target, op.getMap().getResults())) {
    SmallVector<int64_t> coefficients = coefficientsOf(expr, source.size());
    int64_t group = -1, member = -1, terms = 0;
    for (auto [dim, factor] : llvm::enumerate(ArrayRef(coefficients).drop_back())) {
      terms += factor != 0;
      if (factor == 1)
        member = dim;
      else if (factor > 1)
        group = dim;
    }
    bool isGroup = terms == 2 && group >= 0 && member >= 0 && coefficients.back() == 0 &&
                   coefficients[group] == source[member] && source[group] * source[member] == size;
    if (isGroup) {
      shape.append({source[group], source[member]});
      exprs.append({rewriter.getAffineDimExpr(group), rewriter.getAffineDimExpr(member)});
    } else {
      shape.push_back(size);
      exprs.push_back(expr);
    }
  }
  if (shape.size() == target.size())
    return op;
  rewriter.setInsertionPoint(op);
  auto split = ReindexReduceOp::create(
      rewriter, op.getLoc(), op.getType().clone(shape), op.getY(), ValueRange(), op.getKindAttr(),
      AffineMapAttr::get(AffineMap::get(source.size(), 0, exprs, op.getContext())), IntegerSetAttr());
  rewriter.replaceOp(op, reshaped(rewriter, op.getLoc(), split, SmallVector<int64_t>(target)));
  return split;
}

namespace {
class WindowAdder {
public:
  WindowAdder(ReindexReduceOp op, RewriterBase &rewriter)
      : op(op), rewriter(rewriter), loc(op.getLoc()), element(op.getType().getElementType()) {}

  LogicalResult run();

private:
  Value pad(Value value, ArrayRef<int64_t> low, ArrayRef<int64_t> high) {
    if (llvm::all_of(low, [](int64_t n) { return n == 0; }) && llvm::all_of(high, [](int64_t n) { return n == 0; }))
      return value;
    SmallVector<int64_t> shape(shapeOf(value));
    for (size_t dim = 0; dim < shape.size(); ++dim)
      shape[dim] += low[dim] + high[dim];
    return PadOp::create(rewriter, loc, RankedTensorType::get(shape, element), value, low, high,
                         cast<TypedAttr>(rewriter.getZeroAttr(element)));
  }
  Value slice(Value value, ArrayRef<int64_t> offsets, ArrayRef<int64_t> shape) {
    if (shapeOf(value) == shape)
      return value;
    SmallVector<int64_t> ones(shape.size(), 1);
    return SliceOp::create(rewriter, loc, RankedTensorType::get(shape, element), value, offsets, ones);
  }
  /// Taps become pairs of a shift by whole strides and a rest; shifts are added up.
  Value addShifts(Value value, const Component &component);

  ReindexReduceOp op;
  RewriterBase &rewriter;
  Location loc;
  Type element;
};
} // namespace

Value WindowAdder::addShifts(Value value, const Component &component) {
  SmallVector<int64_t> shape(shapeOf(value)), zeros(shape.size(), 0), high = zeros;
  int64_t shifts = llvm::divideCeil(shape[component.tap], component.stride);
  high[component.tap] = shifts * component.stride - shape[component.tap];
  value = pad(value, zeros, high);
  if (shifts == 1)
    return value;
  Value sum;
  for (int64_t shift = 0; shift < shifts; ++shift) {
    SmallVector<int64_t> offsets(zeros), low(zeros), behind(zeros), part(shapeOf(value));
    offsets[component.tap] = shift * component.stride;
    part[component.tap] = component.stride;
    low[component.start] = shift;
    behind[component.start] = shifts - 1 - shift;
    Value moved = pad(slice(value, offsets, part), low, behind);
    sum = sum ? Value(BinaryOp::create(rewriter, loc, moved.getType(), sum, moved, "add")) : moved;
  }
  return sum;
}

/// More terms of a sum of shifted windows than this, and the windows are gathered.
static constexpr int64_t kMostShifts = 8;

LogicalResult WindowAdder::run() {
  Operation *producer = op.getY().getDefiningOp();
  auto binary = dyn_cast_or_null<BinaryOp>(producer);
  if (!producer || isa<BroadcastOp, ReindexOp>(producer) || (binary && binary.getKind() == "mul") ||
      op.getKind() != "add" || llvm::is_contained(shapeOf(op.getY()), 0) ||
      llvm::is_contained(op.getType().getShape(), 0))
    return failure();
  auto components = componentsOf(op);
  ArrayRef<int64_t> source = shapeOf(op.getY()), target = op.getType().getShape();
  if (!components || llvm::none_of(*components, [](const Component &c) { return c.start >= 0; }))
    return failure();
  SmallVector<bool> used(source.size(), false);
  for (auto [component, size] : llvm::zip(*components, target)) {
    if (component.start >= 0 && llvm::divideCeil(source[component.tap], component.stride) > kMostShifts)
      return failure();
    if (component.start < 0 && (component.constant != 0 || source[component.tap] != size))
      return failure();
    used[component.tap] = true;
    if (component.start >= 0)
      used[component.start] = true;
  }
  if (llvm::is_contained(used, false))
    return failure();

  rewriter.setInsertionPoint(op);
  Value value = op.getY();
  for (const Component &component : *components)
    if (component.start >= 0)
      value = addShifts(value, component);
  // Each rest beside the start it belongs to.
  SmallVector<int64_t> perm, permuted, whole, offsets, cut, low, high;
  for (auto [component, size] : llvm::zip(*components, target)) {
    int64_t extent = shapeOf(value)[component.tap];
    if (component.start >= 0) {
      perm.push_back(component.start);
      extent *= shapeOf(value)[component.start];
    }
    perm.push_back(component.tap);
    whole.push_back(extent);
    // Of `extent` elements from index `constant` on, those in the target.
    offsets.push_back(std::min<int64_t>(std::max<int64_t>(0, -component.constant), extent));
    low.push_back(std::min<int64_t>(std::max<int64_t>(0, component.constant), size));
    cut.push_back(std::max<int64_t>(0, std::min(extent - offsets.back(), size - low.back())));
    high.push_back(size - low.back() - cut.back());
  }
  if (llvm::is_contained(cut, 0))
    return failure();
  for (int64_t dim : perm)
    permuted.push_back(shapeOf(value)[dim]);
  if (!llvm::is_sorted(perm))
    value = TransposeOp::create(rewriter, loc, RankedTensorType::get(permuted, element), value, perm);
  value = reshaped(rewriter, loc, value, whole);
  rewriter.replaceOp(op, pad(slice(value, offsets, cut), low, high));
  return success();
}

LogicalResult metabang::meta::addWindows(ReindexReduceOp op, RewriterBase &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  return WindowAdder(op, rewriter).run();
}
