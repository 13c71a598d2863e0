//===- Fill.cpp - linalg.fill to write_value ------------------------------===//
#include "Families.h"
#include "Memory.h"
#include "VectorBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

/// No builtin writes truth values or 64 bits: these are written as bytes, and word by word.
Value l2b::splatOf(Emit &e, Value value, int64_t count) {
  Type type = value.getType(), i8 = e.b.getI8Type(), i32 = e.b.getI32Type();
  if (!type.isInteger(1) && !type.isInteger(64))
    return e.splat(value, count);
  Value dst = e.temp(type, count);
  count = typeOf(dst).getDimSize(0);
  if (type.isInteger(1)) {
    Value byte = e.b.createOrFold<arith::ExtUIOp>(e.loc, i8, value);
    e.fill(viewAs(e, dst, i8, count), byte, e.attr(count));
    return dst;
  }
  Value shift = arith::ConstantOp::create(e.b, e.loc, e.b.getI64IntegerAttr(32));
  Value low = e.b.createOrFold<arith::TruncIOp>(e.loc, i32, value);
  Value high = e.b.createOrFold<arith::TruncIOp>(e.loc, i32, e.b.createOrFold<arith::ShRUIOp>(e.loc, value, shift));
  Value words = viewAs(e, dst, i32, 8 * count);
  e.fill(words, low, e.attr(2 * count));
  APInt lowest, highest;
  if (matchPattern(low, m_ConstantInt(&lowest)) && matchPattern(high, m_ConstantInt(&highest)) && lowest == highest)
    return dst;
  Value upper = e.splat(high, count);
  e.op("memcpy_2d", {e.at(words, {e.attr(1)}), upper, e.index(4), e.index(8), e.index(4), e.index(count)});
  return dst;
}

LogicalResult l2b::lowerFill(Emit &e, linalg::FillOp op) {
  Value dst = op.getOutputs()[0], value = op.getInputs()[0];
  MemRefType type = typeOf(dst);
  FailureOr<SmallVector<int64_t>> strides = stridesOf(dst);
  mlu::Space space = spaceOf(dst);
  Type element = type.getElementType();
  bool fillable = element.isF32() || element.isF16() || element.isInteger(8) || element.isInteger(16) ||
                  element.isInteger(32) || (element.isBF16() && e.device.hasBf16Vector);
  if (op->hasAttr(kTakenOverAttr))
    return success();
  if (failed(strides) || space == mlu::Space::WRAM)
    return failure();
  if (!fillable && op->hasAttr(kPadFillAttr) && type.hasStaticShape()) { // zeros, whatever the type
    int64_t bytes = type.getNumElements() * elementBytes(element);
    Type word = elementBytes(element) == 1 ? e.b.getI8Type() : e.b.getI16Type();
    e.fill(viewAs(e, dst, word, bytes), e.scalar(word, 0), e.attr(bytes / elementBytes(word)));
    return success();
  }
  bool copies = !fillable && space == mlu::Space::NRAM && isa<IntegerType>(element);
  if (!fillable && !copies)
    return failure();
  int64_t rank = type.getRank();
  if (rank == 0) {
    memref::StoreOp::create(e.b, e.loc, value, dst);
    return success();
  }
  if (strides->back() != 1)
    return failure();

  // The longest run of dimensions without gaps; padding behind rows belongs to them. The rest is looped over.
  int64_t width = ownedWidth(dst);
  bool wholeRows = rank > 1 && width > 0 && (*strides)[rank - 2] == width;
  OpFoldResult count = wholeRows ? e.attr(width) : sizeOf(e.b, e.loc, dst, rank - 1);
  int64_t run = rank - 1;
  if (wholeRows || !type.isDynamicDim(rank - 1))
    for (; run > 0; --run) {
      std::optional<int64_t> constant = getConstantIntValue(count);
      if (!constant || (*strides)[run - 1] != *constant)
        break;
      count = e.mul(count, sizeOf(e.b, e.loc, dst, run - 1));
    }
  // `count` may end in one dynamic factor: the outermost dimension of the run.

  int64_t countBound = wholeRows ? width : boundOf(dst, rank - 1);
  for (int64_t dim = run; dim < rank - 1; ++dim)
    countBound *= boundOf(dst, dim);
  Sizes outer;
  for (int64_t dim = 0; dim < run; ++dim)
    outer.push_back(sizeOf(e.b, e.loc, dst, dim));
  int64_t unit = e.lanes(type.getElementType());
  Value pattern = copies ? splatOf(e, value, countBound) : Value();
  e.loops(outer, [&](ArrayRef<OpFoldResult> ivs) {
    Sizes offsets(ivs.begin(), ivs.end());
    offsets.resize(rank, e.attr(0));
    Value at = e.at(dst, offsets);
    std::optional<int64_t> constant = getConstantIntValue(count);
    if (copies)
      e.copyBytes(at, pattern, e.mul(count, e.attr(elementBytes(element))));
    else if (space == mlu::Space::GDRAM)
      e.op("gdramset", {at, e.index(count), value});
    else if (isAligned(dst, e.device.nramAddressAlignment) &&
             (constant ? *constant % unit == 0 : wholeRows && width % unit == 0))
      e.fill(at, value, count);
    else if (run == 0 && vectorRoom(dst) >= llvm::alignTo(countBound, unit))
      e.fill(at, value, e.roundUp(count, unit));
    else
      e.op("memset_nram", {at, e.index(count), value});
    if (auto mark = op->getAttr(kPadFillAttr))
      std::prev(e.b.getInsertionPoint())->setAttr(kPadFillAttr, mark);
  });
  return success();
}
