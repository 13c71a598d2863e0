//===- ScatterSort.cpp - Sorting sources by the places they go to ---------===//
//
// No builtin combines single elements at places that data names. Sorted by place they can be combined by vectors:
//
//   a word of each source: its place, and above that its number;
//   for each bit of the place: pack the words with 0 there, behind them those with 1 (stable, so all are sorted at
//   last); look the values up by their numbers; combine each with what is 1, 2, 4, … before it if both have one place,
//   until nothing is equal at such a distance; pack the last of each place: at most one source a place is left, in
//   order.
//
// Those are then combined with what the places hold: looked up and scattered where the device can (no two go to one
// place), else each is repeated up to the place of the next, which gives a row as long as the places. Guards, sources
// with the neutral value at every 64th place, keep the numbers of repetitions below what a byte holds.
//
// Sums are trees over the sources of a place in their order: the same bits in every run.
//
//===----------------------------------------------------------------------===//
#include "ScatterSort.h"
#include "Memory.h"
#include "VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

/// Places from guard to guard.
static constexpr int64_t kGuardStep = 64;
/// Tables have whole units of this many elements.
static constexpr int64_t kTableUnit = 64;
/// 2.0 as a word: a mask that is no subnormal number.
static constexpr int64_t kTopBit = 30;

static int64_t guardsOf(const Device &device, int64_t places) {
  return device.hasGather ? 0 : llvm::divideCeil(places, kGuardStep);
}

/// Elements of each of the four buffers; one more than the sources, for the end.
static int64_t lengthOf(const Device &device, int64_t places, int64_t sources) {
  int64_t all = sources + guardsOf(device, places);
  return llvm::alignTo(std::max(all, device.hasGather ? 0 : places) + 1, kTableUnit);
}

bool SourceSorter::isOffered(const Device &device) { return device.hasIntegerVector && device.arch >= 322; }

bool SourceSorter::fitsWord(int64_t places, int64_t sources) {
  return llvm::Log2_64_Ceil(places) + llvm::Log2_64_Ceil(sources + llvm::divideCeil(places, kGuardStep)) < 31;
}

int64_t SourceSorter::words(const Device &device, int64_t places, int64_t sources) {
  int64_t length = lengthOf(device, places, sources), guards = guardsOf(device, places);
  int64_t held = llvm::alignTo(places, kTableUnit);
  int64_t extreme = length; // what a maximum of floats may need beside them
  return 4 * length + extreme + 3 * llvm::alignTo(sources + guards, kTableUnit) + held +
         (device.hasGather ? 0 : held + length / 4 + guards + 64);
}

int64_t SourceSorter::mostSources(const Device &device, int64_t places, int64_t room) {
  int64_t least = 0, most = 65535 / kTableUnit; // what a scatter takes
  while (least < most) {
    int64_t middle = (least + most + 1) / 2, sources = middle * kTableUnit;
    if (words(device, places, sources) <= room && fitsWord(places, sources))
      least = middle;
    else
      most = middle - 1;
  }
  return least * kTableUnit;
}

double SourceSorter::nanoseconds(const Device &device, int64_t places, int64_t loaded, int64_t sources, bool isSum) {
  auto vectors = [&](double builtins, double elements) {
    return builtins * (device.vectorStartupCycles + 4 * elements / device.vectorBytesPerCycle);
  };
  double all = sources + guardsOf(device, places), keyBits = std::max(1u, llvm::Log2_64_Ceil(places));
  constexpr double kRounds = 5; // of equal places that are a few
  double cycles = vectors(7, loaded) + vectors(5 * keyBits + 6 + kRounds * (isSum ? 5 : 8) + 5, all);
  cycles += device.hasGather ? vectors(6, std::min<double>(sources, places))
                             : vectors(6, places) + 8.0 * places / device.coreMoveBytesPerCycle;
  double waits = keyBits + kRounds + 3; // for a count
  return cycles * 1e3 / device.clockMhz + waits * (device.scalarNramNs + device.syncCycles * 1e3 / device.clockMhz);
}

static Value neutralOf(Emit &e, Operation *combine) {
  Type type = combine->getResult(0).getType();
  double most = isa<FloatType>(type) ? std::numeric_limits<double>::infinity() : 2147483647.0;
  if (isa<arith::AddFOp, arith::AddIOp>(combine))
    return e.scalar(type, 0);
  if (isa<arith::MulFOp, arith::MulIOp>(combine))
    return e.scalar(type, 1);
  if (isa<arith::MaximumFOp>(combine))
    return e.scalar(type, -most);
  if (isa<arith::MaxSIOp>(combine))
    return e.scalar(type, -most - 1);
  return e.scalar(type, most);
}

SourceSorter::SourceSorter(Emit &e, ScatterLoop &scatter, int64_t places, int64_t sources)
    : e(e), scatter(scatter), places(places), sources(sources), first(guardsOf(e.device, places)),
      length(lengthOf(e.device, places, sources)), keyBits(std::max(1u, llvm::Log2_64_Ceil(places))),
      type(scatter.type()) {
  Type i32 = e.b.getI32Type();
  Value arena = e.temp(i32, 4 * length);
  auto piece = [&](Value buffer, int64_t from, int64_t size) -> Value {
    return memref::SubViewOp::create(e.b, e.loc, buffer, Sizes{e.attr(from)}, Sizes{e.attr(size)}, Sizes{e.attr(1)});
  };
  for (int64_t k = 0; k < 4; ++k)
    parts.push_back(piece(arena, k * length, length));
  int64_t all = llvm::alignTo(sources + first, kTableUnit);
  table = e.temp(type, all), numbers = e.temp(i32, all), topBit = e.temp(i32, all);
  values = piece(table, first, sources);
  held = e.temp(type, llvm::alignTo(places, kTableUnit));
  e.fill(topBit, e.scalar(i32, double(int64_t(1) << kTopBit)), e.attr(all));
  if (first == 0)
    return;
  e.fill(table, neutralOf(e, scatter.combine), e.attr(all));
  guards = e.temp(i32, first), repeats = e.temp(e.b.getI8Type(), length), placeNumbers = e.temp(i32, places);
  ramp(guards, 0, kGuardStep + (int64_t(1) << keyBits), first);
  ramp(placeNumbers, 0, 1, places);
}

Value SourceSorter::as(Value v, Type element) {
  return typeOf(v).getElementType() == element ? v : viewAs(e, v, element, length * 4);
}
Value SourceSorter::asFloat(Value v) { return as(v, e.b.getF32Type()); }
Value SourceSorter::asInt(Value v) { return as(v, e.b.getI32Type()); }
Value SourceSorter::bytes(OpFoldResult count) { return e.index(e.mul(count, e.attr(4))); }

/// dst[i] = begin + i * step.
void SourceSorter::ramp(Value dst, int64_t begin, int64_t step, int64_t count) {
  Type i32 = e.b.getI32Type();
  memref::StoreOp::create(e.b, e.loc, e.scalar(i32, double(begin)), dst, e.index(0));
  for (int64_t known = 1; known < count; known *= 2)
    e.op("add_scalar", {e.at(dst, Sizes{e.attr(known)}), dst, e.scalar(i32, double(known * step)),
                        e.index(std::min(known, count - known))});
}

void SourceSorter::makeNumbers(int64_t columns, int64_t width) {
  Type i32 = e.b.getI32Type();
  int64_t step = int64_t(1) << keyBits;
  ramp(numbers, first * step, step, std::min(columns, sources));
  for (int64_t known = columns; known < sources; known *= 2)
    e.op("add_scalar",
         {e.at(numbers, Sizes{e.attr(known)}), numbers, e.scalar(i32, double(known * step + known / columns * width)),
          e.index(std::min(known, sources - known))});
}

/// Packs what the mask (words that are 0 or a normal float) has; returns how many there are.
Value SourceSorter::pack(Value dst, Value src, Value mask, OpFoldResult count) {
  Value found = e.value("filter", {asFloat(dst), asFloat(src), asFloat(mask), e.index(count)}, e.b.getI32Type());
  return arith::IndexCastOp::create(e.b, e.loc, e.b.getIndexType(), found);
}

/// Sorts the words in parts[0]; returns in which part they are then, 0 or 2. What is behind the result of a pack is
/// clobbered: the masks change places, so that the one behind the words is the one that is used up.
unsigned SourceSorter::sort(OpFoldResult total) {
  Value n = e.index(total);
  auto pass = [&](unsigned from, Value shift) {
    Value src = parts[from], dst = parts[2 - from], zeros = parts[3 - from], ones = parts[1 + from];
    e.op("sll", {ones, src, shift, n});
    e.op("band", {ones, ones, topBit, bytes(total)});
    e.op("not", {asFloat(zeros), asFloat(ones), n});
    Value count = pack(dst, src, zeros, total);
    pack(e.at(dst, Sizes{count}), src, ones, total);
  };
  if (keyBits > 1) {
    auto loop = scf::ForOp::create(e.b, e.loc, e.index(0), e.index(keyBits / 2 * 2), e.index(2));
    OpBuilder::InsertionGuard guard(e.b);
    e.b.setInsertionPointToStart(loop.getBody());
    Value high = arith::SubIOp::create(e.b, e.loc, e.index(kTopBit), loop.getInductionVar());
    pass(0, high);
    pass(2, arith::SubIOp::create(e.b, e.loc, high, e.index(1)));
  }
  if (keyBits % 2 == 0)
    return 0;
  pass(0, e.index(kTopBit - keyBits + 1));
  return 2;
}

/// sum[i] = op(sum[i], other[i]) where equal[i], words of all ones or of none.
void SourceSorter::keep(Value sum, Value other, Value equal, OpFoldResult count) {
  Value size = bytes(count);
  if (isa<arith::AddFOp, arith::AddIOp>(scatter.combine)) {
    e.op("band", {other, other, equal, size});
    return scatter.emitCombine(e, sum, sum, other, count, length);
  }
  scatter.emitCombine(e, other, sum, other, count, length);
  e.op("bxor", {other, other, sum, size});
  e.op("band", {other, other, equal, size});
  e.op("bxor", {sum, sum, other, size});
}

/// Combines each value with those of the same key before it: the last of a key has all of them at the end.
void SourceSorter::combineEqual(Value keys, Value values, Value equal, Value other, OpFoldResult total) {
  Type index = e.b.getIndexType();
  auto loop = scf::WhileOp::create(e.b, e.loc, TypeRange{index}, ValueRange{e.index(1)});
  Block *before = e.b.createBlock(&loop.getBefore(), {}, {index}, {e.loc});
  Block *after = e.b.createBlock(&loop.getAfter(), {}, {index}, {e.loc});
  auto sizes = [&](Block *block) -> std::pair<OpFoldResult, OpFoldResult> {
    OpFoldResult distance = e.min(block->getArgument(0), e.sub(total, e.attr(1)));
    return {distance, e.sub(total, distance)};
  };
  e.b.setInsertionPointToStart(before);
  {
    auto [distance, count] = sizes(before);
    e.op("eq", {equal, e.at(keys, Sizes{distance}), keys, e.index(count)});
    Value found = e.value("count", {equal, e.index(count)}, e.b.getI32Type());
    Value some = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::ne, found, e.i32(0));
    Value inside = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::slt, before->getArgument(0), e.index(total));
    some = arith::AndIOp::create(e.b, e.loc, inside, some);
    scf::ConditionOp::create(e.b, e.loc, some, ValueRange{before->getArgument(0)});
  }
  e.b.setInsertionPointToStart(after);
  {
    auto [distance, count] = sizes(after);
    e.op("mul_scalar", {equal, equal, e.scalar(e.b.getI32Type(), -1), e.index(count)});
    // A copy: what is combined moves on while it is read.
    Value size = bytes(count), sum = e.at(values, Sizes{distance});
    if (isa<arith::AddFOp, arith::AddIOp>(scatter.combine)) {
      e.op("band", {other, values, equal, size});
      scatter.emitCombine(e, sum, sum, other, count, length);
    } else {
      e.op("memcpy", {other, values, size});
      keep(sum, other, equal, count);
    }
    Value next = arith::MulIOp::create(e.b, e.loc, after->getArgument(0), e.index(2));
    scf::YieldOp::create(e.b, e.loc, ValueRange{next});
  }
  e.b.setInsertionPointAfter(loop);
}

/// `count` sources with different keys, in order, meet what the places hold.
void SourceSorter::combineHeld(Value keys, Value values, Value a, Value b, OpFoldResult count) {
  Value n = e.index(count), four = e.index(4);
  if (e.device.hasGather) {
    Value sums = as(a, type);
    e.op("lut", {sums, keys, held, n, e.index(typeOf(held).getNumElements())});
    scatter.emitCombine(e, sums, sums, values, count, length);
    e.op("sll", {keys, keys, e.index(2), n});
    e.op("scatter", {held, sums, keys, four, four, n});
    return;
  }
  memref::StoreOp::create(e.b, e.loc, e.scalar(e.b.getI32Type(), double(places)), keys, n);
  e.op("sub", {a, e.at(keys, Sizes{e.attr(1)}), keys, n});
  e.op("int322float", {asFloat(b), a, n, e.i32(0)}, "rn");
  e.op("float2int8", {repeats, asFloat(b), n, e.i32(0)}, "tz");
  e.op("extension", {a, keys, repeats, four, n});
  e.op("extension", {as(b, type), values, repeats, four, n});
  Value all = e.index(places);
  e.op("eq", {a, a, placeNumbers, all});
  e.op("mul_scalar", {a, a, e.scalar(e.b.getI32Type(), -1), all});
  keep(held, as(b, type), a, e.attr(places));
}

void SourceSorter::run(OpFoldResult count, OpFoldResult low, OpFoldResult high) {
  Type i32 = e.b.getI32Type();
  auto narrow = [&](OpFoldResult value) -> Value {
    return arith::IndexCastOp::create(e.b, e.loc, i32, e.index(value)).getResult();
  };
  Value words = parts[0], named = parts[1], below = parts[2], mask = parts[3], n = e.index(count);
  e.op("ge_scalar", {mask, named, narrow(low), n});
  e.op("lt_scalar", {below, named, narrow(high), n});
  e.op("and", {mask, mask, below, n});
  e.op("sll", {mask, mask, e.index(kTopBit), n});
  if (!isConstantIntValue(low, 0))
    e.op("sub_scalar", {named, named, narrow(low), n});
  e.op("add", {named, named, numbers, n});
  OpFoldResult total = e.add(pack(e.at(words, Sizes{e.attr(first)}), named, mask, count), e.attr(first));
  if (first > 0) {
    e.op("memcpy", {words, guards, e.index(first * 4)});
    return round(total);
  }
  Value some = arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::ne, e.index(total), e.index(0));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, some, /*withElseRegion=*/false).thenYield());
  round(total);
}

/// Of `total` words, at least one.
void SourceSorter::round(OpFoldResult total) {
  Value n = e.index(total);
  unsigned at = sort(total);
  Value words = parts[at], keys = parts[2 - at], rest = parts[1], found = parts[3];
  e.op("sra", {rest, words, e.index(keyBits), n});
  e.op("sll", {found, rest, e.index(keyBits), n});
  e.op("sub", {keys, words, found, n});
  e.op("lut", {as(found, type), rest, table, n, e.index(typeOf(table).getNumElements())});
  combineEqual(keys, as(found, type), rest, as(words, type), total);
  // The last of each key.
  memref::StoreOp::create(e.b, e.loc, e.scalar(e.b.getI32Type(), -1), keys, n);
  e.op("ne", {rest, keys, e.at(keys, Sizes{e.attr(1)}), n});
  e.op("sll", {rest, rest, e.index(kTopBit), n});
  pack(words, found, rest, total);
  OpFoldResult left = pack(found, keys, rest, total);
  combineHeld(found, as(words, type), keys, rest, left);
}
