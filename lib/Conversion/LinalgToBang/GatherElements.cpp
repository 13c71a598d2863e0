//===- GatherElements.cpp - Single elements that data names ---------------===//
//
// y[i…, j…] = x[i…, s[i…, j…]]: the last index into x is data, so no row of y is a stretch of x. Instead of a copy by
// DMA for each element, rows of x come to the chip:
//
// * as tables: __bang_lut looks elements of 32 bits up. Its result stays where an index is not in the table, so what is
//   outside x is a fill before, and a row that is too long is looked up in pieces, with shifted indices.
// * as columns, where all rows have the same indices: a strided copy on the chip for each index, or, through the SRAM
//   of a cluster, one of a stretch (GatherColumns.h).
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "GatherColumns.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;
using llvm::divideCeil;

namespace {

/// Elements of a table, which is a multiple of this many, and of what is looked up at once.
constexpr int64_t kTableUnit = 64, kTableElements = 32 * 1024, kElements = 16 * 1024;
/// Bytes of the rows of x, and as many of y, whose columns are copied: beside them the indices have room in NRAM.
constexpr int64_t kColumnBytes = 144 * 1024;
/// Indices that columns are copied by, at most.
constexpr int64_t kMostColumns = 16 * 1024;
/// Chunks of a core that are looked up in turn, at most, and bytes of NRAM for what they do not hold.
constexpr int64_t kMostPieces = 4, kOther = 8 * 1024;

struct GatherElements {
  GatherElements(Emit &e, linalg::LinalgOp op) : e(e), op(op) {}

  Emit &e;
  linalg::LinalgOp op;
  memref::LoadOp load;
  Value out;
  TypedAttr outside;
  OpOperand *index = nullptr;
  bool isShared = false;                     // all rows have the same indices
  int64_t rows = 1, length = 1, columns = 1; // length: of a row of x

  LogicalResult analyse();
  LogicalResult emit();

private:
  Type type() { return typeOf(out).getElementType(); }
  int64_t bytes() { return elementBytes(out); }
  double cycles(double count) { return count * 1e3 / e.device.clockMhz; }
  double vectorNs(double bytes) {
    return cycles(e.device.vectorStartupCycles + std::max(1.0, bytes / e.device.vectorBytesPerCycle));
  }
  double copyNs(double bytes) { // all cores at once
    double share = bytes * double(e.device.cores()) / (e.device.dramGbPerS * e.device.dramEfficiency);
    return e.device.dmaStartupNs + std::max(cycles(bytes / e.device.coreIoBytesPerCycle), share);
  }
  Value stage(StringRef copy, OpFoldResult first, OpFoldResult count, Value buffer);
  void fill(Value buffer);
  scf::ForOp forEachTask(int64_t items, ValueRange carried = {});
  Value slots(Type type, int64_t count, int64_t elements);
  Value slotOf(Value buffer, OpFoldResult slot);
  OpFoldResult rest(OpFoldResult first, int64_t size, int64_t chunk);

  /// Rows, and columns of each, that are looked up at once, and how many of these are on the chip.
  struct Chunks {
    int64_t rows, columns, slots;
  };
  /// Rows and columns of one of them: the first and how many, and the same of its elements in y.
  struct Chunk {
    OpFoldResult first, count, from, some, begin, elements;
  };
  Chunks chunks(int64_t pieces);
  Chunks bestChunks();
  Chunk chunkAt(const Chunks &c, OpFoldResult item);
  double lookUpNs(Chunks c);
  void lookUp();
  int64_t rowsOfColumns();
  double columnsNs();
  void copyColumns();
};

LogicalResult GatherElements::analyse() {
  out = op.getDpsInits().front();
  Value result = op.getBlock()->getTerminator()->getOperand(0);
  auto select = result.getDefiningOp<arith::SelectOp>();
  load = select ? select.getTrueValue().getDefiningOp<memref::LoadOp>() : memref::LoadOp();
  if (!load || !matchPattern(select.getFalseValue(), m_Constant(&outside)))
    return failure();
  MemRefType x = load.getMemRefType(), y = typeOf(out);
  int64_t leading = x.getRank() - 1;
  if (leading < 0 || leading > y.getRank() || bytes() > 4 || type().isInteger(1))
    return failure();
  for (int64_t dim = 0; dim < leading; ++dim) {
    auto loop = load.getIndices()[dim].getDefiningOp<linalg::IndexOp>();
    if (!loop || int64_t(loop.getDim()) != dim || x.getDimSize(dim) != y.getDimSize(dim))
      return failure();
  }
  length = x.getShape().back();
  for (int64_t dim = 0; dim < y.getRank(); ++dim)
    (dim < leading ? rows : columns) *= y.getDimSize(dim);
  // The index itself, or 0 where it is outside.
  auto inside = load.getIndices().back().getDefiningOp<arith::SelectOp>();
  Value place = inside ? inside.getTrueValue() : load.getIndices().back();
  auto cast = place.getDefiningOp<arith::IndexCastOp>();
  auto argument = cast ? dyn_cast<BlockArgument>(cast.getIn()) : BlockArgument();
  if (!argument || argument.getOwner() != op.getBlock() || !argument.getType().isInteger(32))
    return failure();
  index = op.getMatchingOpOperand(argument);
  auto from = dyn_cast<MemRefType>(index->get().getType());
  AffineMap map = op.getMatchingIndexingMap(index);
  isShared =
      leading > 0 &&
      map == AffineMap::getMultiDimIdentityMap(y.getRank(), map.getContext()).getMinorSubMap(y.getRank() - leading);
  if (!from || !from.hasStaticShape() || !from.getLayout().isIdentity() || mlu::getSpace(from) != mlu::Space::GDRAM ||
      (!isShared && !map.isIdentity()))
    return failure();
  // What is outside is what the index says, and nothing else.
  SmallVector<Value> conditions{select.getCondition()};
  while (!conditions.empty()) {
    Value condition = conditions.pop_back_val();
    if (auto both = condition.getDefiningOp<arith::AndIOp>()) {
      conditions.append({both.getLhs(), both.getRhs()});
      continue;
    }
    auto compare = condition.getDefiningOp<arith::CmpIOp>();
    APInt bound;
    if (!compare || compare.getLhs() != place || !matchPattern(compare.getRhs(), m_ConstantInt(&bound)) ||
        !((compare.getPredicate() == arith::CmpIPredicate::sge && bound == 0) ||
          (compare.getPredicate() == arith::CmpIPredicate::slt && bound == length)))
      return failure();
  }
  return success();
}

/// Brings `count` indices from `first` on to the chip.
Value GatherElements::stage(StringRef copy, OpFoldResult first, OpFoldResult count, Value buffer) {
  e.op(copy, {buffer, e.at(e.flat(index->get()), Sizes{first}), e.index(e.mul(count, e.attr(4)))});
  return buffer;
}

void GatherElements::fill(Value buffer) {
  e.fill(buffer, arith::ConstantOp::create(e.b, e.loc, outside), e.attr(typeOf(buffer).getNumElements()));
}

/// The loop of a task over its share of `items`; the builder moves into it.
scf::ForOp GatherElements::forEachTask(int64_t items, ValueRange carried) {
  int64_t tasks = std::min(e.device.cores(), items);
  op->getParentOfType<func::FuncOp>()->setAttr("mlu.dim", e.b.getDenseI64ArrayAttr({tasks, 1, 1}));
  Value task = mlu::TaskIdOp::create(e.b, e.loc);
  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(items), e.index(tasks), carried);
  e.b.setInsertionPointToStart(loop.getBody());
  return loop;
}

/// How many of `size` are in the chunk that begins at `first`.
OpFoldResult GatherElements::rest(OpFoldResult first, int64_t size, int64_t chunk) {
  return size % chunk == 0 ? e.attr(chunk) : e.min(e.attr(chunk), e.sub(e.attr(size), first));
}

/// Sizes so that a core has one chunk after the other, or `pieces` of which one is looked up while its neighbours move.
GatherElements::Chunks GatherElements::chunks(int64_t pieces) {
  int64_t cores = e.device.cores(), padded = llvm::alignTo(length, kTableUnit);
  int64_t share = divideCeil(columns, rows < cores ? cores / rows : 1), slots = pieces > 1 ? 2 : 1;
  int64_t some = divideCeil(share, std::max<int64_t>(divideCeil(share, kElements / slots), rows < cores ? pieces : 1));
  if (some < columns || padded > kTableElements)
    return {1, some, slots};
  int64_t each = divideCeil(rows, cores),
          most = std::max<int64_t>(1, std::min(kTableElements / slots / padded, kElements / slots / some));
  return {divideCeil(each, std::max<int64_t>(divideCeil(each, most), pieces)), some, slots};
}

/// What takes the least time of what fits NRAM.
GatherElements::Chunks GatherElements::bestChunks() {
  Chunks best = chunks(1);
  for (int64_t pieces = 2; pieces <= kMostPieces && length <= kTableElements; ++pieces) {
    Chunks c = chunks(pieces);
    int64_t table = c.rows * llvm::alignTo(length, kTableUnit) * (rows > 1 ? 2 : 1), elements = c.rows * c.columns;
    bool fits = 4 * (table + 2 * (elements + (isShared ? c.columns : elements))) + kOther <= e.device.nramBudget();
    if (fits && lookUpNs(c) < lookUpNs(best))
      best = c;
  }
  return best;
}

double GatherElements::lookUpNs(Chunks c) {
  double items = divideCeil(divideCeil(rows, c.rows) * divideCeil(columns, c.columns), e.device.cores());
  double tables = divideCeil(length, kTableElements), elements = double(c.rows) * c.columns;
  double once = tables == 1 && rows == 1 ? copyNs(4.0 * length) : 0;
  double table = once > 0 ? 0 : copyNs(4.0 * c.rows * std::min(length, kTableElements));
  double builtins = c.rows * (2 * vectorNs(4.0 * c.columns) + (tables > 1 ? 2 * vectorNs(4.0 * kTableElements) : 0));
  double load = isShared && c.columns == columns ? 0 : copyNs(4.0 * (isShared ? c.columns : elements));
  double store = copyNs(4 * elements), compute = vectorNs(4 * elements) + tables * builtins;
  load += tables * table;
  if (c.slots == 1)
    return once + items * (load + compute + store);
  double middle = items > 1 ? std::max(load, compute) + (items - 2) * std::max(load + store, compute) : 0;
  return once + load + middle + std::max(items > 1 ? store : 0, compute) + store;
}

/// The rows and columns of chunk `item`, and where its elements are.
GatherElements::Chunk GatherElements::chunkAt(const Chunks &c, OpFoldResult item) {
  int64_t rowBlocks = divideCeil(rows, c.rows), columnBlocks = divideCeil(columns, c.columns);
  OpFoldResult rowBlock = item, from = e.attr(0);
  if (columnBlocks > 1) {
    Value number = arith::RemUIOp::create(e.b, e.loc, e.index(item), e.index(columnBlocks));
    rowBlock = arith::DivUIOp::create(e.b, e.loc, e.index(item), e.index(columnBlocks)).getResult();
    from = e.mul(number, e.attr(c.columns));
  }
  if (rowBlocks == 1)
    rowBlock = e.attr(0);
  OpFoldResult first = e.mul(rowBlock, e.attr(c.rows)), count = rest(first, rows, c.rows);
  OpFoldResult some = rest(from, columns, c.columns);
  return {first, count, from, some, e.add(e.mul(first, e.attr(columns)), from), e.mul(count, some)};
}

Value GatherElements::slots(Type type, int64_t count, int64_t elements) {
  if (count == 1)
    return e.temp(type, elements);
  auto space = mlu::SpaceAttr::get(e.b.getContext(), mlu::Space::NRAM);
  int64_t padded = llvm::alignTo(elements, kTableUnit);
  return memref::AllocOp::create(e.b, e.loc,
                                 MemRefType::get({count, padded}, type, MemRefLayoutAttrInterface(), space));
}

Value GatherElements::slotOf(Value buffer, OpFoldResult slot) {
  MemRefType type = typeOf(buffer);
  if (type.getRank() == 1)
    return buffer;
  Sizes offsets = {slot, e.attr(0)}, sizes = {e.attr(1), e.attr(type.getDimSize(1))}, ones = {e.attr(1), e.attr(1)};
  auto slice = memref::SubViewOp::inferRankReducedResultType({type.getDimSize(1)}, type, offsets, sizes, ones);
  return memref::SubViewOp::create(e.b, e.loc, slice, buffer, offsets, sizes, ones);
}

void GatherElements::lookUp() {
  Chunks c = bestChunks();
  int64_t padded = std::min(llvm::alignTo(length, kTableUnit), uint64_t(kTableElements));
  int64_t items = divideCeil(rows, c.rows) * divideCeil(columns, c.columns);
  bool isWhole = length <= padded, ownIndices = !isShared || c.columns < columns, ownTable = rows > 1 || !isWhole;
  Type i32 = e.b.getI32Type();
  Value tables = slots(type(), ownTable ? c.slots : 1, c.rows * padded);
  Value results = slots(type(), c.slots, c.rows * c.columns);
  Value places = slots(i32, ownIndices ? c.slots : 1, (isShared ? 1 : c.rows) * c.columns);
  Value shifted = isWhole ? Value() : e.temp(i32, c.columns);
  Value x = e.flat(load.getMemRef()), y = e.flat(out);
  StringRef copy = c.slots > 1 ? "memcpy_async" : "memcpy";
  auto bring = [&](Value table, OpFoldResult from, OpFoldResult elements) {
    e.op(copy, {table, e.at(x, Sizes{from}), e.index(e.mul(elements, e.attr(bytes())))});
  };
  auto loadRows = [&](Value table, OpFoldResult first, OpFoldResult count) {
    OpFoldResult from = e.mul(first, e.attr(length));
    if (length == padded || c.rows == 1)
      return bring(table, from, e.mul(count, e.attr(length)));
    e.op(copy == "memcpy" ? "memcpy_2d" : "memcpy_2d_async",
         {table, e.at(x, Sizes{from}), e.index(length * bytes()), e.index(padded * bytes()), e.index(length * bytes()),
          e.index(count)});
  };
  auto loadChunk = [&](OpFoldResult item, OpFoldResult slot) {
    Chunk at = chunkAt(c, item);
    if (ownIndices)
      stage(copy, isShared ? at.from : at.begin, isShared ? at.some : at.elements, slotOf(places, slot));
    if (isWhole && ownTable)
      loadRows(slotOf(tables, slot), at.first, at.count);
  };
  auto lookUpChunk = [&](OpFoldResult item, OpFoldResult slot) {
    Chunk at = chunkAt(c, item);
    Value found = slotOf(results, slot), indices = slotOf(places, slot), table = slotOf(tables, slot);
    fill(found);
    if (isWhole)
      return e.loops({at.count}, [&](ArrayRef<OpFoldResult> ivs) {
        OpFoldResult row = e.mul(ivs[0], e.attr(c.columns));
        e.op("lut", {e.at(found, Sizes{row}), isShared ? indices : e.at(indices, Sizes{row}),
                     e.at(table, Sizes{e.mul(ivs[0], e.attr(padded))}), e.index(at.some), e.index(padded)});
      });
    e.chunks(e.attr(length), length, padded, [&](OpFoldResult base, OpFoldResult piece) {
      if (length % padded != 0)
        fill(table);
      bring(table, e.add(e.mul(at.first, e.attr(length)), base), piece);
      Value by = arith::IndexCastOp::create(e.b, e.loc, i32, e.index(base));
      e.op("sub_scalar", {shifted, indices, by, e.index(at.some)});
      e.op("lut", {found, shifted, table, e.index(at.some), e.index(padded)});
    });
  };
  auto storeChunk = [&](OpFoldResult item, OpFoldResult slot) {
    Chunk at = chunkAt(c, item);
    e.op(copy, {e.at(y, Sizes{at.begin}), slotOf(results, slot), e.index(e.mul(at.elements, e.attr(bytes())))});
  };

  if (isWhole && length != padded)
    fill(tables); // an index behind the row finds what is outside
  if (!ownTable)
    loadRows(tables, e.attr(0), e.attr(1));
  if (!ownIndices)
    stage(copy, e.attr(0), e.attr(columns), places);
  OpBuilder::InsertionGuard guard(e.b);
  if (c.slots == 1) {
    scf::ForOp loop = forEachTask(items);
    loadChunk(loop.getInductionVar(), e.attr(0));
    lookUpChunk(loop.getInductionVar(), e.attr(0));
    storeChunk(loop.getInductionVar(), e.attr(0));
    return;
  }
  // The chunk after this one arrives and the one before it leaves while this one is looked up.
  Value task = mlu::TaskIdOp::create(e.b, e.loc);
  loadChunk(task, e.attr(0));
  e.op("sync", {});
  scf::ForOp loop = forEachTask(items, e.index(1));
  Value item = loop.getInductionVar(), other = loop.getRegionIterArg(0);
  OpFoldResult slot = e.sub(e.attr(1), other), next = e.add(item, loop.getStep());
  {
    Value hasNext = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::slt, e.index(next), loop.getUpperBound());
    OpBuilder::InsertionGuard inner(e.b);
    e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, hasNext, /*withElseRegion=*/false).thenYield());
    loadChunk(next, other);
  }
  lookUpChunk(item, slot);
  e.op("sync", {});
  storeChunk(item, slot);
  scf::YieldOp::create(e.b, e.loc, e.index(slot));
}

int64_t GatherElements::rowsOfColumns() {
  int64_t each = divideCeil(rows, e.device.cores());
  int64_t most = std::clamp<int64_t>(kColumnBytes / (std::max(length, columns) * bytes()), 1, kMaxSegments);
  return divideCeil(each, divideCeil(each, most));
}

double GatherElements::columnsNs() {
  int64_t some = rowsOfColumns();
  double items = divideCeil(divideCeil(rows, some), e.device.cores());
  double each = cycles(e.device.vectorStartupCycles + some * bytes() / e.device.coreMoveBytesPerCycle);
  each = std::max(each, e.device.scalarNramNs + cycles(e.device.scalarCycles));
  return items * (copyNs(some * bytes() * length) + copyNs(some * bytes() * columns) + columns * each);
}

void GatherElements::copyColumns() {
  int64_t some = rowsOfColumns();
  Value in = e.temp(type(), some * length), found = e.temp(type(), some * columns);
  Value indices = e.temp(e.b.getI32Type(), columns), x = e.flat(load.getMemRef()), y = e.flat(out);
  stage("memcpy", e.attr(0), e.attr(columns), indices);
  OpBuilder::InsertionGuard guard(e.b);
  scf::ForOp loop = forEachTask(divideCeil(rows, some));
  OpFoldResult first = e.mul(loop.getInductionVar(), e.attr(some)), count = rest(first, rows, some);
  e.op("memcpy", {in, e.at(x, Sizes{e.mul(first, e.attr(length))}), e.index(e.mul(count, e.attr(length * bytes())))});
  fill(found);
  e.loops({e.attr(columns)}, [&](ArrayRef<OpFoldResult> ivs) {
    Value number = memref::LoadOp::create(e.b, e.loc, indices, e.index(ivs[0]));
    Value from = arith::IndexCastOp::create(e.b, e.loc, e.b.getIndexType(), number);
    Value low = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sge, from, e.index(0));
    Value high = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::slt, from, e.index(length));
    OpBuilder::InsertionGuard inner(e.b);
    Value inside = arith::AndIOp::create(e.b, e.loc, low, high);
    e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, inside, /*withElseRegion=*/false).thenYield());
    e.op("memcpy_2d_async", {e.at(found, Sizes{ivs[0]}), e.at(in, Sizes{from}), e.index(bytes()),
                             e.index(columns * bytes()), e.index(length * bytes()), e.index(count)});
  });
  e.op("memcpy",
       {e.at(y, Sizes{e.mul(first, e.attr(columns))}), found, e.index(e.mul(count, e.attr(columns * bytes())))});
}

LogicalResult GatherElements::emit() {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  double copies = singleCopiesNs(e, rows * columns);
  double lookUps = e.device.arch >= 322 && bytes() == 4 ? lookUpNs(bestChunks()) : kNever;
  bool fits = isShared && columns <= kMostColumns && std::max(length, columns) * bytes() <= kColumnBytes;
  double strided = fits ? columnsNs() : kNever;
  ColumnGather columnsOfAll{load.getMemRef(), out, index->get(), outside, rows, length, columns, bytes()};
  std::optional<ColumnGatherPlan> shared =
      isShared ? planColumnGather(columnsOfAll, e.device) : std::optional<ColumnGatherPlan>();
  if (shared && shared->ns < std::min({copies, lookUps, strided})) {
    for (Value *each : {&columnsOfAll.x, &columnsOfAll.y, &columnsOfAll.indices})
      *each = e.flat(*each);
    emitColumnGather(e, op->getParentOfType<func::FuncOp>(), columnsOfAll, *shared);
    return success();
  }
  if (copies <= lookUps && copies <= strided)
    return failure();
  lookUps <= strided ? lookUp() : copyColumns();
  return success();
}

} // namespace

double l2b::singleCopiesNs(const Emit &e, int64_t count) {
  double each = e.device.scalarNramNs + e.device.scalarCycles * 1e3 / e.device.clockMhz;
  return double(divideCeil(count, e.device.cores())) * each;
}

LogicalResult l2b::lowerGatherElements(Emit &e, linalg::LinalgOp op) {
  GatherElements gather(e, op);
  return success(succeeded(gather.analyse()) && succeeded(gather.emit()));
}
