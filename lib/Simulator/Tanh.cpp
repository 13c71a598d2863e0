// tanh of 16 floats at a time, for processors with AVX-512: by table, in pairs of floats. The general loop of
// Activation.cpp divides and works on double, which takes twice as long.
#include "Activation.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "TanhTable.h"

#include <immintrin.h>

namespace metabang::sim {
namespace {

#define MLU_AVX512 __attribute__((target("avx512f")))

/// Element `index` modulo 32 of a table, in every lane.
MLU_AVX512 inline __m512 pick(const float *table, __m512i index) {
  return _mm512_permutex2var_ps(_mm512_load_ps(table), index, _mm512_load_ps(table + 16));
}

/// s is c + d * s, and the rounding error of that is returned. It is exact while |c| >= |d * s|, and where it is not,
/// it is wrong by a part in 2^24 of a small term.
MLU_AVX512 inline __m512 step(__m512 &s, __m512 d, __m512 c) {
  __m512 sum = _mm512_fmadd_ps(d, s, c), error = _mm512_fmadd_ps(d, s, _mm512_sub_ps(c, sum));
  s = sum;
  return error;
}

// tanh x within 0.501 ulp (0.5004 at worst over every 61st float from 2^-31 to 10): of the nearest of 32 points, plus a
// polynomial of the distance to it. Its terms from the fourth power on are so small that float is exact enough for
// them. The chain of dependent operations is so long that a processor cannot look ahead far enough to fill its waits;
// in two loops of half the length it can.
struct Partial {
  __m512i point;
  __m512 distance, fromFourth; // the polynomial from the fourth power on, divided by that power
};

MLU_AVX512 inline Partial first(__m512 x) {
  const __m512 toInteger = _mm512_set1_ps(0x1.8p23f); // added, it leaves the nearest integer in the low bits
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  __m512 a = _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), magnitude));
  a = _mm512_maskz_min_ps(0xffff, _mm512_set1_ps(9.1f), a); // tanh is 1 from 9.011 on; in this order it keeps a NaN
  __m512 t = _mm512_fmadd_ps(a, _mm512_set1_ps(1 / kTanhWidth), toInteger);
  __m512i i = _mm512_castps_si512(t);
  __m512 d = _mm512_fnmadd_ps(_mm512_sub_ps(t, toInteger), _mm512_set1_ps(kTanhWidth), a); // exact
  __m512 q = pick(kC8, i);
  q = _mm512_fmadd_ps(q, d, pick(kC7, i));
  q = _mm512_fmadd_ps(q, d, pick(kC6, i));
  q = _mm512_fmadd_ps(q, d, pick(kC5, i));
  q = _mm512_fmadd_ps(q, d, pick(kC4, i));
  return {i, d, q};
}
MLU_AVX512 inline __m512 second(__m512 x, const Partial &h) {
  __m512i i = h.point;
  __m512 d = h.distance, s = h.fromFourth;
  __m512 e = step(s, d, pick(kC3, i));
  e = _mm512_fmadd_ps(d, e, step(s, d, pick(kC2, i)));
  e = _mm512_fmadd_ps(d, e, _mm512_add_ps(step(s, d, pick(kC1, i)), pick(kLow1, i)));
  e = _mm512_fmadd_ps(d, e, _mm512_add_ps(step(s, d, pick(kC0, i)), pick(kLow0, i)));
  const __m512i sign = _mm512_set1_epi32(int(0x80000000));
  __m512i y = _mm512_castps_si512(_mm512_add_ps(s, e));
  return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(y, _mm512_castps_si512(x), sign, 0xd8)); // y, signed as x
}

MLU_AVX512 void tanhLoop(float *d, const float *a, size_t n) {
  constexpr size_t kLanes = 16, kVectors = 16;
  Partial partial[kVectors];
  for (; n >= kLanes * kVectors; n -= kLanes * kVectors, a += kLanes * kVectors, d += kLanes * kVectors) {
    for (size_t v = 0; v < kVectors; ++v)
      partial[v] = first(_mm512_loadu_ps(a + v * kLanes));
    for (size_t v = 0; v < kVectors; ++v)
      _mm512_storeu_ps(d + v * kLanes, second(_mm512_loadu_ps(a + v * kLanes), partial[v]));
  }
  for (size_t i = 0; i < n; i += kLanes) {
    __mmask16 lanes = __mmask16(n - i < kLanes ? (1u << (n - i)) - 1 : 0xffffu);
    __m512 x = _mm512_maskz_loadu_ps(lanes, a + i);
    _mm512_mask_storeu_ps(d + i, lanes, second(x, first(x)));
  }
}

} // namespace

FloatUnary tanhByTable() { return __builtin_cpu_supports("avx512f") ? tanhLoop : nullptr; }

} // namespace metabang::sim

#else

namespace metabang::sim {
FloatUnary tanhByTable() { return nullptr; }
} // namespace metabang::sim

#endif
