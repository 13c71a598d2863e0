// Element-wise builtins.
#pragma once
#include "entry.h"

#define __MLU_VV(NAME, OP)                                                                                             \
  template <typename T> inline void NAME(T *dst, const T *src0, const T *src1, unsigned n, __MLU_LOC) {                \
    __mluSimBinary(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, dst, src0, src1, n);                                    \
  }
#define __MLU_VS(NAME, OP)                                                                                             \
  template <typename T>                                                                                                \
  inline void NAME(T *dst, const T *src, typename __mlu_same<T>::type value, unsigned n, __MLU_LOC) {                  \
    __mluSimScalar(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, dst, src, (double)value, n);                            \
  }
#define __MLU_CYCLE(NAME, OP)                                                                                          \
  template <typename T>                                                                                                \
  inline void NAME(T *dst, const T *src, const T *seg, unsigned n, unsigned seg_n, __MLU_LOC) {                        \
    __mluSimCycle(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, dst, src, seg, n, seg_n);                                \
  }
#define __MLU_BITS(NAME, OP)                                                                                           \
  template <typename T> inline void NAME(void *dst, const T *src0, const T *src1, unsigned n, __MLU_LOC) {             \
    __mluSimBitIndex(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, dst, src0, src1, n);                                  \
  }
#define __MLU_UNARY(NAME, OP)                                                                                          \
  template <typename T> inline void NAME(T *dst, const T *src, unsigned n, __MLU_LOC) {                                \
    __mluSimUnary(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, __mlu_type<T>::code, dst, src, n, 0);                    \
  }

// The vector form and the cycle form; the scalar form where there is one.
#define __MLU_FAMILY(X, OP) __MLU_VV(__bang_##X, OP) __MLU_CYCLE(__bang_cycle_##X, OP)
#define __MLU_FAMILY_S(X, OP) __MLU_FAMILY(X, OP) __MLU_VS(__bang_##X##_scalar, OP)

__MLU_FAMILY_S(add, __MLU_ADD)
__MLU_FAMILY_S(sub, __MLU_SUB)
__MLU_FAMILY_S(mul, __MLU_MUL)
__MLU_FAMILY(add_tz, __MLU_ADD_TZ)
__MLU_FAMILY(sub_tz, __MLU_SUB_TZ)
__MLU_FAMILY(mul_tz, __MLU_MUL_TZ)
__MLU_FAMILY_S(adds, __MLU_ADDS)
__MLU_FAMILY_S(subs, __MLU_SUBS)
__MLU_VS(__bang_add_const, __MLU_ADD)
__MLU_VS(__bang_sub_const, __MLU_SUB)
__MLU_VS(__bang_mul_const, __MLU_MUL)
__MLU_VS(__bang_ge_const, __MLU_GE)
__MLU_FAMILY_S(eq, __MLU_EQ)
__MLU_FAMILY_S(ne, __MLU_NE)
__MLU_FAMILY_S(gt, __MLU_GT)
__MLU_FAMILY_S(ge, __MLU_GE)
__MLU_FAMILY_S(lt, __MLU_LT)
__MLU_FAMILY_S(le, __MLU_LE)
__MLU_BITS(__bang_eq_bitindex, __MLU_EQ)
__MLU_BITS(__bang_ne_bitindex, __MLU_NE)
__MLU_BITS(__bang_gt_bitindex, __MLU_GT)
__MLU_BITS(__bang_ge_bitindex, __MLU_GE)
__MLU_BITS(__bang_lt_bitindex, __MLU_LT)
__MLU_BITS(__bang_le_bitindex, __MLU_LE)
__MLU_FAMILY(maxequal, __MLU_MAXEQUAL)
__MLU_FAMILY(minequal, __MLU_MINEQUAL)
__MLU_VS(__bang_maxeq_scalar, __MLU_MAXEQUAL)
__MLU_VS(__bang_mineq_scalar, __MLU_MINEQUAL)
__MLU_FAMILY_S(maximum, __MLU_MAXIMUM)
__MLU_FAMILY_S(minimum, __MLU_MINIMUM)
__MLU_FAMILY_S(nan_maximum, __MLU_NAN_MAXIMUM)
__MLU_FAMILY_S(nan_minimum, __MLU_NAN_MINIMUM)
__MLU_FAMILY_S(and, __MLU_AND)
__MLU_FAMILY_S(or, __MLU_OR)
__MLU_FAMILY_S(xor, __MLU_XOR)
__MLU_FAMILY_S(band, __MLU_BAND)
__MLU_FAMILY_S(bor, __MLU_BOR)
__MLU_FAMILY_S(bxor, __MLU_BXOR)
__MLU_VV(__bang_div, __MLU_DIV)
__MLU_VS(__bang_div, __MLU_DIV)
__MLU_VV(__bang_rem, __MLU_REM)
__MLU_VS(__bang_sll, __MLU_SLL)
__MLU_VS(__bang_srl, __MLU_SRL)
__MLU_VS(__bang_sra, __MLU_SRA)
template <typename T>
inline void __bang_div(T *dst, const T *src0, const T *src1, T *src_addition, unsigned n, __MLU_LOC) {
  __mluSimSoftDiv(__MLU_SITE("__bang_div"), __mlu_type<T>::code, dst, src0, src1, src_addition, n);
}

__MLU_UNARY(__bang_abs, __MLU_ABS)
__MLU_UNARY(__bang_neg, __MLU_NEG)
__MLU_UNARY(__bang_floor, __MLU_FLOOR)
__MLU_UNARY(__bang_round, __MLU_ROUND)
__MLU_UNARY(__bang_nearbyint, __MLU_NEARBYINT)
__MLU_UNARY(__bang_relu, __MLU_RELU)
__MLU_UNARY(__bang_not, __MLU_NOT)
__MLU_UNARY(__bang_bnot, __MLU_BNOT)
__MLU_UNARY(__bang_sqrt, __MLU_SQRT)
__MLU_UNARY(__bang_rsqrt, __MLU_RSQRT)
__MLU_UNARY(__bang_recip, __MLU_RECIP)
__MLU_UNARY(__bang_pow2, __MLU_POW2)
__MLU_UNARY(__bang_log, __MLU_LOG2) // documented as base 2, like __bang_log2
__MLU_UNARY(__bang_log2, __MLU_LOG2)
__MLU_UNARY(__bang_sin, __MLU_SIN)
__MLU_UNARY(__bang_cos, __MLU_COS)
__MLU_UNARY(__bang_active_abs, __MLU_ACTIVE_ABS)
__MLU_UNARY(__bang_active_relu, __MLU_ACTIVE_RELU)
__MLU_UNARY(__bang_active_sign, __MLU_ACTIVE_SIGN)
__MLU_UNARY(__bang_active_sigmoid, __MLU_ACTIVE_SIGMOID)
__MLU_UNARY(__bang_active_tanh, __MLU_ACTIVE_TANH)
__MLU_UNARY(__bang_active_gelu, __MLU_ACTIVE_GELU)
__MLU_UNARY(__bang_active_gelup, __MLU_ACTIVE_GELUP)
__MLU_UNARY(__bang_active_exp, __MLU_ACTIVE_EXP)
__MLU_UNARY(__bang_active_exphp, __MLU_ACTIVE_EXPHP)
__MLU_UNARY(__bang_active_exp_less_0, __MLU_ACTIVE_EXP_LESS_0)
__MLU_UNARY(__bang_active_log, __MLU_ACTIVE_LOG)
__MLU_UNARY(__bang_active_loghp, __MLU_ACTIVE_LOGHP)
__MLU_UNARY(__bang_active_pow2, __MLU_ACTIVE_POW2)
__MLU_UNARY(__bang_active_recip, __MLU_ACTIVE_RECIP)
__MLU_UNARY(__bang_active_recip_greater_1, __MLU_ACTIVE_RECIP_GREATER_1)
__MLU_UNARY(__bang_active_reciphp, __MLU_ACTIVE_RECIPHP)
__MLU_UNARY(__bang_active_sqrt, __MLU_ACTIVE_SQRT)
__MLU_UNARY(__bang_active_sqrthp, __MLU_ACTIVE_SQRTHP)
__MLU_UNARY(__bang_active_rsqrt, __MLU_ACTIVE_RSQRT)
__MLU_UNARY(__bang_active_rsqrthp, __MLU_ACTIVE_RSQRTHP)
__MLU_UNARY(__bang_active_sin, __MLU_ACTIVE_SIN)
__MLU_UNARY(__bang_active_cos, __MLU_ACTIVE_COS)

template <typename T>
inline void __bang_relun(T *dst, const T *src, unsigned n, typename __mlu_same<T>::type nvalue, __MLU_LOC) {
  __mluSimUnary(__MLU_SITE("__bang_relun"), __MLU_RELUN, __mlu_type<T>::code, __mlu_type<T>::code, dst, src, n,
                (double)nvalue);
}
/// dst and src have one type, or dst is the integer type of twice the width.
template <typename D, typename S> inline void __bang_square(D *dst, const S *src, unsigned n, __MLU_LOC) {
  __mluSimUnary(__MLU_SITE("__bang_square"), __MLU_SQUARE, __mlu_type<D>::code, __mlu_type<S>::code, dst, src, n, 0);
}

#define __MLU_TAYLOR(NAME, OP)                                                                                         \
  template <typename T> inline void NAME(T *dst, const T *src, T *aux1, T *aux2, unsigned n, __MLU_LOC) {              \
    __mluSimTaylor(__MLU_SITE(#NAME), OP, __mlu_type<T>::code, dst, src, aux1, aux2, n);                               \
  }
__MLU_TAYLOR(__bang_taylor3_sin, __MLU_TAYLOR_SIN)
__MLU_TAYLOR(__bang_taylor3_cos, __MLU_TAYLOR_COS)
__MLU_TAYLOR(__bang_taylor3_tanh, __MLU_TAYLOR_TANH)
__MLU_TAYLOR(__bang_taylor3_sigmoid, __MLU_TAYLOR_SIGMOID)
__MLU_TAYLOR(__bang_taylor3_softplus, __MLU_TAYLOR_SOFTPLUS)
__MLU_TAYLOR(__bang_taylor4_sin, __MLU_TAYLOR_SIN)
__MLU_TAYLOR(__bang_taylor4_cos, __MLU_TAYLOR_COS)
__MLU_TAYLOR(__bang_taylor4_tanh, __MLU_TAYLOR_TANH)
__MLU_TAYLOR(__bang_taylor4_sigmoid, __MLU_TAYLOR_SIGMOID)
__MLU_TAYLOR(__bang_taylor4_softplus, __MLU_TAYLOR_SOFTPLUS)

// a op b op c; b and c are vectors or scalars; with seg_n they repeat.
#define __MLU_FUSION_SITE __MLU_SITE("__bang_fusion")
template <typename T>
inline void __bang_fusion(mluFusionOpCode code, T *dst, const T *a, const T *b, const T *c, unsigned n, __MLU_LOC) {
  __mluSimFusion(__MLU_FUSION_SITE, code, __mlu_type<T>::code, dst, a, b, 0, c, 0, n, n);
}
template <typename T>
inline void __bang_fusion(mluFusionOpCode code, T *dst, const T *a, const T *b, const T *c, unsigned n, unsigned seg_n,
                          __MLU_LOC) {
  __mluSimFusion(__MLU_FUSION_SITE, code, __mlu_type<T>::code, dst, a, b, 0, c, 0, n, seg_n);
}
template <typename T>
inline void __bang_fusion(mluFusionOpCode code, T *dst, const T *a, const T *b, typename __mlu_same<T>::type c,
                          unsigned n, __MLU_LOC) {
  __mluSimFusion(__MLU_FUSION_SITE, code, __mlu_type<T>::code, dst, a, b, 0, nullptr, (double)c, n, n);
}
template <typename T>
inline void __bang_fusion(mluFusionOpCode code, T *dst, const T *a, typename __mlu_same<T>::type b, const T *c,
                          unsigned n, __MLU_LOC) {
  __mluSimFusion(__MLU_FUSION_SITE, code, __mlu_type<T>::code, dst, a, nullptr, (double)b, c, 0, n, n);
}
template <typename T>
inline void __bang_fusion(mluFusionOpCode code, T *dst, const T *a, typename __mlu_same<T>::type b,
                          typename __mlu_same<T>::type c, unsigned n, __MLU_LOC) {
  __mluSimFusion(__MLU_FUSION_SITE, code, __mlu_type<T>::code, dst, a, nullptr, (double)b, nullptr, (double)c, n, n);
}
