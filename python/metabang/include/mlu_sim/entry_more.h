// Further C entry points: builtins of MLU3xx and later, and rarer ones of all. Included by entry.h.
#pragma once

enum __mlu_int_op { __MLU_MULS, __MLU_MULH, __MLU_NSA, __MLU_ROL, __MLU_ROR, __MLU_SET0, __MLU_SET1 };
/// Atomic operations after the four of __mlu_atomic.
enum __mlu_atomic_more {
  __MLU_ATOMIC_AND = 4,
  __MLU_ATOMIC_OR,
  __MLU_ATOMIC_XOR,
  __MLU_ATOMIC_INC,
  __MLU_ATOMIC_DEC,
  __MLU_ATOMIC_NUMBER_MAX,
  __MLU_ATOMIC_NUMBER_MIN,
  __MLU_ATOMIC_NAN_MAX,
  __MLU_ATOMIC_NAN_MIN,
  __MLU_ATOMIC_CAS
};
enum __mlu_compare { __MLU_CMP_EQ, __MLU_CMP_NE, __MLU_CMP_LT, __MLU_CMP_LE, __MLU_CMP_GT, __MLU_CMP_GE };

/// The segments of an atomic operation of two or three dimensions, or the places of a discrete one.
struct __mlu_atomic_args {
  int op, type;
  bool async;
  void *old;             // receives what was there; null in the reduce forms
  void *target;          // in GDRAM
  const void *vector;    // operands in NRAM; null: `scalar`
  double scalar, compare; // compare: of cas
  unsigned n;            // elements of a segment, or places
  __mlu_walk old_walk, target_walk, vector_walk;
  const void *offset; // discrete forms: byte offsets of the places
  unsigned offset_bytes;
  const void *mask; // a bit for each place, or null
};
struct __mlu_gather_args {
  bool scatter, async;
  int dir;
  void *dst;
  const void *src, *offset, *mask;
  unsigned offset_bytes, size, stride, n;
};

extern "C" {
void __mluSimLut(__mlu_site, int type, int index_type, void *dst, const void *index, const void *table, unsigned n,
                 unsigned length);
/// muls and mulh of vectors (b) or with a scalar (b null), nsa, rotations and bits by `scalar`.
void __mluSimIntOp(__mlu_site, int op, int type, void *dst, const void *a, const void *b, long scalar, unsigned n,
                   unsigned period);
unsigned __mluSimPopulation(__mlu_site, int type, const void *src, unsigned n);
void __mluSimSequence(__mlu_site, unsigned element_bytes, void *dst, unsigned n);
void __mluSimRandom(__mlu_site, void *dst, unsigned n);
void __mluSimCompareFilter(__mlu_site, int mode, int type, void *dst, const void *a, const void *b, double scalar,
                           unsigned n);
void __mluSimBitExpand(__mlu_site, int type, void *dst, const void *src, unsigned n, unsigned h, unsigned w, unsigned c);
void __mluSimBitReduce(__mlu_site, int type, void *dst, const void *src, unsigned n, unsigned h, unsigned w, unsigned c);
void __mluSimHistogram(__mlu_site, int dst_type, int src_type, void *dst, const void *src, const void *kernel,
                       unsigned n);
void __mluSimIntegral(__mlu_site, int dst_type, int src_type, void *dst, const void *src, const void *kernel, unsigned n,
                      int fix_position);
void __mluSimExpandChannel(__mlu_site, int type, void *dst, const void *weight, const void *kernel, const void *src,
                           const void *add, unsigned n, unsigned channels);
void __mluSimTiling2d(__mlu_site, unsigned bits, void *dst, const void *src, unsigned n2, unsigned s2, unsigned n1,
                      unsigned s1, unsigned n7, unsigned s7, unsigned n6, unsigned s6);
void __mluSimTiling3d(__mlu_site, void *dst, const void *src, const unsigned *counts_and_strides, unsigned units);
void __mluSimGather(__mlu_site, const __mlu_gather_args *);
void __mluSimExtension(__mlu_site, bool async, void *dst, const void *src, const void *repeat, unsigned size, int dir,
                       unsigned n);
void __mluSimAtomicForm(__mlu_site, const __mlu_atomic_args *);
void __mluSimPoolValueIndex(__mlu_site, const __mlu_pool_args *, unsigned value_index_stride, bool nan);
void __mluSimNanPool(__mlu_site, const __mlu_pool_args *, bool index);
/// Refuses a dilation of the output, whose meaning no document tells.
void __mluSimOutputDilation(__mlu_site, unsigned height, unsigned width);
void __mluSimUnpool(__mlu_site, const __mlu_pool_args *, unsigned index);
/// Functions of the device's mathematics library that take a count first.
enum __mlu_math { __MLU_MATH_SIN, __MLU_MATH_COS, __MLU_MATH_HYPOT, __MLU_MATH_CAST, __MLU_MATH_MOD };
void __mluSimVectorMath(__mlu_site, int function, unsigned n, void *dst, const void *a, const void *b,
                        unsigned long long scalar);
}

#ifndef __MLU_SIM_LIBRARY // the memory core leaves them out, see cluster.h
#define __mluSimLut(...) __MLU_ON_IPU(__mluSimLut, __VA_ARGS__)
#define __mluSimIntOp(...) __MLU_ON_IPU(__mluSimIntOp, __VA_ARGS__)
#define __mluSimSequence(...) __MLU_ON_IPU(__mluSimSequence, __VA_ARGS__)
#define __mluSimRandom(...) __MLU_ON_IPU(__mluSimRandom, __VA_ARGS__)
#define __mluSimCompareFilter(...) __MLU_ON_IPU(__mluSimCompareFilter, __VA_ARGS__)
#define __mluSimBitExpand(...) __MLU_ON_IPU(__mluSimBitExpand, __VA_ARGS__)
#define __mluSimBitReduce(...) __MLU_ON_IPU(__mluSimBitReduce, __VA_ARGS__)
#define __mluSimHistogram(...) __MLU_ON_IPU(__mluSimHistogram, __VA_ARGS__)
#define __mluSimIntegral(...) __MLU_ON_IPU(__mluSimIntegral, __VA_ARGS__)
#define __mluSimExpandChannel(...) __MLU_ON_IPU(__mluSimExpandChannel, __VA_ARGS__)
#define __mluSimTiling2d(...) __MLU_ON_IPU(__mluSimTiling2d, __VA_ARGS__)
#define __mluSimTiling3d(...) __MLU_ON_IPU(__mluSimTiling3d, __VA_ARGS__)
#define __mluSimGather(...) __MLU_ON_IPU(__mluSimGather, __VA_ARGS__)
#define __mluSimExtension(...) __MLU_ON_IPU(__mluSimExtension, __VA_ARGS__)
#define __mluSimAtomicForm(...) __MLU_ON_IPU(__mluSimAtomicForm, __VA_ARGS__)
#define __mluSimPoolValueIndex(...) __MLU_ON_IPU(__mluSimPoolValueIndex, __VA_ARGS__)
#define __mluSimNanPool(...) __MLU_ON_IPU(__mluSimNanPool, __VA_ARGS__)
#define __mluSimUnpool(...) __MLU_ON_IPU(__mluSimUnpool, __VA_ARGS__)
#define __mluSimVectorMath(...) __MLU_ON_IPU(__mluSimVectorMath, __VA_ARGS__)
#define __mluSimPopulation(...) (coreId == 0x80 ? 0u : (__mluSimPopulation)(__VA_ARGS__))
#endif
