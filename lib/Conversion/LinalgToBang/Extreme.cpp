//===- Extreme.cpp - Maxima and minima that keep NaN ----------------------===//
#include "Extreme.h"
#include "Memory.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

NaNForm l2b::nanForm(const Device &device, Type type) {
  if (device.arch < 300 || !isa<FloatType>(type))
    return NaNForm::None;
  return device.arch < 520 ? NaNForm::FirstOperand : NaNForm::Builtin;
}

StringRef l2b::extremeName(const Device &device, Type type, bool larger) {
  if (nanForm(device, type) == NaNForm::Builtin)
    return larger ? "nan_maximum" : "nan_minimum";
  return larger ? "maxequal" : "minequal";
}

/// With the operands in both orders, one result is the NaN if there is one, and they are equal if there is none: their
/// bits together are the maximum or a NaN.
void l2b::emitExtreme(Emit &e, bool larger, Value dst, Value x, Value y, OpFoldResult count, int64_t bound) {
  Type type = typeOf(dst).getElementType();
  StringRef name = extremeName(e.device, type, larger);
  Value n = e.index(count);
  if (nanForm(e.device, type) != NaNForm::FirstOperand) {
    e.op(name, {dst, x, y, n});
    return;
  }
  Value other = e.temp(type, bound);
  e.op(name, {other, y, x, n});
  e.op(name, {dst, x, y, n});
  e.op("bor", {dst, dst, other, e.index(e.mul(count, e.attr(elementBytes(type))))});
}

/// 0 or -1, times the largest number, twice: 0 or -Inf; times 0: 0 or NaN.
void l2b::emitNaNWhereZero(Emit &e, Value dst, Value numbers, OpFoldResult count) {
  Type type = typeOf(dst).getElementType();
  double largest = type.isF16() ? 65504 : 3.0e38;
  Value n = e.index(count);
  e.op("sub_scalar", {dst, numbers, e.scalar(type, 1), n});
  e.op("mul_scalar", {dst, dst, e.scalar(type, largest), n});
  e.op("add", {dst, dst, dst, n});
  e.op("mul_scalar", {dst, dst, e.scalar(type, 0), n});
}

void l2b::emitExtremePool(Emit &e, bool larger, Value dst, Value src, ValueRange window, const PoolCounts &counts) {
  Type type = typeOf(src).getElementType();
  NaNForm form = nanForm(e.device, type);
  SmallVector<Value> operands = {dst, src};
  llvm::append_range(operands, window);
  if (form == NaNForm::Builtin) {
    operands.append(4, e.index(1)); // no dilation
    e.op(larger ? "nan_maxpool" : "nan_minpool", operands);
    return;
  }
  e.op(larger ? "maxpool" : "minpool", operands);
  if (form == NaNForm::None)
    return;
  // A window with a NaN is one in which not every element equals itself.
  Value numbers = e.temp(type, counts.srcBound), all = e.temp(type, counts.dstBound);
  e.op("eq", {numbers, src, src, e.index(counts.src)});
  operands[0] = all, operands[1] = numbers;
  e.op("minpool", operands);
  emitNaNWhereZero(e, all, all, counts.dst);
  e.op("add", {dst, dst, all, e.index(counts.dst)});
}
