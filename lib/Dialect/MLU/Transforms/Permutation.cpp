//===- Permutation.cpp - Transposes: their tiles, and one as two ----------===//
//
// A tile that is turned on the chip has short segments on at least one side, and a segment costs the memory controller
// as much as kilobytes. So any dimension may be cut anywhere, and what counts is bytes and segments of both sides.
//
//===----------------------------------------------------------------------===//
#include "Permutation.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

SmallVector<int64_t> Permutation::sourceShape() const {
  SmallVector<int64_t> source(rank());
  for (auto [d, size] : llvm::enumerate(shape))
    source[perm[d]] = size;
  return source;
}

Permutation Permutation::collapsed() const {
  // Dimensions of size 1 go first: what they separate may be neighbours.
  SmallVector<int64_t> sizes, from;
  for (auto [d, size] : llvm::enumerate(shape))
    if (size != 1)
      sizes.push_back(size), from.push_back(perm[d]);
  SmallVector<int64_t> order(from); // ranks among the source's dimensions that are left
  llvm::sort(order);
  Permutation result{{}, {}, elementBytes};
  SmallVector<int64_t> firsts; // position in the source of each group's first dimension
  int64_t last = -2;
  for (auto [size, dim] : llvm::zip(sizes, from)) {
    int64_t position = llvm::lower_bound(order, dim) - order.begin();
    if (position == last + 1) {
      result.shape.back() *= size;
    } else {
      result.shape.push_back(size);
      firsts.push_back(position);
    }
    last = position;
  }
  SmallVector<int64_t> sorted(firsts);
  llvm::sort(sorted);
  for (int64_t first : firsts)
    result.perm.push_back(llvm::lower_bound(sorted, first) - sorted.begin());
  return result;
}

std::optional<Permutation> metabang::mlu::matchPermutation(linalg::LinalgOp op) {
  if (!isa<linalg::TransposeOp, linalg::GenericOp>(op) || classify(op) != KernelKind::Elementwise ||
      op.getNumDpsInputs() != 1 || !llvm::hasSingleElement(*op.getBlock()) ||
      op.getBlock()->getTerminator()->getOperand(0) != op.getBlock()->getArgument(0))
    return std::nullopt;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  AffineMap read = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  if (!type || !type.getElementType().isIntOrFloat() || !read.isPermutation())
    return std::nullopt;
  Permutation result{SmallVector<int64_t>(type.getShape()), SmallVector<int64_t>(type.getRank()),
                     std::max<int64_t>(1, type.getElementTypeBitWidth() / 8)};
  for (auto [dim, expr] : llvm::enumerate(read.getResults()))
    result.perm[cast<AffineDimExpr>(expr).getPosition()] = dim;
  return result;
}

/// Elements of the inner part of a dimension that is cut for two passes, at least.
static constexpr int64_t kShortestPart = 4;

namespace {

/// What a tile takes.
struct TileCost {
  int64_t nramBytes = 0, temporaryBytes = 0;
  double startup = 0, core = 0, shared = 0; ///< of load and store, on the core's own pipe and of the memory of all (us)
  double compute = 0;
};

/// The loads of a tile, where they are cut into strips of which the next arrives while one is turned.
struct Strips {
  int64_t rows = 0, count = 1;
  TileCost load; ///< of one
};

class PermutationSearch {
public:
  PermutationSearch(const Permutation &p, const Device &device, int64_t nramLimit)
      : p(p), device(device), nramLimit(nramLimit),
        unit(std::max<int64_t>(1, device.gdramGranuleBytes / p.elementBytes)) {
    inverse.resize(p.rank());
    for (auto [d, s] : llvm::enumerate(p.perm))
      inverse[s] = d;
  }

  std::optional<PermutationSchedule> run() {
    SmallVector<SmallVector<int64_t>> cuts;
    for (int64_t extent : p.shape)
      cuts.push_back(sizesOf(extent));
    SmallVector<int64_t> tile(p.rank());
    enumerate(cuts, tile, 0, p.elementBytes);
    return best;
  }

private:
  /// 1, 2, 3, … equal parts, of whole granules where they are longer than one, thinned out where they become many.
  SmallVector<int64_t> sizesOf(int64_t extent) const {
    if (extent == 0)
      return {};
    SmallVector<int64_t> sizes;
    for (int64_t parts = 1; parts <= extent; parts += std::max<int64_t>(1, parts / (p.rank() > 3 ? 2 : 4))) {
      int64_t size = llvm::divideCeil(extent, parts);
      if (size > unit)
        size = std::min<int64_t>(extent, llvm::alignTo(size, unit));
      if (sizes.empty() || sizes.back() != size)
        sizes.push_back(size);
    }
    if (sizes.back() != 1)
      sizes.push_back(1);
    return sizes;
  }

  void enumerate(ArrayRef<SmallVector<int64_t>> cuts, SmallVector<int64_t> &tile, size_t d, int64_t bytes) {
    if (d == p.rank())
      return tryTile(tile);
    for (int64_t size : cuts[d]) {
      if (bytes * size > nramLimit)
        continue;
      tile[d] = size;
      enumerate(cuts, tile, d + 1, bytes * size);
    }
  }

  /// The copy of a side whose dimensions, outermost first, have these extents and tiles.
  void addSide(TileCost &cost, ArrayRef<int64_t> extents, ArrayRef<int64_t> tile, bool isStore) const {
    int64_t run = p.elementBytes, granule = device.gdramGranuleBytes, calls = 1;
    SmallVector<int64_t> levels; // of segments, innermost first
    bool dense = true, isWhole = false;
    for (size_t d = extents.size(); d-- > 0;) {
      if (dense)
        run *= tile[d];
      else if (isWhole && !levels.empty())
        levels.back() *= tile[d];
      else if (tile[d] > 1)
        levels.push_back(tile[d]);
      isWhole = tile[d] == extents[d];
      dense &= isWhole;
    }
    // The longest levels are the builtin's.
    llvm::sort(levels, std::greater<>());
    int64_t count = 1;
    for (auto [k, level] : llvm::enumerate(levels)) {
      count *= level;
      if (k >= (device.hasCopy3d ? 2 : 1))
        calls *= level;
    }
    bool aligned = run % granule == 0 && extents.back() * p.elementBytes % granule == 0;
    // A granule that a store covers in part is read, changed and written.
    double moved = double(count) * double(run + (aligned ? 0 : isStore ? 3 * granule : granule));
    double gaps = double(count - 1) * 1e-3;
    cost.shared += moved / (device.dramGbPerS * device.dramEfficiency * 1e3) + gaps * device.dmaSegmentSharedNs;
    cost.core += moved / double(device.coreIoBytesPerCycle * device.clockMhz) + gaps * device.dmaSegmentNs;
    cost.startup += double(calls) * device.dmaStartupNs * 1e-3;
  }

  double cycles(double count) const { return count / double(device.clockMhz); }
  double move(int64_t bytes, int64_t calls) const {
    return cycles(double(bytes) / device.coreMoveBytesPerCycle + double(calls * device.vectorStartupCycles));
  }

  /// The builtins that permute a tile in NRAM (LinalgToBang/Transpose.cpp).
  void addTurn(TileCost &cost, ArrayRef<int64_t> tile, int64_t bytes) const {
    Permutation inner = Permutation{SmallVector<int64_t>(tile), p.perm, p.elementBytes}.collapsed();
    size_t rank = inner.rank();
    int64_t elements = bytes / p.elementBytes, longest = 1;
    for (int64_t size : inner.shape)
      longest = std::max(longest, size);
    bool turns = rank > 1 && inner.perm.back() + 1 != int64_t(rank) && p.elementBytes <= 4;
    if (!turns) {
      int64_t rows =
          rank == 0 ? 1 : elements / (rank > 1 && inner.perm.back() + 1 == int64_t(rank) ? inner.shape.back() : 1);
      cost.compute = move(bytes, rank < 2 ? 1 : std::max<int64_t>(1, rows / longest));
      return;
    }
    size_t column = llvm::find(inner.perm, int64_t(rank) - 1) - inner.perm.begin();
    int64_t pad = device.vectorSizeAlignment > 1 ? 64 / p.elementBytes : 1;
    int64_t rows = inner.shape.back(), columns = inner.shape[column];
    int64_t padRows = llvm::alignTo(rows, pad), padColumns = llvm::alignTo(columns, pad);
    int64_t piece = padRows * padColumns * p.elementBytes, times = elements / (rows * columns);
    bool srcDense = inner.perm.back() + 2 == int64_t(rank) && padColumns == columns && padRows == rows;
    bool dstDense = column + 2 == rank && padRows == rows && padColumns == columns;
    double once = cycles(double(piece) / device.vectorBytesPerCycle + double(device.vectorStartupCycles));
    double turn = once;
    if (!srcDense) {
      turn += move(rows * columns * p.elementBytes, 1) + (padRows * padColumns != rows * columns ? once : 0);
      cost.temporaryBytes += piece;
    }
    if (!dstDense) {
      turn += move(rows * columns * p.elementBytes, 1);
      cost.temporaryBytes += piece;
    }
    cost.compute = double(times) * turn;
  }

  TileCost costOf(ArrayRef<int64_t> tile) const {
    TileCost cost;
    int64_t bytes = ShapedType::getNumElements(tile) * p.elementBytes;
    SmallVector<int64_t> extents = p.sourceShape(), source(p.rank());
    for (size_t s = 0; s < p.rank(); ++s)
      source[s] = tile[inverse[s]];
    addSide(cost, extents, source, /*isStore=*/false);
    addSide(cost, p.shape, tile, /*isStore=*/true);
    addTurn(cost, tile, bytes);
    cost.nramBytes = llvm::alignTo(bytes, 128) + 128;
    return cost;
  }

  /// A tile that is held as the result alone: strips of it are loaded, turned and put in place one after the other, so
  /// that both sides of a tile twice as large are long.
  std::optional<TileCost> stripsOf(ArrayRef<int64_t> tile, Strips &strips) const {
    Permutation inner = Permutation{SmallVector<int64_t>(tile), p.perm, p.elementBytes}.collapsed();
    bool isRagged = llvm::any_of(llvm::zip(p.shape, tile), [](auto of) { return std::get<0>(of) % std::get<1>(of); });
    bool isMatrix = !isRagged && llvm::count_if(tile, [](int64_t size) { return size > 1; }) == 2 && inner.rank() == 2;
    if (p.elementBytes > 4 || !isMatrix || inner.shape[1] != tile.back() || tile.back() % strips.rows != 0 ||
        inner.shape[0] * p.elementBytes % 64 != 0)
      return std::nullopt;
    SmallVector<int64_t> part(tile), extents = p.sourceShape(), source(p.rank());
    part.back() = strips.rows;
    strips.count = tile.back() / strips.rows;
    for (size_t s = 0; s < p.rank(); ++s)
      source[s] = part[inverse[s]];
    TileCost cost, &load = strips.load;
    addSide(load, extents, source, /*isStore=*/false);
    double count = double(strips.count);
    cost.startup = count * load.startup, cost.core = count * load.core, cost.shared = count * load.shared;
    addSide(cost, p.shape, tile, /*isStore=*/true);
    int64_t bytes = inner.shape[0] * strips.rows * p.elementBytes;
    double turn = cycles(double(bytes) / device.vectorBytesPerCycle + double(device.vectorStartupCycles));
    cost.compute = count * (turn + move(bytes, 1));
    cost.temporaryBytes = 3 * bytes;
    cost.nramBytes = (ShapedType::getNumElements(tile) * p.elementBytes + 128) / 2; // what has only one side
    return cost;
  }

  void tryTile(ArrayRef<int64_t> tile) {
    tryCost(tile, costOf(tile), {});
    Strips strips;
    strips.rows = std::max<int64_t>(1, kStripBytes / p.elementBytes);
    if (tile.back() > strips.rows)
      if (std::optional<TileCost> cost = stripsOf(tile, strips))
        tryCost(tile, *cost, strips);
  }

  void tryCost(ArrayRef<int64_t> tile, const TileCost &cost, const Strips &strips) {
    int64_t outer = llvm::divideCeil(p.shape.back(), tile.back()), stream = 1;
    for (size_t d = 0; d + 1 < p.rank(); ++d)
      stream *= llvm::divideCeil(p.shape[d], tile[d]);
    double sync = cycles(double(device.syncCycles)), all = double(outer * stream) * cost.shared;
    for (int64_t outerTasks = 1; outerTasks <= std::min(outer, device.cores()); outerTasks *= 2) {
      int64_t streamTasks = std::min(stream, device.cores() / outerTasks);
      int64_t perBlock = llvm::divideCeil(stream, streamTasks), blocks = llvm::divideCeil(outer, outerTasks);
      // Cores that do the same stay in step: all of them load, compute and store at the same time.
      int64_t steps = perBlock * blocks, tasks = outerTasks * streamTasks;
      double copies = cost.startup + std::max(cost.core, cost.shared * double(tasks));
      // The last step has the memory for fewer tiles.
      double last = cost.startup + std::max(cost.core, all - cost.shared * double(tasks * (steps - 1)));
      for (int64_t buffers = 1; buffers <= (perBlock > 1 && strips.count == 1 ? 2 : 1); ++buffers) {
        if (2 * buffers * cost.nramBytes + cost.temporaryBytes + kOther > nramLimit)
          continue;
        double load = strips.load.startup + std::max(strips.load.core, strips.load.shared * double(tasks));
        double hidden = double(strips.count - 1) * std::min(load, cost.compute / double(strips.count));
        double compute = cost.compute - hidden;
        double time = double(steps - 1) * (copies + compute) + last + compute;
        if (buffers > 1)
          time = double(blocks) * (copies + cost.compute + double(perBlock - 1) * std::max(copies, cost.compute));
        time += double(steps * strips.count) * sync;
        if (!best || time < best->microseconds)
          best = PermutationSchedule{
              {SmallVector<int64_t>(tile), outerTasks, streamTasks, buffers}, time, strips.count > 1 ? strips.rows : 0};
      }
    }
  }

  /// Of each row of the result a strip puts so many bytes in place.
  static constexpr int64_t kStripBytes = 128;
  /// Bytes of NRAM for what is neither tile nor temporary.
  static constexpr int64_t kOther = 4096;

  const Permutation &p;
  const Device &device;
  int64_t nramLimit;
  int64_t unit; // elements of a granule
  SmallVector<int64_t> inverse;
  std::optional<PermutationSchedule> best;
};

} // namespace

std::optional<PermutationSchedule> metabang::mlu::schedulePermutation(const Permutation &permutation,
                                                                      const Device &device, int64_t nramLimit) {
  return PermutationSearch(permutation, device, nramLimit).run();
}

/// The movement from tensors with dimensions in the order `from` to those in the order `to`; labels name dimensions.
static Permutation between(ArrayRef<unsigned> from, ArrayRef<unsigned> to, ArrayRef<int64_t> sizes, int64_t bytes) {
  Permutation result{{}, {}, bytes};
  for (unsigned label : to) {
    result.shape.push_back(sizes[label]);
    result.perm.push_back(llvm::find(from, label) - from.begin());
  }
  return result;
}

std::optional<TwoPasses> metabang::mlu::splitPermutation(const Permutation &p, const Device &device) {
  std::optional<PermutationSchedule> one = schedulePermutation(p, device, device.nramBudget());
  double bytes = 2.0 * double(ShapedType::getNumElements(p.shape) * p.elementBytes);
  double least = bytes / (device.dramGbPerS * device.dramEfficiency * 1e3);
  std::optional<TwoPasses> best;
  double bestTime = one ? one->microseconds - device.launchUs : 0; // a pass is a launch
  if (p.rank() < 2 || p.rank() > 3 || bestTime <= 2 * least)
    return std::nullopt;
  // Dimensions are called by their place in the source; the outer part of the one that is cut is called `rank`. What
  // is last on both sides is one long element.
  unsigned rank = p.rank();
  bool hasTail = p.perm.back() + 1 == int64_t(rank);
  SmallVector<unsigned> source = llvm::to_vector(llvm::seq<unsigned>(0, rank)), result;
  for (int64_t dim : p.perm)
    result.push_back(dim);
  auto cut = [](ArrayRef<unsigned> order, unsigned dim, unsigned outer) {
    SmallVector<unsigned> parts;
    for (unsigned each : order) {
      if (each == dim)
        parts.push_back(outer);
      parts.push_back(each);
    }
    return parts;
  };
  // The outer parts come first in between, the inner ones last. Rows of the result are cut: panels of the source are
  // turned, then laid side by side. Or rows of the source: panels of it are laid apart, then turned.
  for (ArrayRef<unsigned> order : {ArrayRef<unsigned>(result), ArrayRef<unsigned>(source)}) {
    unsigned dim = order[rank - 1 - hasTail];
    SmallVector<unsigned> middle = {rank};
    for (unsigned each : order)
      if (each != dim && !(hasTail && each == rank - 1))
        middle.push_back(each);
    middle.push_back(dim);
    if (hasTail)
      middle.push_back(rank - 1);
    SmallVector<int64_t> sizes = p.sourceShape();
    int64_t extent = sizes[dim];
    for (int64_t inner = kShortestPart; inner * 2 <= extent; ++inner) {
      if (extent % inner != 0)
        continue;
      sizes.resize(rank);
      sizes[dim] = inner;
      sizes.push_back(extent / inner);
      SmallVector<unsigned> from = cut(source, dim, rank), to = cut(result, dim, rank);
      TwoPasses passes{between(from, middle, sizes, p.elementBytes), between(middle, to, sizes, p.elementBytes)};
      std::optional<PermutationSchedule> first =
          schedulePermutation(passes.first.collapsed(), device, device.nramBudget());
      if (!first || first->microseconds + least >= bestTime)
        continue;
      std::optional<PermutationSchedule> second =
          schedulePermutation(passes.second.collapsed(), device, device.nramBudget());
      if (!second || first->microseconds + second->microseconds >= bestTime)
        continue;
      bestTime = first->microseconds + second->microseconds;
      best = passes;
      best->microseconds = bestTime;
    }
  }
  return best;
}
