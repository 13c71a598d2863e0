// The instructions of MLISA that inline assembly of public kernels uses: metabang-cncc turns `__asm__ volatile("fuse…" …)`
// into these calls. Also the chains of bang_fusor.h, which are the same instruction.
#pragma once
#include "entry.h"

/// One step of a fused element-wise chain: an operation with a vector or, if that is null, a scalar.
struct __mlu_fuse_step {
  int op; // of __mlu_binary_op, or __MLU_FUSE_UNARY + one of __mlu_unary_op
  const void *vector;
  double scalar;
};
enum { __MLU_FUSE_UNARY = 1000, __MLU_FUSE_STEPS = 8 };

extern "C" {
void __mluSimFuse(__mlu_site, int type, void *dst, const void *src, unsigned n, const __mlu_fuse_step *, unsigned steps);
void __mluSimGatherNram(__mlu_site, void *dst, const void *src, const unsigned *offset, unsigned bytes, unsigned n,
                        unsigned stride);
void __mluSimVectorMove(__mlu_site, bool store, int type, void *nram, void *lanes, unsigned n);
}

namespace mlu_sim {

/// A chain of steps; it runs when it ends, as the vendor's fusor does.
template <int __Type> class FuseChain {
public:
  FuseChain(void *dst, const void *src, unsigned n, const char *name = "fuse", __mlu_loc loc = __mlu_here())
      : site_{name, loc.file, loc.line}, dst_(dst), src_(src), n_(n) {}
  FuseChain(const FuseChain &) = delete;
  ~FuseChain() { __mluSimFuse(site_, __Type, dst_, src_, n_, steps_, count_); }

  template <typename __V> FuseChain &step(int op, const __V *vector) { return add_step({op, vector, 0}); }
  template <typename __V> FuseChain &step(int op, __V *vector) { return add_step({op, vector, 0}); }
  template <typename __V> FuseChain &step(int op, __V scalar) { return add_step({op, nullptr, (double)scalar}); }
  FuseChain &step(int op) { return add_step({__MLU_FUSE_UNARY + op, nullptr, 0}); }

#define __MLU_CHAIN(NAME, OP)                                                                                          \
  template <typename __V> FuseChain &NAME(__V operand) { return step(OP, operand); }
  __MLU_CHAIN(add, __MLU_ADD)
  __MLU_CHAIN(sub, __MLU_SUB)
  __MLU_CHAIN(mul, __MLU_MUL)
  __MLU_CHAIN(max, __MLU_MAXEQUAL)
  __MLU_CHAIN(min, __MLU_MINEQUAL)
  __MLU_CHAIN(eq, __MLU_EQ)
  __MLU_CHAIN(ne, __MLU_NE)
  __MLU_CHAIN(gt, __MLU_GT)
  __MLU_CHAIN(ge, __MLU_GE)
  __MLU_CHAIN(lt, __MLU_LT)
  __MLU_CHAIN(le, __MLU_LE)
#undef __MLU_CHAIN
  FuseChain &abs() { return step(__MLU_ABS); }
  FuseChain &sqrt() { return step(__MLU_SQRT); }
  FuseChain &rsqrt() { return step(__MLU_RSQRT); }
  FuseChain &recip() { return step(__MLU_RECIP); }

private:
  FuseChain &add_step(__mlu_fuse_step step) {
    if (count_ < __MLU_FUSE_STEPS)
      steps_[count_] = step;
    ++count_; // one too many is refused when the chain runs
    return *this;
  }
  __mlu_site site_;
  void *dst_;
  const void *src_;
  unsigned n_, count_ = 0;
  __mlu_fuse_step steps_[__MLU_FUSE_STEPS];
};

template <typename __T> inline void divideScalar(__T *dst, const __T *src, double value, unsigned n, __MLU_LOC) {
  __mluSimScalar(__MLU_SITE("div.scalar"), __MLU_DIV, __mlu_type<__T>::code, dst, src, value, n);
}
inline void gatherNram(void *dst, const void *src, const void *offset, unsigned bytes, unsigned n, unsigned stride,
                       __MLU_LOC) {
  __mluSimGatherNram(__MLU_SITE("gather.vector"), dst, src, (const unsigned *)offset, bytes, n, stride);
}
/// The number of the highest bit that is set; -1 of 0.
template <typename __T> inline __T findLast1(__T bits) { return (__T)(bits ? 31 - __builtin_clz((unsigned)bits) : -1); }

} // namespace mlu_sim
