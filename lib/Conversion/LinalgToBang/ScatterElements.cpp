//===- ScatterElements.cpp - Single elements that are added up ------------===//
//
// x[i…, f(i…, j…)] = op(x[i…, f(i…, j…)], y[i…, j…]), where no row of y has a row of x to go to. No builtin combines
// single elements at places that data names, so it is scalar code, but in NRAM: a task owns rows of x, or a part of
// one, which stay on its chip; y and the indices come there by DMA. An access of NRAM takes a thirtieth of one of
// GDRAM, all cores work, nothing is atomic, and each place of x is combined in the order of a serial loop over the y
// that its row has.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Memory.h"
#include "ScatterOwn.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Bytes of x that a task holds, and of what it reads at once.
constexpr int64_t kHeldBytes = 160 * 1024, kSourceBytes = 128 * 1024;

struct ScatterElements : ScatterLoop {
  ScatterElements(Emit &e, scf::ForOp loop) : ScatterLoop(loop), e(e) {}

  Emit &e;
  int64_t leading = 0;                      // loops that are leading dimensions of x
  int64_t rows = 1, columns = 1, width = 1; // of y; elements of a row of x
  int64_t block = 1, chunk = 1;             // rows, and elements of y in each of them, that are worked on at once
  int64_t parts = 1, part = 1;              // of a row of x

  LogicalResult analyse();
  void emit();

private:
  /// What a tensor that the body reads has of an element for: an iteration, one of the inner loops, a row.
  enum class Per { Iteration, Column, Row };
  struct Source {
    Per per;
    Value buffer;
  };
  llvm::MapVector<Value, Source> sources;

  /// A task owns a part of a row and one dimension names places: it finds its elements instead of comparing each.
  bool filters();
  double nanoseconds(int64_t blocks, int64_t tasks);

  std::optional<OwnSources> own;
  Value held;
  OpFoldResult first, count, offset, length; // rows, and the part of each, that are worked on

  void plan(int64_t bytesPerElement);
  void fillHeld();
  void load(OpFoldResult from, OpFoldResult some);
  void combine(OpFoldResult from, OpFoldResult row, OpFoldResult column, OpFoldResult some);
};

LogicalResult ScatterElements::analyse() {
  if (failed(match()))
    return failure();
  MemRefType x = typeOf(out());
  int64_t rank = x.getRank(), depth = loops.size();
  while (leading < std::min(rank, depth) && loopOf(store.getIndices()[leading]) == unsigned(leading) &&
         x.getDimSize(leading) == sizes[leading])
    ++leading;
  for (int64_t loop = 0; loop < depth; ++loop)
    (loop < leading ? rows : columns) *= sizes[loop];
  for (int64_t dim = leading; dim < rank; ++dim)
    width *= x.getDimSize(dim);
  int64_t bytesPerElement = 0;
  bool isRight = true;
  llvm::SmallDenseMap<Value, std::optional<Per>> seen; // all loads of a tensor must be of one kind
  outermost->walk([&](memref::LoadOp load) {
    Value memref = load.getMemRef();
    if (memref == out()) {
      isRight &= load.getIndices() == store.getIndices();
      return;
    }
    std::optional<Per> per;
    if (walks(load, 0, depth))
      per = Per::Iteration;
    else if (leading < depth && walks(load, leading, depth - leading))
      per = Per::Column;
    else if (leading > 0 && walks(load, 0, leading))
      per = Per::Row;
    auto [known, isNew] = seen.try_emplace(memref, per);
    isRight &= known->second == per;
    if (isNew && per) {
      sources[memref] = {*per, Value()};
      bytesPerElement += elementBytes(memref);
    }
  });
  if (!isRight || width == 0)
    return failure();
  plan(std::max<int64_t>(1, bytesPerElement));
  return success();
}

bool ScatterElements::filters() {
  if (parts == 1 || typeOf(out()).getRank() != leading + 1 || !OwnSources::match(*this, leading, e.device))
    return false;
  auto indices = sources.find(OwnSources::load(*this, leading).getMemRef());
  return indices != sources.end() && indices->second.per != Per::Row;
}

void ScatterElements::plan(int64_t bytesPerElement) {
  int64_t cores = e.device.cores(), most = kHeldBytes / elementBytes(type()), room = kSourceBytes / bytesPerElement;
  // Who owns a part of a row goes through all indices of it; that costs less than leaving cores without work.
  parts = std::max<int64_t>((width + most - 1) / most, std::min(cores / rows, width));
  parts = std::max<int64_t>(parts, 1);
  part = (width + parts - 1) / parts;
  parts = (width + part - 1) / part;
  chunk = std::min(columns, room);
  if (filters())
    chunk = std::min(chunk, kSourceBytes / (bytesPerElement + OwnSources::kBytes));
  if (parts == 1 && chunk == columns)
    block = std::max<int64_t>(1, std::min({(rows + cores - 1) / cores, most / width, room / columns}));
}

void ScatterElements::fillHeld() {
  Value neutral = init.getInputs()[0];
  if (elementBytes(type()) <= 4 && !type().isInteger(1))
    return e.fill(held, neutral, e.attr(typeOf(held).getNumElements()));
  e.loops({e.mul(count, length)}, [&](ArrayRef<OpFoldResult> ivs) {
    memref::StoreOp::create(e.b, e.loc, neutral, held, ValueRange{e.index(ivs[0])});
  });
}

/// Brings `some` elements of each row of y from `from` on, and their indices, on the chip.
void ScatterElements::load(OpFoldResult from, OpFoldResult some) {
  for (auto &[memref, source] : sources) {
    OpFoldResult begin = first, elements = count;
    if (source.per == Per::Column)
      begin = from, elements = some;
    else if (source.per == Per::Iteration)
      begin = e.add(e.mul(first, e.attr(columns)), from), elements = e.mul(count, some);
    e.op("memcpy",
         {source.buffer, e.at(e.flat(memref), Sizes{begin}), e.index(e.mul(elements, e.attr(elementBytes(memref))))});
  }
}

void ScatterElements::combine(OpFoldResult from, OpFoldResult row, OpFoldResult column, OpFoldResult some) {
  auto iv = [&](unsigned loop) -> Value {
    if (int64_t(loop) < leading)
      return ivOf(e, e.add(first, row), loop, 0, leading);
    return ivOf(e, e.add(from, column), loop, leading, loops.size());
  };
  Value place;
  auto replace = [&](memref::LoadOp load) -> Value {
    if (load.getMemRef() == out())
      return memref::LoadOp::create(e.b, e.loc, held, place);
    auto found = sources.find(load.getMemRef());
    if (found == sources.end())
      return {};
    OpFoldResult at = row;
    if (found->second.per == Per::Column)
      at = column;
    else if (found->second.per == Per::Iteration)
      at = e.add(e.mul(row, some), column);
    return memref::LoadOp::create(e.b, e.loc, found->second.buffer, e.index(at));
  };
  IRMapping known;
  auto make = [&](Value value) { return materialise(e, value, known, iv, replace); };
  OpFoldResult address = e.attr(0);
  for (int64_t dim = leading; dim < typeOf(out()).getRank(); ++dim)
    address = e.add(e.mul(address, e.attr(typeOf(out()).getDimSize(dim))), make(store.getIndices()[dim]));
  address = e.sub(address, offset);
  Value mine = condition && !own ? make(condition) : Value();
  auto both = [&](arith::CmpIPredicate predicate, OpFoldResult bound) {
    Value holds = arith::CmpIOp::create(e.b, e.loc, predicate, e.index(address), e.index(bound));
    mine = mine ? arith::AndIOp::create(e.b, e.loc, mine, holds).getResult() : holds;
  };
  if (parts > 1 && !own) {
    both(arith::CmpIPredicate::sge, e.attr(0));
    both(arith::CmpIPredicate::slt, length);
  }
  place = e.index(e.add(e.mul(row, e.attr(part)), address));
  OpBuilder::InsertionGuard guard(e.b);
  if (mine)
    e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, mine, /*withElseRegion=*/false).thenYield());
  memref::StoreOp::create(e.b, e.loc, make(value), held, place);
}

/// Modelled time of the scalar code of a task: four accesses an element, or one of an element of another task.
double ScatterElements::nanoseconds(int64_t blocks, int64_t tasks) {
  double elements = double(block * columns) * double(llvm::divideCeil(blocks, tasks)), share = elements / double(parts);
  return e.device.scalarNramNs * (4 * share + (parts == 1 ? 0 : filters() ? share : elements));
}

void ScatterElements::emit() {
  int64_t blocks = (rows + block - 1) / block * parts, tasks = takeOver(e, outermost, init, blocks);
  if (nanoseconds(blocks, tasks) > e.device.launchUs * 1e3) // less is not worth a word
    outermost->emitRemark("no builtin combines single elements on ")
        << e.device.name << "; each is combined by itself on the chip, which is slow";
  held = e.temp(type(), block * part);
  if (filters()) {
    own.emplace(e, chunk);
    Value indices = own->indexBuffer();
    e.fill(indices, e.scalar(e.b.getI32Type(), -1), e.attr(typeOf(indices).getNumElements()));
    sources[OwnSources::load(*this, leading).getMemRef()].buffer = indices;
  }
  for (auto &[memref, source] : sources) {
    if (source.buffer)
      continue;
    source.buffer = e.temp(typeOf(memref).getElementType(), source.per == Per::Iteration ? block * chunk
                                                            : source.per == Per::Column  ? chunk
                                                                                         : block);
  }
  Value task = mlu::TaskIdOp::create(e.b, e.loc);
  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(blocks), e.index(tasks));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  OpFoldResult rowBlock = loop.getInductionVar();
  offset = e.attr(0), length = e.attr(part), count = e.attr(block);
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
  if (rows % block != 0)
    count = e.min(e.attr(block), e.sub(e.attr(rows), first));
  fillHeld();
  e.chunks(e.attr(columns), columns, chunk, [&](OpFoldResult from, OpFoldResult some) {
    load(from, some);
    if (!own) {
      e.loops({count, some}, [&](ArrayRef<OpFoldResult> ivs) { combine(from, ivs[0], ivs[1], some); });
      return;
    }
    Value indices = sources[OwnSources::load(*this, leading).getMemRef()].buffer;
    Value found = own->find(indices, offset, e.add(offset, length), some);
    e.loops({found}, [&](ArrayRef<OpFoldResult> k) { combine(from, e.attr(0), own->number(k[0]), some); });
  });
  OpFoldResult begin = e.add(e.mul(first, e.attr(width)), offset);
  e.op("memcpy",
       {e.at(e.flat(out()), Sizes{begin}), held, e.index(e.mul(e.mul(count, length), e.attr(elementBytes(type()))))});
}

} // namespace

LogicalResult l2b::lowerScatterElements(Emit &e, scf::ForOp loop) { return lowerScatter<ScatterElements>(e, loop); }
