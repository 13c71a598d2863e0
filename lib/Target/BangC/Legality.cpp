//===- Legality.cpp - What can be printed as BANG C ------------------------===//
#include "Emitter.h"

#include "metabang/Dialect/MLU/IR/MLUDialect.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::bangc;

/// Scalar functions BANG C has for every architecture (REFERENCE: libm subset).
static bool isPrintableMath(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CosOp, math::ExpOp, math::Exp2Op, math::FloorOp,
             math::LogOp, math::Log2Op, math::PowFOp, math::RoundOp, math::RsqrtOp, math::SinOp, math::SqrtOp,
             math::TanhOp>(op);
}

static bool isPrintableArith(Operation *op) {
  if (isa<arith::CeilDivSIOp, arith::FloorDivSIOp>(op)) {
    std::optional<int64_t> divisor = getConstantIntValue(op->getOperand(1));
    return divisor && *divisor > 0;
  }
  return !isa<arith::BitcastOp, arith::MinUIOp, arith::MaxUIOp, arith::MulSIExtendedOp, arith::MulUIExtendedOp,
              arith::AddUIExtendedOp, arith::ScalingExtFOp, arith::ScalingTruncFOp, arith::RemFOp>(op);
}

static LogicalResult checkStrides(Operation *op, MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (succeeded(type.getStridesAndOffset(strides, offset)) && !llvm::any_of(strides, ShapedType::isDynamic))
    return success();
  return op->emitOpError() << "indexes " << type
                           << ", whose strides are not constants, so it has no address in BANG C; "
                           << "give the buffer static inner dimensions";
}

static LogicalResult checkType(Operation *op, Type type) {
  if (isa<TensorType>(type) || !getCType(type).empty()) // tensors: the remedy is another
    return success();
  return op->emitOpError() << "has type " << type
                           << ", which BANG C does not have; legalise the types for the device first";
}

static LogicalResult checkAlloc(memref::AllocOp alloc) {
  mlu::Space space = mlu::getSpace(alloc.getType());
  if (!mlu::isOnChip(alloc))
    return alloc.emitOpError() << "allocates in " << mlu::stringifySpace(space)
                               << "; a kernel can allocate in nram, wram and sram only";
  if (!alloc->getAttrOfType<IntegerAttr>("bang.offset"))
    return alloc.emitOpError() << "has no address (`bang.offset`); run -mlu-plan-memory first";
  if (!bang::getBufferBytes(alloc.getResult()))
    return alloc.emitOpError() << "has the dynamic or strided type " << alloc.getType()
                               << "; on-chip buffers have a size that is known at compile time";
  return success();
}

static LogicalResult checkAccess(Operation *op, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (mlu::getSpace(type) == mlu::Space::WRAM)
    return op->emitOpError() << "reads or writes a single element of wram, which only copies and the tensor unit can; "
                             << "copy it to nram first";
  return checkStrides(op, type);
}

static LogicalResult checkOperation(Operation *op) {
  for (Type type : op->getResultTypes())
    if (failed(checkType(op, type)))
      return failure();
  if (isa<scf::ForOp, scf::IfOp, scf::WhileOp, scf::YieldOp, scf::ConditionOp, func::ReturnOp, func::FuncOp,
          arith::ConstantOp, memref::DeallocOp, memref::AssumeAlignmentOp>(op))
    return success();
  if (auto alloc = dyn_cast<memref::AllocOp>(op))
    return checkAlloc(alloc);
  if (auto load = dyn_cast<memref::LoadOp>(op))
    return checkAccess(op, load.getMemRef());
  if (auto store = dyn_cast<memref::StoreOp>(op))
    return checkAccess(op, store.getMemRef());
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    std::optional<int64_t> index = dim.getConstantIndex();
    if (index && !cast<MemRefType>(dim.getSource().getType()).isDynamicDim(*index))
      return success();
    return op->emitOpError()
           << "asks for a size that is not known at compile time; specialise the kernel for its shapes";
  }
  if (auto view = dyn_cast<memref::SubViewOp>(op))
    return checkStrides(op, view.getSourceType());
  if (isa<UnrealizedConversionCastOp>(op) && op->getNumResults() == 1 && isa<MemRefType>(op->getResult(0).getType()) &&
      isa<MemRefType>(op->getOperand(0).getType()))
    return success();
  if (isa<memref::ReinterpretCastOp, memref::CastOp, memref::ExpandShapeOp, memref::CollapseShapeOp, memref::ViewOp,
          memref::MemorySpaceCastOp>(op))
    return success();
  if (isa<bang::BuiltinOpInterface>(op)) {
    if (!bang::getSpelling(op))
      return op->emitOpError() << "does not exist on " << mlu::getTarget(op);
    return success();
  }
  if (isa<mlu::TaskIdOp, mlu::TaskDimOp>(op) || (isa<math::MathDialect>(op->getDialect()) && isPrintableMath(op)) ||
      (isa<arith::ArithDialect>(op->getDialect()) && isPrintableArith(op) && op->getNumResults() == 1))
    return success();

  StringRef dialect = op->getName().getDialectNamespace();
  StringRef remedy = "rewrite it with the operations docs/architecture.md, section 2, lists";
  if (dialect == "affine")
    remedy = "run -lower-affine first";
  else if (dialect == "linalg")
    remedy = "run -convert-linalg-to-bang first";
  else if (dialect == "tensor" || dialect == "bufferization")
    remedy = "run the metabang-bufferize pipeline first";
  else if (dialect == "arith")
    remedy = "run -arith-expand first";
  else if (isa<memref::CopyOp>(op))
    remedy = "run -convert-linalg-to-bang, which turns copies into DMA, first";
  return op->emitOpError() << "cannot be printed as BANG C; " << remedy;
}

LogicalResult bangc::checkPrintable(func::FuncOp kernel) {
  if (kernel.getNumResults() != 0)
    return kernel.emitOpError()
           << "returns a value, but a kernel returns nothing; pass results as trailing memref arguments";
  for (BlockArgument arg : kernel.getArguments()) {
    if (failed(checkType(kernel, arg.getType())))
      return failure();
    auto type = dyn_cast<MemRefType>(arg.getType());
    if (!type)
      continue;
    if (mlu::getSpace(type) != mlu::Space::GDRAM)
      return kernel.emitOpError() << "takes argument " << arg.getArgNumber() << " in "
                                  << mlu::stringifySpace(mlu::getSpace(type)) << "; the host can pass gdram only";
    if (type.hasStaticShape() && type.getNumElements() > INT32_MAX)
      return kernel.emitOpError() << "takes argument " << arg.getArgNumber() << " of " << type.getNumElements()
                                  << " elements, but kernels index with 32 bits; split the tensor";
  }
  LogicalResult result = success();
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op != kernel && failed(checkOperation(op)))
      result = failure();
    return failed(result) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return result;
}
