//===- PadBuffers.cpp - Row pitches that builtins can address -------------===//
//
// Buffers meet in operations: two that an element-wise operation walks together need the same pitch. They form
// classes (union-find over allocations); each class gets the smallest pitch that all its operations accept.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"
#include "Emit.h"
#include "Memory.h"
#include "VectorBody.h"

#include "metabang/Conversion/LinalgToBang/Passes.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include <numeric>

namespace metabang {
#define GEN_PASS_DEF_MLUPADBUFFERS
#include "metabang/Conversion/LinalgToBang/Passes.h.inc"
} // namespace metabang

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

struct MLUPadBuffers : metabang::impl::MLUPadBuffersBase<MLUPadBuffers> {
  const Device *device = nullptr;
  llvm::EquivalenceClasses<void *> classes;
  llvm::DenseMap<void *, int64_t> unit; // elements the pitch is a multiple of, by allocation
  /// Buffers that are quantised in whole vectors: the dimension of rows, the elements of such a vector.
  llvm::DenseMap<void *, std::pair<int64_t, int64_t>> quantised;
  llvm::DenseSet<void *> wantsRows;     // some builtin addresses rows, so the pitch itself matters
  llvm::DenseSet<void *> reduced;       // along their rows: any pitch will do
  llvm::DenseMap<void *, int64_t> pitches; // of rows in GDRAM, by allocation
  SmallVector<memref::AllocOp> allocations;

  /// The allocation whose rows `memref` has, or null.
  memref::AllocOp rowsOf(Value memref) {
    int64_t width = -1;
    while (true) {
      auto type = dyn_cast<MemRefType>(memref.getType());
      if (!type || type.getRank() == 0)
        return {};
      int64_t last = type.getDimSize(type.getRank() - 1);
      if (width >= 0 && last != width)
        return {};
      width = last;
      if (auto alloc = memref.getDefiningOp<memref::AllocOp>())
        return alloc;
      if (auto view = memref.getDefiningOp<memref::SubViewOp>()) {
        int64_t rank = view.getSourceType().getRank();
        if (view.getDroppedDims()[rank - 1])
          return {};
        if (ShapedType::isDynamic(width))
          width = -1;
        memref = view.getSource();
      } else if (auto cast = memref.getDefiningOp<memref::CastOp>()) {
        memref = cast.getSource();
      } else {
        return {};
      }
    }
  }

  void require(memref::AllocOp alloc, int64_t elements) {
    if (!alloc)
      return;
    int64_t &known = unit.try_emplace(alloc.getOperation(), 1).first->second;
    known = std::lcm(known, elements);
  }
  /// Rows with small gaps in GDRAM get the same gaps on the chip: then one piece of memory is copied, not a segment a
  /// row (every second column, the first one left out). Answers the pitch, or 0.
  int64_t pitchInMemory(memref::CopyOp copy) {
    memref::AllocOp alloc = rowsOf(copy.getTarget());
    FailureOr<SmallVector<int64_t>> strides = stridesOf(copy.getSource());
    if (!alloc || alloc.getType().getRank() < 2 || mlu::getSpace(alloc.getType()) != mlu::Space::NRAM ||
        mlu::isOnChip(copy.getSource()) || failed(strides) || strides->size() < 2 || strides->back() != 1)
      return 0;
    int64_t width = alloc.getType().getShape().back(), pitch = (*strides)[strides->size() - 2];
    return pitch > width && pitch - width <= std::min<int64_t>(kLargestGap, width / 64) ? pitch : 0;
  }
  static constexpr int64_t kLargestGap = 16; // elements

  void join(memref::AllocOp a, memref::AllocOp b) {
    if (a && b && a.getType().getShape().back() == b.getType().getShape().back())
      classes.unionSets(a.getOperation(), b.getOperation());
  }

  /// Whether the operation combines the elements of whole rows and does nothing else to them: they are copied to where
  /// they are combined (Reduce.cpp), from any pitch.
  static bool reducesRows(linalg::LinalgOp op) {
    if (op.getNumReductionLoops() == 0 || op.getNumDpsInputs() != 1 || op.getBlock()->getOperations().size() != 2)
      return false;
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
    if (!map.isPermutation())
      return false;
    unsigned last = cast<AffineDimExpr>(map.getResults().back()).getPosition();
    return op.getIteratorTypesArray()[last] == utils::IteratorType::reduction;
  }

  void visit(linalg::LinalgOp op) {
    if (reducesRows(op)) {
      if (memref::AllocOp alloc = rowsOf(op.getDpsInputOperand(0)->get()))
        reduced.insert(alloc.getOperation());
      if (memref::AllocOp alloc = rowsOf(op.getDpsInitOperand(0)->get())) // each slot of results begins a vector
        wantsRows.insert(alloc.getOperation());
      return;
    }
    FailureOr<Contraction> contraction = Contraction::match(op);
    bool packs = op->hasAttr(mlu::kPackFilterAttrName);
    if (succeeded(contraction) && (packs || spaceOf(contraction->w->get()) == mlu::Space::WRAM)) {
      memref::AllocOp x = rowsOf(contraction->x->get()), out = rowsOf(contraction->out->get());
      if (device->arch < 300) {
        int64_t word = elementBytes(contraction->w->get());
        if (auto width = op->getAttrOfType<IntegerAttr>(mlu::kPackFilterAttrName))
          word = width.getInt() / 8;
        if (memref::AllocOp w = packs ? rowsOf(contraction->w->get()) : nullptr)
          require(w, kVectorBytes / word); // quantised as a whole
        // A tile whose channels do not fill the unit's rows is loaded as it lies in GDRAM, in one piece, and packed on
        // chip: a segment a pixel costs the DMA far more than the move.
        if (x && x.getType().getShape().back() % (device->convCiBytesAlignment / word) != 0 &&
            x.getType().getShape().back() * elementBytes(x) < mlu::kLongRowBytes)
          x = nullptr;
        require(x, device->convCiBytesAlignment / word);
        require(out, device->convCoAlignment);
        if (x && (contraction->integerFilter || packs) && x.getType().getRank() == typeOf(contraction->x->get()).getRank()) {
          int64_t rows = contraction->windows.size() == 2 ? contraction->windows.front().xDim : 0;
          quantised[x.getOperation()] = {rows, kVectorBytes / word};
        }
        for (memref::AllocOp alloc : {x, out})
          if (alloc)
            wantsRows.insert(alloc.getOperation());
      }
      return;
    }
    // Operands that share the loop of their last dimension share the pitch. Rows matter where an operand has fewer
    // dimensions than another, or a window.
    // The image of a depthwise convolution is taken as it lies in GDRAM too, and padded on chip.
    bool depthwise = succeeded(contraction) && contraction->depth.size() == 1 && contraction->channels.empty() &&
                     contraction->reduction.empty();
    llvm::DenseMap<unsigned, memref::AllocOp> byLoop;
    bool rows = op.getNumLoops() != op.getNumParallelLoops();
    int64_t rank = -1;
    for (OpOperand &operand : op->getOpOperands()) {
      auto type = dyn_cast<MemRefType>(operand.get().getType());
      if (!type || (!op.payloadUsesValueFromOperand(&operand) && op.isDpsInput(&operand)))
        continue;
      AffineMap map = op.getMatchingIndexingMap(&operand);
      rows |= rank >= 0 && type.getRank() != rank && type.getRank() > 0;
      if (type.getRank() > 0)
        rank = type.getRank();
      auto last = map.getNumResults() ? dyn_cast<AffineDimExpr>(map.getResults().back()) : AffineDimExpr(nullptr);
      memref::AllocOp alloc = rowsOf(operand.get());
      if (!alloc || !last || (depthwise && &operand == contraction->x))
        continue;
      auto [it, isNew] = byLoop.try_emplace(last.getPosition(), alloc);
      if (!isNew)
        join(it->second, alloc);
    }
    if (rows)
      for (auto &[loop, alloc] : byLoop)
        wantsRows.insert(alloc.getOperation());
  }

  /// Whether the builtins for `op` write the rows of its output to their padded end: they do if the rows are those of
  /// an input, or the channels of a convolution.
  bool writesWholeRows(linalg::LinalgOp op, OpOperand &init) {
    AffineMap out = op.getMatchingIndexingMap(&init);
    bool isScalar = op.getNumParallelLoops() == op.getNumLoops() && !VectorBody::supports(*op.getBlock(), *device);
    if (out.getNumResults() == 0 || isScalar)
      return false;
    return llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *input) {
      auto type = dyn_cast<MemRefType>(input->get().getType());
      AffineMap map = op.getMatchingIndexingMap(input);
      if (!type || map.getNumResults() == 0)
        return false;
      if (mlu::getSpace(type) == mlu::Space::WRAM)
        return map.getResults().front() == out.getResults().back();
      return map.getResults().back() == out.getResults().back();
    }) || (op.getNumDpsInputs() == 0 && out.isIdentity());
  }

  /// Whether something other than a builtin over whole rows writes the buffer, so that padding would stay unwritten.
  bool isFilledByCopies(Value memref, SmallVectorImpl<Value> &work) {
    work.push_back(memref);
    while (!work.empty()) {
      Value value = work.pop_back_val();
      for (Operation *user : value.getUsers()) {
        if (isa<memref::SubViewOp, memref::CastOp>(user)) {
          work.push_back(user->getResult(0));
          continue;
        }
        if (auto copy = dyn_cast<memref::CopyOp>(user); copy && copy.getTarget() != value)
          continue;
        auto op = dyn_cast<linalg::LinalgOp>(user);
        if (!op)
          return true;
        if (isa<linalg::FillOp>(user))
          continue;
        for (OpOperand &init : op.getDpsInitsMutable())
          if (init.get() == value && !writesWholeRows(op, init))
            return true;
      }
    }
    return false;
  }

  void pad(memref::AllocOp alloc, ArrayRef<int64_t> shape, bool zero, bool slack) {
    MemRefType old = alloc.getType();
    // Out of the loops: what is padded once stays so.
    Operation *at = alloc;
    if (zero)
      while (isa<scf::ForOp>(at->getParentOp()))
        at = at->getParentOp();
    OpBuilder b(at);
    Location loc = alloc.getLoc();
    auto type = MemRefType::get(shape, old.getElementType(), AffineMap(), old.getMemorySpace());
    auto padded = memref::AllocOp::create(b, loc, type);
    if (slack)
      padded->setAttr(kSlackAttr, b.getUnitAttr());
    if (zero) {
      Value value = arith::ConstantOp::create(b, loc, b.getZeroAttr(old.getElementType()));
      auto fill = linalg::FillOp::create(b, loc, value, padded.getResult());
      fill->setAttr(kPadFillAttr, b.getUnitAttr());
    }
    SmallVector<OpFoldResult> zeros(shape.size(), b.getIndexAttr(0)), ones(shape.size(), b.getIndexAttr(1)), sizes;
    for (int64_t size : old.getShape())
      sizes.push_back(b.getIndexAttr(size));
    auto view = memref::SubViewOp::create(b, loc, padded, zeros, sizes, ones);
    view->setAttr(kPaddedAttr, b.getUnitAttr());
    retype(alloc, view);
    alloc->erase();
  }

  /// Replaces `from` by `to`, whose layout differs, and gives the views of it the types that follow.
  static void retype(Value from, Value to) {
    SmallVector<OpOperand *> uses;
    for (OpOperand &use : from.getUses())
      uses.push_back(&use);
    for (OpOperand *use : uses) {
      Operation *user = use->getOwner();
      use->set(to);
      auto view = dyn_cast<memref::SubViewOp>(user);
      if (!view)
        continue;
      OpBuilder b(view);
      auto type = memref::SubViewOp::inferRankReducedResultType(view.getType().getShape(), cast<MemRefType>(to.getType()),
                                                               view.getMixedOffsets(), view.getMixedSizes(), view.getMixedStrides());
      auto replacement = memref::SubViewOp::create(b, view.getLoc(), type, to, view.getMixedOffsets(), view.getMixedSizes(), view.getMixedStrides());
      if (view->hasAttr(kPaddedAttr))
        replacement->setAttr(kPaddedAttr, b.getUnitAttr());
      retype(view, replacement);
      view->erase();
    }
  }

  /// Whether the buffer is read by nothing but movements with a stride in its rows, which take any pitch.
  bool isAlone(memref::AllocOp alloc) {
    SmallVector<Value> work = {alloc};
    while (!work.empty()) {
      Value value = work.pop_back_val();
      for (Operation *user : value.getUsers()) {
        if (isa<memref::SubViewOp, memref::CastOp>(user)) {
          work.push_back(user->getResult(0));
        } else if (auto op = dyn_cast<linalg::GenericOp>(user)) {
          auto input = llvm::find_if(op.getDpsInputOperands(), [&](OpOperand *each) { return each->get() == value; });
          if (op.getNumDpsInputs() != 1 || input == op.getDpsInputOperands().end() || !llvm::hasSingleElement(*op.getBlock()) ||
              isa<AffineDimExpr>(op.getMatchingIndexingMap(*input).getResults().back()))
            return false;
        } else if (auto copy = dyn_cast<memref::CopyOp>(user); !copy || copy.getTarget() != value) {
          return false;
        }
      }
    }
    return true;
  }

  /// Whether nothing but copies, strided ones among them, reads and writes the buffer: any pitch suits those, and a
  /// padded row of three elements takes the room of 32.
  static bool isOnlyMoved(Value memref) {
    return llvm::all_of(memref.getUsers(), [](Operation *user) {
      if (isa<memref::SubViewOp, memref::CastOp>(user))
        return isOnlyMoved(user->getResult(0));
      auto op = dyn_cast<linalg::LinalgOp>(user);
      return isa<memref::CopyOp>(user) || (op && mlu::movesRows(op));
    });
  }

  /// Whether the rows of a buffer are padded although only its end matters: an odd width takes whole vectors of rows at
  /// the end (a row of 2049 numbers as many as 32), more than the schedule has counted on.
  bool isEndTooLong(memref::AllocOp alloc, int64_t multiple) const {
    ArrayRef<int64_t> shape = alloc.getType().getShape();
    if (shape.size() < 2)
      return false;
    int64_t grown = ShapedType::getNumElements(mlu::padEnd(shape, multiple));
    return grown > 2 * ShapedType::getNumElements(shape) &&
           grown * elementBytes(alloc) > device->nramBudget() / kLongestEnd;
  }
  static constexpr int64_t kLongestEnd = 16; // a part of NRAM

  /// Whether padding the rows of a buffer takes less than padding its end.
  static bool areRowsShorter(memref::AllocOp alloc, int64_t multiple) {
    SmallVector<int64_t> rows(alloc.getType().getShape());
    if (rows.size() < 2)
      return false;
    int64_t grown = ShapedType::getNumElements(mlu::padEnd(rows, multiple));
    rows.back() = llvm::alignTo(rows.back(), multiple);
    return ShapedType::getNumElements(rows) < grown;
  }

  /// Views that regroup dimensions, and loops that carry the buffer, need it as it is.
  static bool canPad(Value memref) {
    return llvm::all_of(memref.getUsers(), [](Operation *user) {
      if (isa<memref::SubViewOp>(user))
        return canPad(user->getResult(0));
      return isa<linalg::LinalgOp, memref::CopyOp, memref::LoadOp, memref::StoreOp, memref::DimOp>(user);
    });
  }

  void runOnOperation() override {
    StringRef name = mlu::getTarget(getOperation());
    device = lookupDevice({name.data(), name.size()});
    // A pass runs on many functions.
    classes = {};
    unit.clear();
    quantised.clear();
    wantsRows.clear();
    reduced.clear();
    pitches.clear();
    allocations.clear();
    bool any = false;
    getOperation().walk([&](memref::AllocOp alloc) { any |= mlu::isOnChip(alloc); });
    if (!any)
      return;
    if (!device) {
      getOperation().emitError() << "unknown device '" << name << "'; this build knows " << knownDevices();
      return signalPassFailure();
    }
    getOperation().walk([&](Operation *op) {
      if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
        if (mlu::isOnChip(alloc) && alloc.getType().getRank() > 0 && canPad(alloc))
          allocations.push_back(alloc), classes.insert(op);
      } else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
        visit(linalgOp);
      } else if (auto copy = dyn_cast<memref::CopyOp>(op)) {
        join(rowsOf(copy.getSource()), rowsOf(copy.getTarget()));
        if (int64_t pitch = pitchInMemory(copy))
          pitches[rowsOf(copy.getTarget()).getOperation()] = pitch;
      }
    });
    // The requirements of a class.
    llvm::DenseMap<void *, int64_t> classUnit;
    llvm::DenseSet<void *> classRows;
    for (memref::AllocOp alloc : allocations) {
      void *leader = classes.getLeaderValue(alloc.getOperation());
      int64_t &known = classUnit.try_emplace(leader, 1).first->second;
      known = std::lcm(known, unit.lookup(alloc.getOperation()) ? unit.lookup(alloc.getOperation()) : 1);
      if (device->vectorSizeAlignment > 1) { // integers of more than 16 bits are converted 16 bits at a time
        bool whole = isa<IntegerType>(alloc.getType().getElementType());
        int64_t bytes = whole ? std::min<int64_t>(elementBytes(alloc), 2) : elementBytes(alloc);
        known = std::lcm(known, std::max<int64_t>(1, device->vectorSizeAlignment / bytes));
      }
      if (wantsRows.contains(alloc.getOperation()))
        classRows.insert(leader);
    }
    bool isElementwise = true;
    getOperation().walk([&](linalg::LinalgOp op) { isElementwise &= op.getNumLoops() == op.getNumParallelLoops(); });
    for (memref::AllocOp alloc : allocations) {
      void *leader = classes.getLeaderValue(alloc.getOperation());
      if (isElementwise && mlu::getSpace(alloc.getType()) == mlu::Space::NRAM &&
          isEndTooLong(alloc, classUnit.lookup(leader)))
        classRows.insert(leader);
      if (reduced.contains(alloc.getOperation()) && areRowsShorter(alloc, classUnit.lookup(leader)))
        classRows.insert(leader);
    }
    SmallVector<Value> work;
    for (memref::AllocOp alloc : allocations) {
      MemRefType type = alloc.getType();
      SmallVector<int64_t> shape(type.getShape());
      if (mlu::getSpace(type) == mlu::Space::WRAM) {
        if (shape.size() < 2)
          continue;
        int64_t word = elementBytes(alloc);
        shape.front() = llvm::alignTo(shape.front(), device->convCoAlignment);
        shape.back() = llvm::alignTo(shape.back(), std::max<int64_t>(1, device->convCiBytesAlignment / word));
        if (shape != type.getShape())
          pad(alloc, shape, /*zero=*/false, /*slack=*/false);
        continue;
      }
      // A buffer that no builtin walks together with another may have any pitch.
      if (int64_t pitch = pitches.lookup(alloc.getOperation()); pitch && isAlone(alloc)) {
        shape.back() = pitch;
        pad(alloc, shape, /*zero=*/false, /*slack=*/false);
        continue;
      }
      if (mlu::getSpace(type) != mlu::Space::NRAM || device->vectorSizeAlignment <= 1)
        continue;
      if (isOnlyMoved(alloc))
        continue;
      void *leader = classes.getLeaderValue(alloc.getOperation());
      int64_t multiple = classUnit.lookup(leader);
      if (shape.size() == 1 || classRows.contains(leader)) {
        shape.back() = llvm::alignTo(shape.back(), multiple);
      } else { // only whole buffers are walked: their end matters, not their rows
        shape = mlu::padEnd(shape, multiple);
      }
      // A tile of any number of rows is quantised in whole vectors: rows behind the last to run over into.
      bool slack = false;
      if (auto it = quantised.find(alloc.getOperation()); it != quantised.end()) {
        auto [dim, lanes] = it->second;
        int64_t row = 1;
        for (int64_t size : ArrayRef<int64_t>(shape).drop_front(dim + 1))
          row *= size;
        slack = row % lanes != 0;
        if (slack)
          shape[dim] += llvm::divideCeil(lanes - std::gcd(lanes, row), row);
      }
      if (shape != type.getShape())
        pad(alloc, shape, slack || isFilledByCopies(alloc, work), slack);
      work.clear();
    }
  }
};

} // namespace
