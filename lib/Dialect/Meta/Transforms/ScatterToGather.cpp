//===- ScatterToGather.cpp - meta-scatter-to-gather -----------------------===//
#include "ScatterFloors.h"
#include "ScatterMap.h"
#include "ScatterShifts.h"
#include "ScatterWindows.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "metabang/Dialect/Meta/IR/Movement.h"
#include "metabang/Dialect/Meta/IR/WindowSum.h"
#include "metabang/Dialect/Meta/Transforms/Passes.h"

#include "mlir/IR/PatternMatch.h"
#include <map>

namespace metabang::meta {
#define GEN_PASS_DEF_METASCATTERTOGATHER
#include "metabang/Dialect/Meta/Transforms/Passes.h.inc"
} // namespace metabang::meta

using namespace mlir;
using namespace metabang::meta;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

namespace {
/// Rebuilds what computes y over the new space of its scatter.
class Mover {
public:
  Mover(const ScatterMap &scatter, RewriterBase &rewriter, Location loc)
      : scatter(scatter), rewriter(rewriter), loc(loc) {}

  std::optional<Moved> move(Value value, unsigned depth = 0);
  /// Reads the value itself instead of rebuilding it: zero outside for every owner.
  std::optional<Moved> readWhole(Value value) {
    return readThrough(value, rewriter.getMultiDimIdentityMap(scatter.source.size()), {});
  }

private:
  std::optional<Moved> moveElementwise(Operation *op, unsigned depth);
  std::optional<Moved> read(Value value);
  std::optional<Moved> readThrough(Value source, AffineMap map, TypedAttr overflow);
  Value dilated(Value source, ArrayRef<int64_t> strides);
  Value reversed(Value source, int64_t position);
  llvm::SmallBitVector none() const { return llvm::SmallBitVector(scatter.source.size()); }

  const ScatterMap &scatter;
  RewriterBase &rewriter;
  Location loc;
  std::map<void *, std::optional<Moved>> known;
};
} // namespace

std::optional<Moved> Mover::move(Value value, unsigned depth) {
  auto [it, isNew] = known.try_emplace(value.getAsOpaquePointer());
  if (!isNew)
    return it->second;
  std::optional<Moved> result;
  Operation *op = value.getDefiningOp();
  if (depth < 16 && isa_and_present<BinaryOp, SelectOp, CompareOp, CastOp>(op))
    result = moveElementwise(op, depth);
  if (!result)
    result = read(value);
  known[value.getAsOpaquePointer()] = result;
  return result;
}

std::optional<Moved> Mover::moveElementwise(Operation *op, unsigned depth) {
  SmallVector<Moved> operands;
  for (Value operand : op->getOperands()) {
    auto moved = move(operand, depth + 1);
    if (!moved)
      return std::nullopt;
    operands.push_back(*moved);
  }
  return movedOver(rewriter, op, operands, scatter.shape);
}

std::optional<Moved> Mover::read(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast_if_present<ConstantOp>(op))
    if (auto splat = dyn_cast<SplatElementsAttr>(constant.getValue())) {
      auto type = RankedTensorType::get(scatter.shape, splat.getElementType());
      auto all = DenseElementsAttr::get(type, splat.getSplatValue<Attribute>());
      return Moved{ConstantOp::create(rewriter, loc, type, all).getResult(), none()};
    }
  if (auto movement = movementOf(op); movement && !movement->conditions && isLinear(movement->map))
    if (auto moved = readThrough(movement->source, movement->map, movement->overflow))
      return moved;
  return readWhole(value);
}

/// source[map(i)] over the new space, with the overflow value of a map that may leave the source over y. Owners that
/// are a whole dimension of `source` read zero outside.
std::optional<Moved> Mover::readThrough(Value source, AffineMap map, TypedAttr overflow) {
  Moved result{source, none()};
  SmallVector<AffineExpr> indices;
  SmallVector<int64_t> strides(shapeOf(source).size(), 1);
  for (auto [k, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    int64_t position = dim ? dim.getPosition() : -1;
    bool whole = dim && shapeOf(source)[k] == scatter.source[position];
    if (whole && scatter.owns(position)) {
      if (scatter.mayLeave(position))
        result.zeroOutside.set(position);
      strides[k] = scatter.strideOf[position];
      indices.push_back(scatter.numerator(position));
      continue;
    }
    if (whole && scatter.isReversed(position)) {
      result.value = reversed(result.value, k);
      // The dim itself: its numerator is size - 1 - dim.
      indices.push_back(
          simplifyAffineExpr(scatter.source[position] - 1 - scatter.numerator(position), scatter.shape.size(), 0));
      continue;
    }
    auto index = scatter.substitute(expr);
    if (!index)
      return std::nullopt;
    indices.push_back(*index);
  }
  result.value = dilated(result.value, strides);
  auto element = cast<RankedTensorType>(source.getType()).getElementType();
  auto zero = cast<TypedAttr>(rewriter.getZeroAttr(element));
  if (overflow && overflow != zero && result.zeroOutside.any())
    return std::nullopt; // one value for two kinds of outside
  auto newMap = AffineMap::get(scatter.shape.size(), 0, indices, rewriter.getContext());
  result.value = ReindexOp::create(rewriter, loc, RankedTensorType::get(scatter.shape, element), result.value,
                                   ValueRange(), newMap, overflow ? overflow : zero, IntegerSetAttr());
  return result;
}

/// Dimension k with strides[k] - 1 zeros behind each element: a pad of new dimensions between two reshapes.
Value Mover::dilated(Value source, ArrayRef<int64_t> strides) {
  if (llvm::all_of(strides, [](int64_t stride) { return stride == 1; }))
    return source;
  SmallVector<int64_t> split, padded, joined, high;
  for (auto [size, stride] : llvm::zip(shapeOf(source), strides)) {
    split.push_back(size);
    padded.push_back(size);
    high.push_back(0);
    joined.push_back(size * stride);
    if (stride > 1) {
      split.push_back(1);
      padded.push_back(stride);
      high.push_back(stride - 1);
    }
  }
  auto element = cast<RankedTensorType>(source.getType()).getElementType();
  SmallVector<int64_t> low(high.size(), 0);
  Value pad =
      PadOp::create(rewriter, loc, RankedTensorType::get(padded, element), reshaped(rewriter, loc, source, split), low,
                    high, cast<TypedAttr>(rewriter.getZeroAttr(element)));
  return reshaped(rewriter, loc, pad, joined);
}

Value Mover::reversed(Value source, int64_t position) {
  auto type = cast<RankedTensorType>(source.getType());
  SmallVector<AffineExpr> indices;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    AffineExpr expr = rewriter.getAffineDimExpr(dim);
    indices.push_back(dim == position ? type.getDimSize(dim) - 1 - expr : expr);
  }
  return ReindexOp::create(rewriter, loc, type, source, ValueRange(),
                           AffineMap::get(type.getRank(), 0, indices, rewriter.getContext()),
                           cast<TypedAttr>(rewriter.getZeroAttr(type.getElementType())), IntegerSetAttr());
}

static LogicalResult gatherInstead(ReindexReduceOp op, RewriterBase &rewriter) {
  if (op.getKind() != "add")
    return failure();
  if (succeeded(addFloors(op, rewriter)))
    return success();
  auto scatter = ScatterMap::match(op);
  if (!scatter)
    return failure();
  double work = 1;
  for (int64_t size : scatter->shape)
    work *= size;
  for (int64_t size : scatter->source)
    work /= size;
  if (work > kMostWork)
    return failure();

  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(op);
  Mover mover(*scatter, rewriter, op.getLoc());
  auto isZeroOutside = [&](const Moved &moved) {
    return llvm::all_of(llvm::seq<unsigned>(0, scatter->source.size()),
                        [&](unsigned dim) { return !scatter->mayLeave(dim) || moved.zeroOutside.test(dim); });
  };
  auto moved = mover.move(op.getY());
  if (!moved || !isZeroOutside(*moved))
    moved = mover.readWhole(op.getY());
  if (!moved)
    return failure();
  SmallVector<int64_t> summed;
  for (unsigned dim = scatter->targetRank; dim < scatter->shape.size(); ++dim)
    summed.push_back(dim);
  Value result = moved->value;
  if (!summed.empty())
    result = SumOp::create(rewriter, op.getLoc(), op.getType(), result, summed);
  rewriter.replaceOp(op, result);
  return success();
}

/// Whether windows that lie in memory are added up: they are brought once, not computed for each place they go to.
static bool addsStoredWindows(ReindexReduceOp op) {
  Operation *producer = op.getY().getDefiningOp();
  while (auto reindex = dyn_cast_or_null<ReindexOp>(producer)) {
    if (!isRowMajorReshape(reindex.getMap(), reindex.getType().getShape(), reindex.getX().getType().getShape()))
      return false;
    producer = reindex.getX().getDefiningOp();
  }
  return (!producer || isa<TransposeOp, SumOp>(producer)) && windowSumOf(op);
}

namespace {
struct MetaScatterToGatherPass : metabang::meta::impl::MetaScatterToGatherBase<MetaScatterToGatherPass> {
  void runOnOperation() override {
    SmallVector<ReindexReduceOp> scatters;
    getOperation().walk([&](ReindexReduceOp op) { scatters.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (ReindexReduceOp op : scatters)
      if (ReindexReduceOp groups = splitGroups(op, rewriter); addsStoredWindows(groups))
        continue;
      else if (ReindexReduceOp split = tapsFirst(groups, rewriter);
               failed(addShifted(split, rewriter)) && failed(addWindows(split, rewriter)))
        (void)gatherInstead(split,
                            rewriter); // what it began and gave up is dead and goes with the next canonicalisation
  }
};
} // namespace
