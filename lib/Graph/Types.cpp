#include "metabang/Graph/Types.h"

#include "metabang/Graph/Error.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace metabang::graph {
namespace {
struct TypeInfo {
  const char *name, *mlir;
  unsigned bytes;
};
constexpr TypeInfo infos[numDTypes] = {
    {"bool", "i1", 1},     {"int8", "i8", 1},      {"int16", "i16", 2},   {"int32", "i32", 4},   {"int64", "i64", 8},
    {"uint8", "ui8", 1},   {"uint16", "ui16", 2},  {"uint32", "ui32", 4}, {"uint64", "ui64", 8}, {"float16", "f16", 2},
    {"bfloat16", "bf16", 2}, {"float32", "f32", 4}, {"float64", "f64", 8},
};
const TypeInfo &info(DType type) { return infos[static_cast<unsigned>(type)]; }

// The bit pattern MLIR wants for values that have no decimal spelling.
std::string nonFinite(double value, DType type) {
  bool negative = std::signbit(value), nan = std::isnan(value);
  switch (type) {
  case DType::F16:
    return nan ? "0x7E00" : negative ? "0xFC00" : "0x7C00";
  case DType::BF16:
    return nan ? "0x7FC0" : negative ? "0xFF80" : "0x7F80";
  case DType::F32:
    return nan ? "0x7FC00000" : negative ? "0xFF800000" : "0x7F800000";
  default:
    return nan ? "0x7FF8000000000000" : negative ? "0xFFF0000000000000" : "0x7FF0000000000000";
  }
}

bool fitsInteger(const Scalar &scalar, DType type) {
  int64_t value = scalar.i;
  if (scalar.isBig)
    return type == DType::U64;
  switch (type) {
  case DType::Bool:
    return value == 0 || value == 1;
  case DType::I64:
    return true;
  case DType::U64:
    return value >= 0;
  default:
    break;
  }
  unsigned bits = 8 * byteWidth(type);
  if (isUnsigned(type))
    return value >= 0 && value < (int64_t(1) << bits);
  return value >= -(int64_t(1) << (bits - 1)) && value < (int64_t(1) << (bits - 1));
}
} // namespace

const char *name(DType type) { return info(type).name; }
const char *mlirName(DType type) { return info(type).mlir; }
unsigned byteWidth(DType type) { return info(type).bytes; }

DType parseDType(std::string_view text) {
  for (unsigned i = 0; i < numDTypes; ++i)
    if (text == infos[i].name)
      return static_cast<DType>(i);
  std::string all;
  for (const TypeInfo &each : infos)
    all += (all.empty() ? "" : ", ") + std::string(each.name);
  throw GraphError(ErrorKind::DType, "unknown dtype '" + std::string(text) + "'; use one of " + all);
}

DType promote(DType a, DType b) {
  if (a == b)
    return a;
  if (a == DType::Bool || b == DType::Bool)
    return a == DType::Bool ? b : a;
  if (isFloat(a) != isFloat(b)) { // NumPy's float64 where the integer does not fit is float32 here
    DType real = isFloat(a) ? a : b, whole = isFloat(a) ? b : a;
    return byteWidth(real) == 2 && byteWidth(whole) > 1 ? DType::F32 : real;
  }
  if (isFloat(a)) {
    if (byteWidth(a) == 2 && byteWidth(b) == 2)
      return DType::F32;
    return byteWidth(a) > byteWidth(b) ? a : b;
  }
  if (isUnsigned(a) == isUnsigned(b))
    return byteWidth(a) > byteWidth(b) ? a : b;
  DType s = isUnsigned(a) ? b : a, u = isUnsigned(a) ? a : b;
  if (byteWidth(s) > byteWidth(u))
    return s;
  if (u == DType::U64)
    throw GraphError(ErrorKind::DType, std::string("uint64 and ") + name(s) +
                                           " have no common integer dtype; cast one of them with .astype()");
  return static_cast<DType>(static_cast<unsigned>(DType::I8) + (static_cast<unsigned>(u) - static_cast<unsigned>(DType::U8)) + 1);
}

double Scalar::asDouble(DType type) const {
  if (isFloat)
    return f;
  return type == DType::U64 ? static_cast<double>(static_cast<uint64_t>(i)) : static_cast<double>(i);
}

Scalar Scalar::to(DType type) const {
  if (graph::isFloat(type))
    return isFloat ? *this : ofFloat(asDouble(isBig ? DType::U64 : DType::I64));
  if (!isFloat) {
    if (!fitsInteger(*this, type))
      throw GraphError(ErrorKind::DType, (isBig ? std::to_string(static_cast<uint64_t>(i)) : std::to_string(i)) + " does not fit " + graph::name(type) +
                                             "; choose a wider dtype");
    return *this;
  }
  if (!(f >= -9223372036854775808.0 && f < 9223372036854775808.0) || f != std::trunc(f) ||
      !fitsInteger(ofInt(static_cast<int64_t>(f)), type)) {
    char text[40];
    std::snprintf(text, sizeof text, "%g", f);
    throw GraphError(ErrorKind::DType, std::string(text) + " is not a value of dtype " + graph::name(type) +
                                           "; choose a float dtype or a value that fits");
  }
  return ofInt(static_cast<int64_t>(f));
}

uint64_t Scalar::bits() const {
  if (!isFloat)
    return static_cast<uint64_t>(i);
  uint64_t out;
  std::memcpy(&out, &f, sizeof out);
  return out;
}

std::string mlirLiteral(const Scalar &value, DType type) {
  if (type == DType::Bool)
    return (value.isFloat ? value.f != 0.0 : value.i != 0) ? "true" : "false";
  if (!isFloat(type))
    return type == DType::U64 ? std::to_string(static_cast<uint64_t>(value.i)) : std::to_string(value.i);
  double f = value.asDouble(type);
  // A literal beyond the type's range is infinity there; MLIR's parser would refuse or round it its own way.
  double largest = type == DType::F16 ? 65519.99 : type == DType::BF16 ? 3.395e38 : type == DType::F32 ? 3.4028235677973366e38 : HUGE_VAL;
  if (std::isfinite(f) && std::fabs(f) >= largest)
    f = std::copysign(HUGE_VAL, f);
  if (!std::isfinite(f))
    return nonFinite(f, type);
  char text[40];
  std::snprintf(text, sizeof text, "%.*e", type == DType::F64 ? 17 : 9, f);
  return text;
}

std::string mlirTensor(const Shape &shape, DType type) {
  std::string out = "tensor<";
  for (int64_t size : shape)
    out += std::to_string(size) + "x";
  return out + mlirName(type) + ">";
}

std::string toString(const Shape &shape) {
  std::string out = "(";
  for (size_t i = 0; i < shape.size(); ++i)
    out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + (shape.size() == 1 ? ",)" : ")");
}

int64_t numElements(const Shape &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

} // namespace metabang::graph
