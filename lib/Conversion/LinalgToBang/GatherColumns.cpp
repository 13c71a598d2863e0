//===- GatherColumns.cpp - Columns that data names, through SRAM ----------===//
//
// A copy on the chip that picks a column out of rows starts as often as there are columns, for as many elements as NRAM
// has rows. In SRAM a cluster has the rows of all its cores, turned, so that a column is a stretch: each core collects
// its part of the columns by one copy each, which queue up, turns them back, and the memory core stores whole rows.
//
//===----------------------------------------------------------------------===//
#include "GatherColumns.h"
#include "Memory.h"

#include "metabang/Dialect/MLU/Transforms/Exchange.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;
using llvm::divideCeil;

std::optional<ColumnGatherPlan> l2b::planColumnGather(const ColumnGather &g, const Device &device) {
  int64_t cores = device.coresPerCluster, bytes = g.elementBytes;
  int64_t unit = device.vectorSizeAlignment > 1 ? 64 / bytes : 1; // of what an MLU2xx turns
  int64_t sram = device.sramBytes - device.stackReserveBytes, nram = device.nramBudget() - 8 * 1024;
  if (bytes > 4 || g.length % unit != 0)
    return std::nullopt;
  auto ns = [&](double cycles) { return cycles * 1e3 / double(device.clockMhz); };
  double dram = device.dramGbPerS * device.dramEfficiency, vector = double(device.vectorStartupCycles);
  auto io = [&](double each) { // all cores at once
    double share = each * double(device.cores()) / dram;
    return device.dmaStartupNs + std::max(ns(each / device.coreIoBytesPerCycle), share);
  };
  auto turn = [&](double each) {
    return ns(2 * vector + each / device.vectorBytesPerCycle + each * double(cores) / device.sramBytesPerCycle);
  };
  std::optional<ColumnGatherPlan> best;
  int64_t share = divideCeil(g.columns, cores);
  for (int64_t strip = unit; strip * cores <= g.rows && strip <= 64; strip += unit) {
    int64_t block = strip * cores;
    if (block * (g.length + g.columns) * bytes + g.columns * 4 > sram)
      break;
    for (int64_t pieces = 1; pieces <= 16; ++pieces) {
      int64_t piece = llvm::alignTo(divideCeil(share, pieces), unit);
      if (piece > g.columns || 2 * (strip * g.length + block * piece) * bytes > nram)
        continue;
      double blocks = double(divideCeil(divideCeil(g.rows, block), device.clusters));
      double column = ns(double(block * bytes * cores) / device.sramBytesPerCycle); // of all cores at once
      column = std::max(column, device.scalarNramNs + ns(double(device.scalarCycles)));
      double onChip = turn(double(strip * g.length * bytes)) +
                      double(divideCeil(share, piece)) * (double(piece) * column + turn(double(block * piece * bytes)));
      double load = io(double(strip * g.length * bytes)), store = io(double(strip * g.columns * bytes));
      double time = blocks * (load + onChip + store + 2 * ns(double(device.barrierCycles)));
      if (!best || time < best->ns)
        best = ColumnGatherPlan{strip, piece, time};
      break; // smaller pieces start more often
    }
  }
  return best;
}

void l2b::emitColumnGather(Emit &e, func::FuncOp kernel, const ColumnGather &g, const ColumnGatherPlan &plan) {
  Type type = typeOf(g.x).getElementType();
  int64_t cores = e.device.coresPerCluster, clusters = e.device.clusters, bytes = g.elementBytes;
  int64_t strip = plan.strip, block = strip * cores, piece = plan.piece, share = divideCeil(g.columns, cores);
  int64_t blocks = divideCeil(g.rows, block), unions = std::min(clusters, blocks);
  // A row of tasks is a union: only those of one row are sure to meet in SRAM.
  kernel->setAttr("mlu.dim", e.b.getDenseI64ArrayAttr({cores, unions, 1}));
  kernel->setAttr(mlu::kUnionAttrName, e.b.getI64IntegerAttr(1));
  auto shared = [&](StringRef name, Type of, int64_t elements) -> Value {
    auto space = mlu::SpaceAttr::get(e.b.getContext(), mlu::Space::SRAM);
    return memref::AllocOp::create(e.b, NameLoc::get(e.b.getStringAttr(name), e.loc),
                                   MemRefType::get({elements}, of, MemRefLayoutAttrInterface(), space));
  };
  // Where a piece begins: those that would end behind `extent` move back.
  auto startOf = [&](OpFoldResult number, int64_t count, int64_t size, int64_t extent) {
    OpFoldResult start = e.mul(number, e.attr(size));
    return count * size == extent ? start : e.min(start, e.attr(extent - size));
  };
  Type i32 = e.b.getI32Type();
  Value table = shared("table", type, g.length * block), whole = shared("whole", type, block * g.columns);
  Value places = shared("places", i32, g.columns); // the memory core follows the loops, and has no NRAM
  Value rows = e.temp(type, strip * g.length), turned = e.temp(type, strip * g.length);
  Value found = e.temp(type, piece * block), back = e.temp(type, piece * block);
  Value task = mlu::TaskIdOp::create(e.b, e.loc); // the memory core has that of its cluster's first core
  Value cluster = arith::DivUIOp::create(e.b, e.loc, task, e.index(cores));
  OpFoldResult core = arith::RemUIOp::create(e.b, e.loc, task, e.index(cores)).getResult();
  auto load = [&](OpFoldResult number) {
    OpFoldResult row = e.add(startOf(number, blocks, block, g.rows), e.mul(core, e.attr(strip)));
    e.op("memcpy_async", {rows, e.at(g.x, Sizes{e.mul(row, e.attr(g.length))}), e.index(strip * g.length * bytes)});
  };
  e.op("memcpy", {places, g.indices, e.index(g.columns * 4)});
  load(cluster);
  auto loop = scf::ForOp::create(e.b, e.loc, cluster, e.index(blocks), e.index(unions));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  OpFoldResult number = loop.getInductionVar();
  e.op("transpose", {turned, rows, e.index(strip), e.index(g.length)});
  e.op("memcpy_2d", {e.at(table, Sizes{e.mul(core, e.attr(strip))}), turned, e.index(strip * bytes),
                     e.index(block * bytes), e.index(strip * bytes), e.index(g.length)});
  e.op("sync_cluster", {}); // the columns of all cores are there, and the rows of the block before have left
  int64_t pieces = divideCeil(share, piece);
  e.loops({e.attr(pieces)}, [&](ArrayRef<OpFoldResult> ivs) {
    OpFoldResult first = e.add(e.mul(core, e.attr(share)), e.mul(ivs[0], e.attr(piece)));
    if (cores * share != g.columns || pieces * piece != share)
      first = e.min(first, e.attr(g.columns - piece));
    e.fill(found, arith::ConstantOp::create(e.b, e.loc, g.outside), e.attr(piece * block));
    e.loops({e.attr(piece)}, [&](ArrayRef<OpFoldResult> column) {
      Value place = memref::LoadOp::create(e.b, e.loc, places, e.index(e.add(first, column[0])));
      Value from = arith::IndexCastOp::create(e.b, e.loc, e.b.getIndexType(), place);
      Value low = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sge, from, e.index(0));
      Value high = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::slt, from, e.index(g.length));
      Value inside = arith::AndIOp::create(e.b, e.loc, low, high);
      OpBuilder::InsertionGuard inner(e.b);
      e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, inside, /*withElseRegion=*/false).thenYield());
      e.op("memcpy_async", {e.at(found, Sizes{e.mul(column[0], e.attr(block))}),
                            e.at(table, Sizes{e.mul(OpFoldResult(from), e.attr(block))}), e.index(block * bytes)});
    });
    e.op("transpose", {back, found, e.index(piece), e.index(block)});
    e.op("memcpy_2d", {e.at(whole, Sizes{first}), back, e.index(piece * bytes), e.index(g.columns * bytes),
                       e.index(piece * bytes), e.index(block)});
  });
  e.op("sync_cluster", {}); // whole rows are there, and nobody reads the columns any more
  {
    OpFoldResult next = e.add(number, e.attr(unions));
    Value hasNext = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::slt, e.index(next), e.index(blocks));
    OpBuilder::InsertionGuard inner(e.b);
    e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, hasNext, /*withElseRegion=*/false).thenYield());
    load(next);
  }
  OpFoldResult to = e.mul(startOf(number, blocks, block, g.rows), e.attr(g.columns));
  e.op("memcpy_async", {e.at(g.y, Sizes{to}), whole, e.index(block * g.columns * bytes)});
}
