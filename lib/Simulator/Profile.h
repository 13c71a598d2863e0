#ifndef METABANG_SIMULATOR_PROFILE_H
#define METABANG_SIMULATOR_PROFILE_H

#include "Core.h"

namespace metabang::sim {

/// Keeps the modelled profile of a finished launch and returns its time in microseconds, launch latency included.
double recordProfile(const Launch &launch, const std::vector<Clock> &cores);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_PROFILE_H
