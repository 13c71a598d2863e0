// Type conversions: rounding modes, saturation, positions.
#include "Half.h"
#include "Loops.h"
#include "Op.h"

#include "Round.h"

#include <algorithm>
#include <cmath>

namespace metabang::sim {
namespace {

template <typename T> MLU_CLONES void widen(double *d, const T *s, size_t n) {
  for (size_t i = 0; i < n; ++i)
    d[i] = double(s[i]);
}

bool isFloating(int type) { return isFloatType(type) || type == __MLU_TF32; }
/// Integers of 4 bits lie in pairs in a byte.
size_t storage(int type, size_t n) { return type == __MLU_I4X2 ? n / 2 : n * typeBytes(type); }

void load(int type, double *d, const void *s, size_t n) {
  switch (type) {
  case __MLU_TF32:
    for (size_t i = 0; i < n; ++i)
      d[i] = double(tf32Of(static_cast<const float *>(s)[i]));
    return;
  case __MLU_I4X2:
    for (size_t i = 0; i < n; ++i) { // the first one is in the low bits
      uint8_t pair = static_cast<const uint8_t *>(s)[i / 2];
      d[i] = double(int8_t(i % 2 ? pair & 0xf0 : pair << 4) >> 4);
    }
    return;
  case __MLU_F32: return widen(d, static_cast<const float *>(s), n);
  case __MLU_I8: return widen(d, static_cast<const int8_t *>(s), n);
  case __MLU_U8: return widen(d, static_cast<const uint8_t *>(s), n);
  case __MLU_I16: return widen(d, static_cast<const int16_t *>(s), n);
  case __MLU_U16: return widen(d, static_cast<const uint16_t *>(s), n);
  case __MLU_I32: return widen(d, static_cast<const int32_t *>(s), n);
  case __MLU_U32: return widen(d, static_cast<const uint32_t *>(s), n);
  default: {
    float f[kBlock];
    toFloat(type, f, s, n);
    widen(d, f, n);
  }
  }
}

struct ByTz {
  static double f(double x) { return std::trunc(x); }
};
struct ByOz {
  static double f(double x) { return x < 0 ? std::floor(x) : std::ceil(x); }
};
struct ByUp {
  static double f(double x) { return std::ceil(x); }
};
struct ByDn {
  static double f(double x) { return std::floor(x); }
};
struct ByRd {
  static double f(double x) {
    double t = std::trunc(x);
    return std::fabs(x - t) >= 0.5 ? t + std::copysign(1.0, x) : t;
  }
};
struct ByRm {
  static double f(double x) {
    double t = std::floor(x);
    return x - t >= 0.5 ? t + 1 : t;
  }
};
struct ByRn {
  static double f(double x) { return std::nearbyint(x); }
};
template <typename R> MLU_CLONES void roundLoop(double *d, size_t n, double scale) {
  for (size_t i = 0; i < n; ++i)
    d[i] = R::f(d[i] * scale);
}

void roundBlock(int mode, double *d, size_t n, double scale) {
  switch (mode) {
  case __MLU_TZ: return roundLoop<ByTz>(d, n, scale);
  case __MLU_OZ: return roundLoop<ByOz>(d, n, scale);
  case __MLU_UP: return roundLoop<ByUp>(d, n, scale);
  case __MLU_DN: return roundLoop<ByDn>(d, n, scale);
  case __MLU_RD: return roundLoop<ByRd>(d, n, scale);
  case __MLU_RM: return roundLoop<ByRm>(d, n, scale);
  default: return roundLoop<ByRn>(d, n, scale);
  }
}

/// Saturates; a NaN becomes the limit of its sign, or 0.
template <typename T> MLU_CLONES void storeInt(T *d, const double *s, size_t n, double low, double high, bool nanIsZero) {
  for (size_t i = 0; i < n; ++i) {
    double x = s[i];
    double limit = nanIsZero ? 0.0 : std::copysign(1.0, x) < 0 ? low : high;
    x = x != x ? limit : x;
    x = x < low ? low : x;
    x = x > high ? high : x;
    d[i] = T(int64_t(x));
  }
}

void storePairs(uint8_t *d, const double *s, size_t n, bool nanIsZero) {
  int8_t narrow[kBlock];
  storeInt(narrow, s, n, -8, 7, nanIsZero);
  for (size_t i = 0; i < n; i += 2)
    d[i / 2] = uint8_t((narrow[i] & 15) | narrow[i + 1] << 4);
}

void storeInts(int type, void *d, const double *s, size_t n, bool nanIsZero) {
  switch (type) {
  case __MLU_I4X2: return storePairs(static_cast<uint8_t *>(d), s, n, nanIsZero);
  case __MLU_I8: return storeInt(static_cast<int8_t *>(d), s, n, -128, 127, nanIsZero);
  case __MLU_U8: return storeInt(static_cast<uint8_t *>(d), s, n, 0, 255, nanIsZero);
  case __MLU_I16: return storeInt(static_cast<int16_t *>(d), s, n, -32768, 32767, nanIsZero);
  case __MLU_U16: return storeInt(static_cast<uint16_t *>(d), s, n, 0, 65535, nanIsZero);
  case __MLU_I32: return storeInt(static_cast<int32_t *>(d), s, n, -2147483648.0, 2147483647.0, nanIsZero);
  default: return storeInt(static_cast<uint32_t *>(d), s, n, 0, 4294967295.0, nanIsZero);
  }
}

template <typename T> MLU_CLONES void scaleTo(T *d, const double *s, size_t n, double scale) {
  for (size_t i = 0; i < n; ++i)
    d[i] = T(s[i] * scale);
}

/// n elements of one segment.
void convert(const Op &op, int mode, int dstType, int srcType, char *dst, const char *src, size_t n, double scale) {
  double block[kBlock];
  size_t to = typeBytes(dstType);
  bool exactScale = scale == 1;
  for (size_t i = 0; i < n; i += kBlock) {
    size_t m = std::min(kBlock, n - i);
    char *out = dst + storage(dstType, i);
    const char *in = src + storage(srcType, i);
    if (srcType == __MLU_F16 && dstType == __MLU_F32) {
      toFloat(srcType, reinterpret_cast<float *>(out), in, m);
      continue;
    }
    if (srcType == __MLU_F32 && dstType == __MLU_F16 && mode == __MLU_RN && !op.is2xx) {
      fromFloat(dstType, out, reinterpret_cast<const float *>(in), m);
      continue;
    }
    load(srcType, block, in, m);
    if (!isFloating(dstType)) {
      roundBlock(mode, block, m, scale);
      storeInts(dstType, out, block, m, op.core.arch >= 500);
    } else if (dstType == __MLU_F32 && (mode == __MLU_NOROUND || mode == __MLU_RN)) {
      scaleTo(reinterpret_cast<float *>(out), block, m, scale);
    } else {
      if (!exactScale)
        scaleTo(block, block, m, scale);
      Overflow overflow = overflowOf(op.core.arch, mode, dstType, !isFloating(srcType));
      for (size_t k = 0; k < m; ++k)
        roundToFloatType(dstType, mode, overflow, block[k], out + k * to);
    }
  }
}

void checkArch(Op &op, int mode, int dstType, int srcType) {
  bool fromFloats = isFloating(srcType), toFloats = isFloating(dstType);
  if ((mode == __MLU_RM || mode == __MLU_RN) && strstr(op.site.name, mode == __MLU_RM ? "_rm" : "_rn"))
    op.needs(op.device.hasRnRounding, "rounding modes rm and rn", "Use _rd (nearest, ties away from zero).");
  bool wide = typeBytes(dstType) == 4 || typeBytes(srcType) == 4;
  bool wideInt = (!toFloats && typeBytes(dstType) == 4) || (!fromFloats && typeBytes(srcType) == 4);
  if (wide && wideInt)
    op.needs(op.device.hasInt32FloatConversion, "conversions of 32-bit integers", "Use int16_t, or scalar code.");
  if (!fromFloats && !toFloats)
    op.needsArch(322, "Convert through half or float.");
  if (dstType == __MLU_BF16 || srcType == __MLU_BF16)
    op.needsArch(dstType == __MLU_F32 || srcType == __MLU_F32 || dstType == __MLU_I4X2 || srcType == __MLU_I4X2 ? 322 : 520,
                 "Convert through float.");
  bool unsignedType = dstType == __MLU_U16 || srcType == __MLU_U16 || (dstType == __MLU_F32 && srcType == __MLU_U8) ||
                      (dstType == __MLU_U8 && srcType == __MLU_F32);
  if (dstType == __MLU_U8 && srcType == __MLU_F16 && mode != __MLU_DN)
    op.needsArch(322, "Use __bang_half2uchar_dn.");
  if (unsignedType)
    op.needsArch(300, "Convert through half.");
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" void __mluSimConvert(__mlu_site site, int mode, int dstType, int srcType, void *dst, const void *src,
                                unsigned n, int dstPosition, int srcPosition, const __mlu_walk *dstWalk,
                                const __mlu_walk *srcWalk) {
  Op op(site, dstWalk ? Move : Compute);
  checkArch(op, mode, dstType, srcType);
  op.positive(n, "the element count");
  op.position(dstPosition);
  op.position(srcPosition);
  if (op.is2xx)
    op.multiple(n, typeBytes(dstType) == 1 || typeBytes(srcType) == 1 ? 128 : 64, "the element count");
  if (dstType == __MLU_I4X2 || srcType == __MLU_I4X2)
    op.multiple(n, 2, "the element count");
  size_t to = storage(dstType, n), from = storage(srcType, n);
  double scale = std::ldexp(1.0, srcPosition - dstPosition);
  if (!dstWalk) {
    op.out("dst", dst, to);
    op.in("src", src, from);
    if (to > from)
      op.destinationBehind();
    else
      op.destinationApart(true);
    op.start(op.vectorCost(std::max(to, from)), Unwritten::Propagate);
    convert(op, mode, dstType, srcType, static_cast<char *>(dst), static_cast<const char *>(src), n, scale);
    return;
  }
  if (op.is2xx)
    op.multiple(size_t(dstWalk->stride0), 64, "dst_stride");
  op.walk("dst", dst, {0, to, *dstWalk}, Space::NRAM, true);
  op.walk("src", src, {0, from, *srcWalk}, Space::NRAM, false);
  op.destinationApart(to <= from);
  op.start(op.vectorCost(std::max(to, from)) * dstWalk->segments1, Unwritten::Refuse, true);
  for (unsigned k = 0; k < dstWalk->segments1; ++k)
    convert(op, mode, dstType, srcType, static_cast<char *>(dst) + dstWalk->stride0 * long(k),
            static_cast<const char *>(src) + srcWalk->stride0 * long(k), n, scale);
  op.core.clock.wait(op.pipe);
}
