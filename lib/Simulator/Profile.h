#ifndef METABANG_SIMULATOR_PROFILE_H
#define METABANG_SIMULATOR_PROFILE_H

#include "Core.h"
#include "Timeline.h"

namespace metabang::sim {

/// Keeps the modelled profile of a finished launch and returns its time in microseconds, launch latency included.
double recordProfile(const Launch &launch, const Times &times);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_PROFILE_H
