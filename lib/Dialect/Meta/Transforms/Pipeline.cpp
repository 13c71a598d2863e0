//===- Pipeline.cpp - stage metabang-meta ---------------------------------===//
#include "metabang/Dialect/Meta/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void metabang::meta::buildMetaPipeline(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  OpPassManager &functions = pm.nest<func::FuncOp>();
  functions.addPass(createMetaComposeReindex());
  functions.addPass(createMetaPropagateLayout());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}
