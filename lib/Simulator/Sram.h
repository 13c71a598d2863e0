#ifndef METABANG_SIMULATOR_SRAM_H
#define METABANG_SIMULATOR_SRAM_H

#include "Module.h"

#include <vector>

namespace metabang::sim {

/// The SRAM of the clusters of a union. All code sees a `__mlu_shared__` variable at one address, so the pages of the
/// cluster whose core runs are mapped there; bytes that share a page with something else are copied.
class Sram {
public:
  Sram(const Module &module, unsigned clusters);
  ~Sram();
  Sram(const Sram &) = delete;
  Sram &operator=(const Sram &) = delete;

  /// From now on the variables' addresses are the SRAM of this cluster. Some cluster is active from the start: 0.
  void activate(unsigned cluster);
  /// False if the system could not provide the memory.
  bool valid() const { return ok; }
  unsigned clusters() const { return count; }
  /// Copies bytes at an SRAM address of the active cluster to the same or another address of cluster `to`.
  void push(unsigned to, uintptr_t dst, const void *src, size_t bytes);

private:
  struct Part {
    uintptr_t begin, end;                 // a variable
    uintptr_t pagesBegin, pagesEnd;       // the whole pages inside of it
    size_t offset;                        // of its pages in a cluster's part of the file
    std::vector<std::vector<char>> edges; // a cluster's bytes before and after the pages
  };
  void save(Part &part, unsigned cluster);
  void load(Part &part, unsigned cluster);

  unsigned count, active = 0;
  size_t clusterBytes = 0;
  int file = -1;
  bool ok = true;
  std::vector<Part> parts;
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_SRAM_H
