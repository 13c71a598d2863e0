#include "Bandwidth.h"

#include <algorithm>

namespace metabang::sim {

void Bandwidth::advance(double now) {
  for (Flow &f : flows)
    f.rest -= f.rate * (now - time);
  time = now;
}

void Bandwidth::share() {
  double left = 1;
  size_t users = flows.size();
  nextEnd = kNever;
  for (Flow &f : flows) {
    f.rate = std::min(f.limit, left / double(users--));
    left -= f.rate;
    nextEnd = std::min(nextEnd, time + std::max(0.0, f.rest) / f.rate);
  }
}

void Bandwidth::begin(double now, unsigned id, double work, double alone) {
  advance(now);
  double limit = alone > work ? work / alone : 1;
  auto at = std::upper_bound(flows.begin(), flows.end(), limit, [](double l, const Flow &f) { return l < f.limit; });
  flows.insert(at, {id, work, limit, 0});
  share();
}

unsigned Bandwidth::finish() {
  advance(nextEnd);
  auto least = std::min_element(flows.begin(), flows.end(),
                                [](const Flow &a, const Flow &b) { return a.rest / a.rate < b.rest / b.rate; });
  unsigned id = least->id;
  flows.erase(least);
  share();
  return id;
}

} // namespace metabang::sim
