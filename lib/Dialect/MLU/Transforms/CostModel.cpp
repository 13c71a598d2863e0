//===- CostModel.cpp - What a tile of a kernel takes ----------------------===//
#include "CostModel.h"
#include "ActivationTables.h"

#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

/// Bytes that a reduction combines at once, and the builtins that take them from rows to results.
static constexpr int64_t kReduceBytes = 32 * 1024, kReduceBuiltins = 8;
/// Rows that are shorter are packed before they are stored, and unpacked after they are loaded.
static constexpr int64_t kPackedRowBytes = 512;
/// Partial results of a row.
static constexpr int64_t kLanes = 32;
/// Bytes that a body with temporaries computes at once.
static constexpr int64_t kChunkBytes = 16 * 1024;
/// Scalar operations from the extremes of a tile to its fixed-point position.
static constexpr int64_t kPositionOperations = 8;

static int64_t bytesOf(Type type) {
  auto shaped = cast<ShapedType>(type);
  return std::max<int64_t>(1, shaped.getElementTypeBitWidth() / 8);
}

int64_t metabang::mlu::nramLimitOf(func::FuncOp kernel, const Device &device) {
  auto limit = kernel->getAttrOfType<IntegerAttr>(MLUDialect::getNRAMLimitAttrName());
  return limit ? limit.getInt() : device.nramBudget();
}

CostModel::CostModel(const KernelRoot &kernel, const Device &device) : device(device), kind(kernel.kind) {
  linalg::LinalgOp root = kernel.root, last = kernel.last;
  nramLimit = nramLimitOf(root->getParentOfType<func::FuncOp>(), device);
  loopExtents = root.getStaticLoopRanges();
  parallel = root.getNumParallelLoops();
  auto describe = [&](OpOperand *value, AffineMap map, bool isImage) {
    Operand operand{map, bytesOf(value->get().getType()),
                    SmallVector<int64_t>(cast<ShapedType>(value->get().getType()).getShape()), isImage};
    operand.isWindow = value->get().getDefiningOp<tensor::PadOp>() != nullptr;
    operand.streams = llvm::any_of(operand.map.getResults(), [&](AffineExpr e) {
      for (size_t d = 0; d + (parallel > 1) < parallel; ++d)
        if (e.isFunctionOfDim(d) && loopExtents[d] > 1)
          return true;
      return false;
    });
    return operand;
  };
  auto add = [&](linalg::LinalgOp op, OpOperand *value, bool isImage) {
    return describe(value, op.getMatchingIndexingMap(value), isImage);
  };
  // What the functions of a body become on an architecture without them in hardware (VectorMath.cpp).
  auto noteTables = [&](linalg::LinalgOp op) {
    for (Operation &inner : *op.getBlock()) {
      if (!isa<math::MathDialect>(inner.getDialect()))
        continue;
      tables.insert("active_pow2");
      tables.insert(isa<math::SqrtOp, math::RsqrtOp>(inner)                              ? "active_rsqrthp"
                    : isa<math::LogOp, math::Log2Op, math::Log1pOp, math::PowFOp>(inner) ? "active_loghp"
                                                                                         : "taylor4_tanh");
    }
  };
  OpOperand *filterUse = getFilterOperand(root, kind);
  for (OpOperand *value : root.getDpsInputOperands()) {
    if (!isa<RankedTensorType>(value->get().getType()) || !root.payloadUsesValueFromOperand(value))
      continue;
    if (value == filterUse) {
      filterOperand = add(root, value, false);
      filter = value->getOperandNumber();
      auto width = root->getAttrOfType<IntegerAttr>(kPackFilterAttrName);
      packs = packsFilter(root);
      filterWord = width ? width.getInt() / 8 : filterOperand.elementBytes;
      continue;
    }
    auto producer = value->get().getDefiningOp<linalg::LinalgOp>();
    if (!producer || isa<linalg::FillOp>(producer)) {
      inputs.push_back(add(root, value, filterUse != nullptr));
      continue;
    }
    // The producer's loops are the dimensions of what the root reads.
    AffineMap read = root.getMatchingIndexingMap(value);
    intermediate.push_back(add(root, value, false));
    for (OpOperand *source : producer.getDpsInputOperands())
      if (isa<RankedTensorType>(source->get().getType()))
        inputs.push_back(describe(source, producer.getMatchingIndexingMap(source).compose(read), false));
    producerOperations += llvm::range_size(producer.getBlock()->without_terminator());
    noteTables(producer);
  }
  result = add(root, root.getDpsInitOperand(0), false);
  for (linalg::LinalgOp op = last; op != root;) {
    linalg::LinalgOp next = root;
    for (OpOperand *value : op.getDpsInputOperands()) {
      auto producer = value->get().getDefiningOp<linalg::LinalgOp>();
      if (producer && !isa<linalg::FillOp>(producer))
        next = producer;
      else if (isa<RankedTensorType>(value->get().getType()))
        inputs.push_back(add(op, value, false));
    }
    bodyOperations += llvm::range_size(op.getBlock()->without_terminator());
    op = next;
  }
  if (kind == KernelKind::Elementwise) {
    bodyOperations = 0;
    inputs.clear();
    llvm::SmallDenseSet<std::pair<Value, AffineMap>> read;
    for (auto op : root->getParentOfType<func::FuncOp>().getOps<linalg::LinalgOp>()) {
      if (isa<linalg::FillOp>(op))
        continue;
      for (OpOperand *value : op.getDpsInputOperands())
        if (isa<RankedTensorType>(value->get().getType()) && op.payloadUsesValueFromOperand(value) &&
            !value->get().getDefiningOp<linalg::LinalgOp>() &&
            read.insert({value->get(), op.getMatchingIndexingMap(value)}).second)
          inputs.push_back(add(op, value, false));
      bodyOperations += llvm::range_size(op.getBlock()->without_terminator());
      noteTables(op);
      if (op != last) // the others of such a kernel have results of their own
        others.push_back(add(op, op.getDpsInitOperand(0), false));
    }
  }
  marksNaN =
      (kind == KernelKind::Pool || kind == KernelKind::Reduction) && device.arch >= 300 && device.arch < 520 &&
      llvm::any_of(*root.getBlock(), [](Operation &op) { return isa<arith::MaximumFOp, arith::MinimumFOp>(op); });
  noteTables(root);
  noteTables(last);
  keepsPitch = root == last && movesRows(root) && !llvm::any_of(inputs, [](const Operand &x) { return x.isWindow; });
  if (kind == KernelKind::Reduction && root.getNumDpsInputs() == 1 && root.getBlock()->getOperations().size() == 2) {
    AffineMap read = root.getMatchingIndexingMap(root.getDpsInputOperand(0));
    // Operands that are computed on together have one pitch, which is padded where one of them repeats.
    auto isWhole = [&](const Operand &x) { return !x.isWindow && x.map.getNumResults() == read.getNumResults(); };
    reducesAnyPitch = read.isPermutation() && rowLoop() >= parallel && llvm::all_of(inputs, isWhole);
  }
}

SmallVector<int64_t> CostModel::tileShape(const Operand &operand, ArrayRef<int64_t> tiles) const {
  SmallVector<int64_t> shape;
  for (AffineExpr expr : operand.map.getResults()) {
    // One more than the distance between the first and the last element the tile touches.
    SmallVector<int64_t> ends(operand.map.getNumDims(), 0);
    for (size_t d = 0; d < ends.size(); ++d)
      ends[d] = tiles[d] - 1;
    AffineMap map = AffineMap::get(operand.map.getNumDims(), 0, expr);
    SmallVector<Attribute> constants, values;
    Builder b(expr.getContext());
    for (int64_t end : ends)
      constants.push_back(b.getIndexAttr(end));
    int64_t extent = 1;
    if (succeeded(map.constantFold(constants, values)))
      extent = std::abs(cast<IntegerAttr>(values[0]).getInt()) + 1;
    shape.push_back(extent);
  }
  return shape;
}

int64_t CostModel::padded(const Operand &operand, int64_t elements) const {
  int64_t bytes = elements * operand.elementBytes;
  if (keepsPitch || (reducesAnyPitch && &operand != &result))
    return bytes;
  if (device.hasUnalignedVector)
    return operand.isImage ? llvm::alignTo(bytes, device.convCiBytesAlignment) : bytes;
  if (operand.isImage) // becomes fixed-point, as wide as the filter, before the tensor unit reads it
    return llvm::alignTo(
        bytes, std::max(device.vectorSizeAlignment, device.convCiBytesAlignment * operand.elementBytes / filterWord));
  if (kind == KernelKind::Elementwise && operand.map.getNumResults() == 1)
    return llvm::alignTo(bytes, device.vectorSizeAlignment);
  int64_t channels = hasFilter() ? device.convCoAlignment * operand.elementBytes : 1;
  return llvm::alignTo(bytes, std::max(device.vectorSizeAlignment, channels));
}

/// Of a buffer whose rows may have any pitch either the end or the rows are padded, whichever takes less
/// (mlu-pad-buffers).
bool CostModel::padsRows(ArrayRef<int64_t> shape, int64_t elementBytes) const {
  int64_t lanes = std::max<int64_t>(1, device.vectorSizeAlignment / elementBytes);
  if (shape.size() < 2 || shape.back() % lanes == 0)
    return false;
  SmallVector<int64_t> rows(shape);
  rows.back() = llvm::alignTo(shape.back(), lanes);
  return ShapedType::getNumElements(rows) < ShapedType::getNumElements(padEnd(shape, lanes));
}

int64_t CostModel::tileBytes(const Operand &operand, ArrayRef<int64_t> tiles) const {
  SmallVector<int64_t> shape = tileShape(operand, tiles);
  if (shape.empty())
    return 128;
  if (reducesAnyPitch && &operand != &result && shape.size() > 1 && device.vectorSizeAlignment > 1) {
    int64_t lanes = std::max<int64_t>(1, device.vectorSizeAlignment / operand.elementBytes);
    if (padsRows(shape, operand.elementBytes))
      shape.back() = llvm::alignTo(shape.back(), lanes);
    else
      shape = padEnd(shape, lanes);
    return ShapedType::getNumElements(shape) * operand.elementBytes;
  }
  int64_t bytes = padded(operand, shape.back());
  for (int64_t extent : ArrayRef(shape).drop_back())
    bytes *= extent;
  return bytes;
}

double CostModel::copyMicroseconds(const Operand &operand, ArrayRef<int64_t> tiles, int64_t cores) const {
  SmallVector<int64_t> shape = tileShape(operand, tiles);
  int64_t elements = 1, segments = 1;
  for (int64_t extent : shape)
    elements *= extent;
  // Rows that are whole, in memory and on the chip, are one stretch.
  bool whole = !shape.empty() && shape.back() == operand.extents.back();
  int64_t row = whole ? shape.back() * operand.elementBytes : 0;
  // Padded rows of a few elements are packed on the chip, and travel as one stretch too (LinalgToBang/Copies.cpp).
  bool packed = movesOnly() && shape.size() > 1 && shape[shape.size() - 2] > 1 && row < kPackedRowBytes;
  bool dense = whole && (packed || padded(operand, shape.back()) == row);
  if (reducesAnyPitch && &operand != &result && device.vectorSizeAlignment > 1)
    dense &= !padsRows(shape, operand.elementBytes);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d) {
    if (!dense)
      segments *= shape[d];
    dense &= shape[d] >= operand.extents[d] && (kind == KernelKind::Reduction || d + 2 == int64_t(shape.size()));
  }
  double bytes = double(elements) * operand.elementBytes;
  double core = device.coreIoBytesPerCycle * device.clockMhz; // bytes a microsecond
  double share = device.dramGbPerS * device.dramEfficiency * 1e3 / std::max<int64_t>(1, cores);
  if (!packs)
    return bytes / std::min(core, share) + (device.dmaStartupNs + (segments - 1) * device.dmaSegmentNs) * 1e-3;
  // A further segment costs the core, and the memory controller, which all cores share. (Of other kernels the sum above
  // ranks the tiles better: efficientnet_lite0 takes 2.98 ms instead of 3.76 on mtp_270.)
  double own = bytes / core + (segments - 1) * device.dmaSegmentNs * 1e-3;
  double shared = bytes / share + (segments - 1) * device.dmaSegmentSharedNs * 1e-3 * std::max<int64_t>(1, cores);
  return std::max(own, shared) + device.dmaStartupNs * 1e-3;
}

double CostModel::vectorMicroseconds(int64_t bytes, int64_t times) const {
  return times * (bytes / device.vectorBytesPerCycle + device.vectorStartupCycles) / device.clockMhz;
}

size_t CostModel::rowLoop() const {
  const Operand &x = intermediate.empty() ? inputs.front() : intermediate.front();
  if (x.map.getNumResults() == 0) // one element, read by loops of size 1
    return loops().size() - 1;
  return cast<AffineDimExpr>(x.map.getResults().back()).getPosition();
}

/// Rows that are reduced at once, filled up to whole vectors, their partial results, and these transposed.
int64_t CostModel::reduceBytes(ArrayRef<int64_t> tiles) const {
  const Operand &x = intermediate.empty() ? inputs.front() : intermediate.front();
  int64_t length = 1, rows = 1;
  for (AffineExpr expr : llvm::reverse(x.map.getResults())) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    if (loop >= parallel && rows == 1)
      length *= tiles[loop];
    else
      rows *= tiles[loop];
  }
  if (length == 1)
    return 0; // columns are combined where they lie
  int64_t width = llvm::alignTo(length, kLanes);
  rows = std::min<int64_t>(rows, llvm::divideCeil(kReduceBytes, width * x.elementBytes));
  return rows * (width + 2 * kLanes) * x.elementBytes;
}

/// Windows of a vector, or of rows without channels behind them, have no builtin: they are rows that are reduced, all
/// those of the tile at once.
int64_t CostModel::windowBytes(ArrayRef<int64_t> tiles) const {
  const Operand &x = intermediate.empty() ? inputs.front() : intermediate.front();
  if (x.map.getNumResults() == 0)
    return 0;
  AffineExpr last = x.map.getResults().back();
  if (auto dim = dyn_cast<AffineDimExpr>(last); dim && dim.getPosition() < parallel)
    return 0; // channels
  int64_t length = 1, rows = 1;
  for (unsigned loop = 0; loop < tiles.size(); ++loop) {
    if (loop >= parallel)
      length *= tiles[loop];
    else if (last.isFunctionOfDim(loop))
      rows *= tiles[loop];
  }
  // Gathered, filled up to whole vectors, their partial results, these transposed, and the results.
  return llvm::alignTo(rows, kLanes) * (2 * llvm::alignTo(length, kLanes) + 2 * kLanes + 2) * x.elementBytes;
}

double CostModel::moveMicroseconds(int64_t bytes, int64_t builtins) const {
  return (bytes / device.coreMoveBytesPerCycle + builtins * device.vectorStartupCycles) / device.clockMhz;
}

/// Strided copies that put a tile in place (as LinalgToBang/Copies.cpp finds them): the longest loops are in the
/// builtin.
int64_t CostModel::movedBuiltins(ArrayRef<int64_t> tiles) const {
  const Operand &x = inputs.front();
  SmallVector<int64_t> shape = tileShape(x, tiles);
  MLIRContext *context = x.map.getContext();
  /// Elements of x from one index of a loop to the next.
  auto stepOf = [&](size_t loop) {
    int64_t step = 0, pitch = 1;
    for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; pitch *= shape[dim--]) {
      SmallVector<AffineExpr> at(x.map.getNumDims(), getAffineConstantExpr(0, context));
      auto valueAt = [&] { return cast<AffineConstantExpr>(x.map.getResult(dim).replaceDims(at)).getValue(); };
      int64_t origin = valueAt();
      at[loop] = getAffineConstantExpr(1, context);
      step += pitch * (valueAt() - origin);
    }
    return step;
  };
  struct Level {
    int64_t count, dst, src;
  };
  SmallVector<Level> levels;
  int64_t run = 1, pitch = 1;
  for (size_t loop = parallel; loop-- > 0; pitch *= tiles[loop]) {
    int64_t count = tiles[loop], src = stepOf(loop);
    if (count == 1)
      continue;
    if (levels.empty() && pitch == run && src == run)
      run *= count;
    else if (!levels.empty() && pitch == levels.back().dst * levels.back().count &&
             src == levels.back().src * levels.back().count)
      levels.back().count *= count;
    else
      levels.push_back({count, pitch, src});
  }
  llvm::sort(levels, [](const Level &a, const Level &b) { return a.count > b.count; });
  int64_t builtins = 1;
  for (const Level &level : ArrayRef(levels).drop_front(std::min<size_t>(levels.size(), device.hasCopy3d ? 2 : 1)))
    builtins *= level.count;
  return builtins;
}

/// Every tile of an image becomes fixed-point by itself: largest, smallest and conversion; before that, pixels that do
/// not fill the unit's rows are packed, and padding is cleared. Scalar code reads the extremes and finds the position.
double CostModel::quantiseMicroseconds(ArrayRef<int64_t> tiles) const {
  const Operand &image = inputs.front();
  int64_t bytes = tileBytes(image, tiles), channels = tileShape(image, tiles).back();
  double time = vectorMicroseconds(bytes, 3);
  if (padded(image, channels) != channels * image.elementBytes)
    time += moveMicroseconds(bytes);
  if (image.isWindow)
    time += vectorMicroseconds(bytes, 1);
  int64_t waits = 2 * device.syncCycles + kPositionOperations * device.scalarCycles;
  return time + double(waits) / device.clockMhz + 2 * device.scalarNramNs * 1e-3;
}

double CostModel::computeMicroseconds(ArrayRef<int64_t> tiles) const {
  int64_t out = tileBytes(result, tiles);
  double time = vectorMicroseconds(out, bodyOperations);
  int64_t reduced = 1;
  for (size_t d = parallel; d < loopExtents.size(); ++d)
    reduced *= tiles[d];
  for (const Operand &operand : intermediate)
    time += vectorMicroseconds(tileBytes(operand, tiles), producerOperations);
  switch (kind) {
  case KernelKind::Convolution:
  case KernelKind::MatMul: {
    int64_t rate = device.hasFloatConv ? device.macsPerCycleF32
                   : filterWord == 1   ? device.macsPerCycleInt8
                                       : device.macsPerCycleInt16;
    int64_t depth = loopExtents.back();
    int64_t ci = llvm::alignTo(depth, device.convCiBytesAlignment / filterWord);
    int64_t co = llvm::alignTo(tiles[parallel - 1], kFilterGroup);
    double macs = double(ci) / depth * reduced * co;
    for (size_t d = 0; d + 1 < parallel; ++d)
      macs *= tiles[d];
    time += (macs / rate + device.convStartupCycles) / device.clockMhz;
    if (!device.hasFloatConv)
      time += quantiseMicroseconds(tiles);
    break;
  }
  case KernelKind::Depthwise: {
    // A product and a sum a tap, over all rows at once; rows at a stride, or not padded, are dealt to planes first.
    // From MLU3xx on, where a start-up is cheap, counting row by row ranks the tiles of efficientnet_lite0 better.
    int64_t rows = 1;
    for (size_t d = 0; d + 2 < parallel && device.hasUnalignedVector; ++d)
      rows *= tiles[d];
    time += vectorMicroseconds(out / std::max<int64_t>(1, rows), 2 * reduced * rows);
    if (!device.hasUnalignedVector)
      time += moveMicroseconds(tileBytes(inputs.front(), tiles));
    break;
  }
  case KernelKind::Pool:
    time += vectorMicroseconds(out, reduced);
    break;
  case KernelKind::Reduction: {
    // Rows go through 32 lanes in a bounded number of elements at a time (Reduce.cpp).
    const Operand &x = intermediate.empty() ? inputs.front() : intermediate.front();
    int64_t bytes = tileBytes(x, tiles);
    int64_t rounds = llvm::divideCeil(bytes, kReduceBytes);
    time += vectorMicroseconds(bytes / rounds, kReduceBuiltins * rounds);
    break;
  }
  case KernelKind::Elementwise:
    // What only moves elements puts them in place on the chip, unless they lie as they came.
    if (movesOnly() && llvm::any_of(inputs, [](const Operand &x) { return !x.map.isIdentity(); }))
      time += moveMicroseconds(out, keepsPitch ? movedBuiltins(tiles) : 1);
    break;
  case KernelKind::Scalar:
    break;
  }
  return time;
}

/// What a buffer of tiles of a product's left operand grows by (mlu-pad-buffers): long rows to the unit's, the end of
/// short ones to whole vectors.
int64_t CostModel::growth(ArrayRef<int64_t> shape, int64_t elementBytes) const {
  int64_t lanes = std::max<int64_t>(1, device.vectorSizeAlignment / elementBytes);
  int64_t unit = std::max<int64_t>(1, device.convCiBytesAlignment / std::max<int64_t>(1, filterWord));
  if (shape.size() < 2 || shape.back() % lanes == 0)
    return 0;
  SmallVector<int64_t> grown(shape);
  if (shape.back() * elementBytes >= kLongRowBytes)
    grown.back() = llvm::alignTo(shape.back(), unit);
  else
    grown = padEnd(shape, lanes);
  return (ShapedType::getNumElements(grown) - ShapedType::getNumElements(shape)) * elementBytes;
}

Cost CostModel::evaluate(const Candidate &candidate) const {
  Cost cost;
  ArrayRef<int64_t> tiles = candidate.tiles;
  int64_t cores = std::min<int64_t>(device.cores(), candidate.outerTasks * candidate.streamTasks);
  int64_t out = tileBytes(result, tiles);

  // Bytes.
  double streamed = 0, stationary = 0;
  for (const Operand &operand : inputs) {
    int64_t bytes = llvm::alignTo(tileBytes(operand, tiles), 128);
    cost.nramBytes += bytes * (operand.streams ? candidate.buffers : 1);
    if (operand.isImage && !device.hasUnalignedVector) {
      SmallVector<int64_t> shape = tileShape(operand, tiles);
      if (operand.streams)
        shape.insert(shape.begin(), candidate.buffers);
      cost.nramBytes += growth(shape, operand.elementBytes);
    }
    (operand.streams ? streamed : stationary) += copyMicroseconds(operand, tiles, cores);
    if (operand.isImage && !device.hasFloatConv)
      cost.nramBytes += bytes + bytes * filterWord / operand.elementBytes; // packed, and quantised
  }
  // Padded rows are packed before they are stored.
  if (!device.hasUnalignedVector && parallel > 1 && !keepsPitch)
    cost.nramBytes += llvm::alignTo(out, 128);
  // A plane of windows' rows (LinalgToBang/Copies.cpp).
  if (keepsPitch && !device.hasCopy3d && !inputs.front().map.isProjectedPermutation(/*allowZeroInResults=*/true))
    cost.nramBytes += llvm::alignTo(tileBytes(inputs.front(), tiles), 128);
  cost.nramBytes += llvm::alignTo(out, 128) * candidate.buffers;
  for (const Operand &other : others)
    cost.nramBytes += llvm::alignTo(tileBytes(other, tiles), 128) * candidate.buffers;
  cost.nramBytes += llvm::alignTo(out, 128) * std::min<int64_t>(2, bodyOperations / 2);
  if (kind == KernelKind::Depthwise)
    cost.nramBytes += out;
  for (const Operand &operand : intermediate)
    cost.nramBytes += llvm::alignTo(tileBytes(operand, tiles), 128);
  if (!intermediate.empty())
    cost.nramBytes += kChunkBytes * std::min<int64_t>(8, producerOperations);
  int64_t reduce = kind == KernelKind::Reduction ? reduceBytes(tiles)
                   : kind == KernelKind::Pool    ? windowBytes(tiles)
                                                 : 0;
  cost.nramBytes += reduce;
  if (marksNaN) { // where what a pool reads is a number, and where its result is (LinalgToBang/Extreme.cpp)
    const Operand &x = intermediate.empty() ? inputs.front() : intermediate.front();
    cost.nramBytes += llvm::alignTo(reduce ? reduce : tileBytes(x, tiles), 128) + llvm::alignTo(out, 128);
  }
  if (!device.hasHardwareTranscendental)
    for (StringRef table : tables)
      cost.nramBytes += getActivationTableBytes(table, 32);
  cost.nramBytes += 4096; // results of reductions, scalars
  Packing pack;
  if (packs) {
    pack = packing(candidate, cores);
    cost.nramBytes += pack.nramBytes;
    cost.wramBankBytes = pack.wramBankBytes;
    if (filterOperand.streams)
      streamed += pack.loadMicroseconds;
    else
      stationary += pack.loadMicroseconds + pack.microseconds;
  } else if (hasFilter()) {
    SmallVector<int64_t> shape = tileShape(filterOperand, tiles);
    int64_t row = filterOperand.elementBytes;
    for (size_t d = 1; d < shape.size(); ++d)
      row *= d + 1 == shape.size() ? llvm::alignTo(shape[d], 64 / filterOperand.elementBytes) : shape[d];
    cost.wramBankBytes = llvm::divideCeil(shape.front(), kFilterGroup) * row;
    stationary += copyMicroseconds(filterOperand, tiles, cores);
  }

  // Time: the slowest task.
  int64_t outerCount = parallel > 1 ? llvm::divideCeil(loopExtents[parallel - 1], tiles[parallel - 1]) : 1;
  int64_t streamCount = 1;
  for (size_t d = 0; d + (parallel > 1) < parallel; ++d)
    streamCount *= llvm::divideCeil(loopExtents[d], tiles[d]);
  int64_t blocks = llvm::divideCeil(outerCount, candidate.outerTasks);
  int64_t steps = llvm::divideCeil(streamCount, candidate.streamTasks);
  double load = streamed, store = copyMicroseconds(result, tiles, cores), compute = computeMicroseconds(tiles);
  for (const Operand &other : others)
    store += copyMicroseconds(other, tiles, cores);
  int64_t lastBytes = tileShape(result, tiles).back() * result.elementBytes;
  if (parallel > 1 && !device.hasUnalignedVector && padded(result, tileShape(result, tiles).back()) != lastBytes)
    compute += moveMicroseconds(out); // packed before it is stored
  if (packs && filterOperand.streams)
    compute += pack.microseconds;
  int64_t reductionSteps = 1;
  for (size_t d = parallel; d < loopExtents.size(); ++d)
    reductionSteps *= llvm::divideCeil(loopExtents[d], tiles[d]);
  double sync = double(device.syncCycles) / device.clockMhz;
  if (reductionSteps > 1) { // loads belong to the pieces, the filter's too
    compute = reductionSteps * (load + (hasFilter() ? stationary : 0) + compute + sync);
    load = 0;
    if (hasFilter())
      stationary = 0;
  }
  // Pipelined: the first load and the last store stand alone, the rest overlaps.
  double body = candidate.buffers > 1 ? load + compute + store + (steps - 1) * std::max(load + store, compute)
                                      : steps * (load + store + compute);
  if (candidate.buffers > 1 &&
      movesOnly()) // here the work on the chip is little, and never waits for a load and a store
    body = load + std::max(load, compute) + (steps - 2) * std::max(load + store, compute) + std::max(store, compute) +
           store;
  cost.microseconds = device.launchUs + blocks * (stationary + body + steps * sync);
  return cost;
}

bool CostModel::fits(const Cost &cost) const {
  return cost.nramBytes <= nramLimit && cost.wramBankBytes <= device.wramBankBytes();
}
