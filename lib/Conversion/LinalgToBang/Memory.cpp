//===- Memory.cpp - Buffers as the builtins see them ----------------------===//
#include "Memory.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace metabang;

int64_t l2b::elementBytes(Type type) { return type.isIndex() ? 8 : (type.getIntOrFloatBitWidth() + 7) / 8; }

FailureOr<SmallVector<int64_t>> l2b::stridesOf(Value memref) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(typeOf(memref).getStridesAndOffset(strides, offset)) ||
      llvm::any_of(strides, [](int64_t s) { return ShapedType::isDynamic(s); }))
    return failure();
  return strides;
}

Value l2b::rootOf(Value memref) {
  while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
    memref = view.getViewSource();
  return memref;
}

bool l2b::mayAlias(Value a, Value b) {
  a = rootOf(a), b = rootOf(b);
  if (a == b)
    return true;
  // Two allocations are apart, and an allocation on chip is apart from memory in another space.
  bool allocA = a.getDefiningOp<memref::AllocOp>(), allocB = b.getDefiningOp<memref::AllocOp>();
  return !(allocA && allocB) && spaceOf(a) == spaceOf(b);
}

/// Dimension of the subview's source that became `dim` of its result.
static int64_t sourceDim(memref::SubViewOp view, int64_t dim) {
  llvm::SmallBitVector dropped = view.getDroppedDims();
  for (int64_t source = 0;; ++source)
    if (!dropped[source] && dim-- == 0)
      return source;
}

OpFoldResult l2b::sizeOf(OpBuilder &b, Location loc, Value memref, int64_t dim) {
  if (!typeOf(memref).isDynamicDim(dim))
    return b.getIndexAttr(typeOf(memref).getDimSize(dim));
  if (auto view = memref.getDefiningOp<memref::SubViewOp>())
    return view.getMixedSizes()[sourceDim(view, dim)];
  if (auto cast = memref.getDefiningOp<memref::CastOp>())
    return sizeOf(b, loc, cast.getSource(), dim);
  if (auto view = memref.getDefiningOp<memref::ReinterpretCastOp>())
    return view.getMixedSizes()[dim];
  if (auto view = memref.getDefiningOp<memref::ExpandShapeOp>())
    return view.getMixedOutputShape()[dim];
  return memref::DimOp::create(b, loc, memref, dim).getResult();
}

int64_t l2b::boundOf(Value memref, int64_t dim) {
  if (!typeOf(memref).isDynamicDim(dim))
    return typeOf(memref).getDimSize(dim);
  if (auto view = memref.getDefiningOp<memref::SubViewOp>()) {
    int64_t source = sourceDim(view, dim), bound = boundOf(view.getSource(), source);
    ValueBoundsConstraintSet::Variable size(view.getMixedSizes()[source]);
    FailureOr<int64_t> high = ValueBoundsConstraintSet::computeConstantBound(presburger::BoundType::UB, size, nullptr, true);
    return succeeded(high) && *high > 0 ? std::min(*high, bound) : bound;
  }
  if (auto cast = memref.getDefiningOp<memref::CastOp>())
    return boundOf(cast.getSource(), dim);
  if (auto collapse = memref.getDefiningOp<memref::CollapseShapeOp>()) {
    int64_t bound = 1;
    for (int64_t source : collapse.getReassociationIndices()[dim])
      bound *= boundOf(collapse.getSrc(), source);
    return bound;
  }
  // Anything else: no more than the whole buffer.
  Value root = rootOf(memref);
  return typeOf(root).hasStaticShape() ? typeOf(root).getNumElements() : int64_t(1) << 30;
}

/// Whether `view` keeps the last dimension of its source whole.
static bool keepsRows(memref::SubViewOp view) {
  int64_t last = view.getSourceType().getRank() - 1;
  if (last < 0 || view.getDroppedDims()[last])
    return false;
  OpFoldResult size = view.getMixedSizes()[last];
  return isConstantIntValue(view.getMixedOffsets()[last], 0) &&
         isConstantIntValue(size, view.getSourceType().getDimSize(last));
}

int64_t l2b::ownedWidth(Value memref) {
  int64_t rank = typeOf(memref).getRank();
  if (rank == 0)
    return 1;
  if (auto view = memref.getDefiningOp<memref::SubViewOp>()) {
    if (view->hasAttr(kPaddedAttr) || keepsRows(view))
      return ownedWidth(view.getSource());
    // A remainder at the front of its rows may use the rows to the end.
    bool front = !view.getDroppedDims().any() && isConstantIntValue(view.getMixedOffsets().back(), 0);
    if (typeOf(memref).isDynamicDim(rank - 1))
      return front ? ownedWidth(view.getSource()) : 0;
  }
  if (auto cast = memref.getDefiningOp<memref::CastOp>())
    return ownedWidth(cast.getSource());
  return typeOf(memref).isDynamicDim(rank - 1) ? 0 : typeOf(memref).getDimSize(rank - 1);
}

int64_t l2b::vectorRoom(Value memref) {
  if (memref.getDefiningOp<memref::AllocOp>())
    return typeOf(memref).getNumElements();
  if (auto view = memref.getDefiningOp<memref::SubViewOp>()) {
    auto isZero = [](OpFoldResult offset) { return isConstantIntValue(offset, 0); };
    SmallVector<OpFoldResult> offsets = view.getMixedOffsets();
    if (llvm::all_of(offsets, isZero))
      return vectorRoom(view.getSource());
    // One slot of a double buffer.
    FailureOr<SmallVector<int64_t>> strides = stridesOf(view.getSource());
    bool isSlot = offsets.size() > 1 && llvm::all_of(ArrayRef(offsets).drop_front(), isZero) && succeeded(strides) &&
                  isConstantIntValue(view.getMixedSizes()[0], 1);
    return isSlot && vectorRoom(view.getSource()) > 0 ? strides->front() : 0;
  }
  if (isa_and_nonnull<memref::CastOp, memref::CollapseShapeOp, memref::ExpandShapeOp>(memref.getDefiningOp()))
    return vectorRoom(memref.getDefiningOp()->getOperand(0));
  return 0;
}

int64_t l2b::freeNRAM(Operation *op, const Device &device) {
  int64_t used = 0;
  op->getParentOfType<func::FuncOp>().walk([&](memref::AllocOp alloc) {
    if (inNRAM(alloc))
      used += llvm::alignTo(typeOf(alloc).getNumElements() * elementBytes(alloc), 128);
  });
  return device.nramBudget() - used;
}

bool l2b::isAligned(Value memref, int64_t bytes) {
  if (bytes <= 1)
    return true;
  if (auto view = memref.getDefiningOp<memref::SubViewOp>()) {
    FailureOr<SmallVector<int64_t>> strides = stridesOf(view.getSource());
    if (failed(strides))
      return false;
    for (auto [offset, stride] : llvm::zip(view.getMixedOffsets(), *strides)) {
      std::optional<int64_t> constant = getConstantIntValue(offset);
      int64_t step = stride * elementBytes(memref);
      if ((constant ? *constant * step : step) % bytes != 0 && !isConstantIntValue(offset, 0))
        return false;
    }
    return isAligned(view.getSource(), bytes);
  }
  if (isa_and_nonnull<memref::CastOp, memref::CollapseShapeOp, memref::ExpandShapeOp>(memref.getDefiningOp()))
    return isAligned(memref.getDefiningOp()->getOperand(0), bytes);
  if (memref.getDefiningOp<memref::AllocOp>())
    return mlu::isOnChip(memref);
  return false;
}
