// Atomic operations in all forms: vectors and scalars, three dimensions, discrete places; each also asynchronous.
// Templates, because exact overloads of all types, offsets and forms would be 1600 lines that every kernel compiles.
#pragma once
#include "overload.h"

/// A parameter that takes no part in deduction, so that scalars convert to the element type.
template <typename __T> struct __mlu_same {
  typedef __T type;
};
#define __MLU_CODE(T) __mlu_type<T>::code

#define __MLU_ONE_WALK                                                                                                 \
  { 0, 1, 0, 1 }
#define __MLU_ATOMIC_1D(NAME, OP, ASYNC)                                                                               \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, __T *src1, typename __mlu_same<__T>::type src2, unsigned size = 1, __MLU_LOC) {           \
    __mlu_atomic_args a = {OP,      __MLU_CODE(__T), ASYNC,          dst,            src1,           nullptr, (double)src2, \
                           0,       size,            __MLU_ONE_WALK, __MLU_ONE_WALK, __MLU_ONE_WALK, nullptr, 0, nullptr};  \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }                                                                                                                    \
  template <typename __T> inline void NAME(__T *dst, __T *src1, const __T *src2, unsigned size, __MLU_LOC) {           \
    __mlu_atomic_args a = {OP, __MLU_CODE(__T), ASYNC,          dst,            src1,           src2,    0,            \
                           0,  size,            __MLU_ONE_WALK, __MLU_ONE_WALK, __MLU_ONE_WALK, nullptr, 0, nullptr};  \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }
#if __MLU_SINCE(372)
#define __MLU_ATOMIC_REDUCE_1D(NAME, OP, ASYNC)                                                                        \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, typename __mlu_same<__T>::type src1, unsigned size = 1, __MLU_LOC) {                      \
    __mlu_atomic_args a = {OP,      __MLU_CODE(__T), ASYNC,          nullptr,        dst,            nullptr, (double)src1, \
                           0,       size,            __MLU_ONE_WALK, __MLU_ONE_WALK, __MLU_ONE_WALK, nullptr, 0, nullptr};  \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }                                                                                                                    \
  template <typename __T> inline void NAME(__T *dst, const __T *src1, unsigned size, __MLU_LOC) {                      \
    __mlu_atomic_args a = {OP, __MLU_CODE(__T), ASYNC,          nullptr,        dst,            src1,    0,            \
                           0,  size,            __MLU_ONE_WALK, __MLU_ONE_WALK, __MLU_ONE_WALK, nullptr, 0, nullptr};  \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }
#else
#define __MLU_ATOMIC_REDUCE_1D(...)
#endif
// segnum counts are one less than the segments, strides are bytes
#if __MLU_SINCE(500)
#define __MLU_ATOMIC_3D(NAME, OP, ASYNC)                                                                               \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, __T *src0, const __T *src1, unsigned size, unsigned segnum1, unsigned segnum2,            \
                   unsigned dst_stride0, unsigned dst_stride1, unsigned src0_stride0, unsigned src0_stride1,           \
                   unsigned src1_stride0, unsigned src1_stride1, __MLU_LOC) {                                          \
    __mlu_atomic_args a = {OP, __MLU_CODE(__T), ASYNC, dst, src0, src1, 0, 0, size,                                    \
                           {(long)dst_stride0, segnum1 + 1, (long)dst_stride1, segnum2 + 1},                           \
                           {(long)src0_stride0, segnum1 + 1, (long)src0_stride1, segnum2 + 1},                         \
                           {(long)src1_stride0, segnum1 + 1, (long)src1_stride1, segnum2 + 1}, nullptr, 0, nullptr};   \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }
#else
#define __MLU_ATOMIC_3D(...)
#endif
#if __MLU_SINCE(500)
#define __MLU_ATOMIC_REDUCE_3D(NAME, OP, ASYNC)                                                                        \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, const __T *src, unsigned size, unsigned segnum1, unsigned segnum2, unsigned dst_stride0,  \
                   unsigned dst_stride1, unsigned src_stride0, unsigned src_stride1, __MLU_LOC) {                      \
    __mlu_atomic_args a = {OP, __MLU_CODE(__T), ASYNC, nullptr, dst, src, 0, 0, size, __MLU_ONE_WALK,                  \
                           {(long)dst_stride0, segnum1 + 1, (long)dst_stride1, segnum2 + 1},                           \
                           {(long)src_stride0, segnum1 + 1, (long)src_stride1, segnum2 + 1}, nullptr, 0, nullptr};     \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }
#else
#define __MLU_ATOMIC_REDUCE_3D(...)
#endif
// a byte offset for each element, a bit of the mask for each
#if __MLU_SINCE(592)
#define __MLU_ATOMIC_DISCRETE(NAME, OP)                                                                                \
  template <typename __T, typename __O>                                                                                \
  inline void NAME(__T *dst, const __T *src1_base, const __O *src1_offset, const __T *src2, unsigned size,             \
                   __MLU_LOC) {                                                                                        \
    NAME(dst, src1_base, src1_offset, src2, (const void *)nullptr, size, __l);                                         \
  }                                                                                                                    \
  template <typename __T, typename __O>                                                                                \
  inline void NAME(__T *dst, const __T *src1_base, const __O *src1_offset, const __T *src2, const void *mask,          \
                   unsigned size, __MLU_LOC) {                                                                         \
    __mlu_atomic_args a = {OP, __MLU_CODE(__T), false, dst, const_cast<__T *>(src1_base), src2, 0, 0, size,            \
                           __MLU_ONE_WALK, __MLU_ONE_WALK, __MLU_ONE_WALK, src1_offset, sizeof(__O), mask};            \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }
#else
#define __MLU_ATOMIC_DISCRETE(...)
#endif

#define __MLU_ATOMICS(X, OP)                                                                                           \
  __MLU_ATOMIC_1D(__bang_atomic_##X##_async, OP, true)                                                                 \
  __MLU_ATOMIC_3D(__bang_atomic_##X, OP, false) __MLU_ATOMIC_3D(__bang_atomic_##X##_async, OP, true)                   \
  __MLU_ATOMIC_DISCRETE(__bang_discrete_atomic_##X, OP)
#define __MLU_ATOMIC_REDUCES(X, OP)                                                                                    \
  __MLU_ATOMIC_REDUCE_1D(X##_async, OP, true)                                                                          \
  __MLU_ATOMIC_REDUCE_3D(X, OP, false) __MLU_ATOMIC_REDUCE_3D(X##_async, OP, true)
__MLU_ATOMICS(add, __MLU_ATOMIC_ADD)
__MLU_ATOMICS(max, __MLU_ATOMIC_MAX)
__MLU_ATOMICS(min, __MLU_ATOMIC_MIN)
__MLU_ATOMICS(exch, __MLU_ATOMIC_EXCH)
__MLU_ATOMIC_REDUCES(__bang_atomic_reduce_add, __MLU_ATOMIC_ADD)
__MLU_ATOMIC_REDUCES(__bang_atomic_reduce_max, __MLU_ATOMIC_MAX)
__MLU_ATOMIC_REDUCES(__bang_atomic_reduce_min, __MLU_ATOMIC_MIN)
__MLU_ATOMIC_REDUCES(__bang_atomic_reduce_exch, __MLU_ATOMIC_EXCH)
#define __MLU_ATOMICS_NEW(X, R, OP)                                                                                    \
  __MLU_ATOMIC_1D(__bang_atomic_##X, OP, false)                                                                        \
  __MLU_ATOMICS(X, OP) __MLU_ATOMIC_REDUCE_1D(__bang_atomic_##R, OP, false) __MLU_ATOMIC_REDUCES(__bang_atomic_##R, OP)
__MLU_ATOMICS_NEW(and, reduce_and, __MLU_ATOMIC_AND)
__MLU_ATOMICS_NEW(or, reduce_or, __MLU_ATOMIC_OR)
__MLU_ATOMICS_NEW(xor, reduce_xor, __MLU_ATOMIC_XOR)
__MLU_ATOMICS_NEW(inc, reduce_inc, __MLU_ATOMIC_INC)
__MLU_ATOMICS_NEW(dec, reduce_dec, __MLU_ATOMIC_DEC)
__MLU_ATOMICS_NEW(number_max, number_reduce_max, __MLU_ATOMIC_NUMBER_MAX)
__MLU_ATOMICS_NEW(number_min, number_reduce_min, __MLU_ATOMIC_NUMBER_MIN)
__MLU_ATOMICS_NEW(nan_max, nan_reduce_max, __MLU_ATOMIC_NAN_MAX)
__MLU_ATOMICS_NEW(nan_min, nan_reduce_min, __MLU_ATOMIC_NAN_MIN)

// compare and swap works on one element; the discrete form on many
#define __MLU_ATOMIC_CAS_OF(NAME, ASYNC)                                                                               \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, __T *src1, typename __mlu_same<__T>::type src2, typename __mlu_same<__T>::type src3,      \
                   __MLU_LOC) {                                                                                        \
    __mlu_atomic_args a = {__MLU_ATOMIC_CAS, __MLU_CODE(__T), ASYNC, dst, src1, nullptr, (double)src3, (double)src2, 1, \
                           __MLU_ONE_WALK, __MLU_ONE_WALK, __MLU_ONE_WALK, nullptr, 0, nullptr};                       \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }
__MLU_ATOMIC_CAS_OF(__bang_atomic_cas, false)
__MLU_ATOMIC_CAS_OF(__bang_atomic_cas_async, true)
#if __MLU_SINCE(372)
#define __MLU_ATOMIC_REDUCE_CAS_OF(NAME, ASYNC)                                                                        \
  template <typename __T>                                                                                              \
  inline void NAME(__T *dst, typename __mlu_same<__T>::type src1, typename __mlu_same<__T>::type src2, __MLU_LOC) {    \
    __mlu_atomic_args a = {__MLU_ATOMIC_CAS, __MLU_CODE(__T), ASYNC, nullptr, dst, nullptr, (double)src2, (double)src1, \
                           1, __MLU_ONE_WALK, __MLU_ONE_WALK, __MLU_ONE_WALK, nullptr, 0, nullptr};                    \
    __mluSimAtomicForm(__MLU_SITE(#NAME), &a);                                                                         \
  }
#else
#define __MLU_ATOMIC_REDUCE_CAS_OF(...)
#endif
__MLU_ATOMIC_REDUCE_CAS_OF(__bang_atomic_reduce_cas, false)
__MLU_ATOMIC_REDUCE_CAS_OF(__bang_atomic_reduce_cas_async, true)
