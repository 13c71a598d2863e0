#include "metabang/Graph/Program.h"

#include <cstring>
#include <unordered_map>
#include <unordered_set>

namespace metabang::graph {

Program program(const std::vector<NodePtr> &outputs, const std::vector<NodePtr> &arguments) {
  Program out;
  out.outputs = outputs;
  std::unordered_set<const Node *> seen;
  auto leave = [&](const NodePtr &node) {
    out.order.push_back(node);
    out.leaves.push_back(node);
  };
  for (const NodePtr &argument : arguments)
    if (seen.insert(argument.get()).second)
      leave(argument);
  struct Frame {
    NodePtr node;
    size_t next = 0;
  };
  std::vector<Frame> stack; // explicit: graphs may be deeper than the C stack
  auto enter = [&](const NodePtr &node) {
    if (!seen.insert(node.get()).second)
      return;
    if (node->isLeaf())
      leave(node);
    else
      stack.push_back({node, 0});
  };
  for (const NodePtr &output : outputs) {
    enter(output);
    while (!stack.empty()) {
      Frame &top = stack.back();
      if (top.next < top.node->inputs.size()) {
        enter(top.node->inputs[top.next++]);
        continue;
      }
      out.order.push_back(std::move(top.node));
      stack.pop_back();
    }
  }
  return out;
}

namespace {
class KeyWriter {
public:
  void number(uint64_t v) { // LEB128: small numbers take one byte, and the code is prefix-free
    while (v >= 0x80) {
      bytes.push_back(static_cast<char>(v | 0x80));
      v >>= 7;
    }
    bytes.push_back(static_cast<char>(v));
  }
  void shape(const Shape &s) {
    number(s.size());
    for (int64_t v : s)
      number(static_cast<uint64_t>(v) << 1 ^ static_cast<uint64_t>(v >> 63));
  }
  void text(const std::string &s) {
    number(s.size());
    bytes += s;
  }
  std::string bytes;
};
} // namespace

std::string key(const Program &program) {
  KeyWriter w;
  std::unordered_map<const Node *, uint64_t> numbers;
  w.number(program.leaves.size());
  for (const NodePtr &leaf : program.leaves) {
    numbers.emplace(leaf.get(), numbers.size());
    w.number(static_cast<uint64_t>(leaf->dtype) << 1 | (leaf->op == Op::Input && leaf->isConstant));
    w.shape(leaf->shape);
    w.text(leaf->op == Op::Input && leaf->attrs ? leaf->attrs->entries : "");
  }
  for (const NodePtr &node : program.order) {
    if (!numbers.emplace(node.get(), numbers.size()).second)
      continue;
    w.number(static_cast<uint64_t>(node->op));
    w.number(static_cast<uint64_t>(node->kind));
    w.number(static_cast<uint64_t>(node->dtype));
    w.shape(node->shape);
    w.number(node->attrs != nullptr);
    if (const Attributes *attrs = node->attrs.get()) {
      w.shape(attrs->a);
      w.shape(attrs->b);
      w.number(attrs->value.isFloat);
      w.number(attrs->value.bits());
      w.number(attrs->map != nullptr);
      if (attrs->map) {
        w.text(attrs->map->mlirMap());
        w.text(attrs->map->constraints.empty() ? "" : attrs->map->mlirSet());
      }
    }
    w.number(node->inputs.size());
    for (const NodePtr &operand : node->inputs)
      w.number(numbers.at(operand.get()));
  }
  for (const NodePtr &output : program.outputs)
    w.number(numbers.at(output.get()));
  return std::move(w.bytes);
}

} // namespace metabang::graph
