//===- Emit.cpp - Building builtins and the arithmetic around them --------===//
#include "Emit.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

int64_t Emit::lanes(Type type) const { return std::max<int64_t>(1, device.vectorSizeAlignment / elementBytes(type)); }

Operation *Emit::op(StringRef name, ValueRange operands, StringRef mode) {
  OperationState state(loc, ("bang." + name).str());
  state.addOperands(operands);
  if (!mode.empty())
    state.addAttribute("mode", b.getStringAttr(mode));
  return b.create(state);
}

Value Emit::value(StringRef name, ValueRange operands, Type result) {
  OperationState state(loc, ("bang." + name).str());
  state.addOperands(operands);
  state.addTypes(result);
  return b.create(state)->getResult(0);
}

Value Emit::index(OpFoldResult value) { return getValueOrCreateConstantIndexOp(b, loc, value); }

Value Emit::i32(int64_t value) { return arith::ConstantIntOp::create(b, loc, value, 32); }

OpFoldResult Emit::add(OpFoldResult x, OpFoldResult y) {
  auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
  if (cx && cy)
    return attr(*cx + *cy);
  if (cx && *cx == 0)
    return y;
  if (cy && *cy == 0)
    return x;
  return arith::AddIOp::create(b, loc, index(x), index(y)).getResult();
}

OpFoldResult Emit::sub(OpFoldResult x, OpFoldResult y) {
  auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
  if (cx && cy)
    return attr(*cx - *cy);
  if (cy && *cy == 0)
    return x;
  return arith::SubIOp::create(b, loc, index(x), index(y)).getResult();
}

OpFoldResult Emit::mul(OpFoldResult x, OpFoldResult y) {
  auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
  if (cx && cy)
    return attr(*cx * *cy);
  if ((cx && *cx == 0) || (cy && *cy == 0))
    return attr(0);
  if (cx && *cx == 1)
    return y;
  if (cy && *cy == 1)
    return x;
  return arith::MulIOp::create(b, loc, index(x), index(y)).getResult();
}

OpFoldResult Emit::min(OpFoldResult x, OpFoldResult y) {
  auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
  if (cx && cy)
    return attr(std::min(*cx, *cy));
  return arith::MinSIOp::create(b, loc, index(x), index(y)).getResult();
}

OpFoldResult Emit::roundUp(OpFoldResult x, int64_t m) {
  if (m == 1)
    return x;
  if (auto c = getConstantIntValue(x))
    return attr(llvm::alignTo(*c, m));
  Value padded = index(add(x, attr(m - 1)));
  return mul(arith::DivUIOp::create(b, loc, padded, index(m)).getResult(), attr(m));
}

OpFoldResult Emit::apply(AffineExpr expr, ArrayRef<OpFoldResult> dims) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return attr(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  OpFoldResult lhs = apply(binary.getLHS(), dims), rhs = apply(binary.getRHS(), dims);
  if (expr.getKind() == AffineExprKind::Add)
    return add(lhs, rhs);
  assert(expr.getKind() == AffineExprKind::Mul && "maps are linear here");
  return mul(lhs, rhs);
}

Value Emit::scalar(Type type, double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, static_cast<int64_t>(value)));
}

Value Emit::temp(Type elementType, int64_t count) {
  int64_t unit = std::max<int64_t>(1, 128 / elementBytes(elementType));
  auto space = mlu::SpaceAttr::get(b.getContext(), mlu::Space::NRAM);
  auto type = MemRefType::get({llvm::alignTo(std::max<int64_t>(count, 1), unit)}, elementType, AffineMap(), space);
  return memref::AllocOp::create(b, loc, type);
}

Value Emit::splat(Value value, int64_t count) {
  Value dst = temp(value.getType(), count);
  fill(dst, value, attr(typeOf(dst).getDimSize(0)));
  return dst;
}

OpBuilder::InsertPoint Emit::outsideLoops() {
  Operation *around = b.getInsertionBlock()->getParentOp();
  if (isa<func::FuncOp>(around))
    return b.saveInsertionPoint();
  while (!isa<func::FuncOp>(around->getParentOp()))
    around = around->getParentOp();
  return {around->getBlock(), Block::iterator(around)};
}

void Emit::fill(Value dst, Value value, OpFoldResult count) {
  std::optional<int64_t> constant = getConstantIntValue(count);
  bool zero = matchPattern(value, m_Zero()) || matchPattern(value, m_PosZeroFloat());
  if (zero && (!is2xx() || (constant && *constant % lanes(value.getType()) == 0)))
    op("write_zero", {dst, index(count)});
  else
    op("write_value", {dst, index(count), value});
}

void Emit::copyBytes(Value dst, Value src, OpFoldResult bytes) {
  std::optional<int64_t> constant = getConstantIntValue(bytes);
  bool whole = constant && *constant % device.nramCopySizeAlignment == 0 &&
               isAligned(dst, device.nramAddressAlignment) && isAligned(src, device.nramAddressAlignment);
  Value size = index(bytes);
  if (device.nramCopySizeAlignment <= 1 || whole)
    op("memcpy", {dst, src, size});
  else // a strided copy of one segment has no rule of alignment
    op("memcpy_2d", {dst, src, size, size, size, index(1)});
}

Value Emit::at(Value memref, ArrayRef<OpFoldResult> offsets) {
  if (llvm::all_of(offsets, [](OpFoldResult o) { return isConstantIntValue(o, 0); }))
    return memref;
  Sizes sizes, strides(offsets.size(), attr(1));
  for (auto [dim, offset] : llvm::enumerate(offsets)) {
    OpFoldResult size = sizeOf(b, loc, memref, dim);
    // The builtin's own count says how much is touched; a view that steps into a dimension shows one element of it.
    sizes.push_back(isConstantIntValue(offset, 0) ? size : attr(1));
  }
  return memref::SubViewOp::create(b, loc, memref, offsets, sizes, strides);
}

Value Emit::at(Value memref, AffineMap map, ArrayRef<OpFoldResult> ivs) {
  Sizes offsets;
  for (AffineExpr expr : map.getResults())
    offsets.push_back(apply(expr, ivs));
  return at(memref, offsets);
}

Value Emit::flat(Value memref) {
  MemRefType of = typeOf(memref);
  SmallVector<int64_t> strides;
  int64_t offset, extent = of.getNumElements() ? 1 : 0;
  (void)of.getStridesAndOffset(strides, offset);
  if (extent)
    for (auto [size, stride] : llvm::zip(of.getShape(), strides))
      extent += (size - 1) * stride;
  auto layout = offset ? StridedLayoutAttr::get(b.getContext(), offset, {1}) : MemRefLayoutAttrInterface();
  auto type = MemRefType::get({extent}, of.getElementType(), layout, of.getMemorySpace());
  return memref::ReinterpretCastOp::create(b, loc, type, rootOf(memref), attr(offset), Sizes{attr(extent)},
                                           Sizes{attr(1)});
}

Value Emit::behind(Value memref, OpFoldResult offset) {
  MemRefType type = typeOf(memref);
  Sizes offsets(type.getRank(), attr(0));
  std::optional<int64_t> rest = getConstantIntValue(offset);
  FailureOr<SmallVector<int64_t>> strides = stridesOf(memref);
  if (!rest || failed(strides)) {
    offsets.back() = offset;
    return at(memref, offsets);
  }
  for (auto [dim, stride] : llvm::enumerate(*strides)) { // a constant index has to lie in its dimension
    int64_t index = *rest / stride;
    if (!type.isDynamicDim(dim))
      index = std::min(index, type.getDimSize(dim) - 1);
    offsets[dim] = attr(index);
    *rest -= index * stride;
  }
  return at(memref, offsets);
}

void Emit::loops(ArrayRef<OpFoldResult> sizes, function_ref<void(ArrayRef<OpFoldResult>)> body) {
  Sizes ivs;
  OpBuilder::InsertionGuard guard(b);
  for (OpFoldResult size : sizes) {
    if (isConstantIntValue(size, 1)) {
      ivs.push_back(attr(0));
      continue;
    }
    auto loop = scf::ForOp::create(b, loc, index(0), index(size), index(1));
    b.setInsertionPointToStart(loop.getBody());
    ivs.push_back(loop.getInductionVar());
  }
  body(ivs);
}

void Emit::chunks(OpFoldResult size, int64_t bound, int64_t step, function_ref<void(OpFoldResult, OpFoldResult)> body) {
  if (bound <= step)
    return body(attr(0), size);
  auto loop = scf::ForOp::create(b, loc, index(0), index(size), index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  auto constant = getConstantIntValue(size);
  OpFoldResult iv = loop.getInductionVar();
  body(iv, constant && *constant % step == 0 ? attr(step) : min(sub(size, iv), attr(step)));
}
