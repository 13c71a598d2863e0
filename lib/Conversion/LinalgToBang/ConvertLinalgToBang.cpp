//===- ConvertLinalgToBang.cpp - The pass that runs the families ----------===//
#include "ExchangeClusters.h"
#include "Families.h"
#include "Memory.h"

#include "metabang/Conversion/LinalgToBang/Passes.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

namespace metabang {
#define GEN_PASS_DEF_CONVERTLINALGTOBANG
#include "metabang/Conversion/LinalgToBang/Passes.h.inc"
} // namespace metabang

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

/// Position of the operand dimension that shows loop `loop` alone, in the first operand that has one.
static std::pair<Value, int64_t> operandOfLoop(linalg::LinalgOp op, unsigned loop) {
  for (OpOperand &operand : op->getOpOperands()) {
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [dim, expr] : llvm::enumerate(map.getResults()))
      if (auto d = dyn_cast<AffineDimExpr>(expr); d && d.getPosition() == loop)
        return {operand.get(), static_cast<int64_t>(dim)};
  }
  return {Value(), 0};
}

Sizes l2b::loopSizes(Emit &e, linalg::LinalgOp op) {
  Sizes sizes;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    auto [memref, dim] = operandOfLoop(op, loop);
    sizes.push_back(sizeOf(e.b, e.loc, memref, dim));
  }
  return sizes;
}

SmallVector<int64_t> l2b::loopBounds(linalg::LinalgOp op) {
  SmallVector<int64_t> bounds;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    auto [memref, dim] = operandOfLoop(op, loop);
    bounds.push_back(boundOf(memref, dim));
  }
  return bounds;
}

linalg::FillOp l2b::fillBefore(linalg::LinalgOp op, Value dst) {
  for (Operation *before = op->getPrevNode(); before; before = before->getPrevNode()) {
    auto fill = dyn_cast<linalg::FillOp>(before);
    if (fill && fill.getOutputs()[0] == dst)
      return fill;
    bool touches = before->getNumRegions() != 0 && !isa<linalg::LinalgOp>(before);
    for (Value operand : before->getOperands())
      touches |= isa<MemRefType>(operand.getType()) && mayAlias(operand, dst) && !isPure(before);
    if (touches)
      return {};
  }
  return {};
}

Operation *l2b::accumulation(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1)
    return nullptr;
  BlockArgument acc = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  Operation *yield = op.getBlock()->getTerminator();
  Operation *combine = yield->getOperand(0).getDefiningOp();
  if (!acc.hasOneUse() || !combine || combine != *acc.user_begin() || combine->getNumOperands() != 2 ||
      combine->getBlock() != op.getBlock() || !combine->hasOneUse())
    return nullptr;
  return combine;
}

LogicalResult l2b::lowerLinalg(const Device &device, linalg::LinalgOp op) {
  OpBuilder builder(op);
  Emit e{builder, op->getLoc(), device};
  if (auto fill = dyn_cast<linalg::FillOp>(op.getOperation()); fill && succeeded(lowerFill(e, fill))) {
    op->erase();
    return success();
  }
  if (succeeded(lowerExchange(e, op))) {
    op->erase();
    return success();
  }
  if (!isa<linalg::GenericOp>(op)) {
    IRRewriter rewriter(op);
    Attribute strip = op->getAttr(mlu::kStripAttrName);
    FailureOr<linalg::GenericOp> generic = linalg::generalizeNamedOp(rewriter, op);
    if (failed(generic))
      return op->emitError("has no lowering to builtins");
    op = *generic;
    if (strip)
      op->setAttr(mlu::kStripAttrName, strip);
    builder.setInsertionPoint(op);
  }
  for (auto family : {lowerResample, lowerGatherRows, lowerConv, lowerDepthwise, lowerPool, lowerTranspose,
                      lowerPackedRows, lowerElementwise, lowerReduce})
    if (succeeded(family(e, op))) {
      op->erase();
      return success();
    }
  if (linalg::GenericOp inFloat = computeInFloat(builder, op, device)) {
    LogicalResult result = lowerElementwise(e, inFloat);
    inFloat.erase();
    if (succeeded(result)) {
      op->erase();
      return success();
    }
  }
  if (succeeded(lowerPacked(e, op))) {
    op->erase();
    return success();
  }
  return lowerToScalars(op);
}

namespace {

struct ConvertLinalgToBang : metabang::impl::ConvertLinalgToBangBase<ConvertLinalgToBang> {
  void runOnOperation() override {
    auto function = getOperation();
    SmallVector<Operation *> work;
    function.walk([&](Operation *op) {
      if (isa<linalg::LinalgOp, memref::CopyOp>(op) || op->hasAttr(mlu::kScatterAttrName))
        work.push_back(op);
    });
    if (work.empty())
      return;
    StringRef name = mlu::getTarget(function);
    const Device *device = lookupDevice({name.data(), name.size()});
    if (!device) {
      function.emitError() << "unknown device '" << name << "'; this build knows " << knownDevices();
      return signalPassFailure();
    }
    if (auto kernel = dyn_cast<func::FuncOp>(function.getOperation()); kernel && succeeded(lowerJoin(kernel, *device)))
      return;
    function->setAttr(kBufferBytes, OpBuilder(function).getI64IntegerAttr(bufferBytes(function)));
    // Backwards: a family looks at what stands before its operation, which is not lowered then.
    for (Operation *op : llvm::reverse(work)) {
      if (auto scatter = dyn_cast<scf::ForOp>(op)) {
        lower(scatter, *device);
        continue;
      }
      auto copy = dyn_cast<memref::CopyOp>(op);
      if (failed(copy ? lower(copy, *device) : lowerLinalg(*device, cast<linalg::LinalgOp>(op))))
        return signalPassFailure();
    }
    function->removeAttr(kBufferBytes);
  }

  /// Of NRAM, before temporaries are added.
  static int64_t bufferBytes(Operation *function) {
    int64_t bytes = 0;
    function->walk([&](memref::AllocOp alloc) {
      MemRefType type = alloc.getType();
      if (spaceOf(alloc.getResult()) == mlu::Space::NRAM && type.hasStaticShape())
        bytes += type.getNumElements() * elementBytes(type.getElementType());
    });
    return bytes;
  }

  static void lower(scf::ForOp scatter, const Device &device) {
    OpBuilder builder(scatter);
    Emit e{builder, scatter.getLoc(), device};
    for (auto family : {lowerScatterPlanes, lowerScatterRows, lowerScatterColumns, lowerScatterSorted, lowerScatterElements})
      if (succeeded(family(e, scatter)))
        return scatter.erase();
    scatter.emitRemark("no builtin computes this scatter on ")
        << mlu::getTarget(scatter) << "; it runs as scalar code on one core, which is slow";
  }

  static LogicalResult lower(memref::CopyOp copy, const Device &device) {
    OpBuilder builder(copy);
    Emit e{builder, copy.getLoc(), device};
    if (failed(lowerCopy(e, copy)))
      return copy.emitError() << "no DMA copies " << copy.getSource().getType() << " to " << copy.getTarget().getType();
    copy.erase();
    return success();
  }
};

} // namespace
