#include "Activation.h"
#include "Avx512.h"

#ifdef MLU_HAS_AVX512

#include "TanhTable.h"

namespace metabang::sim {
namespace {

/// s is c + d * s, and the rounding error of that is returned. It is exact while |c| >= |d * s|, and where it is not,
/// it is wrong by a part in 2^24 of a small term.
MLU_AVX512 inline __m512 step(__m512 &s, __m512 d, __m512 c) {
  __m512 sum = _mm512_fmadd_ps(d, s, c), error = _mm512_fmadd_ps(d, s, _mm512_sub_ps(c, sum));
  s = sum;
  return error;
}

// tanh x within 0.502 ulp (0.5013 at worst over every 61st float from 2^-31 to 10): of one of 32 points, plus a
// polynomial of the distance to it. The points lie so densely where tanh is steep that its terms from the square on are
// small enough to be exact in float.
struct Tanh {
  struct Half {
    __m512i point;
    __m512 distance, fromSquare; // the polynomial from the square on, divided by that
  };

  static MLU_AVX512 inline Half first(__m512 x) {
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
    __m512 a = _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), magnitude));
    a = _mm512_maskz_min_ps(0xffff, _mm512_set1_ps(9.015f), a); // from 9.011 on it is 1; in this order it keeps a NaN
    __m512 place = _mm512_fmadd_ps(a, _mm512_set1_ps(kTanhScale), _mm512_set1_ps(0.5f));
    __m512i i = _mm512_maskz_srli_epi32(0xffff, _mm512_castps_si512(place), 20);
    __m512 d = _mm512_sub_ps(a, pick(kTanhPoint, i)); // exact
    __m512 q = pick(kTanh6, i);
    q = _mm512_fmadd_ps(q, d, pick(kTanh5, i));
    q = _mm512_fmadd_ps(q, d, pick(kTanh4, i));
    q = _mm512_fmadd_ps(q, d, pick(kTanh3, i));
    return {i, d, _mm512_fmadd_ps(q, d, pick(kTanh2, i))};
  }

  static MLU_AVX512 inline __m512 second(__m512 x, const Half &h) {
    __m512i i = h.point;
    __m512 d = h.distance, s = h.fromSquare;
    __m512 e = step(s, d, pick(kTanh1, i));
    e = _mm512_fmadd_ps(d, e, step(s, d, pick(kTanh0, i)));
    const __m512i sign = _mm512_set1_epi32(int(0x80000000));
    __m512i y = _mm512_castps_si512(_mm512_add_ps(s, e));
    return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(y, _mm512_castps_si512(x), sign, 0xd8)); // y, signed as x
  }
};

} // namespace

FloatUnary tanhByTable() { return __builtin_cpu_supports("avx512f") ? inTwoLoops<Tanh> : nullptr; }

} // namespace metabang::sim

#else

namespace metabang::sim {
FloatUnary tanhByTable() { return nullptr; }
} // namespace metabang::sim

#endif
