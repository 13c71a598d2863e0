#include "Loops.h"

#include "mlu_sim/entry.h"

#include <cstdint>
#include <limits>
#include <type_traits>

namespace metabang::sim {
namespace {

// Arithmetic wraps around, as two's complement does; adds and subs saturate.
template <typename T> using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
template <typename T> T clamp(int64_t v) {
  int64_t low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  return T(v < low ? low : v > high ? high : v);
}

template <int OP, typename T> inline T apply(T a, T b) {
  using U = std::make_unsigned_t<T>;
  switch (OP) {
  case __MLU_ADD: return T(U(a) + U(b));
  case __MLU_SUB: return T(U(a) - U(b));
  case __MLU_MUL: return T(uint32_t(a) * uint32_t(b));
  case __MLU_DIV: return b == 0 ? T(0) : T(int64_t(a) / int64_t(b));
  case __MLU_REM: return b == 0 ? T(0) : T(int64_t(a) % int64_t(b));
  case __MLU_EQ: return a == b;
  case __MLU_NE: return a != b;
  case __MLU_GT: return a > b;
  case __MLU_GE: return a >= b;
  case __MLU_LT: return a < b;
  case __MLU_LE: return a <= b;
  case __MLU_MAXEQUAL: return a > b ? a : b;
  case __MLU_MINEQUAL: return a < b ? a : b;
  case __MLU_AND: return a && b;
  case __MLU_OR: return a || b;
  case __MLU_XOR: return bool(a) != bool(b);
  case __MLU_BAND: return a & b;
  case __MLU_BOR: return a | b;
  case __MLU_BXOR: return a ^ b;
  case __MLU_ADDS: return clamp<T>(int64_t(a) + int64_t(b));
  case __MLU_SUBS: return clamp<T>(int64_t(a) - int64_t(b));
  case __MLU_SLL: return T(uint64_t(U(b)) >= sizeof(T) * 8 ? 0 : uint64_t(U(a)) << U(b));
  case __MLU_SRL: return T(uint64_t(U(b)) >= sizeof(T) * 8 ? 0 : U(a) >> U(b));
  case __MLU_SRA: return T(int64_t(a) >> (uint64_t(U(b)) > 31 ? 31 : U(b)));
  default: return a;
  }
}

template <int OP, typename T> MLU_CLONES void loop(void *d, const void *a, const void *b, size_t n) {
  T *out = static_cast<T *>(d);
  const T *x = static_cast<const T *>(a), *y = static_cast<const T *>(b);
  for (size_t i = 0; i < n; ++i)
    out[i] = apply<OP, T>(x[i], y[i]);
}

template <int OP> IntBinary byType(int type) {
  switch (type) {
  case __MLU_I8: return loop<OP, int8_t>;
  case __MLU_U8: return loop<OP, uint8_t>;
  case __MLU_I16: return loop<OP, int16_t>;
  case __MLU_U16: return loop<OP, uint16_t>;
  case __MLU_I32: return loop<OP, int32_t>;
  case __MLU_U32: return loop<OP, uint32_t>;
  default: return nullptr;
  }
}

} // namespace

IntBinary intBinary(int op, int type) {
  switch (op) {
#define CASE(OP)                                                                                                       \
  case OP: return byType<OP>(type);
    CASE(__MLU_ADD)
    CASE(__MLU_SUB)
    CASE(__MLU_MUL)
    CASE(__MLU_DIV)
    CASE(__MLU_REM)
    CASE(__MLU_EQ)
    CASE(__MLU_NE)
    CASE(__MLU_GT)
    CASE(__MLU_GE)
    CASE(__MLU_LT)
    CASE(__MLU_LE)
    CASE(__MLU_MAXEQUAL)
    CASE(__MLU_MINEQUAL)
    CASE(__MLU_AND)
    CASE(__MLU_OR)
    CASE(__MLU_XOR)
    CASE(__MLU_BAND)
    CASE(__MLU_BOR)
    CASE(__MLU_BXOR)
    CASE(__MLU_ADDS)
    CASE(__MLU_SUBS)
    CASE(__MLU_SLL)
    CASE(__MLU_SRL)
    CASE(__MLU_SRA)
#undef CASE
  default: return nullptr;
  }
}

} // namespace metabang::sim
