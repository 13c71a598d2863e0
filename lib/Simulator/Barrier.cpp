// Synchronisation: within a core, and between the cores of a union.
#include "Op.h"
#include "Sanitizer.h"
#include "Union.h"

using namespace metabang::sim;

extern "C" {

void __mluSimSync(__mlu_site site, int pipes) {
  Op op(site, Compute);
  op.core.drain(pipes);
  op.core.clock.waitFor(unsigned(pipes));
  op.core.clock.scalar(op.core.ns(double(op.device.syncCycles)));
}

/// A barrier drains the core's own pipes; in a Block job that is all it does.
void __mluSimBarrier(__mlu_site site, int kind) {
  __mluSimSync(site, __MLU_PIPE_ALL);
  Core &core = *currentCore();
  if (core.team)
    core.team->barrier(core, site, kind);
}

void __mluSimSignal(__mlu_site site, bool all_clusters, bool wait, unsigned id, unsigned count) {
  Op op(site, Compute);
  op.needsArch(372, "Use __sync_all() or __sync_cluster().");
  if (id > 32767)
    op.fail("the barrier's id is " + std::to_string(id), "Ids are 0 to 32767.");
  if (count < 2)
    op.fail("the barrier's count is " + std::to_string(count), "A barrier has at least 2 participants.");
  __mluSimSync(site, __MLU_PIPE_ALL);
  if (op.core.team)
    op.core.team->signal(op.core, site, all_clusters, wait, id, count);
}
}
