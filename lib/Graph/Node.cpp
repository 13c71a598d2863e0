#include "metabang/Graph/Node.h"

#include "metabang/Graph/Error.h"

#include <vector>

namespace metabang::graph {
namespace {
constexpr const char *opNames[] = {"input", "reindex", "broadcast", "pad", "slice", "transpose", "index",
                                   "reindex_reduce", "sum", "prod", "max", "min", "mean",
                                   "unary", "cast", "binary", "compare", "select", "constant"};
constexpr const char *kindNames[] = {"",
                                     "neg", "abs", "exp", "log", "sqrt", "rsqrt", "recip", "tanh", "sigmoid", "erf", "sin",
                                     "cos", "exp2", "log2", "expm1", "log1p", "tan", "asin", "acos", "atan", "sinh", "cosh",
                                     "asinh", "acosh", "atanh", "erfinv", "floor", "ceil", "round", "trunc", "sign", "not",
                                     "add", "sub", "mul", "div", "max", "min", "pow", "mod", "floordiv", "atan2", "and",
                                     "or", "xor", "shl", "shr",
                                     "eq", "ne", "lt", "le", "gt", "ge"};
static_assert(std::size(opNames) == static_cast<size_t>(Op::Constant) + 1);
static_assert(std::size(kindNames) == static_cast<size_t>(Kind::Ge) + 1);

bool accepts(Op op, Kind kind) {
  switch (op) {
  case Op::Unary:
    return kind >= Kind::Neg && kind <= Kind::Not;
  case Op::Binary:
    return kind >= Kind::Add && kind <= Kind::Shr;
  case Op::Compare:
    return kind >= Kind::Eq;
  case Op::ReindexReduce:
    return kind == Kind::Add || kind == Kind::Mul || kind == Kind::Max || kind == Kind::Min ||
           (kind >= Kind::And && kind <= Kind::Xor);
  default:
    return false;
  }
}
} // namespace

const char *name(Op op) { return opNames[static_cast<unsigned>(op)]; }
const char *name(Kind kind) { return kindNames[static_cast<unsigned>(kind)]; }

Op parseOp(std::string_view text) {
  for (unsigned i = 0; i < std::size(opNames); ++i)
    if (text == opNames[i])
      return static_cast<Op>(i);
  throw GraphError(ErrorKind::Value, "unknown operator '" + std::string(text) + "'");
}

Kind parseKind(Op op, std::string_view text) {
  std::string all;
  for (unsigned i = 1; i < std::size(kindNames); ++i) {
    Kind kind = static_cast<Kind>(i);
    if (!accepts(op, kind))
      continue;
    if (text == kindNames[i])
      return kind;
    all += (all.empty() ? "" : ", ") + std::string(kindNames[i]);
  }
  throw GraphError(ErrorKind::Value, std::string(name(op)) + " has no kind '" + std::string(text) + "'; use one of " + all);
}

Node::~Node() {
  std::vector<NodePtr> pending;
  for (NodePtr &operand : inputs)
    pending.push_back(std::move(operand));
  while (!pending.empty()) {
    NodePtr node = std::move(pending.back());
    pending.pop_back();
    if (node && node.use_count() == 1)
      for (NodePtr &operand : node->inputs)
        pending.push_back(std::move(operand));
  }
}

} // namespace metabang::graph
