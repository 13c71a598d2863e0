// Vector variables: 256 bytes in a register of the vector unit. The vendor documents them nowhere; this is what the
// functions of public kernels that are qualified __mlu_vector__ use.
#pragma once
#include "mlisa.h"

namespace mlu_sim {

constexpr unsigned kVectorBytes = 256;

template <typename __T> struct Vector {
  static constexpr unsigned lanes = kVectorBytes / sizeof(__T);
  __T lane[lanes];
};
template <typename __T> struct Lane { // an operand: a vector's lane, or a scalar
  typedef __T type;
  static __T get(const Vector<__T> &v, unsigned i) { return v.lane[i]; }
  template <typename __S> static __T get(__S s, unsigned) { return (__T)s; }
};
/// How two elements of a type are combined: integers wrap.
template <typename __T> struct Wide {
  typedef __T type;
};
template <> struct Wide<int> {
  typedef unsigned type;
};
template <> struct Wide<short> {
  typedef unsigned type;
};
template <> struct Wide<unsigned short> {
  typedef unsigned type;
};

} // namespace mlu_sim

typedef mlu_sim::Vector<float> vv_float;
typedef mlu_sim::Vector<half> vv_half;
typedef mlu_sim::Vector<int> vv_int32;
typedef mlu_sim::Vector<unsigned> vv_uint32;
typedef mlu_sim::Vector<short> vv_int16;
typedef mlu_sim::Vector<unsigned short> vv_uint16;

/// Bytes of a vector variable.
inline unsigned __vv_get_length() { return mlu_sim::kVectorBytes; }

#define __MLU_VV_EACH(EXPRESSION)                                                                                      \
  typedef mlu_sim::Lane<__T> __L [[gnu::unused]];                                                                                    \
  typedef typename mlu_sim::Wide<__T>::type __W;                                                                       \
  (void)sizeof(__W);                                                                                                   \
  for (unsigned __i = 0; __i < dst.lanes; ++__i)                                                                       \
    dst.lane[__i] = (__T)(EXPRESSION);
#define __MLU_VV_BINARY(NAME, OPERATOR)                                                                                \
  template <typename __T, typename __A, typename __B>                                                                  \
  inline void NAME(mlu_sim::Vector<__T> &dst, const __A &a, const __B &b) {                                            \
    __MLU_VV_EACH((__W)__L::get(a, __i) OPERATOR (__W) __L::get(b, __i))                                               \
  }
__MLU_VV_BINARY(__vv_add, +)
__MLU_VV_BINARY(__vv_sub, -)
__MLU_VV_BINARY(__vv_mul, *)
__MLU_VV_BINARY(__vv_and, &)
__MLU_VV_BINARY(__vv_or, |)
__MLU_VV_BINARY(__vv_xor, ^)
#undef __MLU_VV_BINARY
template <typename __T, typename __A> inline void __vv_move(mlu_sim::Vector<__T> &dst, const __A &a) {
  __MLU_VV_EACH(__L::get(a, __i))
}
/// The upper half of the product.
template <typename __B> inline void __vv_mulh(vv_uint32 &dst, const vv_uint32 &a, const __B &b) {
  for (unsigned i = 0; i < dst.lanes; ++i)
    dst.lane[i] = (unsigned)((unsigned long)a.lane[i] * mlu_sim::Lane<unsigned>::get(b, i) >> 32);
}
template <typename __T, typename __A, typename __B, typename __C>
inline void __vv_trixor(mlu_sim::Vector<__T> &dst, const __A &a, const __B &b, const __C &c) {
  __MLU_VV_EACH(__L::get(a, __i) ^ __L::get(b, __i) ^ __L::get(c, __i))
}
/// start, start + step, start + 2 step, …
template <typename __T, typename __A, typename __B>
inline void __vv_index(mlu_sim::Vector<__T> &dst, __A start, __B step) {
  __MLU_VV_EACH((__W)(__T)start + (__W)(__T)step * (__W)__i)
}
#undef __MLU_VV_EACH
template <typename __T>
inline void __vv_store(__T *dst, const mlu_sim::Vector<__T> &src, unsigned n = mlu_sim::Vector<__T>::lanes, __MLU_LOC) {
  __mluSimVectorMove(__MLU_SITE("__vv_store"), true, __mlu_type<__T>::code, dst, (void *)src.lane, n);
}
template <typename __T>
inline void __vv_load(mlu_sim::Vector<__T> &dst, const __T *src, unsigned n = mlu_sim::Vector<__T>::lanes, __MLU_LOC) {
  __mluSimVectorMove(__MLU_SITE("__vv_load"), false, __mlu_type<__T>::code, (void *)src, dst.lane, n);
}
