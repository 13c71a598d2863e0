//===- ScatterRows.cpp - Rows that are added up where an index says -------===//
//
// x[f(i…), j…] = op(x[f(i…), j…], y[i…, j…]), the gradient of an embedding: the j are whole rows in memory. A task owns
// a block of x, which stays on its chip: it goes through all f(i…) in order (from MLU3xx on only through its own, which
// a vector comparison finds), takes the rows of y that belong to its block by DMA and combines them with vector
// builtins. So nothing is atomic, every row of y is read once, and the order of additions, hence every bit of the
// result, is that of a serial loop on every device.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Memory.h"
#include "ScatterOwn.h"

#include "metabang/Dialect/Bang/IR/BangOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Bytes of the block of x that a task holds, and of a part of a row.
constexpr int64_t kBlockBytes = 128 * 1024, kRowBytes = 32 * 1024;
/// Indices that are brought on the chip at once.
constexpr int64_t kIndices = 2048;
/// Rows of y that are brought at once, at most, and their bytes.
constexpr int64_t kBatch = 32, kBatchBytes = 64 * 1024;
/// Fewer bytes of a row are not worth a vector.
constexpr int64_t kShortestRow = 16;

struct ScatterRows : ScatterLoop {
  ScatterRows(Emit &e, scf::ForOp loop) : ScatterLoop(loop), e(e) {}

  Emit &e;
  int64_t leading = 0;         // loops around a row
  int64_t rows = 1, width = 1; // of x
  int64_t sources = 1;         // rows of y

  LogicalResult analyse();
  void emit();

private:
  int64_t bytes() { return elementBytes(type()); }
  /// What names a row of x.
  auto names() { return store.getIndices().take_front(typeOf(out()).getRank() - (loops.size() - leading)); }
  void stage(OpFoldResult from, OpFoldResult some);
  /// `value` of the body for row `number` of y, row `at` of those on the chip.
  Value make(Value value, IRMapping &known, OpFoldResult number, OpFoldResult at);
  OpFoldResult placeOf(IRMapping &known, OpFoldResult number, OpFoldResult at);
  void bring(Value row, OpFoldResult number, bool isAsync);
  void combine(OpFoldResult place, Value row);
  void takeIfOwn(OpFoldResult from, OpFoldResult at);
  void takeOwn(OpFoldResult from, OpFoldResult some);

  int64_t pitch = 1, batch = 1;            // elements of a row on the chip; rows of y that are brought at once
  Value held, lines;                       // the block of x; rows of y
  llvm::MapVector<Value, Value> staged;    // tensors of one element a row of y, on the chip
  std::optional<OwnSources> own;           // null: each index is compared by scalar code
  OpFoldResult first, count, column, size; // rows of the block; where its part of a row begins, and the part's bytes
};

LogicalResult ScatterRows::analyse() {
  if (failed(match()) || failed(matchBuiltin(e.device)) || (y && !walks(y, 0, loops.size())))
    return failure();
  // The last dimensions of x are walked whole, by the last loops.
  MemRefType x = typeOf(out());
  int64_t whole = 0, rank = x.getRank(), depth = loops.size();
  for (; whole < std::min(rank, depth); ++whole)
    if (loopOf(store.getIndices()[rank - 1 - whole]) != depth - 1 - whole ||
        x.getDimSize(rank - 1 - whole) != sizes[depth - 1 - whole])
      break;
  leading = depth - whole;
  for (int64_t dim = 0; dim < rank; ++dim)
    (dim < rank - whole ? rows : width) *= x.getDimSize(dim);
  for (int64_t loop = 0; loop < leading; ++loop)
    sources *= sizes[loop];
  if (whole == 0 || width * bytes() < kShortestRow || (condition && !dependsOnlyOn(condition, 0, leading)))
    return failure();
  for (Value index : store.getIndices().take_front(rank - whole))
    if (!dependsOnlyOn(index, 0, leading))
      return failure();
  return success();
}

/// Brings `some` indices from `from` on.
void ScatterRows::stage(OpFoldResult from, OpFoldResult some) {
  for (auto [memref, buffer] : staged)
    e.op("memcpy", {buffer, e.at(e.flat(memref), Sizes{from}), e.index(e.mul(some, e.attr(elementBytes(memref))))});
}

Value ScatterRows::make(Value value, IRMapping &known, OpFoldResult number, OpFoldResult at) {
  auto iv = [&](unsigned loop) { return ivOf(e, number, loop, 0, leading); };
  auto replace = [&](memref::LoadOp load) -> Value {
    Value buffer = staged.lookup(load.getMemRef());
    return buffer ? memref::LoadOp::create(e.b, e.loc, buffer, e.index(at)).getResult() : Value();
  };
  return materialise(e, value, known, iv, replace);
}

/// The row of the block that row `number` of y belongs to; in it or not.
OpFoldResult ScatterRows::placeOf(IRMapping &known, OpFoldResult number, OpFoldResult at) {
  OpFoldResult target = e.attr(0);
  for (auto [dim, index] : llvm::enumerate(names()))
    target = e.add(e.mul(target, e.attr(typeOf(out()).getDimSize(dim))), make(index, known, number, at));
  return e.sub(target, first);
}

void ScatterRows::bring(Value row, OpFoldResult number, bool isAsync) {
  Value from = e.at(e.flat(y.getMemRef()), Sizes{e.add(e.mul(number, e.attr(width)), column)});
  e.op(isAsync ? "memcpy_async" : "memcpy", {row, from, e.index(size)});
}

void ScatterRows::combine(OpFoldResult place, Value row) {
  Value sum = e.at(held, Sizes{e.mul(place, e.attr(pitch))});
  emitCombine(e, sum, sum, row, e.attr(pitch), pitch);
}

/// Row `at` of those on the chip, if the block has its place.
void ScatterRows::takeIfOwn(OpFoldResult from, OpFoldResult at) {
  IRMapping known;
  OpFoldResult number = e.add(from, at), place = placeOf(known, number, at);
  Value mine = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sge, e.index(place), e.index(0));
  Value below = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::slt, e.index(place), e.index(count));
  mine = arith::AndIOp::create(e.b, e.loc, mine, below);
  if (condition)
    mine = arith::AndIOp::create(e.b, e.loc, make(condition, known, number, at), mine);
  OpBuilder::InsertionGuard inner(e.b);
  e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, mine, /*withElseRegion=*/false).thenYield());
  if (y)
    bring(lines, number, /*isAsync=*/false);
  combine(place, lines);
}

/// Those of `some` rows that belong to the block: their copies are queued, a batch at a time.
void ScatterRows::takeOwn(OpFoldResult from, OpFoldResult some) {
  Value found = own->find(staged.lookup(OwnSources::load(*this, 0).getMemRef()), first, e.add(first, count), some);
  e.chunks(found, typeOf(staged.front().second).getNumElements(), batch, [&](OpFoldResult begin, OpFoldResult rows) {
    auto line = [&](OpFoldResult k) { return e.at(lines, Sizes{e.mul(k, e.attr(pitch))}); };
    if (y) {
      e.loops({rows}, [&](ArrayRef<OpFoldResult> k) {
        bring(line(k[0]), e.add(from, own->number(e.add(begin, k[0]))), /*isAsync=*/true);
      });
      bang::SyncOp::create(e.b, e.loc);
    }
    e.loops({rows}, [&](ArrayRef<OpFoldResult> k) {
      IRMapping known;
      Value at = own->number(e.add(begin, k[0]));
      combine(placeOf(known, e.add(from, at), at), y ? line(k[0]) : lines);
    });
  });
}

void ScatterRows::emit() {
  int64_t cores = e.device.cores(), lanes = std::max<int64_t>(1, kVectorBytes / bytes());
  // Blocks of rows; of columns too where there are fewer rows than cores, or a row is too long.
  int64_t parts = std::max<int64_t>((width * bytes() + kRowBytes - 1) / kRowBytes, rows < cores ? cores / rows : 1);
  parts = std::max<int64_t>(1, std::min(parts, width / (4 * lanes)));
  int64_t part = parts == 1 ? width : llvm::alignTo((width + parts - 1) / parts, lanes);
  parts = (width + part - 1) / part;
  pitch = e.is2xx() ? llvm::alignTo(part, e.lanes(type())) : part;
  int64_t share = std::max<int64_t>(1, (rows * parts + cores - 1) / cores);
  int64_t block = std::min({rows, share, std::max<int64_t>(1, kBlockBytes / (pitch * bytes()))});
  int64_t rowBlocks = (rows + block - 1) / block, blocks = rowBlocks * parts;
  int64_t tasks = takeOver(e, outermost, init, blocks), chunk = std::min(sources, kIndices);
  bool filters =
      names().size() == 1 && OwnSources::match(*this, 0, e.device) && walks(OwnSources::load(*this, 0), 0, leading);
  if (filters && y)
    batch = std::clamp<int64_t>(kBatchBytes / (pitch * bytes()), 1, kBatch);

  held = e.temp(type(), block * pitch), lines = e.temp(type(), batch * pitch);
  if (pitch != part || width % part != 0) // the vectors are wider than what is copied into them
    e.fill(lines, e.scalar(type(), 0), e.attr(typeOf(lines).getNumElements()));
  if (number)
    e.fill(lines, e.b.clone(*number.getDefiningOp())->getResult(0), e.attr(typeOf(lines).getNumElements()));
  if (filters) {
    own.emplace(e, chunk);
    Value indices = own->indexBuffer();
    e.fill(indices, e.scalar(e.b.getI32Type(), -1), e.attr(typeOf(indices).getNumElements()));
    staged[OwnSources::load(*this, 0).getMemRef()] = indices;
  }
  outermost->walk([&](memref::LoadOp load) {
    if (load != old && load != y && walks(load, 0, leading) && !staged.contains(load.getMemRef()))
      staged[load.getMemRef()] = e.temp(load.getMemRefType().getElementType(), chunk);
  });

  Value task = mlu::TaskIdOp::create(e.b, e.loc);
  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(blocks), e.index(tasks));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  OpFoldResult rowBlock = loop.getInductionVar(), columns = e.attr(part);
  column = e.attr(0);
  if (parts > 1) {
    column =
        e.mul(arith::RemUIOp::create(e.b, e.loc, loop.getInductionVar(), e.index(parts)).getResult(), e.attr(part));
    rowBlock = arith::DivUIOp::create(e.b, e.loc, loop.getInductionVar(), e.index(parts)).getResult();
    if (width % part != 0)
      columns = e.min(e.attr(part), e.sub(e.attr(width), column));
  }
  first = e.mul(rowBlock, e.attr(block));
  count = rows % block == 0 ? e.attr(block) : e.min(e.attr(block), e.sub(e.attr(rows), first));
  size = e.mul(columns, e.attr(bytes()));
  e.fill(held, init.getInputs()[0], e.attr(typeOf(held).getNumElements()));
  e.chunks(e.attr(sources), sources, chunk, [&](OpFoldResult from, OpFoldResult some) {
    stage(from, some);
    if (own)
      takeOwn(from, some);
    else
      e.loops({some}, [&](ArrayRef<OpFoldResult> at) { takeIfOwn(from, at[0]); });
  });
  Value to = e.at(e.flat(out()), Sizes{e.add(e.mul(first, e.attr(width)), column)});
  if (pitch == width)
    e.op("memcpy", {to, held, e.index(e.mul(count, size))});
  else
    e.op("memcpy_2d", {to, held, e.index(size), e.index(width * bytes()), e.index(pitch * bytes()), e.index(count)});
}

} // namespace

LogicalResult l2b::lowerScatterRows(Emit &e, scf::ForOp loop) { return lowerScatter<ScatterRows>(e, loop); }
