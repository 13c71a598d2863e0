#ifndef METABANG_SIMULATOR_CLOCK_H
#define METABANG_SIMULATOR_CLOCK_H

#include "metabang/Device/Device.h"

#include "mlu_sim/entry.h"

#include <cstdint>
#include <vector>

namespace metabang::sim {

enum Pipe : int { IO = 0, Move = 1, Compute = 2, kPipes = 3 };
const char *pipeName(int pipe);

/// What copies contend for. A cluster has its own SRAM.
enum class Shared : uint8_t { Nothing, Dram, Sram };

/// A copy: it waits for `startupNs`, then needs `workNs` of the shared resource at its full rate, and takes at least
/// `aloneNs` when nobody else uses it.
struct Transfer {
  Shared resource = Shared::Nothing;
  double startupNs = 0, workNs = 0, aloneNs = 0, bytes = 0;
};

/// One step of a core, in the order its program issued them.
struct Event {
  enum Kind : uint8_t { Run, Copy, Wait, Barrier };
  Kind kind;
  uint8_t pipe;     // Run, Copy
  uint8_t waits;    // mask of pipes that the scalar pipe then waits for
  Shared resource;  // Copy
  uint32_t site;    // index into Clock::sites when the launch is traced
  double scalarNs;  // of the scalar pipe since the previous step
  double ns;        // Run: duration; Copy: start-up
  float work, alone; // Copy, as in Transfer; Run: `work` is what the scalar pipe did meanwhile
  uint32_t bytes;   // Copy; Barrier: how many cores meet
  uint32_t group;   // Barrier
};

/// What one core did in one task. It only records: how long copies take depends on what the other cores do at the same
/// time, so the times are computed for the whole launch (Timeline) from these steps, in whatever order tasks ran here.
class Clock {
public:
  /// Takes memory that a Clock of an earlier launch gave back: growing it anew costs more than most builtins.
  void reserve();
  void giveBack();

  double bytes = 0; // moved between GDRAM and the core
  double macs = 0;
  bool memoryCore = false;
  bool traced = false; // remember which builtin each step was
  std::vector<Event> events;
  std::vector<__mlu_site> sites;
  double scalarNs = 0; // since the last step

  /// The scalar pipe works for `ns`.
  void scalar(double ns) { scalarNs += ns; }
  /// The scalar pipe issues a builtin.
  void issue(const metabang::Device &device, const __mlu_site &site) {
    scalarNs += static_cast<double>(device.scalarCycles) * 1e3 / static_cast<double>(device.clockMhz);
    if (traced)
      sites.push_back(site);
  }
  /// The builtin occupies `pipe` for `ns`.
  void run(int pipe, double ns);
  /// The builtin copies.
  void copy(int pipe, const Transfer &transfer);
  /// The scalar pipe waits until the pipe has finished what it was given.
  void wait(int pipe) { waitFor(1u << pipe); }
  void waitAll() { waitFor((1u << kPipes) - 1); }
  void waitFor(unsigned pipes);
  /// Waits for the core's own pipes and for the `participants` cores that meet in `group`, itself included. A group is
  /// a number that these cores, and no others of the same union, use.
  void barrier(uint32_t group, unsigned participants);

private:
  Event &step(Event::Kind kind, int pipe);
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_CLOCK_H
