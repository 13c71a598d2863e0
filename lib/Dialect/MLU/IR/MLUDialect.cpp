//===- MLUDialect.cpp - The mlu dialect -----------------------------------===//
#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace metabang::mlu;

#include "metabang/Dialect/MLU/IR/MLUEnums.cpp.inc"
#include "metabang/Dialect/MLU/IR/MLUOpsDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "metabang/Dialect/MLU/IR/MLUAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "metabang/Dialect/MLU/IR/MLUOps.cpp.inc"

void MLUDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "metabang/Dialect/MLU/IR/MLUAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "metabang/Dialect/MLU/IR/MLUOps.cpp.inc"
      >();
}

Space metabang::mlu::getSpace(BaseMemRefType type) {
  auto space = dyn_cast_or_null<SpaceAttr>(type.getMemorySpace());
  return space ? space.getValue() : Space::GDRAM;
}

bool metabang::mlu::isOnChip(Value value) {
  auto type = dyn_cast<BaseMemRefType>(value.getType());
  if (!type)
    return false;
  Space space = getSpace(type);
  return space == Space::NRAM || space == Space::WRAM || space == Space::SRAM;
}

StringRef metabang::mlu::getTarget(Operation *op) {
  for (; op; op = op->getParentOp())
    if (auto target = op->getAttrOfType<StringAttr>(MLUDialect::getTargetAttrName()))
      return target.getValue();
  return {};
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!kernel)
    return emitOpError() << "launches @" << getCallee() << ", which is not a function of this module";
  if (!kernel->hasAttr(MLUDialect::getKernelAttrName()))
    return emitOpError() << "launches @" << getCallee() << ", which is not marked as a kernel (`mlu.kernel`)";
  return success();
}

static LogicalResult verifyPermutation(Operation *op, ArrayRef<int64_t> perm, int64_t rank) {
  SmallVector<bool> seen(rank, false);
  if (static_cast<int64_t>(perm.size()) == rank)
    for (int64_t dim : perm)
      if (dim >= 0 && dim < rank)
        seen[dim] = true;
  if (!llvm::all_of(seen, [](bool s) { return s; }) || static_cast<int64_t>(perm.size()) != rank)
    return op->emitOpError() << "needs `perm` to be a permutation of the " << rank << " dimensions of its operand";
  return success();
}

LogicalResult QuantizeFilterOp::verify() {
  auto filter = cast<RankedTensorType>(getFilter().getType());
  auto quantized = cast<RankedTensorType>(getQuantized().getType());
  auto scale = cast<RankedTensorType>(getScale().getType());
  if (failed(verifyPermutation(*this, getPerm(), filter.getRank())))
    return failure();
  if (getBits() != 8 && getBits() != 16)
    return emitOpError() << "quantises to 8 or 16 bits, not to " << getBits();
  if (!quantized.getElementType().isInteger(getBits()))
    return emitOpError() << "has a result of " << quantized.getElementType() << " for " << getBits() << " bits";
  for (int64_t i = 0, rank = filter.getRank(); i < rank; ++i) {
    int64_t pad = i == 0 ? getPadCo() : i == rank - 1 ? getPadCi() : 1;
    int64_t want = llvm::divideCeil(filter.getDimSize(getPerm()[i]), pad) * pad;
    if (quantized.getRank() != rank || quantized.getDimSize(i) != want)
      return emitOpError() << "needs size " << want << " in dimension " << i << " of its first result";
  }
  if (scale.getRank() != 1 || scale.getDimSize(0) != filter.getDimSize(getPerm()[0]))
    return emitOpError() << "needs one scale an output channel";
  return success();
}

LogicalResult PrepareOp::verify() {
  auto source = cast<RankedTensorType>(getSource().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  if (failed(verifyPermutation(*this, getPerm(), source.getRank())))
    return failure();
  if (source.getRank() != result.getRank() || source.getElementType() != result.getElementType())
    return emitOpError() << "keeps rank and element type";
  for (int64_t i = 0; i < source.getRank(); ++i)
    if (result.getDimSize(i) < source.getDimSize(getPerm()[i]))
      return emitOpError() << "can pad dimension " << i << " but not cut it";
  return success();
}
