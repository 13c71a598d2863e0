#ifndef METABANG_SIMULATOR_SCHEDULE_H
#define METABANG_SIMULATOR_SCHEDULE_H

#include <cstdint>
#include <string>
#include <vector>

namespace metabang::sim {

/// What the hardware leaves open and a launch has to choose: when asynchronous copies complete, and in which order
/// tasks of a Block job, unions, and cores of a union run. A right kernel gives the same bits with every choice.
struct Schedule {
  enum Order { Forward, Reverse, Seeded };
  bool lazy = false; // asynchronous copies complete when something waits for them, not when they are issued
  Order order = Forward;
  uint64_t seed = 0;

  /// The order of 0 … n-1; `salt` gives every decision of a seeded schedule its own.
  std::vector<unsigned> permutation(unsigned n, uint64_t salt = 0) const;
};

/// Reads "lazy", "eager,reverse", "lazy,seed:7", …: the parts that `text` names replace those of `schedule`. False, and
/// nothing changed, if a part is unknown.
bool parseSchedule(const std::string &text, Schedule &schedule);
std::string scheduleName(const Schedule &schedule);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_SCHEDULE_H
