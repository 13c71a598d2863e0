// Fused element-wise chains (fuse.nram of MLISA, bang_fusor.h), gathers inside NRAM, and moves of vector variables.
#include "Half.h"
#include "Loops.h"
#include "Op.h"

#pragma GCC visibility push(default)
#include "mlu_sim/mlisa.h"
#pragma GCC visibility pop

#include <algorithm>

namespace metabang::sim {
namespace {

const float *repeat(int type, float *to, const __mlu_fuse_step &step, size_t at, size_t m) {
  if (step.vector)
    toFloat(type, to, static_cast<const char *>(step.vector) + at * typeBytes(type), m);
  else
    std::fill_n(to, m, float(step.scalar));
  return to;
}

/// Every step rounds to float; a half is rounded once, at the end.
void chainFloats(int type, char *dst, const char *src, size_t n, const __mlu_fuse_step *steps, unsigned count) {
  float x[kBlock], y[kBlock];
  size_t size = typeBytes(type);
  for (size_t i = 0; i < n; i += kBlock) {
    size_t m = std::min(kBlock, n - i);
    toFloat(type, x, src + i * size, m);
    for (unsigned k = 0; k < count; ++k) {
      if (steps[k].op >= __MLU_FUSE_UNARY)
        floatUnary(steps[k].op - __MLU_FUSE_UNARY)(x, x, m);
      else
        floatBinary(steps[k].op)(x, x, repeat(type, y, steps[k], i, m), m);
    }
    fromFloat(type, dst + i * size, x, m);
  }
}

/// One step on 32-bit integers: arithmetic wraps, comparisons give 1 or 0.
template <typename T> T step(int op, T a, T b) {
  uint32_t x = uint32_t(a), y = uint32_t(b);
  switch (op) {
  case __MLU_ADD: return T(x + y);
  case __MLU_SUB: return T(x - y);
  case __MLU_MUL: return T(x * y);
  case __MLU_BAND: return T(x & y);
  case __MLU_BOR: return T(x | y);
  case __MLU_BXOR: return T(x ^ y);
  case __MLU_MAXEQUAL: return std::max(a, b);
  case __MLU_MINEQUAL: return std::min(a, b);
  case __MLU_EQ: return a == b;
  case __MLU_NE: return a != b;
  case __MLU_GT: return a > b;
  case __MLU_GE: return a >= b;
  case __MLU_LT: return a < b;
  default: return a <= b;
  }
}
template <typename T> void chainInts(T *dst, const T *src, size_t n, const __mlu_fuse_step *steps, unsigned count) {
  for (size_t i = 0; i < n; ++i) {
    T x = src[i];
    for (unsigned k = 0; k < count; ++k) {
      const T *vector = static_cast<const T *>(steps[k].vector);
      x = step(steps[k].op, x, vector ? vector[i] : T(int64_t(steps[k].scalar)));
    }
    dst[i] = x;
  }
}
bool knowsInt(int op) {
  return op <= __MLU_MUL || (op >= __MLU_EQ && op <= __MLU_MINEQUAL) || (op >= __MLU_BAND && op <= __MLU_BXOR);
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimFuse(__mlu_site site, int type, void *dst, const void *src, unsigned n, const __mlu_fuse_step *steps,
                  unsigned count) {
  Op op(site, Compute);
  op.needs(op.device.hasFusion, "a fused chain", "Use one builtin for each step.");
  op.type(type, true);
  if (count > __MLU_FUSE_STEPS)
    op.fail("the chain has more than 8 steps", "Split it.");
  bool integers = !isFloatType(type);
  if (integers && typeBytes(type) != 4)
    op.fail(std::string("there is no form for ") + typeName(type), "Use 32-bit integers.");
  for (unsigned k = 0; k < count; ++k) {
    int code = steps[k].op;
    bool known = integers ? knowsInt(code)
                 : code >= __MLU_FUSE_UNARY ? floatUnary(code - __MLU_FUSE_UNARY) != nullptr
                                            : floatBinary(code) != nullptr;
    if (!known)
      op.fail("a step has no form for " + std::string(typeName(type)), "Use a builtin of its own for it.");
  }
  size_t bytes = size_t(n) * typeBytes(type);
  op.positive(n, "the element count");
  op.out("dst", dst, bytes);
  op.in("src", src, bytes);
  for (unsigned k = 0, vectors = 0; k < count; ++k) // an operation records six operands
    if (steps[k].vector && vectors++ < 4)
      op.in("a step's vector", steps[k].vector, bytes);
  op.destinationApart(true);
  op.start(op.vectorCost(bytes), Unwritten::Propagate);
  if (!integers)
    chainFloats(type, static_cast<char *>(dst), static_cast<const char *>(src), n, steps, count);
  else if (type == __MLU_U32)
    chainInts(static_cast<uint32_t *>(dst), static_cast<const uint32_t *>(src), n, steps, count);
  else
    chainInts(static_cast<int32_t *>(dst), static_cast<const int32_t *>(src), n, steps, count);
}

void __mluSimGatherNram(__mlu_site site, void *dst, const void *src, const unsigned *offset, unsigned bytes, unsigned n,
                        unsigned stride) {
  Op op(site, Compute);
  op.needsArch(372, "Copy the elements one by one.");
  op.positive(n, "the number of elements");
  op.positive(bytes, "the size of an element");
  op.in("offset", offset, size_t(n) * 4);
  op.check();
  unsigned first = *std::min_element(offset, offset + n), last = *std::max_element(offset, offset + n);
  op.walk("dst", dst, {uintptr_t(dst), bytes, {long(stride), n, 0, 1}}, Space::NRAM, true);
  op.walk("src", static_cast<const char *>(src) + first,
          {uintptr_t(src) + first, size_t(last - first) + bytes, {0, 1, 0, 1}}, Space::NRAM, false);
  op.start(op.vectorCost(size_t(n) * bytes), Unwritten::Ignore);
  for (unsigned i = 0; i < n; ++i)
    memmove(static_cast<char *>(dst) + size_t(i) * stride, static_cast<const char *>(src) + offset[i], bytes);
}

void __mluSimVectorMove(__mlu_site site, bool store, int type, void *nram, void *lanes, unsigned n) {
  Op op(site, Compute);
  size_t bytes = size_t(n) * typeBytes(type);
  op.positive(n, "the number of lanes");
  if (bytes > 256)
    op.fail("a vector variable holds 256 bytes", "Move fewer lanes.");
  Footprint whole{uintptr_t(nram), bytes, {0, 1, 0, 1}};
  op.walk(store ? "dst" : "src", nram, whole, Space::NRAM, store);
  op.start(op.vectorCost(bytes), store ? Unwritten::Ignore : Unwritten::Refuse);
  memcpy(store ? nram : lanes, store ? lanes : nram, bytes);
}
}
