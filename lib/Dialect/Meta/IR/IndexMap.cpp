//===- IndexMap.cpp - algebra on the maps of reindexes --------------------===//
#include "metabang/Dialect/Meta/IR/IndexMap.h"

#include "mlir/IR/AffineExprVisitor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace metabang::meta;

std::optional<IndexRange> metabang::meta::rangeOf(AffineExpr expr, ArrayRef<int64_t> shape) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return IndexRange{constant.getValue(), constant.getValue()};
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return IndexRange{0, std::max<int64_t>(shape[dim.getPosition()] - 1, 0)};
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto lhs = rangeOf(binary.getLHS(), shape), rhs = rangeOf(binary.getRHS(), shape);
  if (!lhs || !rhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add)
    return IndexRange{lhs->min + rhs->min, lhs->max + rhs->max};
  if (rhs->min != rhs->max)
    return std::nullopt;
  int64_t by = rhs->min;
  switch (expr.getKind()) {
  case AffineExprKind::Mul:
    return IndexRange{std::min(lhs->min * by, lhs->max * by), std::max(lhs->min * by, lhs->max * by)};
  case AffineExprKind::FloorDiv:
    if (by <= 0)
      return std::nullopt;
    return IndexRange{llvm::divideFloorSigned(lhs->min, by), llvm::divideFloorSigned(lhs->max, by)};
  case AffineExprKind::CeilDiv:
    if (by <= 0)
      return std::nullopt;
    return IndexRange{llvm::divideCeilSigned(lhs->min, by), llvm::divideCeilSigned(lhs->max, by)};
  case AffineExprKind::Mod:
    if (by <= 0)
      return std::nullopt;
    if (llvm::divideFloorSigned(lhs->min, by) == llvm::divideFloorSigned(lhs->max, by))
      return IndexRange{llvm::mod(lhs->min, by), llvm::mod(lhs->max, by)};
    return IndexRange{0, by - 1};
  default:
    return std::nullopt;
  }
}

bool metabang::meta::staysInside(AffineMap map, unsigned position, ArrayRef<int64_t> shape, ArrayRef<int64_t> target) {
  auto range = rangeOf(map.getResult(position), shape);
  return range && range->min >= 0 && range->max < target[position];
}

bool metabang::meta::staysInside(AffineMap map, ArrayRef<int64_t> shape, ArrayRef<int64_t> target) {
  return llvm::all_of(llvm::seq<unsigned>(0, map.getNumResults()),
                      [&](unsigned i) { return staysInside(map, i, shape, target); });
}

bool metabang::meta::staysOutside(AffineMap map, ArrayRef<int64_t> shape, ArrayRef<int64_t> target) {
  return llvm::any_of(llvm::zip(map.getResults(), target), [&](auto each) {
    auto [expr, size] = each;
    auto range = rangeOf(expr, shape);
    return range && (range->max < 0 || range->min >= size);
  });
}

bool metabang::meta::alwaysHolds(IntegerSet set, ArrayRef<int64_t> shape) {
  for (auto [constraint, isEquality] : llvm::zip(set.getConstraints(), set.getEqFlags())) {
    auto range = rangeOf(constraint, shape);
    if (!range || range->min < 0 || (isEquality && range->max != 0))
      return false;
  }
  return true;
}

AffineExpr metabang::meta::simplifyOver(AffineExpr expr, ArrayRef<int64_t> shape) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr;
  AffineExpr lhs = simplifyOver(binary.getLHS(), shape), rhs = simplifyOver(binary.getRHS(), shape);
  auto by = dyn_cast<AffineConstantExpr>(rhs);
  auto range = rangeOf(lhs, shape);
  bool divides = expr.getKind() == AffineExprKind::FloorDiv || expr.getKind() == AffineExprKind::Mod;
  if (divides && by && by.getValue() > 0 && range) {
    int64_t low = llvm::divideFloorSigned(range->min, by.getValue()),
            high = llvm::divideFloorSigned(range->max, by.getValue());
    if (low == high && expr.getKind() == AffineExprKind::FloorDiv)
      return getAffineConstantExpr(low, expr.getContext());
    if (low == high)
      return lhs - low * by.getValue();
  }
  return getAffineBinaryOpExpr(expr.getKind(), lhs, rhs);
}

AffineMap metabang::meta::simplifyOver(AffineMap map, ArrayRef<int64_t> shape) {
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : map.getResults())
    results.push_back(simplifyOver(simplifyAffineExpr(expr, map.getNumDims(), map.getNumSymbols()), shape));
  return AffineMap::get(map.getNumDims(), map.getNumSymbols(), results, map.getContext());
}

bool metabang::meta::isLinear(AffineExpr expr) {
  bool linear = true;
  expr.walk([&](AffineExpr e) {
    AffineExprKind kind = e.getKind();
    linear &= kind == AffineExprKind::Add || kind == AffineExprKind::Mul || kind == AffineExprKind::Constant ||
              kind == AffineExprKind::DimId;
  });
  return linear && expr.isPureAffine();
}

bool metabang::meta::isLinear(AffineMap map) {
  return llvm::all_of(map.getResults(), [](AffineExpr e) { return isLinear(e); });
}

SmallVector<int64_t> metabang::meta::rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

namespace {
/// A sum of coefficients times quotients `inner floordiv divisor` (a dim is its own quotient by 1). Sums of the digits
/// of a mixed-radix number collapse in this form, because `x mod m` is written `x - m * (x floordiv m)`.
struct QuotientSum {
  llvm::MapVector<std::pair<AffineExpr, int64_t>, int64_t> terms;
  int64_t constant = 0;

  void add(const QuotientSum &other, int64_t factor) {
    constant += factor * other.constant;
    for (auto &[key, coefficient] : other.terms)
      if ((terms[key] += factor * coefficient) == 0)
        terms.erase(key);
  }

  /// The sum as an expression, if it is linear in dims.
  std::optional<AffineExpr> linear(MLIRContext *context) const {
    AffineExpr sum = getAffineConstantExpr(constant, context);
    for (auto &[key, coefficient] : terms) {
      if (key.second != 1)
        return std::nullopt;
      sum = sum + key.first * coefficient;
    }
    return sum;
  }
};

std::optional<QuotientSum> normalize(AffineExpr expr, ArrayRef<int64_t> shape);

std::optional<QuotientSum> divide(const QuotientSum &sum, int64_t divisor, ArrayRef<int64_t> shape,
                                  MLIRContext *context);

/// (g * a + r) floordiv divisor = a floordiv (divisor / g) if g divides the divisor and r is in [0, g): the digits in r
/// do not matter.
std::optional<QuotientSum> dropDigits(const QuotientSum &sum, int64_t divisor, ArrayRef<int64_t> shape,
                                      MLIRContext *context) {
  SmallVector<std::pair<int64_t, AffineExpr>> terms;
  for (auto &[key, coefficient] : sum.terms)
    terms.push_back({coefficient, key.first});
  llvm::stable_sort(terms, [](auto &a, auto &b) { return std::abs(a.first) > std::abs(b.first); });
  int64_t g = divisor;
  for (size_t count = 1; count < terms.size() + (sum.constant != 0); ++count) {
    g = std::gcd(g, std::abs(terms[count - 1].first));
    AffineExpr low = getAffineConstantExpr(sum.constant, context);
    for (auto &[coefficient, expr] : ArrayRef(terms).drop_front(count))
      low = low + expr * coefficient;
    auto range = rangeOf(low, shape);
    if (g == 1 || !range || range->min < 0 || range->max >= g)
      continue;
    QuotientSum high;
    for (auto &[coefficient, expr] : ArrayRef(terms).take_front(count))
      high.terms[{expr, 1}] = coefficient / g;
    return divide(high, divisor / g, shape, context);
  }
  return std::nullopt;
}

/// `sum` floordiv `divisor`.
std::optional<QuotientSum> divide(const QuotientSum &sum, int64_t divisor, ArrayRef<int64_t> shape,
                                  MLIRContext *context) {
  QuotientSum result, rest;
  result.constant = llvm::divideFloorSigned(sum.constant, divisor);
  rest.constant = sum.constant - result.constant * divisor;
  for (auto &[key, coefficient] : sum.terms)
    (coefficient % divisor ? rest.terms[key] : result.terms[key]) =
        coefficient % divisor ? coefficient : coefficient / divisor;
  if (rest.terms.empty())
    return result;
  if (auto inner = rest.linear(context)) {
    auto range = rangeOf(*inner, shape);
    if (range && range->min >= 0 && range->max < divisor)
      return result;
    if (auto coarser = dropDigits(rest, divisor, shape, context)) {
      result.add(*coarser, 1);
      return result;
    }
    result.terms[{*inner, divisor}] += 1;
    return result;
  }
  // floor(floor(x / a) / b) = floor(x / (a * b))
  if (rest.terms.size() != 1 || rest.constant != 0 || rest.terms.front().second != 1)
    return std::nullopt;
  auto [inner, by] = rest.terms.front().first;
  auto range = rangeOf(inner, shape);
  if (!range || range->min < 0 || range->max >= by * divisor)
    result.terms[{inner, by * divisor}] += 1;
  return result;
}

std::optional<QuotientSum> normalize(AffineExpr expr, ArrayRef<int64_t> shape) {
  QuotientSum result;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    result.constant = constant.getValue();
    return result;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    if (shape[dim.getPosition()] != 1)
      result.terms[{expr, 1}] = 1;
    return result;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  auto lhs = normalize(binary.getLHS(), shape);
  if (!lhs)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Add) {
    auto rhs = normalize(binary.getRHS(), shape);
    if (!rhs)
      return std::nullopt;
    lhs->add(*rhs, 1);
    return lhs;
  }
  auto by = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (!by)
    return std::nullopt;
  if (expr.getKind() == AffineExprKind::Mul) {
    if (by.getValue() != 0)
      result.add(*lhs, by.getValue());
    return result;
  }
  if (by.getValue() <= 0 || expr.getKind() == AffineExprKind::CeilDiv)
    return std::nullopt;
  auto quotient = divide(*lhs, by.getValue(), shape, expr.getContext());
  if (!quotient || expr.getKind() == AffineExprKind::FloorDiv)
    return quotient;
  lhs->add(*quotient, -by.getValue());
  return lhs;
}
} // namespace

bool metabang::meta::isRowMajorReshape(AffineMap map, ArrayRef<int64_t> shape, ArrayRef<int64_t> target) {
  if (map.getNumSymbols() != 0 || !staysInside(map, shape, target))
    return false;
  int64_t iterations = 1, elements = 1;
  for (int64_t size : shape)
    iterations *= size;
  for (int64_t size : target)
    elements *= size;
  if (iterations != elements)
    return false;
  QuotientSum difference;
  for (auto [expr, stride] : llvm::zip(map.getResults(), rowMajorStrides(target))) {
    auto sum = normalize(expr, shape);
    if (!sum)
      return false;
    difference.add(*sum, stride);
  }
  for (auto [dim, stride] : llvm::enumerate(rowMajorStrides(shape)))
    difference.add(*normalize(getAffineDimExpr(dim, map.getContext()), shape), -stride);
  return difference.terms.empty() && difference.constant == 0;
}

AffineExpr metabang::meta::renameDims(AffineExpr expr, ArrayRef<int64_t> to) {
  SmallVector<AffineExpr> dims;
  for (int64_t dim : to)
    dims.push_back(getAffineDimExpr(dim, expr.getContext()));
  return expr.replaceDims(dims);
}

AffineMap metabang::meta::renameDims(AffineMap map, ArrayRef<int64_t> to) {
  SmallVector<AffineExpr> results;
  for (AffineExpr expr : map.getResults())
    results.push_back(renameDims(expr, to));
  return AffineMap::get(map.getNumDims(), map.getNumSymbols(), results, map.getContext());
}

IntegerSet metabang::meta::renameDims(IntegerSet set, ArrayRef<int64_t> to) {
  SmallVector<AffineExpr> constraints;
  for (AffineExpr expr : set.getConstraints())
    constraints.push_back(renameDims(expr, to));
  return IntegerSet::get(set.getNumDims(), set.getNumSymbols(), constraints, set.getEqFlags());
}

SmallVector<int64_t> metabang::meta::inverse(ArrayRef<int64_t> perm) {
  SmallVector<int64_t> result(perm.size());
  for (auto [k, p] : llvm::enumerate(perm))
    result[p] = k;
  return result;
}

bool metabang::meta::isIdentity(ArrayRef<int64_t> perm) {
  for (auto [k, p] : llvm::enumerate(perm))
    if (static_cast<int64_t>(k) != p)
      return false;
  return true;
}

SmallVector<int64_t> metabang::meta::permute(ArrayRef<int64_t> values, ArrayRef<int64_t> perm) {
  SmallVector<int64_t> result;
  for (int64_t p : perm)
    result.push_back(values[p]);
  return result;
}

SmallVector<int64_t> metabang::meta::coefficientsOf(AffineExpr expr, unsigned numDims) {
  SmallVector<int64_t> result(numDims + 1, 0);
  // Of a linear expression, differences of its values are the coefficients.
  auto at = [&](int64_t dim) {
    SmallVector<AffineExpr> values(numDims, getAffineConstantExpr(0, expr.getContext()));
    if (dim >= 0)
      values[dim] = getAffineConstantExpr(1, expr.getContext());
    AffineExpr value = simplifyAffineExpr(expr.replaceDims(values), 0, 0);
    return cast<AffineConstantExpr>(value).getValue();
  };
  result[numDims] = at(-1);
  for (unsigned dim = 0; dim < numDims; ++dim)
    result[dim] = at(dim) - result[numDims];
  return result;
}
