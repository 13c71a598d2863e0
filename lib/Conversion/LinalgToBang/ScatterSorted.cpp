//===- ScatterSorted.cpp - Single elements, sorted by their places --------===//
//
// x[i…, f(i…, j…)] = op(x[i…, f(i…, j…)], y[i…, j…]) without scalar code: a task owns rows of x, or a part of one,
// which stay on its chip. It brings y and the indices there and leaves them to the sorter.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Memory.h"
#include "ScatterOwn.h"
#include "ScatterSort.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Fewer sources at once are not worth the guards and start-ups.
constexpr int64_t kFewSources = 2048;
/// Accesses of NRAM that scalar code takes for an element.
constexpr int kAccesses = 4;

struct ScatterSorted : ScatterLoop {
  ScatterSorted(Emit &e, scf::ForOp loop) : ScatterLoop(loop), e(e) {}

  Emit &e;
  int64_t leading = 0;                      // loops that are leading dimensions of x
  int64_t rows = 1, columns = 1, width = 1; // of y; elements of a row of x
  int64_t block = 1, chunk = 1;             // rows, and elements of y in each of them, that are worked on at once
  int64_t parts = 1, part = 1;              // of a row of x
  memref::LoadOp index;

  LogicalResult analyse();
  void emit();

private:
  OpFoldResult first, count; // rows of the block

  bool isOfColumns(memref::LoadOp load) { return walks(load, leading, loops.size() - leading); }
  bool plan();
  double scalarNanoseconds();
  double nanoseconds(int64_t rowsAtOnce, int64_t columnsAtOnce);
  void load(memref::LoadOp source, Value buffer, OpFoldResult from, OpFoldResult some);
};

LogicalResult ScatterSorted::analyse() {
  if (!SourceSorter::isOffered(e.device) || failed(match()) || failed(matchBuiltin(e.device)) ||
      elementBytes(type()) != 4)
    return failure();
  MemRefType x = typeOf(out());
  int64_t rank = x.getRank(), depth = loops.size();
  while (leading < std::min(rank, depth) && loopOf(store.getIndices()[leading]) == unsigned(leading) &&
         x.getDimSize(leading) == sizes[leading])
    ++leading;
  if (rank != leading + 1)
    return failure();
  for (int64_t loop = 0; loop < depth; ++loop)
    (loop < leading ? rows : columns) *= sizes[loop];
  width = x.getShape().back();
  index = OwnSources::load(*this, leading);
  auto isRead = [&](memref::LoadOp load) { return walks(load, 0, depth) || isOfColumns(load); };
  return success(width > 0 && index && isRead(index) && (!y || isRead(y)) && plan());
}

double ScatterSorted::nanoseconds(int64_t rowsAtOnce, int64_t columnsAtOnce) {
  double items = llvm::divideCeil(llvm::divideCeil(rows, rowsAtOnce) * parts, e.device.cores());
  int64_t loaded = rowsAtOnce * columnsAtOnce;
  return items * llvm::divideCeil(columns, columnsAtOnce) *
         SourceSorter::nanoseconds(e.device, rowsAtOnce * part, loaded, llvm::divideCeil(loaded, parts),
                                   isa<arith::AddFOp, arith::AddIOp>(combine));
}

/// Modelled time of ScatterElements: who owns a part of a row compares all indices as vectors, and looks at each of its
/// own once more.
double ScatterSorted::scalarNanoseconds() {
  double share = double(rows) * columns / double(std::min(e.device.cores(), rows * parts));
  double scalar = (kAccesses + (parts > 1)) * e.device.scalarNramNs * share;
  if (parts == 1)
    return scalar;
  constexpr double kComparing = 8; // builtins
  return scalar + kComparing * 4 * columns / e.device.vectorBytesPerCycle * 1e3 / e.device.clockMhz;
}

/// Chooses what is done at once; whether that takes less time than scalar code.
bool ScatterSorted::plan() {
  int64_t cores = e.device.cores(), room = freeNRAM(outermost, e.device) / 4 - 1024;
  auto most = [&](int64_t places) { return SourceSorter::mostSources(e.device, places, room); };
  for (parts = std::max<int64_t>(1, std::min(cores / rows, width));; parts *= 2) {
    part = (width + parts - 1) / parts;
    if (most(part) >= std::min(columns, kFewSources))
      break;
    if (part == 1)
      return false;
  }
  parts = (width + part - 1) / part;
  int64_t chunks = llvm::divideCeil(columns, most(part));
  chunk = llvm::divideCeil(columns, chunks);
  double best = nanoseconds(1, chunk);
  for (int64_t more = 2; parts == 1 && chunks == 1 && more <= llvm::divideCeil(rows, cores); more *= 2)
    if (double ns = nanoseconds(more, columns); ns < best && more * columns <= most(more * width))
      best = ns, block = more;
  return best < scalarNanoseconds();
}

/// Brings `some` elements of each row of the block from `from` on.
void ScatterSorted::load(memref::LoadOp source, Value buffer, OpFoldResult from, OpFoldResult some) {
  Value memory = e.flat(source.getMemRef());
  if (!isOfColumns(source)) {
    OpFoldResult begin = e.add(e.mul(first, e.attr(columns)), from);
    e.op("memcpy", {buffer, e.at(memory, Sizes{begin}), e.index(e.mul(e.mul(count, some), e.attr(4)))});
    return;
  }
  e.loops({count}, [&](ArrayRef<OpFoldResult> row) {
    e.op("memcpy", {e.at(buffer, Sizes{e.mul(row[0], e.attr(columns))}), e.at(memory, Sizes{from}),
                    e.index(e.mul(some, e.attr(4)))});
  });
}

void ScatterSorted::emit() {
  int64_t blocks = llvm::divideCeil(rows, block) * parts, tasks = takeOver(e, outermost, init, blocks);
  SourceSorter sorter(e, *this, block * part, block * chunk);
  sorter.makeNumbers(chunk, width);
  if (number)
    e.fill(sorter.values, e.b.clone(*number.getDefiningOp())->getResult(0), e.attr(block * chunk));
  Value task = mlu::TaskIdOp::create(e.b, e.loc);
  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(blocks), e.index(tasks));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  OpFoldResult rowBlock = loop.getInductionVar(), offset = e.attr(0), length = e.attr(part);
  if (parts > 1) {
    Value number = arith::RemUIOp::create(e.b, e.loc, loop.getInductionVar(), e.index(parts));
    offset = e.mul(number, e.attr(part));
    if (width % part != 0)
      length = e.min(e.attr(part), e.sub(e.attr(width), offset));
    rowBlock = arith::DivUIOp::create(e.b, e.loc, loop.getInductionVar(), e.index(parts)).getResult();
  }
  if (rows == block)
    rowBlock = e.attr(0);
  first = e.mul(rowBlock, e.attr(block));
  count = rows % block == 0 ? e.attr(block) : e.min(e.attr(block), e.sub(e.attr(rows), first));
  e.fill(sorter.held, init.getInputs()[0], e.attr(typeOf(sorter.held).getNumElements()));
  e.chunks(e.attr(columns), columns, chunk, [&](OpFoldResult from, OpFoldResult some) {
    load(index, sorter.indices(), from, some);
    if (y)
      load(y, sorter.values, from, some);
    sorter.run(e.mul(count, some), offset, e.add(offset, length));
  });
  OpFoldResult begin = e.add(e.mul(first, e.attr(width)), offset);
  e.op("memcpy", {e.at(e.flat(out()), Sizes{begin}), sorter.held, e.index(e.mul(e.mul(count, length), e.attr(4)))});
}

} // namespace

LogicalResult l2b::lowerScatterSorted(Emit &e, scf::ForOp loop) { return lowerScatter<ScatterSorted>(e, loop); }
