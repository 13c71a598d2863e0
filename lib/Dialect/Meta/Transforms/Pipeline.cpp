//===- Pipeline.cpp - stage metabang-meta ---------------------------------===//
#include "metabang/Dialect/Meta/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void metabang::meta::buildMetaPipeline(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  // The gradient of a window is a scatter; as a gather it is a window again, which what follows knows.
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(createMetaScatterToGather());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createMetaComposeReindex());
  functions.addPass(createMetaPropagateLayout());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}
