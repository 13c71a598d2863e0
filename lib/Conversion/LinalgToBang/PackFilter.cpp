//===- PackFilter.cpp - Filters that are computed on the device -----------===//
//
// A product of two activations has no filter that the host could prepare. The right-hand operand comes to NRAM like
// the left one; rows that lie along the input channels are copied to the padded pitch, columns are transposed. One copy
// a group of 64 filters then deals them to the banks of WRAM.
//
//===----------------------------------------------------------------------===//
#include "PackFilter.h"
#include "Contraction.h"
#include "Families.h"
#include "Memory.h"
#include "Quantise.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

/// Positions of both factors are added, and the sum has to be one the unit takes (-127 to 127).
static constexpr int64_t kLowestPosition = -63;

/// Whether the tile is one piece of memory without gaps, of a size that is known.
bool FilterPacker::isDense() const {
  MemRefType type = typeOf(source.memref);
  FailureOr<SmallVector<int64_t>> strides = stridesOf(source.memref);
  if (failed(strides) || !type.hasStaticShape())
    return false;
  int64_t expected = 1;
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
    if (type.getDimSize(dim) != 1 && (*strides)[dim] != expected)
      return false;
    expected *= type.getDimSize(dim);
  }
  return true;
}

void FilterPacker::quantise() {
  auto integer = dyn_cast<IntegerType>(word);
  if (!integer)
    return;
  MemRefType type = typeOf(source.memref);
  int64_t lanes = std::max(e.lanes(integer), e.lanes(type.getElementType()));
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    shape.push_back(boundOf(source.memref, dim));
  int64_t elements = 1;
  for (int64_t size : shape)
    elements *= size;
  Value from = source.memref;
  // Behind the tile in a buffer that mlu-pad-buffers made longer there are zeros.
  bool isWhole = elements % lanes == 0 || vectorRoom(from) >= int64_t(llvm::alignTo(elements, lanes));
  if (!isDense() || !isWhole || !isAligned(from, e.device.nramAddressAlignment)) {
    // A dense copy that ends in whole vectors; what lies behind the tile there stays zero.
    Value dense;
    {
      OpBuilder::InsertionGuard guard(e.b);
      e.b.restoreInsertionPoint(e.outsideLoops());
      dense = e.temp(type.getElementType(), llvm::alignTo(elements, lanes));
      e.fill(dense, e.scalar(type.getElementType(), 0), e.attr(typeOf(dense).getNumElements()));
    }
    SmallVector<int64_t> strides(shape.size(), 1);
    for (int64_t dim = shape.size() - 1; dim > 0; --dim)
      strides[dim - 1] = strides[dim] * shape[dim];
    auto layout = MemRefType::get(shape, type.getElementType(), AffineMap(), type.getMemorySpace());
    Sizes sizes, steps;
    for (auto [size, stride] : llvm::zip(shape, strides))
      sizes.push_back(e.attr(size)), steps.push_back(e.attr(stride));
    Value view = memref::ReinterpretCastOp::create(e.b, e.loc, layout, dense, e.attr(0), sizes, steps);
    AffineMap identity = e.b.getMultiDimIdentityMap(shape.size());
    Sizes extents;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      extents.push_back(sizeOf(e.b, e.loc, source.memref, dim));
    emitCopy(e, *Access::get(source.memref, identity), *Access::get(view, identity), extents, shape);
    from = dense;
  }
  Quantised q = l2b::quantise(e, from, e.attr(llvm::alignTo(elements, lanes)), llvm::alignTo(elements, lanes), integer,
                              kLowestPosition);
  position = q.position;
  // The integers in the order of the tile.
  Sizes sizes, steps;
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t dim = shape.size() - 1; dim > 0; --dim)
    strides[dim - 1] = strides[dim] * shape[dim];
  for (auto [size, stride] : llvm::zip(shape, strides))
    sizes.push_back(e.attr(size)), steps.push_back(e.attr(stride));
  auto layout = MemRefType::get(shape, integer, AffineMap(), type.getMemorySpace());
  Value view = memref::ReinterpretCastOp::create(e.b, e.loc, layout, q.values, e.attr(0), sizes, steps);
  source = *Access::get(view, source.map);
}

Value FilterPacker::pack(ArrayRef<OpFoldResult> ivs) {
  MLIRContext *context = e.b.getContext();
  int64_t wordBytes = elementBytes(word), channels = bounds[order.front()], depth = bounds[order.back()];
  int64_t row = llvm::alignTo(depth, e.device.convCiBytesAlignment / wordBytes);
  // [filters][taps…][row], and the strides of the source in that order.
  SmallVector<int64_t> shape, steps;
  for (int64_t loop : order) {
    shape.push_back(bounds[loop]);
    steps.push_back(source.strides[loop]);
  }
  shape.front() = llvm::alignTo(channels, e.device.convCoAlignment);
  shape.back() = row;
  auto in = [&](mlu::Space space) {
    return MemRefType::get(shape, word, AffineMap(), mlu::SpaceAttr::get(context, space));
  };
  Value from = e.at(source.memref, source.map, ivs);
  int64_t taps = 1, expected = row;
  bool ready = shape.front() == channels && row == depth && steps.back() == 1;
  for (size_t k = shape.size() - 1; k-- > 0;) {
    ready &= shape[k] == 1 || steps[k] == expected;
    if (k > 0)
      expected *= shape[k], taps *= shape[k];
  }
  Value packed;
  if (ready) {
    packed = from;
  } else {
    {
      OpBuilder::InsertionGuard guard(e.b);
      e.b.restoreInsertionPoint(e.outsideLoops());
      packed = memref::AllocOp::create(e.b, e.loc, in(mlu::Space::NRAM));
      if (shape.front() != channels || row != depth)
        e.fill(packed, e.scalar(word, 0), e.attr(typeOf(packed).getNumElements()));
    }
    if (taps == 1 && steps.front() == 1 && steps.back() != 1 && depth > 1) {
      emitTranspose(e, packed, from, depth, row, e.attr(channels), channels, steps.back());
    } else {
      SmallVector<AffineExpr> exprs(source.map.getNumResults(), e.b.getAffineConstantExpr(0));
      SmallVector<int64_t> counts;
      Sizes sizes;
      for (auto [position, loop] : llvm::enumerate(order)) {
        if (int64_t dim = dimOf(source.map, loop); dim >= 0)
          exprs[dim] = e.b.getAffineDimExpr(position);
        counts.push_back(bounds[loop]);
        sizes.push_back(e.attr(bounds[loop]));
      }
      AffineMap map = AffineMap::get(order.size(), 0, exprs, context);
      emitCopy(e, *Access::get(from, map), *Access::get(packed, e.b.getMultiDimIdentityMap(order.size())), sizes,
               counts);
    }
  }
  Value filters = memref::AllocOp::create(e.b, e.loc, in(mlu::Space::WRAM));
  dealFilters(e, packed, expected, filters, e.attr(shape.front()), shape.front());
  return filters;
}

/// Whether `op` or what it holds writes `buffer`.
static bool writes(Operation *around, Value buffer) {
  return around
      ->walk([&](Operation *op) {
        Value target;
        if (auto copy = dyn_cast<memref::CopyOp>(op))
          target = copy.getTarget();
        else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op); linalgOp && linalgOp.getNumDpsInits() == 1)
          target = linalgOp.getDpsInits().front();
        else if (isa<memref::StoreOp>(op))
          target = op->getOperand(1);
        return target && mayAlias(target, buffer) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

Operation *l2b::outsideLoopsOf(Operation *user, Value memref) {
  Operation *anchor = user;
  while (isa<scf::ForOp, scf::IfOp>(anchor->getParentOp()) && !writes(anchor->getParentOp(), memref))
    anchor = anchor->getParentOp();
  Operation *def = memref.getDefiningOp();
  return def && anchor->isAncestor(def) ? user : anchor;
}
