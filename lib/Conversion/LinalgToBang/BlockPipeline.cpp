//===- BlockPipeline.cpp - Blocks that a core computes in turn ------------===//
#include "BlockPipeline.h"
#include "Memory.h"

#include "metabang/Dialect/Bang/IR/BangOps.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

void l2b::when(Emit &e, arith::CmpIPredicate predicate, Value a, Value b, function_ref<void()> body) {
  Value condition = arith::CmpIOp::create(e.b, e.loc, predicate, a, b);
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, condition, /*withElseRegion=*/false).thenYield());
  body();
}

Value l2b::slotBuffer(Emit &e, Type type, int64_t slots, int64_t count) {
  int64_t unit = kVectorBytes / elementBytes(type);
  auto space = mlu::SpaceAttr::get(e.b.getContext(), mlu::Space::NRAM);
  return memref::AllocOp::create(
      e.b, e.loc, MemRefType::get({slots, int64_t(llvm::alignTo(count, unit))}, type, AffineMap(), space));
}

Value l2b::slotOf(Emit &e, Value buffers, Value slot) {
  int64_t count = typeOf(buffers).getDimSize(1);
  Sizes offsets{slot, e.attr(0)}, sizes{e.attr(1), e.attr(count)}, ones{e.attr(1), e.attr(1)};
  auto reduced = memref::SubViewOp::inferRankReducedResultType({count}, typeOf(buffers), offsets, sizes, ones);
  return memref::SubViewOp::create(e.b, e.loc, reduced, buffers, offsets, sizes, ones);
}

void l2b::copySegments(Emit &e, Value to, Value from, int64_t size, int64_t toStep, int64_t fromStep, int64_t count) {
  int64_t bytes = elementBytes(to);
  if (count == 1 || (size == toStep && size == fromStep))
    return e.copyBytes(to, from, e.attr(count * size * bytes));
  e.op("memcpy_2d",
       {to, from, e.index(size * bytes), e.index(toStep * bytes), e.index(fromStep * bytes), e.index(count)});
}

void l2b::pipelineBlocks(Emit &e, int64_t blocks, int64_t tasks, const BlockSteps &steps) {
  Value task = mlu::TaskIdOp::create(e.b, e.loc), zero = e.index(0), one = e.index(1), stride = e.index(tasks);
  steps.load(task, zero);
  steps.clear();
  bang::SyncOp::create(e.b, e.loc);
  if (blocks == tasks) {
    steps.compute(task, zero);
    return steps.store(task, zero, /*isAsync=*/false);
  }
  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(blocks), stride, ValueRange{zero});
  {
    OpBuilder::InsertionGuard guard(e.b);
    e.b.setInsertionPointToStart(loop.getBody());
    Value block = loop.getInductionVar(), slot = loop.getRegionIterArg(0);
    Value other = arith::SubIOp::create(e.b, e.loc, one, slot), next = arith::AddIOp::create(e.b, e.loc, block, stride);
    when(e, arith::CmpIPredicate::ult, next, e.index(blocks), [&] { steps.load(next, other); });
    when(e, arith::CmpIPredicate::ugt, block, task,
         [&] { steps.store(arith::SubIOp::create(e.b, e.loc, block, stride), other, /*isAsync=*/true); });
    steps.compute(block, slot);
    bang::SyncOp::create(e.b, e.loc);
    scf::YieldOp::create(e.b, e.loc, other);
  }
  // The last block of this task is task + (blocks - 1 - task) / tasks * tasks.
  Value span = arith::SubIOp::create(e.b, e.loc, e.index(blocks - 1), task);
  Value last = e.index(e.add(task, e.mul(arith::DivUIOp::create(e.b, e.loc, span, stride).getResult(), stride)));
  steps.store(last, arith::SubIOp::create(e.b, e.loc, one, loop.getResult(0)), /*isAsync=*/false);
}
