// Integer builtins of MLU3xx and later: wide and high products, leading bits, rotations, single bits, set bits.
#include "Op.h"

#include <cstring>
#include <limits>
#include <type_traits>

namespace metabang::sim {
namespace {

template <typename T> struct Twice;
template <> struct Twice<int8_t> {
  using type = int16_t;
};
template <> struct Twice<uint8_t> {
  using type = uint16_t;
};
template <> struct Twice<int16_t> {
  using type = int32_t;
};
template <> struct Twice<uint16_t> {
  using type = uint32_t;
};
template <> struct Twice<int32_t> {
  using type = int64_t;
};
template <> struct Twice<uint32_t> {
  using type = uint64_t;
};

/// Leading zeros of an unsigned number; of a signed one the leading bits that equal the sign, without one of them.
template <typename T> T leadingBits(T x) {
  using U = std::make_unsigned_t<T>;
  U u = U(x);
  if (std::is_signed_v<T> && x < 0)
    u = U(~u);
  int zeros = 0;
  for (int bit = int(sizeof(T)) * 8 - 1; bit >= 0 && !(u >> bit & 1); --bit)
    ++zeros;
  return T(std::is_signed_v<T> ? zeros - 1 : zeros);
}

template <typename T> T elementwise(int code, T a, T b, long bits) {
  using U = std::make_unsigned_t<T>;
  constexpr unsigned width = sizeof(T) * 8;
  unsigned s = unsigned(bits) % width;
  U u = U(a);
  switch (code) {
  case __MLU_MULH:
    return T(typename Twice<T>::type(a) * typename Twice<T>::type(b) >> width);
  case __MLU_NSA:
    return leadingBits(a);
  case __MLU_ROL:
    return T(s ? U(u << s) | U(u >> (width - s)) : u);
  case __MLU_ROR:
    return T(s ? U(u >> s) | U(u << (width - s)) : u);
  case __MLU_SET0:
    return T(u & U(~(U(1) << s)));
  default:
    return T(u | U(U(1) << s));
  }
}

/// b repeats after `period` elements; a single one for the scalar forms.
template <typename T>
void compute(int code, void *dst, const void *a, const void *b, long scalar, size_t n, size_t period) {
  auto *x = static_cast<const T *>(a);
  auto *y = static_cast<const T *>(b);
  if (code == __MLU_MULS) {
    using W = typename Twice<T>::type;
    for (size_t i = 0; i < n; ++i)
      static_cast<W *>(dst)[i] = W(W(x[i]) * W(y ? y[i % period] : T(scalar)));
    return;
  }
  for (size_t i = 0; i < n; ++i)
    static_cast<T *>(dst)[i] = elementwise<T>(code, x[i], y ? y[i % period] : T(scalar), scalar);
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimIntOp(__mlu_site site, int code, int type, void *dst, const void *a, const void *b, long scalar,
                   unsigned n, unsigned period) {
  Op op(site, Compute);
  op.type(type, true);
  bool byBits = code == __MLU_ROL || code == __MLU_ROR || code == __MLU_NSA;
  if (byBits)
    op.needs(op.core.arch >= 322 && op.core.arch != 372, "such vector operation", "Shift and combine.");
  bool bit = code == __MLU_SET0 || code == __MLU_SET1;
  if (bit && (scalar < 0 || scalar > 31))
    op.fail("the position " + std::to_string(scalar) + " is outside of [0, 31]", "Elements have 32 bits.");
  if (code == __MLU_MULS && typeBytes(type) > 2)
    op.fail(std::string("there is no form for ") + typeName(type), "The result is the integer of twice the width.");
  op.positive(n, "the element count");
  if (b) {
    op.positive(period, "seg_elem_count");
    op.multiple(n, period, "src_elem_count, which holds whole segments of seg_elem_count,");
  }
  size_t size = typeBytes(type), to = code == __MLU_MULS ? 2 * size : size;
  op.out("dst", dst, n * to);
  op.in("src0", a, n * size);
  if (b)
    op.in("src1", b, period * size);
  op.destinationApart(to == size); // a wider result would overwrite operands that are still to be read
  op.start(op.vectorCost(n * to), Unwritten::Propagate);
  switch (type) {
  case __MLU_I8:
    return compute<int8_t>(code, dst, a, b, scalar, n, period);
  case __MLU_U8:
    return compute<uint8_t>(code, dst, a, b, scalar, n, period);
  case __MLU_I16:
    return compute<int16_t>(code, dst, a, b, scalar, n, period);
  case __MLU_U16:
    return compute<uint16_t>(code, dst, a, b, scalar, n, period);
  case __MLU_I32:
    return compute<int32_t>(code, dst, a, b, scalar, n, period);
  case __MLU_U32:
    return compute<uint32_t>(code, dst, a, b, scalar, n, period);
  default:
    op.fail(std::string("there is no form for ") + typeName(type), "Use integers.");
  }
}

unsigned __mluSimPopulation(__mlu_site site, int type, const void *src, unsigned n) {
  Op op(site, Compute);
  size_t bytes = n * typeBytes(type);
  op.positive(n, "the element count");
  op.in("src", src, bytes);
  op.start(op.vectorCost(bytes));
  op.core.clock.wait(op.pipe);
  unsigned set = 0;
  for (size_t i = 0; i < bytes; ++i)
    set += unsigned(__builtin_popcount(static_cast<const uint8_t *>(src)[i]));
  return set;
}
}
