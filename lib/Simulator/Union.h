#ifndef METABANG_SIMULATOR_UNION_H
#define METABANG_SIMULATOR_UNION_H

#include "Core.h"
#include "Shadow.h"
#include "Sram.h"
#include "Timeline.h"

#include <condition_variable>
#include <deque>
#include <map>

namespace metabang::sim {

/// The cores of a union job, one union after the other. Every core has a host thread, but only the one that holds the
/// baton runs: it hands it over when it waits, ends, or seems to wait for another core by looking at memory. The
/// schedule chooses who is next, so a launch takes the same way every time.
class Union {
public:
  /// Runs `unions` unions.
  Union(Launch &launch, Timeline &timeline, unsigned clusters, unsigned unions);

  /// IPU cores of cluster 0, its memory core, cluster 1, …
  unsigned members() const { return unsigned(all.size()); }
  unsigned clusterOf(unsigned member) const { return member / perCluster; }
  bool isMemoryCore(unsigned member) const { return member % perCluster == perCluster - 1; }
  Sram sram;

  /// Waits for the member's turn to start in the next union; false if there is none any more. The member's core is
  /// then ready to run its task.
  bool take(unsigned member, Core &core);
  /// The member has come to the end of the kernel, or the launch has stopped.
  void end(unsigned member);

  /// What a pipe of another core has been given moves its bytes.
  void finish(unsigned member, int pipe);
  /// The number of the union that runs.
  unsigned number() const { return sequence[wave]; }
  /// Until which of its barriers `other` did what `member` may rely on. A core knows itself up to now.
  uint32_t knows(unsigned member, unsigned other) const { return all[member].clock[other]; }
  /// Which bytes of a cluster's SRAM were written, as Sanitizer has it for NRAM.
  Shadow &shadow(unsigned cluster) { return shadows[cluster]; }
  /// A copy that only the memory core performs was called: there, or on an IPU core, which leaves it out.
  void called(const __mlu_site &site, bool performed);
  /// A report if no memory core came to a copy that IPU cores left to it, otherwise "".
  std::string neverPerformed() const;
  /// Runs all others as far as they come without this core: one of them may do what it misses, or race with it.
  void letOthersRun(Core &core);

  /// "core 2 of cluster 1", "the memory core".
  std::string nameOf(unsigned member) const;

  /// A barrier of mlu_sim/entry.h. The caller has drained the core's pipes.
  void barrier(Core &core, const __mlu_site &site, int kind);
  /// A signal to barrier `id`, of all clusters or of this one; then a wait for `count` signals.
  void signal(Core &core, const __mlu_site &site, bool allClusters, bool wait, unsigned id, unsigned count);
  /// The core did something by which kernels wait for others (an atomic operation, a copy from memory in a loop).
  void yield(Core &core);

private:
  enum class State { Ready, Waiting, Stalled, Ended };
  struct Meeting; // a barrier somebody waits at
  struct Member {
    State state = State::Ready;
    bool started = false;
    Core *core = nullptr;
    std::condition_variable turn;
    const Meeting *at = nullptr;
    __mlu_site site = {};
    std::vector<uint32_t> clock; // vector clock: barriers of each member
  };
  using Key = std::tuple<int, unsigned, unsigned>; // kind, cluster, id
  struct Meeting {
    Key key;
    unsigned needed = 0, signals = 0;
    std::vector<unsigned> waiting;
    std::vector<uint32_t> clock; // of all that have signalled
  };
  using Lock = std::unique_lock<std::mutex>;

  void start();
  void meet(Lock &lock, Core &core, const __mlu_site &site, const Key &key, unsigned needed, bool wait);
  void release(Meeting &meeting);
  uint32_t clockGroup(const Key &key) const;
  void poisonSram();
  void handOver(Lock &lock, unsigned from, bool fromFirst);
  void waitForTurn(Lock &lock, unsigned member);
  void reportDeadlock();
  std::string namesOf(const std::vector<unsigned> &members) const;

  Launch &launch;
  Timeline &timeline;
  const unsigned clusters, perCluster, unions;
  std::mutex mutex;
  std::deque<Member> all;
  std::map<Key, Meeting> meetings;
  std::vector<Shadow> shadows;
  std::map<std::pair<std::string, int>, std::pair<std::string, bool>> memoryCoreCopies; // file, line: name, performed
  std::vector<unsigned> order, sequence;                                                // of members, of unions
  unsigned wave = 0;                                                                    // unions that have ended
  unsigned live = 0;      // members that have not ended in this union
  unsigned holder = 0;    // of the baton
  uint64_t decisions = 0; // salt of a seeded schedule
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_UNION_H
