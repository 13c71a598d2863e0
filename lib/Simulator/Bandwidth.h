#ifndef METABANG_SIMULATOR_BANDWIDTH_H
#define METABANG_SIMULATOR_BANDWIDTH_H

#include <limits>
#include <vector>

namespace metabang::sim {

/// A memory that several copies use at once. Each gets an equal part of its rate; what a copy cannot use, because its
/// core is slower than that, goes to the others.
class Bandwidth {
public:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  /// A copy of user `id` begins at `now`: it needs the memory for `work` ns, but takes `alone` ns at least.
  void begin(double now, unsigned id, double work, double alone);
  /// When the next copy ends, if no other begins before.
  double next() const { return nextEnd; }
  /// Ends a copy at next() and answers whose it was.
  unsigned finish();

private:
  struct Flow {
    unsigned id;
    double rest, limit, rate;
  };
  void advance(double now);
  void share();
  std::vector<Flow> flows; // by ascending limit
  double time = 0, nextEnd = kNever;
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_BANDWIDTH_H
