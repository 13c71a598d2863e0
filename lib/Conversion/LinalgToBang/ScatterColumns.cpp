//===- ScatterColumns.cpp - Columns that are added up ---------------------===//
//
// x[i…, f(j…)] = op(x[i…, f(j…)], y[i…, j…]): all rows have the same indices. A task owns rows of x; it turns its rows
// of y on the chip, combines each column, now a vector, with the column of x that its index names, and turns the result
// back. Nothing is atomic, and the order of additions is that of a serial loop.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Memory.h"
#include "ScatterLoop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Pieces of a row that are turned one after the other, at most.
constexpr int64_t kMostPieces = 4;

struct ScatterColumns : ScatterLoop {
  ScatterColumns(Emit &e, scf::ForOp loop) : ScatterLoop(loop), e(e) {}

  Emit &e;
  int64_t leading = 0;                       // loops over rows
  int64_t rows = 1, columns = 1, length = 1; // of y; elements of a row of x
  int64_t block = 1, height = 1;             // rows that are worked on at once, and as the builtins want them
  int64_t from = 1, to = 1;                  // elements of a row of y, and of x, that are turned at once

  LogicalResult analyse();
  void emit();

private:
  int64_t bytes() { return elementBytes(type()); }
  int64_t unit() { return e.is2xx() ? 64 / bytes() : 1; } // of a transpose's sizes
  bool plan();
  bool isStaged(memref::LoadOp load) {
    return load != old && load != y && walks(load, leading, loops.size() - leading);
  }
  void combineColumns(Value held, Value turned, OpFoldResult base, OpFoldResult some);
};

LogicalResult ScatterColumns::analyse() {
  if (failed(match()) || failed(matchBuiltin(e.device)) || !y || !walks(y, 0, loops.size()))
    return failure();
  MemRefType x = typeOf(out());
  leading = x.getRank() - 1;
  if (leading < 1 || leading >= int64_t(loops.size()))
    return failure();
  for (int64_t dim = 0; dim < leading; ++dim)
    if (loopOf(store.getIndices()[dim]) != unsigned(dim) || x.getDimSize(dim) != sizes[dim])
      return failure();
  for (auto [loop, size] : llvm::enumerate(sizes))
    (int64_t(loop) < leading ? rows : columns) *= size;
  length = x.getShape().back();
  bool isOfColumn = dependsOnlyOn(store.getIndices().back(), leading, loops.size()) &&
                    (!condition || dependsOnlyOn(condition, leading, loops.size()));
  return success(isOfColumn && length > 0 && plan());
}

/// Chooses the block; whether a vector a column beats scalar code an element.
bool ScatterColumns::plan() {
  int64_t lanes = e.is2xx() ? e.lanes(type()) : 1, share = (rows + e.device.cores() - 1) / e.device.cores(), most = 0;
  llvm::SmallSetVector<Value, 4> staged;
  outermost->walk([&](memref::LoadOp load) {
    if (isStaged(load))
      staged.insert(load.getMemRef());
  });
  int64_t room = freeNRAM(outermost, e.device) * 3 / 4;
  for (Value each : staged)
    room -= columns * elementBytes(each);
  if (room <= 0)
    return false;
  for (int64_t pieces = 1; most == 0 && pieces <= kMostPieces; pieces *= 2) {
    from = llvm::alignTo((columns + pieces - 1) / pieces, unit());
    to = llvm::alignTo((length + pieces - 1) / pieces, unit());
    int64_t width = std::max(from, to) + from + llvm::alignTo(length, to);
    most = room / (width * bytes()) / lanes * lanes;
  }
  if (most == 0)
    return false;
  int64_t rounds = (share + most - 1) / most;
  block = (share + rounds - 1) / rounds;
  height = llvm::alignTo(block, lanes);
  double cycles = e.device.vectorStartupCycles + double(height * bytes()) / e.device.vectorBytesPerCycle;
  double column = std::max(cycles * 1e3 / e.device.clockMhz, e.device.scalarNramNs);
  constexpr int kAccesses = 4; // of NRAM, an element
  return column * rounds < kAccesses * e.device.scalarNramNs * share;
}

/// Combines `some` columns of y from `base` on.
void ScatterColumns::combineColumns(Value held, Value turned, OpFoldResult base, OpFoldResult some) {
  llvm::MapVector<Value, Value> staged; // tensors of one element a column, on the chip
  outermost->walk([&](memref::LoadOp load) {
    if (isStaged(load) && !staged.contains(load.getMemRef())) {
      OpBuilder::InsertionGuard guard(e.b);
      e.b.restoreInsertionPoint(e.outsideLoops());
      Value buffer = e.temp(load.getMemRefType().getElementType(), columns);
      e.op("memcpy", {buffer, e.flat(load.getMemRef()), e.index(columns * elementBytes(buffer))});
      staged[load.getMemRef()] = buffer;
    }
  });
  e.loops({some}, [&](ArrayRef<OpFoldResult> ivs) {
    OpFoldResult column = e.add(base, ivs[0]);
    Value at = e.index(column);
    auto iv = [&](unsigned loop) { return ivOf(e, column, loop, leading, loops.size()); };
    auto replace = [&](memref::LoadOp load) -> Value {
      Value buffer = staged.lookup(load.getMemRef());
      return buffer ? memref::LoadOp::create(e.b, e.loc, buffer, at).getResult() : Value();
    };
    IRMapping known;
    Value target = materialise(e, store.getIndices().back(), known, iv, replace);
    OpBuilder::InsertionGuard guard(e.b);
    if (condition) {
      Value holds = materialise(e, condition, known, iv, replace);
      e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, holds, /*withElseRegion=*/false).thenYield());
    }
    Value sum = e.at(held, Sizes{e.mul(target, e.attr(height))});
    emitCombine(e, sum, sum, e.at(turned, Sizes{e.mul(ivs[0], e.attr(height))}), e.attr(height), height);
  });
}

void ScatterColumns::emit() {
  int64_t blocks = (rows + block - 1) / block, tasks = takeOver(e, outermost, init, blocks);
  Value lines = e.temp(type(), height * std::max(from, to)); // rows of y, and then of x
  Value turned = e.temp(type(), from * height), held = e.temp(type(), llvm::alignTo(length, to) * height);
  if (height != block || columns % from != 0 || rows % block != 0) // what no copy writes is turned as well
    e.fill(lines, e.scalar(type(), 0), e.attr(typeOf(lines).getNumElements()));
  Value task = mlu::TaskIdOp::create(e.b, e.loc), source = e.flat(y.getMemRef()), result = e.flat(out());
  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(blocks), e.index(tasks));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  OpFoldResult first = e.mul(loop.getInductionVar(), e.attr(block));
  OpFoldResult count = rows % block == 0 ? e.attr(block) : e.min(e.attr(block), e.sub(e.attr(rows), first));
  auto copyRows = [&](Value dst, int64_t dstRow, Value src, int64_t srcRow, OpFoldResult elements) {
    Value size = e.index(e.mul(elements, e.attr(bytes())));
    if (dstRow == srcRow && isConstantIntValue(elements, dstRow))
      e.op("memcpy", {dst, src, e.index(e.mul(count, e.attr(dstRow * bytes())))});
    else
      e.op("memcpy_2d", {dst, src, size, e.index(dstRow * bytes()), e.index(srcRow * bytes()), e.index(count)});
  };
  e.fill(held, init.getInputs()[0], e.attr(typeOf(held).getNumElements()));
  e.chunks(e.attr(columns), columns, from, [&](OpFoldResult base, OpFoldResult some) {
    copyRows(lines, from, e.at(source, Sizes{e.add(e.mul(first, e.attr(columns)), base)}), columns, some);
    e.op("transpose", {turned, lines, e.index(height), e.index(from)});
    combineColumns(held, turned, base, some);
  });
  e.chunks(e.attr(length), length, to, [&](OpFoldResult base, OpFoldResult some) {
    e.op("transpose", {lines, e.at(held, Sizes{e.mul(base, e.attr(height))}), e.index(to), e.index(height)});
    copyRows(e.at(result, Sizes{e.add(e.mul(first, e.attr(length)), base)}), length, lines, to, some);
  });
}

} // namespace

LogicalResult l2b::lowerScatterColumns(Emit &e, scf::ForOp loop) { return lowerScatter<ScatterColumns>(e, loop); }
