//===- Loops.cpp - The loops of an operation over flat vectors ------------===//
#include "Loops.h"
#include "Families.h"
#include "Memory.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

/// Adds the terms of `expr` times `factor`.
static LogicalResult addTerms(AffineExpr expr, int64_t factor, SmallVectorImpl<LinearTerm> &terms) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    auto known = llvm::find_if(terms, [&](LinearTerm term) { return term.loop == dim.getPosition(); });
    if (known == terms.end())
      terms.push_back({dim.getPosition(), factor});
    else
      known->factor += factor;
    return success();
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return success(constant.getValue() == 0);
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return failure();
  if (expr.getKind() == AffineExprKind::Add)
    return success(succeeded(addTerms(binary.getLHS(), factor, terms)) &&
                   succeeded(addTerms(binary.getRHS(), factor, terms)));
  auto constant = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (expr.getKind() != AffineExprKind::Mul || !constant)
    return failure();
  return addTerms(binary.getLHS(), factor * constant.getValue(), terms);
}

FailureOr<SmallVector<LinearTerm>> l2b::linearTerms(AffineExpr expr) {
  SmallVector<LinearTerm> terms;
  if (failed(addTerms(expr, 1, terms)))
    return failure();
  return terms;
}

FailureOr<Access> Access::get(Value memref, AffineMap map) {
  FailureOr<SmallVector<int64_t>> strides = stridesOf(memref);
  if (failed(strides))
    return failure();
  Access access{memref, map, SmallVector<int64_t>(map.getNumDims(), 0), ownedWidth(memref)};
  for (auto [expr, stride] : llvm::zip(map.getResults(), *strides)) {
    FailureOr<SmallVector<LinearTerm>> terms = linearTerms(expr);
    if (failed(terms))
      return failure();
    for (auto [loop, factor] : *terms)
      access.strides[loop] += stride * factor;
  }
  return access;
}

LoopNest::LoopNest(Emit &e, linalg::LinalgOp op) : LoopNest(loopSizes(e, op), loopBounds(op)) {}

LoopNest::LoopNest(Sizes allSizes, SmallVector<int64_t> allBounds) : sizes(allSizes), bounds(allBounds) {
  for (auto [loop, size] : llvm::enumerate(sizes))
    if (!isConstantIntValue(size, 1))
      active.push_back(loop);
  if (!active.empty())
    pitch = getConstantIntValue(sizes[active.back()]).value_or(0);
}

void LoopNest::choosePitch(ArrayRef<Access> written, ArrayRef<Access> read) {
  if (active.empty())
    return;
  unsigned last = active.back();
  // With one loop, the row is the whole buffer; with more, the distance of two rows.
  auto fits = [&](int64_t candidate) {
    auto one = [&](const Access &access) {
      if (access.strides[last] != 1)
        return access.strides[last] == 0; // broadcast along the row
      bool alone = active.size() == 1 || access.strides[active[active.size() - 2]] == 0;
      return access.width >= candidate && (alone || access.strides[active[active.size() - 2]] == candidate);
    };
    return llvm::all_of(written, one) && llvm::all_of(read, one);
  };
  int64_t candidate = 0;
  for (const Access &access : written)
    if (access.strides[last] == 1)
      candidate = active.size() > 1 ? access.strides[active[active.size() - 2]] : access.width;
  if (candidate >= bounds[last] && fits(candidate))
    pitch = candidate;
}

std::optional<int64_t> LoopNest::stepElements(unsigned loop) const {
  if (loop + 1 == active.size())
    return 1;
  if (pitch == 0)
    return std::nullopt;
  int64_t elements = pitch;
  for (unsigned i = active.size() - 1; i-- > loop + 1;) {
    auto size = getConstantIntValue(sizes[active[i]]);
    if (!size)
      return std::nullopt;
    elements *= *size;
  }
  return elements;
}

Role LoopNest::role(const Access &access, unsigned first) const {
  unsigned start = first;
  while (start < active.size() && access.strides[active[start]] == 0)
    ++start;
  if (start == active.size())
    return {Role::Scalar, 0};
  for (unsigned i = start; i < active.size(); ++i) {
    std::optional<int64_t> step = stepElements(i);
    if (!step || access.strides[active[i]] != *step)
      return {};
  }
  if (start == first)
    return {Role::Whole, 0};
  std::optional<int64_t> step = stepElements(start - 1);
  if (!step || !inNRAM(access.memref))
    return {};
  return {Role::Cycle, *step};
}

OpFoldResult LoopNest::runElements(Emit &e, unsigned first, OpFoldResult steps) const {
  if (first + 1 < active.size())
    return e.mul(steps, e.attr(*stepElements(first)));
  // A single row: as wide as it is in memory if all of it is wanted, else what is wanted.
  auto wanted = getConstantIntValue(steps);
  if (wanted && *wanted == getConstantIntValue(sizes[active.back()]).value_or(-1) && pitch >= *wanted)
    return e.attr(pitch);
  return steps;
}

int64_t LoopNest::boundElements(unsigned first) const {
  if (first + 1 == active.size())
    return std::max(pitch, bounds[active.back()]);
  return bounds[active[first]] * *stepElements(first);
}
