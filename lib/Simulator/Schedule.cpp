#include "Schedule.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <numeric>
#include <sstream>

namespace metabang::sim {

/// The next number of Vigna's SplitMix64 generator.
static uint64_t splitMix(uint64_t &state) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

std::vector<unsigned> Schedule::permutation(unsigned n, uint64_t salt) const {
  std::vector<unsigned> order(n);
  std::iota(order.begin(), order.end(), 0u);
  if (order.size() < 2 || this->order == Forward)
    return order;
  if (this->order == Reverse) {
    std::reverse(order.begin(), order.end());
    return order;
  }
  uint64_t state = seed * 0x2545f4914f6cdd1du + salt;
  for (unsigned i = n - 1; i > 0; --i)
    std::swap(order[i], order[splitMix(state) % (i + 1)]);
  return order;
}

bool parseSchedule(const std::string &text, Schedule &schedule) {
  Schedule result = schedule;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    if (part == "lazy" || part == "eager") {
      result.lazy = part == "lazy";
    } else if (part == "forward") {
      result.order = Schedule::Forward;
    } else if (part == "reverse") {
      result.order = Schedule::Reverse;
    } else if (part.compare(0, 5, "seed:") == 0 && part.size() > 5) {
      char *end;
      errno = 0;
      result.seed = strtoull(part.c_str() + 5, &end, 10);
      if (*end || errno || part[5] == '-')
        return false;
      result.order = Schedule::Seeded;
    } else {
      return false;
    }
  }
  schedule = result;
  return true;
}

std::string scheduleName(const Schedule &s) {
  std::string name = s.lazy ? "lazy" : "eager";
  return name + (s.order == Schedule::Forward   ? ",forward"
                 : s.order == Schedule::Reverse ? ",reverse"
                                                : ",seed:" + std::to_string(s.seed));
}

} // namespace metabang::sim
