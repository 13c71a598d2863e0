//===- Copies.cpp - memref.copy to copies the DMA can do ------------------===//
#include "Families.h"
#include "Loops.h"
#include "Memory.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// One level of a strided copy: `count` steps of `dst` and `src` bytes, along loop `loop`.
struct Level {
  unsigned loop;
  OpFoldResult count;
  int64_t bound, dst, src;
};

bool isPositive(const ValueBoundsConstraintSet::Variable &size) {
  FailureOr<int64_t> low = ValueBoundsConstraintSet::computeConstantBound(presburger::BoundType::LB, size);
  return succeeded(low) && *low >= 1;
}

/// Whether a size may be 0; a copy of nothing is not legal. A minimum is positive if all its operands are.
bool mayBeEmpty(OpFoldResult size) {
  if (auto constant = getConstantIntValue(size))
    return *constant == 0;
  Value value = cast<Value>(size);
  if (auto min = value.getDefiningOp<arith::MinSIOp>())
    return mayBeEmpty(min.getLhs()) || mayBeEmpty(min.getRhs());
  if (auto min = value.getDefiningOp<affine::AffineMinOp>()) {
    AffineMap map = min.getMap();
    for (unsigned i = 0; i < map.getNumResults(); ++i)
      if (!isPositive({map.getSubMap({i}), min.getOperands()}))
        return true;
    return false;
  }
  return !isPositive(size);
}

struct StridedCopy {
  Emit &e;
  const Access &src, &dst;
  Sizes sizes;
  SmallVector<int64_t> bounds;
  OpFoldResult bytes;          // contiguous on both sides
  SmallVector<Level> levels{}; // around them, outermost first

  void analyse();
  void emit();
  bool emitByPlanes();
  void copy(StringRef builtin, ValueRange operands) {
    e.op(e.asyncCopies ? (builtin + "_async").str() : builtin.str(), operands);
  }
  void emitSegments(Sizes ivs, ArrayRef<Level> inner, OpFoldResult innerCount);
};

/// Whether `memref` is a buffer whose rows are padded to `pitch` elements, or whole rows of one: where it is a part of
/// the rows, others lie between.
bool ownsGaps(Value memref, int64_t pitch) {
  while (auto view = memref.getDefiningOp<memref::SubViewOp>()) {
    ArrayRef<int64_t> from = typeOf(view.getSource()).getShape();
    if (view->hasAttr(kPaddedAttr))
      return from.back() == pitch;
    if (ShapedType::isDynamic(from.back()) || view.getStaticSizes().back() != from.back())
      return false;
    memref = view.getSource();
  }
  return false;
}

/// Finds the contiguous bytes, and merges loops that are one walk on both sides. The longest loops come last: those go
/// into the builtin, whose start-up then counts the least often. The order of segments means nothing.
void StridedCopy::analyse() {
  int64_t size = elementBytes(src.memref);
  bytes = e.attr(size);
  for (unsigned loop = sizes.size(); loop-- > 0;) {
    OpFoldResult count = sizes[loop];
    if (isConstantIntValue(count, 1))
      continue;
    int64_t dstStep = dst.strides[loop] * size, srcStep = src.strides[loop] * size;
    std::optional<int64_t> inner = getConstantIntValue(bytes);
    if (levels.empty() && inner && dstStep == *inner && srcStep == *inner) {
      bytes = e.mul(count, bytes);
      continue;
    }
    if (!levels.empty()) {
      Level &below = levels.front();
      std::optional<int64_t> steps = getConstantIntValue(below.count);
      if (steps && dstStep == below.dst * *steps && srcStep == below.src * *steps) {
        below.count = e.mul(count, below.count);
        below.bound *= bounds[loop];
        continue;
      }
    }
    levels.insert(levels.begin(), {loop, count, bounds[loop], dstStep, srcStep});
  }
  // What lies between rows may be copied with them where nothing else is kept there.
  if (levels.size() == 1 && levels.front().dst == levels.front().src && inNRAM(dst.memref) && !inNRAM(src.memref) &&
      ownsGaps(dst.memref, levels.front().dst / size)) {
    const Level &level = levels.front();
    bytes = e.add(e.mul(e.sub(level.count, e.attr(1)), e.attr(level.src)), bytes);
    levels.clear();
  }
  llvm::stable_sort(levels, [](const Level &a, const Level &b) {
    return std::min(a.bound, kMaxSegments) < std::min(b.bound, kMaxSegments);
  });
}

void StridedCopy::emitSegments(Sizes ivs, ArrayRef<Level> inner, OpFoldResult innerCount) {
  Value from = e.at(src.memref, src.map, ivs), to = e.at(dst.memref, dst.map, ivs);
  if (inner.empty()) {
    if (inNRAM(from) && inNRAM(to))
      e.copyBytes(to, from, bytes);
    else
      copy("memcpy", {to, from, e.index(bytes)});
    return;
  }
  const Level &last = inner.back();
  Value size = e.index(bytes), near = e.index(innerCount);
  if (inner.size() == 1) {
    copy("memcpy_2d", {to, from, size, e.index(last.dst), e.index(last.src), near});
    return;
  }
  const Level &far = inner.front();
  Value outer = e.index(far.count);
  copy("memcpy_3d", {to, from, size, e.index(last.dst), near, e.index(far.dst), outer, e.index(last.src), near,
                     e.index(far.src), outer});
}

/// Windows, of a device whose strided copies have one loop: rows and columns of dst are one walk, those of src are not,
/// for its rows are longer by the window. A plane of src with its rows cut to the width of dst's is one walk too, so
/// all rows go in a copy for each place in the window, and places that are whole rows apart share a plane. Taken where
/// what the copies' start-ups save is more than the planes take: 9 copies a row become 12 a tile where windows are
/// dilated.
bool StridedCopy::emitByPlanes() {
  std::optional<int64_t> size = getConstantIntValue(bytes);
  if (e.device.hasCopy3d || !inNRAM(src.memref) || !inNRAM(dst.memref) || !size || levels.size() < 3)
    return false;
  const Level *rows = nullptr, *columns = nullptr;
  for (const Level &row : levels)
    for (const Level &column : levels) {
      std::optional<int64_t> width = getConstantIntValue(column.count);
      if (width && column.src == *size && row.dst == column.dst * *width && row.src > 0 &&
          row.bound * *width <= kMaxSegments)
        rows = &row, columns = &column;
    }
  if (!rows)
    return false;
  SmallVector<Level> shifts, around; // by whole rows, and others, which have planes of their own
  int64_t further = 0, shared = 1, planes = 1, direct = 1;
  for (const Level &level : levels) {
    if (&level != &levels.back())
      direct *= level.bound;
    if (&level == rows || &level == columns)
      continue;
    std::optional<int64_t> count = getConstantIntValue(level.count);
    if (!count)
      return false;
    bool isShift = level.src > 0 && level.src % rows->src == 0;
    if (isShift)
      further += (*count - 1) * (level.src / rows->src);
    (isShift ? shifts : around).push_back(level);
    (isShift ? shared : planes) *= *count;
  }
  int64_t width = *getConstantIntValue(columns->count) * *size, planeBytes = (rows->bound + further) * width;
  Operation *owner = rootOf(dst.memref).getDefiningOp();
  if (!owner || rows->bound + further > kMaxSegments || planeBytes > freeNRAM(owner, e.device) ||
      double(direct - planes * (1 + shared)) * double(e.device.vectorStartupCycles) <=
          double(planes * planeBytes) / e.device.coreMoveBytesPerCycle)
    return false;

  Type type = typeOf(src.memref).getElementType();
  Value plane = e.temp(type, planeBytes / elementBytes(type));
  Value rowBytes = e.index(width), step = e.index(*size), segments = e.index(e.mul(rows->count, columns->count));
  auto loopsOver = [&](ArrayRef<Level> over, Sizes at, function_ref<void(const Sizes &, ArrayRef<OpFoldResult>)> body) {
    Sizes counts;
    for (const Level &level : over)
      counts.push_back(level.count);
    e.loops(counts, [&](ArrayRef<OpFoldResult> ivs) {
      for (auto [iv, level] : llvm::zip(ivs, over))
        at[level.loop] = iv;
      body(at, ivs);
    });
  };
  loopsOver(around, Sizes(sizes.size(), e.attr(0)), [&](const Sizes &at, ArrayRef<OpFoldResult>) {
    e.op("memcpy_2d", {plane, e.at(src.memref, src.map, at), rowBytes, rowBytes, e.index(rows->src),
                       e.index(e.add(rows->count, e.attr(further)))});
    loopsOver(shifts, at, [&](const Sizes &to, ArrayRef<OpFoldResult> ivs) {
      OpFoldResult first = e.attr(0);
      for (auto [iv, level] : llvm::zip(ivs, shifts))
        first = e.add(first, e.mul(iv, e.attr(level.src / rows->src * (width / elementBytes(type)))));
      e.op("memcpy_2d",
           {e.at(dst.memref, dst.map, to), e.at(plane, Sizes{first}), step, e.index(columns->dst), step, segments});
    });
  });
  return true;
}

void StridedCopy::emit() {
  if (emitByPlanes())
    return;
  // On an architecture with 3-D copies two levels fit in one builtin.
  size_t inBuiltin = std::min<size_t>(levels.size(), e.device.hasCopy3d ? 2 : 1);
  if (inBuiltin == 2 && (levels[levels.size() - 2].bound > kMaxSegments || levels.back().bound > kMaxSegments))
    inBuiltin = 1;
  ArrayRef<Level> inner = ArrayRef<Level>(levels).take_back(inBuiltin);
  ArrayRef<Level> outer = ArrayRef<Level>(levels).drop_back(inBuiltin);
  Sizes counts;
  for (const Level &level : outer)
    counts.push_back(level.count);
  e.loops(counts, [&](ArrayRef<OpFoldResult> outerIvs) {
    Sizes ivs(sizes.size(), e.attr(0));
    for (auto [iv, level] : llvm::zip(outerIvs, outer))
      ivs[level.loop] = iv;
    if (inner.empty() || inner.back().bound <= kMaxSegments)
      return emitSegments(ivs, inner, inner.empty() ? e.attr(1) : inner.back().count);
    e.chunks(inner.back().count, inner.back().bound, kMaxSegments, [&](OpFoldResult first, OpFoldResult count) {
      Sizes at = ivs;
      at[inner.back().loop] = first;
      emitSegments(at, inner, count);
    });
  });
}

/// Filters to WRAM: filter f goes to bank f % 64. Rows are whole on both sides.
LogicalResult emitFilterCopy(Emit &e, Value src, Value dst) {
  FailureOr<SmallVector<int64_t>> ss = stridesOf(src), ds = stridesOf(dst);
  if (failed(ss) || failed(ds) || typeOf(dst).getRank() < 2)
    return failure();
  // The padding behind a filter's rows is copied with them, so the source has to have it too.
  // Only whole rows may lie further apart there: the filter is a part of one that is cut along its reduction.
  for (int64_t dim = 1; dim < typeOf(dst).getRank(); ++dim)
    if (typeOf(dst).getDimSize(dim) != 1 && (*ss)[dim] != (*ds)[dim])
      return failure();
  OpFoldResult filters = sizeOf(e.b, e.loc, typeOf(dst).isDynamicDim(0) ? src : dst, 0);
  dealFilters(e, src, (*ss)[0], dst, filters, std::min(boundOf(src, 0), boundOf(dst, 0)));
  return success();
}

} // namespace

void l2b::dealFilters(Emit &e, Value src, int64_t srcRow, Value dst, OpFoldResult filters, int64_t bound) {
  int64_t bytes = elementBytes(dst), rowBytes = (*stridesOf(dst))[0] * bytes, srcRowBytes = srcRow * bytes;
  OpFoldResult groups;
  if (auto constant = getConstantIntValue(filters))
    groups = e.attr(llvm::divideCeil(*constant, kBanks));
  else
    groups =
        arith::DivUIOp::create(e.b, e.loc, e.index(e.add(filters, e.attr(kBanks - 1))), e.index(kBanks)).getResult();
  int64_t groupBound = llvm::divideCeil(bound, kBanks);

  // An address in WRAM counts inside a bank, so 64 filters further on is one row further on.
  auto group = [&](OpFoldResult g) {
    Sizes to(typeOf(dst).getRank(), e.attr(0));
    to[0] = g;
    return std::make_pair(e.at(dst, to), e.behind(src, e.mul(g, e.attr(kBanks * srcRow))));
  };
  int64_t bankBytes = e.device.wramBankBytes();
  if (srcRowBytes != rowBytes) {
    Sizes loop = {groups};
    e.loops(loop, [&](ArrayRef<OpFoldResult> ivs) {
      auto [to, from] = group(ivs[0]);
      e.op("memcpy_2d", {to, from, e.index(rowBytes), e.index(bankBytes), e.index(srcRowBytes), e.index(kBanks)});
    });
    return;
  }
  if (e.is2xx()) {
    // One contiguous copy deals its 64 equal parts to the 64 banks.
    Sizes loop = {groups};
    e.loops(loop, [&](ArrayRef<OpFoldResult> ivs) {
      auto [to, from] = group(ivs[0]);
      e.op("memcpy", {to, from, e.index(kBanks * rowBytes)});
    });
    return;
  }
  if (groupBound == 1) {
    e.op("memcpy_2d", {dst, src, e.index(rowBytes), e.index(bankBytes), e.index(rowBytes), e.index(kBanks)});
    return;
  }
  Value banks = e.index(kBanks), count = e.index(groups);
  e.op("memcpy_3d", {dst, src, e.index(rowBytes), e.index(bankBytes), banks, e.index(rowBytes), count,
                     e.index(rowBytes), banks, e.index(kBanks * rowBytes), count});
}

void l2b::emitCopy(Emit &e, const Access &src, const Access &dst, const Sizes &sizes, ArrayRef<int64_t> bounds) {
  // Rows outside a padded tensor leave nothing to copy.
  Value guard;
  for (OpFoldResult size : sizes) {
    if (!mayBeEmpty(size))
      continue;
    Value some = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::sgt, e.index(size), e.index(0));
    guard = guard ? arith::AndIOp::create(e.b, e.loc, guard, some).getResult() : some;
  }
  OpBuilder::InsertionGuard restore(e.b);
  if (guard)
    e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, guard, /*withElseRegion=*/false).thenYield());
  StridedCopy copy{e, src, dst, sizes, SmallVector<int64_t>(bounds), e.attr(0)};
  copy.analyse();
  copy.emit();
}

LogicalResult l2b::emitCopy(Emit &e, Value src, Value dst) {
  if (spaceOf(dst) == mlu::Space::WRAM)
    return emitFilterCopy(e, src, dst);
  int64_t rank = typeOf(src).getRank();
  AffineMap identity = e.b.getMultiDimIdentityMap(rank);
  FailureOr<Access> from = Access::get(src, identity), to = Access::get(dst, identity);
  if (failed(from) || failed(to) || spaceOf(src) == mlu::Space::WRAM)
    return failure();
  Sizes sizes;
  SmallVector<int64_t> bounds;
  for (int64_t dim = 0; dim < rank; ++dim) { // a size that is static on one side is static
    sizes.push_back(sizeOf(e.b, e.loc, typeOf(dst).isDynamicDim(dim) ? src : dst, dim));
    bounds.push_back(std::min(boundOf(src, dim), boundOf(dst, dim)));
  }
  emitCopy(e, *from, *to, sizes, bounds);
  return success();
}

/// Below this many bytes a segment costs the DMA more than packing it on chip: the time of a segment (dma_segment_ns of
/// mtp_270: 197 ns) moves so many bytes.
static constexpr int64_t kShortSegment = 2048;
/// Below this many, also where NRAM is scarce (gdram_best_alignment of the devices).
static constexpr int64_t kAlwaysShortSegment = 512;
/// NRAM left to operations that are lowered later.
static constexpr int64_t kReserveBytes = 64 * 1024;

namespace {
struct ShortRows {
  int64_t rowBytes;
  bool fit; // all of them in the NRAM that is free
};
} // namespace

/// The rows of a copy between `dense` in GDRAM, where they lie side by side, and `tile` in NRAM, where they are padded.
/// `src` is one of the two.
static std::optional<ShortRows> shortRows(Emit &e, Operation *op, Value src, Value dense, Value tile) {
  if (spaceOf(dense) != mlu::Space::GDRAM || spaceOf(tile) != mlu::Space::NRAM || typeOf(src).getRank() < 2)
    return std::nullopt;
  FailureOr<SmallVector<int64_t>> ds = stridesOf(dense), ts = stridesOf(tile);
  if (failed(ds) || failed(ts) || ds->back() != 1 || ts->back() != 1)
    return std::nullopt;
  int64_t last = typeOf(src).getRank() - 1, row = typeOf(src).getDimSize(last), bytes = elementBytes(src);
  if (ShapedType::isDynamic(row) || boundOf(src, last - 1) <= 1 || (*ds)[last - 1] != row || (*ts)[last - 1] <= row)
    return std::nullopt;
  for (int64_t dim = 0; dim <= last; ++dim)
    bytes *= boundOf(src, dim);
  return ShortRows{row * elementBytes(src), bytes <= freeNRAM(op, e.device) - kReserveBytes};
}

/// Whether a tile is packed before it is stored.
static bool isWorthPacking(Emit &e, Operation *op, Value src, Value dst) {
  std::optional<ShortRows> rows = shortRows(e, op, src, dst, src);
  return rows && rows->rowBytes < kShortSegment && (rows->fit || rows->rowBytes < kAlwaysShortSegment);
}

/// Whether a segment a row takes longer than moving the row on the chip, by a margin for the start-ups: all cores share
/// the memory that segments keep busy.
static bool isSegmentDear(Emit &e, int64_t rowBytes) {
  double segment = std::max(e.device.dmaSegmentSharedNs * double(e.device.cores()), e.device.dmaSegmentNs);
  double move = double(rowBytes) / (e.device.coreMoveBytesPerCycle * double(e.device.clockMhz)) * 1e3;
  return segment > 1.5 * move;
}

/// Whether a tile is loaded as it lies in GDRAM, and its rows are moved apart on the chip. What is loaded while another
/// tile is computed cannot be moved yet: there only rows that are very short are worth the wait.
static bool isWorthUnpacking(Emit &e, memref::CopyOp op) {
  std::optional<ShortRows> rows = shortRows(e, op, op.getSource(), op.getSource(), op.getTarget());
  if (!rows || !rows->fit)
    return false;
  bool isAlwaysShort = e.is2xx() && rows->rowBytes < kAlwaysShortSegment;
  return isAlwaysShort || (!op->hasAttr("mlu.async") && isSegmentDear(e, rows->rowBytes));
}

/// A dense tile in NRAM as large as `like`.
static Value denseTile(Emit &e, Value like) {
  MemRefType type = typeOf(like);
  SmallVector<int64_t> bounds;
  Sizes zeros(type.getRank(), e.attr(0)), ones(type.getRank(), e.attr(1)), sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    bounds.push_back(boundOf(like, dim));
    sizes.push_back(sizeOf(e.b, e.loc, like, dim));
  }
  auto space = mlu::SpaceAttr::get(e.b.getContext(), mlu::Space::NRAM);
  auto dense = MemRefType::get(bounds, type.getElementType(), MemRefLayoutAttrInterface(), space);
  Location named = NameLoc::get(e.b.getStringAttr("packed"), e.loc);
  Value packed = memref::AllocOp::create(e.b, named, dense);
  if (!type.hasStaticShape())
    packed = memref::SubViewOp::create(e.b, e.loc, packed, zeros, sizes, ones);
  return packed;
}

LogicalResult l2b::lowerCopy(Emit &e, memref::CopyOp op) {
  Value source = op.getSource();
  if (e.is2xx() && isWorthPacking(e, op, source, op.getTarget())) {
    Value packed = denseTile(e, source);
    if (failed(emitCopy(e, source, packed)))
      return failure();
    source = packed;
  } else if (isWorthUnpacking(e, op)) {
    // Not asynchronous: the copy on the chip needs the whole.
    Value packed = denseTile(e, source);
    if (failed(emitCopy(e, source, packed)))
      return failure();
    return emitCopy(e, packed, op.getTarget());
  }
  e.asyncCopies = op->hasAttr("mlu.async");
  LogicalResult result = emitCopy(e, source, op.getTarget());
  e.asyncCopies = false;
  return result;
}
