//===- Resample.cpp - Images interpolated on the chip ---------------------===//
//
// y[n, i, j] = sum over k, l of rows[i, k] * cols[j, l] * x[n, k, l], of matrices whose rows repeat (see Resampling.h):
// output period * s + r is a sum of taps of x around step * s. A task loads some rows of an image, or some images, and
//
//   for each phase of the rows scales planes of rows and adds them up, each all rows of the phase at once;
//   lays columns of one remainder modulo the step side by side, and does the same with shifts by columns;
//   computes the lines at the borders, whose taps are others, each by itself;
//   puts the phases between each other by strided copies, and stores whole rows.
//
// A plane is scaled once for all phases that take it with one weight; from MLU3xx on a builtin adds and scales. MLU2xx
// has vectors at multiples of 64 bytes only: there a shift is a copy.
//
//===----------------------------------------------------------------------===//
#include "BlockPipeline.h"
#include "Families.h"
#include "Memory.h"

#include "metabang/Dialect/MLU/Transforms/Resampling.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

#include <map>

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;
using mlu::Resampling;
using mlu::Taps;

namespace {

/// weight times a source, from `shift` elements further on.
struct Term {
  size_t source;
  int64_t shift;
  double weight;
};
using Terms = SmallVector<Term>;

class Resample {
public:
  Resample(Emit &e, linalg::LinalgOp op) : e(e), op(op) {}

  LogicalResult analyse();
  void emit();

private:
  Type type() const { return typeOf(x).getElementType(); }
  int64_t bytes() const { return elementBytes(type()); }
  int64_t unit() const { return e.is2xx() ? e.lanes(type()) : 1; }
  int64_t rowsOfPhases() const { return r.rows.period * block.steps; }
  int64_t phaseElements() const { return rowsOfPhases() * block.phaseColumns; }
  bool isWhole() const { return r.blocksOfImage(block) == 1 || block.images > 1; }
  Value plus(Value memref, int64_t offset) { return e.behind(memref, e.attr(offset)); }

  void allocate();
  void clear();
  void load(Value number, Value slot);
  void clearRows(Value tile, Value first, Value begin, Value count);
  void store(Value number, Value slot, bool isAsync);
  void compute(Value number, Value slot);

  void arrange(Value tile);
  void addRows(Value number);
  void addEdgeRow(const Taps::Edge &edge, OpFoldResult first);
  void addEdgeRows(const Taps::Edge &edge);
  void addColumns();
  void addEdgeColumns();
  void place(Value result);
  void combine(ArrayRef<Value> targets, ArrayRef<Terms> terms, ArrayRef<Value> sources, int64_t origin, int64_t count);
  bool combineNested(ArrayRef<Value> targets, ArrayRef<Terms> terms, ArrayRef<Value> sources, int64_t origin,
                     int64_t count);

  Emit &e;
  linalg::LinalgOp op;
  Value x, y;
  linalg::FillOp init;
  Resampling r;
  Resampling::Block block;
  Value tiles, results;       // a slot or two each
  SmallVector<Value> planes;  // rows of x by their remainder modulo the step
  Value added;                // the phases of rows
  SmallVector<Value> columns; // columns of it by their remainder
  Value shifted;              // the phases of columns
  Value interleaved;          // of them without strided copies of two loops
  SmallVector<Value> scaled;  // two
  Value moved;                // of what does not begin where a vector may
  SmallVector<Value> lines;   // gathered at the borders, and a sum
};

LogicalResult Resample::analyse() {
  if (!op->hasAttr(mlu::kResampleAttrName))
    return failure();
  x = op.getDpsInputOperand(0)->get(), y = op.getDpsInits().front();
  for (Value memref : {x, y}) {
    auto of = dyn_cast<MemRefType>(memref.getType());
    if (!of || spaceOf(memref) != mlu::Space::GDRAM || !of.hasStaticShape() || !of.getLayout().isIdentity())
      return failure();
  }
  init = fillBefore(op, y);
  auto known = Resampling::of(op);
  if (!init || !known)
    return failure();
  r = *known;
  auto chosen = r.chooseBlock(e.device, bytes());
  if (!chosen)
    return failure();
  block = *chosen;
  return success();
}

void Resample::allocate() {
  tiles = slotBuffer(e, type(), block.slots, block.tileRows * r.cols.inputs + (e.is2xx() ? block.pitch : 0));
  results = slotBuffer(e, type(), block.slots, rowsOfPhases() * r.cols.outputs);
  if (r.arranges(block))
    for (int64_t k = 0; k < r.rows.step; ++k)
      planes.push_back(e.temp(type(), block.planeRows(r) * block.pitch));
  int64_t room = block.before + block.behind;
  added = e.temp(type(), rowsOfPhases() * block.pitch + room);
  for (int64_t k = 0; k < 2; ++k)
    scaled.push_back(e.temp(type(), r.scaledElements(block)));
  if (!r.cols.isIdentity()) {
    for (int64_t k = 0; r.cols.step > 1 && k < r.cols.step; ++k)
      columns.push_back(e.temp(type(), phaseElements() + room));
    if (!r.isDirect(block))
      shifted = e.temp(type(), r.cols.period * phaseElements());
    if (e.is2xx())
      moved = e.temp(type(), phaseElements());
  }
  if (!e.device.hasCopy3d && r.cols.period > 1)
    interleaved = e.temp(type(), r.cols.period * phaseElements());
  // A sum, and a line for each tap of the edge that has most.
  size_t most = 0;
  int64_t length = 0;
  auto need = [&](ArrayRef<Taps::Edge> edges, int64_t elements) {
    for (const Taps::Edge &edge : edges)
      most = std::max(most, edge.taps.size() + 1), length = std::max(length, elements);
  };
  need(r.cols.edges, rowsOfPhases());
  if (block.images > 1)
    need(r.rows.edges, block.images * block.pitch);
  for (size_t k = 0; k < most; ++k)
    lines.push_back(e.temp(type(), length));
}

/// What is read without having been written: rows and columns behind the edges, whose results are not used.
void Resample::clear() {
  auto zero = [&](Value memref, int64_t first, int64_t count) {
    if (count > 0)
      e.fill(plus(memref, first), e.scalar(type(), 0), e.attr(count));
  };
  auto whole = [&](Value memref) { zero(memref, 0, typeOf(memref).getNumElements()); };
  if (r.arranges(block))
    llvm::for_each(planes, whole);
  for (Value each : columns.empty() ? SmallVector<Value>{added} : columns) {
    int64_t count = columns.empty() ? rowsOfPhases() * block.pitch : phaseElements();
    zero(each, 0, block.before);
    zero(each, block.before + count, block.behind);
  }
  if (e.is2xx())
    llvm::for_each(lines, whole);
}

/// Brings the rows of x that the block needs and x has.
void Resample::load(Value number, Value slot) {
  int64_t rows = r.rows.inputs, width = r.cols.inputs, ahead = -r.rows.first;
  Value tile = slotOf(e, tiles, slot), from = e.flat(x);
  auto copy = [&](OpFoldResult to, OpFoldResult first, OpFoldResult count) {
    e.op("memcpy_async", {e.at(tile, Sizes{e.mul(to, e.attr(width))}), e.at(from, Sizes{e.mul(first, e.attr(width))}),
                          e.index(e.mul(count, e.attr(width * bytes())))});
  };
  if (isWhole()) {
    OpFoldResult first = e.mul(number, e.attr(block.images)), count = e.attr(block.images);
    if (r.images % block.images != 0)
      count = e.min(count, e.sub(e.attr(r.images), first));
    return copy(e.attr(ahead), e.mul(first, e.attr(rows)), e.mul(count, e.attr(rows)));
  }
  int64_t blocks = r.blocksOfImage(block);
  Value image = arith::DivUIOp::create(e.b, e.loc, number, e.index(blocks));
  Value part = arith::RemUIOp::create(e.b, e.loc, number, e.index(blocks));
  Value first = e.index(e.sub(e.mul(part, e.attr(block.steps * r.rows.step)), e.attr(ahead)));
  Value begin = arith::MaxSIOp::create(e.b, e.loc, first, e.index(0));
  OpFoldResult end = e.min(e.add(first, e.attr(block.tileRows)), e.attr(rows));
  Value count = e.index(e.sub(end, begin));
  if (!e.is2xx())
    when(e, arith::CmpIPredicate::slt, count, e.index(block.tileRows), [&] { clearRows(tile, first, begin, count); });
  // Of a gradient, blocks at the borders may need no row that x has.
  when(e, arith::CmpIPredicate::sgt, count, e.index(0),
       [&] { copy(e.sub(begin, first), e.add(e.mul(image, e.attr(rows)), begin), count); });
}

/// Zeros in the rows of the tile that x does not have: they are read, and what follows from them is not used.
void Resample::clearRows(Value tile, Value first, Value begin, Value count) {
  auto clear = [&](OpFoldResult at, OpFoldResult rows) {
    OpFoldResult width = e.attr(r.cols.inputs);
    when(e, arith::CmpIPredicate::sgt, e.index(rows), e.index(0),
         [&] { e.op("write_zero", {e.at(tile, Sizes{e.mul(at, width)}), e.index(e.mul(rows, width))}); });
  };
  Value here = arith::MaxSIOp::create(e.b, e.loc, count, e.index(0)); // of a block with no row at all, all are above
  Value above = e.index(e.min(e.sub(begin, first), e.sub(e.attr(block.tileRows), here)));
  Value below = e.index(e.add(above, here));
  clear(e.attr(0), above);
  clear(below, e.sub(e.attr(block.tileRows), below));
}

void Resample::store(Value number, Value slot, bool isAsync) {
  int64_t rows = r.rows.outputs, width = r.cols.outputs;
  OpFoldResult first, count;
  if (isWhole()) {
    first = e.mul(number, e.attr(block.images)), count = e.attr(block.images);
    if (r.images % block.images != 0)
      count = e.min(count, e.sub(e.attr(r.images), first));
    first = e.mul(first, e.attr(rows)), count = e.mul(count, e.attr(rows));
  } else {
    int64_t blocks = r.blocksOfImage(block);
    Value image = arith::DivUIOp::create(e.b, e.loc, number, e.index(blocks));
    Value part = arith::RemUIOp::create(e.b, e.loc, number, e.index(blocks));
    OpFoldResult row = e.mul(part, e.attr(rowsOfPhases()));
    count = e.attr(rowsOfPhases());
    if (rows % rowsOfPhases() != 0)
      count = e.min(count, e.sub(e.attr(rows), row));
    first = e.add(e.mul(image, e.attr(rows)), row);
  }
  e.op(isAsync ? "memcpy_async" : "memcpy", {e.at(e.flat(y), Sizes{e.mul(first, e.attr(width))}),
                                             slotOf(e, results, slot), e.index(e.mul(count, e.attr(width * bytes())))});
}

/// Sums of products by Horner's rule: a u + b v = (a u / v + b) v, of which a builtin does a step, and the first
/// product is shared by sums that begin alike. Weights come in descending order (3 x + y of a doubled image is exact),
/// and where they are so far apart that x u / v might not be finite, sums are made as on an MLU2xx.
bool Resample::combineNested(ArrayRef<Value> targets, ArrayRef<Terms> terms, ArrayRef<Value> sources, int64_t origin,
                             int64_t count) {
  constexpr double kMostRatio = 64;
  if (!e.device.hasFusion || !type().isF32())
    return false;
  SmallVector<Terms> ordered(terms);
  for (Terms &each : ordered) {
    llvm::stable_sort(each, [](const Term &a, const Term &b) { return std::abs(a.weight) > std::abs(b.weight); });
    for (size_t k = 1; k < each.size(); ++k)
      if (std::abs(each[k - 1].weight) > kMostRatio * std::abs(each[k].weight))
        return false;
    if (each.size() < 2)
      return false;
  }
  auto at = [&](const Term &term) { return plus(sources[term.source], origin + term.shift); };
  auto isSame = [](double a, double b) { return std::abs(a - b) < 1e-6 * std::abs(b); };
  auto ratioOf = [&](size_t target, size_t k) {
    const Terms &all = ordered[target];
    return k + 1 < all.size() ? all[k].weight / all[k + 1].weight : all[k].weight;
  };
  // `sum` holds the first term, in multiples of the second one's weight.
  auto nest = [&](size_t target, Value sum) {
    Value to = targets[target];
    for (size_t k = 1; k < ordered[target].size(); ++k, sum = to) {
      Value term = at(ordered[target][k]);
      if (double ratio = ratioOf(target, k); isSame(ratio, 1))
        e.op("add", {to, sum, term, e.index(count)});
      else
        e.op("fusion_vector_scalar", {to, sum, term, e.scalar(type(), ratio), e.index(count)})
            ->setAttr("op_code", e.b.getStringAttr("fam"));
    }
  };
  SmallVector<bool> isDone(targets.size());
  for (size_t target = 0; target < targets.size(); ++target) {
    if (isDone[target])
      continue;
    const Term &first = ordered[target].front();
    double ratio = ratioOf(target, 0);
    if (isSame(ratio, 1)) {
      nest(target, at(first));
      continue;
    }
    SmallVector<size_t> users;
    int64_t low = first.shift, high = low;
    for (size_t other = target; other < targets.size(); ++other) {
      const Term &begin = ordered[other].front();
      if (isDone[other] || begin.source != first.source || !isSame(ratioOf(other, 0), ratio))
        continue;
      users.push_back(other);
      low = std::min(low, begin.shift), high = std::max(high, begin.shift);
    }
    Value product = users.size() == 1 ? targets[target] : scaled[0];
    e.op("mul_scalar",
         {product, plus(sources[first.source], origin + low), e.scalar(type(), ratio), e.index(high - low + count)});
    for (size_t user : users) {
      nest(user, plus(product, ordered[user].front().shift - low));
      isDone[user] = true;
    }
  }
  return true;
}

/// Each target becomes the sum of its terms, `count` elements. Sources have their element 0 at `origin`.
void Resample::combine(ArrayRef<Value> targets, ArrayRef<Terms> terms, ArrayRef<Value> sources, int64_t origin,
                       int64_t count) {
  if (combineNested(targets, terms, sources, origin, count))
    return;
  struct Use {
    size_t target;
    int64_t shift;
  };
  struct Group {
    size_t source;
    double weight;
    SmallVector<Use> uses;
  };
  SmallVector<Group> groups;
  for (auto [target, each] : llvm::enumerate(terms))
    for (const Term &term : each) {
      auto group = llvm::find_if(
          groups, [&](const Group &g) { return g.source == term.source && std::abs(g.weight - term.weight) < 1e-6; });
      if (group == groups.end())
        group = groups.insert(groups.end(), {term.source, term.weight, {}});
      group->uses.push_back({target, term.shift});
    }
  // What most targets share comes first: it waits in its buffer until the next one is there.
  llvm::stable_sort(groups, [](const Group &a, const Group &b) { return a.uses.size() > b.uses.size(); });

  // The sum so far: null, in the target, or still a single term elsewhere.
  SmallVector<std::pair<Value, int64_t>> sums(targets.size());
  auto isPlaced = [&](size_t k) { return sums[k].first == targets[k]; };
  auto settle = [&](size_t k) {
    auto [from, at] = sums[k];
    if (!from)
      e.fill(targets[k], e.scalar(type(), 0), e.attr(count));
    else if (!isPlaced(k))
      e.copyBytes(targets[k], plus(from, at), e.attr(count * bytes()));
    sums[k] = {targets[k], 0};
  };
  auto isVector = [&](int64_t at) { return at % (e.is2xx() ? e.device.nramAddressAlignment / bytes() : 1) == 0; };
  size_t turn = 0;
  for (const Group &group : groups) {
    Value from = sources[group.source];
    int64_t base = origin;
    if (group.weight != 1) {
      int64_t low = group.uses[0].shift, high = low;
      for (const Use &use : group.uses)
        low = std::min(low, use.shift), high = std::max(high, use.shift);
      Value weight = e.scalar(type(), group.weight);
      size_t only = group.uses[0].target;
      if (terms[only].size() == 1 && group.uses.size() == 1 && isVector(origin + low)) {
        e.op("mul_scalar", {targets[only], plus(from, origin + low), weight, e.index(count)});
        sums[only] = {targets[only], 0};
        continue;
      }
      if (e.is2xx())
        low = llvm::divideFloorSigned(low, unit()) * unit();
      Value product = scaled[turn++ % 2];
      for (size_t k = 0; k < targets.size(); ++k)
        if (sums[k].first == product)
          settle(k);
      e.op("mul_scalar",
           {product, plus(from, origin + low), weight, e.index(llvm::alignTo(high - low + count, unit()))});
      from = product, base = -low;
    }
    for (const Use &use : group.uses) {
      size_t k = use.target;
      int64_t at = base + use.shift;
      if (!sums[k].first) {
        sums[k] = {from, at};
        continue;
      }
      if (!isVector(sums[k].second))
        settle(k);
      Value term = plus(from, at);
      if (!isVector(at)) {
        e.copyBytes(moved, term, e.attr(count * bytes()));
        term = moved;
      }
      e.op("add", {targets[k], plus(sums[k].first, sums[k].second), term, e.index(count)});
      sums[k] = {targets[k], 0};
    }
  }
  for (size_t k = 0; k < targets.size(); ++k)
    if (!isPlaced(k))
      settle(k);
}

/// Rows of the tile by their remainder, at the pitch.
void Resample::arrange(Value tile) {
  if (!r.arranges(block)) {
    planes = {tile};
    return;
  }
  int64_t width = r.cols.inputs, step = r.rows.step;
  for (int64_t k = 0; k < step && k < block.tileRows; ++k)
    copySegments(e, planes[k], plus(tile, k * width), width, block.pitch, step * width,
                 llvm::divideCeil(block.tileRows - k, step));
}

/// Each phase of the rows, all of its rows at once; then those at the borders.
void Resample::addRows(Value number) {
  int64_t step = r.rows.step, size = block.steps * block.pitch;
  SmallVector<Value> targets;
  SmallVector<Terms> terms;
  for (auto [phase, taps] : llvm::enumerate(r.rows.phases)) {
    targets.push_back(plus(added, block.before + int64_t(phase) * size));
    terms.emplace_back();
    for (const Taps::Tap &tap : taps) {
      int64_t at = tap.at - r.rows.first;
      terms.back().push_back({size_t(at % step), at / step * block.pitch, tap.weight});
    }
  }
  combine(targets, terms, planes, 0, size);
  if (block.images > 1) {
    for (const Taps::Edge &edge : r.rows.edges)
      addEdgeRows(edge);
    return;
  }
  OpFoldResult first = e.attr(0);
  if (!isWhole() && !r.rows.edges.empty()) {
    Value part = arith::RemUIOp::create(e.b, e.loc, number, e.index(r.blocksOfImage(block)));
    first = e.mul(part, e.attr(block.steps));
  }
  for (const Taps::Edge &edge : r.rows.edges)
    addEdgeRow(edge, first);
}

/// A row at the border of one image, if it is in the block, which begins with period `first`.
void Resample::addEdgeRow(const Taps::Edge &edge, OpFoldResult first) {
  int64_t period = edge.output / r.rows.period, phase = edge.output % r.rows.period;
  OpBuilder::InsertionGuard guard(e.b);
  if (!isWhole()) {
    Value here = arith::SubIOp::create(e.b, e.loc, e.index(period), e.index(first));
    Value inside =
        arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::ult, here, e.index(block.steps)); // not negative
    e.b.setInsertionPoint(scf::IfOp::create(e.b, e.loc, inside, /*withElseRegion=*/false).thenYield());
  }
  auto row = [&](Value memref, int64_t before, int64_t line) {
    return e.at(memref, Sizes{e.add(e.attr(before), e.mul(e.sub(e.attr(line), first), e.attr(block.pitch)))});
  };
  Terms terms;
  SmallVector<Value> sources;
  for (const Taps::Tap &tap : edge.taps) {
    int64_t at = tap.at - r.rows.first;
    terms.push_back({sources.size(), 0, tap.weight});
    sources.push_back(row(planes[at % r.rows.step], 0, at / r.rows.step));
  }
  combine({row(added, block.before + phase * block.steps * block.pitch, period)}, {terms}, sources, 0, block.pitch);
}

/// The same row of all images of the block.
void Resample::addEdgeRows(const Taps::Edge &edge) {
  int64_t period = edge.output / r.rows.period, phase = edge.output % r.rows.period;
  int64_t pitch = block.pitch, stride = block.stepsOfImage(r) * pitch;
  Terms terms;
  SmallVector<Value> sources;
  for (const Taps::Tap &tap : edge.taps) {
    int64_t at = tap.at - r.rows.first;
    Value line = lines[sources.size() + 1];
    copySegments(e, line, plus(planes[at % r.rows.step], at / r.rows.step * pitch), pitch, pitch, stride, block.images);
    terms.push_back({sources.size(), 0, tap.weight});
    sources.push_back(line);
  }
  combine({lines[0]}, {terms}, sources, 0, block.images * pitch);
  copySegments(e, plus(added, block.before + phase * block.steps * pitch + period * pitch), lines[0], pitch, stride,
               pitch, block.images);
}

/// Each phase of the columns, of all rows.
void Resample::addColumns() {
  int64_t step = r.cols.step, size = phaseElements();
  if (r.cols.isIdentity()) {
    shifted = plus(added, block.before);
    return;
  }
  for (auto [k, each] : llvm::enumerate(columns))
    copySegments(e, plus(each, block.before), plus(added, block.before + int64_t(k)), 1, 1, step, size);
  SmallVector<Value> targets;
  SmallVector<Terms> terms;
  for (auto [phase, taps] : llvm::enumerate(r.cols.phases)) {
    targets.push_back(plus(shifted, int64_t(phase) * size));
    terms.emplace_back();
    for (const Taps::Tap &tap : taps) {
      int64_t shift = llvm::divideFloorSigned(tap.at, step);
      terms.back().push_back({size_t(tap.at - shift * step), shift, tap.weight});
    }
  }
  SmallVector<Value> sources = columns.empty() ? SmallVector<Value>{added} : columns;
  combine(targets, terms, sources, block.before, size);
  addEdgeColumns();
}

/// Columns at the borders, of all rows.
void Resample::addEdgeColumns() {
  int64_t rows = rowsOfPhases(), pitch = block.pitch;
  for (const Taps::Edge &edge : r.cols.edges) {
    int64_t phase = edge.output % r.cols.period, column = edge.output / r.cols.period;
    Value target = plus(shifted, phase * phaseElements() + column);
    auto source = [&](const Taps::Tap &tap) { return plus(added, block.before + tap.at); };
    if (edge.taps.size() == 1 && edge.taps[0].weight == 1) {
      copySegments(e, target, source(edge.taps[0]), 1, block.phaseColumns, pitch, rows);
      continue;
    }
    Terms terms;
    SmallVector<Value> sources;
    for (const Taps::Tap &tap : edge.taps) {
      Value line = lines[sources.size() + 1];
      copySegments(e, line, source(tap), 1, 1, pitch, rows);
      terms.push_back({sources.size(), 0, tap.weight});
      sources.push_back(line);
    }
    combine({lines[0]}, {terms}, sources, 0, llvm::alignTo(rows, unit()));
    copySegments(e, target, lines[0], 1, block.phaseColumns, 1, rows);
  }
}

/// The phases between each other.
void Resample::place(Value result) {
  int64_t width = r.cols.outputs, period = r.cols.period, steps = block.steps;
  int64_t rowStep = r.rows.period * width, columns = block.phaseColumns;
  if (r.isDirect(block) && !r.cols.isIdentity())
    return;
  Value from = shifted;
  int64_t pitch = columns;
  if (period > 1 && !e.device.hasCopy3d) {
    for (int64_t phase = 0; phase < period; ++phase)
      copySegments(e, plus(interleaved, phase), plus(shifted, phase * phaseElements()), 1, period, 1, phaseElements());
    from = interleaved, pitch = period * columns, period = 1;
  }
  for (int64_t row = 0; row < r.rows.period; ++row)
    for (int64_t col = 0; col < period; ++col) {
      Value to = plus(result, row * width + col), part = plus(from, col * phaseElements() + row * steps * pitch);
      if (period == 1) {
        copySegments(e, to, part, width, rowStep, pitch, steps);
        continue;
      }
      Value size = e.index(bytes()), inner = e.index(llvm::divideCeil(width - col, period)), outer = e.index(steps);
      e.op("memcpy_3d", {to, part, size, e.index(period * bytes()), inner, e.index(rowStep * bytes()), outer, size,
                         inner, e.index(columns * bytes()), outer});
    }
}

void Resample::compute(Value number, Value slot) {
  Value tile = slotOf(e, tiles, slot), result = slotOf(e, results, slot);
  if (r.isDirect(block) && !r.cols.isIdentity())
    shifted = result;
  arrange(tile);
  addRows(number);
  addColumns();
  place(result);
}

void Resample::emit() {
  int64_t tasks = std::min(e.device.cores(), block.count);
  op->getParentOfType<func::FuncOp>()->setAttr("mlu.dim", e.b.getDenseI64ArrayAttr({tasks, 1, 1}));
  init->setAttr(kTakenOverAttr, e.b.getUnitAttr());
  allocate();
  // Rows of the tile that x does not have are read, and what follows from them is not used. Vectors of an MLU2xx begin
  // where no row may: there all is cleared once.
  for (int64_t slot = 0; slot < block.slots && (e.is2xx() || isWhole()); ++slot) {
    Value tile = slotOf(e, tiles, e.index(slot));
    e.fill(tile, e.scalar(type(), 0), e.attr(typeOf(tile).getNumElements()));
  }
  pipelineBlocks(e, block.count, tasks,
                 {[&](Value number, Value slot) { load(number, slot); }, [&] { clear(); },
                  [&](Value number, Value slot) { compute(number, slot); },
                  [&](Value number, Value slot, bool isAsync) { store(number, slot, isAsync); }});
}

} // namespace

LogicalResult l2b::lowerResample(Emit &e, linalg::LinalgOp op) {
  Resample resample(e, op);
  if (failed(resample.analyse()))
    return failure();
  resample.emit();
  return success();
}
