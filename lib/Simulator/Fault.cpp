#include "Fault.h"

#include "Op.h"
#include "SourceLine.h"

#include <csignal>
#include <memory>
#include <ucontext.h>

namespace metabang::sim {

thread_local sigjmp_buf *faultReturn = nullptr;

namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE};
struct sigaction previous[3];
std::mutex guardMutex;
int guards = 0;

// What the handler saw, for the report.
thread_local int faultSignal;
thread_local uintptr_t faultAddress, faultInstruction, faultStack;

void handler(int signal, siginfo_t *info, void *context) {
  if (!faultReturn) { // not ours: as if there were no guard
    for (int i = 0; i < 3; ++i)
      if (kSignals[i] == signal)
        sigaction(signal, &previous[i], nullptr);
    return; // the instruction runs again and faults again
  }
  faultSignal = signal;
  faultAddress = reinterpret_cast<uintptr_t>(info->si_addr);
#if defined(__x86_64__)
  faultInstruction = uintptr_t(static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RIP]);
  faultStack = uintptr_t(static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_RSP]);
#else
  faultInstruction = faultStack = 0;
  (void)context;
#endif
  siglongjmp(*faultReturn, 1);
}

} // namespace

FaultGuard::FaultGuard() {
  std::lock_guard<std::mutex> lock(guardMutex);
  if (guards++ > 0)
    return;
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  for (int i = 0; i < 3; ++i)
    sigaction(kSignals[i], &action, &previous[i]);
}

FaultGuard::~FaultGuard() {
  std::lock_guard<std::mutex> lock(guardMutex);
  if (--guards > 0)
    return;
  for (int i = 0; i < 3; ++i)
    sigaction(kSignals[i], &previous[i], nullptr);
}

void ownSignalStack() {
  static thread_local bool done = false;
  if (done)
    return;
  done = true;
  stack_t now;
  if (sigaltstack(nullptr, &now) == 0 && !(now.ss_flags & SS_DISABLE))
    return;
  constexpr size_t kBytes = 64 << 10;
  static thread_local std::unique_ptr<char[]> memory(new char[kBytes]);
  stack_t mine = {};
  mine.ss_sp = memory.get();
  mine.ss_size = kBytes;
  sigaltstack(&mine, nullptr);
}

void leaveTask() {
  faultSignal = 0;
  siglongjmp(*faultReturn, 1);
}

void reportFault(Core &core) {
  Launch &launch = *core.launch;
  launch.stopped.store(true);
  if (!faultSignal)
    return;
  std::string what = faultSignal == SIGFPE ? "an integer division by zero"
                                           : "a scalar load or store at " + describeAddress(core, faultAddress);
  std::string remedy = "Check the index of scalar code.";
  const Range *range = faultSignal == SIGFPE ? nullptr : core.findRange(faultAddress);
  if (range && range->variable->space == Space::WRAM) {
    what += ", but scalar code cannot reach WRAM";
    remedy = "Copy with __memcpy(…, WRAM2NRAM) first.";
  }
  if (faultStack && !core.stack.holds(faultStack, core.memoryCore)) {
    what = core.stack.report(faultStack, core.memoryCore, core.device->name);
    remedy = Stack::remedy();
  }
  std::string place = sourceLine(*launch.kernel.module, faultInstruction);
  std::lock_guard<std::mutex> lock(launch.mutex);
  if (launch.report.empty())
    launch.report = place + ": kernel '" + launch.kernel.info->name + "', " + core.where() + " on " +
                    launch.device->name + ": " + what + ". " + remedy;
}

} // namespace metabang::sim
