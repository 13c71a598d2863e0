//===- Pipelines.cpp - The stages of the compiler -------------------------===//
#include "metabang/Pipelines/Pipelines.h"

#include "metabang/Conversion/LinalgToBang/Passes.h"
#include "metabang/Conversion/MetaToLinalg/Passes.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"
#include "metabang/Dialect/Meta/Transforms/Passes.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace metabang;

void metabang::buildMetaStage(OpPassManager &pm) {
  meta::buildMetaPipeline(pm);
  pm.addNestedPass<func::FuncOp>(mlu::createMLUPrepareParameters());
}

void metabang::buildKernelsStage(OpPassManager &pm, const CompilerOptions &options) {
  buildMetaToLinalgPipeline(pm);
  pm.addNestedPass<func::FuncOp>(mlu::createMLUFuseResampling());
  mlu::MLULegalizeContractionsOptions contractions;
  contractions.bits = options.bits;
  pm.addNestedPass<func::FuncOp>(mlu::createMLULegalizeContractions(contractions));
  // The multiply by the filter's scale joins the element-wise work behind the contraction.
  pm.addNestedPass<func::FuncOp>(createLinalgFuseMeta());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(mlu::createMLUSplitTransposes());
  pm.addPass(mlu::createMLUFormKernels());
}

void metabang::buildScheduleStage(OpPassManager &pm) { pm.addNestedPass<func::FuncOp>(mlu::createMLUSelectSchedule()); }

void metabang::buildPlaceStage(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(mlu::createMLUTile());
  pm.addPass(createCanonicalizerPass());
}

void metabang::buildBufferizeStage(OpPassManager &pm) {
  OpPassManager &kernel = pm.nest<func::FuncOp>();
  kernel.addPass(mlu::createMLUBufferize());
  // Self-copies disappear only after canonicalise, CSE, canonicalise.
  kernel.addPass(createCanonicalizerPass());
  kernel.addPass(createCSEPass());
  kernel.addPass(createCanonicalizerPass());
  kernel.addPass(bufferization::createBufferLoopHoistingPass());
  kernel.addPass(mlu::createMLUVerifyPlacement());
}

void metabang::buildMLUStage(OpPassManager &pm) {
  OpPassManager &kernel = pm.nest<func::FuncOp>();
  kernel.addPass(mlu::createMLUPipeline());
  kernel.addPass(createMLUPadBuffers());
  kernel.addPass(createConvertLinalgToBang());
  kernel.addPass(createLowerAffinePass());
  kernel.addPass(createCanonicalizerPass());
  kernel.addPass(createCSEPass());
  kernel.addPass(createLoopInvariantCodeMotionPass());
  kernel.addPass(mlu::createMLUPlanMemory());
  kernel.addPass(mlu::createMLUInsertSync());
  pm.addPass(mlu::createMLUMergeLaunches());
}

void metabang::buildCompiler(OpPassManager &pm, const CompilerOptions &options) {
  buildMetaStage(pm);
  buildKernelsStage(pm, options);
  buildScheduleStage(pm);
  buildPlaceStage(pm);
  buildBufferizeStage(pm);
  buildMLUStage(pm);
}

void metabang::registerPipelines() {
  PassPipelineRegistration<>("metabang-meta", "compose reindexes, fold, lay activations out as NHWC", buildMetaStage);
  PassPipelineRegistration<CompilerOptions>(
      "metabang-kernels", "meta to linalg; fuse, legalise contractions, outline kernels",
      [](OpPassManager &pm, const CompilerOptions &options) { buildKernelsStage(pm, options); });
  PassPipelineRegistration<>("metabang-schedule", "choose tiles, tasks and buffers of every kernel",
                             buildScheduleStage);
  PassPipelineRegistration<>("metabang-place", "tile kernels and place tiles in NRAM and WRAM", buildPlaceStage);
  PassPipelineRegistration<>("metabang-bufferize", "kernels from tensors to memrefs", buildBufferizeStage);
  PassPipelineRegistration<>("metabang-mlu", "pipeline, builtins, memory plan, syncs, merged launches", buildMLUStage);
  PassPipelineRegistration<CompilerOptions>(
      "metabang-compile", "every stage, from meta to builtins",
      [](OpPassManager &pm, const CompilerOptions &options) { buildCompiler(pm, options); });
}
