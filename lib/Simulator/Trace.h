#ifndef METABANG_SIMULATOR_TRACE_H
#define METABANG_SIMULATOR_TRACE_H

#include "Timeline.h"

namespace metabang::sim {

/// Whether launches are to be traced: MLU_SIM_TRACE names a file or mluSimTraceStart was called.
bool tracing();

/// Appends a launch to the trace: it begins where the one before ended.
void traceLaunch(const char *kernel, const metabang::Device &device, const Times &times);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_TRACE_H
