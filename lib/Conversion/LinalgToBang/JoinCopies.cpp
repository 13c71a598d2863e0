//===- JoinCopies.cpp - Kernels that only copy memory ---------------------===//
//
// A join of tensors is a kernel of copies from GDRAM to GDRAM, each to its own part of the result. Every copy is cut
// into pieces that fit the chip, and the pieces are dealt out to all cores: rows that lie at constant distances on both
// sides travel together. Short parts of rows that lie side by side are put together on the chip, so that the result is
// written in one piece.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Bytes that travel at once.
constexpr int64_t kPieceBytes = 64 * 1024;

/// `count` steps of `src` and `dst` elements.
struct Level {
  int64_t count, src, dst;
};

struct Join {
  Emit &e;
  memref::CopyOp copy;
  int64_t elements = 1;        // side by side on both sides
  SmallVector<Level> levels{}; // around them, outermost first

  LogicalResult analyse();
  void emit(Value task, int64_t tasks);
};

LogicalResult Join::analyse() {
  Value src = copy.getSource(), dst = copy.getTarget();
  if (spaceOf(src) != mlu::Space::GDRAM || spaceOf(dst) != mlu::Space::GDRAM || !typeOf(src).hasStaticShape())
    return failure();
  FailureOr<SmallVector<int64_t>> from = stridesOf(src), to = stridesOf(dst);
  if (failed(from) || failed(to) || typeOf(src).getNumElements() == 0)
    return failure();
  for (Value memref : {src, dst}) {
    SmallVector<int64_t> strides;
    int64_t offset;
    if (failed(typeOf(memref).getStridesAndOffset(strides, offset)) || ShapedType::isDynamic(offset))
      return failure();
  }
  ArrayRef<int64_t> shape = typeOf(src).getShape();
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    if (shape[dim] == 1)
      continue;
    Level level{shape[dim], (*from)[dim], (*to)[dim]};
    if (levels.empty() && level.src == elements && level.dst == elements) {
      elements *= level.count;
    } else if (!levels.empty() && level.src == levels.front().src * levels.front().count &&
               level.dst == levels.front().dst * levels.front().count) {
      levels.front().count *= level.count;
    } else {
      levels.insert(levels.begin(), level);
    }
  }
  if (levels.empty())
    levels.push_back({1, elements, elements});
  return success();
}

void Join::emit(Value task, int64_t tasks) {
  Value src = e.flat(copy.getSource()), dst = e.flat(copy.getTarget());
  Type type = typeOf(src).getElementType();
  int64_t bytes = elementBytes(type), room = kPieceBytes / bytes;
  Level rows = levels.back();
  // Whole rows, as many as every core gets, or parts of one.
  int64_t outer = 1;
  for (const Level &level : ArrayRef(levels).drop_back())
    outer *= level.count;
  int64_t total = outer * rows.count * elements, share = (total + e.device.cores() - 1) / e.device.cores();
  int64_t part = std::min({elements, room, std::max<int64_t>(share, 256)}), parts = (elements + part - 1) / part;
  int64_t most = parts > 1 ? 1 : std::max<int64_t>(1, std::min({rows.count, room / part, (share + part - 1) / part}));
  int64_t stacks = (rows.count + most - 1) / most, pieces = outer * stacks * parts;
  Value buffer = e.temp(type, most * part);

  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(pieces), e.index(tasks));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  OpFoldResult rest = loop.getInductionVar();
  auto digit = [&](int64_t base) -> OpFoldResult { // the last digit of what is left
    if (base == 1)
      return e.attr(0);
    Value value = e.index(rest);
    rest = arith::DivUIOp::create(e.b, e.loc, value, e.index(base)).getResult();
    return arith::RemUIOp::create(e.b, e.loc, value, e.index(base)).getResult();
  };
  OpFoldResult column = e.mul(digit(parts), e.attr(part)), row = e.mul(digit(stacks), e.attr(most));
  OpFoldResult width = elements % part == 0 ? e.attr(part) : e.min(e.attr(part), e.sub(e.attr(elements), column));
  OpFoldResult count = rows.count % most == 0 ? e.attr(most) : e.min(e.attr(most), e.sub(e.attr(rows.count), row));
  OpFoldResult from = e.add(column, e.mul(row, e.attr(rows.src))), to = e.add(column, e.mul(row, e.attr(rows.dst)));
  for (const Level &level : llvm::reverse(ArrayRef(levels).drop_back())) {
    OpFoldResult index = &level == &levels.front() ? rest : digit(level.count);
    from = e.add(from, e.mul(index, e.attr(level.src)));
    to = e.add(to, e.mul(index, e.attr(level.dst)));
  }
  OpFoldResult size = e.mul(width, e.attr(bytes));
  auto move = [&](Value into, Value out, int64_t intoStep, int64_t outStep) {
    bool isDense = most == 1 || (intoStep == part && outStep == part);
    if (isDense)
      e.op("memcpy", {into, out, e.index(e.mul(size, count))});
    else
      e.op("memcpy_2d",
           {into, out, e.index(size), e.index(intoStep * bytes), e.index(outStep * bytes), e.index(count)});
  };
  move(buffer, e.at(src, Sizes{from}), part, rows.src);
  move(e.at(dst, Sizes{to}), buffer, rows.dst, part);
}

int64_t offsetOf(Value memref) {
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)typeOf(memref).getStridesAndOffset(strides, offset);
  return offset;
}

/// Parts of the same rows, which together fill them.
class Rows {
public:
  static std::optional<Rows> match(Emit &e, MutableArrayRef<Join> joins) {
    Rows rows(e);
    for (Join &join : joins)
      rows.parts.push_back(&join);
    llvm::stable_sort(rows.parts,
                      [](Join *a, Join *b) { return offsetOf(a->copy.getTarget()) < offsetOf(b->copy.getTarget()); });
    Join &first = *rows.parts.front();
    rows.count = first.levels.front().count;
    rows.width = first.levels.front().dst;
    int64_t at = offsetOf(first.copy.getTarget()), end = at + rows.width;
    for (Join *part : rows.parts) {
      const Level &level = part->levels.front();
      if (part->levels.size() != 1 || level.count != rows.count || level.dst != rows.width ||
          offsetOf(part->copy.getTarget()) != at || rootOf(part->copy.getTarget()) != rootOf(first.copy.getTarget()))
        return std::nullopt;
      at += part->elements;
    }
    rows.bytes = elementBytes(typeOf(first.copy.getTarget()).getElementType());
    if (rows.parts.size() < 2 || at != end || rows.width * rows.bytes > kPieceBytes || !rows.isWorthMoving())
      return std::nullopt;
    return rows;
  }

  void emit(Value task, int64_t tasks) {
    Value dst = e.flat(parts.front()->copy.getTarget());
    Type type = typeOf(dst).getElementType();
    int64_t share = (count + e.device.cores() - 1) / e.device.cores();
    // All cores get as many, in as few pieces as NRAM allows.
    int64_t room = std::min(e.device.nramBudget() / 4 / (width * bytes), kMaxSegments),
            rounds = (share + room - 1) / room;
    int64_t most = (share + rounds - 1) / rounds, pieces = (count + most - 1) / most;
    Value whole = e.temp(type, most * width);
    SmallVector<Value> sources, buffers;
    for (Join *part : parts) {
      bool isDense = part->levels.front().src == part->elements;
      sources.push_back(e.flat(part->copy.getSource()));
      buffers.push_back(isDense ? e.temp(type, most * part->elements) : Value());
    }
    auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(pieces), e.index(tasks));
    OpBuilder::InsertionGuard guard(e.b);
    e.b.setInsertionPointToStart(loop.getBody());
    OpFoldResult row = e.mul(loop.getInductionVar(), e.attr(most));
    OpFoldResult size = count % most == 0 ? e.attr(most) : e.min(e.attr(most), e.sub(e.attr(count), row));
    int64_t at = 0;
    for (auto [part, source, buffer] : llvm::zip(parts, sources, buffers)) {
      Value from = e.at(source, Sizes{e.mul(row, e.attr(part->levels.front().src))});
      Value to = e.at(whole, Sizes{e.attr(at)});
      int64_t length = part->elements * bytes, step = part->levels.front().src * bytes;
      if (buffer) {
        e.op("memcpy", {buffer, from, e.index(e.mul(size, e.attr(length)))});
        from = buffer;
      }
      e.op("memcpy_2d", {to, from, e.index(length), e.index(width * bytes), e.index(step), e.index(size)});
      at += part->elements;
    }
    Value to = e.at(dst, Sizes{e.mul(row, e.attr(width))});
    e.op("memcpy", {to, whole, e.index(e.mul(size, e.attr(width * bytes)))});
  }

private:
  explicit Rows(Emit &e) : e(e) {}

  /// Whether a segment a part and row takes longer than moving the row on the chip.
  bool isWorthMoving() const {
    double segment = std::max(e.device.dmaSegmentSharedNs * double(e.device.cores()), e.device.dmaSegmentNs);
    double move = double(width * bytes) / (e.device.coreMoveBytesPerCycle * double(e.device.clockMhz)) * 1e3;
    return double(parts.size()) * segment > move;
  }

  Emit &e;
  SmallVector<Join *> parts; // from left to right
  int64_t count = 0, width = 0, bytes = 0;
};

} // namespace

LogicalResult l2b::lowerJoin(func::FuncOp kernel, const Device &device) {
  SmallVector<memref::CopyOp> copies;
  bool onlyCopies = true;
  kernel.walk([&](Operation *op) {
    if (auto copy = dyn_cast<memref::CopyOp>(op))
      copies.push_back(copy);
    else
      onlyCopies &= isPure(op) || isa<func::FuncOp, func::ReturnOp>(op);
  });
  if (!onlyCopies || copies.empty())
    return failure();
  OpBuilder b(copies.front());
  Emit e{b, copies.front().getLoc(), device};
  SmallVector<Join> joins;
  for (memref::CopyOp copy : copies) {
    joins.push_back({e, copy});
    if (failed(joins.back().analyse()))
      return failure();
  }
  int64_t tasks = device.cores();
  kernel->setAttr("mlu.dim", b.getDenseI64ArrayAttr({tasks, 1, 1}));
  Value task = mlu::TaskIdOp::create(b, e.loc);
  std::optional<Rows> rows = Rows::match(e, joins);
  if (rows) {
    b.setInsertionPoint(copies.back());
    rows->emit(task, tasks);
    for (memref::CopyOp copy : copies)
      copy.erase();
    return success();
  }
  for (Join &join : joins) {
    b.setInsertionPoint(join.copy);
    join.emit(task, tasks);
    join.copy.erase();
  }
  return success();
}
