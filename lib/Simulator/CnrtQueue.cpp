#include "Launch.h"
#include "QueueState.h"

namespace metabang::sim {
namespace {
cnrtRet_t takeError(cnrtQueueSt *queue) {
  cnrtRet_t error = queue->error;
  queue->error = cnrtSuccess;
  return remember(error);
}

/// The queue, if it exists.
cnrtQueueSt *find(cnrtQueue_t queue) {
  if (!queue)
    return &queues().defaultQueue;
  for (auto &entry : queues().byAgent)
    if (entry.second == queue)
      return queue;
  return nullptr;
}

std::shared_ptr<Placement> placementOf(cnrtNotifier_t notifier) {
  return queues().notifiers.count(notifier) ? notifier->placement : nullptr;
}
bool exists(cnrtNotifier_t notifier) { return queues().notifiers.count(notifier) != 0; }
} // namespace

cnrtQueueSt *liveQueue(cnrtQueue_t queue) {
  Turn turn(queueMutex());
  return find(queue);
}

void advanceQueue(cnrtQueueSt *queue, double us) {
  Turn turn(queueMutex());
  queue->us += us;
}

void failQueue(cnrtQueueSt *queue, cnrtRet_t error) {
  Turn turn(queueMutex());
  if (queue->error == cnrtSuccess)
    queue->error = error;
}

} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

cnrtRet_t cnrtQueueCreate(cnrtQueue_t *queue) {
  if (!queue)
    return remember(cnrtErrorArgsInvalid);
  *queue = new cnrtQueueSt;
  Turn turn(queueMutex());
  (*queue)->agent = queues().agents++;
  queues().byAgent[(*queue)->agent] = *queue;
  return cnrtSuccess;
}
cnrtRet_t cnrtCreateQueue(cnrtQueue_t *queue) { return cnrtQueueCreate(queue); }
cnrtRet_t cnrtQueueCreateWithPriority(cnrtQueue_t *queue, unsigned int, int) { return cnrtQueueCreate(queue); }

cnrtRet_t cnrtQueueDestroy(cnrtQueue_t queue) {
  Turn turn(queueMutex());
  if (!queue || !find(queue))
    return remember(cnrtErrorInvalidResourceHandle);
  const Knowledge &host = queues().host;
  bool waited = queue->lastWork == 0 || (queue->agent < host.size() && host[queue->agent] >= queue->lastWork);
  if (sanitizing() && !waited)
    accept("cnrtQueueDestroy destroys queue " + std::to_string(queue->agent - 1) +
           " while the host has not waited for its last operation, which may be dropped. Call cnrtQueueSync(queue) "
           "first.");
  while (!queue->pending.empty())
    runOne(queue);
  queues().byAgent.erase(queue->agent);
  delete queue;
  return cnrtSuccess;
}
cnrtRet_t cnrtDestroyQueue(cnrtQueue_t queue) { return cnrtQueueDestroy(queue); }

cnrtRet_t cnrtQueueSync(cnrtQueue_t queue) {
  Turn turn(queueMutex());
  cnrtQueueSt *q = find(queue);
  if (!q)
    return remember(cnrtErrorInvalidResourceHandle);
  finishQueue(q);
  return takeError(q);
}
cnrtRet_t cnrtSyncQueue(cnrtQueue_t queue) { return cnrtQueueSync(queue); }

cnrtRet_t cnrtQueueQuery(cnrtQueue_t queue) {
  Turn turn(queueMutex());
  cnrtQueueSt *q = find(queue);
  if (q && !q->pending.empty()) { // a program may ask until it is done
    runOne(q);
    return remember(cnrtErrorBusy);
  }
  return cnrtQueueSync(queue);
}

cnrtRet_t cnrtSyncDevice(void) {
  Turn turn(queueMutex());
  cnrtRet_t error = cnrtSuccess;
  for (auto &entry : queues().byAgent) {
    finishQueue(entry.second);
    cnrtRet_t e = takeError(entry.second);
    if (error == cnrtSuccess)
      error = e;
  }
  return error;
}
cnrtRet_t cnrtDeviceReset(void) {
  cnrtSyncDevice();
  return cnrtSuccess;
}

cnrtRet_t cnrtNotifierCreate(cnrtNotifier_t *notifier) {
  if (!notifier)
    return remember(cnrtErrorArgsInvalid);
  *notifier = new cnrtNotifierSt;
  Turn turn(queueMutex());
  queues().notifiers.insert(*notifier);
  return cnrtSuccess;
}
cnrtRet_t cnrtCreateNotifier(cnrtNotifier_t *notifier) { return cnrtNotifierCreate(notifier); }
cnrtRet_t cnrtNotifierCreateWithFlags(cnrtNotifier_t *notifier, unsigned int) { return cnrtNotifierCreate(notifier); }

cnrtRet_t cnrtNotifierDestroy(cnrtNotifier_t notifier) {
  Turn turn(queueMutex());
  if (!queues().notifiers.erase(notifier))
    return remember(cnrtErrorInvalidResourceHandle);
  delete notifier;
  return cnrtSuccess;
}
cnrtRet_t cnrtDestroyNotifier(cnrtNotifier_t notifier) { return cnrtNotifierDestroy(notifier); }

cnrtRet_t cnrtPlaceNotifier(cnrtNotifier_t notifier, cnrtQueue_t queue) {
  Turn turn(queueMutex());
  cnrtQueueSt *q = find(queue);
  if (!q || !exists(notifier))
    return remember(cnrtErrorInvalidResourceHandle);
  auto placement = std::make_shared<Placement>();
  placement->queue = q;
  notifier->placement = placement;
  OperationRef operation = give(q, "cnrtPlaceNotifier", 0, nullptr, [q, placement](const OperationRef &) {
    placement->us = q->us;
    placement->reached = true;
  });
  placement->knows = operation->knows;
  return cnrtSuccess;
}

cnrtRet_t cnrtWaitNotifier(cnrtNotifier_t notifier) {
  Turn turn(queueMutex());
  if (!exists(notifier))
    return remember(cnrtErrorInvalidResourceHandle);
  std::shared_ptr<Placement> placement = placementOf(notifier);
  if (!placement)
    return remember(cnrtErrorIllegalState);
  while (!placement->reached)
    runOne(placement->queue);
  hostLearns(placement->knows);
  return cnrtSuccess;
}

cnrtRet_t cnrtQueryNotifier(cnrtNotifier_t notifier) {
  Turn turn(queueMutex());
  std::shared_ptr<Placement> placement = placementOf(notifier);
  if (placement && !placement->reached) {
    runOne(placement->queue);
    return remember(cnrtErrorBusy);
  }
  return cnrtWaitNotifier(notifier);
}

cnrtRet_t cnrtQueueWaitNotifier(cnrtNotifier_t notifier, cnrtQueue_t queue, unsigned int) {
  Turn turn(queueMutex());
  cnrtQueueSt *q = find(queue);
  if (!q || !exists(notifier))
    return remember(cnrtErrorInvalidResourceHandle);
  std::shared_ptr<Placement> placement = placementOf(notifier);
  if (!placement)
    return remember(cnrtErrorIllegalState);
  give(q, "cnrtQueueWaitNotifier", 0, placement,
       [q, placement](const OperationRef &) { q->us = std::max(q->us, placement->us); });
  return cnrtSuccess;
}

cnrtRet_t cnrtNotifierDuration(cnrtNotifier_t start, cnrtNotifier_t end, float *microseconds) {
  if (!microseconds)
    return remember(cnrtErrorArgsInvalid);
  Turn turn(queueMutex());
  if (!exists(start) || !exists(end))
    return remember(cnrtErrorInvalidResourceHandle);
  std::shared_ptr<Placement> first = placementOf(start), last = placementOf(end);
  if (!first || !last)
    return remember(cnrtErrorIllegalState);
  if (!first->reached || !last->reached)
    return remember(cnrtErrorNotReady);
  *microseconds = float(last->us - first->us);
  return cnrtSuccess;
}

cnrtRet_t cnrtNotifierElapsedTime(cnrtNotifier_t start, cnrtNotifier_t end, float *milliseconds) {
  cnrtRet_t ret = cnrtNotifierDuration(start, end, milliseconds);
  if (ret == cnrtSuccess)
    *milliseconds *= 1e-3f;
  return ret;
}

cnrtRet_t cnrtInvokeHostFunc(cnrtQueue_t queue, cnrtHostFn_t function, void *argument) {
  cnrtQueueSt *q = liveQueue(queue);
  if (!q)
    return remember(cnrtErrorInvalidResourceHandle);
  if (!function)
    return remember(cnrtErrorArgsInvalid);
  submit(q, "cnrtInvokeHostFunc", 0, [=](const OperationRef &) { function(argument); });
  return cnrtSuccess;
}
}
