//===- Depthwise.cpp - Depthwise convolution on the vector unit -----------===//
//
// One output row is the sum over the taps of a row of x times the tap's channel vector. With a column stride, the
// columns a tap reads are packed first.
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

LogicalResult l2b::lowerDepthwise(Emit &e, linalg::LinalgOp op) {
  FailureOr<Contraction> match = Contraction::match(op);
  if (failed(match) || match->depth.size() != 1 || !match->channels.empty() || !match->reduction.empty() || match->integerFilter)
    return failure();
  const Contraction &c = *match;
  FailureOr<Access> x = Access::get(c.x->get(), op.getMatchingIndexingMap(c.x)), w = Access::get(c.w->get(), op.getMatchingIndexingMap(c.w)),
                    out = Access::get(c.out->get(), op.getMatchingIndexingMap(c.out));
  if (failed(x) || failed(w) || failed(out) || !inNRAM(x->memref) || !inNRAM(w->memref) || !inNRAM(out->memref))
    return failure();
  Type type = typeOf(out->memref).getElementType();
  if (typeOf(x->memref).getElementType() != type || typeOf(w->memref).getElementType() != type || !(type.isF32() || type.isF16()))
    return failure();
  int64_t depth = c.depth[0];
  Sizes sizes = loopSizes(e, op);
  SmallVector<int64_t> bounds = loopBounds(op);
  for (const Access *access : {&*x, &*w, &*out})
    if (access->strides[depth] != 1 || !isAligned(access->memref, e.device.nramAddressAlignment))
      return failure();
  if (!getConstantIntValue(sizes[depth]))
    return failure();

  // All three have rows of the same width, padded on an MLU2xx.
  int64_t channels = llvm::alignTo(bounds[depth], e.lanes(type));
  if (x->width < channels || w->width < channels || out->width < channels)
    return failure();
  Window columns;
  SmallVector<int64_t> taps, rows;
  for (const Window &window : c.windows) {
    if (window.tap >= 0)
      taps.push_back(window.tap);
    if (window.out >= 0 && out->strides[window.out] == channels)
      columns = window;
  }
  for (int64_t loop : c.batch)
    if (columns.out < 0 && out->strides[loop] == channels)
      columns.out = loop;
  for (int64_t loop = 0; loop < int64_t(sizes.size()); ++loop)
    if (out->map.isFunctionOfDim(loop) && loop != depth && loop != columns.out)
      rows.push_back(loop);
  int64_t step = columns.out >= 0 ? x->strides[columns.out] : channels; // of x, from one column to the next
  for (int64_t tap : taps)
    if (!getConstantIntValue(sizes[tap]))
      return failure();
  if (step % channels != 0)
    return failure();
  int64_t bytes = elementBytes(type);

  linalg::FillOp fill = fillBefore(op, c.out->get());
  bool fresh = fill && matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
  if (fresh)
    fill->setAttr(kTakenOverAttr, e.b.getUnitAttr());
  OpFoldResult width = columns.out >= 0 ? sizes[columns.out] : e.attr(1);
  int64_t widthBound = columns.out >= 0 ? bounds[columns.out] : 1;
  Value product = e.temp(type, widthBound * channels);
  Value packed = step == channels || widthBound == 1 ? Value() : e.temp(type, widthBound * channels);
  Sizes outer;
  for (int64_t loop : rows)
    outer.push_back(sizes[loop]);
  e.loops(outer, [&](ArrayRef<OpFoldResult> inner) {
    Sizes ivs(sizes.size(), e.attr(0));
    for (auto [loop, iv] : llvm::zip(rows, inner))
      ivs[loop] = iv;
    Value row = e.at(out->memref, out->map, ivs), count = e.index(e.mul(width, e.attr(channels))), period = e.index(channels);
    int64_t total = 1;
    for (int64_t tap : taps)
      total *= bounds[tap];
    for (int64_t i = 0; i < total; ++i) {
      int64_t rest = i;
      for (int64_t tap : llvm::reverse(taps))
        ivs[tap] = e.attr(rest % bounds[tap]), rest /= bounds[tap];
      Value src = e.at(x->memref, x->map, ivs), weight = e.at(w->memref, w->map, ivs);
      if (packed) {
        Value size = e.index(channels * bytes);
        e.op("memcpy_2d", {packed, src, size, size, e.index(step * bytes), e.index(width)});
        src = packed;
      }
      Value into = fresh && i == 0 ? row : product;
      e.op("cycle_mul", {into, src, weight, count, period});
      if (into == product)
        e.op("add", {row, row, product, count});
    }
  });
  return success();
}
