// The C entry points of the simulator's library that the builtins forward to, and the codes they share.
#pragma once
#include "types.h"

/// Who called which builtin: its name, and the kernel's file and line.
struct __mlu_site {
  const char *name;
  const char *file;
  int line;
};

/// Element types.
enum __mlu_type_code {
  __MLU_F16,
  __MLU_F32,
  __MLU_BF16,
  __MLU_I8,
  __MLU_U8,
  __MLU_I16,
  __MLU_U16,
  __MLU_I32,
  __MLU_U32,
  __MLU_I4X2,
  __MLU_I64, // fills and sequences only
  __MLU_U64,
  __MLU_TF32 // in a float; conversions and filters only
};

template <typename __T> struct __mlu_type; // only BANG's element types have a code
template <> struct __mlu_type<half> { enum { code = __MLU_F16 }; };
template <> struct __mlu_type<float> { enum { code = __MLU_F32 }; };
template <> struct __mlu_type<bfloat16_t> { enum { code = __MLU_BF16 }; };
template <> struct __mlu_type<char> { enum { code = __MLU_I8 }; };
template <> struct __mlu_type<signed char> { enum { code = __MLU_I8 }; };
template <> struct __mlu_type<unsigned char> { enum { code = __MLU_U8 }; };
template <> struct __mlu_type<short> { enum { code = __MLU_I16 }; };
template <> struct __mlu_type<unsigned short> { enum { code = __MLU_U16 }; };
template <> struct __mlu_type<int> { enum { code = __MLU_I32 }; };
template <> struct __mlu_type<unsigned int> { enum { code = __MLU_U32 }; };
template <> struct __mlu_type<bool> { enum { code = __MLU_U8 }; };
template <> struct __mlu_type<long> { enum { code = __MLU_I64 }; };
template <> struct __mlu_type<unsigned long> { enum { code = __MLU_U64 }; };
template <> struct __mlu_type<long long> { enum { code = __MLU_I64 }; };
template <> struct __mlu_type<unsigned long long> { enum { code = __MLU_U64 }; };

/// Element-wise operations of two operands; every form (vector, scalar, cycle) uses these.
enum __mlu_binary_op {
  __MLU_ADD,
  __MLU_SUB,
  __MLU_MUL,
  __MLU_ADD_TZ,
  __MLU_SUB_TZ,
  __MLU_MUL_TZ,
  __MLU_DIV,
  __MLU_REM,
  __MLU_EQ,
  __MLU_NE,
  __MLU_GT,
  __MLU_GE,
  __MLU_LT,
  __MLU_LE,
  __MLU_MAXEQUAL,
  __MLU_MINEQUAL,
  __MLU_MAXIMUM,
  __MLU_MINIMUM,
  __MLU_NAN_MAXIMUM,
  __MLU_NAN_MINIMUM,
  __MLU_AND,
  __MLU_OR,
  __MLU_XOR,
  __MLU_BAND,
  __MLU_BOR,
  __MLU_BXOR,
  __MLU_ADDS,
  __MLU_SUBS,
  __MLU_SLL,
  __MLU_SRL,
  __MLU_SRA,
  __MLU_EQU, // comparisons that a NaN fulfils
  __MLU_NEU,
  __MLU_GTU,
  __MLU_GEU,
  __MLU_LTU,
  __MLU_LEU
};
enum __mlu_unary_op {
  __MLU_ABS,
  __MLU_NEG,
  __MLU_SQUARE,
  __MLU_FLOOR,
  __MLU_ROUND,
  __MLU_NEARBYINT,
  __MLU_RELU,
  __MLU_RELUN,
  __MLU_NOT,
  __MLU_BNOT,
  __MLU_SQRT,
  __MLU_RSQRT,
  __MLU_RECIP,
  __MLU_POW2,
  __MLU_LOG2,
  __MLU_SIN,
  __MLU_COS,
  __MLU_ACTIVE_ABS,
  __MLU_ACTIVE_RELU,
  __MLU_ACTIVE_SIGN,
  __MLU_ACTIVE_SIGMOID,
  __MLU_ACTIVE_TANH,
  __MLU_ACTIVE_GELU,
  __MLU_ACTIVE_GELUP,
  __MLU_ACTIVE_EXP,
  __MLU_ACTIVE_EXPHP,
  __MLU_ACTIVE_EXP_LESS_0,
  __MLU_ACTIVE_LOG,
  __MLU_ACTIVE_LOGHP,
  __MLU_ACTIVE_POW2,
  __MLU_ACTIVE_RECIP,
  __MLU_ACTIVE_RECIP_GREATER_1,
  __MLU_ACTIVE_RECIPHP,
  __MLU_ACTIVE_SQRT,
  __MLU_ACTIVE_SQRTHP,
  __MLU_ACTIVE_RSQRT,
  __MLU_ACTIVE_RSQRTHP,
  __MLU_ACTIVE_SIN,
  __MLU_ACTIVE_COS,
  __MLU_TAYLOR_SIN,
  __MLU_TAYLOR_COS,
  __MLU_TAYLOR_TANH,
  __MLU_TAYLOR_SIGMOID,
  __MLU_TAYLOR_SOFTPLUS
};
enum __mlu_round { __MLU_TZ, __MLU_OZ, __MLU_UP, __MLU_DN, __MLU_RD, __MLU_RM, __MLU_RN, __MLU_NOROUND };
enum __mlu_pipe { __MLU_PIPE_IO = 1, __MLU_PIPE_MOVE = 2, __MLU_PIPE_COMPUTE = 4, __MLU_PIPE_ALL = 7 };
enum __mlu_barrier { __MLU_SYNC_ALL, __MLU_SYNC_CLUSTER, __MLU_SYNC_ALL_IPU, __MLU_SYNC_ALL_MPU, __MLU_SYNC_IPU_CLUSTER };
enum __mlu_fill_space { __MLU_FILL_COMPUTE, __MLU_FILL_NRAM_MOVE, __MLU_FILL_SRAM, __MLU_FILL_GDRAM, __MLU_FILL_LDRAM };
enum __mlu_pool { __MLU_POOL_MAX, __MLU_POOL_MIN, __MLU_POOL_SUM, __MLU_POOL_AVG };
enum __mlu_layout {
  __MLU_TRANSPOSE,
  __MLU_NHWC2NCHW,
  __MLU_NCHW2NHWC,
  __MLU_RESHAPE_FILTER,
  __MLU_MIRROR,
  __MLU_ROTATE90,
  __MLU_ROTATE180,
  __MLU_ROTATE270
};
enum __mlu_compact { __MLU_SELECT, __MLU_COLLECT, __MLU_FILTER };
enum __mlu_atomic { __MLU_ATOMIC_ADD, __MLU_ATOMIC_MAX, __MLU_ATOMIC_MIN, __MLU_ATOMIC_EXCH };

/// A walk of segments of equal size: segment k of a copy, k = outer * inner_count + inner.
struct __mlu_walk {
  long stride0;       // bytes between inner segments
  unsigned segments1; // inner segments
  long stride1;       // bytes between outer groups
  unsigned segments2; // outer groups
};
struct __mlu_conv_args {
  void *dst;
  const void *src, *kernel, *bias, *partial;
  int dst_type, src_type, kernel_type;
  unsigned ci, h, w, kh, kw, sw, sh, co;
  int fix_position;
  unsigned dw, dh; // dilation of the input window
  bool dilated;    // the form that has them as arguments
};
struct __mlu_pool_args {
  void *dst;
  const void *src;
  int type, kind;
  unsigned channel, h, w, kh, kw, sw, sh, dh, dw;
};

#include "entry_more.h"

extern "C" {
void __mluSimUnary(__mlu_site, int op, int dst_type, int src_type, void *dst, const void *src, unsigned n, double aux);
void __mluSimBinary(__mlu_site, int op, int type, void *dst, const void *a, const void *b, unsigned n);
void __mluSimScalar(__mlu_site, int op, int type, void *dst, const void *a, double b, unsigned n);
void __mluSimCycle(__mlu_site, int op, int type, void *dst, const void *a, const void *seg, unsigned n, unsigned seg_n);
void __mluSimBitIndex(__mlu_site, int op, int type, void *dst, const void *a, const void *b, unsigned n);
void __mluSimTaylor(__mlu_site, int op, int type, void *dst, const void *src, void *aux1, void *aux2, unsigned n);
void __mluSimSoftDiv(__mlu_site, int type, void *dst, const void *a, const void *b, void *scratch, unsigned n);
void __mluSimFusion(__mlu_site, int code, int type, void *dst, const void *a, const void *b, double scalar_b,
                    const void *c, double scalar_c, unsigned n, unsigned seg_n);
void __mluSimConvert(__mlu_site, int mode, int dst_type, int src_type, void *dst, const void *src, unsigned n,
                     int dst_position, int src_position, const __mlu_walk *dst_walk, const __mlu_walk *src_walk);
void __mluSimFill(__mlu_site, int space, bool async, void *dst, unsigned n, const void *value, int type,
                  const __mlu_walk *walk);
void __mluSimCopy(__mlu_site, int dir, bool async, bool compute, void *dst, const void *src, unsigned long bytes,
                  const __mlu_walk *dst_walk, const __mlu_walk *src_walk);
void __mluSimSync(__mlu_site, int pipes);
void __mluSimBarrier(__mlu_site, int kind);
void __mluSimReduceSum(__mlu_site, int type, void *dst, const void *src, unsigned n);
double __mluSimSum(__mlu_site, int type, const void *src, unsigned n);
void __mluSimArg(__mlu_site, int type, bool max, bool fabs, bool overlap, void *dst, const void *src, unsigned n);
void __mluSimNanArg(__mlu_site, int type, bool max, void *dst, const void *src, unsigned n);
unsigned __mluSimCount(__mlu_site, int type, const void *src, unsigned n, void *dst);
unsigned __mluSimFind(__mlu_site, int type, bool last, const void *src, unsigned n, void *dst);
unsigned __mluSimCompact(__mlu_site, int kind, bool bits, int type, void *dst, const void *src, const void *mask,
                         unsigned n);
void __mluSimMaskMove(__mlu_site, void *dst, const void *src, const void *mask, unsigned bytes);
void __mluSimPool(__mlu_site, const __mlu_pool_args *);
void __mluSimPoolIndex(__mlu_site, const __mlu_pool_args *);
void __mluSimPoolBackward(__mlu_site, const __mlu_pool_args *, const void *mask, int overlap);
void __mluSimConv(__mlu_site, const __mlu_conv_args *);
void __mluSimMlp(__mlu_site, const __mlu_conv_args *);
void __mluSimMatmul(__mlu_site, const __mlu_conv_args *);
void __mluSimLayout(__mlu_site, int kind, int type, void *dst, const void *src, unsigned n, unsigned h, unsigned w,
                    unsigned c);
void __mluSimPad(__mlu_site, int type, void *dst, const void *src, unsigned channel, unsigned h, unsigned w,
                 unsigned top, unsigned bottom, unsigned left, unsigned right, const void *value);
void __mluSimAtomic(__mlu_site, int op, int type, void *old, void *dst, const void *vector, double scalar, unsigned n);
int __mluSimSpaceOf(const void *); // 0 GDRAM, 1 NRAM, 2 WRAM, 3 SRAM, 4 LDRAM, -1 none of them
int __bang_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
double __mluSimScalarConvert(int mode, int dst_type, int src_type, double value); // rounded and saturated to the type
}
#include "cluster.h"

// Where a builtin was called, as its last two parameters. Two numbers and not a __mlu_loc: a call that makes one for each
// builtin costs the host compiler more than half of the time it takes for a kernel.
#define __MLU_LOC_DEFINED __mlu_line __l, const char *__f
#define __MLU_LOC __mlu_line __l = (__mlu_line)__builtin_LINE(), const char *__f = __builtin_FILE()
#define __MLU_SITE(name)                                                                                               \
  __mlu_site { name, __f, __l }
