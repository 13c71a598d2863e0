// A node of the lazy graph: operator, attributes, inputs, shape, element type, source line.
#ifndef METABANG_GRAPH_NODE_H
#define METABANG_GRAPH_NODE_H

#include "metabang/Graph/Affine.h"
#include "metabang/Graph/Types.h"

#include <memory>
#include <string>

namespace metabang::graph {

enum class Op : uint8_t {
  Input, // a leaf; the 18 meta-operators follow
  Reindex, Broadcast, Pad, Slice, Transpose, Index,
  ReindexReduce, Sum, Prod, Max, Min, Mean,
  Unary, Cast, Binary, Compare, Select, Constant,
};

enum class Kind : uint8_t {
  None,
  // unary
  Neg, Abs, Exp, Log, Sqrt, Rsqrt, Recip, Tanh, Sigmoid, Erf, Sin, Cos, Exp2, Log2, Expm1, Log1p, Tan, Asin, Acos, Atan,
  Sinh, Cosh, Asinh, Acosh, Atanh, Erfinv, Floor, Ceil, Round, Trunc, Sign, Not,
  // binary
  Add, Sub, Mul, Div, Max, Min, Pow, Mod, FloorDiv, Atan2, And, Or, Xor, Shl, Shr,
  // compare
  Eq, Ne, Lt, Le, Gt, Ge,
};

const char *name(Op op);     // "reindex_reduce"; the MLIR operation is meta.<name>
const char *name(Kind kind); // "add"
Op parseOp(std::string_view text);
// Throws GraphError (kind value) that lists what `op` accepts.
Kind parseKind(Op op, std::string_view text);

class Node;
using NodePtr = std::shared_ptr<Node>;

// What only some operators carry. `a` and `b` by operator: broadcast, reductions: dims; pad: low, high;
// slice: offsets, strides; transpose: perm; index: {dim}.
struct Attributes {
  Shape a, b;
  Scalar value;                        // constant; overflow value of reindex; fill of pad
  IndexMapPtr map;                     // reindex, reindex_reduce
  bool isReshape = false;              // the map is reshapeMap(input, result)
  std::string name;                    // input
  std::string entries;                 // input whose value the compiler may count on: a sparse MLIR attribute
};

class Node : public std::enable_shared_from_this<Node> {
public:
  Op op = Op::Input;
  Kind kind = Kind::None;
  DType dtype = DType::F32;
  bool isConstant = false; // input: its value does not change between runs
  bool isTracked = false;  // depends on a leaf that gradients are wanted of: keeps its operands when it is computed
  uint32_t location = 0;   // see SourceTable.h
  uint64_t hash = 0;       // of the expression as it was built: equal sub-graphs have equal hashes; no locations
  uint64_t uid = 0;        // never reused in a process
  Shape shape;
  SmallVector<NodePtr, 2> inputs;
  std::unique_ptr<Attributes> attrs;
  // The value: of an input, or of any node once it was computed. Opaque here, a Python object in the binding.
  std::shared_ptr<void> value;

  Node() = default;
  Node(const Node &) = delete;
  Node &operator=(const Node &) = delete;
  // Long chains are released with a loop: recursion would overflow the stack.
  ~Node();

  // Traversals stop here.
  bool isLeaf() const { return op == Op::Input || value != nullptr; }
};

inline uint64_t mix(uint64_t seed, uint64_t value) {
  uint64_t x = seed ^ (value + 0x9e3779b97f4a7c15ull + (seed << 6) + (seed >> 2));
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

} // namespace metabang::graph

#endif // METABANG_GRAPH_NODE_H
