// What the graph refuses, and why. The text is one sentence for the user, without the source line (the binding adds it).
#ifndef METABANG_GRAPH_ERROR_H
#define METABANG_GRAPH_ERROR_H

#include <stdexcept>
#include <string>

namespace metabang::graph {

enum class ErrorKind { Shape, Axis, DType, IndexExpr, Value };

class GraphError : public std::runtime_error {
public:
  GraphError(ErrorKind kind, const std::string &text) : std::runtime_error(text), kind(kind) {}
  ErrorKind kind;
};

} // namespace metabang::graph

#endif // METABANG_GRAPH_ERROR_H
