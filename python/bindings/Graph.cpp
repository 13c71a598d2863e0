// metabang._core.graph: builders and inspection of the lazy graph. The public face is python/metabang/var.py and ops.py.
#include "GraphSupport.h"

#include "metabang/Graph/Build.h"
#include "metabang/Graph/Program.h"
#include "metabang/Graph/SourceTable.h"

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <unordered_map>

using namespace metabang::graph;
using namespace metabang::python;

namespace {

nb::tuple toTuple(const Shape &values) {
  PyObject *out = PyTuple_New(static_cast<Py_ssize_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i)
    PyTuple_SET_ITEM(out, static_cast<Py_ssize_t>(i), PyLong_FromLongLong(values[i]));
  return nb::steal<nb::tuple>(out);
}

nb::object fromScalar(const Scalar &value, DType type) {
  if (type == DType::Bool)
    return nb::bool_(value.isFloat ? value.f != 0 : value.i != 0);
  if (isFloat(type))
    return nb::float_(value.asDouble(type));
  return type == DType::U64 ? nb::object(nb::int_(static_cast<uint64_t>(value.i))) : nb::object(nb::int_(value.i));
}

// An operand is a Node, or a Python scalar that adapts to the dtype of the other operand.
NodePtr operand(nb::handle h, const Node *other, Location loc) {
  NodePtr node;
  if (nb::try_cast(h, node) && node)
    return node;
  if (!other)
    throw GraphError(ErrorKind::DType, "an operator needs at least one tensor operand");
  Scalar value = toScalar(h);
  DType type = other->dtype;
  if (value.isFloat && !isFloat(type))
    type = DType::F32;
  else if (type == DType::Bool && !PyBool_Check(h.ptr()))
    type = DType::I64;
  return constant(value, other->shape, type, loc);
}

template <NodePtr (*Build)(Kind, NodePtr, NodePtr, Location)>
NodePtr twoOperands(int kind, nb::handle a, nb::handle b) {
  Location loc = callerLocation();
  NodePtr x, y;
  if (nb::try_cast(a, x) && x)
    y = operand(b, x.get(), loc);
  else {
    y = operand(b, nullptr, loc);
    x = operand(a, y.get(), loc);
  }
  return Build(static_cast<Kind>(kind), std::move(x), std::move(y), loc);
}

NodePtr selectOperands(const NodePtr &condition, nb::handle a, nb::handle b) {
  Location loc = callerLocation();
  NodePtr x, y;
  bool xNode = nb::try_cast(a, x) && x, yNode = nb::try_cast(b, y) && y;
  if (!xNode && !yNode) { // both scalars: their own common type
    Scalar sx = toScalar(a), sy = toScalar(b);
    bool bools = PyBool_Check(a.ptr()) && PyBool_Check(b.ptr());
    DType type = sx.isFloat || sy.isFloat ? DType::F32 : bools ? DType::Bool : DType::I64;
    x = constant(sx, condition->shape, type, loc);
    y = constant(sy, condition->shape, type, loc);
  } else if (!xNode) {
    x = operand(a, y.get(), loc);
  } else if (!yNode) {
    y = operand(b, x.get(), loc);
  }
  return where(condition, std::move(x), std::move(y), loc);
}

IndexMapPtr parseMap(const std::vector<std::string> &indexes, const std::vector<std::string> &conditions,
                     const Shape &iterated, size_t extras) {
  // What was parsed is kept: a program that is built again asks for the same maps. Used with the GIL held.
  static auto *parsed = new std::unordered_map<std::string, IndexMapPtr>;
  std::string key = std::to_string(iterated.size()) + ":" + std::to_string(extras);
  for (const std::string &text : indexes)
    key += ";" + text;
  for (const std::string &text : conditions)
    key += "?" + text;
  if (!conditions.empty())
    key += toString(iterated); // bounds of the indices
  auto known = parsed->find(key);
  if (known != parsed->end())
    return known->second;
  IndexMap map;
  map.numDims = static_cast<unsigned>(iterated.size());
  map.numSymbols = static_cast<unsigned>(extras);
  for (const std::string &text : indexes)
    map.results.push_back(parseAffine(text, map.numDims, map.numSymbols));
  for (const std::string &text : conditions)
    map.constraints.push_back(parseOverflowCondition(text, map.numSymbols, iterated));
  if (parsed->size() > 4096)
    parsed->clear();
  return (*parsed)[key] = share(std::move(map));
}

std::vector<NodePtr> broadcastExtras(const std::vector<NodePtr> &extras, const Shape &shape, Location loc) {
  std::vector<NodePtr> out;
  for (const NodePtr &extra : extras)
    out.push_back(broadcastTo(extra, shape, loc));
  return out;
}

void bindMap(nb::module_ &m) {
  nb::class_<IndexMap>(m, "IndexMap", "The index map of a reindex or reindex_reduce.")
      .def_ro("num_dims", &IndexMap::numDims)
      .def_ro("num_symbols", &IndexMap::numSymbols)
      .def_prop_ro("results", [](const IndexMap &map) {
        std::vector<std::string> out;
        for (const Affine &e : map.results)
          out.push_back(print(e, AffineStyle::Python));
        return out;
      }, "One Python expression over i0, i1, … and s0, s1, … for each indexed dimension.")
      .def_prop_ro("constraints", [](const IndexMap &map) {
        std::vector<std::string> out;
        for (const Constraint &c : map.constraints)
          out.push_back(print(c.expr, AffineStyle::Python) + (c.isEquality ? " == 0" : " >= 0"));
        return out;
      }, "Python conditions that hold where the element does not overflow.")
      .def_prop_ro("linear", [](const IndexMap &map) {
        nb::list out;
        for (const Affine &e : map.results) {
          auto form = linearForm(e, map.numDims, map.numSymbols);
          if (form)
            out.append(nb::make_tuple(form->constant, nb::tuple(nb::cast(form->dims)), nb::tuple(nb::cast(form->symbols))));
          else
            out.append(nb::none());
        }
        return out;
      }, "(constant, coefficients of the indices, coefficients of the extras) for each dimension, None if not linear.")
      .def("__str__", [](const IndexMap &map) { return map.mlirMap(); });
}

void bindNode(nb::module_ &m) {
  static const Attributes none{};
  auto attrs = [](const Node &n) -> const Attributes & { return n.attrs ? *n.attrs : none; };
  nb::class_<Node>(m, "Node", "A node of the lazy graph.")
      .def_prop_ro("op", [](const Node &n) { return name(n.op); })
      .def_prop_ro("kind", [](const Node &n) { return name(n.kind); })
      .def_prop_ro("dtype", [](const Node &n) { return name(n.dtype); })
      .def_prop_ro("shape", [](const Node &n) { return toTuple(n.shape); })
      .def_prop_ro("ndim", [](const Node &n) { return n.shape.size(); })
      .def_prop_ro("inputs", [](const Node &n) { return std::vector<NodePtr>(n.inputs.begin(), n.inputs.end()); })
      .def_prop_ro("a", [attrs](const Node &n) { return toTuple(attrs(n).a); }, "dims, low, offsets, perm or (dim,)")
      .def_prop_ro("b", [attrs](const Node &n) { return toTuple(attrs(n).b); }, "high or strides")
      .def_prop_ro("literal", [attrs](const Node &n) { return fromScalar(attrs(n).value, n.dtype); },
                   "The value of a constant, the fill of a pad, the overflow value of a reindex.")
      .def_prop_ro("map", [attrs](const Node &n) { return attrs(n).map ? nb::cast(*attrs(n).map) : nb::none(); })
      .def_prop_ro("is_reshape", [attrs](const Node &n) { return attrs(n).isReshape; })
      .def_prop_ro("name", [attrs](const Node &n) { return attrs(n).name; })
      .def_prop_ro("is_constant", [](const Node &n) { return n.op == Op::Input && n.isConstant; })
      .def_prop_ro("is_leaf", [](const Node &n) { return n.isLeaf(); })
      .def_ro("hash", &Node::hash, "Of the expression; equal sub-graphs have equal hashes, locations do not count.")
      .def_ro("uid", &Node::uid)
      .def_ro("location", &Node::location)
      .def_prop_ro("source", [](const Node &n) { return sourceTuple(n.location); })
      .def_prop_rw("value", [](const Node &n) {
        return n.value ? nb::borrow(static_cast<PyObject *>(n.value.get())) : nb::none();
      }, [](Node &n, nb::object value) { n.value = value.is_none() ? nullptr : holdObject(value); }, nb::arg().none())
      .def_rw("is_tracked", &Node::isTracked, "Whether it depends on a leaf that gradients are wanted of.")
      .def_prop_ro("is_detached", [](const Node &n) { return isDetached(n); })
      .def("release_inputs", [](Node &n) { n.inputs.clear(); }, "Forgets the operands of a node that holds its value.");
}

void bindProgram(nb::module_ &m) {
  nb::class_<Program>(m, "Program", "The pending sub-graph of some outputs.")
      .def_prop_ro("order", [](const Program &p) { return p.order; })
      .def_prop_ro("leaves", [](const Program &p) { return p.leaves; })
      .def_prop_ro("outputs", [](const Program &p) { return p.outputs; })
      .def("key", [](const Program &p) { std::string k = key(p); return nb::bytes(k.data(), k.size()); },
           "Bytes equal exactly for programs that compute the same function of their leaves.")
      .def("emit", [](const Program &p) { return emit(p); }, "The meta IR text.");
  m.def("program", &program, nb::arg("outputs"), nb::arg("arguments") = std::vector<NodePtr>());
}

// Constant leaves by content: one node as long as any graph or plan holds it.
NodePtr sharedLeaf(const std::string &key, nb::handle shape, const std::string &dtype, const std::string &name,
                   nb::object value) {
  static auto *leaves = new std::unordered_map<std::string, std::weak_ptr<Node>>; // used with the GIL held
  static size_t sweepAt = 256;
  if (NodePtr known = (*leaves)[key].lock())
    return known;
  NodePtr node = input(toShape(shape), parseDType(dtype), /*isConstant=*/true, name, callerLocation());
  node->value = holdObject(value);
  (*leaves)[key] = node;
  if (leaves->size() > sweepAt) {
    for (auto it = leaves->begin(); it != leaves->end();)
      it = it->second.expired() ? leaves->erase(it) : std::next(it);
    sweepAt = std::max<size_t>(256, 2 * leaves->size());
  }
  return node;
}

void bindBuilders(nb::module_ &m) {
  m.def("shared_leaf", [](nb::bytes key, nb::handle shape, const std::string &dtype, const std::string &name, nb::object value) {
    return sharedLeaf(std::string(key.c_str(), key.size()), shape, dtype, name, std::move(value));
  }, "The constant leaf of this key, made from the rest if there is none.");
  m.def("input", [](nb::handle shape, const std::string &dtype, bool isConstant, const std::string &name, nb::object value,
                    const std::string &entries) {
    NodePtr node = input(toShape(shape), parseDType(dtype), isConstant, name, callerLocation(), entries);
    if (!value.is_none())
      node->value = holdObject(value);
    return node;
  }, nb::arg("shape"), nb::arg("dtype"), nb::arg("constant"), nb::arg("name"), nb::arg("value").none(),
     nb::arg("entries") = "");
  m.def("constant", [](nb::handle value, nb::handle shape, const std::string &dtype) {
    return constant(toScalar(value), toShape(shape), parseDType(dtype), callerLocation());
  });
  m.def("index", [](nb::handle shape, int64_t dim, const std::string &dtype) {
    return index(toShape(shape), dim, parseDType(dtype), callerLocation());
  });
  m.def("unary", [](int kind, const NodePtr &x) { return unary(static_cast<Kind>(kind), x, callerLocation()); });
  m.def("cast", [](const NodePtr &x, const std::string &dtype) { return cast(x, parseDType(dtype), callerLocation()); });
  m.def("arithmetic", &twoOperands<arithmetic>);
  m.def("comparison", &twoOperands<comparison>);
  m.def("where", &selectOperands);
  m.def("broadcast", [](const NodePtr &x, nb::handle shape, nb::handle dims) {
    return broadcast(x, toShape(shape), toShape(dims), callerLocation());
  });
  m.def("broadcast_to", [](const NodePtr &x, nb::handle shape) { return broadcastTo(x, toShape(shape), callerLocation()); });
  m.def("pad", [](const NodePtr &x, nb::handle low, nb::handle high, nb::handle value) {
    return pad(x, toShape(low), toShape(high), toScalar(value), callerLocation());
  });
  m.def("slice", [](const NodePtr &x, nb::handle offsets, nb::handle sizes, nb::handle strides) {
    return slice(x, toShape(offsets), toShape(sizes), toShape(strides), callerLocation());
  });
  m.def("transpose", [](const NodePtr &x, nb::handle perm) { return transpose(x, toShape(perm), callerLocation()); });
  m.def("reshape", [](const NodePtr &x, nb::handle shape) { return reshape(x, toShape(shape), callerLocation()); });
  m.def("reindex", [](const NodePtr &x, nb::handle shape, const std::vector<std::string> &indexes, nb::handle overflow,
                      const std::vector<std::string> &conditions, const std::vector<NodePtr> &extras) {
    Location loc = callerLocation();
    Shape result = toShape(shape);
    requireSizes(result);
    return reindex(x, result, parseMap(indexes, conditions, result, extras.size()), toScalar(overflow),
                   broadcastExtras(extras, result, loc), loc);
  });
  m.def("reindex_reduce", [](const NodePtr &y, const std::string &kind, nb::handle shape, const std::vector<std::string> &indexes,
                             const std::vector<std::string> &conditions, const std::vector<NodePtr> &extras) {
    Location loc = callerLocation();
    Shape result = toShape(shape);
    requireSizes(result);
    return reindexReduce(parseKind(Op::ReindexReduce, kind), y, result, parseMap(indexes, conditions, y->shape, extras.size()),
                         broadcastExtras(extras, y->shape, loc), loc);
  });
  m.def("check_affine", [](const std::string &text, unsigned rank) { parseAffine(text, rank, 0); },
        "Raises IndexExprError unless `text` is an affine expression over i0, i1, … alone.");
  m.def("reindex_by", [](const NodePtr &x, const NodePtr &by, nb::handle shape, nb::handle overflow) {
    std::vector<NodePtr> extras(by->inputs.begin() + 1, by->inputs.end());
    return reindex(x, toShape(shape), by->attrs->map, toScalar(overflow), extras, callerLocation());
  }, "A reindex with the map and the extras of the node `by`, a reindex or reindex_reduce.");
  m.def("reindex_reduce_by", [](const NodePtr &y, const NodePtr &by, const std::string &kind, nb::handle shape) {
    std::vector<NodePtr> extras(by->inputs.begin() + 1, by->inputs.end());
    return reindexReduce(parseKind(Op::ReindexReduce, kind), y, toShape(shape), by->attrs->map, extras, callerLocation());
  }, "A reindex_reduce with the map and the extras of the node `by`.");
  m.def("detach", [](const NodePtr &x) { return detach(x, callerLocation()); });
  m.def("reduce", [](const std::string &op, const NodePtr &x, nb::handle dims) {
    return reduce(parseOp(op), x, toShape(dims), callerLocation());
  });
  m.def("with_inputs", &withInputs);
  m.def("promote", [](const std::string &a, const std::string &b) { return name(promote(parseDType(a), parseDType(b))); });
  m.def("kind", [](const std::string &op, const std::string &kind) { return static_cast<int>(parseKind(parseOp(op), kind)); },
        "The number of a kind, as unary, arithmetic and comparison take it.");
}

} // namespace

void bindGraph(nb::module_ &parent) {
  nb::module_ m = parent.def_submodule("graph", "The lazy graph.");
  bindSupport(m);
  bindMap(m);
  bindNode(m);
  bindProgram(m);
  bindBuilders(m);
}
