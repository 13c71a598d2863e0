// Leaves and element-wise operators, with NumPy broadcasting and type promotion.
#include "Make.h"

#include <algorithm>

namespace metabang::graph {
namespace {
void requireSame(const char *what, const NodePtr &a, const NodePtr &b) {
  if (a->shape != b->shape)
    fail(ErrorKind::Shape, std::string(what) + " needs operands of one shape, got " + toString(a->shape) + " and " +
                               toString(b->shape) + "; broadcast one of them first");
  if (a->dtype != b->dtype)
    fail(ErrorKind::DType, std::string(what) + " needs operands of one dtype, got " + name(a->dtype) + " and " +
                               name(b->dtype) + "; cast one of them first");
}

bool needsFloat(Kind kind) { return kind >= Kind::Exp && kind <= Kind::Erfinv; }

// The operator that gives NumPy's result on bools.
Kind logical(Kind kind) {
  switch (kind) {
  case Kind::Add:
  case Kind::Max:
    return Kind::Or;
  case Kind::Mul:
  case Kind::Min:
    return Kind::And;
  case Kind::And:
  case Kind::Or:
  case Kind::Xor:
    return kind;
  case Kind::Sub:
    fail(ErrorKind::DType, "bool values cannot be subtracted; use ^ or cast them with .astype()");
  default:
    fail(ErrorKind::DType, std::string(name(kind)) + " is not defined for bool; cast with .astype()");
  }
}
} // namespace

NodePtr input(const Shape &shape, DType dtype, bool isConstant, std::string name, Location loc, std::string entries) {
  NodePtr node = makeNode(Op::Input, Kind::None, dtype, shape, loc);
  node->isConstant = isConstant;
  if (!name.empty())
    attributes(node).name = std::move(name);
  if (!entries.empty())
    attributes(node).entries = std::move(entries);
  return finish(std::move(node));
}

NodePtr constant(const Scalar &value, const Shape &shape, DType dtype, Location loc) {
  NodePtr node = makeNode(Op::Constant, Kind::None, dtype, shape, loc);
  attributes(node).value = value.to(dtype);
  return finish(std::move(node));
}

NodePtr index(const Shape &shape, int64_t dim, DType dtype, Location loc) {
  if (isFloat(dtype) || dtype == DType::Bool)
    fail(ErrorKind::DType, std::string("index gives integers, not ") + name(dtype) + "; cast its result");
  NodePtr node = makeNode(Op::Index, Kind::None, dtype, shape, loc);
  dim = normalizeAxis(dim, static_cast<int64_t>(shape.size()), "index");
  unsigned bits = 8 * byteWidth(dtype) - !isUnsigned(dtype);
  if (bits < 63 && shape[dim] > int64_t(1) << bits)
    fail(ErrorKind::DType, "index along a dimension of size " + std::to_string(shape[dim]) + " does not fit " +
                               name(dtype) + "; choose a wider dtype");
  attributes(node).a.push_back(dim);
  return finish(std::move(node));
}

NodePtr withInputs(const NodePtr &node, const std::vector<NodePtr> &inputs) {
  if (inputs.size() != node->inputs.size())
    fail(ErrorKind::Value, std::string(name(node->op)) + " has another number of operands");
  NodePtr copy = makeNode(node->op, node->kind, node->dtype, node->shape, node->location);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]->shape != node->inputs[i]->shape || inputs[i]->dtype != node->inputs[i]->dtype)
      fail(ErrorKind::Shape, std::string(name(node->op)) + " cannot take an operand of another type");
    copy->inputs.push_back(inputs[i]);
  }
  if (node->attrs)
    copy->attrs = std::make_unique<Attributes>(*node->attrs);
  return finish(std::move(copy));
}

NodePtr unary(Kind kind, const NodePtr &x, Location loc) {
  if (kind == Kind::Not && isFloat(x->dtype))
    fail(ErrorKind::DType, std::string("not is defined for bool and integers, not for ") + name(x->dtype) +
                               "; compare with 0 instead");
  bool floatOnly = needsFloat(kind);
  if (!floatOnly && kind != Kind::Not && x->dtype == DType::Bool)
    fail(ErrorKind::DType, std::string(name(kind)) + " is not defined for bool; cast with .astype()");
  if (kind >= Kind::Floor && kind <= Kind::Trunc && !isFloat(x->dtype))
    return x;
  NodePtr operand = floatOnly && !isFloat(x->dtype) ? cast(x, DType::F32, loc) : x;
  NodePtr node = makeNode(Op::Unary, kind, operand->dtype, operand->shape, loc);
  node->inputs.push_back(std::move(operand));
  return finish(std::move(node));
}

NodePtr cast(const NodePtr &x, DType dtype, Location loc) {
  if (x->dtype == dtype)
    return x;
  if (x->op == Op::Constant) {
    const Scalar &value = x->attrs->value;
    if (dtype == DType::Bool)
      return constant(Scalar::ofInt(value.asDouble(x->dtype) != 0.0), x->shape, dtype, loc);
    if (isFloat(dtype))
      return constant(Scalar::ofFloat(value.asDouble(x->dtype)), x->shape, dtype, loc);
  }
  NodePtr node = makeNode(Op::Cast, Kind::None, dtype, x->shape, loc);
  node->inputs.push_back(x);
  return finish(std::move(node));
}

NodePtr binary(Kind kind, const NodePtr &a, const NodePtr &b, Location loc) {
  requireSame(name(kind), a, b);
  if (a->dtype == DType::Bool)
    kind = logical(kind);
  if (kind >= Kind::And && isFloat(a->dtype))
    fail(ErrorKind::DType, std::string(name(kind)) + " is defined for bool and integers, not for " + name(a->dtype) +
                               "; compare the operands with 0 first");
  if ((kind == Kind::Div || kind == Kind::Atan2) && !isFloat(a->dtype))
    fail(ErrorKind::DType, std::string(kind == Kind::Div ? "div is the true division" : "atan2 is a function") +
                               " of floats, not of " + name(a->dtype) + (kind == Kind::Div ? "; use // or" : ";") +
                               " cast the operands");
  NodePtr node = makeNode(Op::Binary, kind, a->dtype, a->shape, loc);
  node->inputs.push_back(a);
  node->inputs.push_back(b);
  return finish(std::move(node));
}

NodePtr compare(Kind kind, const NodePtr &a, const NodePtr &b, Location loc) {
  requireSame(name(kind), a, b);
  NodePtr node = makeNode(Op::Compare, kind, DType::Bool, a->shape, loc);
  node->inputs.push_back(a);
  node->inputs.push_back(b);
  return finish(std::move(node));
}

NodePtr select(const NodePtr &condition, const NodePtr &a, const NodePtr &b, Location loc) {
  requireSame("select", a, b);
  if (condition->dtype != DType::Bool)
    fail(ErrorKind::DType, std::string("select needs a bool condition, got ") + name(condition->dtype) +
                               "; compare it with 0 first");
  if (condition->shape != a->shape)
    fail(ErrorKind::Shape, "select needs a condition of the values' shape " + toString(a->shape) + ", got " +
                               toString(condition->shape) + "; broadcast it first");
  NodePtr node = makeNode(Op::Select, Kind::None, a->dtype, a->shape, loc);
  node->inputs.reserve(3);
  node->inputs.push_back(condition);
  node->inputs.push_back(a);
  node->inputs.push_back(b);
  return finish(std::move(node));
}

Shape broadcastShapes(const Shape &a, const Shape &b, const char *what) {
  size_t rank = std::max(a.size(), b.size());
  Shape out(rank, 1);
  for (size_t i = 0; i < rank; ++i) { // i counts from the right
    int64_t sa = i < a.size() ? a[a.size() - 1 - i] : 1, sb = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (sa != sb && sa != 1 && sb != 1)
      fail(ErrorKind::Shape, std::string("operands of ") + what + " have shapes " + toString(a) + " and " +
                                 toString(b) + " that do not broadcast: " + std::to_string(sa) + " against " +
                                 std::to_string(sb) + " in dimension " + std::to_string(-1 - static_cast<int64_t>(i)) +
                                 "; reshape or transpose one of them");
    out[rank - 1 - i] = sa == 1 ? sb : sa;
  }
  return out;
}

namespace {
void harmonize(const char *what, NodePtr &a, NodePtr &b, DType type, Location loc) {
  a = cast(a, type, loc);
  b = cast(b, type, loc);
  if (a->shape == b->shape)
    return;
  Shape shape = broadcastShapes(a->shape, b->shape, what);
  a = broadcastTo(a, shape, loc);
  b = broadcastTo(b, shape, loc);
}
} // namespace

NodePtr arithmetic(Kind kind, NodePtr a, NodePtr b, Location loc) {
  DType type = promote(a->dtype, b->dtype);
  if ((kind == Kind::Div || kind == Kind::Atan2) && !isFloat(type))
    type = DType::F32;
  harmonize(name(kind), a, b, type, loc);
  return binary(kind, a, b, loc);
}

NodePtr comparison(Kind kind, NodePtr a, NodePtr b, Location loc) {
  harmonize(name(kind), a, b, promote(a->dtype, b->dtype), loc);
  return compare(kind, a, b, loc);
}

NodePtr where(const NodePtr &condition, NodePtr a, NodePtr b, Location loc) {
  harmonize("select", a, b, promote(a->dtype, b->dtype), loc);
  Shape shape = broadcastShapes(condition->shape, a->shape, "select");
  return select(broadcastTo(condition, shape, loc), broadcastTo(a, shape, loc), broadcastTo(b, shape, loc), loc);
}

} // namespace metabang::graph
