//===- Contraction.cpp - What a sum of products is ------------------------===//
#include "Contraction.h"
#include "Families.h"
#include "Loops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

int64_t l2b::dimOf(AffineMap map, int64_t loop) {
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (auto d = dyn_cast<AffineDimExpr>(expr); d && d.getPosition() == loop)
      return dim;
  return -1;
}

LogicalResult l2b::matchWindow(AffineExpr expr, function_ref<bool(int64_t)> isOut, Window &window) {
  FailureOr<SmallVector<LinearTerm>> terms = linearTerms(expr);
  if (failed(terms) || terms->size() > 2)
    return failure();
  for (auto [loop, factor] : *terms) {
    bool out = isOut(loop);
    int64_t &slot = out ? window.out : window.tap;
    if (slot >= 0 || factor < 1)
      return failure();
    slot = loop;
    (out ? window.stride : window.dilation) = factor;
  }
  return success();
}

static bool uses(AffineMap map, int64_t loop) { return map.isFunctionOfDim(loop); }

/// The block argument a factor comes from, through one conversion.
static BlockArgument factor(Value value, Block *body, bool &fromInteger) {
  if (Operation *cast = value.getDefiningOp(); cast && cast->getBlock() == body && isa<arith::SIToFPOp, arith::ExtFOp>(cast)) {
    fromInteger |= isa<arith::SIToFPOp>(cast);
    value = cast->getOperand(0);
  }
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == body ? argument : BlockArgument();
}

FailureOr<Contraction> Contraction::match(linalg::LinalgOp op) {
  Operation *combine = accumulation(op);
  if (!combine || !isa<arith::AddFOp>(combine) || op.getNumDpsInputs() != 2)
    return failure();
  BlockArgument acc = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  Value other = combine->getOperand(0) == acc ? combine->getOperand(1) : combine->getOperand(0);
  auto product = other.getDefiningOp<arith::MulFOp>();
  if (!product || !product->hasOneUse() || product->getBlock() != op.getBlock())
    return failure();
  bool integer[2] = {false, false};
  BlockArgument factors[2] = {factor(product.getLhs(), op.getBlock(), integer[0]), factor(product.getRhs(), op.getBlock(), integer[1])};
  if (!factors[0] || !factors[1] || factors[0] == factors[1] || (integer[0] && integer[1]))
    return failure();
  if (op.getBlock()->getOperations().size() > 5)
    return failure();

  OpOperand *inputs[2] = {op.getDpsInputOperand(factors[0].getArgNumber()), op.getDpsInputOperand(factors[1].getArgNumber())};
  // w is the integer, or the one whose map is a permutation of loops without windows; prefer the second.
  auto plain = [&](OpOperand *operand) { return op.getMatchingIndexingMap(operand).isProjectedPermutation(); };
  int filter = integer[0] ? 0 : integer[1] ? 1 : inputs[1]->getOperandNumber() > inputs[0]->getOperandNumber() ? 1 : 0;
  if (!integer[0] && !integer[1] && !plain(inputs[filter]))
    filter = 1 - filter;
  if (!plain(inputs[filter]))
    return failure();

  Contraction c;
  c.x = inputs[1 - filter], c.w = inputs[filter], c.out = op.getDpsInitOperand(0);
  c.integerFilter = integer[filter];
  AffineMap x = op.getMatchingIndexingMap(c.x), w = op.getMatchingIndexingMap(c.w), out = op.getMatchingIndexingMap(c.out);
  if (!out.isProjectedPermutation())
    return failure();
  llvm::SmallDenseSet<int64_t> inWindow;
  for (auto [dim, expr] : llvm::enumerate(x.getResults())) {
    if (isa<AffineDimExpr>(expr))
      continue;
    Window window;
    window.xDim = dim;
    if (failed(matchWindow(expr, [&](int64_t loop) { return uses(out, loop); }, window)))
      return failure();
    inWindow.insert(window.out), inWindow.insert(window.tap);
    c.windows.push_back(window);
  }
  for (int64_t loop = 0; loop < static_cast<int64_t>(op.getNumLoops()); ++loop) {
    bool inX = uses(x, loop), inW = uses(w, loop), inOut = uses(out, loop);
    if (inWindow.contains(loop)) {
      if (inOut == inW)
        return failure();
      continue;
    }
    if (inX && inW && inOut)
      c.depth.push_back(loop);
    else if (inOut && !inW)
      c.batch.push_back(loop);
    else if (inW && inOut)
      c.channels.push_back(loop);
    else if (inX && inW)
      c.reduction.push_back(loop);
    else
      return failure();
  }
  return c;
}
