//===- OrderLoops.cpp - the usual order of loops and operands -------------===//
#include "OrderLoops.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

/// Swaps the two inputs of a contraction if the second is the activation: it alone has the batches of the result, its
/// first dimension. It is the filter nevertheless if it alone has the channels, the last one: a matrix times each
/// matrix of a batch.
static void orderInputs(RewriterBase &rewriter, linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2)
    return;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (maps[2].getNumResults() == 0)
    return;
  unsigned first = cast<AffineDimExpr>(maps[2].getResults().front()).getPosition();
  unsigned last = cast<AffineDimExpr>(maps[2].getResults().back()).getPosition();
  auto onlySecondHas = [&](unsigned loop) { return maps[1].isFunctionOfDim(loop) && !maps[0].isFunctionOfDim(loop); };
  if (!onlySecondHas(first) || onlySecondHas(last))
    return;
  Block *body = op.getBody();
  rewriter.modifyOpInPlace(op, [&] {
    Value x = op->getOperand(1), filter = op->getOperand(0);
    op->setOperands(0, 2, {x, filter});
    std::swap(maps[0], maps[1]);
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
    BlockArgument a = body->getArgument(0), b = body->getArgument(1);
    // The arguments change places; products keep reading their left factor first.
    SmallVector<OpOperand *> usesOfA, usesOfB;
    for (OpOperand &use : a.getUses())
      usesOfA.push_back(&use);
    for (OpOperand &use : b.getUses())
      usesOfB.push_back(&use);
    Type type = a.getType();
    a.setType(b.getType());
    b.setType(type);
    for (OpOperand *use : usesOfA)
      use->set(b);
    for (OpOperand *use : usesOfB)
      use->set(a);
    for (Operation &inner : body->without_terminator())
      if (inner.hasTrait<OpTrait::IsCommutative>() && inner.getNumOperands() == 2 && inner.getOperand(0) == b &&
          inner.getOperand(1) == a)
        inner.setOperands({a, b});
  });
}

void metabang::orderReduction(RewriterBase &rewriter, linalg::GenericOp op) {
  orderInputs(rewriter, op);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  llvm::SmallSetVector<unsigned, 8> order;
  auto append = [&](AffineMap map) {
    for (AffineExpr expr : map.getResults())
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        order.insert(dim.getPosition());
  };
  append(maps.back());
  if (op.getNumDpsInputs() > 0)
    append(maps[op.getNumDpsInputs() - 1]);
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    order.insert(loop);
  if (llvm::equal(order, llvm::seq<unsigned>(0, op.getNumLoops())))
    return;
  rewriter.setInsertionPoint(op);
  (void)linalg::interchangeGenericOp(rewriter, op, order.getArrayRef());
}
