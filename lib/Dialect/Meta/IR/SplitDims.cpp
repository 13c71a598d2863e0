//===- SplitDims.cpp - Quotients of a dimension as dimensions -------------===//
#include "metabang/Dialect/Meta/IR/SplitDims.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"

#include <numeric>

using namespace mlir;
using namespace metabang::meta;

/// The dim and the divisor of `(dim * a) floordiv b` or `dim mod b`, with common factors of a and b gone.
static std::optional<std::pair<unsigned, int64_t>> quotientOf(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  bool isQuotient = expr.getKind() == AffineExprKind::FloorDiv;
  if (!binary || (!isQuotient && expr.getKind() != AffineExprKind::Mod))
    return std::nullopt;
  auto divisor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  AffineExpr inner = binary.getLHS();
  int64_t factor = 1;
  if (auto product = dyn_cast<AffineBinaryOpExpr>(inner); product && inner.getKind() == AffineExprKind::Mul) {
    auto constant = dyn_cast<AffineConstantExpr>(product.getRHS());
    if (!constant || !isQuotient || constant.getValue() <= 0)
      return std::nullopt;
    factor = constant.getValue(), inner = product.getLHS();
  }
  auto dim = dyn_cast<AffineDimExpr>(inner);
  if (!dim || !divisor || divisor.getValue() <= 0)
    return std::nullopt;
  int64_t common = std::gcd(factor, divisor.getValue());
  if (factor != common)
    return std::nullopt;
  return std::make_pair(dim.getPosition(), divisor.getValue() / common);
}

/// `expr` with `(dim * a) floordiv b` as `dim floordiv (b / a)`.
static AffineExpr reduced(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr;
  if (auto quotient = quotientOf(expr); quotient && expr.getKind() == AffineExprKind::FloorDiv)
    return getAffineDimExpr(quotient->first, expr.getContext()).floorDiv(quotient->second);
  return getAffineBinaryOpExpr(expr.getKind(), reduced(binary.getLHS()), reduced(binary.getRHS()));
}

std::optional<SplitDims> metabang::meta::splitDims(AffineMap map, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> divisors(shape.size(), 1);
  bool consistent = map.getNumSymbols() == 0;
  for (AffineExpr result : map.getResults())
    result.walk([&](AffineExpr expr) {
      auto quotient = quotientOf(expr);
      if (!quotient || quotient->second == 1)
        return;
      int64_t &divisor = divisors[quotient->first];
      consistent &= (divisor == 1 || divisor == quotient->second) && shape[quotient->first] % quotient->second == 0;
      divisor = quotient->second;
    });
  if (!consistent || llvm::all_of(divisors, [](int64_t d) { return d == 1; }))
    return std::nullopt;
  SplitDims split;
  SmallVector<AffineExpr> &dims = split.dims;
  for (auto [size, divisor] : llvm::zip(shape, divisors)) {
    AffineExpr next = getAffineDimExpr(split.shape.size(), map.getContext());
    if (divisor == 1) {
      dims.push_back(next);
      split.shape.push_back(size);
      continue;
    }
    dims.push_back(next * divisor + getAffineDimExpr(split.shape.size() + 1, map.getContext()));
    split.shape.push_back(size / divisor), split.shape.push_back(divisor);
  }
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : map.getResults())
    results.push_back(reduced(expr).replaceDims(dims));
  split.map = simplifyOver(AffineMap::get(split.shape.size(), 0, results, map.getContext()), split.shape);
  return isLinear(split.map) ? std::optional(split) : std::nullopt;
}
