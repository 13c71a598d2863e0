//===- FuseMeta.cpp - linalg-fuse-meta ------------------------------------===//
#include "metabang/Conversion/MetaToLinalg/Passes.h"

#include "OrderLoops.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace metabang {
#define GEN_PASS_DEF_LINALGFUSEMETA
#include "metabang/Conversion/MetaToLinalg/Passes.h.inc"
} // namespace metabang

using namespace mlir;
using namespace metabang;

/// Fused operations have no attributes, so what they read tells.
static bool isGather(linalg::GenericOp op) {
  return op->hasAttr(mlu::kGatherAttrName) || !op.getBody()->getOps<tensor::ExtractOp>().empty();
}
static bool isElementwise(linalg::GenericOp op) {
  return op.getNumParallelLoops() == op.getNumLoops() && !isGather(op);
}

/// Movements whose result is wanted in memory carry this attribute.
static constexpr llvm::StringLiteral kSpread = "mlu.spread";

/// Whether the body hands its operand on and does nothing else.
static bool movesOnly(linalg::GenericOp op) {
  return isElementwise(op) && !op->hasAttr(kSpread) && op.getNumDpsInputs() > 0 && op.getNumDpsInits() == 1 &&
         llvm::hasSingleElement(op.getBody()->getOperations());
}

/// Whether the operation computes truth values element by element.
static bool yieldsTruth(linalg::GenericOp op) {
  return isElementwise(op) && op.getNumDpsInits() == 1 &&
         cast<RankedTensorType>(op->getResult(0).getType()).getElementType().isInteger(1);
}

/// Whether the result goes into reductions only, possibly through element-wise operations that fuse into them.
static bool feedsReduction(linalg::GenericOp op) {
  return !op->use_empty() && llvm::all_of(op->getUsers(), [](Operation *user) {
    auto generic = dyn_cast<linalg::GenericOp>(user);
    return generic && (generic.getNumReductionLoops() > 0 ||
                       (isElementwise(generic) && generic->hasOneUse() && feedsReduction(generic)));
  });
}

/// Whether the dimensions of the operand appear in the order of the loops: an element-wise operation then reads
/// contiguous runs.
static bool repeatsOnly(AffineMap map) {
  int64_t last = -1;
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || static_cast<int64_t>(dim.getPosition()) <= last)
      return false;
    last = dim.getPosition();
  }
  return true;
}

/// Whether the operation multiplies two operands that are both smaller than their product: what a contraction sums.
static bool isOuterProduct(linalg::GenericOp op) {
  auto body = op.getBody()->without_terminator();
  if (!llvm::hasSingleElement(body) || !isa<arith::MulFOp, arith::MulIOp>(*body.begin()) || op.getNumDpsInputs() != 2)
    return false;
  return llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    auto source = operand->get().getDefiningOp<linalg::GenericOp>();
    if (source && movesOnly(source))
      map = source.getMatchingIndexingMap(source.getDpsInputOperand(0));
    return map.getNumResults() < op.getNumLoops();
  });
}

static bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !consumer || !isElementwise(producer) || producer->hasAttr(kSpread))
    return false;
  // Indices that are the same for a whole row are read once for it.
  if (isGather(consumer))
    return movesOnly(producer) && producer->hasOneUse() && producer.getNumDpsInputs() == 1 &&
           producer.getMatchingIndexingMap(producer.getDpsInputOperand(0)).isProjectedPermutation();
  if (movesOnly(producer)) {
    bool joinsReduction = movesOnly(consumer) || isOuterProduct(consumer);
    if (consumer.getNumReductionLoops() > 0 || (joinsReduction && feedsReduction(consumer)))
      return true;
    AffineMap read = producer.getMatchingIndexingMap(producer.getDpsInputOperand(0))
                         .compose(consumer.getMatchingIndexingMap(operand));
    return repeatsOnly(read);
  }
  // A reduction takes in the product of a contraction and nothing else: the builtins reduce what is in memory.
  if (consumer.getNumReductionLoops() > 0 && !isOuterProduct(producer))
    return false;
  return producer->hasOneUse() && consumer.getMatchingIndexingMap(operand).isPermutation();
}

namespace {
struct LinalgFuseMetaPass : metabang::impl::LinalgFuseMetaBase<LinalgFuseMetaPass> {
  void runOnOperation() override {
    // A movement with several users would make each fused operation return it too. Truth values have no vectors in
    // memory: each user computes them anew.
    SmallVector<linalg::GenericOp> movements;
    getOperation().walk([&](linalg::GenericOp op) {
      if (movesOnly(op) || yieldsTruth(op))
        movements.push_back(op);
    });
    // Users before producers: the users of a broadcast of a broadcast each get both.
    for (linalg::GenericOp op : llvm::reverse(movements))
      for (OpOperand &use : llvm::make_early_inc_range(op->getUses()))
        if (!op->hasOneUse())
          use.set(OpBuilder(op).clone(*op)->getResult(0));

    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::GenericOp> reductions;
    getOperation().walk([&](linalg::GenericOp op) {
      if (isGather(op))
        op->setAttr(mlu::kGatherAttrName, rewriter.getUnitAttr());
      if (op.getNumReductionLoops() > 0 && op.getNumDpsInits() == 1)
        reductions.push_back(op);
    });
    for (linalg::GenericOp op : reductions)
      orderReduction(rewriter, op);
  }
};
} // namespace
