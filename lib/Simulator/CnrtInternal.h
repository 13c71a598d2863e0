#ifndef METABANG_SIMULATOR_CNRTINTERNAL_H
#define METABANG_SIMULATOR_CNRTINTERNAL_H

#include "cnrt.h"

using cnrtQueueSt = cnrtQueue;
using cnrtNotifierSt = cnrtNotifier;

namespace metabang::sim {

/// Remembers a failure for cnrtGetLastError and returns it.
cnrtRet_t remember(cnrtRet_t error);

/// A queue (Queues.h says when its work runs) has a modelled clock, which moves on as the device's would. A null queue is
/// the default queue. Null if `queue` is no live queue.
cnrtQueueSt *liveQueue(cnrtQueue_t queue);
void advanceQueue(cnrtQueueSt *queue, double us);
/// The kernels of this queue broke a rule: the next synchronisation says so.
void failQueue(cnrtQueueSt *queue, cnrtRet_t error);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_CNRTINTERNAL_H
