//===- MergeLaunches.cpp - Small independent kernels in one launch ---------===//
//
// A kernel that moves fewer bytes than memory delivers while a launch starts costs little more than its launch. Such
// launches of @main wait for others until something else reads their results; those that do not depend on each other
// are then one launch. Their bodies run on tasks of their own as long as there are cores, and each has NRAM of its own,
// so neither touches what another one does and no barrier is needed.
//
//===----------------------------------------------------------------------===//
#include "ActivationTables.h"
#include "metabang/Device/Device.h"
#include "metabang/Dialect/Bang/IR/Views.h"
#include "metabang/Dialect/MLU/IR/MLUDialect.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUMERGELAUNCHES
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

namespace {

constexpr size_t kMostParameters = 128;
/// Of one kernel, whose numbers and addresses share one stack: 51 bodies of 3 KB each were more than it has.
constexpr int64_t kMostOperations = 2048;
constexpr StringLiteral kDim = "mlu.dim", kOffset = "bang.offset";

/// A kernel that may be merged: how many tasks it has, where its buffers in NRAM end, what its tables take there, and
/// how long it is.
struct Kernel {
  int64_t tasks = 1, nram = 0, tables = 0, operations = 0;
};

/// What one merged launch consists of.
struct Group {
  SmallVector<LaunchOp> launches;
  llvm::SetVector<Value> operands;
  size_t results = 0;
  int64_t nram = 0, operations = 0;
};

int64_t bytesOf(TypeRange types) {
  int64_t bytes = 0;
  for (Type type : types) {
    auto tensor = cast<RankedTensorType>(type);
    bytes += tensor.getNumElements() * llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
  }
  return bytes;
}

class Merger {
public:
  Merger(ModuleOp module, func::FuncOp main, const Device &device)
      : module(module), main(main), device(device), symbols(module) {}

  void run() {
    collectReturnedTwice();
    for (Operation &op : llvm::make_early_inc_range(main.getBody().front())) {
      unsigned level = 0;
      for (Value operand : op.getOperands())
        level = std::max(level, levels.lookup(operand.getDefiningOp()));
      auto launch = dyn_cast<LaunchOp>(op);
      if (launch && isSmall(launch))
        wait(&op, level + 1);
      else if (level && isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op))
        wait(&op, level);
      else if (level || op.hasTrait<OpTrait::IsTerminator>())
        flush(&op);
    }
    DenseSet<StringRef> launched; // only @main launches kernels; to ask the module about each would walk all of it
    main.walk([&](LaunchOp launch) { launched.insert(launch.getCallee()); });
    for (func::FuncOp kernel : merged)
      if (!launched.contains(kernel.getName()))
        symbols.erase(kernel);
  }

private:
  /// A kernel that writes one value to two results of @main runs twice (PlanBuilder.cpp), so it stays alone.
  void collectReturnedTwice() {
    DenseMap<Operation *, unsigned> count;
    for (Value value : main.getBody().front().getTerminator()->getOperands()) {
      Operation *op = value.getDefiningOp();
      while (op && isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op))
        op = op->getOperand(0).getDefiningOp();
      if (op && ++count[op] > op->getNumResults())
        returnedTwice.insert(op);
    }
  }

  bool isSmall(LaunchOp launch) {
    double most = device.launchUs * device.dramGbPerS * 1e3;
    if (bytesOf(launch.getOperandTypes()) + bytesOf(launch.getResultTypes()) > most || returnedTwice.contains(launch))
      return false;
    auto kernel = symbols.lookup<func::FuncOp>(launch.getCallee());
    auto [known, isNew] = kernels.try_emplace(kernel);
    if (isNew)
      known->second = describe(kernel);
    return known->second.has_value();
  }

  /// None if the kernel uses more of the core, or of other cores, than its tasks and NRAM.
  std::optional<Kernel> describe(func::FuncOp kernel) {
    Kernel result;
    result.tables = getActivationTableBytes(kernel);
    if (auto dim = kernel->getAttrOfType<DenseI64ArrayAttr>(kDim)) {
      result.tasks = dim[0];
      if (dim[1] != 1 || dim[2] != 1 || dim[0] > device.cores())
        return std::nullopt;
    }
    WalkResult walked = kernel.walk([&](Operation *op) {
      ++result.operations;
      StringRef builtin = op->getName().getStringRef();
      if (builtin.starts_with("bang.sync_all") || builtin.starts_with("bang.sync_cluster")) // of all tasks
        return WalkResult::interrupt();
      if (isa<TaskIdOp, TaskDimOp>(op) && op->getParentOp() != kernel) // cloneBody replaces those of the body itself
        return WalkResult::interrupt();
      auto alloc = dyn_cast<memref::AllocOp>(op);
      if (!alloc)
        return WalkResult::advance();
      auto offset = alloc->getAttrOfType<IntegerAttr>(kOffset);
      std::optional<int64_t> bytes = bang::getBufferBytes(alloc.getResult());
      if (!offset || !bytes || getSpace(alloc.getType()) != Space::NRAM)
        return WalkResult::interrupt();
      result.nram = std::max<int64_t>(result.nram, llvm::alignTo(offset.getInt() + *bytes, bang::kNRAMAlignment));
      return WalkResult::advance();
    });
    if (walked.wasInterrupted() || kernel.getBody().getBlocks().size() != 1)
      return std::nullopt;
    return result;
  }

  void wait(Operation *op, unsigned level) {
    waiting.push_back(op);
    levels[op] = level;
  }

  /// Puts all that waits before `next`, level by level, if that merges any of it; else it stays where it is.
  void flush(Operation *next) {
    unsigned last = 0;
    for (Operation *op : waiting)
      last = std::max(last, levels.lookup(op));
    SmallVector<SmallVector<Group>> groups(last + 1);
    bool any = false;
    for (Operation *op : waiting)
      if (auto launch = dyn_cast<LaunchOp>(op))
        any |= add(launch, groups[levels.lookup(op)]);
    for (unsigned level = 1; any && level <= last; ++level) {
      SmallVector<Operation *> views; // of this level's results
      for (Operation *op : waiting)
        if (levels.lookup(op) == level && !isa<LaunchOp>(op))
          views.push_back(op);
      for (Group &group : groups[level])
        emit(group, next);
      for (Operation *view : views)
        view->moveBefore(next);
    }
    waiting.clear();
    levels.clear();
  }

  /// Adds a launch to the last group that has room for it, else to a new one; returns whether it is not the first.
  bool add(LaunchOp launch, SmallVector<Group> &groups) {
    const Kernel &kernel = *kernels[symbols.lookup<func::FuncOp>(launch.getCallee())];
    int64_t nram = kernel.nram + kernel.tables;
    auto hasRoom = [&](const Group &group) {
      size_t parameters = group.operands.size() + group.results + launch.getNumOperands() + launch.getNumResults();
      return parameters <= kMostParameters && group.nram + nram <= device.nramBudget() &&
             group.operations + kernel.operations <= kMostOperations;
    };
    if (groups.empty() || !hasRoom(groups.back()))
      groups.emplace_back();
    Group &group = groups.back();
    group.launches.push_back(launch);
    group.operands.insert(launch.operand_begin(), launch.operand_end());
    group.results += launch.getNumResults();
    group.nram += nram;
    group.operations += kernel.operations;
    return group.launches.size() > 1;
  }

  void emit(Group &group, Operation *next) {
    if (group.launches.size() == 1)
      return group.launches.front()->moveBefore(next);
    SmallVector<Location> locations;
    SmallVector<Type> results;
    group.operands.clear(); // groups of lower levels have replaced some
    for (LaunchOp launch : group.launches) {
      group.operands.insert(launch.operand_begin(), launch.operand_end());
      locations.push_back(launch.getLoc());
      llvm::append_range(results, launch.getResultTypes());
    }
    func::FuncOp &kernel = built[getKey(group)]; // layers of the same shape have the same groups
    if (!kernel)
      kernel = build(group);
    OpBuilder b(next);
    auto launch =
        LaunchOp::create(b, b.getFusedLoc(locations), results, kernel.getName(), group.operands.getArrayRef());
    auto result = launch->result_begin();
    for (LaunchOp each : group.launches) {
      for (Value old : each.getResults())
        old.replaceAllUsesWith(*result++);
      each.erase();
    }
  }

  /// The kernels of a group and which of its operands each reads: groups with the same key have the same kernel.
  std::string getKey(const Group &group) {
    std::string key;
    llvm::raw_string_ostream os(key);
    for (LaunchOp launch : group.launches) {
      os << launch.getCallee();
      for (Value operand : launch.getOperands())
        os << ' ' << llvm::find(group.operands, operand) - group.operands.begin();
      os << ';';
    }
    return key;
  }

  /// The kernel of a group: its parameters are the operands of all, each once, and then the results of all.
  func::FuncOp build(Group &group) {
    SmallVector<Type> types(group.operands.size());
    SmallVector<Location> locations;
    int64_t dim = 0, start = 0;
    for (LaunchOp launch : group.launches) {
      auto kernel = symbols.lookup<func::FuncOp>(launch.getCallee());
      merged.insert(kernel);
      locations.push_back(kernel.getLoc());
      for (auto [operand, type] : llvm::zip(launch.getOperands(), kernel.getArgumentTypes()))
        types[llvm::find(group.operands, operand) - group.operands.begin()] = type;
      llvm::append_range(types, kernel.getArgumentTypes().drop_front(launch.getNumOperands()));
      int64_t tasks = kernels[kernel]->tasks;
      start = start + tasks <= device.cores() ? start : 0;
      dim = std::max(dim, start += tasks);
    }
    OpBuilder b(module.getContext());
    std::string name =
        (group.launches.front().getCallee() + "_and_" + Twine(group.launches.size() - 1) + "_more").str();
    auto kernel = func::FuncOp::create(b, b.getFusedLoc(locations), name, b.getFunctionType(types, {}));
    kernel.setPrivate();
    kernel->setAttr(MLUDialect::getKernelAttrName(), b.getUnitAttr());
    kernel->setAttr(kDim, b.getDenseI64ArrayAttr({dim, 1, 1}));
    symbols.insert(kernel);

    b.setInsertionPointToStart(kernel.addEntryBlock());
    Value task = TaskIdOp::create(b, kernel.getLoc(), b.getIndexType());
    int64_t nram = 0;
    size_t result = group.operands.size();
    start = 0;
    for (LaunchOp launch : group.launches) {
      auto body = symbols.lookup<func::FuncOp>(launch.getCallee());
      Kernel each = *kernels[body];
      start = start + each.tasks <= device.cores() ? start : 0;
      IRMapping mapping;
      for (auto [argument, operand] : llvm::zip(body.getArguments(), launch.getOperands()))
        mapping.map(argument, kernel.getArgument(llvm::find(group.operands, operand) - group.operands.begin()));
      for (BlockArgument argument : body.getArguments().drop_front(launch.getNumOperands()))
        mapping.map(argument, kernel.getArgument(result++));
      cloneBody(b, body, mapping, task, start, each.tasks, dim, nram);
      nram += each.nram;
      start += each.tasks;
    }
    func::ReturnOp::create(b, kernel.getLoc());
    return kernel;
  }

  /// Clones a kernel's body for tasks `start` to `start` + `tasks` - 1 of `dim`, with its NRAM from `nram` on.
  void cloneBody(OpBuilder &b, func::FuncOp body, IRMapping &mapping, Value task, int64_t start, int64_t tasks,
                 int64_t dim, int64_t nram) {
    OpBuilder::InsertionGuard guard(b);
    Location loc = body.getLoc();
    auto constant = [&](int64_t value) { return arith::ConstantIndexOp::create(b, loc, value).getResult(); };
    Value condition, own = task;
    if (start) {
      condition = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, task, constant(start));
      own = arith::SubIOp::create(b, loc, task, constant(start));
    }
    if (start + tasks < dim) {
      Value below = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, task, constant(start + tasks));
      condition = condition ? arith::AndIOp::create(b, loc, condition, below) : below;
    }
    if (condition)
      b.setInsertionPointToStart(&scf::IfOp::create(b, loc, condition).getThenRegion().front());
    for (Operation &op : body.getBody().front().without_terminator()) {
      if (isa<TaskIdOp>(op))
        mapping.map(op.getResult(0), own);
      else if (isa<TaskDimOp>(op))
        mapping.map(op.getResult(0), constant(tasks));
      else
        b.clone(op, mapping)->walk([&](memref::AllocOp alloc) {
          int64_t offset = alloc->getAttrOfType<IntegerAttr>(kOffset).getInt();
          alloc->setAttr(kOffset, b.getI64IntegerAttr(offset + nram));
        });
    }
  }

  ModuleOp module;
  func::FuncOp main;
  const Device &device;
  SymbolTable symbols;
  DenseMap<func::FuncOp, std::optional<Kernel>> kernels;
  llvm::StringMap<func::FuncOp> built;
  DenseSet<Operation *> returnedTwice;
  SmallVector<Operation *> waiting; // in the order of @main
  DenseMap<Operation *, unsigned> levels;
  llvm::SetVector<func::FuncOp> merged;
};

struct MLUMergeLaunches : mlu::impl::MLUMergeLaunchesBase<MLUMergeLaunches> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    StringRef target = getTarget(module);
    const Device *device = lookupDevice(std::string_view(target.data(), target.size()));
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (device && main && main.getBody().hasOneBlock())
      Merger(module, main, *device).run();
  }
};

} // namespace
