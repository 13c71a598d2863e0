// Reductions, selection, pooling, convolution, matrix products, layout changes.
#pragma once
#include "entry.h"

template <typename T> inline void __bang_reduce_sum(T *dst, const T *src, unsigned n, __MLU_LOC) {
  __mluSimReduceSum(__MLU_SITE("__bang_reduce_sum"), __mlu_type<T>::code, dst, src, n);
}
template <typename T> inline T __bang_sum(const T *src, unsigned n, __MLU_LOC) {
  return (T)(float)__mluSimSum(__MLU_SITE("__bang_sum"), __mlu_type<T>::code, src, n);
}
// dst[0] is the value; the 32-bit index follows it directly
#define __MLU_ARG(NAME, MAX, FABS, OVERLAP)                                                                            \
  template <typename T> inline void NAME(T *dst, const T *src, unsigned n, __MLU_LOC) {                                \
    __mluSimArg(__MLU_SITE(#NAME), __mlu_type<T>::code, MAX, FABS, OVERLAP, dst, src, n);                              \
  }
__MLU_ARG(__bang_max, true, false, false)
__MLU_ARG(__bang_min, false, false, false)
__MLU_ARG(__bang_argmax, true, false, true)
__MLU_ARG(__bang_argmin, false, false, true)
__MLU_ARG(__bang_fabsmax, true, true, true)
__MLU_ARG(__bang_fabsmin, false, true, true)
template <typename T> inline unsigned __bang_count(const T *src, unsigned n, __MLU_LOC) {
  return __mluSimCount(__MLU_SITE("__bang_count"), __mlu_type<T>::code, src, n, nullptr);
}
template <typename T> inline void __bang_count(unsigned *dst, const T *src, unsigned n, __MLU_LOC) {
  __mluSimCount(__MLU_SITE("__bang_count"), __mlu_type<T>::code, src, n, dst);
}
#define __MLU_FIND(NAME, LAST)                                                                                         \
  template <typename T> inline unsigned NAME(const T *src, unsigned n, __MLU_LOC) {                                    \
    return __mluSimFind(__MLU_SITE(#NAME), __mlu_type<T>::code, LAST, src, n, nullptr);                                \
  }                                                                                                                    \
  template <typename T> inline void NAME(unsigned *dst, const T *src, unsigned n, __MLU_LOC) {                         \
    __mluSimFind(__MLU_SITE(#NAME), __mlu_type<T>::code, LAST, src, n, dst);                                           \
  }
__MLU_FIND(__bang_findfirst1, false)
__MLU_FIND(__bang_findlast1, true)

#define __MLU_COMPACT(NAME, R, KIND, BITS, MASK)                                                                       \
  template <typename T> inline R NAME(T *dst, const T *src, const MASK *mask, unsigned n, __MLU_LOC) {                 \
    return (R)__mluSimCompact(__MLU_SITE(#NAME), KIND, BITS, __mlu_type<T>::code, dst, src, mask, n);                  \
  }
__MLU_COMPACT(__bang_select, void, __MLU_SELECT, false, T)
__MLU_COMPACT(__bang_collect, void, __MLU_COLLECT, false, T)
__MLU_COMPACT(__bang_filter, unsigned, __MLU_FILTER, false, T)
__MLU_COMPACT(__bang_select_bitindex, void, __MLU_SELECT, true, void)
__MLU_COMPACT(__bang_collect_bitindex, void, __MLU_COLLECT, true, void)
__MLU_COMPACT(__bang_filter_bitindex, unsigned, __MLU_FILTER, true, void)
inline void __bang_maskmove(void *dst, const void *src, const void *mask, unsigned size, __MLU_LOC) {
  __mluSimMaskMove(__MLU_SITE("__bang_maskmove"), dst, src, mask, size);
}

#define __MLU_POOL_ARGS(KIND)                                                                                          \
  __mlu_pool_args a = {dst, src, __mlu_type<T>::code, KIND, channel, h, w, kh, kw, sw, sh, in_dh, in_dw};              \
  (void)out_dh, (void)out_dw;
#define __MLU_POOL(NAME, KIND)                                                                                         \
  inline void NAME(half *dst, const half *src, unsigned channel, unsigned h, unsigned w, unsigned kh, unsigned kw,     \
                   __MLU_LOC) {                                                                                        \
    __mlu_pool_args a = {dst, src, __MLU_F16, KIND, channel, h, w, kh, kw, kw, kh, 1, 1};                              \
    __mluSimPool(__MLU_SITE(#NAME), &a);                                                                               \
  }                                                                                                                    \
  template <typename T>                                                                                                \
  inline void NAME(T *dst, const T *src, unsigned channel, unsigned h, unsigned w, unsigned kh, unsigned kw,           \
                   unsigned sw, unsigned sh, unsigned in_dh, unsigned in_dw, unsigned out_dh, unsigned out_dw,         \
                   __MLU_LOC) {                                                                                        \
    __MLU_POOL_ARGS(KIND) __mluSimPool(__MLU_SITE(#NAME), &a);                                                         \
  }                                                                                                                    \
  template <typename T>                                                                                                \
  inline void NAME(T *dst, const T *src, unsigned channel, unsigned h, unsigned w, unsigned kh, unsigned kw,           \
                   unsigned sw, unsigned sh, __MLU_LOC) {                                                              \
    __mlu_pool_args a = {dst, src, __mlu_type<T>::code, KIND, channel, h, w, kh, kw, sw, sh, 1, 1};                    \
    __mluSimPool(__MLU_SITE(#NAME), &a);                                                                               \
  }
__MLU_POOL(__bang_maxpool, __MLU_POOL_MAX)
__MLU_POOL(__bang_minpool, __MLU_POOL_MIN)
__MLU_POOL(__bang_sumpool, __MLU_POOL_SUM)
__MLU_POOL(__bang_avgpool, __MLU_POOL_AVG)
// 16-bit indices for half, 32-bit for float: position in the window, ikh * kw + ikw, of the first extreme
template <typename T> struct __mlu_index {
  typedef unsigned short type;
};
template <> struct __mlu_index<float> {
  typedef unsigned type;
};
#define __MLU_POOL_INDEX(NAME, KIND)                                                                                   \
  template <typename T>                                                                                                \
  inline void NAME(typename __mlu_index<T>::type *dst, const T *src, unsigned channel, unsigned h, unsigned w,         \
                   unsigned kh, unsigned kw, unsigned sw, unsigned sh, __MLU_LOC) {                                    \
    __mlu_pool_args a = {dst, src, __mlu_type<T>::code, KIND, channel, h, w, kh, kw, sw, sh, 1, 1};                    \
    __mluSimPoolIndex(__MLU_SITE(#NAME), &a);                                                                          \
  }
__MLU_POOL_INDEX(__bang_maxpool_index, __MLU_POOL_MAX)
__MLU_POOL_INDEX(__bang_minpool_index, __MLU_POOL_MIN)
#define __MLU_POOL_BP(NAME, KIND)                                                                                      \
  template <typename T>                                                                                                \
  inline void NAME(T *dst, const T *src, unsigned channel, unsigned h, unsigned w, unsigned kh, unsigned kw,           \
                   unsigned sw, unsigned sh, mluPoolBPOverlap overlap = OVERLAP_ACC, __MLU_LOC) {                      \
    __mlu_pool_args a = {dst, src, __mlu_type<T>::code, KIND, channel, h, w, kh, kw, sw, sh, 1, 1};                    \
    __mluSimPoolBackward(__MLU_SITE(#NAME), &a, nullptr, overlap);                                                     \
  }
__MLU_POOL_BP(__bang_sumpool_bp, __MLU_POOL_SUM)
__MLU_POOL_BP(__bang_avgpool_bp, __MLU_POOL_AVG)
template <typename T, typename M>
inline void __bang_maxpool_bp(T *dst, const T *src, const M *mask, unsigned channel, unsigned h, unsigned w, unsigned kh,
                              unsigned kw, unsigned sw, unsigned sh, mluPoolBPOverlap overlap = OVERLAP_ACC, __MLU_LOC) {
  __mlu_pool_args a = {dst, src, __mlu_type<T>::code, __MLU_POOL_MAX, channel, h, w, kh, kw, sw, sh, 1, 1};
  __mluSimPoolBackward(__MLU_SITE("__bang_maxpool_bp"), &a, mask, overlap);
}

// Convolution: stride and dilation are given width first. Integer inputs carry fix_position, float inputs do not.
#define __MLU_CONV_TYPES __mlu_type<D>::code, __mlu_type<S>::code, __mlu_type<K>::code
#define __MLU_CONV_SHAPE                                                                                               \
  unsigned ci, unsigned h, unsigned w, unsigned kh, unsigned kw, unsigned sw, unsigned sh, unsigned co
#define __MLU_CONV_CALL(NAME, BIAS, PARTIAL, FIX, DW, DH, DILATED)                                                              \
  __mlu_conv_args a = {dst, src, kernel, BIAS, PARTIAL, __MLU_CONV_TYPES, ci, h, w, kh, kw, sw, sh, co, FIX, DW, DH, DILATED};  \
  __mluSimConv(__MLU_SITE(NAME), &a);
template <typename D, typename S, typename K>
inline void __bang_conv(D *dst, const S *src, const K *kernel, __MLU_CONV_SHAPE, __MLU_LOC) {
  __MLU_CONV_CALL("__bang_conv", nullptr, nullptr, 0, 1, 1, false)
}
template <typename D, typename S, typename K>
inline void __bang_conv(D *dst, const S *src, const K *kernel, __MLU_CONV_SHAPE, int fix_position, __MLU_LOC) {
  __MLU_CONV_CALL("__bang_conv", nullptr, nullptr, fix_position, 1, 1, false)
}
template <typename D, typename S, typename K>
inline void __bang_conv(D *dst, const S *src, const K *kernel, __MLU_CONV_SHAPE, int fix_position, unsigned dw,
                        unsigned dh, __MLU_LOC) {
  __MLU_CONV_CALL("__bang_conv", nullptr, nullptr, fix_position, dw, dh, true)
}
template <typename D, typename S, typename K>
inline void __bang_conv(D *dst, const S *src, const K *kernel, const D *bias, __MLU_CONV_SHAPE, int fix_position,
                        __MLU_LOC) {
  __MLU_CONV_CALL("__bang_conv", bias, nullptr, fix_position, 1, 1, false)
}
template <typename D, typename S, typename K>
inline void __bang_conv(D *dst, const S *src, const K *kernel, const D *bias, __MLU_CONV_SHAPE, int fix_position,
                        unsigned dw, unsigned dh, __MLU_LOC) {
  __MLU_CONV_CALL("__bang_conv", bias, nullptr, fix_position, dw, dh, true)
}
template <typename D, typename S, typename K>
inline void __bang_conv_partial(D *dst, const S *src, const K *kernel, const D *partial, __MLU_CONV_SHAPE, __MLU_LOC) {
  __MLU_CONV_CALL("__bang_conv_partial", nullptr, partial, 0, 1, 1, false)
}
template <typename D, typename S, typename K>
inline void __bang_conv_partial(D *dst, const S *src, const K *kernel, const D *partial, __MLU_CONV_SHAPE,
                                int fix_position, __MLU_LOC) {
  __MLU_CONV_CALL("__bang_conv_partial", nullptr, partial, fix_position, 1, 1, false)
}
template <typename D, typename S, typename K>
inline void __bang_conv_partial(D *dst, const S *src, const K *kernel, const D *partial, __MLU_CONV_SHAPE,
                                int fix_position, unsigned dw, unsigned dh, __MLU_LOC) {
  __MLU_CONV_CALL("__bang_conv_partial", nullptr, partial, fix_position, dw, dh, true)
}

#define __MLU_DENSE_CALL(ENTRY, NAME, SRC, KERNEL, BIAS, PARTIAL, M, K_, N, FIX)                                       \
  __mlu_conv_args a = {dst, SRC, KERNEL, BIAS, PARTIAL, __MLU_CONV_TYPES, K_, M, 1, 1, 1, 1, 1, N, FIX, 1, 1, false};         \
  ENTRY(__MLU_SITE(NAME), &a);
template <typename D, typename S, typename K>
inline void __bang_mlp(D *dst, const S *src, const K *filter, unsigned height, unsigned width, __MLU_LOC) {
  __MLU_DENSE_CALL(__mluSimMlp, "__bang_mlp", src, filter, nullptr, nullptr, 1, width, height, 0)
}
template <typename D, typename S, typename K>
inline void __bang_mlp(D *dst, const S *src, const K *filter, unsigned height, unsigned width, int fix_position,
                       __MLU_LOC) {
  __MLU_DENSE_CALL(__mluSimMlp, "__bang_mlp", src, filter, nullptr, nullptr, 1, width, height, fix_position)
}
/// The bias comes before the filter.
template <typename D, typename S, typename K>
inline void __bang_mlp(D *dst, const S *src, const D *bias, const K *filter, unsigned height, unsigned width,
                       int fix_position, __MLU_LOC) {
  __MLU_DENSE_CALL(__mluSimMlp, "__bang_mlp", src, filter, bias, nullptr, 1, width, height, fix_position)
}
template <typename D, typename S, typename K>
inline void __bang_matmul(D *dst, const S *src0, const K *src1, unsigned M, unsigned K_, unsigned N, __MLU_LOC) {
  __MLU_DENSE_CALL(__mluSimMatmul, "__bang_matmul", src0, src1, nullptr, nullptr, M, K_, N, 0)
}
template <typename D, typename S, typename K>
inline void __bang_matmul(D *dst, const S *src0, const K *src1, unsigned M, unsigned K_, unsigned N, int fix_position,
                          __MLU_LOC) {
  __MLU_DENSE_CALL(__mluSimMatmul, "__bang_matmul", src0, src1, nullptr, nullptr, M, K_, N, fix_position)
}
template <typename D, typename S, typename K>
inline void __bang_matmul(D *dst, const S *src0, const K *src1, const D *src2, unsigned M, unsigned K_, unsigned N,
                          int fix_position, __MLU_LOC) {
  __MLU_DENSE_CALL(__mluSimMatmul, "__bang_matmul", src0, src1, nullptr, src2, M, K_, N, fix_position)
}

#define __MLU_LAYOUT_HW(NAME, KIND)                                                                                    \
  template <typename T> inline void NAME(T *dst, const T *src, unsigned height, unsigned width, __MLU_LOC) {           \
    __mluSimLayout(__MLU_SITE(#NAME), KIND, __mlu_type<T>::code, dst, src, 1, height, width, 1);                                 \
  }
__MLU_LAYOUT_HW(__bang_transpose, __MLU_TRANSPOSE)
__MLU_LAYOUT_HW(__bang_mirror, __MLU_MIRROR)
__MLU_LAYOUT_HW(__bang_rotate90, __MLU_ROTATE90)
__MLU_LAYOUT_HW(__bang_rotate180, __MLU_ROTATE180)
__MLU_LAYOUT_HW(__bang_rotate270, __MLU_ROTATE270)
#define __MLU_LAYOUT_NHWC(NAME, KIND)                                                                                  \
  template <typename T>                                                                                                \
  inline void NAME(T *dst, const T *src, unsigned n, unsigned h, unsigned w, unsigned c, __MLU_LOC) {                  \
    __mluSimLayout(__MLU_SITE(#NAME), KIND, __mlu_type<T>::code, dst, src, n, h, w, c);                                          \
  }
__MLU_LAYOUT_NHWC(__bang_reshape_nhwc2nchw, __MLU_NHWC2NCHW)
__MLU_LAYOUT_NHWC(__bang_reshape_nchw2nhwc, __MLU_NCHW2NHWC)
__MLU_LAYOUT_NHWC(__bang_reshape_filter, __MLU_RESHAPE_FILTER)
template <typename T>
inline void __bang_pad(T *dst, const T *src, unsigned channel, unsigned height, unsigned width, unsigned top,
                       unsigned bottom, unsigned left, unsigned right, __MLU_LOC) {
  __mluSimPad(__MLU_SITE("__bang_pad"), __mlu_type<T>::code, dst, src, channel, height, width, top, bottom, left, right, nullptr);
}
template <typename T>
inline void __bang_pad(T *dst, const T *src, unsigned channel, unsigned height, unsigned width, unsigned top,
                       unsigned bottom, unsigned left, unsigned right, typename __mlu_same<T>::type value, __MLU_LOC) {
  __mluSimPad(__MLU_SITE("__bang_pad"), __mlu_type<T>::code, dst, src, channel, height, width, top, bottom, left, right, &value);
}
template <typename T>
inline void __bang_pad(T *dst, const T *src, unsigned channel, unsigned height, unsigned width, unsigned pad_height,
                       unsigned pad_width, __MLU_LOC) {
  __mluSimPad(__MLU_SITE("__bang_pad"), __mlu_type<T>::code, dst, src, channel, height, width, pad_height, pad_height, pad_width,
              pad_width, nullptr);
}
