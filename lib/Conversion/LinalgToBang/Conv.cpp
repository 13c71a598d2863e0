//===- Conv.cpp - Convolutions and matrix products on the tensor unit -----===//
//
// x is [images…][h][w][ci] in NRAM, the filter [co][kh][kw][ci] in WRAM. A matrix product is a 1 x 1 convolution over
// the rows of x. Where the filter is integer, x is quantised first, per tile. A filter in NRAM, which the device has
// computed, is packed and copied to WRAM first; with a loop of batches or groups, one after the other.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"
#include "Families.h"
#include "Memory.h"
#include "PackFilter.h"
#include "Quantise.h"

#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

struct Conv {
  Emit &e;
  linalg::LinalgOp op;
  Contraction c;
  Value x, w, out;
  AffineMap xMap, wMap, outMap;
  Sizes sizes;
  SmallVector<int64_t> bounds;
  SmallVector<int64_t> xs, ws, os; // strides in elements
  int64_t channel = -1, input = -1; // loops: output and input channel
  Window h, v;                     // rows and columns ("v": across)
  SmallVector<int64_t> images;     // loops around
  int64_t kh = 1, kw = 1;
  int64_t ci = 0, co = 0; // as the builtin gets them
  bool dilated = false;
  Type word;              // of the filter in WRAM
  Value filterPosition;   // of a filter quantised here
  std::optional<FilterPacker> packer;

  LogicalResult analyse();
  bool flatten();
  void emit();
  void emitPacked(bool accumulate);
  void emitFilters(Sizes ivs, bool accumulate);
  void useFilters(Value filters);
  void emitImage(ArrayRef<OpFoldResult> ivs, bool accumulate);
  void emitBuiltin(Value dst, Value src, Value filter, OpFoldResult rows, OpFoldResult width, int64_t tapRows, int64_t tapColumns,
                   int64_t filters, Value position, bool accumulate);
  void emitTaps(Value dst, Value src, OpFoldResult width, Value position, bool accumulate);
  int64_t xStride(const Window &window) const { return window.xDim < 0 ? 0 : xs[window.xDim]; }
  int64_t outStride(const Window &window) const { return window.out < 0 ? 0 : os[dimOf(outMap, window.out)]; }
  OpFoldResult size(int64_t loop) { return loop < 0 ? e.attr(1) : sizes[loop]; }
  int64_t bound(int64_t loop) { return loop < 0 ? 1 : bounds[loop]; }
  OpFoldResult reach(const Window &window, int64_t taps) {
    return e.add(e.mul(e.sub(size(window.out), e.attr(1)), e.attr(window.stride)), e.attr((taps - 1) * window.dilation + 1));
  }
  int64_t reachBound(const Window &window, int64_t taps) {
    return (bound(window.out) - 1) * window.stride + (taps - 1) * window.dilation + 1;
  }
  int64_t quantisedLanes() const {
    return c.integerFilter ? std::max(e.lanes(word), e.lanes(typeOf(x).getElementType())) : 1;
  }
  /// Rows behind the last that quantising whole vectors may run over into.
  int64_t slackRows(int64_t columns) const {
    int64_t lanes = quantisedLanes(), row = columns * ci;
    return row % lanes == 0 ? 0 : llvm::divideCeil(lanes, row);
  }
  /// A dense [rows][columns][pitch] buffer in NRAM for an operand, and both as functions of row, column and channel.
  struct Staged {
    Value buffer;
    Access operand, packed;
    Sizes sizes;
    SmallVector<int64_t> bounds;
  };
  Staged stage(Value from, AffineMap map, ArrayRef<OpFoldResult> ivs, int64_t pitch);
  bool isTransposed() const { return xs[dimOf(xMap, input)] != 1 && bounds[input] != 1; }
};

/// Without windows, the rows of x and out form one long column of 1 x 1 windows if nothing lies between them.
bool Conv::flatten() {
  int64_t xStep = ci, outStep = co;
  for (int64_t loop : llvm::reverse(images)) {
    int64_t xDim = dimOf(xMap, loop), outDim = dimOf(outMap, loop);
    bool outermost = loop == images.front();
    if (xDim < 0 || outDim < 0 || xs[xDim] != xStep || os[outDim] != outStep || (!outermost && !getConstantIntValue(sizes[loop])))
      return false;
    xStep *= bounds[loop], outStep *= bounds[loop];
  }
  return true;
}

LogicalResult Conv::analyse() {
  x = c.x->get(), w = c.w->get(), out = c.out->get();
  xMap = op.getMatchingIndexingMap(c.x), wMap = op.getMatchingIndexingMap(c.w), outMap = op.getMatchingIndexingMap(c.out);
  bool packs = inNRAM(w);
  auto attr = op->getAttr(mlu::kPackFilterAttrName);
  if ((packs ? !attr : spaceOf(w) != mlu::Space::WRAM) || !inNRAM(x) || !inNRAM(out))
    return failure();
  word = typeOf(w).getElementType();
  if (auto width = dyn_cast_or_null<IntegerAttr>(attr); packs && width) {
    word = e.b.getIntegerType(width.getInt());
    c.integerFilter = true;
  }
  if (c.channels.empty() || c.reduction.size() != 1 || c.windows.size() > 2)
    return failure();
  input = c.reduction[0];
  for (int64_t loop : c.channels) // the last one in the result; the others are batches of filters
    if (channel < 0 || dimOf(outMap, loop) > dimOf(outMap, channel))
      channel = loop;
  for (int64_t loop : c.channels)
    if (loop != channel)
      c.depth.push_back(loop);
  if (!c.depth.empty() && !packs)
    return failure();
  FailureOr<SmallVector<int64_t>> sx = stridesOf(x), sw = stridesOf(w), so = stridesOf(out);
  if (failed(sx) || failed(sw) || failed(so))
    return failure();
  xs = *sx, ws = *sw, os = *so;
  sizes = loopSizes(e, op), bounds = loopBounds(op);
  auto isLast = [&](AffineMap map, int64_t loop) { return dimOf(map, loop) == int64_t(map.getNumResults()) - 1; };
  if (!isLast(outMap, channel) || dimOf(xMap, input) < 0 || (!isLast(xMap, input) && !c.windows.empty()) ||
      (!packs && (!isLast(wMap, input) || dimOf(wMap, channel) != 0)))
    return failure();
  if (xs.back() != 1 || ws.back() != 1 || os.back() != 1)
    return failure();

  // Spatial dimensions of x in order; those without taps or stride are rows of x like images.
  images = c.batch;
  llvm::sort(images, [&](int64_t a, int64_t b) { return dimOf(xMap, a) < dimOf(xMap, b); });
  llvm::erase_if(images, [&](int64_t loop) { return bounds[loop] == 1 && dimOf(xMap, loop) < 0; });
  for (int64_t loop : images)
    if (dimOf(xMap, loop) < 0 || dimOf(outMap, loop) < 0)
      return failure();
  auto asWindow = [&](int64_t loop) {
    Window window;
    window.out = loop, window.xDim = dimOf(xMap, loop);
    return window;
  };
  if (c.windows.size() == 2) {
    h = c.windows[0], v = c.windows[1];
  } else if (c.windows.size() == 1) { // the other direction is a dimension of rows before or behind it
    Window only = c.windows[0];
    if (!images.empty() && dimOf(xMap, images.back()) > only.xDim)
      h = only, v = asWindow(images.pop_back_val());
    else if (!images.empty())
      v = only, h = asWindow(images.pop_back_val());
    else
      v = only;
  }
  if (h.xDim >= 0 && v.xDim >= 0 && h.xDim > v.xDim)
    std::swap(h, v);
  kh = bound(h.tap), kw = bound(v.tap);
  if (!e.device.hasFloatConv && !c.integerFilter)
    return failure();
  if (kh == 1)
    h.dilation = 1;
  if (kw == 1)
    v.dilation = 1;
  dilated = h.dilation != 1 || v.dilation != 1;

  // The filter: dense [co][kh][kw][ci] of the padded row.
  int64_t wordBytes = elementBytes(word);
  int64_t row = llvm::alignTo(bounds[input] * wordBytes, e.device.convCiBytesAlignment) / wordBytes;
  ci = e.is2xx() ? row : bounds[input];
  co = e.is2xx() ? llvm::alignTo(bounds[channel], e.device.convCoAlignment) : bounds[channel];
  if (packs) {
    SmallVector<int64_t> order = {channel};
    for (const Window *window : {&h, &v})
      if (window->tap >= 0)
        order.push_back(window->tap);
    order.push_back(input);
    FailureOr<Access> source = Access::get(w, wMap);
    if (failed(source))
      return failure();
    packer.emplace(e, *source, order, bounds, word);
    return success();
  }
  int64_t expected = row;
  for (int64_t dim = int64_t(ws.size()) - 2; dim >= 0; --dim) {
    if (typeOf(w).getDimSize(dim) != 1 && ws[dim] != expected)
      return failure();
    if (dim > 0)
      expected *= typeOf(w).getDimSize(dim);
  }
  if (v.tap >= 0 && h.tap >= 0 && dimOf(wMap, v.tap) < dimOf(wMap, h.tap))
    return failure();
  return success();
}

Conv::Staged Conv::stage(Value from, AffineMap map, ArrayRef<OpFoldResult> ivs, int64_t pitch) {
  bool isX = from == x;
  int64_t rows = isX ? reachBound(h, kh) : bound(h.out), columns = isX ? reachBound(v, kw) : bound(v.out);
  // Columns are dense: with a dynamic number of them the rows are packed as wide as the bound.
  OpFoldResult rowCount = isX ? reach(h, kh) : size(h.out), columnCount = isX ? reach(v, kw) : size(v.out);
  int64_t spare = isX ? slackRows(columns) : 0;
  Type type = typeOf(from).getElementType();
  int64_t channels = isX ? bounds[input] : bounds[channel];
  if (isX && isTransposed())
    spare = std::max(spare, transposedColumns(e, type, rows) - rows);
  Value buffer;
  {
    // What is not copied stays as it is filled here, so x is filled once for all tiles.
    OpBuilder::InsertionGuard guard(e.b);
    if (isX)
      e.b.restoreInsertionPoint(e.outsideLoops());
    auto shape = MemRefType::get({rows + spare, columns, pitch}, type, AffineMap(), typeOf(from).getMemorySpace());
    buffer = memref::AllocOp::create(e.b, e.loc, shape);
    if (pitch != channels || spare || !getConstantIntValue(columnCount))
      e.fill(buffer, e.scalar(type, 0), e.attr((rows + spare) * columns * pitch));
  }
  SmallVector<AffineExpr> exprs;
  int64_t inner = dimOf(map, isX ? input : channel);
  for (int64_t dim = 0; dim < int64_t(map.getNumResults()); ++dim) {
    bool isH = isX ? dim == h.xDim : h.out >= 0 && dim == dimOf(outMap, h.out);
    bool isV = isX ? dim == v.xDim : v.out >= 0 && dim == dimOf(outMap, v.out);
    exprs.push_back(isH            ? e.b.getAffineDimExpr(0)
                    : isV          ? e.b.getAffineDimExpr(1)
                    : dim == inner ? e.b.getAffineDimExpr(2)
                                   : e.b.getAffineConstantExpr(0));
  }
  AffineMap part = AffineMap::get(3, 0, exprs, e.b.getContext());
  return {buffer,
          *Access::get(e.at(from, map, ivs), part),
          *Access::get(buffer, e.b.getMultiDimIdentityMap(3)),
          {rowCount, columnCount, e.attr(channels)},
          {rows, columns, channels}};
}

void Conv::emitImage(ArrayRef<OpFoldResult> ivs, bool accumulate) {
  // x as the builtin walks it: [h][xWidth][ci] without gaps.
  OpFoldResult rows = reach(h, kh);
  bool pitchFits = v.xDim >= 0 ? xStride(v) == ci : h.xDim >= 0 ? xStride(h) == ci : true;
  int64_t inMemory = h.xDim >= 0 && v.xDim >= 0 && xStride(h) % ci == 0 ? xStride(h) / ci : reachBound(v, kw);
  auto columns = getConstantIntValue(size(v.out));
  bool widthFits = inMemory >= reachBound(v, kw) &&
                   (dilated || (inMemory - kw) / v.stride + 1 == columns.value_or(-1));
  if (bound(h.out) == 1 && kh == 1)
    widthFits = true, inMemory = 0;
  Value src = e.at(x, xMap, ivs);
  bool dense = pitchFits && widthFits && (!e.is2xx() || isAligned(src, e.device.nramAddressAlignment)) &&
               (!e.is2xx() || ownedWidth(x) >= ci) && !isTransposed();
  if (c.integerFilter && slackRows(inMemory ? inMemory : reachBound(v, kw)) != 0) {
    Operation *root = rootOf(x).getDefiningOp();
    dense &= root && root->hasAttr(kSlackAttr);
  }
  OpFoldResult width = inMemory ? e.attr(inMemory) : reach(v, kw);
  int64_t widthBound = inMemory ? inMemory : reachBound(v, kw);
  if (!dense) {
    Staged staged = stage(x, xMap, ivs, ci);
    int64_t rowStep = staged.operand.strides[0];
    if (isTransposed() && (rowStep == 1 || bound(h.out) == 1))
      emitTranspose(e, staged.buffer, staged.operand.memref, bounds[input], ci, rows, staged.bounds[0],
                    staged.operand.strides[2]);
    else
      emitCopy(e, staged.operand, staged.packed, staged.sizes, staged.bounds);
    src = staged.buffer;
    widthBound = reachBound(v, kw);
    width = e.attr(widthBound);
  }
  Value position;
  if (c.integerFilter) {
    OpFoldResult count = e.mul(rows, e.mul(width, e.attr(ci)));
    auto type = cast<IntegerType>(word);
    int64_t lanes = quantisedLanes();
    Quantised q = quantise(e, src, e.roundUp(count, lanes), llvm::alignTo(reachBound(h, kh) * widthBound * ci, lanes), type,
                           filterPosition ? -63 : -127);
    src = q.values, position = q.position;
    if (filterPosition) { // more than 127 means that the product overflows
      Value sum = arith::AddIOp::create(e.b, e.loc, position, filterPosition);
      position = arith::MinSIOp::create(e.b, e.loc, sum, e.i32(127));
    }
  }

  // out likewise: [oh][ow][co].
  bool outFits = (v.out >= 0 ? outStride(v) == co : h.out >= 0 ? outStride(h) == co : true) && ownedWidth(out) >= co;
  if (outFits && h.out >= 0 && v.out >= 0 && bound(h.out) > 1)
    outFits = columns && outStride(h) == *columns * co;
  // With a width that is not wanted to its end the builtin writes more columns than there are.
  bool exact = !dense && !columns ? false : true;
  Value dst = e.at(out, outMap, ivs);
  if (e.is2xx())
    outFits &= isAligned(dst, e.device.nramAddressAlignment);
  outFits &= exact;
  std::optional<Staged> result;
  if (!outFits) {
    result = stage(out, outMap, ivs, co);
    dst = result->buffer;
    if (accumulate)
      emitCopy(e, result->operand, result->packed, result->sizes, result->bounds);
  }
  if (dilated)
    emitTaps(dst, src, width, position, accumulate);
  else
    emitBuiltin(dst, src, w, rows, width, kh, kw, co, position, accumulate);
  if (result)
    emitCopy(e, result->packed, result->operand, result->sizes, result->bounds);
}

void Conv::emitBuiltin(Value dst, Value src, Value filter, OpFoldResult rows, OpFoldResult width, int64_t tapRows,
                       int64_t tapColumns, int64_t filters, Value position, bool accumulate) {
  SmallVector<Value> operands = {dst, src, filter};
  if (accumulate)
    operands.push_back(dst);
  for (OpFoldResult value : Sizes{e.attr(ci), rows, width, e.attr(tapRows), e.attr(tapColumns), e.attr(v.stride), e.attr(h.stride), e.attr(filters)})
    operands.push_back(e.index(value));
  std::string name = accumulate ? "conv_partial" : "conv";
  if (position)
    operands.push_back(position);
  else
    name += "_float";
  e.op(name, operands);
}

/// A dilated convolution as one 1 x 1 convolution a tap, on the part of x that the tap meets, for 64 filters at a
/// time: the taps of filters in the same bank are a whole filter apart.
void Conv::emitTaps(Value dst, Value src, OpFoldResult width, Value position, bool accumulate) {
  Type type = typeOf(src).getElementType(), outType = typeOf(out).getElementType();
  int64_t bytes = elementBytes(type), outBytes = elementBytes(outType);
  OpFoldResult rows = reach(h, 1), columns = reach(v, 1), pixels = e.mul(size(h.out), size(v.out));
  int64_t rowsBound = reachBound(h, 1), columnsBound = reachBound(v, 1), pixelsBound = bound(h.out) * bound(v.out);
  Value part = e.temp(type, rowsBound * columnsBound * ci);
  int64_t groups = llvm::divideCeil(co, kBanks);
  Value result = groups == 1 ? dst : e.temp(outType, pixelsBound * kBanks);
  Value rowBytes = e.index(e.mul(columns, e.attr(ci * bytes))), xRowBytes = e.index(e.mul(width, e.attr(ci * bytes)));
  for (int64_t group = 0; group < groups; ++group) {
    int64_t filters = std::min(kBanks, co - group * kBanks);
    auto move = [&](bool in) { // between dst's channels of this group and `result`
      Value all = e.behind(dst, e.attr(group * kBanks));
      Value size = e.index(filters * outBytes), near = e.index(filters * outBytes), far = e.index(co * outBytes);
      SmallVector<Value> operands = in ? SmallVector<Value>{result, all, size, near, far} : SmallVector<Value>{all, result, size, far, near};
      operands.push_back(e.index(pixels));
      e.op("memcpy_2d", operands);
    };
    bool partial = accumulate;
    if (groups > 1 && accumulate)
      move(/*in=*/true);
    for (int64_t i = 0; i < kh; ++i)
      for (int64_t j = 0; j < kw; ++j) {
        OpFoldResult offset = e.mul(e.add(e.mul(width, e.attr(i * h.dilation)), e.attr(j * v.dilation)), e.attr(ci));
        Value from = e.behind(src, offset);
        e.op("memcpy_2d", {part, from, rowBytes, rowBytes, xRowBytes, e.index(rows)});
        Sizes at(typeOf(w).getRank(), e.attr(0));
        at[0] = e.attr(group); // in WRAM, 64 filters further on is one row further on
        if (h.tap >= 0)
          at[dimOf(wMap, h.tap)] = e.attr(i);
        if (v.tap >= 0)
          at[dimOf(wMap, v.tap)] = e.attr(j);
        emitBuiltin(result, part, e.at(w, at), rows, columns, 1, 1, filters, position, partial);
        partial = true;
      }
    if (groups > 1)
      move(/*in=*/false);
  }
}

void Conv::emit() {
  linalg::FillOp fill = fillBefore(op, out);
  bool accumulate = !fill || !matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
  if (!accumulate)
    fill->setAttr(kTakenOverAttr, e.b.getUnitAttr());
  if (packer)
    return emitPacked(accumulate);
  emitFilters(Sizes(op.getNumLoops(), e.attr(0)), accumulate);
}

void Conv::useFilters(Value filters) {
  SmallVector<AffineExpr> dims = {e.b.getAffineDimExpr(channel)};
  for (const Window *window : {&h, &v})
    if (window->tap >= 0)
      dims.push_back(e.b.getAffineDimExpr(window->tap));
  dims.push_back(e.b.getAffineDimExpr(input));
  w = filters, wMap = AffineMap::get(op.getNumLoops(), 0, dims, e.b.getContext());
  filterPosition = packer->position;
}

/// Packs the filters where they are known, outside of loops if they do not change there, or one batch after the other.
void Conv::emitPacked(bool accumulate) {
  Sizes ivs(op.getNumLoops(), e.attr(0)), around;
  Operation *anchor = outsideLoopsOf(op, w);
  bool isBatched = llvm::any_of(c.depth, [&](int64_t loop) { return bounds[loop] != 1; });
  {
    OpBuilder::InsertionGuard guard(e.b);
    e.b.setInsertionPoint(anchor);
    packer->quantise();
    if (!isBatched)
      useFilters(packer->pack(ivs));
  }
  if (!isBatched)
    return emitFilters(ivs, accumulate);
  for (int64_t loop : c.depth)
    around.push_back(sizes[loop]);
  e.loops(around, [&](ArrayRef<OpFoldResult> inner) {
    for (auto [loop, iv] : llvm::zip(c.depth, inner))
      ivs[loop] = iv;
    useFilters(packer->pack(ivs));
    emitFilters(ivs, accumulate);
  });
}

/// The images that meet the filters in WRAM, at the batch `ivs`.
void Conv::emitFilters(Sizes ivs, bool accumulate) {
  if (c.windows.empty() && !images.empty()) {
    if (flatten() || images.size() == 1) {
      // One column: the product of the rows.
      OpFoldResult rows = e.attr(1);
      int64_t rowsBound = 1;
      for (int64_t loop : images)
        rows = e.mul(rows, sizes[loop]), rowsBound *= bounds[loop];
      int64_t inner = images.back();
      sizes[inner] = rows, bounds[inner] = rowsBound;
      h = Window{}, v = Window{};
      h.out = inner, h.xDim = dimOf(xMap, inner);
      return emitImage(ivs, accumulate);
    }
    h = Window{};
    h.out = images.pop_back_val(), h.xDim = dimOf(xMap, h.out);
  }
  Sizes around;
  for (int64_t loop : images)
    around.push_back(sizes[loop]);
  e.loops(around, [&](ArrayRef<OpFoldResult> inner) {
    for (auto [loop, iv] : llvm::zip(images, inner))
      ivs[loop] = iv;
    emitImage(ivs, accumulate);
  });
}

} // namespace

LogicalResult l2b::lowerConv(Emit &e, linalg::LinalgOp op) {
  FailureOr<Contraction> contraction = Contraction::match(op);
  if (failed(contraction))
    return failure();
  Conv conv{e, op, *contraction};
  if (failed(conv.analyse()))
    return failure();
  conv.emit();
  return success();
}
