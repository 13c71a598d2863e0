//===- Tile.cpp - Tile a kernel over tasks and place its tiles ------------===//
#include "Placement.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUTILE
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang::mlu;

namespace {

/// Makes arguments and results of the kernel memrefs in GDRAM. Returns the destination tensor of each result.
SmallVector<Value> useBuffers(func::FuncOp kernel, IRRewriter &rewriter) {
  Block &entry = kernel.getBody().front();
  Location loc = kernel.getLoc();
  rewriter.setInsertionPointToStart(&entry);
  SmallVector<Type> types;
  auto bufferOf = [](Type type) -> Type {
    auto tensor = cast<RankedTensorType>(type);
    return MemRefType::get(tensor.getShape(), tensor.getElementType());
  };
  for (BlockArgument argument : entry.getArguments()) {
    Type tensor = argument.getType();
    types.push_back(bufferOf(tensor));
    argument.setType(types.back());
    auto value = bufferization::ToTensorOp::create(rewriter, loc, tensor, argument, /*restrict=*/true);
    rewriter.replaceAllUsesExcept(argument, value.getResult(), value);
  }
  auto returnOp = cast<func::ReturnOp>(entry.getTerminator());
  SmallVector<Value> destinations;
  for (Value result : returnOp.getOperands()) {
    types.push_back(bufferOf(result.getType()));
    BlockArgument out = entry.addArgument(types.back(), loc);
    rewriter.setInsertionPointToStart(&entry);
    destinations.push_back(bufferization::ToTensorOp::create(rewriter, loc, result.getType(), out, /*restrict=*/true,
                                                             /*writable=*/true));
    rewriter.setInsertionPoint(returnOp);
    bufferization::MaterializeInDestinationOp::create(rewriter, loc, /*result=*/Type(), result, out,
                                                      /*restrict=*/true, /*writable=*/true);
  }
  rewriter.setInsertionPoint(returnOp);
  func::ReturnOp::create(rewriter, returnOp.getLoc());
  rewriter.eraseOp(returnOp);
  SmallVector<DictionaryAttr> attributes;
  kernel.getAllArgAttrs(attributes);
  attributes.resize(types.size(), rewriter.getDictionaryAttr({}));
  kernel.setFunctionType(rewriter.getFunctionType(types, {}));
  kernel.setAllArgAttrs(attributes);
  return destinations;
}

/// What the kernel stores, in the order of its results.
SmallVector<Value> storedBy(func::FuncOp kernel) {
  return llvm::map_to_vector(kernel.getOps<bufferization::MaterializeInDestinationOp>(),
                             [](auto store) -> Value { return store.getSource(); });
}

/// Without a schedule the operation writes its GDRAM result in place.
void writeInPlace(func::FuncOp kernel, ArrayRef<Value> destinations, IRRewriter &rewriter) {
  if (destinations.size() > 1)
    for (auto [result, destination] : llvm::zip(storedBy(kernel), destinations))
      if (auto op = result.getDefiningOp<linalg::LinalgOp>()) {
        OpOperand *init = op.getDpsInitOperand(cast<OpResult>(result).getResultNumber());
        Value begin = destination;
        if (auto fill = init->get().getDefiningOp<linalg::FillOp>()) { // a reduction goes on from what it finds there
          OpBuilder::InsertionGuard guard(rewriter);
          rewriter.setInsertionPoint(op);
          begin = linalg::FillOp::create(rewriter, fill.getLoc(), fill.getInputs(), destination).getResult(0);
        }
        rewriter.modifyOpInPlace(op, [&] { init->set(begin); });
      }
  SmallVector<tensor::EmptyOp> empties(kernel.getOps<tensor::EmptyOp>());
  for (tensor::EmptyOp empty : empties)
    for (Value destination : destinations)
      if (empty.getType() == destination.getType()) {
        rewriter.replaceOp(empty, destination);
        break;
      }
}

/// The window of a pooling is a shape; it gets an allocation that nothing reads and that disappears with the loops.
void placeShapes(func::FuncOp kernel, IRRewriter &rewriter) {
  SmallVector<tensor::EmptyOp> empties;
  kernel.walk([&](tensor::EmptyOp empty) { empties.push_back(empty); });
  for (tensor::EmptyOp empty : empties) {
    rewriter.setInsertionPoint(empty);
    FailureOr<Value> tile = allocateTile(rewriter, empty.getLoc(), "window", empty.getMixedSizes(),
                                         empty.getType().getElementType(), Space::NRAM);
    if (succeeded(tile))
      rewriter.replaceOp(empty, *tile);
  }
}

class Tiler {
public:
  Tiler(func::FuncOp kernel, const KernelRoot &root, ScheduleAttr schedule, IRRewriter &rewriter)
      : kernel(kernel), root(root), schedule(schedule), b(rewriter) {}

  LogicalResult run(ArrayRef<Value> destinations) {
    if (failed(checkSchedule()))
      return failure();
    stored = storedBy(kernel);
    for (Value other : ArrayRef(stored).drop_front())
      storedTiles[other] = Value();
    b.setInsertionPoint(root.last);
    FailureOr<SmallVector<Value>> results = buildNest(destinations);
    if (failed(results))
      return failure();
    for (auto [whole, result] : llvm::zip(stored, *results))
      b.replaceUsesWithIf(
          whole, result, [](OpOperand &use) { return isa<bufferization::MaterializeInDestinationOp>(use.getOwner()); });
    eraseDead();
    kernel.walk([](LoopLikeOpInterface loop) { moveLoopInvariantCode(loop); });
    if (stored.size() > 1) { // what several operations read is loaded once
      DominanceInfo dominance(kernel);
      eliminateCommonSubExpressions(b, dominance, kernel);
    }
    return promoteArguments();
  }

private:
  LogicalResult checkSchedule() {
    shape = cast<RankedTensorType>(root.last->getResult(0).getType()).getShape();
    loops = root.root.getStaticLoopRanges();
    if (schedule.getTiles().size() != loops.size())
      return kernel.emitOpError() << "has a schedule of " << schedule.getTiles().size() << " tile sizes for "
                                  << loops.size() << " loops";
    if (schedule.getGrid().size() != 2 || schedule.getGrid()[0] < 1 || schedule.getGrid()[1] < 1)
      return kernel.emitOpError() << "has a schedule without a grid of two positive numbers";
    for (auto [tile, extent] : llvm::zip(schedule.getTiles(), loops)) {
      if (tile < 0 || tile > extent)
        return kernel.emitOpError() << "has a schedule with tile size " << tile << " for a loop of " << extent;
      tiles.push_back(tile == 0 ? extent : tile);
    }
    // The pipelined loop loads its first tile without asking whether there is one.
    auto [blocks, steps] = tileCounts();
    ArrayRef<int64_t> grid = schedule.getGrid();
    if (grid[0] > blocks || grid[1] > steps)
      return kernel.emitOpError() << "has a schedule of " << grid[0] << " x " << grid[1] << " tasks for " << blocks
                                  << " x " << steps << " tiles; a task without a tile would read past the end";
    return success();
  }

  /// Tiles of the last dimension, and of the others together.
  std::pair<int64_t, int64_t> tileCounts() const {
    int64_t rank = shape.size(), streamed = rank > 1 ? rank - 1 : rank, steps = 1;
    for (int64_t d = 0; d < streamed; ++d)
      steps *= llvm::divideCeil(shape[d], tiles[d]);
    return {rank > 1 ? llvm::divideCeil(shape.back(), tiles[rank - 1]) : 1, steps};
  }

  Value index(int64_t value) { return arith::ConstantIndexOp::create(b, kernel.getLoc(), value); }

  /// for o in the tiles of the last dimension { for t in the tiles of the others { … } }, each dealt out to the tasks
  /// of its axis of the grid in turn.
  FailureOr<SmallVector<Value>> buildNest(ArrayRef<Value> destinations) {
    Location loc = root.last.getLoc();
    int64_t rank = shape.size();
    auto [outerCount, streamCount] = tileCounts();
    int64_t outerTasks = schedule.getGrid()[0], streamTasks = schedule.getGrid()[1];

    Value task = TaskIdOp::create(b, loc);
    Value outerTask = task, streamTask = task;
    if (outerTasks > 1 && streamTasks > 1) {
      outerTask = arith::DivUIOp::create(b, loc, task, index(streamTasks));
      streamTask = arith::RemUIOp::create(b, loc, task, index(streamTasks));
    }
    auto makeLoop = [&](StringRef name, Value first, int64_t tasks, int64_t count, ValueRange init) -> scf::ForOp {
      if (count == 1 && tasks == 1)
        return nullptr;
      Value lower = tasks == 1 ? index(0) : first;
      auto loop =
          scf::ForOp::create(b, NameLoc::get(b.getStringAttr(name), loc), lower, index(count), index(tasks), init);
      b.setInsertionPointToStart(loop.getBody());
      return loop;
    };
    SmallVector<Value> results(destinations);
    scf::ForOp outer = makeLoop("block", outerTask, outerTasks, outerCount, results);
    if (outer)
      llvm::copy(outer.getRegionIterArgs(), results.begin());
    scf::ForOp stream = makeLoop("tile", streamTask, streamTasks, streamCount, results);
    if (stream)
      llvm::copy(stream.getRegionIterArgs(), results.begin());

    SmallVector<OpFoldResult> offsets, sizes;
    computeTile(outer ? outer.getInductionVar() : Value(), stream ? stream.getInductionVar() : Value(), offsets, sizes);
    FailureOr<Value> tile = tileLast(offsets, sizes);
    if (failed(tile))
      return failure();
    SmallVector<OpFoldResult> ones(rank, b.getIndexAttr(1));
    for (auto [whole, result] : llvm::zip(stored, results))
      result =
          tensor::InsertSliceOp::create(b, loc, storedTiles.contains(whole) ? storedTiles[whole] : *tile, result,
                                        ArrayRef(offsets).take_front(rank), ArrayRef(sizes).take_front(rank), ones);
    for (scf::ForOp loop : {stream, outer})
      if (loop) {
        scf::YieldOp::create(b, loc, results);
        b.setInsertionPointAfter(loop);
        llvm::copy(loop.getResults(), results.begin());
      }
    return results;
  }

  /// Whether the final tile of dimension `d` moves back instead of being smaller: that of the last dimension, of a
  /// transpose, and of one that a reduction reads in the middle of its rows, where a smaller tile would not be the
  /// front of its buffer.
  bool movesBack(int64_t d) {
    if (d > 0 && d + 1 == int64_t(shape.size()))
      return true;
    if (isa<linalg::TransposeOp>(root.root)) // the builtin turns tiles of a constant size
      return true;
    if (root.kind != KernelKind::Reduction)
      return false;
    AffineMap read = root.root.getMatchingIndexingMap(root.root.getDpsInputOperand(0));
    for (AffineExpr expr : read.getResults()) {
      unsigned loop = cast<AffineDimExpr>(expr).getPosition();
      if (loop == d || tiles[loop] > 1)
        return loop != d;
    }
    return false;
  }

  /// Where the tile (o, t) lies. The first dimension that is cut may end in a smaller tile (it stays the front of its
  /// buffer); others move their final tile back so that every tile has the same size, and the elements covered twice
  /// are computed alike.
  void computeTile(Value o, Value t, SmallVector<OpFoldResult> &offsets, SmallVector<OpFoldResult> &sizes) {
    Location loc = root.last.getLoc();
    int64_t rank = shape.size(), streamed = rank > 1 ? rank - 1 : rank;
    AffineExpr d0 = b.getAffineDimExpr(0);
    SmallVector<OpFoldResult> indices(streamed, b.getIndexAttr(0));
    int64_t inner = 1;
    for (int64_t d = streamed - 1; d >= 0; --d) {
      int64_t count = llvm::divideCeil(shape[d], tiles[d]);
      if (count > 1) {
        Value i = t;
        if (inner > 1)
          i = arith::DivUIOp::create(b, loc, i, index(inner));
        bool outermost = llvm::all_of(llvm::seq<int64_t>(0, d),
                                      [&](int64_t k) { return llvm::divideCeil(shape[k], tiles[k]) == 1; });
        if (!outermost)
          i = arith::RemUIOp::create(b, loc, i, index(count));
        indices[d] = i;
      }
      inner *= count;
    }
    for (int64_t d = 0; d < rank; ++d) {
      int64_t tile = tiles[d], extent = shape[d], count = llvm::divideCeil(extent, tile);
      OpFoldResult whole = b.getIndexAttr(tile), index = d == streamed ? OpFoldResult(o) : indices[d];
      if (movesBack(d)) {
        OpFoldResult offset = b.getIndexAttr(0);
        if (count > 1)
          offset = extent % tile == 0
                       ? affine::makeComposedFoldedAffineApply(b, loc, d0 * tile, {index})
                       : affine::makeComposedFoldedAffineMin(
                             b, loc,
                             AffineMap::get(1, 0, {d0 * tile, b.getAffineConstantExpr(extent - tile)}, b.getContext()),
                             {index});
        offsets.push_back(offset);
        sizes.push_back(whole);
        continue;
      }
      OpFoldResult offset = affine::makeComposedFoldedAffineApply(b, loc, d0 * tile, {index});
      offsets.push_back(offset);
      sizes.push_back(extent % tile == 0
                          ? whole
                          : affine::makeComposedFoldedAffineMin(
                                b, loc,
                                AffineMap::get(1, 0, {b.getAffineConstantExpr(tile), extent - d0}, b.getContext()),
                                {offset}));
    }
    for (size_t d = rank; d < loops.size(); ++d) {
      offsets.push_back(b.getIndexAttr(0));
      sizes.push_back(b.getIndexAttr(loops[d]));
    }
  }

  FailureOr<Value> tileLast(ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes) {
    auto tiling = cast<TilingInterface>(root.last.getOperation());
    size_t count = root.last.getNumLoops();
    FailureOr<TilingResult> tiled =
        tiling.getTiledImplementation(b, offsets.take_front(count), sizes.take_front(count));
    if (failed(tiled))
      return root.last->emitOpError() << "has no tiles";
    auto op = cast<linalg::LinalgOp>(tiled->tiledOps.front());
    FailureOr<Value> result = op->getResult(0);
    if (root.last == root.root)
      result = completeRoot(op);
    else if (failed(fuseOperands(op, op->getOpOperands())) || failed(place(op)))
      return failure();
    if (succeeded(result))
      b.setInsertionPointAfterValue(*result);
    return result;
  }

  /// Producers, place and cut reduction of the heavy operation's tile. What a reduction reads is computed for each cut
  /// by itself, so that no more than a cut of it lies on the chip; the image of a convolution is loaded once.
  FailureOr<Value> completeRoot(linalg::LinalgOp op) {
    if (root.kind != KernelKind::Reduction) {
      if (failed(fuseOperands(op, op->getOpOperands())) || failed(place(op)))
        return failure();
      return tileReduction(op);
    }
    if (failed(fuseOperands(op, op.getDpsInitsMutable())) || failed(place(op)))
      return failure();
    FailureOr<Value> result = tileReduction(op);
    if (failed(result) || failed(fuseOperands(op, op->getOpOperands().take_front(op.getNumDpsInputs()))))
      return failure();
    return result;
  }

  /// Pulls the producers of the kernel's body into the tile: `op`'s operands become tiles of them.
  LogicalResult fuseOperands(linalg::LinalgOp op, MutableArrayRef<OpOperand> operands) {
    for (OpOperand &operand : operands) {
      auto slice = operand.get().getDefiningOp<tensor::ExtractSliceOp>();
      Value source = slice ? slice.getSource() : operand.get();
      auto whole = source.getDefiningOp<tensor::ExtractSliceOp>(); // a cut of a tile
      if (whole)
        source = whole.getSource();
      Operation *def = source.getDefiningOp();
      if (!def)
        continue;
      auto type = dyn_cast<RankedTensorType>(source.getType());
      if (!type)
        continue;
      b.setInsertionPoint(op);
      SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)), sizes;
      if (slice) {
        offsets = slice.getMixedOffsets();
        sizes = slice.getMixedSizes();
        b.setInsertionPoint(slice);
        if (whole)
          for (auto [offset, start] : llvm::zip(offsets, whole.getMixedOffsets()))
            offset = affine::makeComposedFoldedAffineApply(
                b, op.getLoc(), b.getAffineDimExpr(0) + b.getAffineDimExpr(1), {offset, start});
      } else {
        for (int64_t size : type.getShape())
          sizes.push_back(b.getIndexAttr(size));
      }
      if (auto pad = dyn_cast<tensor::PadOp>(def)) {
        FailureOr<Value> tile = promotePaddedTile(b, nameOf(operand), pad, offsets, sizes);
        if (failed(tile))
          return pad.emitOpError() << "has no constant padding value or no bounded tile";
        operand.set(*tile);
        continue;
      }
      if (!isa<linalg::LinalgOp>(def))
        continue;
      auto other = storedTiles.find(source);
      if (other != storedTiles.end() && other->second) { // another operation has asked for it
        operand.set(other->second);
        continue;
      }
      FailureOr<TilingResult> tile = cast<TilingInterface>(def).generateResultTileValue(
          b, cast<OpResult>(source).getResultNumber(), offsets, sizes);
      if (failed(tile))
        return def->emitOpError() << "cannot be computed tile by tile";
      operand.set(tile->tiledValues.front());
      auto producer = cast<linalg::LinalgOp>(tile->tiledOps.front());
      if (def == root.root ? failed(completeRoot(producer))
                           : failed(fuseOperands(producer, producer->getOpOperands())) || failed(place(producer)))
        return failure();
      if (other != storedTiles.end())
        storedTiles[source] = operand.get();
    }
    return success();
  }

  /// Cuts the reduction loops of the heavy operation's tile; the accumulator tile is carried along. Returns the result;
  /// `op` becomes what is computed for each cut.
  FailureOr<Value> tileReduction(linalg::LinalgOp &op) {
    SmallVector<OpFoldResult> sizes(op.getNumLoops(), b.getIndexAttr(0));
    bool any = false;
    for (size_t d = shape.size(); d < loops.size(); ++d)
      if (tiles[d] < loops[d]) {
        sizes[d] = b.getIndexAttr(tiles[d]);
        any = true;
      }
    if (!any)
      return op->getResult(0);
    b.setInsertionPoint(op);
    FailureOr<scf::SCFTilingResult> tiled =
        scf::tileUsingSCF(b, cast<TilingInterface>(op.getOperation()), scf::SCFTilingOptions().setTileSizes(sizes));
    if (failed(tiled))
      return op->emitOpError() << "cannot be cut along its reduction";
    b.replaceOp(op, tiled->replacements);
    op = cast<linalg::LinalgOp>(tiled->tiledOps.front());
    return tiled->replacements.front();
  }

  /// A word for the tile of an operand in the text of the kernel.
  StringRef nameOf(OpOperand &operand) {
    auto op = cast<linalg::LinalgOp>(operand.getOwner());
    if (op.isDpsInit(&operand))
      return "acc";
    KernelKind kind = classify(op);
    if (OpOperand *filter = getFilterOperand(op, kind); filter && filter->get() == operand.get())
      return "filter";
    if (isHeavy(kind))
      return operand.getOperandNumber() == 0 ? "x" : "w";
    return op.getMatchingIndexingMap(&operand).getNumResults() < op.getNumLoops() ? "v" : "x";
  }

  /// Gives the result of a tiled operation an NRAM tile: the tile of the operand it overwrites where that is the heavy
  /// operation's, else one of its own.
  LogicalResult place(linalg::LinalgOp op) {
    OpOperand *init = op.getDpsInitOperand(0);
    Value value = init->get();
    while (auto slice = value.getDefiningOp<tensor::ExtractSliceOp>())
      value = slice.getSource();
    if (!value.getDefiningOp<tensor::EmptyOp>())
      return success();
    if (classify(op) == KernelKind::Elementwise)
      for (OpOperand *operand : op.getDpsInputOperands())
        if (operand->get().getDefiningOp<linalg::LinalgOp>() && operand->get().getType() == init->get().getType() &&
            op.getMatchingIndexingMap(operand).isIdentity() &&
            !llvm::is_contained(llvm::make_second_range(storedTiles), operand->get())) {
          init->set(operand->get());
          return success();
        }
    b.setInsertionPoint(op);
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, op.getLoc(), init->get());
    if (auto slice = init->get().getDefiningOp<tensor::ExtractSliceOp>())
      sizes = slice.getMixedSizes();
    auto type = cast<RankedTensorType>(init->get().getType());
    FailureOr<Value> tile =
        allocateTile(b, op.getLoc(), isa<linalg::FillOp>(op) ? "acc" : "y", sizes, type.getElementType(), Space::NRAM);
    if (failed(tile))
      return op->emitOpError() << "has a tile without a bound on its size";
    init->set(*tile);
    return success();
  }

  void eraseDead() {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(kernel.getBody().front())))
      if (op.use_empty() && isa<linalg::LinalgOp, tensor::PadOp, tensor::EmptyOp, tensor::ExtractSliceOp>(op))
        b.eraseOp(&op);
    kernel->walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
      if (isOpTriviallyDead(op))
        b.eraseOp(op);
    });
  }

  /// Everything a tiled operation still reads from GDRAM is copied on chip, at the outermost loop where it is known.
  LogicalResult promoteArguments() {
    SetVector<Value> sources;
    DenseMap<Value, Space> spaces;
    DenseMap<Value, StringRef> names;
    kernel.walk([&](linalg::LinalgOp op) {
      OpOperand *filter = getFilterOperand(op, classify(op));
      for (OpOperand *operand : op.getDpsInputOperands()) {
        if (!isa<RankedTensorType>(operand->get().getType()) || !isInGdram(operand->get()) ||
            op->hasAttr(kStripAttrName))
          continue;
        if (sources.insert(operand->get())) {
          spaces[operand->get()] = operand == filter && !packsFilter(op) ? Space::WRAM : Space::NRAM;
          names[operand->get()] = nameOf(*operand);
        }
      }
    });
    for (Value source : sources) {
      b.setInsertionPointAfterValue(source);
      SmallPtrSet<Operation *, 4> users;
      for (Operation *user : source.getUsers())
        if (isa<linalg::LinalgOp>(user))
          users.insert(user);
      FailureOr<Value> tile = promoteTile(b, source.getLoc(), names[source], source, spaces[source]);
      if (failed(tile))
        return kernel.emitOpError() << "reads a tile without a bound on its size";
      source.replaceUsesWithIf(*tile, [&](OpOperand &use) { return users.contains(use.getOwner()); });
    }
    return success();
  }

  static bool isInGdram(Value value) {
    while (auto slice = value.getDefiningOp<tensor::ExtractSliceOp>())
      value = slice.getSource();
    return value.getDefiningOp<bufferization::ToTensorOp>() != nullptr;
  }

  func::FuncOp kernel;
  KernelRoot root;
  ScheduleAttr schedule;
  IRRewriter &b;
  ArrayRef<int64_t> shape;
  SmallVector<int64_t> loops, tiles;
  SmallVector<Value> stored;          ///< results of the kernel, that of `last` first
  DenseMap<Value, Value> storedTiles; ///< of each other result its tile, once there is one
};

struct MLUTile : metabang::mlu::impl::MLUTileBase<MLUTile> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(MLUDialect::getKernelAttrName()) || kernel.getNumResults() == 0)
      return;
    IRRewriter rewriter(&getContext());
    FailureOr<KernelRoot> root = findRoot(kernel);
    auto schedule = kernel->getAttrOfType<ScheduleAttr>(MLUDialect::getScheduleAttrName());
    SmallVector<Value> destinations = useBuffers(kernel, rewriter);
    int64_t tasks = 1;
    if (failed(root) || root->kind == KernelKind::Scalar || !schedule) {
      writeInPlace(kernel, destinations, rewriter);
    } else {
      if (failed(Tiler(kernel, *root, schedule, rewriter).run(destinations)))
        return signalPassFailure();
      tasks = schedule.getGrid()[0] * schedule.getGrid()[1];
    }
    placeShapes(kernel, rewriter);
    kernel->setAttr("mlu.dim", rewriter.getDenseI64ArrayAttr({tasks, 1, 1}));
  }
};

} // namespace
