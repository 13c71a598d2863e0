// Element-wise builtins of one operand.
#include "Activation.h"
#include "Half.h"
#include "Numerics.h"
#include "Op.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace metabang::sim {
namespace {

bool isActive(int code) { return code >= __MLU_ACTIVE_ABS && code <= __MLU_TAYLOR_SOFTPLUS; }

void checkUnary(Op &op, int code, int type) {
  switch (code) {
  case __MLU_ABS:
    op.needsArch(322, "Use __bang_active_abs.");
    break;
  case __MLU_RELU:
  case __MLU_RELUN:
    op.needsArch(322, "Use __bang_active_relu.");
    break;
  case __MLU_NEG:
    op.needs(op.core.arch >= 322 && op.core.arch != 372, "__bang_neg", "Multiply by -1.");
    break;
  case __MLU_FLOOR:
  case __MLU_ROUND:
  case __MLU_NEARBYINT:
    op.needsArch(322, "Convert to int16_t and back.");
    if (type != __MLU_F32)
      op.fail(std::string("there is no form for ") + typeName(type), "Convert to float first.");
    break;
  case __MLU_SQRT:
  case __MLU_RSQRT:
  case __MLU_RECIP:
  case __MLU_POW2:
  case __MLU_LOG2:
  case __MLU_SIN:
  case __MLU_COS:
    op.needs(op.device.hasHardwareTranscendental, "hardware function of this kind", "Use a __bang_active_ builtin.");
    if (type != __MLU_F32 && type != __MLU_BF16)
      op.fail(std::string("there is no form for ") + typeName(type), "Convert to float first.");
    break;
  case __MLU_BNOT:
    if (typeBytes(type) > 1)
      op.needsArch(322, "On 2xx bitwise operations take char vectors.");
    return;
  default:
    break;
  }
  if (isActive(code) && type != __MLU_F16 && type != __MLU_F32 && !(type == __MLU_BF16 && op.core.arch >= 592))
    op.fail(std::string("there is no form for ") + typeName(type), "Convert to float or half first.");
  op.type(type, true);
}

template <typename T> void intUnary(int code, T *d, const T *s, size_t n, double aux) {
  for (size_t i = 0; i < n; ++i) {
    T x = s[i];
    switch (code) {
    case __MLU_ABS: d[i] = T(x < 0 ? (x == std::numeric_limits<T>::min() ? x : T(-x)) : x); break;
    case __MLU_NEG: d[i] = T(0u - unsigned(x)); break;
    case __MLU_RELU: d[i] = T(x < 0 ? 0 : x); break;
    case __MLU_RELUN: d[i] = T(x < 0 ? 0 : double(x) > aux ? T(aux) : x); break;
    case __MLU_NOT: d[i] = T(x == 0); break;
    default: d[i] = T(uint32_t(x) * uint32_t(x)); break;
    }
  }
}

template <typename D, typename S> void widenSquare(void *d, const void *s, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    D x = static_cast<const S *>(s)[i];
    static_cast<D *>(d)[i] = D(uint32_t(x) * uint32_t(x));
  }
}

void computeInts(Op &op, int code, int dstType, int srcType, void *dst, const void *src, size_t n, double aux) {
  if (dstType != srcType) {
    if (dstType == __MLU_I16 && srcType == __MLU_I8)
      return widenSquare<int16_t, int8_t>(dst, src, n);
    if (dstType == __MLU_U16 && srcType == __MLU_U8)
      return widenSquare<uint16_t, uint8_t>(dst, src, n);
    if (dstType == __MLU_I32 && srcType == __MLU_I16)
      return widenSquare<int32_t, int16_t>(dst, src, n);
    if (dstType == __MLU_U32 && srcType == __MLU_U16)
      return widenSquare<uint32_t, uint16_t>(dst, src, n);
    op.fail(std::string("there is no form from ") + typeName(srcType) + " to " + typeName(dstType),
            "The result is the integer of twice the width.");
  }
  if (code == __MLU_SQUARE)
    op.fail(std::string("there is no form for ") + typeName(srcType), "The result is the integer of twice the width.");
  switch (srcType) {
  case __MLU_I8: return intUnary(code, static_cast<int8_t *>(dst), static_cast<const int8_t *>(src), n, aux);
  case __MLU_I16: return intUnary(code, static_cast<int16_t *>(dst), static_cast<const int16_t *>(src), n, aux);
  case __MLU_I32: return intUnary(code, static_cast<int32_t *>(dst), static_cast<const int32_t *>(src), n, aux);
  case __MLU_U8: return intUnary(code, static_cast<uint8_t *>(dst), static_cast<const uint8_t *>(src), n, aux);
  case __MLU_U16: return intUnary(code, static_cast<uint16_t *>(dst), static_cast<const uint16_t *>(src), n, aux);
  default: return intUnary(code, static_cast<uint32_t *>(dst), static_cast<const uint32_t *>(src), n, aux);
  }
}

void computeFloats(Op &op, int code, int type, void *dst, const void *src, size_t n, double aux) {
  FloatUnary f = code == __MLU_RELUN ? activation(__MLU_RELU) : activation(code);
  if (!f)
    op.fail(std::string("there is no form for ") + typeName(type), "Use another builtin.");
  bool clamp = op.device.saturatesFloat && code != __MLU_NOT;
  Numerics mode = numerics();
  bool taylor = code >= __MLU_TAYLOR_SIN && code <= __MLU_TAYLOR_SOFTPLUS;
  if (type == __MLU_F32 && !clamp && !taylor && !mode.documented && code != __MLU_RELUN)
    return f(static_cast<float *>(dst), static_cast<const float *>(src), n);
  size_t size = typeBytes(type);
  float x[kBlock], r[kBlock];
  for (size_t i = 0; i < n; i += kBlock) {
    size_t m = std::min(kBlock, n - i);
    toFloat(type, x, static_cast<const char *>(src) + i * size, m);
    f(r, x, m);
    if (taylor)
      applyTaylorEnds(op, code, type, x, r, m);
    if (mode.documented && isActive(code))
      applyPromise(op, code, type, x, r, m, i, mode.seed);
    if (code == __MLU_RELUN)
      for (size_t k = 0; k < m; ++k)
        r[k] = r[k] > float(aux) ? float(aux) : r[k];
    if (clamp)
      saturate(r, x, nullptr, m, largest(type));
    fromFloat(type, static_cast<char *>(dst) + i * size, r, m);
  }
}

/// Table look-ups take as long as a few vector operations (assumed).
double costOf(const Op &op, int code, size_t bytes) {
  bool simple = code <= __MLU_BNOT || code == __MLU_ACTIVE_ABS || code == __MLU_ACTIVE_RELU || code == __MLU_ACTIVE_SIGN;
  return simple ? op.vectorCost(bytes) : 4 * op.vectorCost(bytes);
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimUnary(__mlu_site site, int code, int dstType, int srcType, void *dst, const void *src, unsigned n,
                   double aux) {
  Op op(site, Compute);
  checkUnary(op, code, srcType);
  size_t to = typeBytes(dstType), from = typeBytes(srcType);
  op.vectorLength(n, from);
  op.out("dst", dst, n * to);
  op.in("src", src, n * from);
  bool apart = code == __MLU_FLOOR || code == __MLU_ROUND || code == __MLU_NEARBYINT || to > from;
  op.destinationApart(!apart);
  op.start(costOf(op, code, n * to), Unwritten::Propagate);
  if (code == __MLU_BNOT) {
    for (size_t i = 0; i < n * from; ++i)
      static_cast<uint8_t *>(dst)[i] = uint8_t(~static_cast<const uint8_t *>(src)[i]);
  } else if (isFloatType(srcType)) {
    if (dstType != srcType)
      op.fail(std::string("there is no form from ") + typeName(srcType) + " to " + typeName(dstType),
              "Convert separately.");
    computeFloats(op, code, srcType, dst, src, n, aux);
  } else {
    computeInts(op, code, dstType, srcType, dst, src, n, aux);
  }
}

void __mluSimTaylor(__mlu_site site, int code, int type, void *dst, const void *src, void *aux1, void *aux2,
                    unsigned n) {
  Op op(site, Compute);
  checkUnary(op, code, type);
  size_t size = typeBytes(type), bytes = n * size;
  op.vectorLength(n, size);
  op.out("dst", dst, bytes);
  op.in("src", src, bytes);
  op.out("aux1", aux1, bytes);
  op.out("aux2", aux2, bytes);
  op.destinationApart(false);
  op.start(8 * op.vectorCost(bytes), Unwritten::Propagate);
  computeFloats(op, code, type, dst, src, n, 0);
}
}
