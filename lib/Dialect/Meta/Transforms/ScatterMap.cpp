//===- ScatterMap.cpp - the inverse of the map of a reindex_reduce --------===//
#include "ScatterMap.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace metabang::meta;

std::optional<ScatterMap> ScatterMap::match(ReindexReduceOp op) {
  if (!op.getExtras().empty() || op.getConditions() || !isLinear(op.getMap()))
    return std::nullopt;
  MLIRContext *context = op.getContext();
  ArrayRef<int64_t> target = op.getType().getShape(), source = op.getY().getType().getShape();
  if (llvm::is_contained(target, 0) || llvm::is_contained(source, 0))
    return std::nullopt;
  unsigned rank = source.size();
  SmallVector<SmallVector<int64_t>> components;
  SmallVector<int> uses(rank, 0);
  for (AffineExpr expr : op.getMap().getResults()) {
    components.push_back(coefficientsOf(expr, rank));
    for (unsigned dim = 0; dim < rank; ++dim)
      uses[dim] += components.back()[dim] != 0;
  }

  ScatterMap result;
  result.source.assign(source.begin(), source.end());
  result.strideOf.assign(rank, 0);
  result.reversed.assign(rank, false);
  SmallVector<int64_t> ownerOf;
  for (ArrayRef<int64_t> component : components) {
    int64_t owner = -1; // the longest: what is left is summed over
    for (int64_t dim = 0; dim < static_cast<int64_t>(rank); ++dim)
      if (component[dim] > 0 && uses[dim] == 1 && (owner < 0 || source[dim] > source[owner]))
        owner = dim;
    bool fixed = llvm::all_of(component, [](int64_t c) { return c == 0; }) && target[ownerOf.size()] == 1;
    if (owner < 0 && !fixed)
      return std::nullopt;
    if (owner >= 0)
      result.strideOf[owner] = component[owner];
    ownerOf.push_back(owner);
  }

  result.targetRank = target.size();
  result.shape.assign(target.begin(), target.end());
  result.numerators.resize(rank);
  // A window t - k would be read backwards; its dim is turned round, which the sum does not see.
  for (ArrayRef<int64_t> component : components)
    for (unsigned dim = 0; dim < rank; ++dim)
      result.reversed[dim] |= !result.owns(dim) && component[dim] > 0 && uses[dim] == 1;
  for (unsigned dim = 0; dim < rank; ++dim)
    if (!result.owns(dim)) {
      AffineExpr expr = getAffineDimExpr(result.shape.size(), context);
      result.numerators[dim] = result.reversed[dim] ? source[dim] - 1 - expr : expr;
      result.shape.push_back(source[dim]);
    }
  for (auto [position, owner] : llvm::enumerate(ownerOf)) {
    if (owner < 0)
      continue;
    AffineExpr numerator = getAffineDimExpr(position, context) - components[position][rank];
    for (unsigned dim = 0; dim < rank; ++dim)
      if (components[position][dim] != 0 && static_cast<int64_t>(dim) != owner)
        numerator = numerator - result.numerators[dim] * components[position][dim];
    result.numerators[owner] = simplifyAffineExpr(numerator, result.shape.size(), 0);
  }
  return result;
}

bool ScatterMap::mayLeave(int64_t dim) const {
  if (!owns(dim))
    return false;
  auto range = rangeOf(numerators[dim], shape);
  return strideOf[dim] != 1 || !range || range->min < 0 || range->max >= source[dim];
}

std::optional<AffineExpr> ScatterMap::substitute(AffineExpr expr) const {
  if (!isLinear(expr))
    return std::nullopt;
  SmallVector<int64_t> coefficients = coefficientsOf(expr, source.size());
  AffineExpr result = getAffineConstantExpr(coefficients.back(), expr.getContext());
  for (auto [dim, numerator] : llvm::enumerate(numerators)) {
    int64_t stride = owns(dim) ? strideOf[dim] : 1;
    if (coefficients[dim] % stride != 0)
      return std::nullopt;
    result = result + numerator * (coefficients[dim] / stride);
  }
  return simplifyAffineExpr(result, shape.size(), 0);
}

static bool isZero(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto splat = constant ? dyn_cast<SplatElementsAttr>(constant.getValue()) : SplatElementsAttr();
  if (!splat)
    return false;
  if (isa<FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().isZero();
  return splat.getSplatValue<APInt>().isZero();
}

std::optional<Moved> metabang::meta::movedOver(RewriterBase &rewriter, Operation *op, ArrayRef<Moved> operands,
                                               ArrayRef<int64_t> shape) {
  llvm::SmallBitVector zero(operands[0].zeroOutside.size());
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    zero = operands[0].zeroOutside;
    if (binary.getKind() == "mul")
      zero |= operands[1].zeroOutside;
    else if (binary.getKind() == "add" || binary.getKind() == "sub")
      zero &= operands[1].zeroOutside;
    else if (binary.getKind() != "div" || !binary.getRhs().getDefiningOp<ConstantOp>())
      return std::nullopt; // a quotient is zero where its numerator is, if nothing divides by zero there
  } else if (isa<SelectOp>(op)) {
    zero = operands[1].zeroOutside;
    zero &= operands[2].zeroOutside;
    if (isZero(op->getOperand(2)))
      zero = operands[1].zeroOutside;
    else if (isZero(op->getOperand(1)))
      zero = operands[2].zeroOutside;
  } else if (isa<CastOp>(op)) {
    zero = operands[0].zeroOutside;
  }
  IRMapping mapping;
  for (auto [operand, moved] : llvm::zip(op->getOperands(), operands))
    mapping.map(operand, moved.value);
  Operation *copy = rewriter.clone(*op, mapping);
  auto element = cast<RankedTensorType>(op->getResult(0).getType()).getElementType();
  copy->getResult(0).setType(RankedTensorType::get(shape, element));
  return Moved{copy->getResult(0), zero};
}
