// Conversions of arrays in host memory, with quantisation: q = x * scale / 2^position + offset.
#include "CnrtInternal.h"
#include "Half.h"

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>

struct cnrtQuantizedParam {
  int position;
  float scale;
  int offset;
};

using namespace metabang::sim;

namespace {

double roundTo(double x, cnrtRoundingMode_t mode) {
  switch (mode) {
  case cnrtRounding_rz:
    return std::trunc(x);
  case cnrtRounding_rd:
    return std::floor(x);
  case cnrtRounding_ru:
    return std::ceil(x);
  case cnrtRounding_ro:
    return std::round(x);
  case cnrtRounding_rm:
    return std::floor(x + 0.5);
  default:
    return std::nearbyint(x);
  }
}

/// Truncates, rounds up or down to a half or bfloat16 of `drop` fewer mantissa bits; the nearest ones are elsewhere.
uint16_t nearestOr(float x, cnrtRoundingMode_t mode, uint16_t (*nearest)(float), float (*back)(uint16_t)) {
  uint16_t n = nearest(x);
  float value = back(n);
  bool down = mode == cnrtRounding_rd || (mode == cnrtRounding_rz && x > 0);
  bool up = mode == cnrtRounding_ru || (mode == cnrtRounding_rz && x < 0);
  if ((down && value > x) || (up && value < x)) // the neighbour on the other side
    n = uint16_t(((n & 0x8000) != 0) == (value > x) ? n + 1 : n - 1);
  return n;
}

bool isInteger(cnrtDataType_V2_t type) { return type >= cnrtUlonglong; }

bool load(const void *src, int i, cnrtDataType_V2_t type, double &x) {
  switch (type) {
#define CASE(CODE, T)                                                                                                  \
  case CODE:                                                                                                           \
    x = double(static_cast<const T *>(src)[i]);                                                                        \
    return true;
  CASE(cnrtDouble, double)
  CASE(cnrtFloat, float) CASE(cnrtUlonglong, uint64_t) CASE(cnrtUint, uint32_t) CASE(cnrtUshort, uint16_t)
      CASE(cnrtUchar, uint8_t) CASE(cnrtLonglong, int64_t) CASE(cnrtInt, int32_t) CASE(cnrtShort, int16_t)
          CASE(cnrtChar, int8_t) CASE(cnrtBoolean, bool)
#undef CASE
              case cnrtHalf:
    x = floatFromHalf(static_cast<const uint16_t *>(src)[i]);
    return true;
  case cnrtBfloat:
    x = floatFromBf16(static_cast<const uint16_t *>(src)[i]);
    return true;
  default:
    return false;
  }
}

template <typename T> void storeInteger(void *dst, int i, double x, cnrtRoundingMode_t mode) {
  x = roundTo(x, mode);
  double low = double(std::numeric_limits<T>::min()), high = double(std::numeric_limits<T>::max());
  static_cast<T *>(dst)[i] = x != x      ? T(0)
                             : x >= high ? std::numeric_limits<T>::max()
                             : x <= low  ? std::numeric_limits<T>::min()
                                         : T(x);
}

bool store(void *dst, int i, cnrtDataType_V2_t type, double x, cnrtRoundingMode_t mode) {
  switch (type) {
#define CASE(CODE, T)                                                                                                  \
  case CODE:                                                                                                           \
    storeInteger<T>(dst, i, x, mode);                                                                                  \
    return true;
  CASE(cnrtUlonglong, uint64_t)
  CASE(cnrtUint, uint32_t) CASE(cnrtUshort, uint16_t) CASE(cnrtUchar, uint8_t) CASE(cnrtLonglong, int64_t)
      CASE(cnrtInt, int32_t) CASE(cnrtShort, int16_t) CASE(cnrtChar, int8_t)
#undef CASE
          case cnrtBoolean:
    static_cast<bool *>(dst)[i] = x != 0;
    return true;
  case cnrtDouble:
    static_cast<double *>(dst)[i] = x;
    return true;
  case cnrtFloat:
    static_cast<float *>(dst)[i] = float(x);
    return true;
  case cnrtHalf:
    static_cast<uint16_t *>(dst)[i] = nearestOr(float(x), mode, halfFromFloat, floatFromHalf);
    return true;
  case cnrtBfloat:
    static_cast<uint16_t *>(dst)[i] = nearestOr(float(x), mode, bf16FromFloat, floatFromBf16);
    return true;
  default:
    return false;
  }
}

cnrtDataType_V2_t newType(cnrtDataType_t type) {
  switch (type) {
  case CNRT_FLOAT16:
    return cnrtHalf;
  case CNRT_FLOAT32:
    return cnrtFloat;
  case CNRT_FLOAT64:
    return cnrtDouble;
  case CNRT_INT8:
  case CNRT_FIX8:
  case CNRT_QUANT8:
    return cnrtChar;
  case CNRT_INT16:
    return cnrtShort;
  case CNRT_INT32:
    return cnrtInt;
  case CNRT_UINT8:
    return cnrtUchar;
  case CNRT_UINT32:
    return cnrtUint;
  case CNRT_BOOL:
    return cnrtBoolean;
  default:
    return cnrtUnknown;
  }
}

} // namespace

extern "C" {

cnrtRet_t cnrtCreateQuantizedParam(cnrtQuantizedParam_t *param, int position, float scale, int offset) {
  if (!param || !(scale > 0))
    return remember(cnrtErrorArgsInvalid);
  *param = new cnrtQuantizedParam{position, scale, offset};
  return cnrtSuccess;
}

cnrtRet_t cnrtDestroyQuantizedParam(cnrtQuantizedParam_t param) {
  delete param;
  return cnrtSuccess;
}

cnrtRet_t cnrtCastDataType_V2(void *src, cnrtDataType_V2_t src_type, void *dst, cnrtDataType_V2_t dst_type, int count,
                              cnrtQuantizedParam_t param, cnrtRoundingMode_t rounding) {
  if (!src || !dst || count < 0)
    return remember(cnrtErrorArgsInvalid);
  double factor = param ? double(param->scale) * std::ldexp(1.0, -param->position) : 1.0;
  int offset = param ? param->offset : 0;
  for (int i = 0; i < count; ++i) {
    double x = 0;
    if (!load(src, i, src_type, x))
      return remember(cnrtErrorArgsInvalid);
    if (param && isInteger(dst_type) && !isInteger(src_type))
      x = x * factor + offset;
    else if (param && isInteger(src_type) && !isInteger(dst_type))
      x = (x - offset) / factor;
    if (!store(dst, i, dst_type, x, rounding))
      return remember(cnrtErrorArgsInvalid);
  }
  return cnrtSuccess;
}

cnrtRet_t cnrtCastDataType(void *src, cnrtDataType_t src_type, void *dst, cnrtDataType_t dst_type, int count,
                           cnrtQuantizedParam_t param) {
  return cnrtCastDataType_V2(src, newType(src_type), dst, newType(dst_type), count, param, cnrtRounding_ro);
}
}
