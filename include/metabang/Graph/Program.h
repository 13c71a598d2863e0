// The pending sub-graph of some outputs: order, cache key, meta IR text.
#ifndef METABANG_GRAPH_PROGRAM_H
#define METABANG_GRAPH_PROGRAM_H

#include "metabang/Graph/Node.h"

#include <string>
#include <vector>

namespace metabang::graph {

struct Program {
  std::vector<NodePtr> order;   // inputs before users; leaves included
  std::vector<NodePtr> leaves;  // the arguments of @main, in first use order after `arguments`
  std::vector<NodePtr> outputs; // the results of @main; may repeat
};

// Nodes that hold a value are leaves. `arguments` come first among the leaves, used or not, whether they hold a
// value or not.
Program program(const std::vector<NodePtr> &outputs, const std::vector<NodePtr> &arguments = {});
// Bytes that are equal exactly if the programs compute the same function of their leaves (same operators, shapes,
// types, sharing, constant flags). Locations, names and values are left out.
std::string key(const Program &program);
// One func.func @main, see docs/architecture.md section 1.
std::string emit(const Program &program);

} // namespace metabang::graph

#endif // METABANG_GRAPH_PROGRAM_H
