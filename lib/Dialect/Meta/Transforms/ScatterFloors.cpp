//===- ScatterFloors.cpp - sums by quotients of indices -------------------===//
//
// x[G(i) + k] += y[i, k] with G(i) = floor((a·i + b) / c) and k in [0, K). G never falls, so the i that come to j are
// neighbours: those with c·(j - K + 1) <= a·i + b < c·(j + 1), at most ceil(c·K / a) from the first one on. With
// i = first(j) + t and k = j - G(i), x[j] is the sum of y over t where the upper bound holds.
//
//===----------------------------------------------------------------------===//
#include "ScatterFloors.h"

#include "ScatterMap.h"
#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "metabang/Dialect/Meta/IR/Movement.h"

#include "llvm/Support/MathExtras.h"
#include <map>

using namespace mlir;
using namespace metabang::meta;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

namespace {
/// A component of the map: dim `i` alone (c 1), its quotient, and a dim `k` added to it; i -1: the constant 0.
struct Quotient {
  int64_t i = -1, k = -1, a = 1, b = 0, c = 1;
  bool isPlain() const { return k < 0 && a == 1 && b == 0 && c == 1; }
};

class Floors {
public:
  Floors(ReindexReduceOp op, RewriterBase &rewriter) : op(op), rewriter(rewriter) {}
  LogicalResult match();
  LogicalResult rewrite();

private:
  LogicalResult matchExpr(AffineExpr expr, Quotient &quotient);
  void solve();
  /// A value of y's shape over the new space; of the one way to leave y, that no element of it is there.
  std::optional<Moved> move(Value value, unsigned depth = 0);
  Moved read(Value value);
  Moved readWhole(Value value);
  Value readThrough(Value source, AffineMap map, bool limited, TypedAttr overflow);
  AffineExpr substitute(AffineExpr expr);

  ReindexReduceOp op;
  RewriterBase &rewriter;
  SmallVector<Quotient> quotients;
  SmallVector<int64_t> shape; // of the new space: x's dims, then one for each t and each dim that the map does not use
  SmallVector<AffineExpr> replacements; // of y's dims
  SmallVector<AffineExpr> results;      // of the map, with dims of one element as 0
  IntegerSet inside;                    // where the new space has an element of y
  std::map<void *, std::optional<Moved>> known;
  const llvm::SmallBitVector isZero{1, true}, notZero{1, false};
};
} // namespace

/// Dims of one element become 0.
static AffineExpr withoutOnes(AffineExpr expr, ArrayRef<int64_t> shape) {
  SmallVector<AffineExpr> dims;
  for (auto [dim, size] : llvm::enumerate(shape))
    dims.push_back(size == 1 ? getAffineConstantExpr(0, expr.getContext()) : getAffineDimExpr(dim, expr.getContext()));
  return simplifyAffineExpr(expr.replaceDims(dims), shape.size(), 0);
}

LogicalResult Floors::matchExpr(AffineExpr expr, Quotient &quotient) {
  ArrayRef<int64_t> source = shapeOf(op.getY());
  unsigned rank = source.size();
  if (isLinear(expr)) {
    SmallVector<int64_t> coefficients = coefficientsOf(expr, rank);
    int64_t dims = 0;
    for (unsigned dim = 0; dim < rank; ++dim) {
      if (coefficients[dim] == 0)
        continue;
      ++dims;
      // Of two dims, that without a factor, or the shorter one, is within the window.
      bool isLess = quotient.i >= 0 && (coefficients[dim] < quotient.a ||
                                        (coefficients[dim] == quotient.a && source[dim] < source[quotient.i]));
      if (isLess) {
        quotient.k = dim;
        continue;
      }
      quotient.k = quotient.i;
      quotient.i = dim, quotient.a = coefficients[dim];
    }
    quotient.b = coefficients.back();
    if (quotient.k >= 0 && coefficients[quotient.k] != 1)
      return failure();
    return success(quotient.a > 0 && dims <= 2);
  }
  if (expr.getKind() == AffineExprKind::Add) {
    auto sum = cast<AffineBinaryOpExpr>(expr);
    auto [floor, rest] =
        isLinear(sum.getLHS()) ? std::pair(sum.getRHS(), sum.getLHS()) : std::pair(sum.getLHS(), sum.getRHS());
    Quotient tap;
    if (!isLinear(rest) || failed(matchExpr(floor, quotient)) || quotient.k >= 0 || failed(matchExpr(rest, tap)) ||
        tap.a != 1 || tap.k >= 0)
      return failure();
    quotient.k = tap.i;
    quotient.b += quotient.c * tap.b;
    return success();
  }
  auto division = dyn_cast<AffineBinaryOpExpr>(expr);
  if (expr.getKind() != AffineExprKind::FloorDiv || !isa<AffineConstantExpr>(division.getRHS()) ||
      !isLinear(division.getLHS()) || failed(matchExpr(division.getLHS(), quotient)) || quotient.k >= 0)
    return failure();
  quotient.c = cast<AffineConstantExpr>(division.getRHS()).getValue();
  return success(quotient.i >= 0 && quotient.c > 0);
}

LogicalResult Floors::match() {
  ArrayRef<int64_t> source = shapeOf(op.getY()), target = op.getType().getShape();
  if (op.getKind() != "add" || !op.getExtras().empty() || llvm::is_contained(target, 0) ||
      llvm::is_contained(source, 0) || isLinear(op.getMap()))
    return failure();
  llvm::SmallBitVector used(source.size());
  bool isSplit = true; // whole dims by their factors: compositions and SplitDims sum them without a gather
  for (auto [size, expr] : llvm::zip(target, op.getMap().getResults())) {
    Quotient &quotient = quotients.emplace_back();
    results.push_back(withoutOnes(expr, source));
    if (failed(matchExpr(results.back(), quotient)) || (quotient.i < 0 && (size != 1 || quotient.b != 0)))
      return failure();
    isSplit &= quotient.k < 0 && quotient.a == 1 && quotient.b == 0 &&
               (quotient.i < 0 || source[quotient.i] == quotient.c * size);
    for (int64_t dim : {quotient.i, quotient.k}) {
      if (dim >= 0 && used.test(dim))
        return failure();
      if (dim >= 0)
        used.set(dim);
    }
  }
  return failure(isSplit);
}

/// i and k of each component, the new space, and where it has elements of y.
void Floors::solve() {
  MLIRContext *context = op.getContext();
  ArrayRef<int64_t> source = shapeOf(op.getY());
  shape.assign(op.getType().getShape().begin(), op.getType().getShape().end());
  replacements.assign(source.size(), AffineExpr());
  SmallVector<AffineExpr> conditions;
  for (auto [position, q] : llvm::enumerate(quotients)) {
    AffineExpr j = getAffineDimExpr(position, context);
    if (q.i < 0)
      continue;
    if (q.isPlain()) {
      replacements[q.i] = j;
      continue;
    }
    int64_t K = q.k < 0 ? 1 : source[q.k];
    AffineExpr t = getAffineDimExpr(shape.size(), context);
    shape.push_back(llvm::divideCeil(q.c * K, q.a));
    AffineExpr i = ((j - (K - 1)) * q.c - q.b + (q.a - 1)).floorDiv(q.a) + t;
    replacements[q.i] = i;
    if (q.k >= 0)
      replacements[q.k] = j - (i * q.a + q.b).floorDiv(q.c);
    conditions.push_back((j + 1) * q.c - 1 - q.b - i * q.a);
  }
  for (auto [dim, size] : llvm::enumerate(source)) {
    if (replacements[dim])
      continue;
    replacements[dim] = getAffineConstantExpr(0, context);
    if (size > 1) { // the map does not use it
      replacements[dim] = getAffineDimExpr(shape.size(), context);
      shape.push_back(size);
    }
  }
  for (const Quotient &q : quotients)
    if (q.i >= 0) {
      conditions.push_back(replacements[q.i]);
      conditions.push_back(source[q.i] - 1 - replacements[q.i]);
    }
  if (op.getConditions())
    for (AffineExpr each : op.getConditions()->getConstraints())
      conditions.push_back(each.replaceDims(replacements));
  SmallVector<AffineExpr> kept;
  for (AffineExpr each : conditions) {
    each = simplifyOver(simplifyAffineExpr(each, shape.size(), 0), shape);
    if (auto range = rangeOf(each, shape); !range || range->min < 0)
      kept.push_back(each);
  }
  if (kept.empty())
    kept.push_back(getAffineConstantExpr(0, context));
  inside = IntegerSet::get(shape.size(), 0, kept, SmallVector<bool>(kept.size(), false));
}

/// Over the new space; a component of the map itself is the index of x.
AffineExpr Floors::substitute(AffineExpr expr) {
  AffineExpr plain = withoutOnes(expr, shapeOf(op.getY()));
  for (auto [position, result] : llvm::enumerate(results))
    if (plain == result)
      return getAffineDimExpr(position, expr.getContext());
  return simplifyOver(simplifyAffineExpr(expr.replaceDims(replacements), shape.size(), 0), shape);
}

Value Floors::readThrough(Value source, AffineMap map, bool limited, TypedAttr overflow) {
  SmallVector<AffineExpr> indices;
  for (AffineExpr expr : map.getResults())
    indices.push_back(substitute(expr));
  auto type = RankedTensorType::get(shape, cast<RankedTensorType>(source.getType()).getElementType());
  return ReindexOp::create(rewriter, op.getLoc(), type, source, ValueRange(),
                           AffineMap::get(shape.size(), 0, indices, op.getContext()), overflow,
                           limited ? IntegerSetAttr::get(inside) : IntegerSetAttr());
}

Moved Floors::readWhole(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  auto zero = cast<TypedAttr>(rewriter.getZeroAttr(type.getElementType()));
  return Moved{readThrough(value, rewriter.getMultiDimIdentityMap(type.getRank()), true, zero), isZero};
}

Moved Floors::read(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  auto zero = cast<TypedAttr>(rewriter.getZeroAttr(type.getElementType()));
  if (auto constant = dyn_cast_if_present<ConstantOp>(value.getDefiningOp()))
    if (auto splat = dyn_cast<SplatElementsAttr>(constant.getValue())) {
      auto all = DenseElementsAttr::get(RankedTensorType::get(shape, splat.getElementType()),
                                        splat.getSplatValue<Attribute>());
      return Moved{ConstantOp::create(rewriter, op.getLoc(), all.getType(), all).getResult(), notZero};
    }
  if (auto movement = movementOf(value.getDefiningOp())) {
    // What the scatter undoes is read as it is: no element of y is where its conditions do not hold.
    bool undone = movement->conditions == op.getConditions() && llvm::all_of(movement->map.getResults(), [&](auto e) {
                    return llvm::is_contained(results, withoutOnes(e, shapeOf(value)));
                  });
    if (undone)
      return Moved{readThrough(movement->source, movement->map, false, movement->overflow ? movement->overflow : zero),
                   notZero};
    if (!movement->conditions && (!movement->overflow || movement->overflow == zero))
      return Moved{readThrough(movement->source, movement->map, true, zero), isZero};
  }
  return readWhole(value);
}

std::optional<Moved> Floors::move(Value value, unsigned depth) {
  auto [it, isNew] = known.try_emplace(value.getAsOpaquePointer());
  if (!isNew)
    return it->second;
  std::optional<Moved> result;
  Operation *producer = value.getDefiningOp();
  if (depth < 16 && isa_and_present<BinaryOp, SelectOp, CompareOp, CastOp>(producer)) {
    SmallVector<Moved> operands;
    for (Value operand : producer->getOperands())
      if (auto moved = move(operand, depth + 1))
        operands.push_back(*moved);
    if (operands.size() == producer->getNumOperands())
      result = movedOver(rewriter, producer, operands, shape);
  }
  if (!result)
    result = read(value);
  return known[value.getAsOpaquePointer()] = result;
}

LogicalResult Floors::rewrite() {
  solve();
  double work = 1;
  for (int64_t size : shape)
    work *= size;
  for (int64_t size : shapeOf(op.getY()))
    work /= size;
  if (work > kMostWork)
    return failure();
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  std::optional<Moved> y = move(op.getY());
  if (!y || y->zeroOutside.none())
    y = readWhole(op.getY());
  SmallVector<int64_t> summed;
  for (int64_t dim = op.getType().getRank(); dim < static_cast<int64_t>(shape.size()); ++dim)
    summed.push_back(dim);
  rewriter.replaceOp(op, SumOp::create(rewriter, op.getLoc(), op.getType(), y->value, summed).getResult());
  return success();
}

LogicalResult metabang::meta::addFloors(ReindexReduceOp op, RewriterBase &rewriter) {
  Floors floors(op, rewriter);
  return success(succeeded(floors.match()) && succeeded(floors.rewrite()));
}
