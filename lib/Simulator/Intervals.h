#ifndef METABANG_SIMULATOR_INTERVALS_H
#define METABANG_SIMULATOR_INTERVALS_H

#include <cstdint>
#include <map>
#include <utility>

namespace metabang::sim {

/// Addresses in intervals of equal history: the key is where one begins, the cell knows its `end`.
template <typename Cell> using Intervals = std::map<uintptr_t, Cell>;

/// Makes a boundary at an address, so that no cell lies on both sides of it.
template <typename Cell> void cut(Intervals<Cell> &cells, uintptr_t at) {
  auto it = cells.upper_bound(at);
  if (it == cells.begin())
    return;
  --it;
  if (it->first < at && at < it->second.end) {
    Cell rest = it->second;
    it->second.end = at;
    cells.emplace(at, std::move(rest));
  }
}

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_INTERVALS_H
