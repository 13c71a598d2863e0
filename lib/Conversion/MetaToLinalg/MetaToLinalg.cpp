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

static bool isEmptyTensor(Value value) { return llvm::is_contained(shapeOf(value), 0); }

namespace {
/// Without elements there is nothing to compute, and no index that could be valid.
struct EmptyTensorPattern : ConversionPattern {
  EmptyTensorPattern(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/10, context) {}

  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value>, ConversionPatternRewriter &rewriter) const override {
    if (!isa<meta::MetaDialect>(op->getDialect()))
      return failure();
    Value result = op->getResult(0);
    Type type = signless(cast<RankedTensorType>(result.getType()).getElementType());
    auto reindex = dyn_cast<meta::ReindexOp>(op);
    if (isEmptyTensor(result))
      rewriter.replaceOp(op, emptyTensor(rewriter, op->getLoc(), shapeOf(result), type));
    else if (reindex && isEmptyTensor(reindex.getX()))
      rewriter.replaceOp(op, filledTensor(rewriter, op->getLoc(), shapeOf(result), signless(reindex.getOverflowValue())));
    else
      return failure();
    return success();
  }
};

struct ConvertMetaToLinalgPass : metabang::impl::ConvertMetaToLinalgBase<ConvertMetaToLinalgPass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    TypeConverter converter;
    converter.addConversion([](Type type) { return type; });
    converter.addConversion([](RankedTensorType type) { return type.clone(signless(type.getElementType())); });

    RewritePatternSet patterns(context);
    patterns.add<EmptyTensorPattern>(converter, context);
    populateElementwisePatterns(converter, patterns);
    populateJoinPatterns(converter, patterns);
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
