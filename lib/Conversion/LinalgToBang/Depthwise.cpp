//===- Depthwise.cpp - Depthwise convolution on the vector unit -----------===//
//
// A tap is x, from the tap's offset on, times the tap's channel vector. All rows of a tile are one vector as long as x:
// what the columns behind a row of the output get is computed in vain and dropped when the rows are packed. With a
// stride, x is first dealt to planes, one for each place in the stride's grid; in a plane the columns of a tap are
// neighbours. Where that takes too much NRAM, each row of the output is a vector.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"
#include "Families.h"
#include "Loops.h"
#include "Memory.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// NRAM left to operations that are lowered later.
constexpr int64_t kReserveBytes = 48 * 1024;

struct Depthwise {
  Emit &e;
  linalg::LinalgOp op;
  Contraction c;
  Access x, w, out;
  Type type;
  Sizes sizes;
  SmallVector<int64_t> bounds;
  int64_t channels = 0; // elements of a pixel, padded
  int64_t pixel = 0;    // elements of a pixel of x
  int64_t bytes = 0;
  Window h, v;                 // rows and columns of the output
  SmallVector<int64_t> taps;   // loops
  SmallVector<int64_t> around; // loops outside of rows and columns
  bool fresh = false;

  LogicalResult analyse();
  void emit();
  bool canUseTiles() const;
  int64_t tileRows() const;
  void emitTile(Sizes ivs, OpFoldResult rows, int64_t rowsBound, Value acc, Value product, Value planes);
  void deal(Sizes ivs, OpFoldResult rows, int64_t rowsBound, Value planes);
  void emitRow(Sizes ivs, Value product, Value packed);

  OpFoldResult size(int64_t loop) { return loop < 0 ? e.attr(1) : sizes[loop]; }
  int64_t bound(int64_t loop) const { return loop < 0 ? 1 : bounds[loop]; }
  int64_t reach(const Window &window) const { return (bound(window.tap) - 1) * window.dilation + 1; }
  /// Whether x is dealt to planes (one if only its pixels are widened).
  bool isDealt() const { return h.stride != 1 || v.stride != 1 || pixel != channels; }
  /// Pixels from one row to the next, in x or in a plane.
  int64_t pitch() const {
    return isDealt() ? bound(v.out) - 1 + llvm::divideCeil(reach(v), v.stride) : x.strides[h.out] / channels;
  }
  int64_t planeRows(int64_t rows) const { return rows - 1 + llvm::divideCeil(reach(h), h.stride); }
  int64_t planeElements(int64_t rows) const { return planeRows(rows) * pitch() * channels; }
  int64_t wideElements(int64_t rows) const { return ((rows - 1) * pitch() + bound(v.out)) * channels; }
  /// Calls `body` for each tap with its number and its indices written into `ivs`.
  void forTaps(Sizes ivs, llvm::function_ref<void(int64_t, ArrayRef<OpFoldResult>)> body) const {
    int64_t total = 1;
    for (int64_t tap : taps)
      total *= bounds[tap];
    for (int64_t i = 0; i < total; ++i) {
      int64_t rest = i;
      for (int64_t tap : llvm::reverse(taps))
        ivs[tap] = e.attr(rest % bounds[tap]), rest /= bounds[tap];
      body(i, ivs);
    }
  }
  int64_t tapIndex(ArrayRef<OpFoldResult> ivs, const Window &window) const {
    return window.tap < 0 ? 0 : *getConstantIntValue(ivs[window.tap]) * window.dilation;
  }
};

LogicalResult Depthwise::analyse() {
  if (!inNRAM(x.memref) || !inNRAM(w.memref) || !inNRAM(out.memref))
    return failure();
  type = typeOf(out.memref).getElementType();
  if (typeOf(x.memref).getElementType() != type || typeOf(w.memref).getElementType() != type || !(type.isF32() || type.isF16()))
    return failure();
  bytes = elementBytes(type);
  int64_t depth = c.depth[0];
  sizes = loopSizes(e, op), bounds = loopBounds(op);
  for (const Access *access : {&x, &w, &out})
    if (access->strides[depth] != 1)
      return failure();
  for (const Access *access : {&w, &out})
    if (!isAligned(access->memref, e.device.nramAddressAlignment))
      return failure();
  // All three have rows of the same width, padded on an MLU2xx.
  channels = llvm::alignTo(bounds[depth], e.lanes(type));
  if (!getConstantIntValue(sizes[depth]) || w.width < channels || out.width < channels)
    return failure();
  // x may have narrower pixels, which are widened when they are dealt.
  pixel = x.width < channels ? bounds[depth] : channels;

  for (const Window &window : c.windows)
    if (window.tap >= 0)
      taps.push_back(window.tap);
  for (int64_t tap : taps)
    if (!getConstantIntValue(sizes[tap]))
      return failure();
  auto windowOf = [&](int64_t loop) {
    for (const Window &window : c.windows)
      if (window.out == loop)
        return window;
    Window window;
    window.out = loop;
    return window;
  };
  // Columns are next to each other in the output, rows behind each other.
  SmallVector<int64_t> outer;
  for (int64_t loop = 0; loop < int64_t(sizes.size()); ++loop)
    if (out.map.isFunctionOfDim(loop) && loop != depth)
      outer.push_back(loop);
  for (int64_t loop : outer)
    if (out.strides[loop] == channels && (v.out < 0 || bounds[v.out] == 1))
      v = windowOf(loop);
  llvm::erase(outer, v.out);
  if (v.out >= 0 && x.strides[v.out] % pixel != 0)
    return failure();
  if (pixel == channels && !isAligned(x.memref, e.device.nramAddressAlignment))
    return failure();
  auto width = getConstantIntValue(size(v.out));
  for (int64_t loop : outer)
    if (v.out >= 0 && width && out.strides[loop] == *width * channels && (h.out < 0 || bounds[h.out] == 1))
      h = windowOf(loop);
  around = outer;
  return success();
}

/// Whether rows of a tile can be one vector: rows and columns are known, and every tap belongs to one of them.
bool Depthwise::canUseTiles() const {
  if (h.out < 0 || v.out < 0 || bounds[h.out] == 1 || x.strides[v.out] != v.stride * pixel)
    return false;
  for (int64_t tap : taps)
    if (tap != h.tap && tap != v.tap)
      return false;
  return x.strides[h.out] % (h.stride * pixel) == 0;
}

/// Rows of the output that are computed at once, as NRAM allows; 0 if not even one.
int64_t Depthwise::tileRows() const {
  int64_t room = (freeNRAM(op, e.device) - kReserveBytes) / bytes;
  for (int64_t rows = bounds[h.out]; rows >= 1; --rows) {
    int64_t need = 2 * wideElements(rows) + (isDealt() ? h.stride * v.stride * planeElements(rows) : 0);
    if (need <= room)
      return rows;
  }
  return 0;
}

/// Deals x to planes: pixel (y, x) to plane (y % h.stride, x % v.stride).
void Depthwise::deal(Sizes ivs, OpFoldResult rows, int64_t rowsBound, Value planes) {
  Value size = e.index(pixel * bytes), wide = e.index(channels * bytes), step = e.index(v.stride * pixel * bytes);
  int64_t xRow = x.strides[h.out] / h.stride;
  for (int64_t py = 0; py < std::min(h.stride, reach(h)); ++py) {
    OpFoldResult count = e.add(e.sub(rows, e.attr(1)), e.attr(llvm::divideCeil(reach(h) - py, h.stride)));
    e.loops({count}, [&](ArrayRef<OpFoldResult> row) {
      for (int64_t px = 0; px < std::min(v.stride, reach(v)); ++px) {
        OpFoldResult columns = e.add(e.sub(this->size(v.out), e.attr(1)), e.attr(llvm::divideCeil(reach(v) - px, v.stride)));
        int64_t plane = (py * v.stride + px) * planeElements(rowsBound);
        OpFoldResult from = e.add(e.mul(row[0], e.attr(xRow * h.stride)), e.attr(py * xRow + px * pixel));
        OpFoldResult to = e.add(e.mul(row[0], e.attr(pitch() * channels)), e.attr(plane));
        e.op("memcpy_2d", {e.behind(planes, to), e.behind(e.at(x.memref, x.map, ivs), from), size, wide, step, e.index(columns)});
      }
    });
  }
}

void Depthwise::emitTile(Sizes ivs, OpFoldResult rows, int64_t rowsBound, Value acc, Value product, Value planes) {
  OpFoldResult wide = e.add(e.mul(e.sub(rows, e.attr(1)), e.attr(pitch() * channels)), e.mul(size(v.out), e.attr(channels)));
  Value count = e.index(wide), period = e.index(channels);
  if (planes)
    deal(ivs, rows, rowsBound, planes);
  forTaps(ivs, [&](int64_t number, ArrayRef<OpFoldResult> at) {
    Value src;
    if (planes) {
      int64_t y = tapIndex(at, h), z = tapIndex(at, v);
      int64_t plane = (y % h.stride) * v.stride + z % v.stride;
      src = e.behind(planes, e.attr(plane * planeElements(rowsBound) + (y / h.stride * pitch() + z / v.stride) * channels));
    } else {
      src = e.at(x.memref, x.map, at);
    }
    Value into = number == 0 ? acc : product;
    e.op("cycle_mul", {into, src, e.at(w.memref, w.map, at), count, period});
    if (number != 0)
      e.op("add", {acc, acc, product, count});
  });
  // Pack the rows.
  Value dst = e.at(out.memref, out.map, ivs), row = e.index(e.mul(size(v.out), e.attr(channels * bytes)));
  Value far = e.index(pitch() * channels * bytes);
  e.op("memcpy_2d", {fresh ? dst : product, acc, row, row, far, e.index(rows)});
  if (!fresh)
    e.op("add", {dst, dst, product, e.index(e.mul(rows, e.mul(size(v.out), e.attr(channels))))});
}

void Depthwise::emitRow(Sizes ivs, Value product, Value packed) {
  int64_t step = v.out >= 0 ? x.strides[v.out] : pixel;
  OpFoldResult width = size(v.out);
  Value row = e.at(out.memref, out.map, ivs), count = e.index(e.mul(width, e.attr(channels))), period = e.index(channels);
  forTaps(ivs, [&](int64_t number, ArrayRef<OpFoldResult> at) {
    Value src = e.at(x.memref, x.map, at);
    if (packed) {
      e.op("memcpy_2d", {packed, src, e.index(pixel * bytes), e.index(channels * bytes), e.index(step * bytes), e.index(width)});
      src = packed;
    }
    bool first = fresh && number == 0;
    e.op("cycle_mul", {first ? row : product, src, e.at(w.memref, w.map, at), count, period});
    if (!first)
      e.op("add", {row, row, product, count});
  });
}

void Depthwise::emit() {
  linalg::FillOp fill = fillBefore(op, out.memref);
  fresh = fill && matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
  if (fresh)
    fill->setAttr(kTakenOverAttr, e.b.getUnitAttr());
  int64_t rows = canUseTiles() ? tileRows() : 0;
  Sizes ivs(sizes.size(), e.attr(0)), outer;
  if (rows > 0) {
    llvm::erase(around, h.out);
    Value planes;
    if (isDealt()) { // the ends of shorter planes are read in vain, but read; filled once for all tiles
      OpBuilder::InsertionGuard guard(e.b);
      e.b.restoreInsertionPoint(e.outsideLoops());
      planes = e.temp(type, h.stride * v.stride * planeElements(rows));
      e.fill(planes, e.scalar(type, 0), e.attr(typeOf(planes).getDimSize(0)));
    }
    Value acc = e.temp(type, wideElements(rows)), product = e.temp(type, wideElements(rows));
    for (int64_t loop : around)
      outer.push_back(sizes[loop]);
    e.loops(outer, [&](ArrayRef<OpFoldResult> inner) {
      for (auto [loop, iv] : llvm::zip(around, inner))
        ivs[loop] = iv;
      e.chunks(sizes[h.out], bounds[h.out], rows, [&](OpFoldResult first, OpFoldResult count) {
        Sizes at = ivs;
        at[h.out] = first;
        emitTile(at, count, rows, acc, product, planes);
      });
    });
    return;
  }
  int64_t step = v.out >= 0 ? x.strides[v.out] : pixel;
  Value product = e.temp(type, bound(v.out) * channels), packed;
  if (pixel != channels || (step != channels && bound(v.out) != 1)) {
    OpBuilder::InsertionGuard guard(e.b);
    e.b.restoreInsertionPoint(e.outsideLoops());
    packed = e.splat(e.scalar(type, 0), bound(v.out) * channels);
  }
  for (int64_t loop : around)
    outer.push_back(sizes[loop]);
  e.loops(outer, [&](ArrayRef<OpFoldResult> inner) {
    for (auto [loop, iv] : llvm::zip(around, inner))
      ivs[loop] = iv;
    emitRow(ivs, product, packed);
  });
}

} // namespace

LogicalResult l2b::lowerDepthwise(Emit &e, linalg::LinalgOp op) {
  FailureOr<Contraction> match = Contraction::match(op);
  if (failed(match) || match->depth.size() != 1 || !match->channels.empty() || !match->reduction.empty() || match->integerFilter)
    return failure();
  auto access = [&](OpOperand *operand) { return Access::get(operand->get(), op.getMatchingIndexingMap(operand)); };
  FailureOr<Access> x = access(match->x), w = access(match->w), out = access(match->out);
  if (failed(x) || failed(w) || failed(out))
    return failure();
  Depthwise depthwise{e, op, *match, *x, *w, *out};
  if (failed(depthwise.analyse()))
    return failure();
  depthwise.emit();
  return success();
}
