//===- Movement.cpp - operators that only move data -----------------------===//
#include "metabang/Dialect/Meta/IR/Movement.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace metabang::meta;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

static AffineMap mapOf(BroadcastOp op) {
  Builder b(op.getContext());
  SmallVector<AffineExpr> results;
  for (auto [k, dim] : llvm::enumerate(op.getDims())) {
    bool stretches = shapeOf(op.getX())[k] == 1 && op.getType().getDimSize(dim) != 1;
    results.push_back(stretches ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(dim));
  }
  return AffineMap::get(op.getType().getRank(), 0, results, op.getContext());
}

static AffineMap mapOf(PadOp op) {
  SmallVector<AffineExpr> results;
  for (auto [k, low] : llvm::enumerate(op.getLow()))
    results.push_back(getAffineDimExpr(k, op.getContext()) - low);
  return AffineMap::get(results.size(), 0, results, op.getContext());
}

static AffineMap mapOf(SliceOp op) {
  SmallVector<AffineExpr> results;
  for (auto [k, offset, stride] : llvm::enumerate(op.getOffsets(), op.getStrides()))
    results.push_back(getAffineDimExpr(k, op.getContext()) * stride + offset);
  return AffineMap::get(results.size(), 0, results, op.getContext());
}

static AffineMap mapOf(TransposeOp op) {
  SmallVector<AffineExpr> results;
  for (int64_t k : inverse(op.getPerm()))
    results.push_back(getAffineDimExpr(k, op.getContext()));
  return AffineMap::get(results.size(), 0, results, op.getContext());
}

std::optional<Movement> metabang::meta::movementOf(Operation *op) {
  if (auto broadcast = dyn_cast_if_present<BroadcastOp>(op))
    return Movement{broadcast.getX(), mapOf(broadcast), {}, {}};
  if (auto transpose = dyn_cast_if_present<TransposeOp>(op))
    return Movement{transpose.getX(), mapOf(transpose), {}, {}};
  if (auto slice = dyn_cast_if_present<SliceOp>(op))
    return Movement{slice.getX(), mapOf(slice), {}, {}};
  if (auto pad = dyn_cast_if_present<PadOp>(op))
    return Movement{pad.getX(), mapOf(pad), pad.getValue(), {}};
  auto reindex = dyn_cast_if_present<ReindexOp>(op);
  if (!reindex || !reindex.getExtras().empty())
    return std::nullopt;
  Movement movement{reindex.getX(), reindex.getMap(), reindex.getOverflowValue(), reindex.getConditions()};
  ArrayRef<int64_t> shape = reindex.getType().getShape();
  if (movement.conditions && alwaysHolds(*movement.conditions, shape))
    movement.conditions.reset();
  if (!movement.conditions && staysInside(movement.map, shape, shapeOf(movement.source)))
    movement.overflow = {};
  return movement;
}

std::optional<Border> metabang::meta::borderOf(SelectOp op) {
  auto compare = op.getCondition().getDefiningOp<CompareOp>();
  auto index = compare ? compare.getLhs().getDefiningOp<IndexOp>() : IndexOp();
  SplatElementsAttr splat;
  if (!index || compare.getKind() != "lt" || !matchPattern(compare.getRhs(), m_Constant(&splat)) ||
      !isa<IntegerType>(splat.getElementType()))
    return std::nullopt;
  Border border{static_cast<int64_t>(index.getDim()), splat.getSplatValue<APInt>().getSExtValue()};
  if (border.first <= 0 || border.first >= op.getType().getDimSize(border.dim))
    return std::nullopt;
  return border;
}
