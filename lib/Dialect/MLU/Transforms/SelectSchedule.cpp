//===- SelectSchedule.cpp - Choose tile sizes, tasks and buffers ----------===//
#include "CostModel.h"
#include "Permutation.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "llvm/Support/MathExtras.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUSELECTSCHEDULE
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

/// Sizes worth trying for a dimension that may end in a smaller tile: those that cut it into 1, 2, 3, … equal parts
/// (a size between two of them only makes the last tile smaller), thinned out where they become many.
/// `unit`: sizes are multiples of it, or the whole.
static SmallVector<int64_t> cuts(int64_t extent, int64_t unit) {
  SmallVector<int64_t> sizes;
  for (int64_t parts = 1; parts <= extent; parts = parts < 32 ? parts + 1 : parts + parts / 8) {
    int64_t size = std::min<int64_t>(extent, llvm::alignTo(llvm::divideCeil(extent, parts), unit));
    if (sizes.empty() || sizes.back() != size)
      sizes.push_back(size);
  }
  if (sizes.back() > unit)
    sizes.push_back(unit);
  return sizes;
}

/// Elements of a tile of a one-dimensional kernel: whole vectors, and GDRAM addresses at 512 bytes for float.
static constexpr int64_t kVectorUnit = 128;

/// Elements of a row that a reduction takes in turn, and the fewest it takes.
static constexpr int64_t kReductionUnit = 128, kReductionRow = 32;

static SmallVector<int64_t> divisors(int64_t extent) {
  SmallVector<int64_t> sizes;
  for (int64_t size = extent; size >= 1; --size)
    if (extent % size == 0)
      sizes.push_back(size);
  return sizes;
}

/// Sizes for the last dimension: all of it, or whole groups of 64 channels.
static SmallVector<int64_t> channelTiles(int64_t extent) {
  SmallVector<int64_t> sizes = {extent};
  for (int64_t groups = 1; groups * 64 < extent; groups *= 2)
    sizes.push_back(groups * 64);
  return sizes;
}

namespace {

class Search {
public:
  Search(const KernelRoot &kernel, const Device &device) : model(kernel, device), device(device), kind(kernel.kind) {}

  std::optional<Candidate> run() {
    size_t rank = model.rank(), streamed = rank > 1 ? rank - 1 : rank;
    ArrayRef<int64_t> loops = model.loops();
    SmallVector<int64_t> tiles(loops);
    for (ArrayRef<int64_t> reduction : reductionTiles()) {
      for (int64_t channels : rank > 1 ? channelTiles(loops[rank - 1]) : SmallVector<int64_t>{0}) {
        for (size_t first = 0; first < streamed; ++first) {
          // Dimensions before the cut one advance one by one, those behind it are whole; if only one (image columns)
          // is behind it, that may be cut in equal parts. Whole rows come first: they win a tie.
          bool mayCutColumns = first + 2 == streamed;
          for (int64_t columns : mayCutColumns ? divisors(loops[streamed - 1]) : SmallVector<int64_t>{0}) {
            for (int64_t size : cuts(loops[first], unitOf(first))) {
              tiles.assign(loops.begin(), loops.end());
              for (size_t d = 0; d < first; ++d)
                tiles[d] = 1;
              tiles[first] = size;
              if (mayCutColumns)
                tiles[streamed - 1] = columns;
              if (rank > 1)
                tiles[rank - 1] = channels;
              llvm::copy(reduction, tiles.begin() + rank);
              tryTiles(tiles);
            }
          }
        }
      }
      // A contraction is cut only if nothing fits without: a convolution as little as possible, a matrix product where
      // it is best.
      bool isWhole = reduction == model.loops().drop_front(rank);
      if (best && kind != KernelKind::Reduction && (isWhole || kind == KernelKind::Convolution))
        break;
    }
    return best;
  }

private:
  /// Tiles of streamed dimension `d` are multiples of this.
  int64_t unitOf(size_t d) const {
    if (kind == KernelKind::Reduction)
      return model.rowLoop() == d ? kReductionRow : 1;
    return model.rank() == 1 ? kVectorUnit : 1;
  }

  /// Tiles of the reduced loops, the whole first. A convolution is cut along the filter's rows, a matrix product along
  /// the depth, both in equal parts; a reduction along its outermost loop, then the next.
  SmallVector<SmallVector<int64_t>> reductionTiles() const {
    ArrayRef<int64_t> whole = model.loops().drop_front(model.rank());
    SmallVector<SmallVector<int64_t>> candidates = {SmallVector<int64_t>(whole)};
    if (kind == KernelKind::Reduction) {
      for (size_t cut = 0; cut < whole.size(); ++cut) {
        for (int64_t size : cuts(whole[cut], model.rowLoop() == model.rank() + cut ? kReductionUnit : 1)) {
          SmallVector<int64_t> sizes(whole);
          std::fill_n(sizes.begin(), cut, 1);
          sizes[cut] = size;
          if (sizes != candidates.back())
            candidates.push_back(sizes);
        }
      }
    } else if (model.hasFilter()) {
      size_t cut = kind == KernelKind::Convolution ? 0 : whole.size() - 1;
      for (int64_t size : divisors(whole[cut]))
        if (size != whole[cut] && (kind == KernelKind::Convolution || size % 64 == 0)) {
          candidates.push_back(SmallVector<int64_t>(whole));
          candidates.back()[cut] = size;
        }
    }
    return candidates;
  }

  void tryTiles(ArrayRef<int64_t> tiles) {
    // Rows of what is reduced stay vectors.
    if (kind == KernelKind::Reduction &&
        tiles[model.rowLoop()] < std::min(kReductionRow, model.loops()[model.rowLoop()]))
      return;
    size_t rank = model.rank();
    int64_t outerCount = rank > 1 ? llvm::divideCeil(model.loops()[rank - 1], tiles[rank - 1]) : 1;
    int64_t streamCount = 1;
    for (size_t d = 0; d + (rank > 1) < rank; ++d)
      streamCount *= llvm::divideCeil(model.loops()[d], tiles[d]);
    // Filters quantised by the kernel have a position for each block, so what two blocks cover differs in the last
    // bits: one task computes both then.
    bool overlap = rank > 1 && model.loops()[rank - 1] % tiles[rank - 1] != 0;
    int64_t mostOuter = overlap && model.quantisesFilter() ? 1 : std::min(outerCount, device.cores());
    for (int64_t outerTasks = 1; outerTasks <= mostOuter; outerTasks *= 2) {
      Candidate candidate{SmallVector<int64_t>(tiles), outerTasks, std::min(streamCount, device.cores() / outerTasks),
                          1};
      int64_t steps = llvm::divideCeil(streamCount, candidate.streamTasks);
      for (int64_t buffers = 1; buffers <= (steps > 1 ? 2 : 1); ++buffers) {
        candidate.buffers = buffers;
        Cost cost = model.evaluate(candidate);
        if (!model.fits(cost) || (best && cost.microseconds >= bestTime))
          continue;
        best = candidate;
        bestTime = cost.microseconds;
      }
    }
  }

  CostModel model;
  const Device &device;
  KernelKind kind;
  std::optional<Candidate> best;
  double bestTime = 0;
};

/// The movement of a kernel that permutes a tensor in memory and does nothing else.
std::optional<Permutation> onlyPermutes(KernelRoot root) {
  if (root.root != root.last || !isa<linalg::TransposeOp>(root.root) ||
      !isa<BlockArgument>(root.root.getDpsInputOperand(0)->get()))
    return std::nullopt;
  return matchPermutation(root.root);
}

struct MLUSelectSchedule : metabang::mlu::impl::MLUSelectScheduleBase<MLUSelectSchedule> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(MLUDialect::getKernelAttrName()) || kernel->hasAttr(MLUDialect::getScheduleAttrName()))
      return;
    const Device *device = lookupDevice(getTarget(kernel).str());
    if (!device) {
      kernel.emitError() << "the target \"" << getTarget(kernel) << "\" is unknown; known targets are "
                         << knownDevices();
      return signalPassFailure();
    }
    FailureOr<KernelRoot> root = findRoot(kernel);
    if (failed(root) || root->kind == KernelKind::Scalar || llvm::is_contained(root->root.getStaticLoopRanges(), 0))
      return;
    std::optional<Candidate> best;
    if (std::optional<Permutation> permutation = onlyPermutes(*root)) {
      if (std::optional<PermutationSchedule> schedule =
              schedulePermutation(*permutation, *device, nramLimitOf(kernel, *device))) {
        best = schedule->candidate;
        if (schedule->strip)
          root->root->setAttr(kStripAttrName, OpBuilder(kernel).getI64IntegerAttr(schedule->strip));
      }
    }
    if (!best)
      best = Search(*root, *device).run();
    if (!best) {
      // Correct, but slow: say so instead of failing.
      kernel.emitRemark() << "no tile of this operation fits the " << device->nramBudget() << " bytes of NRAM and "
                          << device->wramBytes << " bytes of WRAM of " << device->name
                          << "; it runs as scalar code on one core";
      return;
    }
    auto schedule = ScheduleAttr::get(&getContext(), best->tiles, {best->outerTasks, best->streamTasks}, best->buffers);
    kernel->setAttr(MLUDialect::getScheduleAttrName(), schedule);
  }
};

} // namespace
