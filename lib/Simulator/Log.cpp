#include "Activation.h"
#include "Avx512.h"

#ifdef MLU_HAS_AVX512

#include "LogTable.h"

#include <cmath>

namespace metabang::sim {
namespace {

// ln x within 0.501 ulp: x = 2^e m = 2^e c (1 + r) for one of 32 numbers c, so ln x = e ln 2 + ln c + ln(1 + r). r is
// exact, e ln 2 + ln c is but for a small rest, and both are 0 around x = 1.
struct Log {
  struct Half {
    __m512 sum, rest, r; // ln x without the terms from r^3 on, in two parts
  };

  static MLU_AVX512 inline Half first(__m512 x) {
    __m512 m = _mm512_maskz_getmant_ps(0xffff, x, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
    __m512 e = _mm512_maskz_getexp_ps(0xffff, x);
    e = _mm512_sub_ps(e, _mm512_maskz_getexp_ps(0xffff, m)); // m below 1 has the exponent -1
    __m512i i = _mm512_maskz_srli_epi32(0xffff, _mm512_castps_si512(m), 18);
    __m512 r = _mm512_fmsub_ps(m, pick(kLogInverse, i), _mm512_set1_ps(1));
    __m512 whole = _mm512_fmadd_ps(e, _mm512_set1_ps(kLn2), pick(kLogOf, i)); // exact
    __m512 rest = _mm512_fmadd_ps(e, _mm512_set1_ps(kLn2Rest), pick(kLogRest, i));
    __m512 sum = _mm512_add_ps(whole, r);
    rest = _mm512_add_ps(rest, _mm512_sub_ps(r, _mm512_sub_ps(sum, whole)));
    const __m512 half = _mm512_set1_ps(0.5f);
    __m512 square = _mm512_mul_ps(r, r), error = _mm512_fmsub_ps(r, r, square);
    __m512 less = _mm512_fnmadd_ps(half, square, sum);
    rest = _mm512_add_ps(rest, _mm512_fnmadd_ps(half, square, _mm512_sub_ps(sum, less)));
    return {less, _mm512_fnmadd_ps(half, error, rest), r};
  }

  static MLU_AVX512 inline __m512 second(__m512 x, const Half &h) {
    __m512 r = h.r, q = _mm512_set1_ps(kLog6);
    q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(kLog5));
    q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(kLog4));
    q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(kLog3));
    __m512 y = _mm512_add_ps(h.sum, _mm512_fmadd_ps(_mm512_mul_ps(r, _mm512_mul_ps(r, r)), q, h.rest));
    // From the last digit on, of x: NaN stays (as a quiet one), 0 gives -Inf, 1 gives 0, -Inf NaN, Inf Inf.
    y = _mm512_maskz_fixupimm_ps(0xffff, y, x, _mm512_set1_epi32(0x00538422), 0);
    __mmask16 negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    return _mm512_mask_mov_ps(y, negative, _mm512_set1_ps(NAN));
  }
};

} // namespace

FloatUnary logByTable() { return __builtin_cpu_supports("avx512f") ? inTwoLoops<Log> : nullptr; }

} // namespace metabang::sim

#else

namespace metabang::sim {
FloatUnary logByTable() { return nullptr; }
} // namespace metabang::sim

#endif
