//===- SplitTransposes.cpp - Transposes as the DMA likes them -------------===//
#include "Permutation.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUSPLITTRANSPOSES
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

/// Another shape of the same elements in the same order: collapsed to a vector and expanded, which are names of the
/// same memory.
static Value reshape(OpBuilder &b, Location loc, Value value, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  auto all = [](int64_t rank) {
    ReassociationIndices dims;
    for (int64_t d = 0; d < rank; ++d)
      dims.push_back(d);
    return SmallVector<ReassociationIndices>{dims};
  };
  if (type.getShape() == shape)
    return value;
  if (type.getRank() > 1)
    value = tensor::CollapseShapeOp::create(b, loc, value, all(type.getRank()));
  if (shape.size() > 1)
    value = tensor::ExpandShapeOp::create(b, loc, type.clone(shape), value, all(shape.size()));
  return value;
}

static Value transpose(OpBuilder &b, Location loc, Value value, const Permutation &p) {
  Type type = cast<RankedTensorType>(value.getType()).getElementType();
  Permutation least = p.collapsed();
  value = reshape(b, loc, value, least.sourceShape());
  Value init = tensor::EmptyOp::create(b, loc, least.shape, type);
  return linalg::TransposeOp::create(b, loc, value, init, least.perm)->getResult(0);
}

/// Whether a reduction takes the elements in as it reduces them: then nothing is written to memory.
static bool feedsReduction(Operation *op) {
  return op->hasOneUse() && llvm::all_of(op->getUsers(), [](Operation *user) {
           auto reduction = dyn_cast<linalg::LinalgOp>(user);
           return reduction && classify(reduction) == KernelKind::Reduction;
         });
}

namespace {

struct MLUSplitTransposes : metabang::mlu::impl::MLUSplitTransposesBase<MLUSplitTransposes> {
  void runOnOperation() override {
    SmallVector<linalg::LinalgOp> work;
    getOperation().walk([&](linalg::LinalgOp op) { work.push_back(op); });
    if (work.empty())
      return;
    const Device *device = lookupDevice(getTarget(getOperation()).str());
    if (!device) {
      getOperation().emitError() << "the target \"" << getTarget(getOperation()) << "\" is unknown; known targets are "
                                 << knownDevices();
      return signalPassFailure();
    }
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : work) {
      std::optional<Permutation> p = matchPermutation(op);
      if (!p || feedsReduction(op))
        continue;
      Permutation least = p->collapsed();
      if (least.rank() < 2) // a reshape, or a copy that somebody wants
        continue;
      rewriter.setInsertionPoint(op);
      Value x = op.getDpsInputOperand(0)->get();
      Location loc = op.getLoc();
      if (std::optional<TwoPasses> passes = splitPermutation(least, *device)) {
        Value first = transpose(rewriter, loc, x, passes->first);
        x = transpose(rewriter, loc, first, passes->second);
      } else if (isa<linalg::TransposeOp>(op) && least.rank() == p->rank()) {
        continue;
      } else {
        x = transpose(rewriter, loc, x, least);
      }
      rewriter.replaceOp(op, reshape(rewriter, loc, x, p->shape));
    }
  }
};

} // namespace
