#include "metabang/Graph/Affine.h"

#include "metabang/Graph/Error.h"
#include "metabang/Graph/Node.h"

#include <algorithm>
#include <array>

namespace metabang::graph {
namespace {
using K = AffineExpr::Kind;

Affine make(K kind, int64_t value, Affine lhs = nullptr, Affine rhs = nullptr) {
  return std::make_shared<const AffineExpr>(AffineExpr{kind, value, std::move(lhs), std::move(rhs)});
}
bool isConst(const Affine &e) { return e->kind == K::Constant; }
bool isConst(const Affine &e, int64_t v) { return isConst(e) && e->value == v; }

int64_t floorQuotient(int64_t a, int64_t b) {
  int64_t q = a / b;
  return (a % b != 0 && ((a < 0) != (b < 0))) ? q - 1 : q;
}

void requireDivisor(const Affine &b, const char *what) {
  if (!isConst(b) || b->value <= 0)
    throw GraphError(ErrorKind::IndexExpr, std::string("an index expression can use ") + what +
                                               " only with a positive integer on its right");
}

[[noreturn]] void tooLarge() {
  throw GraphError(ErrorKind::IndexExpr, "an index expression has a value beyond 64 bits; use smaller factors");
}
int64_t sum(int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_add_overflow(a, b, &out))
    tooLarge();
  return out;
}
int64_t product(int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_mul_overflow(a, b, &out))
    tooLarge();
  return out;
}

uint64_t hashOf(const Affine &e) {
  uint64_t h = mix(static_cast<uint64_t>(e->kind), static_cast<uint64_t>(e->value));
  return e->lhs ? mix(mix(h, hashOf(e->lhs)), hashOf(e->rhs)) : h;
}
} // namespace

Affine affineConstant(int64_t value) { return make(K::Constant, value); }
Affine affineDim(int64_t number) { return make(K::Dim, number); }
Affine affineSymbol(int64_t number) { return make(K::Symbol, number); }

Affine operator+(const Affine &a, const Affine &b) {
  if (isConst(a) && isConst(b))
    return affineConstant(sum(a->value, b->value));
  if (isConst(a, 0))
    return b;
  if (isConst(b, 0))
    return a;
  if (isConst(a)) // constants at the right, as MLIR prints them
    return b + a;
  if (isConst(b) && a->kind == K::Add && isConst(a->rhs))
    return a->lhs + affineConstant(sum(a->rhs->value, b->value));
  return make(K::Add, 0, a, b);
}

Affine operator-(const Affine &a, const Affine &b) { return a + b * affineConstant(-1); }

Affine operator*(const Affine &a, const Affine &b) {
  if (isConst(a) && isConst(b))
    return affineConstant(product(a->value, b->value));
  if (isConst(a))
    return b * a;
  if (!isConst(b))
    throw GraphError(ErrorKind::IndexExpr, "an index expression cannot multiply two indices; one factor must be an integer");
  if (b->value == 0)
    return affineConstant(0);
  if (b->value == 1)
    return a;
  if (a->kind == K::Mul)
    return a->lhs * affineConstant(product(a->rhs->value, b->value));
  return make(K::Mul, 0, a, b);
}

Affine floorDiv(const Affine &a, const Affine &b) {
  requireDivisor(b, "//");
  if (isConst(a))
    return affineConstant(floorQuotient(a->value, b->value));
  return b->value == 1 ? a : make(K::FloorDiv, 0, a, b);
}

Affine ceilDiv(const Affine &a, const Affine &b) {
  requireDivisor(b, "ceildiv");
  if (isConst(a))
    return affineConstant(-floorQuotient(-a->value, b->value));
  return b->value == 1 ? a : make(K::CeilDiv, 0, a, b);
}

Affine mod(const Affine &a, const Affine &b) {
  requireDivisor(b, "%");
  if (isConst(a))
    return affineConstant(a->value - floorQuotient(a->value, b->value) * b->value);
  return b->value == 1 ? affineConstant(0) : make(K::Mod, 0, a, b);
}

std::optional<Interval> bounds(const Affine &e, const Shape &shape) {
  if (isConst(e))
    return Interval{e->value, e->value};
  if (e->kind == K::Dim)
    return Interval{0, std::max<int64_t>(shape[e->value] - 1, 0)};
  if (e->kind == K::Symbol)
    return std::nullopt;
  auto l = bounds(e->lhs, shape), r = bounds(e->rhs, shape);
  if (!l || !r)
    return std::nullopt;
  int64_t c = r->low;
  switch (e->kind) {
  case K::Add:
    return Interval{sum(l->low, r->low), sum(l->high, r->high)};
  case K::Mul:
    return c >= 0 ? Interval{product(l->low, c), product(l->high, c)} : Interval{product(l->high, c), product(l->low, c)};
  case K::FloorDiv:
    return Interval{floorQuotient(l->low, c), floorQuotient(l->high, c)};
  case K::CeilDiv:
    return Interval{-floorQuotient(-l->low, c), -floorQuotient(-l->high, c)};
  default: // Mod
    return l->low >= 0 && l->high < c ? *l : Interval{0, c - 1};
  }
}

void requireRange(const Affine &e, const Shape &shape) {
  if (e->lhs) {
    requireRange(e->lhs, shape);
    requireRange(e->rhs, shape);
  }
  auto range = bounds(e, shape);
  constexpr int64_t limit = int64_t(1) << 31;
  if (range && (range->low < -limit || range->high >= limit))
    throw GraphError(ErrorKind::IndexExpr, "index expression '" + print(e, AffineStyle::Python) + "' reaches " +
                                               std::to_string(range->high >= limit ? range->high : range->low) +
                                               ", but kernels index with 32 bits; use smaller factors");
}

std::optional<LinearForm> linearForm(const Affine &e, unsigned numDims, unsigned numSymbols) {
  LinearForm form{0, std::vector<int64_t>(numDims), std::vector<int64_t>(numSymbols)};
  switch (e->kind) {
  case K::Constant:
    form.constant = e->value;
    return form;
  case K::Dim:
    form.dims[e->value] = 1;
    return form;
  case K::Symbol:
    form.symbols[e->value] = 1;
    return form;
  case K::Add:
  case K::Mul: {
    auto l = linearForm(e->lhs, numDims, numSymbols);
    auto r = linearForm(e->rhs, numDims, numSymbols);
    if (!l || !r)
      return std::nullopt;
    bool add = e->kind == K::Add;
    auto merge = [&](int64_t x, int64_t y) { return add ? x + y : x * r->constant; };
    form.constant = merge(l->constant, r->constant);
    for (unsigned i = 0; i < numDims; ++i)
      form.dims[i] = merge(l->dims[i], r->dims[i]);
    for (unsigned i = 0; i < numSymbols; ++i)
      form.symbols[i] = merge(l->symbols[i], r->symbols[i]);
    return form;
  }
  default:
    return std::nullopt;
  }
}

std::string print(const Affine &e, AffineStyle style) {
  bool python = style == AffineStyle::Python;
  switch (e->kind) {
  case K::Constant:
    return std::to_string(e->value);
  case K::Dim:
    return (python ? "i" : "d") + std::to_string(e->value);
  case K::Symbol:
    return "s" + std::to_string(e->value);
  default:
    break;
  }
  std::string l = print(e->lhs, style), r = print(e->rhs, style);
  auto wrap = [&](const Affine &x, const std::string &text) { return x->lhs ? "(" + text + ")" : text; };
  if (e->kind == K::Add) {
    if (e->rhs->kind == K::Mul && e->rhs->rhs->value < 0)
      return l + " - " + (e->rhs->rhs->value == -1 ? wrap(e->rhs->lhs, print(e->rhs->lhs, style))
                                                   : print(e->rhs->lhs * affineConstant(-e->rhs->rhs->value), style));
    if (isConst(e->rhs) && e->rhs->value < 0)
      return l + " - " + std::to_string(-e->rhs->value);
    return l + " + " + (e->rhs->kind == K::Add ? "(" + r + ")" : r);
  }
  if (python && e->kind == K::CeilDiv)
    return "-(-" + wrap(e->lhs, l) + " // " + r + ")";
  const char *op = e->kind == K::Mul        ? " * "
                   : e->kind == K::FloorDiv ? (python ? " // " : " floordiv ")
                   : e->kind == K::CeilDiv  ? " ceildiv "
                                            : (python ? " % " : " mod ");
  return wrap(e->lhs, l) + op + wrap(e->rhs, r);
}

namespace {
std::string signature(const IndexMap &map) {
  std::string out = "(";
  for (unsigned i = 0; i < map.numDims; ++i)
    out += (i ? ", d" : "d") + std::to_string(i);
  out += ")";
  for (unsigned i = 0; i < map.numSymbols; ++i)
    out += (i ? ", s" : "[s") + std::to_string(i);
  return map.numSymbols ? out + "]" : out;
}
} // namespace

std::string IndexMap::mlirMap() const {
  std::string out = "affine_map<" + signature(*this) + " -> (";
  for (size_t i = 0; i < results.size(); ++i)
    out += (i ? ", " : "") + print(results[i]);
  return out + ")>";
}

std::string IndexMap::mlirSet() const {
  std::string out = "affine_set<" + signature(*this) + " : (";
  for (size_t i = 0; i < constraints.size(); ++i)
    out += (i ? ", " : "") + print(constraints[i].expr) + (constraints[i].isEquality ? " == 0" : " >= 0");
  return out + ")>";
}

IndexMapPtr share(IndexMap map) {
  uint64_t h = mix(map.numDims, map.numSymbols);
  for (const Affine &result : map.results)
    h = mix(h, hashOf(result));
  for (const Constraint &c : map.constraints)
    h = mix(mix(h, hashOf(c.expr)), c.isEquality);
  map.hash = h;
  return std::make_shared<const IndexMap>(std::move(map));
}

namespace {
IndexMapPtr makeReshapeMap(const Shape &from, const Shape &to) {
  IndexMap map;
  map.numDims = static_cast<unsigned>(to.size());
  Affine linear = affineConstant(0);
  int64_t stride = numElements(to);
  for (size_t i = 0; i < to.size(); ++i) {
    stride /= std::max<int64_t>(to[i], 1);
    linear = linear + affineDim(static_cast<int64_t>(i)) * affineConstant(stride);
  }
  stride = numElements(from);
  for (size_t k = 0; k < from.size(); ++k) {
    stride /= std::max<int64_t>(from[k], 1);
    Affine quotient = floorDiv(linear, affineConstant(std::max<int64_t>(stride, 1)));
    map.results.push_back(k == 0 ? quotient : mod(quotient, affineConstant(std::max<int64_t>(from[k], 1))));
  }
  return share(std::move(map));
}

struct Reshape {
  Shape from, to;
  IndexMapPtr map;
};
} // namespace

IndexMapPtr reshapeMap(const Shape &from, const Shape &to) {
  static thread_local std::array<Reshape, 256> recent;
  uint64_t h = from.size();
  for (int64_t size : from)
    h = mix(h, static_cast<uint64_t>(size));
  for (int64_t size : to)
    h = mix(h, static_cast<uint64_t>(size));
  Reshape &slot = recent[h % recent.size()];
  if (!slot.map || slot.from != from || slot.to != to)
    slot = {from, to, makeReshapeMap(from, to)};
  return slot.map;
}

} // namespace metabang::graph
