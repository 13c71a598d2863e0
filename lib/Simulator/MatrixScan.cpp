// __bang_histogram and __bang_integral: vectors against rows of 64 bytes in WRAM, row r in bank r.
#include "Half.h"
#include "Loops.h"
#include "Op.h"

#include <cmath>
#include <cstring>

namespace metabang::sim {
namespace {

double elementAt(int type, const void *p, size_t i) {
  switch (type) {
  case __MLU_I8:
    return static_cast<const int8_t *>(p)[i];
  case __MLU_I16:
    return static_cast<const int16_t *>(p)[i];
  default: {
    float f;
    toFloat(type, &f, static_cast<const char *>(p) + i * typeBytes(type), 1);
    return double(f);
  }
  }
}

/// Saturates integers; floats are rounded to nearest.
void storeElement(int type, void *p, size_t i, double v, bool finite) {
  char *at = static_cast<char *>(p) + i * typeBytes(type);
  if (type == __MLU_F16 || type == __MLU_F32) {
    float f = float(v), max = largest(type);
    if (finite && std::fabs(f) > max)
      f = std::copysign(max, f);
    fromFloat(type, at, &f, 1);
    return;
  }
  double limit = type == __MLU_I16 ? 32767 : 2147483647;
  auto whole = int64_t(std::fmax(-limit - 1, std::fmin(limit, std::nearbyint(v))));
  memcpy(at, &whole, typeBytes(type));
}

void checkScanTypes(Op &op, int dstType, int srcType) {
  bool integers = srcType == __MLU_I8 || srcType == __MLU_I16;
  bool ok = integers ? dstType == __MLU_F16 || dstType == __MLU_F32 || dstType == __MLU_I16 || dstType == __MLU_I32
                     : isFloatType(srcType) && dstType == __MLU_F32;
  if (!ok)
    op.fail(std::string("there is no form from ") + typeName(srcType) + " to " + typeName(dstType), "Convert first.");
}

/// The 64 rows of the kernel, one in each bank.
const uint8_t *rows(Op &op, const void *kernel, size_t count) {
  Footprint f{0, 64, {op.device.wramBankBytes(), unsigned(count), 0, 1}};
  const Operand &o = op.walk("kernel", kernel, f, Space::WRAM, false);
  op.multiple(o.at.base, size_t(op.device.wramAddressAlignment), "the offset of the kernel in WRAM");
  return op.core.wram.data() + o.at.base;
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

/// dst[r] = how many elements of src equal the number in row r.
void __mluSimHistogram(__mlu_site site, int dstType, int srcType, void *dst, const void *src, const void *kernel,
                       unsigned n) {
  Op op(site, Compute);
  op.needs(op.core.arch == 220 || op.core.arch >= 322, "histogram", "Compare with each value and count.");
  checkScanTypes(op, dstType, srcType);
  op.positive(n, "the element count");
  size_t size = typeBytes(srcType);
  op.out("dst", dst, 64 * typeBytes(dstType));
  op.in("src", src, n * size);
  op.destinationApart(false);
  const uint8_t *bank = rows(op, kernel, 64);
  op.start(op.vectorCost(n * size));
  for (size_t r = 0; r < 64; ++r) {
    double value = elementAt(srcType, bank + r * size_t(op.device.wramBankBytes()), 0), count = 0;
    for (size_t i = 0; i < n; ++i)
      count += elementAt(srcType, src, i) == value;
    storeElement(dstType, dst, r, count, op.device.saturatesFloat);
  }
}

/// Blocks of 64 bytes are multiplied with the lower triangular matrix; each adds the last result of the block before
/// it.
void __mluSimIntegral(__mlu_site site, int dstType, int srcType, void *dst, const void *src, const void *kernel,
                      unsigned n, int position) {
  Op op(site, Compute);
  op.needsArch(322, "Sum with scalar code or with a convolution.");
  checkScanTypes(op, dstType, srcType);
  op.position(position);
  size_t size = typeBytes(srcType), block = 64 / size;
  op.positive(n, "the element count");
  op.multiple(n * size, 64, "the vector's size in bytes");
  if (n * size > 65472)
    op.fail("the vector has " + std::to_string(n * size) + " bytes, more than 65472", "Split it and carry the sum.");
  op.out("dst", dst, n * typeBytes(dstType));
  op.in("src", src, n * size);
  op.destinationApart(false);
  const uint8_t *bank = rows(op, kernel, block);
  op.start(op.core.ns(double(n)) + op.vectorCost(n * size));
  double scale = std::ldexp(1.0, position), carry = 0;
  for (size_t first = 0; first < n; first += block) {
    double last = carry;
    for (size_t r = 0; r < block; ++r) {
      last = carry;
      for (size_t c = 0; c < block; ++c)
        last +=
            elementAt(srcType, bank + r * size_t(op.device.wramBankBytes()), c) * elementAt(srcType, src, first + c);
      storeElement(dstType, dst, first + r, last * scale, op.device.saturatesFloat);
    }
    carry = last;
  }
}
}
