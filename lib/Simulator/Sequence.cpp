// Vectors that are made of nothing: ascending numbers, random numbers.
#include "Numerics.h"
#include "Op.h"

#include <cstring>

using namespace metabang::sim;

extern "C" {

void __mluSimSequence(__mlu_site site, unsigned elementBytes, void *dst, unsigned n) {
  Op op(site, Compute);
  op.needsArch(500, "Fill the sequence with scalar code, or copy it from GDRAM.");
  op.positive(n, "the element count");
  op.out("dst", dst, size_t(n) * elementBytes);
  op.start(op.vectorCost(size_t(n) * elementBytes));
  for (uint64_t i = 0; i < n; ++i)
    memcpy(static_cast<char *>(dst) + i * elementBytes, &i, elementBytes);
}

/// The numbers depend on the seed, the task and how far it is, so that every run and every order gives the same ones.
void __mluSimRandom(__mlu_site site, void *dst, unsigned n) {
  Op op(site, Compute);
  op.positive(n, "the element count");
  op.multiple(n, 64, "the element count");
  op.out("dst", dst, size_t(n) * 2);
  op.start(op.vectorCost(size_t(n) * 2));
  uint64_t seed = numerics().seed + (uint64_t(op.core.task) << 32) + op.core.clock.events.size();
  for (size_t i = 0; i < n; ++i) {
    auto value = int16_t(deviation(seed, -2, uint32_t(i)) * 32767.999);
    memcpy(static_cast<char *>(dst) + i * 2, &value, 2);
  }
}
}
