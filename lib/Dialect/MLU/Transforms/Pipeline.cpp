//===- Pipeline.cpp - Overlap load, compute and store ---------------------===//
#include "metabang/Dialect/Bang/IR/BangOps.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUPIPELINE
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

namespace {

Value rootOf(Value value) {
  while (auto view = value.getDefiningOp<ViewLikeOpInterface>())
    value = view.getViewSource();
  return value;
}

/// What one iteration consists of. Address arithmetic belongs to none of the stages; each stage repeats what it needs.
struct Stages {
  SmallVector<Operation *> load, compute, store;
  SetVector<Value> buffers; ///< allocations that DMA fills or empties
};

class Pipeliner {
public:
  explicit Pipeliner(scf::ForOp loop) : loop(loop), b(loop), loc(loop.getLoc()) {}

  /// Whether the loop has the shape that can be rotated.
  bool analyse() {
    DenseSet<Value> loaded, stored;
    for (Operation &op : loop.getBody()->without_terminator())
      if (auto copy = dyn_cast<memref::CopyOp>(op)) {
        if (isOnChip(copy.getTarget()) && !isOnChip(copy.getSource()))
          loaded.insert(rootOf(copy.getTarget()));
        else if (isOnChip(copy.getSource()) && !isOnChip(copy.getTarget()))
          stored.insert(rootOf(copy.getSource()));
      }
    for (Operation &op : loop.getBody()->without_terminator()) {
      auto copy = dyn_cast<memref::CopyOp>(op);
      auto fill = dyn_cast<linalg::FillOp>(op);
      if (copy && loaded.contains(rootOf(copy.getTarget())))
        stages.load.push_back(&op);
      else if (fill && loaded.contains(rootOf(fill.getDpsInits()[0])))
        stages.load.push_back(&op);
      else if (copy && stored.contains(rootOf(copy.getSource())))
        stages.store.push_back(&op);
      else if (!isMemoryEffectFree(&op))
        stages.compute.push_back(&op);
    }
    for (const DenseSet<Value> *set : {&loaded, &stored})
      for (Value buffer : *set) {
        auto alloc = buffer.getDefiningOp<memref::AllocOp>();
        if (!alloc || loop->isAncestor(alloc))
          return false;
        if (loaded.contains(buffer) && stored.contains(buffer))
          return false; // computed in place: the next load would overwrite what is still to be stored
      }
    for (Operation *op : stages.compute)
      if (writesTo(op, loaded))
        return false;
    // In program order, so that the text of the kernel does not depend on addresses.
    for (Operation *op : stages.load)
      if (auto copy = dyn_cast<memref::CopyOp>(op))
        stages.buffers.insert(rootOf(copy.getTarget()));
    for (Operation *op : stages.store)
      stages.buffers.insert(rootOf(cast<memref::CopyOp>(op).getSource()));
    return !stages.store.empty() && !stages.compute.empty() && loop.getNumResults() == 0;
  }

  /// slot = 0; load(first, 0); for t { load(t + step, 1 - slot); store(t - step, 1 - slot); compute(t, slot); sync;
  /// slot = 1 - slot }; store(last, 1 - slot)
  ///
  /// One full sync an iteration, behind the computation: mlu-insert-sync would place it as late as it can, in front
  /// of the next computation, where it would wait for the copies that have just been started.
  void rotate() {
    b.setInsertionPoint(loop);
    for (Value buffer : stages.buffers)
      doubleBuffer(buffer);
    Value zero = constant(0), one = constant(1), step = loop.getStep();
    if (!stages.load.empty()) { // else what is loaded is the same for all tiles
      emit(stages.load, loop.getLowerBound(), zero);
      bang::SyncOp::create(b, loc);
    }
    auto rotated =
        scf::ForOp::create(b, loop.getLoc(), loop.getLowerBound(), loop.getUpperBound(), step, ValueRange{zero});
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(rotated.getBody());
      Value t = rotated.getInductionVar(), slot = rotated.getRegionIterArg(0);
      Value other = arith::SubIOp::create(b, loc, one, slot);
      Value next = arith::AddIOp::create(b, loc, t, step);
      Value hasNext = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, next, loop.getUpperBound());
      if (!stages.load.empty())
        guarded(hasNext, stages.load, next, other);
      Value hasPrevious = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt, t, loop.getLowerBound());
      guarded(hasPrevious, stages.store, arith::SubIOp::create(b, loc, t, step), other);
      emit(stages.compute, t, slot);
      bang::SyncOp::create(b, loc);
      scf::YieldOp::create(b, loc, other);
    }
    b.setInsertionPointAfter(rotated);
    // The last t is lower + ((upper - 1 - lower) / step) * step.
    Value span =
        arith::SubIOp::create(b, loc, arith::SubIOp::create(b, loc, loop.getUpperBound(), one), loop.getLowerBound());
    Value steps = arith::MulIOp::create(b, loc, arith::DivUIOp::create(b, loc, span, step), step);
    Value last = arith::AddIOp::create(b, loc, loop.getLowerBound(), steps);
    emit(stages.store, last, arith::SubIOp::create(b, loc, one, rotated.getResult(0)));
    SmallVector<Operation *> dead;
    for (Value buffer : stages.buffers)
      dead.push_back(buffer.getDefiningOp());
    loop.erase();
    for (Operation *alloc : dead)
      if (alloc->use_empty())
        alloc->erase();
  }

private:
  bool writesTo(Operation *op, const DenseSet<Value> &buffers) {
    WalkResult result = op->walk([&](Operation *inner) {
      auto effects = dyn_cast<MemoryEffectOpInterface>(inner);
      if (!effects)
        return inner->hasTrait<OpTrait::HasRecursiveMemoryEffects>() ? WalkResult::advance() : WalkResult::interrupt();
      SmallVector<MemoryEffects::EffectInstance> instances;
      effects.getEffects(instances);
      for (const MemoryEffects::EffectInstance &effect : instances)
        if (isa<MemoryEffects::Write>(effect.getEffect()) && effect.getValue() &&
            buffers.contains(rootOf(effect.getValue())))
          return WalkResult::interrupt();
      return WalkResult::advance();
    });
    return result.wasInterrupted();
  }

  Value constant(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

  /// One allocation with a leading dimension of two slots.
  void doubleBuffer(Value buffer) {
    auto alloc = buffer.getDefiningOp<memref::AllocOp>();
    MemRefType type = alloc.getType();
    SmallVector<int64_t> shape = {2};
    llvm::append_range(shape, type.getShape());
    auto doubled = MemRefType::get(shape, type.getElementType(), MemRefLayoutAttrInterface(), type.getMemorySpace());
    slots[buffer] = memref::AllocOp::create(b, alloc.getLoc(), doubled);
  }

  Value slotOf(Value buffer, Value slot) {
    Value doubled = slots[buffer];
    auto type = cast<MemRefType>(doubled.getType());
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)), ones(type.getRank(), b.getIndexAttr(1)),
        sizes;
    offsets[0] = slot;
    sizes.push_back(b.getIndexAttr(1));
    for (int64_t size : type.getShape().drop_front())
      sizes.push_back(b.getIndexAttr(size));
    auto reduced =
        memref::SubViewOp::inferRankReducedResultType(type.getShape().drop_front(), type, offsets, sizes, ones);
    return memref::SubViewOp::create(b, buffer.getLoc(), reduced, doubled, offsets, sizes, ones);
  }

  void guarded(Value condition, ArrayRef<Operation *> ops, Value t, Value slot) {
    auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    emit(ops, t, slot);
  }

  /// A stage for iteration `t` on the buffers of `slot`. Copies between GDRAM and the chip become asynchronous.
  void emit(ArrayRef<Operation *> ops, Value t, Value slot) {
    IRMapping mapping;
    mapping.map(loop.getInductionVar(), t);
    for (Operation *op : ops) {
      bool isCopy = isa<memref::CopyOp>(op);
      Operation *clone = cloneWithOperands(op, mapping, slot);
      if (isCopy)
        clone->setAttr("mlu.async", b.getUnitAttr());
    }
  }

  Operation *cloneWithOperands(Operation *op, IRMapping &mapping, Value slot) {
    SetVector<Value> reads;
    reads.insert(op->operand_begin(), op->operand_end());
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (!op->isAncestor(operand.getParentBlock()->getParentOp()) || operand.getParentBlock() == loop.getBody())
          reads.insert(operand);
    });
    for (Value value : reads) {
      if (mapping.contains(value))
        continue;
      if (slots.count(value))
        mapping.map(value, slotOf(value, slot));
      else if (Operation *def = value.getDefiningOp(); def && loop->isAncestor(def) && !op->isAncestor(def))
        cloneWithOperands(def, mapping, slot);
      else if (def && !loop->isAncestor(def) && isa<ViewLikeOpInterface>(def) && slots.count(rootOf(value)))
        cloneWithOperands(def, mapping, slot);
    }
    Operation *clone = b.clone(*op, mapping);
    // A view of a slot begins at an offset that its old type does not know.
    if (auto view = dyn_cast<memref::SubViewOp>(clone)) {
      auto source = cast<MemRefType>(view.getSource().getType());
      auto type = memref::SubViewOp::inferRankReducedResultType(
          view.getType().getShape(), source, view.getMixedOffsets(), view.getMixedSizes(), view.getMixedStrides());
      view.getResult().setType(type);
    }
    return clone;
  }

  scf::ForOp loop;
  OpBuilder b;
  Location loc;
  Stages stages;
  DenseMap<Value, Value> slots;
};

struct MLUPipeline : metabang::mlu::impl::MLUPipelineBase<MLUPipeline> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    auto schedule = kernel->getAttrOfType<ScheduleAttr>(MLUDialect::getScheduleAttrName());
    if (!schedule || schedule.getBuffers() < 2)
      return;
    SmallVector<scf::ForOp> loops;
    kernel.walk([&](scf::ForOp loop) {
      bool nested = false;
      loop.getBody()->walk([&](scf::ForOp) { nested = true; });
      if (!nested)
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops)
      if (Pipeliner pipeliner(loop); pipeliner.analyse())
        pipeliner.rotate();
  }
};

} // namespace
