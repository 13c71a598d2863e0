// Private to the builders: the allocation of a node and its hash.
#ifndef METABANG_LIB_GRAPH_MAKE_H
#define METABANG_LIB_GRAPH_MAKE_H

#include "metabang/Graph/Build.h"
#include "metabang/Graph/Error.h"

#include <atomic>

namespace metabang::graph {

[[noreturn]] inline void fail(ErrorKind kind, const std::string &text) { throw GraphError(kind, text); }

// Tensors of the graph may be larger than any device memory, as the product of a convolution is, but have to be
// countable, with their strides, in 64 bits.
inline void requireCountable(const Shape &shape) {
  int64_t count = 1;
  for (int64_t size : shape) {
    if (size < 0)
      fail(ErrorKind::Shape, "a shape cannot have a negative dimension: " + toString(shape));
    if (__builtin_mul_overflow(count, size ? size : 1, &count))
      fail(ErrorKind::Shape, "a tensor of shape " + toString(shape) + " has more than 2**63 elements; make it smaller");
  }
}

inline NodePtr makeNode(Op op, Kind kind, DType dtype, Shape shape, Location loc) {
  requireCountable(shape);
  static std::atomic<uint64_t> next{1};
  NodePtr node = std::make_shared<Node>();
  node->op = op;
  node->kind = kind;
  node->dtype = dtype;
  node->location = loc;
  node->uid = next.fetch_add(1, std::memory_order_relaxed);
  node->shape = std::move(shape);
  return node;
}

inline Attributes &attributes(const NodePtr &node) {
  if (!node->attrs)
    node->attrs = std::make_unique<Attributes>();
  return *node->attrs;
}

// Computes the hash once the node is complete.
inline NodePtr finish(NodePtr node) {
  uint64_t h = mix(static_cast<uint64_t>(node->op) << 16 | static_cast<uint64_t>(node->kind) << 8 |
                       static_cast<uint64_t>(node->dtype),
                   node->isConstant);
  for (int64_t size : node->shape)
    h = mix(h, static_cast<uint64_t>(size));
  if (const Attributes *attrs = node->attrs.get()) {
    for (int64_t v : attrs->a)
      h = mix(h, static_cast<uint64_t>(v));
    for (int64_t v : attrs->b)
      h = mix(h, static_cast<uint64_t>(v));
    h = mix(h, attrs->value.bits());
    if (attrs->map)
      h = mix(h, attrs->map->hash);
  }
  for (const NodePtr &operand : node->inputs) {
    h = mix(h, operand->hash);
    node->isTracked |= operand->isTracked;
  }
  node->hash = h;
  return node;
}

} // namespace metabang::graph

#endif // METABANG_LIB_GRAPH_MAKE_H
