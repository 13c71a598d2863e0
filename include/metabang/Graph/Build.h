// Builders of nodes: shape and type inference with errors. All throw GraphError.
#ifndef METABANG_GRAPH_BUILD_H
#define METABANG_GRAPH_BUILD_H

#include "metabang/Graph/Node.h"

#include <vector>

namespace metabang::graph {

using Location = uint32_t;

NodePtr input(const Shape &shape, DType dtype, bool isConstant, std::string name, Location loc, std::string entries = "");
NodePtr constant(const Scalar &value, const Shape &shape, DType dtype, Location loc);
NodePtr index(const Shape &shape, int64_t dim, DType dtype, Location loc);

// Element-wise; operands already have one shape and (but for select's condition) one type.
NodePtr unary(Kind kind, const NodePtr &x, Location loc);
NodePtr cast(const NodePtr &x, DType dtype, Location loc);
NodePtr binary(Kind kind, const NodePtr &a, const NodePtr &b, Location loc);
NodePtr compare(Kind kind, const NodePtr &a, const NodePtr &b, Location loc);
NodePtr select(const NodePtr &condition, const NodePtr &a, const NodePtr &b, Location loc);

// Broadcasts compose, also through a reshape that only inserts dimensions of size 1.
NodePtr broadcast(const NodePtr &x, const Shape &shape, const Shape &dims, Location loc);
NodePtr pad(const NodePtr &x, const Shape &low, const Shape &high, const Scalar &value, Location loc);
NodePtr slice(const NodePtr &x, const Shape &offsets, const Shape &sizes, const Shape &strides, Location loc);
NodePtr transpose(const NodePtr &x, const Shape &perm, Location loc);
NodePtr reindex(const NodePtr &x, const Shape &shape, IndexMapPtr map, const Scalar &overflow,
                const std::vector<NodePtr> &extras, Location loc);
NodePtr reindexReduce(Kind kind, const NodePtr &y, const Shape &shape, IndexMapPtr map,
                      const std::vector<NodePtr> &extras, Location loc);
// The same value, through which no gradient flows: a transpose by the identity, which `transpose` never builds.
NodePtr detach(const NodePtr &x, Location loc);
bool isDetached(const Node &node);
// op: Sum, Prod, Max, Min, Mean. The reduced dims are dropped; `dims` are sorted and unique, negative ones allowed.
NodePtr reduce(Op op, const NodePtr &x, const Shape &dims, Location loc);

// Compositions that are cheaper to build here than in Python.
// A reindex with reshapeMap; reshapes compose, and one to the same shape is the operand itself.
NodePtr reshape(const NodePtr &x, const Shape &shape, Location loc);
// NumPy's rule: dimensions align at the right, size 1 stretches.
NodePtr broadcastTo(const NodePtr &x, const Shape &shape, Location loc);
Shape broadcastShapes(const Shape &a, const Shape &b, const char *what);
// NumPy broadcasting and type promotion, then the operator.
NodePtr arithmetic(Kind kind, NodePtr a, NodePtr b, Location loc);
NodePtr comparison(Kind kind, NodePtr a, NodePtr b, Location loc);
NodePtr where(const NodePtr &condition, NodePtr a, NodePtr b, Location loc);
// A copy of `node` that reads other operands of the same shapes and types (rewrites use it).
NodePtr withInputs(const NodePtr &node, const std::vector<NodePtr> &inputs);
int64_t normalizeAxis(int64_t axis, int64_t rank, const char *what);

} // namespace metabang::graph

#endif // METABANG_GRAPH_BUILD_H
