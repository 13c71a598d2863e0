//===- ScatterPlanes.cpp - Windows that are added up on the chip ----------===//
//
// x[n, s i + k, t j + l] += y[n, i, j, k, l], the gradient of windows, with the taps k, l anywhere in y (see
// WindowSum). A task makes a block of rows of x. The rows of y that it needs are one piece of memory, which one copy
// brings; on the chip each tap is a plane, picked out of it by a strided copy, and planes are added up by vectors:
//
//   those of one phase (row and column of x modulo the strides) and one shift to the right, as they lie;
//   then those of one phase, each shifted by a copy, since vectors of an MLU2xx begin at multiples of 64 bytes;
//   the phases are put between each other by strided copies, and one copy stores the block.
//
// From MLU3xx on a builtin adds three planes, and a shifted one is read from before its first element, where zeros lie.
//
// Rows of x that two blocks share do not exist; rows of y that two blocks need are read twice.
//
//===----------------------------------------------------------------------===//
#include "BlockPipeline.h"
#include "Families.h"
#include "Memory.h"
#include "ScatterLoop.h"

#include "metabang/Dialect/Bang/IR/BangOps.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"
#include "metabang/Dialect/Meta/IR/WindowSum.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include <map>

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;
using meta::WindowSum;

namespace {

class ScatterPlanes {
public:
  ScatterPlanes(Emit &e, scf::ForOp loop) : e(e), outermost(loop) {}

  LogicalResult analyse();
  void emit();

private:
  Type type() const { return typeOf(x).getElementType(); }
  int64_t bytes() const { return elementBytes(type()); }
  int64_t rowsOfY() const { return sum.rowsFor(steps); }
  int64_t rowsOfX() const { return steps * sum.rowStride; }
  int64_t blocksOfImage() const { return llvm::divideCeil(sum.rows, rowsOfX()); }
  void chooseBlock();
  double nanoseconds(int64_t candidate) const;

  Value zeros(int64_t count);
  struct Columns {
    int64_t skipped, before, width;
  };
  Columns columns() const;
  void allocate();
  void clear();
  void clearRows(Value tile, Value first, Value begin, Value count);
  void load(Value block, Value slot);
  void store(Value block, Value slot, bool isAsync);
  void compute(Value slot);
  void pick(Value to, const WindowSum::Tap &tap, Value tile, Value plane);
  void addUp(Value to, SmallVector<Value> planes);
  void sumTaps(Value tile);
  Value addShifted(int64_t rowPhase, int64_t colPhase);
  Value addCopied(int64_t rowPhase, int64_t colPhase);
  bool isDirect() const;
  void place(Value result, Value from, int64_t rowPhase, int64_t colPhase);
  bool addsThree() const { return e.device.hasFusion && (type().isF32() || type().isF16()); }

  Emit &e;
  scf::ForOp outermost;
  Value x, y;
  linalg::FillOp init;
  WindowSum sum;
  int64_t steps = 1;                  // rows of x in a block, in strides
  int64_t pitch = 1, vector = 1;      // of shifted planes: elements of a row, and of all
  Value tiles, results;               // two each
  int64_t front = 0;                  // zeros before a plane that is shifted
  Value plane, picked[2], added, row; // between them
  std::map<WindowSum::Group, Value> groups;
  std::map<int64_t, Value> shifted;
};

LogicalResult ScatterPlanes::analyse() {
  auto map = outermost->getAttrOfType<AffineMapAttr>(mlu::kScatterMapAttrName);
  if (!map || !isa<func::FuncOp>(outermost->getParentOp()))
    return failure();
  memref::StoreOp store;
  SmallVector<memref::LoadOp> loads;
  outermost->walk([&](Operation *op) {
    if (auto each = dyn_cast<memref::StoreOp>(op))
      store = each;
    else if (auto load = dyn_cast<memref::LoadOp>(op))
      loads.push_back(load);
  });
  if (!store || loads.size() != 2)
    return failure();
  x = store.getMemRef(), y = loads[loads[0].getMemRef() == x ? 1 : 0].getMemRef();
  for (Value memref : {x, y})
    if (spaceOf(memref) != mlu::Space::GDRAM || !typeOf(memref).hasStaticShape() ||
        !typeOf(memref).getLayout().isIdentity())
      return failure();
  init = initOf(outermost, x);
  auto match = WindowSum::match(map.getValue(), typeOf(y).getShape(), typeOf(x).getShape(), type());
  if (x == y || !init || !match || !matchPattern(init.getInputs()[0], m_AnyZeroFloat()))
    return failure();
  sum = *match;
  return success();
}

/// Modelled time of all blocks of one core.
double ScatterPlanes::nanoseconds(int64_t candidate) const {
  const Device &d = e.device;
  double cycle = 1e3 / double(d.clockMhz);
  int64_t blocks = sum.images * llvm::divideCeil(sum.rows, candidate * sum.rowStride);
  int64_t rounds = llvm::divideCeil(blocks, d.cores());
  double in = double(sum.outer * sum.rowsFor(candidate) * sum.rowElements() * bytes());
  double out = double(candidate * sum.rowStride * sum.cols * bytes());
  double share = std::max(1 / (d.coreIoBytesPerCycle / cycle),
                          double(std::min(blocks, d.cores())) / (d.dramGbPerS * d.dramEfficiency));
  double ops = double(sum.taps.size()), start = double(d.vectorStartupCycles) * cycle;
  double builtins = addsThree() ? 1.5 * ops + double(3 * sum.rowStride * sum.colStride) : 3 * ops;
  double chip = builtins * start + in * cycle * (2 / d.coreMoveBytesPerCycle + 1 / d.vectorBytesPerCycle);
  double first = d.dmaStartupNs + in * share, last = d.dmaStartupNs + out * share;
  if (rounds == 1)
    return first + chip + last;
  // The first block waits for the next one's load alone, the last for a store.
  return first + std::max(first, chip) + double(rounds - 2) * std::max(first + last, chip) + std::max(last, chip) +
         last;
}

void ScatterPlanes::chooseBlock() {
  int64_t most = llvm::divideCeil(sum.rows, sum.rowStride);
  double best = 0;
  for (int64_t candidate = 1; candidate <= most; ++candidate) {
    bool fits = sum.elementsFor(candidate) * bytes() <= e.device.nramBudget() - 16 * 1024 &&
                sum.outer * sum.rowsFor(candidate) * sum.middle * sum.width <= kMaxSegments &&
                sum.colStride * candidate * llvm::alignTo(sum.shiftedWidth(), 32) <= kMaxSegments;
    if (candidate > 1 && !fits)
      return; // and none that is larger does
    double ns = nanoseconds(candidate);
    if (candidate == 1 || ns < best)
      best = ns, steps = candidate;
  }
}

Value ScatterPlanes::zeros(int64_t count) {
  Value memref = e.temp(type(), count);
  e.fill(memref, e.scalar(type(), 0), e.attr(typeOf(memref).getNumElements()));
  return memref;
}

void ScatterPlanes::allocate() {
  pitch = e.is2xx() ? llvm::alignTo(sum.shiftedWidth(), e.device.nramAddressAlignment / bytes()) : sum.shiftedWidth();
  vector = e.is2xx() ? llvm::alignTo(steps * pitch, e.lanes(type())) : steps * pitch;
  tiles = slotBuffer(e, type(), 2, sum.outer * rowsOfY() * sum.rowElements());
  results = slotBuffer(e, type(), 2, rowsOfX() * sum.cols);
  if (sum.inner > 1 && !e.device.hasCopy3d)
    plane = e.temp(type(), sum.outer * rowsOfY() * sum.middle * sum.width);
  if (sum.colStride > 1 && !e.device.hasCopy3d)
    row = e.temp(type(), steps * sum.colStride * pitch);
  if (!isDirect())
    added = e.temp(type(), vector);
}

/// What is never written: columns that no window reaches, the room behind a plane's rows, and that before a plane.
void ScatterPlanes::clear() {
  if (columns().width < sum.cols)
    for (int64_t slot : {0, 1})
      e.fill(slotOf(e, results, e.index(slot)), e.scalar(type(), 0), e.attr(typeOf(results).getDimSize(1)));
  auto planes = [&](int64_t before) {
    bool isFull = before == 0 && steps * sum.width == vector;
    return isFull ? e.temp(type(), vector) : zeros(before + vector);
  };
  if (!e.is2xx())
    for (const WindowSum::Group &group : sum.groups())
      front = std::max(front, group.shift);
  for (Value &each : picked)
    if (&each == picked || addsThree())
      each = planes(0);
  for (const WindowSum::Group &group : sum.groups()) {
    groups[group] = planes(group.shift > 0 ? front : 0);
    if (e.is2xx() && group.shift > 0 && !shifted.count(group.shift))
      shifted[group.shift] = zeros(vector);
  }
}

/// Columns of the planes' left edge that x does not have, columns of x before it, and those that both have.
ScatterPlanes::Columns ScatterPlanes::columns() const {
  int64_t skipped = std::max<int64_t>(0, -sum.firstCol()), before = std::max<int64_t>(0, sum.firstCol());
  return {skipped, before, std::min(sum.colStride * pitch - skipped, sum.cols - before)};
}

/// Zeros instead of rows of y that it does not have, which are not those from `begin` on.
void ScatterPlanes::clearRows(Value tile, Value first, Value begin, Value count) {
  Value zero = e.scalar(type(), 0);
  if (e.is2xx() || sum.outer > 1)
    return e.fill(tile, zero, e.attr(typeOf(tile).getNumElements()));
  auto some = [&](OpFoldResult at, OpFoldResult rows) {
    when(e, arith::CmpIPredicate::sgt, e.index(rows), e.index(0), [&] {
      OpFoldResult elements = e.attr(sum.rowElements());
      e.op("write_zero", {e.at(tile, Sizes{e.mul(at, elements)}), e.index(e.mul(rows, elements))});
    });
  };
  // Of a block with no row at all, all are above.
  Value here = arith::MaxSIOp::create(e.b, e.loc, count, e.index(0));
  Value above = e.index(e.min(e.sub(begin, first), e.sub(e.attr(rowsOfY()), here)));
  Value below = e.index(e.add(above, here));
  some(e.attr(0), above);
  some(below, e.sub(e.attr(rowsOfY()), below));
}

/// Brings the rows of y that lie in it; those above and below are zero.
void ScatterPlanes::load(Value block, Value slot) {
  Value image = arith::DivUIOp::create(e.b, e.loc, block, e.index(blocksOfImage()));
  Value part = arith::RemUIOp::create(e.b, e.loc, block, e.index(blocksOfImage()));
  Value first = e.index(e.sub(e.mul(part, e.attr(steps)), e.attr(sum.lastRowShift())));
  Value begin = arith::MaxSIOp::create(e.b, e.loc, first, e.index(0));
  Value end = e.index(e.min(e.add(first, e.attr(rowsOfY())), e.attr(sum.height)));
  Value count = e.index(e.sub(end, begin));
  Value tile = slotOf(e, tiles, slot);
  int64_t elements = sum.rowElements();
  when(e, arith::CmpIPredicate::slt, count, e.index(rowsOfY()), [&] { clearRows(tile, first, begin, count); });
  when(e, arith::CmpIPredicate::sgt, count, e.index(0), [&] {
    OpFoldResult at = e.mul(e.add(e.mul(image, e.attr(sum.outer * sum.height)), begin), e.attr(elements));
    Value from = e.at(e.flat(y), Sizes{at}), to = e.at(tile, Sizes{e.mul(e.sub(begin, first), e.attr(elements))});
    Value size = e.index(e.mul(count, e.attr(elements * bytes())));
    if (sum.outer == 1)
      e.op("memcpy_async", {to, from, size});
    else
      e.op("memcpy_2d_async", {to, from, size, e.index(rowsOfY() * elements * bytes()),
                               e.index(sum.height * elements * bytes()), e.index(sum.outer)});
  });
}

void ScatterPlanes::store(Value block, Value slot, bool isAsync) {
  Value image = arith::DivUIOp::create(e.b, e.loc, block, e.index(blocksOfImage()));
  Value part = arith::RemUIOp::create(e.b, e.loc, block, e.index(blocksOfImage()));
  OpFoldResult first = e.mul(part, e.attr(rowsOfX())), count = e.attr(rowsOfX());
  if (sum.rows % rowsOfX() != 0)
    count = e.min(count, e.sub(e.attr(sum.rows), first));
  OpFoldResult at = e.mul(e.add(e.mul(image, e.attr(sum.rows)), first), e.attr(sum.cols));
  e.op(isAsync ? "memcpy_async" : "memcpy",
       {e.at(e.flat(x), Sizes{at}), slotOf(e, results, slot), e.index(e.mul(count, e.attr(sum.cols * bytes())))});
}

/// The rows of a tap's plane that the block takes, `pitch` elements apart.
void ScatterPlanes::pick(Value to, const WindowSum::Tap &tap, Value tile, Value plane) {
  int64_t first = sum.lastRowShift() - sum.rowShift(tap), width = sum.width;
  int64_t at = ((tap.outer * rowsOfY() + first) * sum.middle + tap.middle) * width;
  if (sum.inner == 1 || plane)
    return copySegments(e, to, e.behind(plane ? plane : tile, e.attr(at)), width, pitch, sum.middle * width, steps);
  Value from = e.at(tile, Sizes{e.attr(at * sum.inner + tap.inner)});
  if (pitch == width && sum.middle == 1)
    return copySegments(e, to, from, 1, 1, sum.inner, steps * width);
  Value columns = e.index(width), rows = e.index(steps), size = e.index(bytes());
  e.op("memcpy_3d", {to, from, size, size, columns, e.index(pitch * bytes()), rows, e.index(sum.inner * bytes()),
                     columns, e.index(sum.rowElements() * bytes()), rows});
}

/// The sum of two planes or more; `to` may be the first of them.
void ScatterPlanes::addUp(Value to, SmallVector<Value> planes) {
  Value count = e.index(vector), total = planes.front();
  for (size_t k = 1; k < planes.size(); total = to) {
    if (addsThree() && k + 1 < planes.size()) {
      e.op("fusion", {to, total, planes[k], planes[k + 1], count})->setAttr("op_code", e.b.getStringAttr("faa"));
      k += 2;
    } else {
      e.op("add", {to, total, planes[k++], count});
    }
  }
}

/// The sum of the groups of one phase, shifted.
Value ScatterPlanes::addShifted(int64_t rowPhase, int64_t colPhase) {
  if (e.is2xx())
    return addCopied(rowPhase, colPhase);
  SmallVector<Value> planes;
  for (const auto &[group, plane] : groups)
    if (group.rowPhase == rowPhase && group.colPhase == colPhase)
      planes.push_back(group.shift ? e.behind(plane, e.attr(front - group.shift)) : plane);
  if (planes.size() == 1)
    return planes.front();
  if (planes.empty())
    e.fill(added, e.scalar(type(), 0), e.attr(vector));
  else
    addUp(added, planes);
  return added;
}

/// The same on an MLU2xx, whose vectors begin at multiples of 64 bytes: what is shifted is copied.
Value ScatterPlanes::addCopied(int64_t rowPhase, int64_t colPhase) {
  Value total;
  if (auto unmoved = groups.find({rowPhase, colPhase, 0}); unmoved != groups.end())
    total = unmoved->second;
  for (const auto &[group, planes] : groups) {
    if (group.rowPhase != rowPhase || group.colPhase != colPhase || group.shift == 0)
      continue;
    Value moved = shifted[group.shift];
    e.copyBytes(e.at(moved, Sizes{e.attr(group.shift)}), planes, e.attr((steps * pitch - group.shift) * bytes()));
    if (total)
      e.op("add", {added, total, moved, e.index(vector)});
    else
      e.copyBytes(added, moved, e.attr(vector * bytes()));
    total = added;
  }
  if (!total)
    e.fill(total = added, e.scalar(type(), 0), e.attr(vector));
  return total;
}

/// The taps of each group, as they lie.
void ScatterPlanes::sumTaps(Value tile) {
  SmallVector<WindowSum::Tap> taps(sum.taps);
  llvm::stable_sort(taps, [](const auto &a, const auto &b) { return a.inner < b.inner; });
  std::map<WindowSum::Group, SmallVector<Value>> waiting; // the sum so far, and what was picked for it
  auto groupFor = [&](const WindowSum::Group &group) {
    return !e.is2xx() && group.shift > 0 ? e.behind(groups[group], e.attr(front)) : groups[group];
  };
  if (!plane) // in any order: group by group, of which a builtin adds three
    llvm::stable_sort(taps, [&](const auto &a, const auto &b) { return sum.groupOf(a) < sum.groupOf(b); });
  int64_t inPlane = -1;
  for (auto [k, tap] : llvm::enumerate(taps)) {
    if (plane && inPlane != tap.inner) {
      inPlane = tap.inner;
      copySegments(e, plane, e.at(tile, Sizes{e.attr(tap.inner)}), 1, 1, sum.inner,
                   sum.outer * rowsOfY() * sum.middle * sum.width);
    }
    WindowSum::Group group = sum.groupOf(tap);
    SmallVector<Value> &parts = waiting[group];
    bool isFirst = parts.empty();
    Value target = isFirst ? groupFor(group) : picked[parts.size() - 1];
    pick(target, tap, tile, plane);
    parts.push_back(target);
    bool isLast = k + 1 == taps.size() || !(sum.groupOf(taps[k + 1]).key() == group.key());
    if (!isFirst && (parts.size() == 3 || isLast || !addsThree() || plane)) {
      addUp(parts.front(), parts);
      parts.truncate(1);
    }
  }
}

/// Whether the sum of all planes is the block as it lies in x.
bool ScatterPlanes::isDirect() const {
  return !e.is2xx() && sum.rowStride == 1 && sum.colStride == 1 && columns().width == sum.cols && pitch == sum.cols;
}

/// Every colStride-th column of every rowStride-th row of the block, by one copy.
void ScatterPlanes::place(Value result, Value from, int64_t rowPhase, int64_t colPhase) {
  auto [skipped, before, width] = columns();
  int64_t first = llvm::divideCeil(std::max<int64_t>(0, skipped - colPhase), sum.colStride);
  int64_t count = llvm::divideCeil(std::max<int64_t>(0, skipped + width - colPhase), sum.colStride) - first;
  if (count <= 0)
    return;
  int64_t at = rowPhase * sum.cols + before + first * sum.colStride + colPhase - skipped;
  Value inner = e.index(count), outer = e.index(steps), size = e.index(bytes());
  e.op("memcpy_3d",
       {e.at(result, Sizes{e.attr(at)}), e.behind(from, e.attr(first)), size, e.index(sum.colStride * bytes()), inner,
        e.index(sum.rowStride * sum.cols * bytes()), outer, size, inner, e.index(pitch * bytes()), outer});
}

void ScatterPlanes::compute(Value slot) {
  Value tile = slotOf(e, tiles, slot), result = slotOf(e, results, slot);
  sumTaps(tile);
  auto [skipped, before, width] = columns();
  if (width <= 0)
    return;
  if (isDirect())
    added = result;
  for (int64_t rowPhase = 0; rowPhase < sum.rowStride; ++rowPhase) {
    Value from;
    for (int64_t colPhase = 0; colPhase < sum.colStride; ++colPhase) {
      from = addShifted(rowPhase, colPhase);
      if (sum.colStride > 1 && e.device.hasCopy3d)
        place(result, from, rowPhase, colPhase);
      else if (sum.colStride > 1)
        copySegments(e, e.at(row, Sizes{e.attr(colPhase)}), from, 1, sum.colStride, 1, steps * pitch);
    }
    if (sum.colStride > 1 && e.device.hasCopy3d)
      continue;
    if (sum.colStride > 1)
      from = row;
    if (from != result)
      copySegments(e, e.at(result, Sizes{e.attr(rowPhase * sum.cols + before)}), e.at(from, Sizes{e.attr(skipped)}),
                   width, sum.rowStride * sum.cols, sum.colStride * pitch, steps);
  }
}

void ScatterPlanes::emit() {
  chooseBlock();
  int64_t blocks = sum.images * blocksOfImage(), tasks = takeOver(e, outermost, init, blocks);
  allocate();
  pipelineBlocks(e, blocks, tasks,
                 {[&](Value block, Value slot) { load(block, slot); }, [&] { clear(); },
                  [&](Value, Value slot) { compute(slot); },
                  [&](Value block, Value slot, bool isAsync) { store(block, slot, isAsync); }});
}

} // namespace

LogicalResult l2b::lowerScatterPlanes(Emit &e, scf::ForOp loop) { return lowerScatter<ScatterPlanes>(e, loop); }
