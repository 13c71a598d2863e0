#include "CnrtInternal.h"

#include <mutex>
#include <set>

struct cnrtQueue {
  double us = 0; // modelled time of everything submitted so far
  cnrtRet_t error = cnrtSuccess;
};
struct cnrtNotifier {
  bool placed = false;
  double us = 0;
};

namespace metabang::sim {
namespace {
struct Handles {
  std::mutex mutex;
  cnrtQueueSt defaultQueue;
  std::set<cnrtQueueSt *> queues;
  std::set<cnrtNotifierSt *> notifiers;
};
Handles &handles() {
  static auto *h = new Handles;
  return *h;
}
using Lock = std::lock_guard<std::mutex>;

cnrtRet_t takeError(cnrtQueueSt *queue) {
  cnrtRet_t error = queue->error;
  queue->error = cnrtSuccess;
  return remember(error);
}
} // namespace

cnrtQueueSt *liveQueue(cnrtQueue_t queue) {
  Lock lock(handles().mutex);
  if (!queue)
    return &handles().defaultQueue;
  return handles().queues.count(queue) ? queue : nullptr;
}

void advanceQueue(cnrtQueueSt *queue, double us) {
  Lock lock(handles().mutex);
  queue->us += us;
}

void failQueue(cnrtQueueSt *queue, cnrtRet_t error) {
  Lock lock(handles().mutex);
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
  Lock lock(handles().mutex);
  handles().queues.insert(*queue);
  return cnrtSuccess;
}
cnrtRet_t cnrtCreateQueue(cnrtQueue_t *queue) { return cnrtQueueCreate(queue); }
cnrtRet_t cnrtQueueCreateWithPriority(cnrtQueue_t *queue, unsigned int, int) { return cnrtQueueCreate(queue); }

cnrtRet_t cnrtQueueDestroy(cnrtQueue_t queue) {
  Lock lock(handles().mutex);
  if (!handles().queues.erase(queue))
    return remember(cnrtErrorInvalidResourceHandle);
  delete queue;
  return cnrtSuccess;
}
cnrtRet_t cnrtDestroyQueue(cnrtQueue_t queue) { return cnrtQueueDestroy(queue); }

cnrtRet_t cnrtQueueSync(cnrtQueue_t queue) {
  cnrtQueueSt *q = liveQueue(queue);
  if (!q)
    return remember(cnrtErrorInvalidResourceHandle);
  Lock lock(handles().mutex);
  return takeError(q);
}
cnrtRet_t cnrtSyncQueue(cnrtQueue_t queue) { return cnrtQueueSync(queue); }
cnrtRet_t cnrtQueueQuery(cnrtQueue_t queue) { return cnrtQueueSync(queue); }

static cnrtRet_t syncAll() {
  Lock lock(handles().mutex);
  cnrtRet_t error = takeError(&handles().defaultQueue);
  for (cnrtQueueSt *q : handles().queues) {
    cnrtRet_t e = takeError(q);
    if (error == cnrtSuccess)
      error = e;
  }
  return error;
}
cnrtRet_t cnrtSyncDevice(void) { return syncAll(); }
cnrtRet_t cnrtDeviceReset(void) {
  syncAll();
  return cnrtSuccess;
}

cnrtRet_t cnrtNotifierCreate(cnrtNotifier_t *notifier) {
  if (!notifier)
    return remember(cnrtErrorArgsInvalid);
  *notifier = new cnrtNotifierSt;
  Lock lock(handles().mutex);
  handles().notifiers.insert(*notifier);
  return cnrtSuccess;
}
cnrtRet_t cnrtCreateNotifier(cnrtNotifier_t *notifier) { return cnrtNotifierCreate(notifier); }
cnrtRet_t cnrtNotifierCreateWithFlags(cnrtNotifier_t *notifier, unsigned int) { return cnrtNotifierCreate(notifier); }

cnrtRet_t cnrtNotifierDestroy(cnrtNotifier_t notifier) {
  Lock lock(handles().mutex);
  if (!handles().notifiers.erase(notifier))
    return remember(cnrtErrorInvalidResourceHandle);
  delete notifier;
  return cnrtSuccess;
}
cnrtRet_t cnrtDestroyNotifier(cnrtNotifier_t notifier) { return cnrtNotifierDestroy(notifier); }

cnrtRet_t cnrtPlaceNotifier(cnrtNotifier_t notifier, cnrtQueue_t queue) {
  cnrtQueueSt *q = liveQueue(queue);
  Lock lock(handles().mutex);
  if (!q || !handles().notifiers.count(notifier))
    return remember(cnrtErrorInvalidResourceHandle);
  notifier->placed = true;
  notifier->us = q->us;
  return cnrtSuccess;
}

static cnrtRet_t reached(cnrtNotifier_t notifier) {
  Lock lock(handles().mutex);
  if (!handles().notifiers.count(notifier))
    return remember(cnrtErrorInvalidResourceHandle);
  return notifier->placed ? cnrtSuccess : remember(cnrtErrorIllegalState);
}
cnrtRet_t cnrtWaitNotifier(cnrtNotifier_t notifier) { return reached(notifier); }
cnrtRet_t cnrtQueryNotifier(cnrtNotifier_t notifier) { return reached(notifier); }

cnrtRet_t cnrtQueueWaitNotifier(cnrtNotifier_t notifier, cnrtQueue_t queue, unsigned int) {
  cnrtQueueSt *q = liveQueue(queue);
  Lock lock(handles().mutex);
  if (!q || !handles().notifiers.count(notifier))
    return remember(cnrtErrorInvalidResourceHandle);
  if (!notifier->placed)
    return remember(cnrtErrorIllegalState);
  if (notifier->us > q->us)
    q->us = notifier->us;
  return cnrtSuccess;
}

cnrtRet_t cnrtNotifierDuration(cnrtNotifier_t start, cnrtNotifier_t end, float *microseconds) {
  if (!microseconds)
    return remember(cnrtErrorArgsInvalid);
  Lock lock(handles().mutex);
  if (!handles().notifiers.count(start) || !handles().notifiers.count(end))
    return remember(cnrtErrorInvalidResourceHandle);
  if (!start->placed || !end->placed)
    return remember(cnrtErrorIllegalState);
  *microseconds = float(end->us - start->us);
  return cnrtSuccess;
}

cnrtRet_t cnrtNotifierElapsedTime(cnrtNotifier_t start, cnrtNotifier_t end, float *milliseconds) {
  cnrtRet_t ret = cnrtNotifierDuration(start, end, milliseconds);
  if (ret == cnrtSuccess)
    *milliseconds *= 1e-3f;
  return ret;
}

cnrtRet_t cnrtInvokeHostFunc(cnrtQueue_t queue, cnrtHostFn_t function, void *argument) {
  if (!liveQueue(queue))
    return remember(cnrtErrorInvalidResourceHandle);
  if (!function)
    return remember(cnrtErrorArgsInvalid);
  function(argument);
  return cnrtSuccess;
}
}
