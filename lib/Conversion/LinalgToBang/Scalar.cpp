//===- Scalar.cpp - The last resort: loops over scalars -------------------===//
#include "Families.h"
#include "Memory.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace metabang;

LogicalResult l2b::lowerToScalars(linalg::LinalgOp op) {
  for (Value operand : op->getOperands())
    if (isa<MemRefType>(operand.getType()) && spaceOf(operand) == mlu::Space::WRAM)
      return op->emitError("reads WRAM in a form no tensor builtin computes; keep its filter in NRAM instead");
  op->emitRemark("no builtin computes this operation on ") << mlu::getTarget(op) << "; it runs as scalar code, which is slow";
  IRRewriter rewriter(op);
  if (failed(linalg::linalgOpToLoops(rewriter, op)))
    return op->emitError("cannot be written as loops");
  rewriter.eraseOp(op);
  return success();
}
