//===- Bufferize.cpp - Kernels from tensors to memrefs --------------------===//
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUBUFFERIZE
#define GEN_PASS_DEF_MLUVERIFYPLACEMENT
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang::mlu;

namespace {

struct MLUBufferize : metabang::mlu::impl::MLUBufferizeBase<MLUBufferize> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(MLUDialect::getKernelAttrName()))
      return;
    bufferization::OneShotBufferizationOptions options;
    options.allowReturnAllocsFromLoops = false;
    bufferization::BufferizationState state;
    if (failed(bufferization::runOneShotBufferize(kernel, options, state)))
      signalPassFailure();
  }
};

struct MLUVerifyPlacement : metabang::mlu::impl::MLUVerifyPlacementBase<MLUVerifyPlacement> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel->hasAttr(MLUDialect::getKernelAttrName()))
      return;
    WalkResult result = kernel.walk([&](Operation *op) {
      if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
        if (getSpace(alloc.getType()) == Space::GDRAM)
          return alloc.emitError() << "the kernel @" << kernel.getName()
                                   << " would need a temporary in GDRAM; write the operation as two",
                 WalkResult::interrupt();
        if (!alloc.getType().hasStaticShape())
          return alloc.emitError() << "a tile of the kernel @" << kernel.getName() << " has no bound on its size",
                 WalkResult::interrupt();
      }
      if (auto copy = dyn_cast<memref::CopyOp>(op))
        if (kernel->hasAttr(MLUDialect::getScheduleAttrName()) && !isOnChip(copy.getSource()) &&
            !isOnChip(copy.getTarget()))
          return copy.emitError() << "bufferization left a copy inside GDRAM in the kernel @" << kernel.getName(),
                 WalkResult::interrupt();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
