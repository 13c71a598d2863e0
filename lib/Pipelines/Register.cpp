// Registers what is MetaBANG's own.
#include "metabang/Pipelines/Register.h"

#include "metabang/Dialect/MLU/IR/MLUDialect.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"
#include "metabang/Dialect/Meta/IR/Meta.h"
#include "metabang/Dialect/Meta/Transforms/Passes.h"
#if __has_include("metabang/Dialect/Bang/IR/BangDialect.h")
#include "metabang/Conversion/LinalgToBang/Passes.h"
#include "metabang/Dialect/Bang/IR/BangDialect.h"
#define METABANG_HAS_BANG
#endif
#if __has_include("metabang/Conversion/MetaToLinalg/Passes.h")
#include "metabang/Conversion/MetaToLinalg/Passes.h"
#define METABANG_HAS_METATOLINALG
#endif

#include "mlir/IR/DialectRegistry.h"

void metabang::registerOwnDialects(mlir::DialectRegistry &registry) {
  registry.insert<meta::MetaDialect, mlu::MLUDialect>();
#ifdef METABANG_HAS_BANG
  registry.insert<bang::BangDialect>();
#endif
}

void metabang::registerOwnPasses() {
  meta::registerMetaPasses();
  mlu::registerMLUPasses();
#ifdef METABANG_HAS_METATOLINALG
  registerMetaToLinalgPasses();
#endif
#ifdef METABANG_HAS_BANG
  registerLinalgToBangPasses();
#endif
}
