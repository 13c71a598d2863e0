//===- PlanMemory.cpp - Addresses of on-chip buffers -----------------------===//
//
// A buffer lives from its first to its last use in the order of the text; a use in a loop lasts as long as the loop,
// unless the buffer belongs to one iteration. Buffers are placed from the largest down, each at the lowest address
// where it meets no other one that lives at the same time.
//
//===----------------------------------------------------------------------===//
#include "ActivationTables.h"
#include "metabang/Device/Device.h"
#include "metabang/Dialect/Bang/IR/BangDialect.h"
#include "metabang/Dialect/Bang/IR/Views.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/MapVector.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUPLANMEMORY
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

namespace {

constexpr int64_t wramAlignment = 64; // a bank is read in 64 bytes

struct Buffer {
  memref::AllocOp alloc;
  Space space;
  int64_t bytes; // in WRAM: in each bank
  unsigned first = 0, last = 0;
  int64_t offset = 0;

  bool livesWith(const Buffer &other) const {
    return space == other.space && first <= other.last && other.first <= last;
  }
  int64_t end() const { return offset + bytes; }
};

class Planner {
public:
  Planner(func::FuncOp kernel, const Device &device) : kernel(kernel), device(device) {}

  LogicalResult run() {
    if (failed(collect()))
      return failure();
    number();
    for (auto &[value, buffer] : buffers)
      measure(buffer);
    for (Space space : {Space::NRAM, Space::WRAM, Space::SRAM}) {
      place(space);
      if (failed(checkCapacity(space)))
        return failure();
    }
    Builder b(kernel.getContext());
    for (auto &[value, buffer] : buffers)
      buffer.alloc->setAttr("bang.offset", b.getI64IntegerAttr(buffer.offset));
    return success();
  }

private:
  LogicalResult collect();
  void number();
  void measure(Buffer &buffer);
  Block *getScope(Buffer &buffer) const;
  bool dependsOn(Value value, scf::ForOp loop) const;
  void place(Space space);
  LogicalResult checkCapacity(Space space);

  func::FuncOp kernel;
  const Device &device;
  llvm::MapVector<Value, Buffer> buffers;
  DenseMap<Value, SmallVector<Operation *>> uses;          // what touches the buffer, in program order
  DenseMap<Operation *, std::pair<unsigned, unsigned>> at; // first and last number of an operation and its regions
};

} // namespace

LogicalResult Planner::collect() {
  LogicalResult result = success();
  kernel.walk([&](memref::AllocOp alloc) {
    Space space = getSpace(alloc.getType());
    if (!isOnChip(alloc))
      return;
    std::optional<int64_t> bytes = bang::getBufferBytes(alloc.getResult());
    if (!bytes) {
      alloc.emitOpError() << "has the dynamic or strided type " << alloc.getType()
                          << "; on-chip buffers need a static size: tile with constant sizes";
      result = failure();
      return;
    }
    if (space == Space::WRAM)
      *bytes = llvm::divideCeil(*bytes, device.wramBanks);
    buffers[alloc.getResult()] = {alloc, space, *bytes};
  });
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<ViewLikeOpInterface, memref::DeallocOp, scf::YieldOp, scf::ForOp>(op))
      return;
    for (Value operand : op->getOperands())
      if (isa<MemRefType>(operand.getType()))
        for (Value root : bang::getRoots(operand))
          if (buffers.contains(root))
            uses[root].push_back(op);
  });
  return result;
}

void Planner::number() {
  unsigned next = 0;
  kernel.walk([&](Operation *op, const WalkStage &stage) {
    if (stage.isBeforeAllRegions())
      at[op].first = next++;
    if (stage.isAfterAllRegions())
      at[op].second = next++;
  });
}

bool Planner::dependsOn(Value value, scf::ForOp loop) const {
  if (auto arg = dyn_cast<BlockArgument>(value))
    return arg.getOwner() == loop.getBody() || !loop->isAncestor(arg.getOwner()->getParentOp());
  Operation *def = value.getDefiningOp();
  return loop->isAncestor(def) && llvm::any_of(def->getOperands(), [&](Value v) { return dependsOn(v, loop); });
}

/// The block that encloses the buffer's life. A buffer that is allocated outside a loop, used only in it and first
/// written there belongs to one iteration, unless it is addressed by the loop's variables (a slot of a multi-buffer).
Block *Planner::getScope(Buffer &buffer) const {
  Block *scope = buffer.alloc->getBlock();
  auto it = uses.find(buffer.alloc.getResult());
  if (it == uses.end())
    return scope;
  ArrayRef<Operation *> users = it->second;
  while (true) {
    Operation *first = scope->findAncestorOpInBlock(*users.front());
    auto loop = dyn_cast_or_null<scf::ForOp>(first);
    if (!loop || !llvm::all_of(users, [&](Operation *user) { return loop->isAncestor(user); }))
      return scope;
    Operation *inBody = loop.getBody()->findAncestorOpInBlock(*users.front());
    auto writer = dyn_cast<bang::BuiltinOpInterface>(users.front());
    bool isWrittenFirst = writer && (inBody == users.front() || isa<scf::ForOp>(inBody)) &&
                          writer.getOperandRole(0) == bang::Role::Dst &&
                          llvm::is_contained(bang::getRoots(writer->getOperand(0)), buffer.alloc.getResult());
    // The writer must not read what an earlier iteration left.
    for (unsigned i = 1; isWrittenFirst && i < writer->getNumOperands(); ++i)
      if (isa<MemRefType>(writer->getOperand(i).getType()))
        isWrittenFirst = !llvm::is_contained(bang::getRoots(writer->getOperand(i)), buffer.alloc.getResult());
    if (!isWrittenFirst)
      return scope;
    for (Operation *view : buffer.alloc->getUsers())
      if (isa<ViewLikeOpInterface>(view))
        for (Value operand : view->getOperands().drop_front())
          if (dependsOn(operand, loop))
            return scope;
    scope = loop.getBody();
  }
}

void Planner::measure(Buffer &buffer) {
  Block *scope = getScope(buffer);
  auto it = uses.find(buffer.alloc.getResult());
  buffer.first = buffer.last = at[buffer.alloc].first;
  if (it == uses.end())
    return;
  buffer.first = UINT_MAX;
  buffer.last = 0;
  for (Operation *user : it->second) {
    Operation *inScope = scope->findAncestorOpInBlock(*user);
    buffer.first = std::min(buffer.first, at[inScope].first);
    // A copy in flight keeps its buffers to the end of its block: reusing them earlier would need a sync.
    auto builtin = dyn_cast<bang::BuiltinOpInterface>(user);
    Operation *last = builtin && builtin.isAsync() ? scope->getTerminator() : inScope;
    buffer.last = std::max(buffer.last, at[last].second);
  }
}

void Planner::place(Space space) {
  SmallVector<Buffer *> order;
  for (auto &[value, buffer] : buffers)
    if (buffer.space == space)
      order.push_back(&buffer);
  llvm::stable_sort(order, [](Buffer *a, Buffer *b) { return a->bytes > b->bytes; });
  int64_t alignment = space == Space::WRAM ? wramAlignment : bang::kNRAMAlignment;
  SmallVector<Buffer *> placed; // by offset
  for (Buffer *buffer : order) {
    int64_t offset = 0;
    for (Buffer *other : placed)
      if (buffer->livesWith(*other) && offset < other->end() && other->offset < offset + buffer->bytes)
        offset = llvm::alignTo(other->end(), alignment);
    buffer->offset = offset;
    placed.insert(llvm::upper_bound(placed, buffer, [](Buffer *a, Buffer *b) { return a->offset < b->offset; }),
                  buffer);
  }
}

LogicalResult Planner::checkCapacity(Space space) {
  int64_t tables = space == Space::NRAM ? getActivationTableBytes(kernel) : 0;
  int64_t capacity = space == Space::NRAM   ? device.nramBudget() - tables
                     : space == Space::WRAM ? device.wramBankBytes()
                                            : device.sramBytes - device.stackReserveBytes;
  SmallVector<Buffer *> largest;
  int64_t end = 0;
  for (auto &[value, buffer] : buffers)
    if (buffer.space == space) {
      largest.push_back(&buffer);
      end = std::max(end, buffer.end());
    }
  if (end <= capacity)
    return success();
  llvm::stable_sort(largest, [](Buffer *a, Buffer *b) { return a->bytes > b->bytes; });
  StringRef where = space == Space::NRAM ? "NRAM" : space == Space::WRAM ? "each bank of WRAM" : "SRAM";
  if (space == Space::NRAM)
    kernel->setAttr(MLUDialect::getNRAMNeededAttrName(),
                    IntegerAttr::get(IntegerType::get(kernel.getContext(), 64), end + tables));
  InFlightDiagnostic diag = kernel.emitError()
                            << "kernel '" << kernel.getName() << "' needs " << end << " bytes of " << where
                            << " at once, but " << device.name << " has " << capacity << " for buffers";
  if (tables)
    diag << " beside " << tables << " of activation tables";
  if (kernel->hasAttr(MLUDialect::getScheduleAttrName()))
    diag.attachNote() << "smaller tiles or one buffer instead of two in its `mlu.schedule` take less";
  for (Buffer *buffer : ArrayRef<Buffer *>(largest).take_front(3))
    diag.attachNote(buffer->alloc.getLoc()) << "buffer of " << buffer->bytes << " bytes: " << buffer->alloc.getType();
  return diag;
}

namespace {
struct MLUPlanMemory : metabang::mlu::impl::MLUPlanMemoryBase<MLUPlanMemory> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (kernel.isDeclaration() || !kernel->hasAttr(MLUDialect::getKernelAttrName()))
      return;
    StringRef target = getTarget(kernel);
    const Device *device = lookupDevice(std::string_view(target.data(), target.size()));
    if (!device) {
      kernel.emitError() << "memory of an unknown device \"" << target
                         << "\" cannot be planned; set `mlu.target` to one of " << knownDevices();
      return signalPassFailure();
    }
    if (failed(Planner(kernel, *device).run()))
      signalPassFailure();
  }
};
} // namespace
