//===- GatherRows.cpp - Movements by rows ---------------------------------===//
//
// y[i…, j…] = x[f(i…), g(j…)]: for each row i of y, DMA brings the stretch of x that the row needs, and copies on the
// chip put its elements where they belong. f may come from tensors of indices (an embedding) or from any arithmetic; g
// is known when compiling, so its values are a table, and the table a few walks at constant steps (IndexTable.h). What
// is outside x is a constant. Rows are dealt out to all cores in chunks that lie side by side in y and are stored at
// once.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "IndexTable.h"
#include "Loops.h"
#include "Memory.h"

#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Bytes of the rows that are moved at once, and those of one row at most.
constexpr int64_t kChunkBytes = 48 * 1024;
/// Bytes of the rows that are turned round, at most.
constexpr int64_t kTurnBytes = 96 * 1024;
/// Walks that a row is put together from, at most.
constexpr size_t kMostRuns = 64;
/// Rows at most whose addresses are looked at when compiling.
constexpr int64_t kMostRows = 8192;

/// The rows of y: its first `leading` loops.
struct Plan {
  int64_t leading = 0, rows = 1, columns = 1;
  int64_t low = 0, span = 1;   // the stretch of x that a row needs, from its address on
  SmallVector<Run> runs;       // from that stretch to the row
  std::optional<int64_t> step; // distance of the stretches of neighbouring rows, where it is constant
  int64_t chunk = 1;
  double ns = 0; // estimated, of all rows of a core

  bool isWhole() const {
    return span == columns && runs.size() == 1 && runs[0].dst == 0 && runs[0].src == 0 &&
           (runs[0].steps.empty() || runs[0].steps[0] == Run::Step{columns, 1, 1});
  }
  int64_t filled() const {
    int64_t elements = 0;
    for (const Run &run : runs) {
      int64_t count = 1;
      for (const Run::Step &step : run.steps)
        count *= step.count;
      elements += count;
    }
    return elements;
  }
};

struct GatherRows {
  GatherRows(Emit &e, linalg::LinalgOp op) : e(e), op(op) {}

  Emit &e;
  linalg::LinalgOp op;
  memref::LoadOp load;
  arith::SelectOp select; // null: every element is in x
  Value out;
  TypedAttr outside;
  SmallVector<Value> conditions; // all hold inside
  SmallVector<Dependence> ofIndex, ofCondition;
  SmallVector<int64_t> strides;
  Plan plan;

  LogicalResult analyse();
  std::optional<Plan> planFor(int64_t leading);
  bool isOfRow(const Dependence &d, int64_t leading) const;
  bool isOfColumn(const Dependence &d, int64_t leading) const;
  void emit();

private:
  Type type() const { return typeOf(out).getElementType(); }
  int64_t bytes() const { return elementBytes(out); }
  void fill(Value buffer, int64_t count);
  std::optional<int64_t> stepOf(const Plan &p);
  void estimate(Plan &p);

  Value stage(OpOperand &operand, OpFoldResult first, OpFoldResult count);
  Value materialise(Value value, IRMapping &known, const Sizes &ivs, Value local);
  void loadRows(Value in, OpFoldResult first, OpFoldResult count);
  bool turns() const;
  int64_t turnedRows() const;
  Value turn(Value in, OpFoldResult count, int64_t &pitch, SmallVector<Run> &runs);
  void copyRuns(Value in, int64_t pitch, ArrayRef<Run> runs, Value rows, int64_t width, OpFoldResult count);

  Value constant; // a stretch of what is outside
  llvm::DenseMap<OpOperand *, Value> staged;
};

bool GatherRows::isOfRow(const Dependence &d, int64_t leading) const {
  return d.loops.none() || d.loops.find_last() < leading;
}

bool GatherRows::isOfColumn(const Dependence &d, int64_t leading) const {
  return !d.onData && d.loops.any() && d.loops.find_first() >= leading;
}

LogicalResult GatherRows::analyse() {
  if (op.getNumDpsInits() != 1 || op.getNumLoops() != op.getNumParallelLoops() || op.getNumLoops() == 0)
    return failure();
  out = op.getDpsInits().front();
  if (!isa<MemRefType>(out.getType()) || spaceOf(out) != mlu::Space::GDRAM || !typeOf(out).hasStaticShape() ||
      !typeOf(out).getLayout().isIdentity() || !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return failure();
  Value result = op.getBlock()->getTerminator()->getOperand(0);
  select = result.getDefiningOp<arith::SelectOp>();
  load = (select ? select.getTrueValue() : result).getDefiningOp<memref::LoadOp>();
  if (!load || llvm::range_size(op.getBlock()->getOps<memref::LoadOp>()) != 1)
    return failure();
  MemRefType x = load.getMemRefType();
  if (mlu::getSpace(x) != mlu::Space::GDRAM || !x.hasStaticShape() || !x.getLayout().isIdentity() ||
      x.getNumElements() == 0 || typeOf(out).getNumElements() == 0 ||
      (select && !matchPattern(select.getFalseValue(), m_Constant(&outside))))
    return failure();
  strides = *stridesOf(load.getMemRef());
  for (Value index : load.getIndices())
    ofIndex.push_back(dependenceOf(op, index));
  if (select) {
    conditions.push_back(select.getCondition());
    for (size_t k = 0; k < conditions.size(); ++k) // each part of a conjunction by itself
      while (auto both = conditions[k].getDefiningOp<arith::AndIOp>()) {
        conditions[k] = both.getLhs();
        conditions.push_back(both.getRhs());
      }
    for (Value condition : conditions)
      ofCondition.push_back(dependenceOf(op, condition));
  }
  std::optional<Plan> best;
  for (int64_t leading = op.getNumLoops(); leading >= 0; --leading)
    if (std::optional<Plan> each = planFor(leading); each && (!best || each->ns < best->ns))
      best = each;
  if (!best)
    return failure();
  plan = *best;
  return success();
}

/// What a row needs if the first `leading` loops are the rows; nothing if an address belongs to rows and columns.
std::optional<Plan> GatherRows::planFor(int64_t leading) {
  auto separate = [&](const Dependence &d) { return isOfRow(d, leading) || isOfColumn(d, leading); };
  if (!llvm::all_of(ofIndex, separate) || !llvm::all_of(ofCondition, separate))
    return std::nullopt;
  Plan p;
  p.leading = leading;
  ArrayRef<int64_t> shape = typeOf(out).getShape();
  for (auto [loop, size] : llvm::enumerate(shape))
    (int64_t(loop) < leading ? p.rows : p.columns) *= size;
  if (p.columns * bytes() > kChunkBytes)
    return std::nullopt;
  SmallVector<int64_t> table, ivs(shape.size(), 0);
  int64_t high = 0;
  p.low = std::numeric_limits<int64_t>::max();
  for (int64_t column = 0; column < p.columns; ++column) {
    int64_t rest = column, address = 0;
    for (int64_t loop = int64_t(shape.size()) - 1; loop >= leading; --loop)
      ivs[loop] = rest % shape[loop], rest /= shape[loop];
    for (auto [condition, of] : llvm::zip(conditions, ofCondition))
      if (address >= 0 && isOfColumn(of, leading)) {
        std::optional<int64_t> holds = evaluateAt(op, condition, ivs);
        if (!holds)
          return std::nullopt;
        address = *holds ? 0 : -1;
      }
    for (size_t k = 0; k < strides.size() && address >= 0; ++k)
      if (isOfColumn(ofIndex[k], leading)) {
        std::optional<int64_t> index = evaluateAt(op, load.getIndices()[k], ivs);
        if (!index)
          return std::nullopt;
        address += *index * strides[k];
      }
    table.push_back(address);
    if (address >= 0)
      p.low = std::min(p.low, address), high = std::max(high, address);
  }
  p.low = std::min(p.low, high);
  p.span = high - p.low + 1;
  if (p.span * bytes() > kChunkBytes)
    return std::nullopt;
  for (int64_t &address : table)
    address = address < 0 ? -1 : address - p.low;
  std::optional<SmallVector<Run>> runs = runsOf(table, kMostRuns);
  if (!runs)
    return std::nullopt;
  p.runs = *runs;
  p.step = stepOf(p);
  estimate(p);
  return p;
}

/// The distance in x of what neighbouring rows read, if it is the same for all and no row is outside.
std::optional<int64_t> GatherRows::stepOf(const Plan &p) {
  auto known = [&](const Dependence &d) { return !d.onData; };
  if (p.rows > kMostRows || !llvm::all_of(ofIndex, known) ||
      llvm::any_of(ofCondition, [&](const Dependence &d) { return isOfRow(d, p.leading); }))
    return std::nullopt;
  ArrayRef<int64_t> shape = typeOf(out).getShape();
  SmallVector<int64_t> ivs(shape.size(), 0);
  int64_t before = 0;
  std::optional<int64_t> step;
  for (int64_t row = 0; row < p.rows; ++row) {
    int64_t rest = row, address = 0;
    for (int64_t loop = p.leading - 1; loop >= 0; --loop)
      ivs[loop] = rest % shape[loop], rest /= shape[loop];
    for (size_t k = 0; k < strides.size(); ++k)
      if (isOfRow(ofIndex[k], p.leading)) {
        std::optional<int64_t> index = evaluateAt(op, load.getIndices()[k], ivs);
        if (!index)
          return std::nullopt;
        address += *index * strides[k];
      }
    if (row > 0 && (address - before < 0 || (step && address - before != *step)))
      return std::nullopt;
    if (row > 0)
      step = address - before;
    before = address;
  }
  return step ? step : p.span;
}

/// Chooses how many rows are moved at once, as many for each core, and estimates what a core takes.
void GatherRows::estimate(Plan &p) {
  int64_t each = (p.rows + e.device.cores() - 1) / e.device.cores(), width = std::max(p.span, p.columns) * bytes();
  int64_t most = std::max<int64_t>(1, kChunkBytes / width), rounds = (each + most - 1) / most;
  p.chunk = (each + rounds - 1) / rounds;
  double segment = p.step == p.span ? 0 : e.device.dmaSegmentNs;
  double ioBytes = e.device.coreIoBytesPerCycle, moveBytes = e.device.coreMoveBytesPerCycle;
  double perRow = ((p.span + p.columns) * bytes() / ioBytes) * 1e3 / e.device.clockMhz + segment;
  double perChunk = 2 * e.device.dmaStartupNs;
  if (!p.isWhole()) {
    double starts = 0;
    for (const Run &run : p.runs) {
      SmallVector<int64_t> counts{p.chunk};
      for (const Run::Step &step : run.steps)
        counts.push_back(step.count);
      llvm::sort(counts);
      size_t inBuiltin = std::min<size_t>(counts.size(), e.device.hasCopy3d ? 2 : 1);
      double times = 1;
      for (size_t k = 0; k + inBuiltin < counts.size(); ++k)
        times *= counts[k];
      starts += times;
    }
    perRow += p.columns * bytes() / moveBytes * 1e3 / e.device.clockMhz;
    perChunk += starts * e.device.vectorStartupCycles * 1e3 / e.device.clockMhz;
  }
  p.ns = rounds * (perChunk + p.chunk * perRow);
}

/// Fills a buffer with what is outside x.
void GatherRows::fill(Value buffer, int64_t count) {
  Value value = arith::ConstantOp::create(e.b, e.loc, outside);
  if (bytes() <= 4 && !type().isInteger(1))
    return e.fill(buffer, value, e.attr(typeOf(buffer).getNumElements()));
  e.loops({e.attr(count)}, [&](ArrayRef<OpFoldResult> ivs) {
    memref::StoreOp::create(e.b, e.loc, value, buffer, ValueRange{e.index(ivs[0])});
  });
}

/// The elements of `operand` for `count` rows from `first` on, on the chip; null if they do not lie side by side.
Value GatherRows::stage(OpOperand &operand, OpFoldResult first, OpFoldResult count) {
  auto from = dyn_cast<MemRefType>(operand.get().getType());
  AffineMap map = op.getMatchingIndexingMap(&operand);
  if (!from || !from.hasStaticShape() || !from.getLayout().isIdentity() || mlu::getSpace(from) != mlu::Space::GDRAM ||
      plan.chunk == 1 ||
      map != AffineMap::getMultiDimIdentityMap(map.getNumDims(), map.getContext()).getMajorSubMap(plan.leading))
    return {};
  Value buffer = e.temp(from.getElementType(), plan.chunk);
  e.op("memcpy", {buffer, e.at(e.flat(operand.get()), Sizes{first}),
                  e.index(e.mul(count, e.attr(elementBytes(from.getElementType()))))});
  return buffer;
}

/// `value` of the body at the rows' indices `ivs`; `local` is the row's number in the chunk.
Value GatherRows::materialise(Value value, IRMapping &known, const Sizes &ivs, Value local) {
  if (Value made = known.lookupOrNull(value))
    return made;
  Value made = value;
  if (auto argument = dyn_cast<BlockArgument>(value); argument && argument.getOwner() == op.getBlock()) {
    OpOperand *operand = op.getMatchingOpOperand(argument);
    if (!isa<MemRefType>(operand->get().getType()))
      return operand->get();
    Value buffer = staged.lookup(operand);
    SmallVector<Value> at;
    if (buffer)
      at.push_back(local);
    else
      for (AffineExpr expr : op.getMatchingIndexingMap(operand).getResults())
        at.push_back(e.index(e.apply(expr, ivs)));
    made = memref::LoadOp::create(e.b, e.loc, buffer ? buffer : operand->get(), at);
  } else if (Operation *def = value.getDefiningOp(); def && def->getBlock() == op.getBlock()) {
    if (auto index = dyn_cast<linalg::IndexOp>(def)) {
      made = e.index(ivs[index.getDim()]);
    } else {
      for (Value operand : def->getOperands())
        materialise(operand, known, ivs, local);
      made = e.b.clone(*def, known)->getResult(0);
    }
  }
  known.map(value, made);
  return made;
}

/// Brings what `count` rows from `first` on need to `in`, one stretch behind the other.
void GatherRows::loadRows(Value in, OpFoldResult first, OpFoldResult count) {
  ArrayRef<int64_t> shape = typeOf(out).getShape();
  Value x = e.flat(load.getMemRef());
  OpFoldResult stretch = e.attr(plan.span * bytes());
  staged.clear();
  if (!plan.step)
    for (OpOperand *operand : op.getDpsInputOperands())
      if (op.payloadUsesValueFromOperand(operand))
        if (Value buffer = stage(*operand, first, count))
          staged[operand] = buffer;
  auto address = [&](OpFoldResult row, OpFoldResult local, Value &inside) {
    Sizes ivs(shape.size(), e.attr(0));
    OpFoldResult rest = row;
    for (int64_t loop = plan.leading - 1; loop >= 0; --loop) {
      ivs[loop] = rest;
      if (loop > 0) {
        ivs[loop] = arith::RemUIOp::create(e.b, e.loc, e.index(rest), e.index(shape[loop])).getResult();
        rest = arith::DivUIOp::create(e.b, e.loc, e.index(rest), e.index(shape[loop])).getResult();
      }
    }
    IRMapping known;
    Value at = e.index(local);
    for (auto [condition, of] : llvm::zip(conditions, ofCondition))
      if (isOfRow(of, plan.leading)) {
        Value holds = materialise(condition, known, ivs, at);
        inside = inside ? arith::AndIOp::create(e.b, e.loc, inside, holds).getResult() : holds;
      }
    OpFoldResult offset = e.attr(plan.low);
    for (auto [index, of, stride] : llvm::zip(load.getIndices(), ofIndex, strides))
      if (isOfRow(of, plan.leading))
        offset = e.add(offset, e.mul(materialise(index, known, ivs, at), e.attr(stride)));
    return offset;
  };
  Value inside;
  if (plan.step) {
    Value from = e.at(x, Sizes{address(first, e.attr(0), inside)});
    if (*plan.step == plan.span)
      e.op("memcpy", {in, from, e.index(e.mul(count, stretch))});
    else
      e.op("memcpy_2d", {in, from, e.index(stretch), e.index(stretch), e.index(*plan.step * bytes()), e.index(count)});
    return;
  }
  e.loops({count}, [&](ArrayRef<OpFoldResult> ivs) {
    Value to = e.at(in, Sizes{e.mul(ivs[0], e.attr(plan.span))}), holds;
    OpFoldResult offset = address(e.add(first, ivs[0]), ivs[0], holds);
    OpBuilder::InsertionGuard guard(e.b);
    if (holds) {
      auto check = scf::IfOp::create(e.b, e.loc, holds, /*withElseRegion=*/true);
      e.b.setInsertionPoint(check.elseYield());
      e.copyBytes(to, constant, stretch);
      e.b.setInsertionPoint(check.thenYield());
    }
    e.op("memcpy_async", {to, e.at(x, Sizes{offset}), e.index(stretch)});
  });
}

/// Whether `turn` pays: long walks go backwards, and the rows fit NRAM thrice, as many of them as MLU2xx turns at
/// least.
bool GatherRows::turns() const {
  auto runsBack = [](const Run &run) { return !run.steps.empty() && run.steps.back().src < 0; };
  auto isLong = [&](const Run &run) { return !run.steps.empty() && run.steps.back().count > plan.chunk; };
  return bytes() <= 4 && !type().isInteger(1) && llvm::all_of(plan.runs, runsBack) && llvm::any_of(plan.runs, isLong) &&
         turnedRows() * llvm::alignTo(plan.span, e.lanes(type())) * bytes() <= kTurnBytes;
}

int64_t GatherRows::turnedRows() const { return llvm::alignTo(plan.chunk, e.is2xx() ? 64 / bytes() : 1); }

/// Rows that are read backwards are turned round as a whole, and the walks with them. `pitch` is their distance.
Value GatherRows::turn(Value in, OpFoldResult count, int64_t &pitch, SmallVector<Run> &runs) {
  if (!turns())
    return in;
  int64_t width = llvm::alignTo(plan.span, e.lanes(type())), rows = turnedRows();
  if (width != plan.span) {
    Value wide = e.temp(type(), rows * width);
    copyRuns(in, plan.span, Run{0, 0, {{plan.span, 1, 1}}}, wide, width, count);
    in = wide;
  }
  Value turned = e.temp(type(), rows * width);
  e.op("mirror", {turned, in, e.index(rows), e.index(width)});
  pitch = width;
  for (Run &run : runs) {
    run.src = width - 1 - run.src;
    for (Run::Step &step : run.steps)
      step.src = -step.src;
  }
  return turned;
}

/// Copies on the chip, from rows `pitch` elements apart to rows `width` elements apart.
void GatherRows::copyRuns(Value in, int64_t pitch, ArrayRef<Run> runs, Value rows, int64_t width, OpFoldResult count) {
  MLIRContext *context = e.b.getContext();
  for (const Run &run : runs) {
    AffineExpr to = getAffineDimExpr(0, context) * width + run.dst,
               from = getAffineDimExpr(0, context) * pitch + run.src;
    SmallVector<int64_t> toSteps{width}, fromSteps{pitch}, bounds{plan.chunk};
    Sizes sizes{count};
    for (const Run::Step &step : run.steps) {
      AffineExpr loop = getAffineDimExpr(sizes.size(), context);
      to = to + loop * step.dst, from = from + loop * step.src;
      toSteps.push_back(step.dst), fromSteps.push_back(step.src), bounds.push_back(step.count);
      sizes.push_back(e.attr(step.count));
    }
    Access src{in, AffineMap::get(sizes.size(), 0, from), fromSteps},
        dst{rows, AffineMap::get(sizes.size(), 0, to), toSteps};
    emitCopy(e, src, dst, sizes, bounds);
  }
}

void GatherRows::emit() {
  auto kernel = op->getParentOfType<func::FuncOp>();
  int64_t chunks = (plan.rows + plan.chunk - 1) / plan.chunk, tasks = std::min<int64_t>(e.device.cores(), chunks);
  int64_t room = !plan.isWhole() && turns() ? turnedRows() : plan.chunk;
  Value in = e.temp(type(), room * plan.span), rows = in;
  if (!plan.isWhole()) {
    rows = e.temp(type(), plan.chunk * plan.columns);
    if (plan.filled() < plan.columns)
      fill(rows, plan.chunk * plan.columns); // the copies never write what is outside
  }
  bool mayBeOutside = llvm::any_of(ofCondition, [&](const Dependence &d) { return isOfRow(d, plan.leading); });
  if (mayBeOutside) {
    constant = e.temp(type(), plan.span);
    fill(constant, plan.span);
  }
  kernel->setAttr("mlu.dim", e.b.getDenseI64ArrayAttr({tasks, 1, 1}));
  Value task = mlu::TaskIdOp::create(e.b, e.loc);
  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(chunks), e.index(tasks));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  OpFoldResult first = e.mul(loop.getInductionVar(), e.attr(plan.chunk));
  OpFoldResult count =
      plan.rows % plan.chunk == 0 ? e.attr(plan.chunk) : e.min(e.attr(plan.chunk), e.sub(e.attr(plan.rows), first));
  loadRows(in, first, count);
  if (!plan.isWhole()) {
    int64_t pitch = plan.span;
    SmallVector<Run> runs = plan.runs;
    Value turned = turn(in, count, pitch, runs);
    bool isRow = runs.size() == 1 && runs[0].src == 0 && runs[0].dst == 0 && runs[0].steps.size() == 1 &&
                 runs[0].steps[0] == Run::Step{plan.columns, 1, 1} && pitch == plan.columns;
    if (isRow)
      rows = turned;
    else
      copyRuns(turned, pitch, runs, rows, plan.columns, count);
  }
  // Chunks lie side by side in y.
  e.op("memcpy", {e.at(e.flat(out), Sizes{e.mul(first, e.attr(plan.columns))}), rows,
                  e.index(e.mul(count, e.attr(plan.columns * bytes())))});
}

} // namespace

LogicalResult l2b::lowerGatherRows(Emit &e, linalg::LinalgOp op) {
  if (!op->hasAttr(mlu::kGatherAttrName))
    return failure();
  GatherRows gather(e, op);
  if (failed(gather.analyse()))
    return failure();
  if (gather.plan.columns == 1 && gather.plan.rows > 1 && !gather.plan.step) {
    if (succeeded(lowerGatherElements(e, op)))
      return success();
    if (singleCopiesNs(e, gather.plan.rows) > e.device.launchUs * 1e3) // less is not worth a word
      op->emitRemark("no builtin fetches single elements on ")
          << e.device.name << "; each is a copy of its own, which is slow";
  }
  gather.emit();
  return success();
}
