//===- SplitTransposes.cpp - Transposes as the DMA likes them -------------===//
#include "Permutation.h"
#include "metabang/Dialect/MLU/Transforms/Exchange.h"
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

static Value transpose(OpBuilder &b, Location loc, Value value, const Permutation &p, bool isExchange = false) {
  Type type = cast<RankedTensorType>(value.getType()).getElementType();
  Permutation least = p.collapsed();
  value = reshape(b, loc, value, least.sourceShape());
  Value init = tensor::EmptyOp::create(b, loc, least.shape, type);
  auto op = linalg::TransposeOp::create(b, loc, value, init, least.perm);
  if (isExchange)
    op->setAttr(kExchangeAttrName, b.getUnitAttr());
  return op->getResult(0);
}

/// Whether all clusters together turn the matrices in less time than one pass, or than these two. One pass may take
/// neighbours along and small ones go with others in one launch, so an exchange must save more than that.
static bool exchanges(const Permutation &least, const std::optional<TwoPasses> &passes, const Device &device) {
  bool isMatrix = least.rank() == 2 || (least.rank() == 3 && least.perm[0] == 0);
  double bytes = 2.0 * double(ShapedType::getNumElements(least.shape) * least.elementBytes);
  double traffic = bytes / (device.dramGbPerS * device.dramEfficiency * 1e3);
  if (!isMatrix || traffic == 0)
    return false;
  std::optional<Exchange> exchange = planExchange(least.shape, least.elementBytes, device);
  if (!exchange)
    return false;
  if (passes)
    return exchange->microseconds < passes->microseconds + device.launchUs;
  std::optional<PermutationSchedule> one = schedulePermutation(least, device, device.nramBudget());
  bool isSlow = !one || (one->microseconds > 1.5 * traffic && exchange->microseconds < one->microseconds);
  return isSlow && traffic > device.launchUs;
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
      std::optional<TwoPasses> passes = splitPermutation(least, *device);
      bool isBool = getElementTypeOrSelf(x.getType()).isInteger(1);
      if (!isBool && exchanges(least, passes, *device)) {
        x = transpose(rewriter, loc, x, least, /*isExchange=*/true);
      } else if (passes) {
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
