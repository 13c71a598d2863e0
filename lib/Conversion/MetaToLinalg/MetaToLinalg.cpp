//===- MetaToLinalg.cpp - convert-meta-to-linalg --------------------------===//
#include "metabang/Conversion/MetaToLinalg/Passes.h"

#include "Patterns.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace metabang {
#define GEN_PASS_DEF_CONVERTMETATOLINALG
#include "metabang/Conversion/MetaToLinalg/Passes.h.inc"
} // namespace metabang

using namespace mlir;
using namespace metabang;

namespace {
struct ConvertMetaToLinalgPass : metabang::impl::ConvertMetaToLinalgBase<ConvertMetaToLinalgPass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    TypeConverter converter;
    converter.addConversion([](Type type) { return type; });
    converter.addConversion([](RankedTensorType type) { return type.clone(signless(type.getElementType())); });

    RewritePatternSet patterns(context);
    populateElementwisePatterns(converter, patterns);
    populateMovementPatterns(converter, patterns);
    populateReductionPatterns(converter, patterns);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns, converter);
    populateReturnOpTypeConversionPattern(patterns, converter);

    ConversionTarget target(*context);
    target.addIllegalDialect<meta::MetaDialect>();
    target.addDynamicallyLegalOp<func::FuncOp>(
        [&](func::FuncOp op) { return converter.isSignatureLegal(op.getFunctionType()); });
    target.addDynamicallyLegalOp<func::ReturnOp>(
        [&](func::ReturnOp op) { return converter.isLegal(op.getOperandTypes()); });
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

void metabang::buildMetaToLinalgPipeline(OpPassManager &pm) {
  pm.addPass(createConvertMetaToLinalg());
  pm.addPass(createCSEPass());
  pm.nest<func::FuncOp>().addPass(createLinalgFuseMeta());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}
