//===- Placement.cpp - Tiles of tensors into on-chip memory ---------------===//
#include "Placement.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace metabang::mlu;

static FailureOr<int64_t> upperBound(OpFoldResult size) {
  if (std::optional<int64_t> constant = getConstantIntValue(size))
    return *constant;
  return ValueBoundsConstraintSet::computeConstantBound(presburger::BoundType::UB, {size}, /*stopCondition=*/nullptr,
                                                        /*closedUB=*/true);
}

static SmallVector<OpFoldResult> constants(OpBuilder &b, size_t rank, int64_t value) {
  return SmallVector<OpFoldResult>(rank, b.getIndexAttr(value));
}

/// The first `sizes` elements of `tensor` in every dimension; `tensor` itself where that is all of it.
static Value front(OpBuilder &b, Location loc, Value tensor, ArrayRef<OpFoldResult> sizes) {
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(sizes, dynamic, shape);
  if (shape == type.getShape())
    return tensor;
  return tensor::ExtractSliceOp::create(b, loc, tensor, constants(b, sizes.size(), 0), sizes,
                                        constants(b, sizes.size(), 1));
}

static FailureOr<Value> allocateStatic(OpBuilder &b, Location loc, StringRef name, ArrayRef<OpFoldResult> sizes,
                                       Type elementType, Space space) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes) {
    FailureOr<int64_t> bound = upperBound(size);
    if (failed(bound))
      return failure();
    shape.push_back(*bound);
  }
  auto type = RankedTensorType::get(shape, elementType);
  Location named = NameLoc::get(b.getStringAttr(name), loc);
  auto alloc = bufferization::AllocTensorOp::create(b, named, type, ValueRange{}, /*copy=*/Value(),
                                                    /*size_hint=*/Value(), SpaceAttr::get(b.getContext(), space));
  return alloc.getResult();
}

FailureOr<Value> metabang::mlu::allocateTile(OpBuilder &b, Location loc, StringRef name, ArrayRef<OpFoldResult> sizes,
                                             Type elementType, Space space) {
  FailureOr<Value> alloc = allocateStatic(b, loc, name, sizes, elementType, space);
  if (failed(alloc))
    return failure();
  return front(b, loc, *alloc, sizes);
}

FailureOr<Value> metabang::mlu::promoteTile(OpBuilder &b, Location loc, StringRef name, Value source, Space space) {
  auto type = cast<RankedTensorType>(source.getType());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, source);
  if (auto slice = source.getDefiningOp<tensor::ExtractSliceOp>())
    if (slice.getType().getRank() == slice.getSourceType().getRank())
      sizes = slice.getMixedSizes();
  FailureOr<Value> tile = allocateTile(b, loc, name, sizes, type.getElementType(), space);
  if (failed(tile))
    return failure();
  return bufferization::MaterializeInDestinationOp::create(b, loc, source, *tile)->getResult(0);
}

FailureOr<Value> metabang::mlu::promotePaddedTile(OpBuilder &b, StringRef name, tensor::PadOp pad,
                                                  ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
  Location loc = pad.getLoc();
  Value padding = pad.getConstantPaddingValue();
  if (!padding)
    return failure();
  FailureOr<Value> alloc = allocateStatic(b, loc, name, sizes, pad.getType().getElementType(), Space::NRAM);
  if (failed(alloc))
    return failure();
  Value filled = linalg::FillOp::create(b, loc, padding, *alloc).getResult(0);

  // In dimension d the tile begins at source element offset - low; before the source's first element and behind its
  // last there is padding.
  AffineExpr off, size, begin;
  bindDims(b.getContext(), off, size, begin);
  SmallVector<OpFoldResult> from, to, length;
  ArrayRef<int64_t> extent = pad.getSourceType().getShape();
  SmallVector<OpFoldResult> lows = pad.getMixedLowPad(), highs = pad.getMixedHighPad();
  for (size_t d = 0; d < offsets.size(); ++d) {
    std::optional<int64_t> low = getConstantIntValue(lows[d]), high = getConstantIntValue(highs[d]);
    if (!low || !high)
      return failure();
    if (*low == 0 && *high == 0) {
      from.push_back(offsets[d]);
      to.push_back(b.getIndexAttr(0));
      length.push_back(sizes[d]);
      continue;
    }
    AffineExpr zero = b.getAffineConstantExpr(0), end = b.getAffineConstantExpr(extent[d]);
    AffineMap firstMap = AffineMap::get(2, 0, {off - *low, zero}, b.getContext());
    AffineMap skipMap = AffineMap::get(2, 0, {*low - off, zero}, b.getContext());
    OpFoldResult first = affine::makeComposedFoldedAffineMax(b, loc, firstMap, {offsets[d], sizes[d]});
    OpFoldResult skip = affine::makeComposedFoldedAffineMax(b, loc, skipMap, {offsets[d], sizes[d]});
    // What is left of the tile behind the padding in front, but not more than the source has.
    AffineExpr skipped, begun;
    bindDims(b.getContext(), skipped, size, begun);
    AffineMap lengthMap = AffineMap::get(3, 0, {size - skipped, end - begun}, b.getContext());
    from.push_back(first);
    to.push_back(skip);
    length.push_back(affine::makeComposedFoldedAffineMin(b, loc, lengthMap, {skip, sizes[d], first}));
  }
  SmallVector<OpFoldResult> ones = constants(b, offsets.size(), 1);
  Value existing = tensor::ExtractSliceOp::create(b, loc, pad.getSource(), from, length, ones);
  Value inside = tensor::ExtractSliceOp::create(b, loc, filled, to, length, ones);
  Value copied = bufferization::MaterializeInDestinationOp::create(b, loc, existing, inside)->getResult(0);
  Value tile = tensor::InsertSliceOp::create(b, loc, copied, filled, to, length, ones);
  return front(b, loc, tile, sizes);
}
