//===- Views.cpp - Where a memref begins inside its buffer -----------------===//
#include "metabang/Dialect/Bang/IR/Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace metabang::bang;

int64_t metabang::bang::getElementBytes(Type elementType) {
  return llvm::divideCeil(elementType.isIndex() ? 64 : elementType.getIntOrFloatBitWidth(), 8);
}

/// The static offset of the type's layout in bytes. It counts from the buffer, not from the view's source.
static std::optional<int64_t> getLayoutOffset(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) || ShapedType::isDynamic(offset))
    return std::nullopt;
  return offset * getElementBytes(type.getElementType());
}

View metabang::bang::traceView(Value memref) {
  // The first static offset on the way counts from the buffer, so nothing behind it matters but a byte shift.
  std::optional<int64_t> offset;
  int64_t shift = 0;
  bool known = true;
  Value value = memref;
  while (true) {
    if (auto type = dyn_cast<MemRefType>(value.getType()); type && !offset)
      offset = getLayoutOffset(type);
    Operation *def = value.getDefiningOp();
    if (auto view = dyn_cast_or_null<memref::ViewOp>(def)) {
      std::optional<int64_t> bytes = getConstantIntValue(view.getByteShift());
      known = known && bytes && offset;
      if (known)
        shift += *bytes + *offset;
      offset.reset();
      value = view.getSource();
    } else if (auto view = dyn_cast_or_null<ViewLikeOpInterface>(def)) {
      value = view.getViewSource();
    } else {
      break;
    }
  }
  if (!known || !offset)
    return {value, std::nullopt};
  return {value, *offset + shift};
}

SmallVector<Value> metabang::bang::getRoots(Value memref) {
  llvm::SetVector<Value> seen;
  SmallVector<Value> roots;
  seen.insert(traceView(memref).root);
  for (unsigned i = 0; i < seen.size(); ++i) {
    Value value = seen[i];
    auto visit = [&](Value next) { seen.insert(traceView(next).root); };
    if (auto select = value.getDefiningOp<arith::SelectOp>()) {
      visit(select.getTrueValue());
      visit(select.getFalseValue());
    } else if (auto branch = value.getDefiningOp<scf::IfOp>()) {
      unsigned number = cast<OpResult>(value).getResultNumber();
      visit(branch.thenYield().getOperand(number));
      visit(branch.elseYield().getOperand(number));
    } else if (auto loop = value.getDefiningOp<scf::ForOp>()) {
      unsigned number = cast<OpResult>(value).getResultNumber();
      visit(loop.getInitArgs()[number]);
      visit(loop.getYieldedValues()[number]);
    } else if (auto arg = dyn_cast<BlockArgument>(value);
               arg && isa_and_nonnull<scf::ForOp>(arg.getOwner()->getParentOp())) {
      auto loop = cast<scf::ForOp>(arg.getOwner()->getParentOp());
      visit(loop.getTiedLoopInit(arg)->get());
      visit(loop.getTiedLoopYieldedValue(arg)->get());
    } else {
      roots.push_back(value);
    }
  }
  return roots;
}

std::optional<int64_t> metabang::bang::getBufferBytes(Value root) {
  auto type = dyn_cast<MemRefType>(root.getType());
  if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity())
    return std::nullopt;
  return type.getNumElements() * getElementBytes(type.getElementType());
}
