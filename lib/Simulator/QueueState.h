#ifndef METABANG_SIMULATOR_QUEUESTATE_H
#define METABANG_SIMULATOR_QUEUESTATE_H

#include "Queues.h"

#include <atomic>
#include <deque>
#include <set>

namespace metabang::sim {

/// One cnrtPlaceNotifier: placing a notifier again makes another one, and whoever waits for this one still does.
struct Placement {
  cnrtQueue *queue;
  bool reached = false;
  double us = 0;   // of the queue's clock when it is reached
  Knowledge knows; // what is finished then
};

struct Work {
  OperationRef operation;
  std::shared_ptr<Placement> awaited; // not run before this is reached
  std::function<void(const OperationRef &)> run;
};

} // namespace metabang::sim

struct cnrtQueue {
  unsigned agent = 1;
  double us = 0; // modelled time of everything that ran
  cnrtRet_t error = cnrtSuccess;
  std::deque<metabang::sim::Work> pending;
  metabang::sim::Knowledge knows; // of the last operation it was given
  uint32_t lastWork = 0;          // number of the last operation that is no notifier
};
struct cnrtNotifier {
  std::shared_ptr<metabang::sim::Placement> placement; // the last one; null before the first
};

namespace metabang::sim {

struct Queues {
  std::recursive_mutex mutex;
  cnrtQueueSt defaultQueue;
  std::map<unsigned, cnrtQueueSt *> byAgent{{1u, &defaultQueue}}; // all queues, in order of creation
  std::set<cnrtNotifierSt *> notifiers;
  unsigned agents = 2; // agents that there ever were
  std::atomic<size_t> pending{0};
  Knowledge host{1};      // host[0] counts what the host did
  uint64_t serial = 0;    // operations, in the order of the host program
  uint64_t decisions = 0; // of a seeded schedule
  unsigned races = 0;
  QueueRaces device;
};
Queues &queues();
using Turn = std::lock_guard<std::recursive_mutex>;

OperationRef give(cnrtQueueSt *queue, std::string what, uintptr_t caller, std::shared_ptr<Placement> awaited,
                  std::function<void(const OperationRef &)> run);
void runOne(cnrtQueueSt *wanted);
/// The host has waited for what is known.
void hostLearns(const Knowledge &knows);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_QUEUESTATE_H
