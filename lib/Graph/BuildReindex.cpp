// Operators of the classes reindex and reindex-reduce.
#include "Make.h"

#include <algorithm>

namespace metabang::graph {
namespace {
int64_t rankOf(const NodePtr &x) { return static_cast<int64_t>(x->shape.size()); }

void requireRank(const char *what, const char *argument, size_t got, const NodePtr &x) {
  if (got != x->shape.size())
    fail(ErrorKind::Shape, std::string(what) + " needs one of `" + argument + "` for each dimension of its operand " +
                               toString(x->shape) + ", got " + std::to_string(got));
}

// Checks the map against the tensor it indexes and the extras against the tensor that is iterated.
void checkMap(const char *what, const IndexMap &map, const Shape &indexed, const Shape &iterated,
              const std::vector<NodePtr> &extras) {
  if (map.results.size() != indexed.size())
    fail(ErrorKind::IndexExpr, std::string(what) + " needs one index expression for each dimension of " +
                                   toString(indexed) + ", got " + std::to_string(map.results.size()));
  for (const Affine &result : map.results)
    requireRange(result, iterated);
  for (const Constraint &constraint : map.constraints)
    requireRange(constraint.expr, iterated);
  for (const NodePtr &extra : extras) {
    if (isFloat(extra->dtype) || extra->dtype == DType::Bool)
      fail(ErrorKind::DType, std::string(what) + " needs extras of an integer dtype, got " + name(extra->dtype) +
                                 "; cast them with .astype('int32')");
    if (extra->shape != iterated)
      fail(ErrorKind::Shape, std::string(what) + " needs extras of shape " + toString(iterated) + ", got " +
                                 toString(extra->shape) + "; broadcast them first");
  }
}

// If `node` reshapes its operand by inserting dimensions of size 1 only: where each operand dimension went.
bool insertedUnits(const NodePtr &node, Shape &positions) {
  if (node->op != Op::Reindex || !node->attrs->isReshape || node->value)
    return false;
  const Shape &from = node->inputs[0]->shape, &to = node->shape;
  size_t k = 0;
  for (size_t i = 0; i < to.size(); ++i) {
    if (k < from.size() && from[k] == to[i]) {
      positions.push_back(static_cast<int64_t>(i));
      ++k;
    } else if (to[i] != 1) {
      return false;
    }
  }
  return k == from.size();
}
} // namespace

int64_t normalizeAxis(int64_t axis, int64_t rank, const char *what) {
  if (axis < -rank || axis >= rank)
    fail(ErrorKind::Axis, std::string(what) + " has axis " + std::to_string(axis) + ", but its operand has " +
                              std::to_string(rank) + (rank == 1 ? " dimension" : " dimensions") +
                              (rank ? "; axes go from " + std::to_string(-rank) + " to " + std::to_string(rank - 1)
                                    : "; a scalar has no axis"));
  return axis < 0 ? axis + rank : axis;
}

NodePtr broadcast(const NodePtr &x, const Shape &shape, const Shape &dims, Location loc) {
  requireRank("broadcast", "dims", dims.size(), x);
  uint64_t seen = 0;
  bool identity = shape == x->shape;
  for (size_t k = 0; k < dims.size(); ++k) {
    int64_t d = dims[k];
    if (d < 0 || d >= static_cast<int64_t>(shape.size()) || (seen >> d & 1))
      fail(ErrorKind::Axis, "broadcast needs distinct dims between 0 and " + std::to_string(shape.size()) +
                                " (the result's rank), got " + toString(dims));
    seen |= uint64_t(1) << d;
    identity = identity && d == static_cast<int64_t>(k);
    if (x->shape[k] != shape[d] && x->shape[k] != 1)
      fail(ErrorKind::Shape, "broadcast cannot stretch dimension " + std::to_string(k) + " of " + toString(x->shape) +
                                 " to size " + std::to_string(shape[d]) + "; only size 1 stretches");
  }
  if (identity)
    return x;
  if (x->op == Op::Constant)
    return constant(x->attrs->value, shape, x->dtype, loc);
  Shape positions;
  if (!x->value && (x->op == Op::Broadcast || insertedUnits(x, positions))) {
    Shape composed;
    for (int64_t d : x->op == Op::Broadcast ? x->attrs->a : positions)
      composed.push_back(dims[d]);
    return broadcast(x->inputs[0], shape, composed, loc);
  }
  NodePtr node = makeNode(Op::Broadcast, Kind::None, x->dtype, shape, loc);
  attributes(node).a = dims;
  node->inputs.push_back(x);
  return finish(std::move(node));
}

NodePtr broadcastTo(const NodePtr &x, const Shape &shape, Location loc) {
  if (x->shape == shape)
    return x;
  if (x->shape.size() > shape.size())
    fail(ErrorKind::Shape, "a tensor of shape " + toString(x->shape) + " cannot be broadcast to " + toString(shape));
  Shape dims;
  for (size_t k = 0; k < x->shape.size(); ++k)
    dims.push_back(static_cast<int64_t>(shape.size() - x->shape.size() + k));
  return broadcast(x, shape, dims, loc);
}

NodePtr pad(const NodePtr &x, const Shape &low, const Shape &high, const Scalar &value, Location loc) {
  requireRank("pad", "low", low.size(), x);
  requireRank("pad", "high", high.size(), x);
  Shape shape = x->shape;
  for (size_t k = 0; k < shape.size(); ++k) {
    if (low[k] < 0 || high[k] < 0)
      fail(ErrorKind::Value, "pad cannot remove elements; use slice instead of a negative padding");
    int64_t padding;
    if (__builtin_add_overflow(low[k], high[k], &padding) || __builtin_add_overflow(shape[k], padding, &shape[k]))
      fail(ErrorKind::Shape, "pad makes dimension " + std::to_string(k) + " longer than 2**63; pad less");
  }
  if (shape == x->shape)
    return x;
  NodePtr node = makeNode(Op::Pad, Kind::None, x->dtype, shape, loc);
  Attributes &attrs = attributes(node);
  attrs.a = low;
  attrs.b = high;
  attrs.value = value.to(x->dtype);
  node->inputs.push_back(x);
  return finish(std::move(node));
}

NodePtr slice(const NodePtr &x, const Shape &offsets, const Shape &sizes, const Shape &strides, Location loc) {
  requireRank("slice", "offsets", offsets.size(), x);
  requireRank("slice", "sizes", sizes.size(), x);
  requireRank("slice", "strides", strides.size(), x);
  for (size_t k = 0; k < sizes.size(); ++k) {
    if (strides[k] < 1)
      fail(ErrorKind::Value, "slice needs positive strides; x[::-1] builds the reversed reindex");
    int64_t last = 0;
    bool leaves = sizes[k] < 0 || offsets[k] < 0 || __builtin_mul_overflow(sizes[k] - 1, strides[k], &last) ||
                  __builtin_add_overflow(offsets[k], last, &last);
    if (leaves || (sizes[k] > 0 && last >= x->shape[k]))
      fail(ErrorKind::Shape, "slice leaves dimension " + std::to_string(k) + " of " + toString(x->shape) + ": offset " +
                                 std::to_string(offsets[k]) + ", size " + std::to_string(sizes[k]) + ", stride " +
                                 std::to_string(strides[k]));
  }
  if (sizes == x->shape)
    return x;
  if (x->op == Op::Constant)
    return constant(x->attrs->value, sizes, x->dtype, loc);
  NodePtr node = makeNode(Op::Slice, Kind::None, x->dtype, sizes, loc);
  attributes(node).a = offsets;
  attributes(node).b = strides;
  node->inputs.push_back(x);
  return finish(std::move(node));
}

NodePtr transpose(const NodePtr &x, const Shape &perm, Location loc) {
  requireRank("transpose", "perm", perm.size(), x);
  uint64_t seen = 0;
  Shape full, shape;
  for (int64_t p : perm) {
    p = normalizeAxis(p, rankOf(x), "transpose");
    seen |= uint64_t(1) << p;
    full.push_back(p);
    shape.push_back(x->shape[p]);
  }
  if (seen + 1 != uint64_t(1) << perm.size())
    fail(ErrorKind::Axis, "transpose needs each axis once, got " + toString(perm));
  if (!x->value && x->op == Op::Transpose && !isDetached(*x)) {
    for (int64_t &p : full)
      p = x->attrs->a[p];
    return transpose(x->inputs[0], full, loc);
  }
  if (x->op == Op::Constant)
    return constant(x->attrs->value, shape, x->dtype, loc);
  if (std::is_sorted(full.begin(), full.end()))
    return x;
  NodePtr node = makeNode(Op::Transpose, Kind::None, x->dtype, shape, loc);
  attributes(node).a = full;
  node->inputs.push_back(x);
  return finish(std::move(node));
}

NodePtr detach(const NodePtr &x, Location loc) {
  NodePtr node = makeNode(Op::Transpose, Kind::None, x->dtype, x->shape, loc);
  Shape &perm = attributes(node).a; // a scalar's is empty
  for (size_t k = 0; k < x->shape.size(); ++k)
    perm.push_back(static_cast<int64_t>(k));
  node->inputs.push_back(x);
  node = finish(std::move(node));
  node->isTracked = false;
  return node;
}

bool isDetached(const Node &node) {
  return node.op == Op::Transpose && std::is_sorted(node.attrs->a.begin(), node.attrs->a.end());
}

NodePtr reindex(const NodePtr &x, const Shape &shape, IndexMapPtr map, const Scalar &overflow,
                const std::vector<NodePtr> &extras, Location loc) {
  checkMap("reindex", *map, x->shape, shape, extras);
  NodePtr node = makeNode(Op::Reindex, Kind::None, x->dtype, shape, loc);
  Attributes &attrs = attributes(node);
  attrs.value = overflow.to(x->dtype);
  attrs.map = std::move(map);
  node->inputs.push_back(x);
  for (const NodePtr &extra : extras)
    node->inputs.push_back(extra);
  return finish(std::move(node));
}

NodePtr reindexReduce(Kind kind, const NodePtr &y, const Shape &shape, IndexMapPtr map,
                      const std::vector<NodePtr> &extras, Location loc) {
  checkMap("reindex_reduce", *map, shape, y->shape, extras);
  bool isBitwise = kind >= Kind::And && kind <= Kind::Xor;
  if (y->dtype == DType::Bool && !isBitwise)
    fail(ErrorKind::DType, std::string("reindex_reduce with ") + name(kind) + " is not defined for bool; cast with .astype()");
  if (isFloat(y->dtype) && isBitwise)
    fail(ErrorKind::DType, std::string("reindex_reduce with ") + name(kind) + " is defined for bool and integers, not for " +
                               name(y->dtype) + "; compare with 0 first");
  NodePtr node = makeNode(Op::ReindexReduce, kind, y->dtype, shape, loc);
  attributes(node).map = std::move(map);
  node->inputs.push_back(y);
  for (const NodePtr &extra : extras)
    node->inputs.push_back(extra);
  return finish(std::move(node));
}

NodePtr reduce(Op op, const NodePtr &x, const Shape &dims, Location loc) {
  uint64_t mask = 0;
  for (int64_t d : dims) {
    uint64_t bit = uint64_t(1) << normalizeAxis(d, rankOf(x), name(op));
    if (mask & bit)
      fail(ErrorKind::Axis, std::string(name(op)) + " names an axis twice: " + toString(dims));
    mask |= bit;
  }
  if (x->dtype == DType::Bool && op != Op::Max && op != Op::Min)
    fail(ErrorKind::DType, std::string(name(op)) + " is not defined for bool; cast with .astype()");
  if (op == Op::Mean && !isFloat(x->dtype))
    fail(ErrorKind::DType, std::string("mean needs floats, got ") + name(x->dtype) + "; cast with .astype('float32')");
  if (!mask)
    return x;
  Shape sorted, shape;
  for (int64_t k = 0; k < rankOf(x); ++k) {
    if (!(mask >> k & 1)) {
      shape.push_back(x->shape[k]);
      continue;
    }
    sorted.push_back(k);
    if (x->shape[k] == 0 && (op == Op::Max || op == Op::Min))
      fail(ErrorKind::Shape, std::string(name(op)) + " over the empty dimension " + std::to_string(k) + " of " +
                                 toString(x->shape) + " has no value");
  }
  NodePtr node = makeNode(op, Kind::None, x->dtype, shape, loc);
  attributes(node).a = sorted;
  node->inputs.push_back(x);
  return finish(std::move(node));
}

NodePtr reshape(const NodePtr &x, const Shape &shape, Location loc) {
  requireCountable(shape);
  if (numElements(shape) != numElements(x->shape))
    fail(ErrorKind::Shape, "a tensor of shape " + toString(x->shape) + " with " + std::to_string(numElements(x->shape)) +
                               " elements cannot be reshaped to " + toString(shape) + " with " +
                               std::to_string(numElements(shape)));
  if (shape == x->shape)
    return x;
  if (x->op == Op::Constant)
    return constant(x->attrs->value, shape, x->dtype, loc);
  if (!x->value && x->op == Op::Reindex && x->attrs->isReshape)
    return reshape(x->inputs[0], shape, loc);
  NodePtr node = makeNode(Op::Reindex, Kind::None, x->dtype, shape, loc);
  Attributes &attrs = attributes(node);
  attrs.value = Scalar::ofInt(0).to(x->dtype);
  attrs.map = reshapeMap(x->shape, shape);
  attrs.isReshape = true;
  node->inputs.push_back(x);
  return finish(std::move(node));
}

} // namespace metabang::graph
