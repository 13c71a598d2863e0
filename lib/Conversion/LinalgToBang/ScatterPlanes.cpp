//===- ScatterPlanes.cpp - Windows that are added up on the chip ----------===//
//
// x[n, s i + k, t j + l] += y[n, i, j, k, l], the gradient of windows, with the taps k, l anywhere in y (see
// WindowSum). A task makes a block of rows of x. The rows of y that it needs are one piece of memory, which one copy
// brings; on the chip each tap is a plane, picked out of it by a strided copy, and planes are added up by vectors:
//
//   those of one phase (row and column of x modulo the strides) and one shift to the right, as they lie;
//   then those of one phase, each shifted by a copy, since vectors of an MLU2xx begin at multiples of 64 bytes;
//   the phases are put side by side by strided copies, and one copy stores the block.
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
  Value addShifted(int64_t rowPhase, int64_t colPhase);

  Emit &e;
  scf::ForOp outermost;
  Value x, y;
  linalg::FillOp init;
  WindowSum sum;
  int64_t steps = 1;               // rows of x in a block, in strides
  int64_t pitch = 1, vector = 1;   // of shifted planes: elements of a row, and of all
  Value tiles, results;            // two each
  Value plane, picked, added, row; // between them
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
  double chip = 3 * ops * start + in * cycle * (2 / d.coreMoveBytesPerCycle + 1 / d.vectorBytesPerCycle);
  double first = d.dmaStartupNs + in * share, last = d.dmaStartupNs + out * share;
  return first + double(rounds - 1) * std::max(first + last, chip) + chip + last;
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
  if (sum.colStride > 1)
    row = e.temp(type(), steps * sum.colStride * pitch);
  added = e.temp(type(), vector);
}

/// What is never written: columns that no window reaches, and the room behind a plane's rows.
void ScatterPlanes::clear() {
  if (columns().width < sum.cols)
    for (int64_t slot : {0, 1})
      e.fill(slotOf(e, results, e.index(slot)), e.scalar(type(), 0), e.attr(typeOf(results).getDimSize(1)));
  auto planes = [&] { return steps * sum.width == vector ? e.temp(type(), vector) : zeros(vector); };
  picked = planes();
  for (const WindowSum::Group &group : sum.groups()) {
    groups[group] = planes();
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

/// The sum of the groups of one phase, shifted.
Value ScatterPlanes::addShifted(int64_t rowPhase, int64_t colPhase) {
  Value total;
  if (auto unmoved = groups.find({rowPhase, colPhase, 0}); unmoved != groups.end())
    total = unmoved->second;
  for (const auto &[group, planes] : groups) {
    if (group.rowPhase != rowPhase || group.colPhase != colPhase || group.shift == 0)
      continue;
    if (!e.is2xx()) {
      Sizes right{e.attr(group.shift)};
      Value rest = e.index(vector - group.shift);
      if (!total) {
        e.fill(added, e.scalar(type(), 0), e.attr(group.shift));
        e.copyBytes(e.at(added, right), planes, e.attr((vector - group.shift) * bytes()));
      } else {
        if (total != added)
          e.copyBytes(added, total, e.attr(group.shift * bytes()));
        e.op("add", {e.at(added, right), e.at(total, right), planes, rest});
      }
      total = added;
      continue;
    }
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

void ScatterPlanes::compute(Value slot) {
  Value tile = slotOf(e, tiles, slot), result = slotOf(e, results, slot);
  SmallVector<WindowSum::Tap> taps(sum.taps);
  llvm::stable_sort(taps, [](const auto &a, const auto &b) { return a.inner < b.inner; });
  std::set<WindowSum::Group> begun;
  int64_t inPlane = -1;
  for (const WindowSum::Tap &tap : taps) {
    if (plane && inPlane != tap.inner) {
      inPlane = tap.inner;
      copySegments(e, plane, e.at(tile, Sizes{e.attr(tap.inner)}), 1, 1, sum.inner,
                   sum.outer * rowsOfY() * sum.middle * sum.width);
    }
    Value group = groups[sum.groupOf(tap)];
    bool isFirst = begun.insert(sum.groupOf(tap)).second;
    pick(isFirst ? group : picked, tap, tile, plane);
    if (!isFirst)
      e.op("add", {group, group, picked, e.index(vector)});
  }
  auto [skipped, before, width] = columns();
  if (width <= 0)
    return;
  for (int64_t rowPhase = 0; rowPhase < sum.rowStride; ++rowPhase) {
    Value from;
    for (int64_t colPhase = 0; colPhase < sum.colStride; ++colPhase) {
      from = addShifted(rowPhase, colPhase);
      if (sum.colStride > 1)
        copySegments(e, e.at(row, Sizes{e.attr(colPhase)}), from, 1, sum.colStride, 1, steps * pitch);
    }
    if (sum.colStride > 1)
      from = row;
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
