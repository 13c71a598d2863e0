// Qualifiers, element types and built-in variables of BANG C for a host C++ compiler.
#pragma once
#include <stdint.h>

#define __MLU_SIM__ 1
#define __BANG__ 1

// On-chip variables. Each simulated core is a host thread, so NRAM is thread-local storage. The ABI tag puts the
// address space into the variable's ELF symbol: the library reads name, space and size of every on-chip variable
// of a kernel from there and needs no registration. WRAM holds its bytes in the library (64 banks); the variable
// only reserves addresses.
#ifndef __METABANG_CNCC__ // metabang-cncc rewrites the qualifiers itself
#define __nram__ static thread_local __attribute__((aligned(64), used, abi_tag("mlu_nram")))
#define __wram__ static __attribute__((aligned(4096), used, abi_tag("mlu_wram")))
#define __ldram__ static thread_local __attribute__((aligned(64), used, abi_tag("mlu_ldram")))
#define __mlu_shared__ static __attribute__((aligned(4096), used, abi_tag("mlu_sram")))

#define __mlu_global__ __attribute__((visibility("default")))
#define __mlu_entry__ __mlu_global__
#define __mlu_func__ inline
#define __mlu_device__
#define __mlu_host__
#define __mlu_const__ const
#define __mlu_builtin__ inline
#else
#include <stddef.h>
#endif

/// A line of a kernel: no argument of a builtin becomes one.
enum __mlu_line : int {};

/// Where a builtin was called: kernel file and line.
struct __mlu_loc {
  const char *file;
  int line;
};
inline __mlu_loc __mlu_here(int line = __builtin_LINE(), const char *file = __builtin_FILE()) { return {file, line}; }

extern "C" {
float __mluSimHalfToFloat(unsigned short bits) noexcept(true);
unsigned short __mluSimFloatToHalf(float value) noexcept(true); // nearest even
}

/// IEEE binary16. Arithmetic of two halves rounds to half after every operation.
struct half {
  unsigned short __bits;
  half() = default;
  half(float v) : __bits(__mluSimFloatToHalf(v)) {}
  half(double v) : half((float)v) {}
  half(int v) : half((float)v) {}
  half(unsigned v) : half((float)v) {}
  half(long v) : half((float)v) {}
  half(unsigned long v) : half((float)v) {}
  half(long long v) : half((float)v) {}
  half(unsigned long long v) : half((float)v) {}
  operator float() const { return __mluSimHalfToFloat(__bits); }
};

/// The upper half of a float.
struct bfloat16_t {
  unsigned short __bits;
  bfloat16_t() = default;
  bfloat16_t(float v) {
    unsigned u;
    __builtin_memcpy(&u, &v, 4);
    __bits = v != v ? (unsigned short)(u >> 16 | 0x40) : (unsigned short)((u + 0x7fff + (u >> 16 & 1)) >> 16);
  }
  bfloat16_t(double v) : bfloat16_t((float)v) {}
  bfloat16_t(int v) : bfloat16_t((float)v) {}
  bfloat16_t(unsigned v) : bfloat16_t((float)v) {}
  bfloat16_t(long v) : bfloat16_t((float)v) {}
  bfloat16_t(unsigned long v) : bfloat16_t((float)v) {}
  bfloat16_t(long long v) : bfloat16_t((float)v) {}
  bfloat16_t(unsigned long long v) : bfloat16_t((float)v) {}
  bfloat16_t(half v) : bfloat16_t((float)v) {}
  operator float() const {
    unsigned u = (unsigned)__bits << 16;
    float v;
    __builtin_memcpy(&v, &u, 4);
    return v;
  }
};

#define __MLU_OP(T, O)                                                                                                 \
  inline T operator O(T a, T b) { return T((float)a O(float) b); }                                                     \
  inline float operator O(T a, float b) { return (float)a O b; }                                                       \
  inline float operator O(float a, T b) { return a O(float) b; }                                                       \
  inline T operator O(T a, double b) { return T((float)a O(float) b); }                                                \
  inline T operator O(double a, T b) { return T((float)a O(float) b); }                                                \
  __MLU_OP_INTEGER(T, O, int)                                                                                          \
  __MLU_OP_INTEGER(T, O, unsigned)                                                                                     \
  __MLU_OP_INTEGER(T, O, long)                                                                                         \
  __MLU_OP_INTEGER(T, O, unsigned long)                                                                                \
  __MLU_OP_INTEGER(T, O, long long)                                                                                    \
  __MLU_OP_INTEGER(T, O, unsigned long long)
#define __MLU_OP_INTEGER(T, O, I)                                                                                      \
  inline T operator O(T a, I b) { return T((float)a O(float) b); }                                                     \
  inline T operator O(I a, T b) { return T((float)a O(float) b); }
#define __MLU_NEG(T)                                                                                                   \
  inline T operator-(T a) { return T(-(float)a); }
#define __MLU_CMP(T, O)                                                                                                \
  inline bool operator O(T a, T b) { return (float)a O(float) b; }                                                     \
  __MLU_CMP_NUMBER(T, O, float)                                                                                        \
  __MLU_CMP_NUMBER(T, O, double)                                                                                       \
  __MLU_CMP_NUMBER(T, O, int)                                                                                          \
  __MLU_CMP_NUMBER(T, O, unsigned)                                                                                     \
  __MLU_CMP_NUMBER(T, O, long)                                                                                         \
  __MLU_CMP_NUMBER(T, O, unsigned long)                                                                                \
  __MLU_CMP_NUMBER(T, O, long long)                                                                                    \
  __MLU_CMP_NUMBER(T, O, unsigned long long)
#define __MLU_CMP_NUMBER(T, O, N)                                                                                      \
  inline bool operator O(T a, N b) { return (float)a O(float) b; }                                                     \
  inline bool operator O(N a, T b) { return (float)a O(float) b; }
#define __MLU_ASSIGN(T, O)                                                                                             \
  inline T &operator O## = (T & a, T b) { return a = a O b; }
#define __MLU_CLASS(T)                                                                                                 \
  __MLU_NEG(T)                                                                                                         \
  __MLU_OP(T, +)                                                                                                       \
  __MLU_OP(T, -)                                                                                                       \
  __MLU_OP(T, *) __MLU_OP(T, /) __MLU_CMP(T, <) __MLU_CMP(T, >) __MLU_CMP(T, <=) __MLU_CMP(T, >=) __MLU_CMP(T, ==)     \
      __MLU_CMP(T, !=) __MLU_ASSIGN(T, +) __MLU_ASSIGN(T, -) __MLU_ASSIGN(T, *) __MLU_ASSIGN(T, /)
__MLU_CLASS(half)
__MLU_CLASS(bfloat16_t)
#undef __MLU_OP
#undef __MLU_OP_INTEGER
#undef __MLU_NEG
#undef __MLU_CMP
#undef __MLU_CMP_NUMBER
#undef __MLU_ASSIGN
#undef __MLU_CLASS

/// Two 4-bit integers in a byte, the first in the low bits.
struct int4x2_t {
  unsigned char __bits;
};
typedef int8_t int8;
typedef int16_t int16;
typedef int32_t int32;
typedef int8_t fix8;
typedef int16_t fix16;

// Built-in variables of the running task.
extern __thread int taskId, taskIdX, taskIdY, taskIdZ, taskDim, taskDimX, taskDimY, taskDimZ;
extern __thread int coreId, coreDim, clusterId, clusterDim;

typedef enum {
  GDRAM2NRAM = 0,
  NRAM2GDRAM = 1,
  LDRAM2NRAM = 2,
  NRAM2LDRAM = 3,
  GDRAM2WRAM = 4,
  WRAM2GDRAM = 5,
  LDRAM2WRAM = 6,
  WRAM2LDRAM = 7,
  NRAM2NRAM = 8,
  NRAM2WRAM = 9,
  WRAM2NRAM = 10,
  GDRAM2SRAM = 11,
  SRAM2GDRAM = 12,
  LDRAM2SRAM = 13,
  SRAM2LDRAM = 14,
  SRAM2NRAM = 15,
  NRAM2SRAM = 16,
  SRAM2WRAM = 17,
  WRAM2SRAM = 18,
  GDRAM2GDRAM = 19,
  GDRAM2LDRAM = 20,
  LDRAM2GDRAM = 21,
  LDRAM2LDRAM = 22,
  SRAM2SRAM = 23
} mluMemcpyDirection_t;

typedef enum {
  FUSION_FMA = 0,
  FUSION_FMS = 1,
  FUSION_FAM = 2,
  FUSION_FSM = 3,
  FUSION_FAA = 4,
  FUSION_FAS = 5,
  FUSION_FSS = 6,
  FUSION_FSA = 7
} mluFusionOpCode;

typedef enum { CMP_EQ = 0, CMP_NE = 1, CMP_LT = 2, CMP_LE = 3, CMP_GT = 4, CMP_GE = 5 } CompareMode;

typedef enum { OVERLAP_ACC = 0, OVERLAP_COVER = 1 } mluPoolBPOverlap;
