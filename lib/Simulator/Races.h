#ifndef METABANG_SIMULATOR_RACES_H
#define METABANG_SIMULATOR_RACES_H

#include "Intervals.h"
#include "Op.h"

#include <map>
#include <unordered_map>
#include <vector>

namespace metabang::sim {

/// Who touched which bytes of GDRAM and SRAM in a launch: finds two accesses, one of them a write, that nothing orders.
/// Order comes from the program of a core, from barriers (vector clocks of the union), and from atomic operations
/// on the same address (the later one knows what the earlier one's core did before). Bytes are kept in intervals of
/// equal history, so that the cost grows with the number of copies, not with their size.
class Races {
public:
  explicit Races(Launch &launch) : launch(launch) {}

  /// An operand of a builtin in GDRAM or SRAM. Stops the launch with a report of both accesses if it races.
  void access(Op &op, const Operand &operand, bool synchronous);
  /// A scalar load or store, compiled at `pc`.
  void scalar(Core &core, uintptr_t pc, uintptr_t address, size_t bytes, bool write, const Range *sram);
  /// Calls f(begin, end, written, atomic, site, pc) for the intervals of GDRAM that the launch touched.
  template <typename F> void forEach(F &&f) const {
    for (auto it = gdram.begin(); it != gdram.end();) {
      Index index = it->second.write ? it->second.write : it->second.reads[0];
      uintptr_t begin = it->first, end = it->second.end;
      bool write = it->second.write != 0;
      for (++it; it != gdram.end() && it->first == end && (it->second.write != 0) == write; ++it)
        end = it->second.end; // neighbours: one line of the kernel is enough for a report
      const Access &a = accesses[index];
      f(begin, end, write, a.atomic, a.site, a.pc);
    }
  }
  /// A union begins: its SRAM has no history.
  void forgetSram() { sram.clear(); }

private:
  struct Access {
    __mlu_site site;
    uintptr_t pc; // of scalar code, which has no site
    unsigned group, member, task;
    uint32_t epoch;   // of the member's barriers
    uint32_t atomics; // that the agent had executed
    uint32_t drains;  // of the pipe, until which the access may be under way
    bool write, atomic, synchronous, memoryCore;
    int pipe;
  };
  using Index = uint32_t; // into `accesses`, 0 is none
  struct Cell {
    uintptr_t end;
    Index write;
    std::vector<Index>
        reads; // since that write: all that another one of the same union may race with, one of another union
  };
  using Agent = uint64_t; // a core in a union, or a task of a Block job
  using Knowledge = std::unordered_map<Agent, uint32_t>;

  Index record(Core &core, const __mlu_site &site, uintptr_t pc, int pipe, bool synchronous, bool write, bool atomic);
  struct Shared {
    uintptr_t begin, end;
    Index other;
  };
  /// The access to report, or 0. Where the other one is a write too, by another core, it goes to `overwrites` instead.
  Index touch(Intervals<Cell> &intervals, uintptr_t begin, uintptr_t end, Index access, Core &core,
              std::vector<Shared> &overwrites);
  /// The other core's write has reached memory.
  void settle(const Access &other, const Access &now, Core &core);
  bool ordered(const Access &before, const Access &now, Core &core) const;
  bool conflict(Index before, const Access &now, Core &core) const;
  void synchronize(uintptr_t address, const Access &access);
  /// `flag`: it may be one by which a core waits for another, a word of GDRAM that is read and written.
  std::string remedy(const Access &other, const Access &now, Core &core, bool flag) const;
  std::string describe(const Access &other, const Access &now, Core &core) const;
  static Agent agentOf(const Access &a) { return uint64_t(a.group) << 16 | a.member; }

  Launch &launch;
  std::vector<Access> accesses{1};
  static constexpr unsigned kRecent = 8;
  Index recent[kRecent] = {}; // of the last different accesses: loops come back to them
  unsigned oldest = 0;
  Intervals<Cell> gdram;
  std::map<unsigned, Intervals<Cell>> sram;          // of each cluster
  std::unordered_map<uintptr_t, Knowledge> released; // by atomic operations on an address
  std::unordered_map<Agent, Knowledge> known;
  std::unordered_map<Agent, uint32_t> atomicsOf;
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_RACES_H
