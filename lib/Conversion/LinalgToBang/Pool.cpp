//===- Pool.cpp - Pooling windows and reductions over rows ----------------===//
//
// out[…][oh][ow][c] = reduce over (kh, kw) of x[…][oh*sh+kh][ow*sw+kw][c]. A reduction of rows is a window that
// covers them. Dimensions behind the last window are channels.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"
#include "Extreme.h"
#include "Families.h"
#include "Loops.h"
#include "Memory.h"
#include "VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Windows a builtin may have.
constexpr int64_t kMaxWindow = 65535;

struct Pool {
  Emit &e;
  linalg::LinalgOp op;
  StringRef kind; // "sum", "max", "min"
  Access x, out;
  Sizes sizes;
  SmallVector<int64_t> bounds;
  Window h, v;
  SmallVector<int64_t> around; // loops outside of the builtin, images first
  int64_t channels = 1;        // as the builtin gets them

  LogicalResult analyse();
  void emit();
  OpFoldResult size(int64_t loop) { return loop < 0 ? e.attr(1) : sizes[loop]; }
  int64_t bound(int64_t loop) { return loop < 0 ? 1 : bounds[loop]; }
  int64_t xStride(const Window &w) const { return w.tap >= 0 ? x.strides[w.tap] / w.dilation : w.out >= 0 ? x.strides[w.out] / w.stride : 0; }
};

/// Name of the pooling that combines by `op`, or "".
StringRef poolKind(Operation *op) {
  if (isa<arith::AddFOp>(op))
    return "sum";
  if (isa<arith::MaximumFOp, arith::MaxNumFOp>(op))
    return "max";
  if (isa<arith::MinimumFOp, arith::MinNumFOp>(op))
    return "min";
  return "";
}

LogicalResult Pool::analyse() {
  AffineMap outMap = out.map, xMap = x.map;
  if (!outMap.isProjectedPermutation() || !inNRAM(x.memref) || !inNRAM(out.memref))
    return failure();
  sizes = loopSizes(e, op), bounds = loopBounds(op);
  auto isOut = [&](int64_t loop) { return outMap.isFunctionOfDim(loop); };

  // Dimensions of x from the innermost on: channels while they are whole on both sides.
  int64_t dim = int64_t(xMap.getNumResults()) - 1, outStep = 1;
  int64_t lanes = e.lanes(typeOf(x.memref).getElementType());
  for (; dim >= 0; --dim) {
    auto d = dyn_cast<AffineDimExpr>(xMap.getResult(dim));
    if (!d || !isOut(d.getPosition()))
      break;
    int64_t loop = d.getPosition();
    std::optional<int64_t> size = getConstantIntValue(sizes[loop]);
    if (!size || (*size != 1 && (x.strides[loop] != channels || out.strides[loop] != outStep)))
      break;
    bool first = dim + 1 == int64_t(xMap.getNumResults());
    if (first && dim > 0) { // rows are as wide as they are in memory, on both sides
      int64_t width = std::min(x.width, out.width), padded = llvm::alignTo(*size, lanes);
      if (width < padded)
        return failure();
      channels = outStep = padded;
    } else {
      channels *= *size, outStep *= *size;
    }
  }
  if (dim == int64_t(xMap.getNumResults()) - 1 || channels % lanes != 0)
    return failure();

  // Then one or two windows; what lies outside is looped over.
  SmallVector<Window> windows;
  for (; dim >= 0; --dim) {
    Window window;
    window.xDim = dim;
    if (failed(matchWindow(xMap.getResult(dim), isOut, window)))
      return failure();
    if (isa<AffineConstantExpr>(xMap.getResult(dim)) || (bound(window.out) == 1 && bound(window.tap) == 1))
      continue;
    windows.push_back(window);
  }
  if (windows.empty())
    return failure();
  for (const Window &window : windows)
    if (window.dilation != 1 && bound(window.tap) > 1)
      return failure();
  v = windows[0];
  // Whole reductions of neighbouring dimensions are one.
  size_t used = 1;
  if (windows.size() > 1) {
    bool row = bound(v.out) == 1 && windows[1].tap >= 0;
    // Columns: rows of x have to be as far apart as the columns are many.
    int64_t xv = xStride(v), xh = xStride(windows[1]);
    if (xv == channels && xh % channels == 0 && (row || windows[1].tap >= 0))
      h = windows[1], used = 2;
  }
  // Steps of both loops of a window have to be columns, rows: a loop may be in another dimension of x too.
  auto fits = [&](const Window &w, int64_t step) {
    return (bound(w.out) == 1 || x.strides[w.out] == w.stride * step) &&
           (bound(w.tap) == 1 || x.strides[w.tap] == w.dilation * step);
  };
  if (!fits(v, channels) || (used == 2 && !fits(h, xStride(h))))
    return failure();
  for (unsigned loop = 0; loop < sizes.size(); ++loop)
    if (bounds[loop] != 1 && !xMap.isFunctionOfDim(loop)) // x is repeated along it
      around.push_back(loop);
  for (size_t i = windows.size(); i-- > used;) {
    if (windows[i].out >= 0)
      around.push_back(windows[i].out);
    if (windows[i].tap >= 0 && bound(windows[i].tap) > 1)
      around.push_back(windows[i].tap);
  }
  if (bound(v.tap) > kMaxWindow || bound(h.tap) > kMaxWindow || bound(v.tap) * bound(h.tap) > kMaxWindow)
    return failure();
  // Columns of x in memory have to give exactly the columns of out.
  if (h.xDim >= 0) {
    int64_t width = xStride(h) / channels;
    auto columns = getConstantIntValue(size(v.out));
    auto taps = getConstantIntValue(size(v.tap));
    if (!columns || !taps || width < *taps || (width - *taps) / v.stride + 1 != *columns)
      return failure();
    int64_t outRow = v.out >= 0 ? *columns * outStep : outStep;
    if (h.out >= 0 && bound(h.out) > 1 && out.strides[h.out] != outRow)
      return failure();
  }
  if (v.out >= 0 && bound(v.out) > 1 && out.strides[v.out] != outStep)
    return failure();
  auto aligned = [&](const Access &access) {
    for (int64_t loop : around)
      if (access.strides[loop] * elementBytes(access.memref) % e.device.nramAddressAlignment != 0)
        return false;
    return isAligned(access.memref, e.device.nramAddressAlignment);
  };
  return success(aligned(x) && aligned(out));
}

void Pool::emit() {
  bool reducesAround = llvm::any_of(around, [&](int64_t loop) { return !out.map.isFunctionOfDim(loop); });
  linalg::FillOp fill = reducesAround ? linalg::FillOp() : fillBefore(op, out.memref);
  bool fresh = false;
  FloatAttr value;
  if (fill && matchPattern(fill.getInputs()[0], m_Constant(&value))) {
    double filled = value.getValueAsDouble();
    fresh = kind == "sum" ? filled == 0 : kind == "max" ? filled <= -3.0e38 : filled >= 3.0e38;
    if (typeOf(x.memref).getElementType().isF16() && kind != "sum")
      fresh = kind == "max" ? filled <= -65504 : filled >= 65504;
  }
  if (fresh)
    fill->setAttr(kTakenOverAttr, e.b.getUnitAttr());
  auto reach = [&](const Window &w) { return e.add(e.mul(e.sub(size(w.out), e.attr(1)), e.attr(w.stride)), size(w.tap)); };
  Sizes loops;
  for (int64_t loop : around)
    loops.push_back(sizes[loop]);
  e.loops(loops, [&](ArrayRef<OpFoldResult> inner) {
    Sizes ivs(sizes.size(), e.attr(0));
    for (auto [loop, iv] : llvm::zip(around, inner))
      ivs[loop] = iv;
    Value src = e.at(x.memref, x.map, ivs), dst = e.at(out.memref, out.map, ivs), target = dst;
    OpFoldResult rows = reach(h), columns = h.xDim >= 0 ? e.attr(xStride(h) / channels) : reach(v);
    OpFoldResult count = e.mul(e.mul(size(h.out), size(v.out)), e.attr(channels));
    Type type = typeOf(x.memref).getElementType();
    if (!fresh)
      target = e.temp(type, bound(h.out) * bound(v.out) * channels);
    SmallVector<Value> window = {e.index(channels),     e.index(rows),        e.index(columns), e.index(size(h.tap)),
                                 e.index(size(v.tap)), e.index(v.stride), e.index(h.stride)};
    int64_t outBound = bound(h.out) * bound(v.out) * channels;
    if (kind == "sum") {
      SmallVector<Value> operands = {target, src};
      llvm::append_range(operands, window);
      e.op("sumpool", operands);
      if (!fresh)
        e.op("add", {dst, dst, target, e.index(count)});
      return;
    }
    int64_t rowBound = (bound(h.out) - 1) * h.stride + bound(h.tap);
    int64_t columnBound = getConstantIntValue(columns).value_or((bound(v.out) - 1) * v.stride + bound(v.tap));
    PoolCounts counts{e.mul(e.mul(rows, columns), e.attr(channels)), count, rowBound * columnBound * channels, outBound};
    emitExtremePool(e, kind == "max", target, src, window, counts);
    if (!fresh)
      emitExtreme(e, kind == "max", dst, dst, target, count, outBound);
  });
}

} // namespace

LogicalResult l2b::lowerPool(Emit &e, linalg::LinalgOp op) {
  Operation *combine = accumulation(op);
  if (!combine || poolKind(combine).empty() || op.getNumLoops() == op.getNumParallelLoops())
    return failure();
  BlockArgument acc = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  Value other = combine->getOperand(0) == acc ? combine->getOperand(1) : combine->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(other);
  if (!argument || argument.getOwner() != op.getBlock() || op.getBlock()->getOperations().size() != 2)
    return failure();
  Type type = argument.getType();
  if (!type.isF32() && !type.isF16())
    return failure();
  OpOperand *in = &op->getOpOperand(argument.getArgNumber()), *init = op.getDpsInitOperand(0);
  FailureOr<Access> x = Access::get(in->get(), op.getMatchingIndexingMap(in));
  FailureOr<Access> out = Access::get(init->get(), op.getMatchingIndexingMap(init));
  if (failed(x) || failed(out))
    return failure();
  Pool pool{e, op, poolKind(combine), *x, *out};
  if (failed(pool.analyse()))
    return failure();
  pool.emit();
  return success();
}
