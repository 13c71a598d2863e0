#ifndef METABANG_SIMULATOR_CLOCK_H
#define METABANG_SIMULATOR_CLOCK_H

#include "metabang/Device/Device.h"

namespace metabang::sim {

enum Pipe : int { IO = 0, Move = 1, Compute = 2, kPipes = 3 };
const char *pipeName(int pipe);

/// Modelled time of one task, in nanoseconds since its start.
struct Clock {
  double now = 0;                 // the scalar pipe: when the next instruction is issued
  double pipe[kPipes] = {0, 0, 0};   // when each pipe has finished what it was given
  double busy[kPipes + 1] = {0, 0, 0, 0}; // time spent working; the last is the scalar pipe
  double bytes = 0;               // moved between GDRAM and the core
  double macs = 0;

  void issue(const metabang::Device &device) {
    double t = static_cast<double>(device.scalarCycles) * 1e3 / static_cast<double>(device.clockMhz);
    now += t;
    busy[kPipes] += t;
  }
  void run(int p, double ns) {
    pipe[p] = (pipe[p] > now ? pipe[p] : now) + ns;
    busy[p] += ns;
  }
  void wait(int p) {
    if (pipe[p] > now)
      now = pipe[p];
  }
  void waitAll() {
    for (int p = 0; p < kPipes; ++p)
      wait(p);
  }
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_CLOCK_H
