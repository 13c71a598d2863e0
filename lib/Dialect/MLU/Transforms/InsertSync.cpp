//===- InsertSync.cpp - The weakest sufficient synchronisation -------------===//
//
// Follows the program with the set of accesses that may still be in flight: asynchronous copies, and builtins of the
// Compute pipeline, which the other pipelines do not wait for. An operation of another pipeline that meets one of them
// at an address that either writes gets a sync in front. Loops are followed until nothing new is carried around.
//
//===----------------------------------------------------------------------===//
#include "metabang/Dialect/Bang/IR/BangDialect.h"
#include "metabang/Dialect/Bang/IR/Views.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include <memory>
#include <set>

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUINSERTSYNC
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;
using bang::Pipe;

namespace {

/// Memory an operation touches.
struct Access {
  Value root;
  Space space;
  OpFoldResult slot; // index into root's first dimension, where the view is one slice of it
  bool isWrite;
};

struct Pending {
  Operation *op;
  Pipe pipe;
  Access access;
};

using Pipes = std::set<Pipe>;

/// What one operation means to the pipelines.
struct Step {
  Pipe pipe = Pipe::None;
  SmallVector<Access> accesses;
  bool staysInFlight = false;   // returns before it is done
  bool waitsForCompute = false; // a synchronous copy: the tool chain orders it behind builtins
};

} // namespace

/// The index of the slice of a multi-buffer that `memref` lies in, where the views between them show it.
static OpFoldResult findSlot(Value memref, Value root) {
  SmallVector<Operation *> views; // from the view to the buffer
  for (Value value = memref; value != root;) {
    auto view = value.getDefiningOp<ViewLikeOpInterface>();
    if (!view)
      return {};
    views.push_back(view);
    value = view.getViewSource();
  }
  for (Operation *view : llvm::reverse(views)) {
    if (isa<memref::CastOp>(view))
      continue;
    auto subview = dyn_cast<memref::SubViewOp>(view);
    if (!subview || subview.getSourceType().getRank() < 2)
      return {};
    std::optional<int64_t> slices = getConstantIntValue(subview.getMixedSizes()[0]);
    if (slices == 1)
      return subview.getMixedOffsets()[0];
    // A view of all slices, which leaves out padding, comes before the choice of one.
    if (slices != subview.getSourceType().getDimSize(0))
      return {};
  }
  return {};
}

/// Whether two indices differ in every execution: i and 1 - i, i and i + 1, different constants.
static bool alwaysDiffer(OpFoldResult a, OpFoldResult b) {
  if (!a || !b)
    return false;
  std::optional<int64_t> ca = getConstantIntValue(a), cb = getConstantIntValue(b);
  if (ca && cb)
    return *ca != *cb;
  auto isMadeFrom = [](OpFoldResult result, OpFoldResult from) {
    auto value = dyn_cast<Value>(result);
    if (!value || !isa<Value>(from))
      return false;
    if (auto sub = value.getDefiningOp<arith::SubIOp>()) {
      std::optional<int64_t> odd = getConstantIntValue(sub.getLhs()), step = getConstantIntValue(sub.getRhs());
      return (odd && *odd % 2 != 0 && sub.getRhs() == cast<Value>(from)) ||
             (step && *step != 0 && sub.getLhs() == cast<Value>(from));
    }
    auto isChanged = [&](Operation *op) {
      std::optional<int64_t> step = getConstantIntValue(op->getOperand(1));
      return step && *step != 0 && op->getOperand(0) == cast<Value>(from);
    };
    if (auto add = value.getDefiningOp<arith::AddIOp>())
      return isChanged(add);
    if (auto flip = value.getDefiningOp<arith::XOrIOp>())
      return isChanged(flip);
    return false;
  };
  return isMadeFrom(a, b) || isMadeFrom(b, a);
}

/// Addresses [first, last) of a planned buffer, or nothing.
static std::optional<std::pair<int64_t, int64_t>> getRange(Value root, Space space) {
  auto alloc = root.getDefiningOp<memref::AllocOp>();
  auto offset = alloc ? alloc->getAttrOfType<IntegerAttr>("bang.offset") : IntegerAttr();
  std::optional<int64_t> bytes = bang::getBufferBytes(root);
  if (!offset || !bytes)
    return std::nullopt;
  constexpr int64_t wramBanks = 64;
  int64_t size = space == Space::WRAM ? llvm::divideCeil(*bytes, wramBanks) : *bytes;
  return std::make_pair(offset.getInt(), offset.getInt() + size);
}

static bool mayOverlap(const Access &a, const Access &b) {
  if (a.space != b.space)
    return false;
  if (a.root == b.root)
    return !alwaysDiffer(a.slot, b.slot);
  auto ra = getRange(a.root, a.space), rb = getRange(b.root, b.space);
  if (ra && rb)
    return ra->first < rb->second && rb->first < ra->second;
  // Without addresses, two allocations are two memories.
  return !(a.root.getDefiningOp<memref::AllocOp>() && b.root.getDefiningOp<memref::AllocOp>());
}

static void addAccess(Step &step, Value memref, bool isWrite) {
  for (Value root : bang::getRoots(memref)) {
    auto type = dyn_cast<MemRefType>(root.getType());
    // GDRAM and LDRAM belong to the IO pipeline, which keeps its own order.
    if (!type || getSpace(type) == Space::GDRAM || getSpace(type) == Space::LDRAM)
      continue;
    step.accesses.push_back({root, getSpace(type), findSlot(memref, root), isWrite});
  }
}

static Step makeStep(Operation *op) {
  Step step;
  if (auto builtin = dyn_cast<bang::BuiltinOpInterface>(op)) {
    step.pipe = builtin.getPipe();
    bool isCompute = builtin.getInfo().pipe == Pipe::Compute;
    step.staysInFlight = builtin.isAsync() || isCompute;
    step.waitsForCompute = !builtin.isAsync() && !isCompute;
    for (OpOperand &operand : op->getOpOperands()) {
      if (!isa<MemRefType>(operand.get().getType()))
        continue;
      bang::Role role = builtin.getOperandRole(operand.getOperandNumber());
      if (role != bang::Role::Dst)
        addAccess(step, operand.get(), false);
      if (role == bang::Role::Dst || role == bang::Role::Aux)
        addAccess(step, operand.get(), true);
    }
  } else if (auto load = dyn_cast<memref::LoadOp>(op)) {
    step.pipe = Pipe::Compute; // of NRAM; the value arrives through a register
    addAccess(step, load.getMemRef(), false);
  } else if (auto store = dyn_cast<memref::StoreOp>(op)) {
    step.pipe = Pipe::Compute;
    step.staysInFlight = true;
    addAccess(step, store.getMemRef(), true);
  }
  return step;
}

namespace {

class SyncInserter {
public:
  using State = SmallVector<Pending>;

  void run(func::FuncOp kernel) {
    State state;
    follow(kernel.getBody().front(), state, nullptr);
  }

private:
  /// Follows a block. With `needed`, nothing is inserted: the pipelines whose pending accesses conflict go there.
  void follow(Block &block, State &state, Pipes *needed);
  void followLoop(Operation *loop, ArrayRef<Block *> bodies, State &state, Pipes *needed);
  void step(Operation *op, State &state, Pipes *needed);
  void insert(Operation *before, const Pipes &pipes);
  static void drop(State &state, const Pipes &pipes);
  static bool merge(State &into, const State &from);
  static void carryAround(Operation *loop, State &state);
  const Step &describe(Operation *op);

  DenseMap<Operation *, std::unique_ptr<Step>> steps;
  unsigned inserted = 0;
};

} // namespace

const Step &SyncInserter::describe(Operation *op) {
  std::unique_ptr<Step> &step = steps[op];
  if (!step)
    step = std::make_unique<Step>(makeStep(op));
  return *step;
}

void SyncInserter::drop(State &state, const Pipes &pipes) {
  llvm::erase_if(state, [&](const Pending &p) { return pipes.count(p.pipe) != 0; });
}

/// Adds what is new; returns whether something was.
bool SyncInserter::merge(State &into, const State &from) {
  bool changed = false;
  for (const Pending &p : from) {
    bool known = llvm::any_of(into, [&](const Pending &q) {
      return q.op == p.op && q.access.root == p.access.root && q.access.isWrite == p.access.isWrite &&
             q.access.slot == p.access.slot;
    });
    if (!known) {
      into.push_back(p);
      changed = true;
    }
  }
  return changed;
}

void SyncInserter::insert(Operation *before, const Pipes &pipes) {
  StringRef name = "sync";
  if (pipes.size() == 1) {
    StringRef weaker = *pipes.begin() == Pipe::IO     ? "sync_io"
                       : *pipes.begin() == Pipe::Move ? "sync_move"
                                                      : "sync_compute";
    if (bang::hasSpelling(before, weaker))
      name = weaker;
  }
  OpBuilder b(before);
  b.create(OperationState(before->getLoc(), ("bang." + name).str()));
  ++inserted;
}

void SyncInserter::step(Operation *op, State &state, Pipes *needed) {
  if (auto builtin = dyn_cast<bang::BuiltinOpInterface>(op); builtin && builtin.getInfo().cost == "Sync") {
    StringRef name = builtin.getInfo().name;
    if (name == "sync_io")
      drop(state, {Pipe::IO});
    else if (name == "sync_move")
      drop(state, {Pipe::Move});
    else if (name == "sync_compute")
      drop(state, {Pipe::Compute});
    else // the full sync, and barriers between cores, which drain the pipelines too
      state.clear();
    return;
  }
  const Step &now = describe(op);
  Pipes conflicts;
  for (const Pending &p : state) {
    if (p.pipe == now.pipe || (p.pipe == Pipe::Compute && now.waitsForCompute))
      continue;
    for (const Access &access : now.accesses)
      if ((access.isWrite || p.access.isWrite) && mayOverlap(access, p.access))
        conflicts.insert(p.pipe);
  }
  if (!conflicts.empty()) {
    if (needed)
      needed->insert(conflicts.begin(), conflicts.end());
    else
      insert(op, conflicts);
    drop(state, conflicts);
  }
  if (now.staysInFlight) {
    State added;
    for (const Access &access : now.accesses)
      added.push_back({op, now.pipe, access});
    merge(state, added);
  }
}

/// Rewrites slots for the next iteration: a yielded value is the loop's argument there, others are not known.
void SyncInserter::carryAround(Operation *loop, State &state) {
  auto forOp = dyn_cast<scf::ForOp>(loop);
  for (Pending &p : state) {
    auto slot = dyn_cast_if_present<Value>(p.access.slot);
    if (!slot || !loop->isAncestor(slot.getParentBlock()->getParentOp()))
      continue;
    p.access.slot = {};
    if (forOp)
      for (auto [yielded, arg] : llvm::zip_equal(forOp.getYieldedValues(), forOp.getRegionIterArgs()))
        if (yielded == slot)
          p.access.slot = arg;
  }
}

void SyncInserter::followLoop(Operation *loop, ArrayRef<Block *> bodies, State &state, Pipes *needed) {
  auto once = [&](State &s, Pipes *pipes) {
    for (Block *body : bodies)
      follow(*body, s, pipes);
    carryAround(loop, s);
  };
  // Conflicts within an iteration and between iterations are settled in the body, until a pass inserts nothing.
  State carried;
  for (unsigned before = ~0u; before != inserted;) {
    before = inserted;
    carried.clear();
    Pipes settled;
    for (State s; merge(carried, (once(s = carried, &settled), s));)
      ;
    if (needed)
      needed->insert(settled.begin(), settled.end());
    else
      once(carried, nullptr);
  }
  // What is left comes from before the loop: one sync in front of it is cheaper than one in it.
  State all = state;
  merge(all, carried);
  Pipes early;
  once(all, &early);
  if (!early.empty()) {
    if (needed)
      needed->insert(early.begin(), early.end());
    else
      insert(loop, early);
    drop(state, early);
  }
  merge(state, carried);
}

void SyncInserter::follow(Block &block, State &state, Pipes *needed) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      followLoop(loop, {loop.getBody()}, state, needed);
    } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
      followLoop(loop, {loop.getBeforeBody(), loop.getAfterBody()}, state, needed);
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      State other = state;
      follow(*branch.thenBlock(), state, needed);
      if (Block *elseBlock = branch.elseBlock())
        follow(*elseBlock, other, needed);
      merge(state, other);
    } else {
      step(&op, state, needed);
    }
  }
}

namespace {
struct MLUInsertSync : metabang::mlu::impl::MLUInsertSyncBase<MLUInsertSync> {
  void getDependentDialects(DialectRegistry &registry) const override { registry.insert<bang::BangDialect>(); }
  void runOnOperation() override {
    if (!getOperation().isDeclaration() && getOperation()->hasAttr(MLUDialect::getKernelAttrName()))
      SyncInserter().run(getOperation());
  }
};
} // namespace
