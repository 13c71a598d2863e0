// Conversions: __bang_<source>2<destination>[_<rounding mode>], and their scalar forms.
#pragma once
#include "entry.h"

#define __MLU_CONVERT_CALL(NAME, MODE, D, S, DPOS, SPOS, DW, SW)                                                       \
  __mluSimConvert(__MLU_SITE(#NAME), MODE, __mlu_type<D>::code, __mlu_type<S>::code, dst, src, n, DPOS, SPOS, DW, SW)
// strided: n elements a segment, segnum + 1 segments, strides in bytes
#define __MLU_STRIDED_WALKS                                                                                            \
  __mlu_walk dw = {(long)dst_stride, segnum + 1, 0, 1}, sw = {(long)src_stride, segnum + 1, 0, 1};

// float or half to a float type: no position
#define __MLU_PLAIN(NAME, MODE, D, S)                                                                                  \
  inline void NAME(D *dst, const S *src, unsigned n, __MLU_LOC) {                                                      \
    __MLU_CONVERT_CALL(NAME, MODE, D, S, 0, 0, nullptr, nullptr);                                                      \
  }
#define __MLU_PLAIN_STRIDED(NAME, MODE, D, S)                                                                          \
  __MLU_PLAIN(NAME, MODE, D, S)                                                                                        \
  inline void NAME(D *dst, const S *src, unsigned n, unsigned dst_stride, unsigned src_stride, unsigned segnum,        \
                   __MLU_LOC) {                                                                                        \
    __MLU_STRIDED_WALKS __MLU_CONVERT_CALL(NAME, MODE, D, S, 0, 0, &dw, &sw);                                          \
  }
// to an integer type: q = sat(round(x * 2^-position))
#define __MLU_TO_INT(NAME, MODE, D, S)                                                                                 \
  inline void NAME(D *dst, const S *src, unsigned n, int fix_position, __MLU_LOC) {                                    \
    __MLU_CONVERT_CALL(NAME, MODE, D, S, fix_position, 0, nullptr, nullptr);                                           \
  }
#define __MLU_TO_INT_STRIDED(NAME, MODE, D, S)                                                                         \
  __MLU_TO_INT(NAME, MODE, D, S)                                                                                       \
  inline void NAME(D *dst, const S *src, unsigned n, int fix_position, unsigned dst_stride, unsigned src_stride,       \
                   unsigned segnum, __MLU_LOC) {                                                                       \
    __MLU_STRIDED_WALKS __MLU_CONVERT_CALL(NAME, MODE, D, S, fix_position, 0, &dw, &sw);                               \
  }
// from an integer type: x = q * 2^position
#define __MLU_FROM_INT(NAME, MODE, D, S)                                                                               \
  inline void NAME(D *dst, const S *src, unsigned n, int fix_position, __MLU_LOC) {                                    \
    __MLU_CONVERT_CALL(NAME, MODE, D, S, 0, fix_position, nullptr, nullptr);                                           \
  }
#define __MLU_FROM_INT_STRIDED(NAME, MODE, D, S)                                                                       \
  __MLU_FROM_INT(NAME, MODE, D, S)                                                                                     \
  inline void NAME(D *dst, const S *src, unsigned n, int fix_position, unsigned dst_stride, unsigned src_stride,       \
                   unsigned segnum, __MLU_LOC) {                                                                       \
    __MLU_STRIDED_WALKS __MLU_CONVERT_CALL(NAME, MODE, D, S, 0, fix_position, &dw, &sw);                               \
  }
#define __MLU_INT_TO_INT(NAME, D, S)                                                                                   \
  inline void NAME(D *dst, const S *src, unsigned n, int dst_position, int src_position, __MLU_LOC) {                  \
    __MLU_CONVERT_CALL(NAME, __MLU_RD, D, S, dst_position, src_position, nullptr, nullptr);                            \
  }

#define __MLU_MODES(KIND, NAME, D, S)                                                                                  \
  KIND(NAME##_tz, __MLU_TZ, D, S)                                                                                      \
  KIND(NAME##_oz, __MLU_OZ, D, S) KIND(NAME##_up, __MLU_UP, D, S) KIND(NAME##_dn, __MLU_DN, D, S)                      \
      KIND(NAME##_rd, __MLU_RD, D, S) KIND(NAME##_rm, __MLU_RM, D, S) KIND(NAME##_rn, __MLU_RN, D, S)

__MLU_MODES(__MLU_PLAIN_STRIDED, __bang_float2half, half, float)
__MLU_PLAIN_STRIDED(__bang_half2float, __MLU_NOROUND, float, half)
__MLU_MODES(__MLU_PLAIN, __bang_float2bfloat16, bfloat16_t, float)
__MLU_PLAIN(__bang_bfloat162float, __MLU_NOROUND, float, bfloat16_t)
__MLU_MODES(__MLU_PLAIN, __bang_half2bfloat16, bfloat16_t, half)
__MLU_MODES(__MLU_PLAIN, __bang_bfloat162half, half, bfloat16_t)

__MLU_MODES(__MLU_TO_INT, __bang_float2int8, int8_t, float)
__MLU_MODES(__MLU_TO_INT, __bang_float2int16, int16_t, float)
__MLU_MODES(__MLU_TO_INT, __bang_float2int32, int32_t, float)
__MLU_MODES(__MLU_TO_INT, __bang_float2int, int32_t, float)
__MLU_MODES(__MLU_TO_INT_STRIDED, __bang_half2int8, int8_t, half)
__MLU_MODES(__MLU_TO_INT, __bang_half2int16, int16_t, half)
__MLU_MODES(__MLU_TO_INT, __bang_half2int32, int32_t, half)
__MLU_MODES(__MLU_TO_INT, __bang_bfloat162int8, int8_t, bfloat16_t)
__MLU_MODES(__MLU_TO_INT, __bang_bfloat162int16, int16_t, bfloat16_t)
__MLU_MODES(__MLU_TO_INT, __bang_bfloat162int32, int32_t, bfloat16_t)
__MLU_MODES(__MLU_TO_INT, __bang_float2uint8, uint8_t, float)
__MLU_MODES(__MLU_TO_INT, __bang_float2uint16, uint16_t, float)
__MLU_MODES(__MLU_TO_INT, __bang_float2uint32, uint32_t, float)
__MLU_MODES(__MLU_PLAIN, __bang_float2uchar, unsigned char, float)
__MLU_MODES(__MLU_PLAIN_STRIDED, __bang_half2short, short, half)
__MLU_MODES(__MLU_PLAIN, __bang_half2uchar, unsigned char, half)

__MLU_FROM_INT_STRIDED(__bang_int82half, __MLU_RN, half, int8_t)
__MLU_FROM_INT_STRIDED(__bang_fix82half, __MLU_RN, half, int8_t)
__MLU_FROM_INT(__bang_int82float, __MLU_NOROUND, float, int8_t)
__MLU_FROM_INT(__bang_int162half, __MLU_RN, half, int16_t)
__MLU_MODES(__MLU_FROM_INT, __bang_int162half, half, int16_t)
__MLU_FROM_INT(__bang_int162float, __MLU_NOROUND, float, int16_t)
__MLU_FROM_INT(__bang_int322float, __MLU_RN, float, int32_t)
__MLU_MODES(__MLU_FROM_INT, __bang_int322float, float, int32_t)
__MLU_FROM_INT(__bang_int2float, __MLU_RN, float, int32_t)
__MLU_FROM_INT(__bang_int322half, __MLU_RN, half, int32_t)
__MLU_MODES(__MLU_FROM_INT, __bang_int322half, half, int32_t)
__MLU_MODES(__MLU_FROM_INT, __bang_int82bfloat16, bfloat16_t, int8_t)
__MLU_MODES(__MLU_FROM_INT, __bang_int162bfloat16, bfloat16_t, int16_t)
__MLU_MODES(__MLU_FROM_INT, __bang_int322bfloat16, bfloat16_t, int32_t)
__MLU_FROM_INT(__bang_uint82float, __MLU_NOROUND, float, uint8_t)
__MLU_FROM_INT(__bang_uint162float, __MLU_NOROUND, float, uint16_t)
__MLU_FROM_INT(__bang_uint322float, __MLU_RN, float, uint32_t)
__MLU_PLAIN_STRIDED(__bang_short2half, __MLU_RN, half, short)
__MLU_PLAIN_STRIDED(__bang_uchar2half, __MLU_NOROUND, half, unsigned char)
__MLU_PLAIN(__bang_uchar2float, __MLU_NOROUND, float, unsigned char)

__MLU_INT_TO_INT(__bang_int82int16, int16_t, int8_t)
__MLU_INT_TO_INT(__bang_int82int32, int32_t, int8_t)
__MLU_INT_TO_INT(__bang_int162int8, int8_t, int16_t)
__MLU_INT_TO_INT(__bang_int162int32, int32_t, int16_t)
__MLU_INT_TO_INT(__bang_int322int8, int8_t, int32_t)
__MLU_INT_TO_INT(__bang_int322int16, int16_t, int32_t)

// Scalar conversions.
#define __MLU_SCALAR_MODES(SRC, S, DST, D)                                                                             \
  inline D __##SRC##2##DST(S a) { return (D)__mluSimRound(__MLU_TZ, (double)(float)a); }                               \
  inline D __##SRC##2##DST##_tz(S a) { return (D)__mluSimRound(__MLU_TZ, (double)(float)a); }                          \
  inline D __##SRC##2##DST##_oz(S a) { return (D)__mluSimRound(__MLU_OZ, (double)(float)a); }                          \
  inline D __##SRC##2##DST##_up(S a) { return (D)__mluSimRound(__MLU_UP, (double)(float)a); }                          \
  inline D __##SRC##2##DST##_dn(S a) { return (D)__mluSimRound(__MLU_DN, (double)(float)a); }                          \
  inline D __##SRC##2##DST##_rd(S a) { return (D)__mluSimRound(__MLU_RD, (double)(float)a); }                          \
  inline D __##SRC##2##DST##_rm(S a) { return (D)__mluSimRound(__MLU_RM, (double)(float)a); }                          \
  inline D __##SRC##2##DST##_rn(S a) { return (D)__mluSimRound(__MLU_RN, (double)(float)a); }
__MLU_SCALAR_MODES(float, float, int, int)
__MLU_SCALAR_MODES(float, float, short, short)
__MLU_SCALAR_MODES(float, float, char, char)
__MLU_SCALAR_MODES(float, float, uint, unsigned)
__MLU_SCALAR_MODES(half, half, int, int)
__MLU_SCALAR_MODES(half, half, short, short)
__MLU_SCALAR_MODES(half, half, char, char)
#define __MLU_HALF_MODE(X, M)                                                                                          \
  inline half __float2half##X(float a) { return half(__mluSimRoundToHalf(M, a)); }
__MLU_HALF_MODE(, __MLU_TZ)
__MLU_HALF_MODE(_tz, __MLU_TZ)
__MLU_HALF_MODE(_oz, __MLU_OZ)
__MLU_HALF_MODE(_up, __MLU_UP)
__MLU_HALF_MODE(_dn, __MLU_DN)
__MLU_HALF_MODE(_rd, __MLU_RD)
__MLU_HALF_MODE(_rm, __MLU_RM)
__MLU_HALF_MODE(_rn, __MLU_RN)
inline float __half2float(half a) { return a; }
inline float __int2float(int a) { return (float)a; }
inline float __uint2float(unsigned a) { return (float)a; }
inline float __short2float(short a) { return a; }
inline float __char2float(char a) { return a; }
inline half __int2half(int a) { return half(a); }
inline half __short2half(short a) { return half((int)a); }
