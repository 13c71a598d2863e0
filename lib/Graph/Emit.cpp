// Meta IR text: docs/architecture.md section 1 says what each operation carries.
#include "metabang/Graph/Program.h"
#include "metabang/Graph/SourceTable.h"

#include <unordered_map>

namespace metabang::graph {
namespace {

std::string quoted(const std::string &text) {
  static const char *hex = "0123456789ABCDEF";
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
      out += '\\';
      out += hex[c >> 4];
      out += hex[c & 15];
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + "\"";
}

std::string array(const Shape &values) {
  std::string out = "array<i64";
  for (size_t i = 0; i < values.size(); ++i)
    out += (i ? ", " : ": ") + std::to_string(values[i]);
  return out + ">";
}

std::string typed(const Scalar &value, DType type) {
  std::string text = mlirLiteral(value, type);
  return type == DType::Bool ? text : text + " : " + mlirName(type);
}

class Emitter {
public:
  explicit Emitter(const Program &program) : program(program) {}

  std::string run() {
    std::string body, signature, results, values;
    for (size_t i = 0; i < program.leaves.size(); ++i) {
      const NodePtr &leaf = program.leaves[i];
      std::string argument = "%arg" + std::to_string(i);
      names.emplace(leaf.get(), argument);
      signature += (i ? ", " : "") + argument + ": " + type(leaf) + argumentAttributes(*leaf) + location(*leaf);
    }
    for (const NodePtr &node : program.order)
      if (!names.count(node.get()))
        body += operation(*node);
    for (size_t i = 0; i < program.outputs.size(); ++i) {
      results += (i ? ", " : "") + type(program.outputs[i]);
      values += (i ? ", " : "") + names.at(program.outputs[i].get());
    }
    return "func.func @main(" + signature + ") -> (" + results + ") {\n" + body + "  \"func.return\"(" + values +
           ") : (" + results + ") -> ()\n}\n";
  }

private:
  static std::string type(const NodePtr &node) { return mlirTensor(node->shape, node->dtype); }

  static std::string argumentAttributes(const Node &leaf) {
    bool constant = leaf.op == Op::Input && leaf.isConstant;
    const std::string name = leaf.op == Op::Input && leaf.attrs ? leaf.attrs->name : "";
    if (!constant && name.empty())
      return "";
    std::string out = " {";
    if (constant)
      out += "meta.constant";
    if (constant && leaf.attrs && !leaf.attrs->entries.empty())
      out += ", meta.entries = " + leaf.attrs->entries + " : " + mlirTensor(leaf.shape, leaf.dtype);
    if (!name.empty())
      out += (constant ? ", meta.name = " : "meta.name = ") + quoted(name);
    return out + "}";
  }

  const std::string &location(const Node &node) {
    auto [it, fresh] = locations.try_emplace(node.location);
    if (fresh) {
      SourceLine source = sourceOf(node.location);
      it->second = source.file.empty() ? " loc(unknown)"
                                       : " loc(" + quoted(displayPath(source.file)) + ":" + std::to_string(source.line) + ":1)";
    }
    return it->second;
  }

  std::string operation(const Node &node) {
    std::string result = "%" + std::to_string(next++), operands, types;
    for (const NodePtr &operand : node.inputs) {
      operands += (operands.empty() ? "" : ", ") + names.at(operand.get());
      types += (types.empty() ? "" : ", ") + type(operand);
    }
    std::string attrs = attributes(node);
    names.emplace(&node, result);
    return "  " + result + " = \"meta." + name(node.op) + "\"(" + operands + ")" + (attrs.empty() ? "" : " {" + attrs + "}") +
           " : (" + types + ") -> " + mlirTensor(node.shape, node.dtype) + location(node) + "\n";
  }

  static std::string attributes(const Node &node) {
    const Attributes *attrs = node.attrs.get();
    std::string kind = std::string("kind = \"") + name(node.kind) + "\"";
    switch (node.op) {
    case Op::Unary:
    case Op::Binary:
    case Op::Compare:
      return kind;
    case Op::Constant:
      return "value = dense<" + mlirLiteral(attrs->value, node.dtype) + "> : " + mlirTensor(node.shape, node.dtype);
    case Op::Broadcast:
    case Op::Sum:
    case Op::Prod:
    case Op::Max:
    case Op::Min:
    case Op::Mean:
      return "dims = " + array(attrs->a);
    case Op::Pad:
      return "high = " + array(attrs->b) + ", low = " + array(attrs->a) + ", value = " + typed(attrs->value, node.dtype);
    case Op::Slice:
      return "offsets = " + array(attrs->a) + ", strides = " + array(attrs->b);
    case Op::Transpose:
      return "perm = " + array(attrs->a);
    case Op::Index:
      return "dim = " + std::to_string(attrs->a[0]) + " : i64";
    case Op::Reindex:
    case Op::ReindexReduce: {
      std::string out = attrs->map->constraints.empty() ? "" : "conditions = " + attrs->map->mlirSet() + ", ";
      if (node.op == Op::ReindexReduce)
        return out + kind + ", map = " + attrs->map->mlirMap();
      return out + "map = " + attrs->map->mlirMap() + ", overflow_value = " + typed(attrs->value, node.dtype);
    }
    default: // input, cast, select
      return "";
    }
  }

  const Program &program;
  std::unordered_map<const Node *, std::string> names;
  std::unordered_map<uint32_t, std::string> locations;
  unsigned next = 0;
};

} // namespace

std::string emit(const Program &program) { return Emitter(program).run(); }

} // namespace metabang::graph
