#ifndef METABANG_SIMULATOR_AVX512_H
#define METABANG_SIMULATOR_AVX512_H

// Functions on 16 floats at a time, by tables of 32 floats and in pairs of floats, for processors with AVX-512. The loops
// of Activation.cpp divide and work on double, which takes twice as long.
#if defined(__x86_64__) && defined(__GNUC__)
#define MLU_HAS_AVX512 1

#include <cstddef>
#include <immintrin.h>

#define MLU_AVX512 __attribute__((target("avx512f")))

namespace metabang::sim {

constexpr size_t kLanes = 16;

/// Element `index` modulo 32 of a table, in every lane.
MLU_AVX512 inline __m512 pick(const float *table, __m512i index) {
  return _mm512_permutex2var_ps(_mm512_load_ps(table), index, _mm512_load_ps(table + kLanes));
}

/// d = F(a) for n floats. The chain of dependent operations of such a function is so long that a processor cannot look
/// ahead far enough to fill its waits; in two loops of half the length it can.
template <typename F> MLU_AVX512 void inTwoLoops(float *d, const float *a, size_t n) {
  constexpr size_t kVectors = 8;
  typename F::Half half[kVectors];
  for (; n >= kLanes * kVectors; n -= kLanes * kVectors, a += kLanes * kVectors, d += kLanes * kVectors) {
    for (size_t v = 0; v < kVectors; ++v)
      half[v] = F::first(_mm512_loadu_ps(a + v * kLanes));
    for (size_t v = 0; v < kVectors; ++v)
      _mm512_storeu_ps(d + v * kLanes, F::second(_mm512_loadu_ps(a + v * kLanes), half[v]));
  }
  for (size_t i = 0; i < n; i += kLanes) {
    __mmask16 lanes = __mmask16(n - i < kLanes ? (1u << (n - i)) - 1 : 0xffffu);
    __m512 x = _mm512_maskz_loadu_ps(lanes, a + i);
    _mm512_mask_storeu_ps(d + i, lanes, F::second(x, F::first(x)));
  }
}

} // namespace metabang::sim

#endif

#endif // METABANG_SIMULATOR_AVX512_H
