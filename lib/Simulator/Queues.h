#ifndef METABANG_SIMULATOR_QUEUES_H
#define METABANG_SIMULATOR_QUEUES_H

#include "CnrtInternal.h"
#include "QueueRaces.h"

#include <functional>
#include <mutex>

namespace metabang::sim {

/// Whether operations given to queues wait until something waits for them (the schedule's "lazy").
bool queuesAreLate();
/// Whether races between queues and with the host are looked for, or operations are late: otherwise submit() is not
/// needed, the caller may do the operation at once.
bool queuesMatter();

/// Gives an operation to a queue: it runs now, or when the schedule says so. `what` and `caller` as in Operation.
OperationRef submit(cnrtQueueSt *queue, std::string what, uintptr_t caller,
                    std::function<void(const OperationRef &)> run);
/// What the host itself does now.
OperationRef hostOperation(std::string what, uintptr_t caller);
/// The host waits for everything that was given to the queue, and knows it then.
void finishQueue(cnrtQueueSt *queue);
/// Everything that queues hold runs; the host has not waited for it. Does nothing while work runs.
void runPending();
/// The same where kernels go away, mostly because the program ends: nothing is written to host memory any more, which
/// may be the stack of main().
void runPendingAtEnd();
bool hostIsGone();

/// Remembers an access of `operation`, with the sanitizer on. A race stops nothing: it becomes the report, and false is
/// returned.
bool touchDevice(const DeviceAccess &access, uintptr_t begin, size_t bytes);
void forgetDevice(uintptr_t begin, size_t bytes);
/// The report of touchHost or watchHost, if it is one, becomes the last report; false then.
bool accept(const std::string &report);
/// How many races were reported.
unsigned racesFound();
/// Instrumented host code is about to access memory.
void hostAccess(uintptr_t p, size_t bytes, bool write, uintptr_t pc);

/// One thread at a time works on queues.
std::recursive_mutex &queueMutex();

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_QUEUES_H
