//===- Pointers.cpp - Views of buffers as pointer arithmetic ---------------===//
#include "Emitter.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::bangc;

/// The sum of indices times strides of `type`, as C text: "i * 64 + j".
Expr Emitter::offsetSum(MemRefType type, ArrayRef<OpFoldResult> indices) {
  auto [strides, offset] = type.getStridesAndOffset();
  std::optional<Expr> sum;
  int64_t constant = 0;
  for (auto [index, stride] : llvm::zip_equal(indices, strides)) {
    if (std::optional<int64_t> value = getConstantIntValue(index)) {
      constant += *value * (*value == 0 ? 0 : stride);
      continue;
    }
    Expr term = expr(llvm::cast<Value>(index));
    if (stride != 1)
      term = binary(term, "*", Expr{std::to_string(stride)}, Product);
    sum = sum ? binary(*sum, "+", term, Sum) : term;
  }
  if (!sum)
    return {std::to_string(constant), constant < 0 ? Unary : Primary};
  if (constant == 0)
    return *sum;
  return binary(*sum, constant < 0 ? "-" : "+", Expr{std::to_string(std::abs(constant))}, Sum);
}

Expr Emitter::addOffset(const Expr &base, const Expr &offset) {
  if (offset.text == "0")
    return base;
  Expr all = base.offset.empty() ? offset : binary(Expr{base.offset, base.offsetPrecedence}, "+", offset, Sum);
  std::string root = base.offset.empty() ? parenthesize(base, Sum) : base.base;
  Expr pointer = binary(Expr{root}, "+", all, Sum);
  pointer.base = root;
  pointer.offset = all.text;
  pointer.offsetPrecedence = all.precedence;
  return pointer;
}

/// The address of the view's first element.
Expr Emitter::buildPointer(Operation *op) {
  if (auto view = dyn_cast<memref::SubViewOp>(op))
    return addOffset(expr(view.getSource()), offsetSum(view.getSourceType(), view.getMixedOffsets()));
  if (auto view = dyn_cast<memref::ReinterpretCastOp>(op)) {
    // The offset counts from the buffer, wherever the source begins.
    Expr base = expr(bang::traceView(view.getSource()).root);
    OpFoldResult offset = view.getMixedOffsets().front();
    if (std::optional<int64_t> value = getConstantIntValue(offset))
      return addOffset(base, Expr{std::to_string(*value)});
    return addOffset(base, expr(cast<Value>(offset)));
  }
  if (auto view = dyn_cast<memref::ViewOp>(op)) {
    Expr bytes = addOffset(expr(view.getSource()), expr(view.getByteShift()));
    return {"(" + getCType(view.getType()) + " *)" + parenthesize(bytes, Unary), Unary, false};
  }
  if (auto cast = dyn_cast<UnrealizedConversionCastOp>(op)) { // the bytes as elements of another type
    Expr source = expr(cast.getOperand(0));
    return {"(" + getCType(cast.getResult(0).getType()) + " *)" + parenthesize(source, Unary), Unary, false};
  }
  return expr(cast<ViewLikeOpInterface>(op).getViewSource()); // cast, expand_shape, collapse_shape
}

/// memref[indices] as an lvalue.
Expr Emitter::element(Value memref, ValueRange indices) {
  SmallVector<OpFoldResult> mixed = getAsOpFoldResult(indices);
  for (OpFoldResult &index : mixed)
    if (std::optional<int64_t> value = getConstantIntValue(index))
      index = OpFoldResult(Builder(memref.getContext()).getIndexAttr(*value));
  Expr offset = offsetSum(cast<MemRefType>(memref.getType()), mixed);
  Expr pointer = expr(memref);
  if (pointer.offset.empty())
    return {parenthesize(pointer, Primary) + "[" + offset.text + "]", Primary, false};
  Expr first{pointer.offset, pointer.offsetPrecedence};
  Expr index = offset.text == "0" ? first : binary(first, "+", offset, Sum);
  return {pointer.base + "[" + index.text + "]", Primary, false};
}
