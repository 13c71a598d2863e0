//===- SelectSchedule.cpp - Choose tile sizes, tasks and buffers ----------===//
#include "CostModel.h"
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
    for (int64_t reduction : reductionTiles()) {
      for (int64_t channels : rank > 1 ? channelTiles(loops[rank - 1]) : SmallVector<int64_t>{0}) {
        for (size_t first = 0; first < streamed; ++first) {
          // Dimensions before the cut one advance one by one, those behind it are whole; if only one (image columns)
          // is behind it, that may be cut in equal parts. Whole rows come first: they win a tie.
          bool mayCutColumns = first + 2 == streamed;
          for (int64_t columns : mayCutColumns ? divisors(loops[streamed - 1]) : SmallVector<int64_t>{0}) {
            for (int64_t size : cuts(loops[first], rank == 1 ? kVectorUnit : 1)) {
              tiles.assign(loops.begin(), loops.end());
              for (size_t d = 0; d < first; ++d)
                tiles[d] = 1;
              tiles[first] = size;
              if (mayCutColumns)
                tiles[streamed - 1] = columns;
              if (rank > 1)
                tiles[rank - 1] = channels;
              if (reduction)
                tiles[reducedLoop()] = reduction;
              tryTiles(tiles);
            }
          }
        }
      }
      if (best)
        break; // cut the reduction only if nothing fits without
    }
    return best;
  }

private:
  /// A convolution is cut along the filter's rows, a matrix product along the depth.
  size_t reducedLoop() const { return kind == KernelKind::Convolution ? model.rank() : model.loops().size() - 1; }

  SmallVector<int64_t> reductionTiles() const {
    SmallVector<int64_t> sizes = {0};
    if (!model.hasFilter())
      return sizes;
    for (int64_t size : divisors(model.loops()[reducedLoop()]))
      if (size != model.loops()[reducedLoop()] && (kind == KernelKind::Convolution || size % 64 == 0))
        sizes.push_back(size);
    return sizes;
  }

  void tryTiles(ArrayRef<int64_t> tiles) {
    size_t rank = model.rank();
    int64_t outerCount = rank > 1 ? llvm::divideCeil(model.loops()[rank - 1], tiles[rank - 1]) : 1;
    int64_t streamCount = 1;
    for (size_t d = 0; d + (rank > 1) < rank; ++d)
      streamCount *= llvm::divideCeil(model.loops()[d], tiles[d]);
    for (int64_t outerTasks = 1; outerTasks <= std::min(outerCount, device.cores()); outerTasks *= 2) {
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
    std::optional<Candidate> best = Search(*root, *device).run();
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
