//===- Transpose.cpp - Permutations of dimensions -------------------------===//
//
// Dimensions that stay neighbours are one. Where whole rows move, strided copies do it; where the rows themselves are
// turned, __bang_transpose does.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Loops.h"
#include "Memory.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// A loop, or several that both sides walk as one.
struct Group {
  unsigned loop; // the innermost of them
  int64_t size, src, dst;
};

struct Transpose {
  Emit &e;
  Access src, dst;
  Sizes sizes;
  SmallVector<int64_t> bounds;
  int64_t strip; // rows of src, which is in GDRAM, that are on the chip at a time; 0: src is on the chip

  LogicalResult viaBuiltin();
  /// [rows][columns] elements at the loops `ivs`, rows apart `srcRow` in src and columns apart `dstRow` in dst.
  void turn(const Sizes &ivs, const Group &row, const Group &column);
  /// The same from GDRAM, a strip of rows after the other.
  void turnStrips(Sizes ivs, const Group &row, const Group &column);
};

void Transpose::turn(const Sizes &ivs, const Group &row, const Group &column) {
  Type type = typeOf(src.memref).getElementType();
  int64_t bytes = elementBytes(type), unit = e.is2xx() ? 64 / bytes : 1;
  int64_t rows = llvm::alignTo(row.size, unit), columns = llvm::alignTo(column.size, unit);
  Value from = e.at(src.memref, src.map, ivs), to = e.at(dst.memref, dst.map, ivs);
  auto strided = [&](Value into, Value out, int64_t length, int64_t intoStep, int64_t outStep, int64_t count) {
    e.op("memcpy_2d", {into, out, e.index(length * bytes), e.index(intoStep * bytes), e.index(outStep * bytes), e.index(count)});
  };
  // Both sides as the builtin wants them: dense, and padded to 64 bytes on an MLU2xx.
  bool srcDense = row.src == columns && rows == row.size && isAligned(from, e.device.nramAddressAlignment);
  bool dstDense = column.dst == rows && columns == column.size && isAligned(to, e.device.nramAddressAlignment);
  Value denseSrc = from, denseDst = to;
  if (!srcDense) {
    denseSrc = e.temp(type, rows * columns);
    if (rows != row.size || columns != column.size)
      e.fill(denseSrc, e.scalar(type, 0), e.attr(typeOf(denseSrc).getNumElements()));
    strided(denseSrc, from, column.size, columns, row.src, row.size);
  }
  if (!dstDense)
    denseDst = e.temp(type, rows * columns);
  e.op("transpose", {denseDst, denseSrc, e.index(rows), e.index(columns)});
  if (!dstDense)
    strided(to, denseDst, row.size, column.dst, rows, column.size);
}

void Transpose::turnStrips(Sizes ivs, const Group &row, const Group &column) {
  Type type = typeOf(src.memref).getElementType();
  int64_t bytes = elementBytes(type), columns = column.size, count = row.size / strip;
  auto space = mlu::SpaceAttr::get(e.b.getContext(), mlu::Space::NRAM);
  Location named = NameLoc::get(e.b.getStringAttr("rows"), e.loc);
  Value slots = memref::AllocOp::create(
      e.b, named, MemRefType::get({2, strip * columns}, type, MemRefLayoutAttrInterface(), space));
  Value turned = e.temp(type, strip * columns);
  auto rowsOf = [&](OpFoldResult slot) -> Value {
    Sizes offsets = {slot, e.attr(0)}, sizes = {e.attr(1), e.attr(strip * columns)}, ones = {e.attr(1), e.attr(1)};
    MemRefType slice =
        memref::SubViewOp::inferRankReducedResultType({strip * columns}, typeOf(slots), offsets, sizes, ones);
    return memref::SubViewOp::create(e.b, e.loc, slice, slots, offsets, sizes, ones);
  };
  auto load = [&](OpFoldResult index, OpFoldResult slot) {
    ivs[row.loop] = e.mul(index, e.attr(strip));
    Value from = e.at(src.memref, src.map, ivs), to = rowsOf(slot);
    if (row.src == columns)
      e.op("memcpy_async", {to, from, e.index(strip * columns * bytes)});
    else
      e.op("memcpy_2d_async",
           {to, from, e.index(columns * bytes), e.index(columns * bytes), e.index(row.src * bytes), e.index(strip)});
  };
  auto turnStrip = [&](OpFoldResult index, OpFoldResult slot) {
    ivs[row.loop] = e.mul(index, e.attr(strip));
    Value to = e.at(dst.memref, dst.map, ivs);
    e.op("transpose", {turned, rowsOf(slot), e.index(strip), e.index(columns)});
    e.op("memcpy_2d",
         {to, turned, e.index(strip * bytes), e.index(column.dst * bytes), e.index(strip * bytes), e.index(columns)});
  };
  load(e.attr(0), e.attr(0));
  e.op("sync", {});
  e.loops(Sizes{e.attr(count - 1)}, [&](ArrayRef<OpFoldResult> index) { // the next strip arrives while this one turns
    Value slot = arith::RemUIOp::create(e.b, e.loc, e.index(index.front()), e.index(2));
    load(e.add(index.front(), e.attr(1)), e.sub(e.attr(1), slot));
    turnStrip(index.front(), slot);
    e.op("sync", {});
  });
  turnStrip(e.attr(count - 1), e.attr((count - 1) % 2));
}

LogicalResult Transpose::viaBuiltin() {
  Type type = typeOf(src.memref).getElementType();
  if (inNRAM(src.memref) == (strip > 0) || !inNRAM(dst.memref) || elementBytes(type) > 4 || type.isInteger(1))
    return failure();
  // The loops are in the order of dst, all static.
  SmallVector<Group> groups;
  for (unsigned loop = 0; loop < sizes.size(); ++loop) {
    std::optional<int64_t> size = getConstantIntValue(sizes[loop]);
    if (!size)
      return failure();
    if (*size == 1)
      continue;
    if (!groups.empty() && groups.back().src == src.strides[loop] * *size && groups.back().dst == dst.strides[loop] * *size) {
      groups.back() = {loop, groups.back().size * *size, src.strides[loop], dst.strides[loop]};
      continue;
    }
    groups.push_back({loop, *size, src.strides[loop], dst.strides[loop]});
  }
  // One group is a column of dst (contiguous in src), the innermost one a row of dst.
  auto column = llvm::find_if(groups, [](const Group &g) { return g.src == 1; });
  if (groups.size() < 2 || column == groups.end() || groups.back().dst != 1 || column == groups.end() - 1)
    return failure();
  Group row = groups.back(), col = *column;
  if (row.src < col.size || col.dst < row.size)
    return failure();
  if (strip && (row.size % strip != 0 || col.size % (e.is2xx() ? 64 / elementBytes(type) : 1) != 0))
    return failure();
  Sizes around;
  SmallVector<unsigned> loops;
  for (const Group &group : groups)
    if (group.loop != row.loop && group.loop != col.loop)
      around.push_back(e.attr(group.size)), loops.push_back(group.loop);
  e.loops(around, [&](ArrayRef<OpFoldResult> inner) {
    Sizes ivs(sizes.size(), e.attr(0));
    for (auto [loop, iv] : llvm::zip(loops, inner))
      ivs[loop] = iv;
    strip ? turnStrips(ivs, row, col) : turn(ivs, row, col);
  });
  return success();
}

} // namespace

int64_t l2b::transposedColumns(const Emit &e, Type type, int64_t bound) {
  return llvm::alignTo(bound, e.is2xx() ? 64 / elementBytes(type) : 1);
}

void l2b::emitTranspose(Emit &e, Value dst, Value src, int64_t rows, int64_t paddedRows, OpFoldResult columns,
                        int64_t bound, int64_t srcRow) {
  Type type = typeOf(src).getElementType();
  int64_t bytes = elementBytes(type), width = transposedColumns(e, type, bound);
  bool isReady = rows == paddedRows && srcRow == width && isConstantIntValue(columns, width) &&
                 isAligned(src, e.device.nramAddressAlignment);
  Value from = src;
  if (!isReady) {
    {
      OpBuilder::InsertionGuard guard(e.b);
      e.b.restoreInsertionPoint(e.outsideLoops());
      from = e.temp(type, paddedRows * width);
      e.fill(from, e.scalar(type, 0), e.attr(typeOf(from).getNumElements()));
    }
    Value size = e.index(e.mul(columns, e.attr(bytes)));
    e.op("memcpy_2d", {from, src, size, e.index(width * bytes), e.index(srcRow * bytes), e.index(rows)});
  }
  e.op("transpose", {dst, from, e.index(paddedRows), e.index(width)});
}

LogicalResult l2b::lowerTranspose(Emit &e, linalg::LinalgOp op) {
  Block *body = op.getBlock();
  if (op.getNumLoops() != op.getNumParallelLoops() || op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      body->getOperations().size() != 1 || body->getTerminator()->getOperand(0) != body->getArgument(0))
    return failure();
  OpOperand *in = op.getDpsInputOperand(0), *out = op.getDpsInitOperand(0);
  AffineMap outMap = op.getMatchingIndexingMap(out), inMap = op.getMatchingIndexingMap(in);
  if (!isa<MemRefType>(in->get().getType()) || !outMap.isPermutation())
    return failure();
  FailureOr<Access> src = Access::get(in->get(), inMap), dst = Access::get(out->get(), outMap);
  if (failed(src) || failed(dst) || spaceOf(dst->memref) == mlu::Space::WRAM || spaceOf(src->memref) == mlu::Space::WRAM)
    return failure();

  // Loops in the order of dst's dimensions.
  Sizes sizes = loopSizes(e, op);
  SmallVector<int64_t> bounds = loopBounds(op);
  SmallVector<unsigned> order;
  for (AffineExpr expr : outMap.getResults())
    order.push_back(cast<AffineDimExpr>(expr).getPosition());
  auto reorder = [&](Access &access) {
    SmallVector<int64_t> strides;
    SmallVector<AffineExpr> inverse(order.size());
    for (auto [position, loop] : llvm::enumerate(order)) {
      strides.push_back(access.strides[loop]);
      inverse[loop] = e.b.getAffineDimExpr(position);
    }
    access.strides = strides;
    access.map = access.map.replaceDimsAndSymbols(inverse, {}, order.size(), 0);
  };
  reorder(*src), reorder(*dst);
  Sizes ordered;
  SmallVector<int64_t> orderedBounds;
  for (unsigned loop : order)
    ordered.push_back(sizes[loop]), orderedBounds.push_back(bounds[loop]);

  auto strip = op->getAttrOfType<IntegerAttr>(mlu::kStripAttrName);
  Transpose transpose{e, *src, *dst, ordered, orderedBounds, strip ? strip.getInt() : 0};
  if (succeeded(transpose.viaBuiltin()))
    return success();
  emitCopy(e, *src, *dst, ordered, orderedBounds);
  return success();
}
