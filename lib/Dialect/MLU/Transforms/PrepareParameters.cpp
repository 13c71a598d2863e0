//===- PrepareParameters.cpp - Layout changes of parameters on the host ---===//
#include "metabang/Dialect/MLU/Transforms/Passes.h"
#include "metabang/Dialect/Meta/IR/Meta.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUPREPAREPARAMETERS
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

namespace {

struct MLUPrepareParameters : metabang::mlu::impl::MLUPrepareParametersBase<MLUPrepareParameters> {
  void runOnOperation() override {
    func::FuncOp main = getOperation();
    IRRewriter rewriter(&getContext());
    main.walk([&](meta::TransposeOp transpose) {
      auto argument = dyn_cast<BlockArgument>(transpose.getX());
      if (!argument || argument.getOwner() != &main.getBody().front() ||
          !main.getArgAttr(argument.getArgNumber(), "meta.constant"))
        return;
      rewriter.setInsertionPoint(transpose);
      rewriter.replaceOpWithNewOp<PrepareOp>(transpose, transpose.getType(), argument, transpose.getPerm());
    });
  }
};

} // namespace
