//===- NormalizeContractions.cpp - Sums of products in one form -----------===//
#include "NormalizeContractions.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace metabang::mlu;

bool metabang::mlu::isSumOfProducts(linalg::GenericOp op) {
  if (op->hasAttr(kGatherAttrName) || op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() == 0 || !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isProjectedPermutation())
    return false;
  int products = 0, sums = 0;
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (isa<arith::MulFOp>(inner))
      ++products;
    else if (isa<arith::AddFOp>(inner))
      ++sums;
    else if (!isa<arith::ExtFOp>(inner))
      return false;
  }
  auto isLinear = [](AffineExpr expr) {
    bool linear = true;
    expr.walk([&](AffineExpr e) {
      linear &= e.getKind() == AffineExprKind::Add || e.getKind() == AffineExprKind::Mul ||
                e.getKind() == AffineExprKind::DimId || e.getKind() == AffineExprKind::Constant;
    });
    return linear;
  };
  return products == 1 && sums == 1 && llvm::all_of(op.getIndexingMapsArray(), [&](AffineMap map) {
           return llvm::all_of(map.getResults(), isLinear);
         });
}

/// Whether, without the loops of one step, a loop alone walks a dimension of an input that is longer and that `loop`
/// walked with it: a window of one tap. The size of that loop would then be the input's.
static bool leavesUnread(linalg::GenericOp op, unsigned loop, ArrayRef<int64_t> sizes) {
  Builder b(op.getContext());
  SmallVector<AffineExpr> steps;
  for (auto [each, size] : llvm::enumerate(sizes))
    steps.push_back(size == 1 ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(each));
  for (OpOperand *input : op.getDpsInputOperands()) {
    ArrayRef<int64_t> shape = cast<ShapedType>(input->get().getType()).getShape();
    for (auto [size, expr] : llvm::zip_equal(shape, op.getMatchingIndexingMap(input).getResults())) {
      auto left = dyn_cast<AffineDimExpr>(expr.replaceDims(steps));
      if (left && expr.isFunctionOfDim(loop) && sizes[left.getPosition()] != size)
        return true;
    }
  }
  return false;
}

linalg::GenericOp metabang::mlu::dropUnusedProduct(linalg::GenericOp op, RewriterBase &rewriter) {
  if (op->hasAttr(kGatherAttrName) || op.getNumDpsInits() != 2 || op.getNumReductionLoops() == 0 ||
      !op->getResult(0).use_empty())
    return nullptr;
  BlockArgument unused = op.getMatchingBlockArgument(op.getDpsInitOperand(0));
  if (!unused.use_empty())
    return nullptr;
  // Its loops of one step go with it.
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  unsigned first = op.getNumDpsInputs();
  maps.erase(maps.begin() + first);
  SmallVector<AffineExpr> replacements;
  SmallVector<utils::IteratorType> iterators;
  unsigned kept = 0;
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (kind == utils::IteratorType::reduction && sizes[loop] == 1 && !leavesUnread(op, loop, sizes)) {
      replacements.push_back(rewriter.getAffineConstantExpr(0));
      continue;
    }
    replacements.push_back(rewriter.getAffineDimExpr(kept++));
    iterators.push_back(kind);
  }
  for (AffineMap &map : maps)
    map = map.replaceDimsAndSymbols(replacements, {}, kept, 0);
  if (!inversePermutation(concatAffineMaps(maps, op.getContext())))
    return nullptr;
  rewriter.setInsertionPoint(op);
  auto sum = linalg::GenericOp::create(rewriter, op.getLoc(), TypeRange{op->getResult(1).getType()}, op.getInputs(),
                                       ValueRange{op.getOutputs()[1]}, maps, iterators);
  Block *body = op.getBody();
  body->eraseArgument(unused.getArgNumber());
  rewriter.inlineRegionBefore(op.getRegion(), sum.getRegion(), sum.getRegion().begin());
  sum.getBody()->getTerminator()->eraseOperand(0);
  rewriter.replaceAllUsesWith(op->getResult(1), sum.getResult(0));
  rewriter.eraseOp(op);
  return sum;
}

namespace {

/// An index a * size + b over two loops, where b runs over `size`.
struct Split {
  unsigned outer, inner;
};

class Normalizer {
public:
  Normalizer(linalg::GenericOp op, RewriterBase &rewriter) : op(op), b(rewriter), sizes(op.getStaticLoopRanges()) {}

  void run() {
    dropUnitTerms();
    splitGroups();
    if (!usesChannel(1) && usesChannel(0))
      swapOperands();
  }

private:
  AffineMap map(unsigned operand) { return op.getMatchingIndexingMap(&op->getOpOperand(operand)); }
  bool uses(unsigned operand, unsigned loop) { return map(operand).isFunctionOfDim(loop); }
  bool usesChannel(unsigned operand) {
    AffineMap out = map(2);
    return out.getNumResults() > 0 && uses(operand, cast<AffineDimExpr>(out.getResults().back()).getPosition());
  }

  void setMap(unsigned operand, AffineMap newMap) {
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    maps[operand] = newMap;
    b.modifyOpInPlace(op, [&] { op.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps)); });
  }

  /// d0 * 40 + d2 with one d0 is d2; only where matrices of one reduced loop remain, as a window of one step looks
  /// alike.
  void dropUnitTerms() {
    SmallVector<AffineMap> maps;
    int64_t reduced = 0;
    for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
      reduced += kind == utils::IteratorType::reduction;
    for (unsigned operand : {0u, 1u}) {
      SmallVector<AffineExpr> results;
      for (AffineExpr expr : map(operand).getResults()) {
        if (!isa<AffineDimExpr>(expr))
          for (auto [loop, size] : llvm::enumerate(sizes))
            if (size == 1)
              expr = expr.replace(b.getAffineDimExpr(loop), b.getAffineConstantExpr(0));
        results.push_back(expr);
      }
      maps.push_back(AffineMap::get(sizes.size(), 0, results, op.getContext()));
    }
    if (reduced != 1 || (usesChannel(0) && usesChannel(1)) || !maps[0].isProjectedPermutation() ||
        !maps[1].isProjectedPermutation())
      return;
    setMap(0, maps[0]);
    setMap(1, maps[1]);
  }

  /// The split of result `dim` of an operand into groups, which both operands walk in parallel, if it is one.
  std::optional<Split> findSplit(unsigned operand, unsigned dim) {
    auto sum = dyn_cast<AffineBinaryOpExpr>(map(operand).getResult(dim));
    if (!sum || sum.getKind() != AffineExprKind::Add)
      return std::nullopt;
    auto term = [](AffineExpr expr) -> std::optional<std::pair<unsigned, int64_t>> {
      if (auto loop = dyn_cast<AffineDimExpr>(expr))
        return std::make_pair(loop.getPosition(), int64_t(1));
      auto product = dyn_cast<AffineBinaryOpExpr>(expr);
      auto loop = product ? dyn_cast<AffineDimExpr>(product.getLHS()) : AffineDimExpr(nullptr);
      auto factor = product ? dyn_cast<AffineConstantExpr>(product.getRHS()) : AffineConstantExpr(nullptr);
      if (!loop || !factor || product.getKind() != AffineExprKind::Mul)
        return std::nullopt;
      return std::make_pair(loop.getPosition(), factor.getValue());
    };
    auto first = term(sum.getLHS()), second = term(sum.getRHS());
    if (!first || !second)
      return std::nullopt;
    int64_t extent = cast<RankedTensorType>(op->getOperand(operand).getType()).getDimSize(dim);
    for (auto [outer, inner] : {std::make_pair(*first, *second), std::make_pair(*second, *first)})
      if (inner.second == 1 && outer.second == sizes[inner.first] &&
          extent == sizes[outer.first] * sizes[inner.first] && uses(1 - operand, outer.first) && uses(2, outer.first))
        return Split{outer.first, inner.first};
    return std::nullopt;
  }

  void splitGroups() {
    for (unsigned operand : {0u, 1u})
      for (unsigned dim = 0; dim < map(operand).getNumResults(); ++dim) {
        std::optional<Split> split = findSplit(operand, dim);
        if (!split)
          continue;
        Value wide = expandDim(op->getOperand(operand), dim, sizes[split->outer], sizes[split->inner]);
        SmallVector<AffineExpr> results(map(operand).getResults());
        results[dim] = b.getAffineDimExpr(split->outer);
        results.insert(results.begin() + dim + 1, b.getAffineDimExpr(split->inner));
        AffineMap wideMap = AffineMap::get(sizes.size(), 0, results, op.getContext());
        b.modifyOpInPlace(op, [&] { op->setOperand(operand, wide); });
        setMap(operand, wideMap);
      }
  }

  /// `value` with dimension `dim` as `outer` x `inner`. A padded tensor stays one, so that DMA reads it in place.
  Value expandDim(Value value, int64_t dim, int64_t outer, int64_t inner) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[dim] = outer;
    shape.insert(shape.begin() + dim + 1, inner);
    auto wide = RankedTensorType::get(shape, type.getElementType());
    b.setInsertionPoint(op);
    auto pad = value.getDefiningOp<tensor::PadOp>();
    Value padding = pad ? pad.getConstantPaddingValue() : Value();
    auto isZero = [&](ArrayRef<OpFoldResult> sizes) { return isConstantIntValue(sizes[dim], 0); };
    if (padding && isZero(pad.getMixedLowPad()) && isZero(pad.getMixedHighPad())) {
      SmallVector<OpFoldResult> low = pad.getMixedLowPad(), high = pad.getMixedHighPad();
      low.insert(low.begin() + dim, b.getIndexAttr(0));
      high.insert(high.begin() + dim, b.getIndexAttr(0));
      Value source = expandDim(pad.getSource(), dim, outer, inner);
      return tensor::PadOp::create(b, pad.getLoc(), wide, source, low, high, padding);
    }
    SmallVector<ReassociationIndices> groups;
    for (int64_t from = 0, to = 0; from < type.getRank(); ++from) {
      groups.push_back({to++});
      if (from == dim)
        groups.back().push_back(to++);
    }
    return tensor::ExpandShapeOp::create(b, op.getLoc(), wide, value, groups);
  }

  void swapOperands() {
    Block *body = op.getBody();
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    std::swap(maps[0], maps[1]);
    b.modifyOpInPlace(op, [&] {
      Value x = op->getOperand(1), filter = op->getOperand(0);
      op->setOperands(0, 2, {x, filter});
      op.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
      BlockArgument first = body->getArgument(0), second = body->getArgument(1);
      SmallVector<OpOperand *> usesOfFirst;
      for (OpOperand &use : first.getUses())
        usesOfFirst.push_back(&use);
      second.replaceAllUsesWith(first);
      for (OpOperand *use : usesOfFirst)
        use->set(second);
      Type type = first.getType();
      first.setType(second.getType());
      second.setType(type);
    });
  }

  linalg::GenericOp op;
  RewriterBase &b;
  SmallVector<int64_t> sizes;
};

} // namespace

void metabang::mlu::normalizeContraction(linalg::GenericOp op, RewriterBase &rewriter) {
  Normalizer(op, rewriter).run();
}
