//===- Resampling.cpp - Products with banded matrices that repeat ---------===//
#include "metabang/Dialect/MLU/Transforms/Resampling.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

/// Outputs and inputs of a period, edges and taps, at most: the kernel has some builtins for each.
static constexpr int64_t kMostPhases = 8;
static constexpr size_t kMostEdges = 16;
static constexpr int64_t kMostTaps = 48;
/// Weights that differ by less (as rounded positions make them) are one.
static constexpr double kSameWeight = 1e-6;
/// Segments of a strided copy in one builtin.
static constexpr int64_t kMostSegments = 65536;
/// Of NRAM, left for what is small.
static constexpr int64_t kSpareBytes = 16 * 1024;

using Row = SmallVector<Taps::Tap>;

/// What is not zero of each row, by column.
static SmallVector<Row> rowsOf(SparseElementsAttr matrix) {
  ArrayRef<int64_t> shape = cast<ShapedType>(matrix.getType()).getShape();
  SmallVector<Row> rows(shape[0]);
  SmallVector<int64_t> indices;
  for (APInt index : matrix.getIndices().getValues<APInt>())
    indices.push_back(index.getSExtValue());
  size_t entry = 0;
  for (APFloat weight : matrix.getValues().getValues<APFloat>()) {
    int64_t row = indices[2 * entry], col = indices[2 * entry + 1];
    bool lost = false;
    weight.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &lost);
    rows[row].push_back({col, weight.convertToDouble()});
    ++entry;
  }
  for (Row &row : rows)
    llvm::sort(row, [](const Taps::Tap &a, const Taps::Tap &b) { return a.at < b.at; });
  return rows;
}

/// Whether `row` is `phase`, moved by `shift`.
static bool isMoved(const Row &row, const Row &phase, int64_t shift) {
  return row.size() == phase.size() && llvm::all_of(llvm::zip(row, phase), [&](const auto &pair) {
           const auto &[a, b] = pair;
           return a.at == b.at + shift && std::abs(a.weight - b.weight) < kSameWeight;
         });
}

Taps Taps::identity(int64_t size) {
  Taps taps;
  taps.outputs = taps.inputs = size;
  return taps;
}

int64_t Taps::count() const {
  int64_t count = 0;
  for (const auto &phase : phases)
    count += phase.size();
  return count;
}

std::optional<Taps> Taps::match(SparseElementsAttr matrix) {
  auto type = cast<ShapedType>(matrix.getType());
  if (type.getRank() != 2 || llvm::is_contained(type.getShape(), 0) || !isa<FloatType>(type.getElementType()))
    return std::nullopt;
  SmallVector<Row> rows = rowsOf(matrix);
  int64_t outputs = rows.size(), inputs = type.getShape()[1];
  size_t most = std::min<size_t>(kMostEdges, outputs / 2);
  for (int64_t period = 1; period <= std::min(kMostPhases, outputs); ++period) {
    Taps taps;
    taps.outputs = outputs, taps.inputs = inputs, taps.period = period;
    taps.step = std::llround(double(period) * double(inputs) / double(outputs));
    if (taps.step < 1 || taps.step > kMostPhases)
      continue;
    // A period in the middle tells what the others are.
    int64_t middle = (outputs / period - 1) / 2;
    taps.phases.clear();
    for (int64_t r = 0; r < period; ++r) {
      taps.phases.push_back(rows[period * middle + r]);
      for (Tap &tap : taps.phases.back())
        tap.at -= taps.step * middle;
    }
    for (int64_t i = 0; i < outputs && taps.edges.size() <= most; ++i)
      if (!isMoved(rows[i], taps.phases[i % period], taps.step * (i / period)))
        taps.edges.push_back({i, rows[i]});
    // Of a small image a period of many outputs may be all that is between the borders: nothing repeats then, and most
    // lines would be computed by themselves.
    bool repeats = taps.edges.size() <= 2 || outputs - int64_t(taps.edges.size()) > period;
    if (taps.edges.size() > most || taps.count() > kMostTaps || !repeats)
      continue;
    for (const Row &phase : taps.phases)
      for (const Tap &tap : phase)
        taps.first = std::min(taps.first, tap.at), taps.last = std::max(taps.last, tap.at);
    for (const Edge &edge : taps.edges)
      for (const Tap &tap : edge.taps) {
        int64_t at = tap.at - taps.step * (edge.output / period);
        taps.first = std::min(taps.first, at), taps.last = std::max(taps.last, at);
      }
    return taps;
  }
  return std::nullopt;
}

std::optional<Resampling> Resampling::of(linalg::LinalgOp op) {
  auto matrices = op->getAttrOfType<ArrayAttr>(kResampleAttrName);
  if (!matrices || matrices.size() != 2)
    return std::nullopt;
  auto from = cast<ShapedType>(op.getDpsInputOperand(0)->get().getType()).getShape();
  auto tapsOf = [&](Attribute matrix, int64_t size) -> std::optional<Taps> {
    if (auto sparse = dyn_cast<SparseElementsAttr>(matrix))
      return Taps::match(sparse);
    return Taps::identity(size);
  };
  auto rows = tapsOf(matrices[0], from[from.size() - 2]), cols = tapsOf(matrices[1], from.back());
  if (!rows || !cols)
    return std::nullopt;
  Resampling result;
  result.images = ShapedType::getNumElements(from.drop_back(2));
  result.rows = *rows, result.cols = *cols;
  return result;
}

Resampling::Block Resampling::blockOf(int64_t blockImages, int64_t steps, const Device &device, int64_t bytes) const {
  bool is2xx = !device.hasUnalignedVector;
  int64_t lanes = is2xx ? 128 / bytes : 1;
  Block block;
  block.images = blockImages, block.steps = steps;
  block.count = blockImages > 1 ? llvm::divideCeil(images, blockImages) : images * blocksOfImage(block);
  block.slots = block.count > device.cores() ? 2 : 1;
  block.tileRows = rows.step * (steps - 1) + rows.last - rows.first + 1;
  block.phaseColumns = llvm::alignTo(std::max<int64_t>(llvm::divideCeil(cols.inputs, cols.step), cols.steps()), lanes);
  block.pitch = block.phaseColumns * cols.step;
  block.before = llvm::alignTo(llvm::divideCeilSigned(-cols.first, cols.step), lanes);
  block.behind = llvm::alignTo(std::max<int64_t>(0, llvm::divideCeilSigned(cols.last, cols.step)), lanes);
  block.ns = nanoseconds(block, device, bytes);
  return block;
}

int64_t Resampling::scaledElements(const Block &block) const {
  int64_t vertical = (block.steps + (rows.last - rows.first) / rows.step + 1) * block.pitch;
  int64_t horizontal = rows.period * block.steps * block.phaseColumns + block.before + block.behind;
  return std::max(rows.isIdentity() ? 0 : vertical, cols.isIdentity() ? 0 : horizontal);
}

/// Elements on the chip.
int64_t Resampling::elements(const Block &block, const Device &device) const {
  int64_t row = rows.period * block.steps, planes = row * block.phaseColumns;
  int64_t tile = block.tileRows * cols.inputs + block.pitch, result = row * cols.outputs + block.pitch;
  int64_t total = block.slots * (tile + result);
  if (arranges(block))
    total += rows.step * block.planeRows(*this) * block.pitch;
  total += row * block.pitch + block.before + block.behind;
  if (cols.step > 1)
    total += cols.step * (planes + block.before + block.behind);
  if (!cols.isIdentity())
    total += cols.period * planes;
  if (!device.hasCopy3d && cols.period > 1)
    total += cols.period * planes;
  if (!device.hasUnalignedVector)
    total += planes;
  // Lines at the edges are gathered: one for each input that an edge takes.
  int64_t edge = 0;
  for (const Taps::Edge &each : cols.edges)
    edge += each.taps.size();
  total += (edge + 2) * llvm::alignTo(row, 64);
  edge = 0;
  for (const Taps::Edge &each : rows.edges)
    edge += each.taps.size();
  if (block.images > 1)
    total += (edge + 2) * block.images * block.pitch;
  return total + 2 * scaledElements(block);
}

/// Modelled time of all blocks of one core.
double Resampling::nanoseconds(const Block &block, const Device &d, int64_t bytes) const {
  double cycle = 1e3 / double(d.clockMhz), start = double(d.vectorStartupCycles) * cycle;
  double vector = cycle / d.vectorBytesPerCycle * double(bytes), move = cycle / d.coreMoveBytesPerCycle * double(bytes);
  double row = double(rows.period * block.steps), plane = double(block.steps * block.pitch);
  double planes = row * double(block.phaseColumns);
  double chip = 0;
  // A product and a sum of which some are shared, or one builtin.
  double perTap = d.hasFusion ? 1 : 1.5;
  auto taps = [&](const Taps &t, double elements) {
    for (const auto &phase : t.phases)
      chip += perTap * double(phase.size()) * (start + elements * vector);
  };
  // Lines at the borders are gathered (rows of one image lie as vectors do), added up and put in place.
  auto edges = [&](const Taps &t, bool isGathered) {
    for (const Taps::Edge &edge : t.edges) {
      double terms = double(edge.taps.size());
      bool isCopy = edge.taps.size() == 1 && edge.taps[0].weight == 1;
      chip += start * (isCopy ? 1 : perTap * terms + (isGathered ? terms + 1 : 0));
    }
  };
  if (arranges(block))
    chip += double(rows.step) * start + double(block.tileRows * cols.inputs) * move;
  taps(rows, plane);
  edges(rows, block.images > 1);
  if (!cols.isIdentity()) {
    if (cols.step > 1)
      chip += double(cols.step) * (start + planes * move);
    taps(cols, planes);
    edges(cols, /*isGathered=*/true);
  }
  if (!d.hasUnalignedVector)
    chip += double(cols.count()) * (start + planes * move);
  if (!isDirect(block))
    chip += double(rows.period * cols.period) * start + row * double(cols.outputs) * move * (d.hasCopy3d ? 1 : 2);
  double in = double(block.tileRows * cols.inputs * bytes), out = row * double(cols.outputs * bytes);
  double share = std::max(1 / (d.coreIoBytesPerCycle / cycle),
                          double(std::min(block.count, d.cores())) / (d.dramGbPerS * d.dramEfficiency));
  double first = d.dmaStartupNs + in * share, last = d.dmaStartupNs + out * share;
  int64_t rounds = llvm::divideCeil(block.count, d.cores());
  if (rounds == 1)
    return first + chip + last;
  // The first block waits for the next one's load alone, the last for a store.
  return first + std::max(first, chip) + double(rounds - 2) * std::max(first + last, chip) + std::max(last, chip) +
         last;
}

std::optional<Resampling::Block> Resampling::chooseBlock(const Device &device, int64_t bytes) const {
  std::optional<Block> best;
  auto consider = [&](const Block &block) {
    bool fits = elements(block, device) * bytes <= device.nramBudget() - kSpareBytes &&
                rows.period * block.steps * block.phaseColumns * std::max<int64_t>(1, cols.step) <= kMostSegments;
    if (fits && (!best || block.ns < best->ns))
      best = block;
    return fits;
  };
  for (int64_t steps = 1; steps <= rows.steps(); ++steps)
    if (!consider(blockOf(1, steps, device, bytes)) && best)
      break;
  // Several images, where the periods go on from one to the next.
  if (rows.inputs == rows.step * rows.steps() && rows.outputs == rows.period * rows.steps())
    for (int64_t some = 2; some <= images; ++some)
      if (!consider(blockOf(some, some * rows.steps(), device, bytes)))
        break;
  return best;
}
