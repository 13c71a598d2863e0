//===- WindowSum.cpp - Sums of windows that lie in memory -----------------===//
#include "metabang/Dialect/Meta/IR/WindowSum.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace metabang::meta;

/// Planes that are added up, at most: the kernel has a copy and an addition for each.
static constexpr int64_t kMostTaps = 32;
/// What the least block of x may take on the chip; the smallest budget of a device is 384 KB.
static constexpr int64_t kMostBytes = 320 * 1024;
/// Elements that rows are a multiple of, at most: vectors of MLU2xx begin at multiples of 64 bytes.
static constexpr int64_t kUnit = 32;

namespace {
/// An index of x: stride * start + the taps, each with its factor, + constant. Without a start it is one plane's row.
struct Component {
  int64_t start = -1, stride = 1, constant = 0;
  SmallVector<std::pair<int64_t, int64_t>> taps; // dim of y, factor
  int64_t factorOf(int64_t dim) const {
    auto tap = llvm::find_if(taps, [&](auto tap) { return tap.first == dim; });
    return tap == taps.end() ? 0 : tap->second;
  }
};
} // namespace

static std::optional<Component> componentOf(AffineExpr expr, ArrayRef<int64_t> source, MutableArrayRef<bool> used) {
  SmallVector<int64_t> coefficients = coefficientsOf(expr, source.size());
  Component component;
  component.constant = coefficients.back();
  for (auto [dim, factor] : llvm::enumerate(ArrayRef(coefficients).drop_back())) {
    if (factor == 0 || source[dim] == 1)
      continue;
    if (used[dim])
      return std::nullopt;
    used[dim] = true;
    component.taps.push_back({int64_t(dim), factor});
  }
  // The longest dim is where windows start.
  auto start = llvm::max_element(component.taps, [&](auto a, auto b) { return source[a.first] < source[b.first]; });
  if (start == component.taps.end())
    return component;
  if (start->second < 1)
    return std::nullopt;
  component.start = start->first, component.stride = start->second;
  component.taps.erase(start);
  return component;
}

std::optional<WindowSum> WindowSum::match(AffineMap map, ArrayRef<int64_t> source, ArrayRef<int64_t> target,
                                          Type element) {
  if (!isLinear(map) || map.getNumSymbols() != 0 || target.size() < 2 || (!element.isF32() && !element.isF16()) ||
      llvm::is_contained(source, 0) || llvm::is_contained(target, 0))
    return std::nullopt;
  SmallVector<bool> used(source.size(), false);
  SmallVector<Component> components;
  for (AffineExpr expr : map.getResults()) {
    auto component = componentOf(expr, source, used);
    if (!component)
      return std::nullopt;
    components.push_back(*component);
  }
  WindowSum sum;
  const Component &row = components[components.size() - 2], &col = components.back();
  int64_t dim = 0, rank = source.size();
  for (auto [image, size] : llvm::zip(ArrayRef(components).drop_back(2), target)) {
    if (image.constant != 0 || !image.taps.empty())
      return std::nullopt;
    if (size == 1 && image.start < 0)
      continue;
    while (dim < rank && source[dim] == 1)
      ++dim;
    if (image.start != dim || image.stride != 1 || source[dim] != size)
      return std::nullopt;
    sum.images *= size, ++dim;
  }
  if (col.start < dim || col.start <= row.start || (row.start >= 0 && row.start < dim))
    return std::nullopt;
  sum.height = row.start < 0 ? 1 : source[row.start], sum.width = source[col.start];
  sum.rows = target[target.size() - 2], sum.cols = target.back();
  sum.rowStride = row.stride, sum.colStride = col.stride;

  Tap first;
  first.row = row.constant, first.col = col.constant;
  sum.taps.push_back(first);
  for (; dim < rank; ++dim) {
    if (dim == row.start || dim == col.start)
      continue;
    int64_t Tap::*place = dim < row.start ? &Tap::outer : dim < col.start ? &Tap::middle : &Tap::inner;
    (dim < row.start ? sum.outer : dim < col.start ? sum.middle : sum.inner) *= source[dim];
    if (source[dim] > kMostTaps / int64_t(sum.taps.size()))
      return std::nullopt;
    SmallVector<Tap> taps;
    for (const Tap &tap : sum.taps)
      for (int64_t k = 0; k < source[dim]; ++k) {
        taps.push_back(tap);
        taps.back().*place = tap.*place * source[dim] + k;
        taps.back().row += row.factorOf(dim) * k, taps.back().col += col.factorOf(dim) * k;
      }
    sum.taps = taps;
  }
  if (sum.taps.size() < 2 || sum.elementsFor(1) * int64_t(element.getIntOrFloatBitWidth() / 8) > kMostBytes)
    return std::nullopt;
  return sum;
}

int64_t WindowSum::firstCol() const {
  int64_t first = taps.front().col;
  for (const Tap &tap : taps)
    first = std::min(first, tap.col);
  return first;
}

WindowSum::Group WindowSum::groupOf(const Tap &tap) const {
  int64_t col = tap.col - firstCol();
  return {tap.row - rowShift(tap) * rowStride, col % colStride, col / colStride};
}

std::set<WindowSum::Group> WindowSum::groups() const {
  std::set<Group> groups;
  for (const Tap &tap : taps)
    groups.insert(groupOf(tap));
  return groups;
}

int64_t WindowSum::rowShift(const Tap &tap) const { return llvm::divideFloorSigned(tap.row, rowStride); }

int64_t WindowSum::firstRowShift() const {
  int64_t first = rowShift(taps.front());
  for (const Tap &tap : taps)
    first = std::min(first, rowShift(tap));
  return first;
}

int64_t WindowSum::lastRowShift() const {
  int64_t last = rowShift(taps.front());
  for (const Tap &tap : taps)
    last = std::max(last, rowShift(tap));
  return last;
}

int64_t WindowSum::shiftedWidth() const {
  int64_t most = 0;
  for (const Group &group : groups())
    most = std::max(most, group.shift);
  return width + most;
}

int64_t WindowSum::elementsFor(int64_t steps) const {
  std::set<Group> all = groups();
  std::set<int64_t> shifts;
  for (const Group &group : all)
    shifts.insert(group.shift);
  int64_t tile = outer * rowsFor(steps) * rowElements(), plane = outer * rowsFor(steps) * middle * width;
  int64_t shifted = llvm::alignTo(steps * llvm::alignTo(shiftedWidth(), kUnit), 4 * kUnit);
  return 2 * tile + plane + 2 * steps * rowStride * cols +
         shifted * int64_t(all.size() + shifts.size() + 2 + colStride);
}

std::optional<WindowSum> metabang::meta::windowSumOf(ReindexReduceOp op) {
  ArrayRef<int64_t> source = op.getY().getType().getShape();
  if (op.getKind() != "add" || !op.getExtras().empty() ||
      (op.getConditions() && !alwaysHolds(*op.getConditions(), source)))
    return std::nullopt;
  return WindowSum::match(op.getMap(), source, op.getType().getShape(), op.getType().getElementType());
}
