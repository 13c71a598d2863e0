// Work that queues hold, and when it runs.
#include "Queues.h"

#include "HostMemory.h"
#include "Launch.h"
#include "QueueState.h"

#include <algorithm>

namespace metabang::sim {

Queues &queues() {
  static auto *q = new Queues;
  return *q;
}

std::recursive_mutex &queueMutex() { return queues().mutex; }

static thread_local const Operation *running = nullptr; // of a queue, by this thread

bool queuesAreLate() { return currentSchedule().lazy; }
bool queuesMatter() { return queuesAreLate() || sanitizing(); }

OperationRef hostOperation(std::string what, uintptr_t caller) {
  Turn turn(queues().mutex);
  Queues &q = queues();
  return std::make_shared<Operation>(Operation{0, q.host[0], q.host, std::move(what), caller, ++q.serial});
}

/// Makes an operation of a queue: it knows what the queue's last one knew, and what the host knows now.
static OperationRef nextOperation(cnrtQueueSt *queue, std::string what, uintptr_t caller, const Placement *awaited) {
  Queues &q = queues();
  learn(queue->knows, q.host);
  if (awaited)
    learn(queue->knows, awaited->knows);
  queue->knows.resize(std::max<size_t>(queue->knows.size(), queue->agent + 1));
  uint32_t number = ++queue->knows[queue->agent];
  ++q.host[0]; // what the host does from now on, the operation does not know
  return std::make_shared<Operation>(
      Operation{queue->agent, number, queue->knows, std::move(what), caller, ++q.serial});
}

static void perform(const Work &work) {
  const Operation *outer = running;
  running = work.operation.get();
  work.run(work.operation);
  running = outer;
}

OperationRef give(cnrtQueueSt *queue, std::string what, uintptr_t caller, std::shared_ptr<Placement> awaited,
                  std::function<void(const OperationRef &)> run) {
  Work work{nullptr, std::move(awaited), std::move(run)};
  {
    Turn turn(queues().mutex);
    OperationRef operation = work.operation = nextOperation(queue, std::move(what), caller, work.awaited.get());
    if (queuesAreLate() || !queue->pending.empty()) {
      queue->pending.push_back(std::move(work));
      ++queues().pending;
      return operation;
    }
  }
  perform(work); // other host threads may launch at the same time
  return work.operation;
}

OperationRef submit(cnrtQueueSt *queue, std::string what, uintptr_t caller,
                    std::function<void(const OperationRef &)> run) {
  OperationRef operation = give(queue, std::move(what), caller, nullptr, std::move(run));
  Turn turn(queues().mutex);
  queue->lastWork = operation->number;
  return operation;
}

static bool ready(const cnrtQueueSt *queue) {
  return !queue->pending.empty() && (!queue->pending.front().awaited || queue->pending.front().awaited->reached);
}

/// Runs one operation, so that `wanted`, which holds some, comes to its next one: of that queue, or of one that it
/// waits for, in the forward order; of the last queue that has work that can run in the reverse one; of any in a seeded
/// one.
void runOne(cnrtQueueSt *wanted) {
  Queues &all = queues();
  Schedule schedule = currentSchedule();
  cnrtQueueSt *queue = wanted;
  if (schedule.order == Schedule::Forward) {
    while (!ready(queue)) // a notifier is placed before it is waited for, so this ends
      queue = queue->pending.front().awaited->queue;
  } else {
    std::vector<cnrtQueueSt *> able;
    for (auto &entry : all.byAgent)
      if (ready(entry.second))
        able.push_back(entry.second);
    queue = able[schedule.permutation(unsigned(able.size()), ++all.decisions)[0]];
  }
  Work work = std::move(queue->pending.front());
  queue->pending.pop_front();
  --all.pending;
  perform(work);
}

void hostLearns(const Knowledge &knows) {
  Queues &q = queues();
  learn(q.host, knows);
  unwatchHost(q.host);
  // What the host knows, every later operation knows: if that is everything, no history can race any more.
  for (auto &entry : q.byAgent)
    if (entry.second->knows.size() > entry.first &&
        (q.host.size() <= entry.first || q.host[entry.first] < entry.second->knows[entry.first]))
      return;
  q.device.forgetAll();
}

void finishQueue(cnrtQueueSt *queue) {
  Turn turn(queues().mutex);
  while (!queue->pending.empty())
    runOne(queue);
  hostLearns(queue->knows);
}

void runPending() {
  if (queues().pending == 0 || running)
    return;
  Turn turn(queues().mutex);
  for (auto &entry : queues().byAgent)
    while (!entry.second->pending.empty())
      runOne(entry.second);
}

static bool ending = false;
bool hostIsGone() { return ending; }

void runPendingAtEnd() {
  ending = true;
  runPending();
  ending = false;
}

bool accept(const std::string &report) {
  if (report.empty())
    return true;
  ++queues().races;
  setLastReport(report, false);
  return false;
}

unsigned racesFound() { return queues().races; }

bool touchDevice(const DeviceAccess &access, uintptr_t begin, size_t bytes) {
  Turn turn(queues().mutex);
  return accept(queues().device.touch(begin, begin + bytes, access));
}

void forgetDevice(uintptr_t begin, size_t bytes) {
  Turn turn(queues().mutex);
  queues().device.forget(begin, begin + bytes);
}

void hostAccess(uintptr_t p, size_t bytes, bool write, uintptr_t pc) {
  Turn turn(queues().mutex);
  Operation now = running ? *running : *hostOperation("host code", pc);
  accept(touchHost(now, p, bytes, write));
}

} // namespace metabang::sim
