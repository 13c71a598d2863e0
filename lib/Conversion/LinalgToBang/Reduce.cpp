//===- Reduce.cpp - Reductions that are no pooling ------------------------===//
//
// What a reduction computes before it combines becomes an element-wise operation of its own. Reductions over columns
// become a loop over rows. A reduction of the last dimension goes through 32 lanes: each row is pooled to 32 partial
// results, these are transposed, and pooled again. Products along rows, and all reductions of what no pooling takes,
// go by parts (ReduceByParts.cpp). All of it happens in tiles of bounded size.
//
//===----------------------------------------------------------------------===//
#include "Extreme.h"
#include "Families.h"
#include "Loops.h"
#include "Memory.h"
#include "VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"
#include <numeric>

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Of the largest tile that is reduced at once.
constexpr int64_t kTileElements = 8192, kTileBytes = 16 * 1024;

struct Reduce {
  Emit &e;
  linalg::LinalgOp op;
  Operation *combine;
  SmallVector<int64_t> bounds;
  SmallVector<utils::IteratorType> kinds;

  bool isReduction(unsigned loop) const { return kinds[loop] == utils::IteratorType::reduction; }
  Type type() const { return combine->getResult(0).getType(); }
  StringRef poolName() const {
    if (isa<arith::AddFOp>(combine))
      return "sumpool";
    return isa<arith::MaximumFOp, arith::MaxNumFOp>(combine) ? "maxpool" : "minpool";
  }
  double neutral() const {
    double largest = !e.is2xx()       ? std::numeric_limits<double>::infinity()
                     : type().isF16() ? 65504
                                      : 3.4028234663852886e38;
    return isa<arith::AddFOp>(combine)   ? 0
           : isa<arith::MulFOp>(combine) ? 1
           : poolName() == "maxpool"     ? -largest
                                         : largest;
  }
  /// Whether the pooling unit, or a loop over rows of the vector unit, has the type.
  bool isPooled() const { return type().isF32() || type().isF16(); }
  SmallVector<int64_t> tileSizes() const;
  LogicalResult tile(ArrayRef<int64_t> sizes);
  LogicalResult split();
  LogicalResult alongRows(const Access &x, ArrayRef<unsigned> order);
};

/// Tile sizes that leave a tile of bounded size; empty if the operation is small enough.
SmallVector<int64_t> Reduce::tileSizes() const {
  int64_t total = 1, room = kTileElements;
  if (!isPooled())
    room = std::min(room, kTileBytes / elementBytes(type()));
  for (int64_t bound : bounds)
    total *= bound;
  if (total <= room)
    return {};
  SmallVector<int64_t> sizes(bounds.size(), 1);
  // Reduced dimensions first, from the innermost on, then the others.
  for (bool reduced : {true, false})
    for (unsigned loop = bounds.size(); loop-- > 0;)
      if (isReduction(loop) == reduced) {
        int64_t size = std::min(bounds[loop], std::max<int64_t>(room, 1));
        if (size > 32 && size < bounds[loop])
          size -= size % 32;
        sizes[loop] = size;
        room /= size;
      }
  return sizes;
}

/// Loops around the operation on tiles of `sizes`, and the operation on a tile lowered.
LogicalResult Reduce::tile(ArrayRef<int64_t> sizes) {
  IRRewriter rewriter(op->getContext());
  rewriter.setInsertionPoint(op);
  SmallVector<int64_t> steps(sizes);
  for (auto [step, bound] : llvm::zip(steps, bounds))
    if (step >= bound)
      step = 0; // not tiled
  linalg::LinalgTilingOptions options;
  options.setTileSizes(steps);
  FailureOr<linalg::TiledLinalgOp> tiled = linalg::tileLinalgOp(rewriter, op, options);
  if (failed(tiled))
    return failure();
  return lowerLinalg(e.device, tiled->op);
}

/// Computes what is combined into a temporary, then combines that.
LogicalResult Reduce::split() {
  BlockArgument acc = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  Value combined = combine->getOperand(0) == acc ? combine->getOperand(1) : combine->getOperand(0);
  // The temporary has a dimension a loop, the loop of the innermost dimension of the largest input last.
  unsigned loops = bounds.size();
  SmallVector<unsigned> order(loops);
  std::iota(order.begin(), order.end(), 0);
  Access widest;
  int64_t most = -1;
  for (OpOperand *input : op.getDpsInputOperands())
    if (isa<MemRefType>(input->get().getType()) && op.payloadUsesValueFromOperand(input)) {
      FailureOr<Access> access = Access::get(input->get(), op.getMatchingIndexingMap(input));
      if (failed(access))
        return failure();
      int64_t uses = llvm::count_if(access->strides, [](int64_t s) { return s != 0; });
      if (uses > most)
        widest = *access, most = uses;
    }
  if (most < 1)
    return failure();
  llvm::stable_sort(order, [&](unsigned a, unsigned b) {
    int64_t x = widest.strides[a], y = widest.strides[b];
    return (x == 0 ? INT64_MAX : x) > (y == 0 ? INT64_MAX : y);
  });

  Sizes sizes = loopSizes(e, op), extents, zeros(loops, e.attr(0)), ones(loops, e.attr(1));
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> results;
  for (unsigned loop : order) {
    shape.push_back(bounds[loop]), extents.push_back(sizes[loop]);
    results.push_back(e.b.getAffineDimExpr(loop));
  }
  shape.back() = llvm::alignTo(shape.back(), e.lanes(type()));
  auto space = mlu::SpaceAttr::get(e.b.getContext(), mlu::Space::NRAM);
  Value buffer = memref::AllocOp::create(e.b, e.loc, MemRefType::get(shape, type(), AffineMap(), space));
  auto view = memref::SubViewOp::create(e.b, e.loc, buffer, zeros, extents, ones);
  view->setAttr(kPaddedAttr, e.b.getUnitAttr());
  AffineMap map = AffineMap::get(loops, 0, results, e.b.getContext());

  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (OpOperand *input : op.getDpsInputOperands())
    inputs.push_back(input->get()), maps.push_back(op.getMatchingIndexingMap(input));
  maps.push_back(map);
  SmallVector<utils::IteratorType> parallel(loops, utils::IteratorType::parallel);
  auto compute = linalg::GenericOp::create(e.b, e.loc, inputs, ValueRange{view}, maps, parallel,
                                           [&](OpBuilder &b, Location, ValueRange args) {
                                             IRMapping mapping;
                                             mapping.map(op.getBlock()->getArguments(), args);
                                             for (Operation &inner : op.getBlock()->without_terminator())
                                               if (&inner != combine)
                                                 b.clone(inner, mapping);
                                             linalg::YieldOp::create(b, e.loc, mapping.lookupOrDefault(combined));
                                           });
  OpOperand *out = op.getDpsInitOperand(0);
  auto reduce = linalg::GenericOp::create(e.b, e.loc, ValueRange{view}, ValueRange{out->get()},
                                          ArrayRef<AffineMap>{map, op.getMatchingIndexingMap(out)}, kinds,
                                          [&](OpBuilder &b, Location, ValueRange args) {
                                            IRMapping mapping;
                                            mapping.map(acc, args[1]), mapping.map(combined, args[0]);
                                            Operation *clone = b.clone(*combine, mapping);
                                            linalg::YieldOp::create(b, e.loc, clone->getResult(0));
                                          });
  if (failed(lowerLinalg(e.device, cast<linalg::LinalgOp>(reduce.getOperation()))))
    return failure();
  return lowerLinalg(e.device, cast<linalg::LinalgOp>(compute.getOperation()));
}

/// x reduced over its innermost loops: `order` are the loops from the outermost in x on.
LogicalResult Reduce::alongRows(const Access &x, ArrayRef<unsigned> order) {
  OpOperand *init = op.getDpsInitOperand(0);
  FailureOr<Access> out = Access::get(init->get(), op.getMatchingIndexingMap(init));
  if (failed(out) || !inNRAM(out->memref))
    return failure();
  // The innermost loops are reduced; the one before them gives the rows; all others are looped over.
  unsigned first = order.size();
  while (first > 0 && (isReduction(order[first - 1]) || bounds[order[first - 1]] == 1))
    --first;
  SmallVector<unsigned> reduced(order.begin() + first, order.end()), outer(order.begin(), order.begin() + first);
  int64_t rowLoop = -1;
  if (first > 0)
    rowLoop = outer.pop_back_val();
  Sizes sizes = loopSizes(e, op), around;
  for (unsigned loop : outer)
    around.push_back(sizes[loop]);
  OpFoldResult rows = rowLoop < 0 ? e.attr(1) : sizes[rowLoop];
  int64_t rowBound = rowLoop < 0 ? 1 : bounds[rowLoop], length = 1;
  for (unsigned loop : reduced)
    length *= bounds[loop];

  const int64_t lanes = kVectorBytes / elementBytes(type());
  int64_t width = llvm::alignTo(length, lanes), paddedRows = llvm::alignTo(rowBound, e.is2xx() ? lanes : 1);
  Value neutralValue = e.scalar(type(), neutral());
  e.loops(around, [&](ArrayRef<OpFoldResult> inner) {
    Sizes ivs(sizes.size(), e.attr(0));
    for (auto [loop, iv] : llvm::zip(outer, inner))
      ivs[loop] = iv;
    // The rows, each filled up to whole vectors.
    Value dense = e.splat(neutralValue, rowBound * width);
    Access to{dense, AffineMap(), SmallVector<int64_t>(sizes.size(), 0), width};
    Sizes tile(sizes.size(), e.attr(1));
    SmallVector<int64_t> tileBounds(sizes.size(), 1);
    AffineExpr place = e.b.getAffineConstantExpr(0);
    int64_t step = 1;
    for (unsigned loop : llvm::reverse(reduced)) {
      to.strides[loop] = step, tile[loop] = sizes[loop], tileBounds[loop] = bounds[loop];
      place = place + e.b.getAffineDimExpr(loop) * step;
      step *= bounds[loop];
    }
    if (rowLoop >= 0) {
      to.strides[rowLoop] = width, tile[rowLoop] = rows, tileBounds[rowLoop] = rowBound;
      place = place + e.b.getAffineDimExpr(rowLoop) * width;
    }
    to.map = AffineMap::get(sizes.size(), 0, place);
    Access from = x;
    from.memref = e.at(x.memref, x.map, ivs);
    emitCopy(e, from, to, tile, tileBounds);
    // 32 partial results a row, then one.
    Value partial = e.splat(neutralValue, paddedRows * lanes), turned = e.temp(type(), paddedRows * lanes);
    Value result = e.temp(type(), paddedRows);
    Value one = e.index(1), columns = e.index(width / lanes), lanesValue = e.index(lanes), height = e.index(paddedRows);
    auto pool = [&](Value to, Value from, std::array<Value, 7> window, PoolCounts counts) {
      if (!isa<arith::AddFOp>(combine))
        return emitExtremePool(e, poolName() == "maxpool", to, from, window, counts);
      SmallVector<Value> operands = {to, from};
      llvm::append_range(operands, window);
      e.op("sumpool", operands);
    };
    pool(partial, dense, {lanesValue, e.index(rows), columns, one, columns, columns, one},
         {e.mul(rows, e.attr(width)), e.mul(rows, e.attr(lanes)), rowBound * width, rowBound * lanes});
    e.op("transpose", {turned, partial, height, lanesValue});
    pool(result, turned, {height, lanesValue, one, lanesValue, one, one, one},
         {e.attr(paddedRows * lanes), e.attr(paddedRows), paddedRows * lanes, paddedRows});
    // Into out.
    Access into = *out;
    into.memref = e.at(out->memref, out->map, ivs);
    Access flat{result, AffineMap(), SmallVector<int64_t>(sizes.size(), 0), paddedRows};
    Sizes outTile(sizes.size(), e.attr(1));
    SmallVector<int64_t> outBounds(sizes.size(), 1);
    AffineExpr row = e.b.getAffineConstantExpr(0);
    if (rowLoop >= 0) {
      flat.strides[rowLoop] = 1, outTile[rowLoop] = rows, outBounds[rowLoop] = rowBound;
      row = e.b.getAffineDimExpr(rowLoop);
    }
    flat.map = AffineMap::get(sizes.size(), 0, row);
    Value before = e.splat(neutralValue, paddedRows);
    Access old = flat;
    old.memref = before;
    emitCopy(e, into, old, outTile, outBounds);
    if (isa<arith::AddFOp>(combine))
      e.op("add", {result, result, before, height});
    else
      emitExtreme(e, poolName() == "maxpool", result, result, before, e.attr(paddedRows), paddedRows);
    emitCopy(e, flat, into, outTile, outBounds);
  });
  return success();
}

} // namespace

LogicalResult l2b::lowerReduce(Emit &e, linalg::LinalgOp op) {
  Operation *combine = accumulation(op);
  if (!combine || op.getNumLoops() == op.getNumParallelLoops() ||
      !isa<arith::AddFOp, arith::MulFOp, arith::MaximumFOp, arith::MaxNumFOp, arith::MinimumFOp, arith::MinNumFOp,
           arith::AddIOp, arith::MulIOp, arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp, arith::AndIOp,
           arith::OrIOp, arith::XOrIOp>(combine))
    return failure();
  Type type = combine->getResult(0).getType();
  if (type.isF64())
    return failure();
  for (Value operand : op->getOperands())
    if (!isa<MemRefType>(operand.getType()) || !inNRAM(operand))
      return failure(); // a kernel that was not tiled
  Reduce reduce{e, op, combine, loopBounds(op), op.getIteratorTypesArray()};
  bool single = op.getBlock()->getOperations().size() == 2;
  if (!single && reduce.isPooled() && !VectorBody::supports(*op.getBlock(), e.device))
    return failure();
  if (SmallVector<int64_t> sizes = reduce.tileSizes(); !sizes.empty())
    return reduce.tile(sizes);
  if (!single)
    return reduce.split();

  BlockArgument acc = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  Value other = combine->getOperand(0) == acc ? combine->getOperand(1) : combine->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(other);
  if (!argument || argument.getOwner() != op.getBlock())
    return failure();
  OpOperand *in = &op->getOpOperand(argument.getArgNumber());
  FailureOr<Access> x = Access::get(in->get(), op.getMatchingIndexingMap(in));
  if (failed(x) || !inNRAM(x->memref))
    return failure();
  SmallVector<unsigned> order(op.getNumLoops());
  std::iota(order.begin(), order.end(), 0);
  llvm::stable_sort(order, [&](unsigned a, unsigned b) { return x->strides[a] > x->strides[b]; });
  unsigned innermost = order.back();
  for (unsigned loop : llvm::reverse(order))
    if (reduce.bounds[loop] != 1) {
      innermost = loop;
      break;
    }
  if (!reduce.isPooled() || (reduce.isReduction(innermost) && isa<arith::MulFOp>(combine)))
    return llvm::equal(reduce.bounds, SmallVector<int64_t>(op.getNumLoops(), 1))
               ? failure()
               : reduceByParts(e, op, combine, *x, order);
  if (reduce.isReduction(innermost))
    return reduce.alongRows(*x, order);
  // Rows are combined one after the other.
  SmallVector<int64_t> sizes(op.getNumLoops());
  for (unsigned loop = 0; loop < sizes.size(); ++loop)
    sizes[loop] = reduce.isReduction(loop) ? 1 : reduce.bounds[loop];
  if (llvm::equal(sizes, reduce.bounds))
    return failure();
  return reduce.tile(sizes);
}
