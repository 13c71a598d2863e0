// Interned source lines: a node carries a number.
#ifndef METABANG_GRAPH_SOURCETABLE_H
#define METABANG_GRAPH_SOURCETABLE_H

#include <cstdint>
#include <string>

namespace metabang::graph {

struct SourceLine {
  std::string file; // empty: unknown
  int line = 0;
};

// The number of a line; 0 is the unknown one. Thread-safe.
uint32_t internSource(const std::string &file, int line);
SourceLine sourceOf(uint32_t location);
// The path a person wants to read: relative to the working directory or to the package root, else as it is.
std::string displayPath(const std::string &file);

} // namespace metabang::graph

#endif // METABANG_GRAPH_SOURCETABLE_H
