// Registers what is MetaBANG's own.
#include "metabang/Pipelines/Register.h"

#include "metabang/Conversion/LinalgToBang/Passes.h"
#include "metabang/Conversion/MetaToLinalg/Passes.h"
#include "metabang/Dialect/Bang/IR/BangDialect.h"
#include "metabang/Dialect/MLU/IR/MLUDialect.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"
#include "metabang/Dialect/Meta/IR/Meta.h"
#include "metabang/Dialect/Meta/Transforms/Passes.h"
#include "metabang/Pipelines/Pipelines.h"

#include "mlir/IR/DialectRegistry.h"

void metabang::registerOwnDialects(mlir::DialectRegistry &registry) {
  registry.insert<meta::MetaDialect, mlu::MLUDialect, bang::BangDialect>();
}

void metabang::registerOwnPasses() {
  meta::registerMetaPasses();
  mlu::registerMLUPasses();
  registerMetaToLinalgPasses();
  registerLinalgToBangPasses();
  registerPipelines();
}
