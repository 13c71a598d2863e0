#ifndef METABANG_SIMULATOR_LOOPS_H
#define METABANG_SIMULATOR_LOOPS_H

#include <cstddef>

// A loop that is compiled for several instruction sets; the best one is chosen when the library is loaded (by glibc).
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#if __GNUC__ >= 12
#define MLU_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MLU_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define MLU_CLONES
#endif

namespace metabang::sim {

/// Elements that are worked on at a time: operands of a block stay in the first-level cache.
constexpr size_t kBlock = 1024;

// Conversions of n elements; type is one of __MLU_F16, __MLU_BF16, __MLU_F32.
void toFloat(int type, float *dst, const void *src, size_t n);
void fromFloat(int type, void *dst, const float *src, size_t n);
/// Rounds toward zero and stays finite.
void fromFloatTz(int type, void *dst, const float *src, size_t n);
float largest(int type);

using FloatBinary = void (*)(float *d, const float *a, const float *b, size_t n);
using FloatUnary = void (*)(float *d, const float *a, size_t n);
FloatBinary floatBinary(int op); // null if there is none
FloatUnary floatUnary(int op);
using IntBinary = void (*)(void *d, const void *a, const void *b, size_t n);
IntBinary intBinary(int op, int type);

/// MLU2xx makes no Inf and no NaN: what left the range of the type is its largest number, with the sign of the NaN
/// operand if there was one. b may be null.
void saturate(float *d, const float *a, const float *b, size_t n, float max);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_LOOPS_H
