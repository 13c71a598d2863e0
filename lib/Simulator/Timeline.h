#ifndef METABANG_SIMULATOR_TIMELINE_H
#define METABANG_SIMULATOR_TIMELINE_H

#include "Clock.h"

#include <mutex>
#include <vector>

namespace metabang::sim {

/// What one core of the device did in a launch, in nanoseconds since its start.
struct CoreTime {
  unsigned cluster = 0, core = 0; // the memory core's number is that past the last core
  double end = 0;
  double busy[kPipes + 1] = {0, 0, 0, 0}; // the last is the scalar pipe
  double startup = 0;                     // of busy[IO]: latency, when nothing moves
};

/// One builtin, or a wait for other cores, on one pipe of one core.
struct Slice {
  unsigned cluster, core;
  int pipe; // kPipes: the scalar pipe, which waits
  double begin, ns;
  uint32_t bytes;
  __mlu_site site; // without a name: a barrier
};

struct Times {
  std::vector<CoreTime> cores; // that had something to do
  std::vector<Slice> slices;   // if the launch was traced
  double ns = 0, bytes = 0, macs = 0;
};

/// Collects what the cores of a launch did and computes when: the jobs (Block: tasks; UnionN: unions) are given to
/// cores or groups of clusters as these become free, in ascending order; copies share bandwidth with those of other
/// cores while they last.
class Timeline {
public:
  /// `unionClusters` is N of a UnionN job, 0 for Block.
  Timeline(const metabang::Device &device, unsigned unionClusters);
  ~Timeline();

  /// Job number `job` has ended on core `slot`: 0 for Block; cluster * (coreDim + 1) + (coreId, or coreDim for the
  /// memory core) for a union. Any thread, any order.
  void add(unsigned job, unsigned slot, Clock &&clock);

  Times compute() const;

private:
  friend class Replay;
  struct Part {
    unsigned slot;
    Clock clock;
  };
  const metabang::Device &device;
  unsigned unionClusters;
  std::mutex mutex;
  std::vector<std::vector<Part>> jobs;
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_TIMELINE_H
