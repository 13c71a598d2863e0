//===- FormKernels.cpp - Group operations into kernels and outline them ---===//
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUFORMKERNELS
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang::mlu;

namespace {

/// Operations that launch together; the last one produces the result, and those before it results that others read too.
using Group = SmallVector<Operation *>;

/// Operations of an element-wise kernel with several results, each of which takes tiles of NRAM.
constexpr size_t kMostSharing = 4;

/// Whether `op` computes single numbers, as what is left of a loop over one element does.
bool isScalarCode(Operation *op) {
  return isPure(op) && op->getNumResults() != 0 &&
         llvm::none_of(op->getResultTypes(), [](Type type) { return isa<ShapedType>(type); });
}

/// What may be repeated in every kernel that needs it: no work, or a window of memory that DMA reads in place.
bool isClonable(Operation *op) {
  return op && (op->hasTrait<OpTrait::ConstantLike>() || isScalarCode(op) ||
                isa<tensor::EmptyOp, linalg::FillOp, tensor::PadOp, tensor::ExtractSliceOp>(op));
}

/// Reshapes between kernels are other names of the same memory; preparations are host work.
bool staysOnHost(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp, PrepareOp, QuantizeFilterOp, LaunchOp>(op);
}

/// An identity operation on `value`; a splat constant becomes the scalar it repeats.
Value copyOf(Value value, Location loc, IRRewriter &rewriter) {
  auto type = cast<RankedTensorType>(value.getType());
  Value empty = tensor::EmptyOp::create(rewriter, loc, type.getShape(), type.getElementType());
  AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
  SmallVector<Value> inputs = {value};
  SplatElementsAttr splat;
  if (matchPattern(value, m_Constant(&splat)))
    inputs.clear();
  SmallVector<AffineMap> maps(inputs.size() + 1, identity);
  auto copy = linalg::GenericOp::create(rewriter, loc, TypeRange{type}, inputs, ValueRange{empty}, maps, iterators,
                                        [&](OpBuilder &b, Location inner, ValueRange args) {
                                          Value element = args[0];
                                          if (inputs.empty())
                                            element =
                                                arith::ConstantOp::create(b, inner, splat.getSplatValue<TypedAttr>());
                                          linalg::YieldOp::create(b, inner, element);
                                        });
  return copy.getResult(0);
}

/// A window (pad, slice) whose result leaves the kernels, or feeds an operation that has no tiles, needs a kernel of
/// its own: an identity operation that reads it.
void materializeWindows(func::FuncOp main, IRRewriter &rewriter) {
  SmallVector<Operation *> windows;
  main.walk([&](Operation *op) {
    if (isa<tensor::PadOp, tensor::ExtractSliceOp>(op) && !op->getOperand(0).getDefiningOp<QuantizeFilterOp>() &&
        !op->getOperand(0).getDefiningOp<PrepareOp>())
      windows.push_back(op);
  });
  for (Operation *window : windows) {
    auto needsCopy = [&](OpOperand &use) {
      if (isa<tensor::ExtractSliceOp>(window) && isa<tensor::InsertSliceOp, tensor::PadOp>(use.getOwner()))
        return false; // a join reads it in place, and what pads it is a window itself
      auto user = dyn_cast<linalg::LinalgOp>(use.getOwner());
      return !user || classify(user) == KernelKind::Scalar;
    };
    if (llvm::none_of(window->getUses(), needsCopy))
      continue;
    rewriter.setInsertionPointAfter(window);
    auto type = cast<RankedTensorType>(window->getResult(0).getType());
    if (type.getRank() == 0)
      continue;
    Value copy = copyOf(window->getResult(0), window->getLoc(), rewriter);
    rewriter.replaceUsesWithIf(window->getResult(0), copy, [&](OpOperand &use) {
      return use.getOwner() != copy.getDefiningOp() && needsCopy(use);
    });
  }
}

/// Element-wise operations have their splat constants in the body by now. Another operation that still reads one
/// (a reduction or a pooling of it, a window of it) takes its loops from it, and DMA reads it from memory, where the
/// device has no constants: a kernel writes it there, or the reduction computes it tile by tile.
void materializeConstants(func::FuncOp main, IRRewriter &rewriter) {
  auto readsMemory = [](OpOperand &use) {
    return isa<linalg::LinalgOp, tensor::PadOp, tensor::ExtractSliceOp, tensor::InsertSliceOp>(use.getOwner());
  };
  for (auto constant : llvm::make_early_inc_range(main.getOps<arith::ConstantOp>())) {
    auto type = dyn_cast<RankedTensorType>(constant.getType());
    if (!type || type.getRank() == 0 || !isa<SplatElementsAttr>(constant.getValue()) ||
        llvm::none_of(constant->getUses(), readsMemory))
      continue;
    rewriter.setInsertionPointAfter(constant);
    rewriter.replaceUsesWithIf(constant, copyOf(constant, constant.getLoc(), rewriter), readsMemory);
  }
}

/// Each result of @main is a buffer that a kernel writes: an argument, a constant or a value returned twice is copied.
void copyResults(func::FuncOp main, IRRewriter &rewriter) {
  auto returnOp = cast<func::ReturnOp>(main.getBody().front().getTerminator());
  DenseSet<Value> seen;
  rewriter.setInsertionPoint(returnOp);
  for (OpOperand &operand : returnOp->getOpOperands()) {
    Value root = operand.get();
    while (Operation *def = root.getDefiningOp()) {
      if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(def))
        break;
      root = def->getOperand(0);
    }
    Operation *def = root.getDefiningOp();
    bool computed = def && !def->hasTrait<OpTrait::ConstantLike>() && !isa<PrepareOp, QuantizeFilterOp>(def);
    if (!computed || !seen.insert(root).second)
      operand.set(copyOf(operand.get(), returnOp.getLoc(), rewriter));
  }
}

/// Whether `op` may follow the group that ends in `producer` as its epilogue through `operand`.
bool canAppend(linalg::LinalgOp op, OpOperand *operand, Operation *producer) {
  return operand->get().getDefiningOp() == producer && operand->get().hasOneUse() &&
         op.getMatchingIndexingMap(operand).isIdentity();
}

/// Whether `operand` of a reduction may be computed tile by tile in the reduction's kernel: nobody else reads it, the
/// reduction reads each of its elements once, and its rows are vectors.
bool canPrepend(linalg::LinalgOp reduction, OpOperand *operand) {
  AffineMap map = reduction.getMatchingIndexingMap(operand);
  if (!operand->get().hasOneUse() || !map.isProjectedPermutation() ||
      cast<RankedTensorType>(operand->get().getType()).getShape().back() == 1)
    return false;
  SmallVector<int64_t> loops = reduction.getStaticLoopRanges();
  return llvm::all_of(llvm::seq<unsigned>(0, loops.size()),
                      [&](unsigned loop) { return loops[loop] == 1 || map.isFunctionOfDim(loop); });
}

bool isWindow(Value value) { return isa_and_present<tensor::PadOp, tensor::ExtractSliceOp>(value.getDefiningOp()); }

/// Whether an element-wise operation may share its loop with others: it computes, at places of its own.
bool canShare(linalg::LinalgOp op) {
  return isa<linalg::GenericOp>(op) && !llvm::hasSingleElement(*op.getBlock()) &&
         llvm::none_of(op.getDpsInputs(), isWindow) && !llvm::is_contained(op.getStaticLoopRanges(), 0);
}

/// Whether `op` may be computed in the loop of the element-wise `group`, of whose result `operand` reads the element at
/// hand, while others read it from memory: they come later, when the common kernel has run.
bool canShare(linalg::LinalgOp op, OpOperand *operand, const Group &group) {
  auto isElsewhere = [&](OpOperand *each) { // an element that is not at hand: of a transpose
    return llvm::is_contained(group, each->get().getDefiningOp()) && !op.getMatchingIndexingMap(each).isIdentity();
  };
  if (!op.getMatchingIndexingMap(operand).isIdentity() || llvm::any_of(op.getDpsInputOperands(), isElsewhere))
    return false;
  return llvm::all_of(group, [&](Operation *each) {
    return llvm::all_of(each->getUsers(), [&](Operation *user) {
      user = op->getBlock()->findAncestorOpInBlock(*user);
      return user == op || llvm::is_contained(group, user) || op->isBeforeInBlock(user);
    });
  });
}

/// Whether a reduction will compute `op` by itself and nobody stores it.
bool goesToReduction(linalg::LinalgOp op) {
  if (!op->hasOneUse())
    return false;
  OpOperand &use = *op->use_begin();
  auto user = dyn_cast<linalg::LinalgOp>(use.getOwner());
  return user && classify(user) == KernelKind::Reduction && canPrepend(user, &use);
}

/// A partial join that several joins go on from (their first parts are the same, and were merged) is written by each of
/// them: a kernel that wrote its parts into the other's result would overwrite it.
void separateJoins(func::FuncOp main, IRRewriter &rewriter) {
  auto sharedJoin = [](tensor::InsertSliceOp insert) {
    auto before = insert.getDest().getDefiningOp<tensor::InsertSliceOp>();
    return before && !before->hasOneUse() ? before : nullptr;
  };
  for (auto insert : llvm::to_vector(main.getOps<tensor::InsertSliceOp>()))
    while (tensor::InsertSliceOp before = sharedJoin(insert)) {
      rewriter.setInsertionPoint(insert);
      auto own = cast<tensor::InsertSliceOp>(rewriter.clone(*before));
      rewriter.modifyOpInPlace(insert, [&] { insert.getDestMutable().assign(own.getResult()); });
      insert = own;
    }
}

SmallVector<Group> formGroups(func::FuncOp main) {
  SmallVector<Group> groups;
  DenseMap<Operation *, size_t> endOf;    // heavy group that ends in the operation
  DenseMap<Operation *, size_t> aloneIn;  // group that an element-wise operation forms alone
  DenseMap<Operation *, size_t> sharedBy; // element-wise group that ends in the operation
  for (Operation &op : main.getBody().front().without_terminator()) {
    if (isClonable(&op) || staysOnHost(&op))
      continue;
    auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
    KernelKind kind = linalgOp ? classify(linalgOp) : KernelKind::Scalar;
    if (kind == KernelKind::Elementwise) {
      // The latest producer wins, so that every other operand is there when the kernel starts.
      Operation *producer = nullptr;
      for (OpOperand *operand : linalgOp.getDpsInputOperands()) {
        Operation *def = operand->get().getDefiningOp();
        if (def && endOf.count(def) && canAppend(linalgOp, operand, def) &&
            (!producer || producer->isBeforeInBlock(def)))
          producer = def;
      }
      if (producer) {
        size_t index = endOf[producer];
        groups[index].push_back(&op);
        endOf.erase(producer);
        endOf[&op] = index;
        continue;
      }
      if (canShare(linalgOp) && !goesToReduction(linalgOp)) {
        Group shared;
        for (OpOperand *operand : linalgOp.getDpsInputOperands()) {
          auto before = sharedBy.find(operand->get().getDefiningOp());
          if (before == sharedBy.end() || !canShare(linalgOp, operand, groups[before->second]) ||
              shared.size() + groups[before->second].size() >= kMostSharing)
            continue;
          llvm::append_range(shared, groups[before->second]);
          groups[before->second].clear();
          aloneIn.erase(before->first);
          sharedBy.erase(before);
        }
        llvm::sort(shared, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
        sharedBy[&op] = groups.size();
        if (!shared.empty()) {
          shared.push_back(&op);
          groups.push_back(shared);
          continue;
        }
      }
      aloneIn[&op] = groups.size();
    }
    // The parts of a join are one kernel.
    if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      if (Operation *before = insert.getDest().getDefiningOp();
          isa_and_present<tensor::InsertSliceOp>(before) && before->hasOneUse()) {
        auto group = llvm::find_if(groups, [&](const Group &each) { return !each.empty() && each.back() == before; });
        if (group != groups.end()) {
          group->push_back(&op);
          continue;
        }
      }
    Group group;
    if (kind == KernelKind::Reduction)
      for (OpOperand *operand : linalgOp.getDpsInputOperands())
        if (Operation *def = operand->get().getDefiningOp();
            def && aloneIn.count(def) && canPrepend(linalgOp, operand)) {
          groups[aloneIn[def]].clear();
          aloneIn.erase(def);
          sharedBy.erase(def);
          group.push_back(def);
        }
    group.push_back(&op);
    groups.push_back(group);
    if (isHeavy(kind))
      endOf[&op] = groups.size() - 1;
  }
  llvm::erase_if(groups, [](const Group &group) { return group.empty(); });
  return groups;
}

/// Merges neighbouring loops of an element-wise kernel that every operand walks in the same order, so that a tile is
/// as long a stretch of memory as possible.
void collapseLoops(Group &group, IRRewriter &rewriter) {
  SmallVector<AffineMap> maps;
  for (Operation *each : group) {
    auto op = dyn_cast<linalg::GenericOp>(each);
    if (!op || classify(op) != KernelKind::Elementwise || op.getNumLoops() < 2 ||
        llvm::any_of(op.getDpsInputs(), isWindow))
      return;
    llvm::append_range(maps, op.getIndexingMapsArray());
  }
  if (!llvm::all_of(maps, [](AffineMap m) { return m.isProjectedPermutation(); }))
    return;
  SmallVector<ReassociationIndices> loops = {{0}};
  int64_t count = maps.front().getNumDims();
  for (int64_t dim = 1; dim < count; ++dim) {
    ReassociationIndices pair = {dim - 1, dim};
    if (llvm::all_of(maps, [&](AffineMap m) { return linalg::isDimSequencePreserved(m, pair); }))
      loops.back().push_back(dim);
    else
      loops.push_back({dim});
  }
  if (int64_t(loops.size()) == count)
    return;
  SmallVector<Operation *> expanded; // results for those that read them from memory
  DenseMap<Value, Value> read;       // of tensors that the operations share, the collapsed one
  for (Operation *&each : group) {
    auto op = cast<linalg::GenericOp>(each);
    rewriter.setInsertionPoint(op);
    FailureOr<linalg::CollapseResult> collapsed = linalg::collapseOpIterationDims(op, loops, rewriter);
    if (failed(collapsed)) // by the first, if at all: the loops suit all maps
      return;
    rewriter.replaceOp(op, collapsed->results);
    linalg::LinalgOp small = collapsed->collapsedOp;
    each = small;
    for (Value result : collapsed->results)
      expanded.push_back(result.getDefiningOp());
    for (OpOperand *operand : small.getDpsInputOperands()) {
      auto collapse = operand->get().getDefiningOp<tensor::CollapseShapeOp>();
      if (!collapse)
        continue;
      auto expand = collapse.getSrc().getDefiningOp<tensor::ExpandShapeOp>();
      Value known = expand && llvm::is_contained(expanded, expand) ? expand.getSrc() : read[collapse.getSrc()];
      if (known && known.getType() == collapse.getType() && known != collapse) {
        operand->set(known);
        if (collapse->use_empty())
          rewriter.eraseOp(collapse);
      } else {
        read[collapse.getSrc()] = collapse;
      }
    }
    // The result has no old value, whatever its shape.
    OpOperand *init = small.getDpsInitOperand(0);
    auto type = cast<RankedTensorType>(init->get().getType());
    rewriter.setInsertionPoint(small);
    init->set(tensor::EmptyOp::create(rewriter, small.getLoc(), type.getShape(), type.getElementType()));
  }
  for (Operation *each : expanded) // the launch will stand where the last operation does
    if (each->isBeforeInBlock(group.back()))
      rewriter.moveOpAfter(each, group.back());
}

/// What the user calls a value that is a tensor of his, or that the host prepares from one; "" for what kernels
/// compute.
std::string nameOf(Value value) {
  StringRef suffix;
  while (Operation *def = value.getDefiningOp()) {
    if (isa<QuantizeFilterOp>(def) && value == def->getResult(1))
      suffix = "_scale";
    else if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp, PrepareOp, QuantizeFilterOp>(def))
      return "";
    value = def->getOperand(0);
  }
  auto argument = cast<BlockArgument>(value);
  auto main = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  auto name = main.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "meta.name");
  return name && !name.empty() ? (name.getValue() + suffix).str() : "";
}

/// What two names end in alike, in whole words: "weight" for "layer1.0.conv1.weight" and "fc.weight".
StringRef commonEnd(StringRef a, StringRef b) {
  size_t length = 0, whole = 0;
  while (length < std::min(a.size(), b.size()) && a[a.size() - 1 - length] == b[b.size() - 1 - length]) {
    ++length;
    bool ends = length == a.size() || a[a.size() - 1 - length] == '.';
    ends &= length == b.size() || b[b.size() - 1 - length] == '.';
    whole = ends ? length : whole;
  }
  return a.take_back(whole);
}

class Outliner {
public:
  Outliner(ModuleOp module, IRRewriter &rewriter) : module(module), symbols(module), rewriter(rewriter) {}

  void outline(const Group &group) {
    Operation *last = group.back();
    SmallVector<Operation *> body;
    SetVector<Value> inputs;
    for (Operation *op : group)
      collect(op, group, body, inputs);

    SmallVector<Value> results(last->getResults());
    auto outside = [&](OpOperand &use) {
      return !llvm::is_contained(group, last->getBlock()->findAncestorOpInBlock(*use.getOwner()));
    };
    for (Operation *op : ArrayRef(group).drop_back())
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUses(), outside))
          results.push_back(result);

    rewriter.setInsertionPoint(last);
    auto type = rewriter.getFunctionType(TypeRange(inputs.getArrayRef()), TypeRange(results));
    func::FuncOp kernel = buildKernel(group, body, inputs, results, type);
    bool isNew = false;
    kernel = deduplicate(kernel, group, isNew);
    nameArguments(kernel, inputs.getArrayRef(), isNew);
    auto launch = LaunchOp::create(rewriter, last->getLoc(), type.getResults(), kernel.getName(), inputs.getArrayRef());
    for (auto [result, stored] : llvm::zip(results, launch.getResults()))
      rewriter.replaceUsesWithIf(result, stored, outside);
    for (Operation *op : llvm::reverse(group))
      if (op->use_empty())
        rewriter.eraseOp(op);
  }

private:
  /// Operations in def-use order, with what they clone; everything else they read is an input.
  void collect(Operation *op, const Group &group, SmallVector<Operation *> &body, SetVector<Value> &inputs) {
    if (llvm::is_contained(body, op))
      return;
    SetVector<Value> reads;
    reads.insert(op->operand_begin(), op->operand_end());
    getUsedValuesDefinedAbove(op->getRegions(), reads);
    for (Value value : reads) {
      Operation *def = value.getDefiningOp();
      if (def && (isClonable(def) || llvm::is_contained(group, def)))
        collect(def, group, body, inputs);
      else
        inputs.insert(value);
    }
    body.push_back(op);
  }

  func::FuncOp buildKernel(const Group &group, ArrayRef<Operation *> body, const SetVector<Value> &inputs,
                           ArrayRef<Value> stored, FunctionType type) {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointToEnd(module.getBody());
    auto kernel = func::FuncOp::create(rewriter, group.front()->getLoc(), "kernel", type);
    kernel.setPrivate();
    kernel->setAttr(MLUDialect::getKernelAttrName(), rewriter.getUnitAttr());
    Block *block = kernel.addEntryBlock();
    IRMapping mapping;
    for (auto [value, argument] : llvm::zip(inputs, block->getArguments()))
      mapping.map(value, argument);
    rewriter.setInsertionPointToStart(block);
    for (Operation *op : body)
      rewriter.clone(*op, mapping);
    SmallVector<Value> results;
    for (Value value : stored)
      results.push_back(mapping.lookup(value));
    func::ReturnOp::create(rewriter, group.back()->getLoc(), results);
    return kernel;
  }

  /// Two kernels with the same text are one kernel.
  func::FuncOp deduplicate(func::FuncOp kernel, const Group &group, bool &isNew) {
    std::string text;
    llvm::raw_string_ostream(text) << kernel;
    auto [entry, inserted] = known.try_emplace(text, kernel);
    isNew = inserted;
    if (!isNew) {
      kernel.erase();
      return entry->second;
    }
    std::string name = isa<tensor::InsertSliceOp>(group.back()) ? "join"
                       : isa<scf::ForOp>(group.back())          ? "scatter"
                                                                : "scalar";
    for (Operation *op : group)
      if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
        name = describe(linalgOp);
        if (isHeavy(classify(linalgOp)))
          break;
      }
    kernel.setName(name + "_" + std::to_string(counters[name]++));
    symbols.insert(kernel);
    return kernel;
  }

  /// Arguments are called what the tensors of every launch have in their names; without one, BANG C names them by role.
  void nameArguments(func::FuncOp kernel, ArrayRef<Value> inputs, bool isNew) {
    for (auto [index, value] : llvm::enumerate(inputs)) {
      std::string name = nameOf(value);
      if (!isNew) {
        auto given = kernel.getArgAttrOfType<StringAttr>(index, kNameAttr);
        name = given ? commonEnd(given.getValue(), name).str() : "";
      }
      if (name.empty())
        kernel.removeArgAttr(index, kNameAttr);
      else
        kernel.setArgAttr(index, kNameAttr, rewriter.getStringAttr(name));
    }
  }

  static constexpr StringLiteral kNameAttr = "bang.name";

  ModuleOp module;
  SymbolTable symbols;
  IRRewriter &rewriter;
  llvm::StringMap<int> counters;
  std::map<std::string, func::FuncOp> known;
};

struct MLUFormKernels : metabang::mlu::impl::MLUFormKernelsBase<MLUFormKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main) {
      module.emitError() << "has no function @main to form kernels from";
      return signalPassFailure();
    }
    IRRewriter rewriter(module.getContext());
    copyResults(main, rewriter);
    materializeConstants(main, rewriter);
    materializeWindows(main, rewriter);
    separateJoins(main, rewriter);
    SmallVector<Group> groups = formGroups(main);
    Outliner outliner(module, rewriter);
    for (Group &group : groups) {
      collapseLoops(group, rewriter);
      outliner.outline(group);
    }
    // What was cloned into kernels has no use left here.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(main.getBody().front())))
      if (isOpTriviallyDead(&op) || (isa<linalg::FillOp>(op) && op.use_empty()))
        rewriter.eraseOp(&op);
  }
};

} // namespace
