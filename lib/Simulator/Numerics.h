#ifndef METABANG_SIMULATOR_NUMERICS_H
#define METABANG_SIMULATOR_NUMERICS_H

#include "Op.h"

#include <cstdint>

namespace metabang::sim {

/// How close builtins come to the mathematics, see docs/simulator.md, section Numerics.
struct Numerics {
  bool documented; // only what the vendor promises; otherwise exact, then rounded once
  uint64_t seed;
};
Numerics numerics();

/// A number in [-1, 1] that depends on nothing but its arguments: the same in every order of tasks and threads.
double deviation(uint64_t seed, int builtin, uint32_t operandBits);

/// The documented mode of a function of one operand: moves the results r of the operands x away from the exact ones by
/// as much as the vendor allows, and undefines those of operands outside of the documented range. The block starts at
/// element `first` of the builtin's result, which is operand 0 of `op`.
void applyPromise(Op &op, int code, int type, const float *x, float *r, size_t n, size_t first, uint64_t seed);

/// Elements of a divisor that are zero; their quotients and remainders are undefined in documented mode.
std::vector<size_t> zerosOf(int type, const void *divisor, size_t n);
void undefineQuotients(Op &op, int type, void *dst, const std::vector<size_t> &places);

/// The documented constants of the Taylor builtins outside of (-7.75, 7.75), in both modes.
void applyTaylorEnds(const Op &op, int code, int type, const float *x, float *r, size_t n);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_NUMERICS_H
