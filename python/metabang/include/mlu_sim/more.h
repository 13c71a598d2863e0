// Builtins of MLU3xx and later and rarer ones of all: look-ups, discrete movements, every form of atomics, integers.
#pragma once
#include "entry.h"

/// A parameter that takes no part in deduction, so that scalars convert to the element type.
template <typename __T> struct __mlu_same {
  typedef __T type;
};

#define __MLU_CODE(T) __mlu_type<T>::code
#define __MLU_SKIP_ON_MPU                                                                                              \
  if (coreId == 0x80)                                                                                                  \
  return

#define __MLU_LUT(NAME, ELEMENT, INDEX)                                                                                \
  inline void NAME(ELEMENT *dst, const INDEX *index, const ELEMENT *table, unsigned elem_count, unsigned table_length, \
                   __MLU_LOC) {                                                                                        \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mluSimLut(__MLU_SITE(#NAME), __MLU_CODE(ELEMENT), __MLU_CODE(INDEX), dst, index, table, elem_count, table_length); \
  }
__MLU_LUT(__bang_lut, int, unsigned)
__MLU_LUT(__bang_lut, short, unsigned short)
__MLU_LUT(__bang_lut, int, unsigned short)
__MLU_LUT(__bang_lut, int, unsigned char)
__MLU_LUT(__bang_lut, short, unsigned char)
__MLU_LUT(__bang_lut_s16, short, short)
__MLU_LUT(__bang_lut_s32, int, int)

// wide and high products, bits
#define __MLU_PRODUCT(NAME, OP, D, S)                                                                                  \
  inline void NAME(D *dst, const S *src0, const S *src1, unsigned elem_count, __MLU_LOC) {                             \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mluSimIntOp(__MLU_SITE(#NAME), OP, __MLU_CODE(S), dst, src0, src1, 0, elem_count, elem_count);                   \
  }
#define __MLU_PRODUCT_SCALAR(NAME, OP, D, S)                                                                           \
  inline void NAME(D *dst, const S *src, S value, unsigned elem_count, __MLU_LOC) {                                    \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mluSimIntOp(__MLU_SITE(#NAME), OP, __MLU_CODE(S), dst, src, nullptr, (long)value, elem_count, elem_count);       \
  }
#define __MLU_PRODUCT_CYCLE(NAME, OP, D, S)                                                                            \
  inline void NAME(D *dst, const S *src, const S *seg, unsigned src_elem_count, unsigned seg_elem_count, __MLU_LOC) {  \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mluSimIntOp(__MLU_SITE(#NAME), OP, __MLU_CODE(S), dst, src, seg, 0, src_elem_count, seg_elem_count);             \
  }
#define __MLU_PRODUCTS(X, OP, D, S)                                                                                    \
  __MLU_PRODUCT(__bang_##X, OP, D, S)                                                                                  \
  __MLU_PRODUCT_SCALAR(__bang_##X##_scalar, OP, D, S) __MLU_PRODUCT_CYCLE(__bang_cycle_##X, OP, D, S)
__MLU_PRODUCTS(muls, __MLU_MULS, short, char)
__MLU_PRODUCTS(muls, __MLU_MULS, unsigned short, unsigned char)
__MLU_PRODUCTS(muls, __MLU_MULS, int, short)
__MLU_PRODUCTS(muls, __MLU_MULS, unsigned, unsigned short)
__MLU_PRODUCTS(mulh, __MLU_MULH, char, char)
__MLU_PRODUCTS(mulh, __MLU_MULH, unsigned char, unsigned char)
__MLU_PRODUCTS(mulh, __MLU_MULH, short, short)
__MLU_PRODUCTS(mulh, __MLU_MULH, unsigned short, unsigned short)
__MLU_PRODUCTS(mulh, __MLU_MULH, int, int)
__MLU_PRODUCTS(mulh, __MLU_MULH, unsigned, unsigned)
template <typename __T> inline void __bang_nsa(__T *dst, const __T *src, unsigned elem_count, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimIntOp(__MLU_SITE("__bang_nsa"), __MLU_NSA, __MLU_CODE(__T), dst, src, nullptr, 0, elem_count, elem_count);
}
#define __MLU_ROTATE(NAME, OP)                                                                                         \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, const __T *src, unsigned shift_bits, unsigned elem_count, __MLU_LOC) {                    \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mluSimIntOp(__MLU_SITE(#NAME), OP, __MLU_CODE(__T), dst, src, nullptr, shift_bits, elem_count, elem_count);      \
  }
__MLU_ROTATE(__bang_rol, __MLU_ROL)
__MLU_ROTATE(__bang_ror, __MLU_ROR)
#define __MLU_SET_BIT(NAME, OP)                                                                                        \
  inline void NAME(void *dst, const void *src, int position, unsigned elem_count, __MLU_LOC) {                         \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mluSimIntOp(__MLU_SITE(#NAME), OP, __MLU_U32, dst, src, nullptr, position, elem_count, elem_count);              \
  }
__MLU_SET_BIT(__bang_set0in32, __MLU_SET0)
__MLU_SET_BIT(__bang_set1in32, __MLU_SET1)
template <typename __T> inline int __bang_popcnt(const __T *src, unsigned elem_count, __MLU_LOC) {
  return coreId == 0x80 ? 0 : (int)__mluSimPopulation(__MLU_SITE("__bang_popcnt"), __MLU_CODE(__T), src, elem_count);
}
template <typename __T> inline unsigned __bang_count_bitindex(const __T *src, unsigned elem_count, __MLU_LOC) {
  return coreId == 0x80 ? 0 : __mluSimPopulation(__MLU_SITE("__bang_count_bitindex"), __MLU_CODE(__T), src, elem_count);
}
template <typename __T> inline void __bang_incseq(__T *dst, unsigned elem_count, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimSequence(__MLU_SITE("__bang_incseq"), sizeof(__T), dst, elem_count);
}
inline void __bang_rand(short *dst, unsigned elem_count, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimRandom(__MLU_SITE("__bang_rand"), dst, elem_count);
}

typedef enum { CMP_EQ = 0, CMP_NE = 1, CMP_LT = 2, CMP_LE = 3, CMP_GT = 4, CMP_GE = 5 } CompareMode;
template <typename __T>
inline void __bang_fcmpfilter(CompareMode mode, __T *dst, const __T *src0, const __T *src1, unsigned elem_count, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimCompareFilter(__MLU_SITE("__bang_fcmpfilter"), mode, __MLU_CODE(__T), dst, src0, src1, 0, elem_count);
}
template <typename __T>
inline void __bang_fcmpfilter(CompareMode mode, __T *dst, const __T *src0, typename __mlu_same<__T>::type src1,
                              unsigned elem_count, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimCompareFilter(__MLU_SITE("__bang_fcmpfilter"), mode, __MLU_CODE(__T), dst, src0, nullptr, (double)src1,
                        elem_count);
}
template <typename __T>
inline void __bang_bexpand(__T *dst, const void *src, unsigned n, unsigned h, unsigned w, unsigned c, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimBitExpand(__MLU_SITE("__bang_bexpand"), __MLU_CODE(__T), dst, src, n, h, w, c);
}
template <typename __T>
inline void __bang_breduce(void *dst, const __T *src, unsigned n, unsigned h, unsigned w, unsigned c, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimBitReduce(__MLU_SITE("__bang_breduce"), __MLU_CODE(__T), dst, src, n, h, w, c);
}
template <typename __D, typename __S>
inline void __bang_histogram(__D *dst, const __S *src, const __S *kernel, unsigned size, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimHistogram(__MLU_SITE("__bang_histogram"), __MLU_CODE(__D), __MLU_CODE(__S), dst, src, kernel, size);
}
template <typename __D, typename __S>
inline void __bang_integral(__D *dst, const __S *src, const __S *kernel, unsigned size, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimIntegral(__MLU_SITE("__bang_integral"), __MLU_CODE(__D), __MLU_CODE(__S), dst, src, kernel, size, 0);
}
template <typename __D, typename __S>
inline void __bang_integral(__D *dst, const __S *src, const __S *kernel, unsigned size, int fix_position, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimIntegral(__MLU_SITE("__bang_integral"), __MLU_CODE(__D), __MLU_CODE(__S), dst, src, kernel, size, fix_position);
}
template <typename __T>
inline void __bang_expand_channel_mul(__T *dst, const __T *weight, const __T *ones, const __T *src, unsigned n,
                                      unsigned channels, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimExpandChannel(__MLU_SITE("__bang_expand_channel_mul"), __MLU_CODE(__T), dst, weight, ones, src, nullptr, n,
                        channels);
}
template <typename __T>
inline void __bang_expand_channel_mul_add(__T *dst, const __T *weight, const __T *ones, const __T *src, const __T *add,
                                          unsigned n, unsigned channels, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimExpandChannel(__MLU_SITE("__bang_expand_channel_mul_add"), __MLU_CODE(__T), dst, weight, ones, src, add, n,
                        channels);
}

#define __MLU_TILING(NAME, BITS)                                                                                       \
  inline void NAME(void *dst, const void *src, unsigned n2, unsigned s2, unsigned n1, unsigned s1, unsigned n7,        \
                   unsigned s7, unsigned n6, unsigned s6, __MLU_LOC) {                                                 \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mluSimTiling2d(__MLU_SITE(#NAME), BITS, dst, src, n2, s2, n1, s1, n7, s7, n6, s6);                               \
  }
__MLU_TILING(__bang_tiling_2d_b8, 8)
__MLU_TILING(__bang_tiling_2d_b16, 16)
__MLU_TILING(__bang_tiling_2d_b32, 32)
__MLU_TILING(__bang_tiling_2d_b64, 64)
__MLU_TILING(__bang_tiling_2d_b128, 128)
__MLU_TILING(__bang_tiling_2d_b256, 256)
inline void __bang_tiling_3d_b1024(void *dst, const void *src, unsigned n5, unsigned s5, unsigned n4, unsigned s4,
                                   unsigned n3, unsigned s3, unsigned n10, unsigned s10, unsigned n9, unsigned s9,
                                   unsigned n8, unsigned s8, unsigned op, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  unsigned loops[] = {n5, s5, n4, s4, n3, s3, n10, s10, n9, s9, n8, s8};
  __mluSimTiling3d(__MLU_SITE("__bang_tiling_3d_b1024"), dst, src, loops, op);
}

// Segments at byte offsets; `mask` has a bit for each.
#define __MLU_DISCRETE(NAME, SCATTER, ASYNC)                                                                           \
  template <typename __O>                                                                                              \
  inline void NAME(void *dst, const void *src, const __O *offset, unsigned transfer_size, mluMemcpyDirection_t dir,    \
                   unsigned stride, unsigned transfer_num, __MLU_LOC) {                                                \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mlu_gather_args a = {SCATTER, ASYNC,       dir,           dst,    src,         offset,                           \
                           nullptr, sizeof(__O), transfer_size, stride, transfer_num};                                 \
    __mluSimGather(__MLU_SITE(#NAME), &a);                                                                             \
  }                                                                                                                    \
  template <typename __O>                                                                                              \
  inline void NAME(void *dst, const void *src, const __O *offset, const void *mask, unsigned transfer_size,            \
                   mluMemcpyDirection_t dir, unsigned stride, unsigned transfer_num, __MLU_LOC) {                      \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mlu_gather_args a = {SCATTER, ASYNC,       dir,           dst,    src,         offset,                           \
                           mask,    sizeof(__O), transfer_size, stride, transfer_num};                                 \
    __mluSimGather(__MLU_SITE(#NAME), &a);                                                                             \
  }
__MLU_DISCRETE(__gather, false, false)
__MLU_DISCRETE(__gather_async, false, true)
__MLU_DISCRETE(__scatter, true, false)
__MLU_DISCRETE(__scatter_async, true, true)
/// Not in the documents; in the vendor's kernels it is __gather_async from GDRAM to NRAM.
template <typename __O>
inline void __bang_gather_async(void *dst, const void *src, const __O *offset, const void *mask, unsigned transfer_size,
                                unsigned stride, unsigned transfer_num, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mlu_gather_args a = {false, true, GDRAM2NRAM, dst, src, offset, mask, sizeof(__O), transfer_size, stride, transfer_num};
  __mluSimGather(__MLU_SITE("__bang_gather_async"), &a);
}
#define __MLU_EXTENSION(NAME, ASYNC)                                                                                   \
  inline void NAME(void *dst, const void *src, const unsigned char *repeat, unsigned transfer_size,                    \
                   mluMemcpyDirection_t dir, unsigned transfer_num, __MLU_LOC) {                                       \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mluSimExtension(__MLU_SITE(#NAME), ASYNC, dst, src, repeat, transfer_size, dir, transfer_num);                   \
  }
__MLU_EXTENSION(__extension, false)
__MLU_EXTENSION(__extension_async, true)
inline void __prefetch_smmu(const void *, unsigned) {} // a hint: no effect on results

// Pools.
template <typename __T> struct __mlu_index_of {
  typedef unsigned short type;
};
template <> struct __mlu_index_of<float> {
  typedef unsigned type;
};
#define __MLU_WINDOW                                                                                                   \
  unsigned channel, unsigned height, unsigned width, unsigned kernel_height, unsigned kernel_width,                    \
      unsigned stride_width, unsigned stride_height
#define __MLU_WINDOW_ARGS(T, KIND, DH, DW)                                                                             \
  {dst, src, __MLU_CODE(T), KIND, channel, height, width, kernel_height, kernel_width, stride_width, stride_height, DH, DW}
#define __MLU_VALUE_INDEX(NAME, KIND, NAN_WINS)                                                                        \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, const __T *src, __MLU_WINDOW, unsigned value_index_stride, __MLU_LOC) {                   \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mlu_pool_args a = __MLU_WINDOW_ARGS(__T, KIND, 1, 1);                                                            \
    __mluSimPoolValueIndex(__MLU_SITE(#NAME), &a, value_index_stride, NAN_WINS);                                       \
  }                                                                                                                    \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, const __T *src, __MLU_WINDOW, unsigned value_index_stride, unsigned in_dh,                \
                   unsigned in_dw, unsigned, unsigned, __MLU_LOC) {                                                    \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mlu_pool_args a = __MLU_WINDOW_ARGS(__T, KIND, in_dh, in_dw);                                                    \
    __mluSimPoolValueIndex(__MLU_SITE(#NAME), &a, value_index_stride, NAN_WINS);                                       \
  }
__MLU_VALUE_INDEX(__bang_maxpool_value_index, __MLU_POOL_MAX, false)
__MLU_VALUE_INDEX(__bang_minpool_value_index, __MLU_POOL_MIN, false)
__MLU_VALUE_INDEX(__bang_nan_maxpool_value_index, __MLU_POOL_MAX, true)
__MLU_VALUE_INDEX(__bang_nan_minpool_value_index, __MLU_POOL_MIN, true)
#define __MLU_NAN_POOL(NAME, KIND, INDEX, R)                                                                           \
  template <typename __T> inline void NAME(R *dst, const __T *src, __MLU_WINDOW, __MLU_LOC) {                          \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mlu_pool_args a = __MLU_WINDOW_ARGS(__T, KIND, 1, 1);                                                            \
    __mluSimNanPool(__MLU_SITE(#NAME), &a, INDEX);                                                                     \
  }                                                                                                                    \
  template <typename __T>                                                                                              \
  inline void NAME(R *dst, const __T *src, __MLU_WINDOW, unsigned in_dh, unsigned in_dw, unsigned, unsigned,           \
                   __MLU_LOC) {                                                                                        \
    __MLU_SKIP_ON_MPU;                                                                                                 \
    __mlu_pool_args a = __MLU_WINDOW_ARGS(__T, KIND, in_dh, in_dw);                                                    \
    __mluSimNanPool(__MLU_SITE(#NAME), &a, INDEX);                                                                     \
  }
__MLU_NAN_POOL(__bang_nan_maxpool_index, __MLU_POOL_MAX, true, typename __mlu_index_of<__T>::type)
__MLU_NAN_POOL(__bang_nan_minpool_index, __MLU_POOL_MIN, true, typename __mlu_index_of<__T>::type)
template <typename __T> inline void __bang_unpool(__T *dst, const __T *src, __MLU_WINDOW, unsigned index, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mlu_pool_args a = __MLU_WINDOW_ARGS(__T, __MLU_POOL_SUM, 1, 1);
  __mluSimUnpool(__MLU_SITE("__bang_unpool"), &a, index);
}

#include "more_atomic.h"

// The device's mathematics library.
inline void __cn_vector_sin_f32(int n, float *dst, const float *src, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimVectorMath(__MLU_SITE("__cn_vector_sin_f32"), __MLU_MATH_SIN, (unsigned)n, dst, src, nullptr, 0);
}
inline void __cn_vector_cos_f32(int n, float *dst, const float *src, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimVectorMath(__MLU_SITE("__cn_vector_cos_f32"), __MLU_MATH_COS, (unsigned)n, dst, src, nullptr, 0);
}
inline void __cn_vector_hypot_f32(int n, float *dst, const float *src0, const float *src1, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimVectorMath(__MLU_SITE("__cn_vector_hypot_f32"), __MLU_MATH_HYPOT, (unsigned)n, dst, src0, src1, 0);
}
inline void __cn_vector_cast_f32_to_s32(int n, int *dst, const float *src, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimVectorMath(__MLU_SITE("__cn_vector_cast_f32_to_s32"), __MLU_MATH_CAST, (unsigned)n, dst, src, nullptr, 0);
}
inline void __cn_vector_mod_scalar_u64(int n, unsigned long *dst, const unsigned long *src, unsigned long divisor, __MLU_LOC) {
  __MLU_SKIP_ON_MPU;
  __mluSimVectorMath(__MLU_SITE("__cn_vector_mod_scalar_u64"), __MLU_MATH_MOD, (unsigned)n, dst, src, nullptr, divisor);
}
inline float __cn_scalar_sin_f32(float x) { return __builtin_sinf(x); }
inline float __cn_scalar_cos_f32(float x) { return __builtin_cosf(x); }
inline half __cn_scalar_sin_f16(half x) { return half(__builtin_sinf((float)x)); }
inline half __cn_scalar_cos_f16(half x) { return half(__builtin_cosf((float)x)); }
