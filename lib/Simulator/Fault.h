#ifndef METABANG_SIMULATOR_FAULT_H
#define METABANG_SIMULATOR_FAULT_H

#include <csetjmp>

namespace metabang::sim {

struct Core;
struct Launch;

/// While it lives, a memory fault or an integer division by zero in the scalar code of a kernel stops the launch with a
/// report in place of the process. Faults of other threads go where they went before.
class FaultGuard {
public:
  FaultGuard();
  ~FaultGuard();
  FaultGuard(const FaultGuard &) = delete;
};

/// Where a fault of the calling thread's task continues; null outside of a task.
extern thread_local sigjmp_buf *faultReturn;

/// Ends the task of the calling thread where unwinding is not possible; the launch has its report.
[[noreturn]] void leaveTask();

/// Writes the report of the fault that came back through faultReturn.
void reportFault(Core &core);

/// Lets this thread handle a fault when its stack is exhausted.
void ownSignalStack();

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_FAULT_H
