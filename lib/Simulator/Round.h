#ifndef METABANG_SIMULATOR_ROUND_H
#define METABANG_SIMULATOR_ROUND_H

namespace metabang::sim {

/// x rounded to an integer.
double roundTo(int mode, double x);

/// Stores x as half, bfloat16_t or float, rounded once. `saturates`: the largest number in place of Inf.
void roundToFloatType(int type, int mode, bool saturates, double x, void *dst);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_ROUND_H
