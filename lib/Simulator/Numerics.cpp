// The two numerics modes: which one is on, and the pseudo-random deviations of the documented one.
#include "Numerics.h"

#include "metabang/Simulator/Simulator.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace metabang::sim {
namespace {

/// The mode in the lowest bit, the seed above it, so that both change at once.
std::atomic<uint64_t> &current() {
  static auto *value = [] {
    const char *mode = getenv("MLU_SIM_NUMERICS"), *seed = getenv("MLU_SIM_SEED");
    bool documented = mode && strcmp(mode, "documented") == 0;
    if (mode && *mode && !documented && strcmp(mode, "ideal") != 0)
      fprintf(stderr, "MLU_SIM_NUMERICS=%s is no numerics mode (ideal, documented); using ideal\n", mode);
    return new std::atomic<uint64_t>(uint64_t(seed ? strtoull(seed, nullptr, 10) : 0) << 1 | (documented ? 1 : 0));
  }();
  return *value;
}

uint64_t mix(uint64_t x) { // the finaliser of splitmix64
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

} // namespace

Numerics numerics() {
  uint64_t value = current().load(std::memory_order_relaxed);
  return {(value & 1) != 0, value >> 1};
}

double deviation(uint64_t seed, int builtin, uint32_t operandBits) {
  uint64_t h = mix(mix(seed + 0x9e3779b97f4a7c15u * uint64_t(builtin + 1)) + operandBits);
  return double(int64_t(h >> 11)) * 0x1p-52 - 1;
}

} // namespace metabang::sim

using namespace metabang::sim;

extern "C" int mluSimSetNumerics(const char *mode, unsigned long long seed) {
  bool documented = mode && strcmp(mode, "documented") == 0;
  if (!documented && (!mode || strcmp(mode, "ideal") != 0))
    return -1;
  current().store(uint64_t(seed) << 1 | (documented ? 1 : 0));
  return 0;
}

extern "C" const char *mluSimGetNumerics(void) { return numerics().documented ? "documented" : "ideal"; }
