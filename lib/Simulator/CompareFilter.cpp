// __bang_fcmpfilter, __bang_bexpand and __bang_breduce.
#include "Half.h"
#include "Loops.h"
#include "Op.h"
#include "Sanitizer.h"

#include <cstring>

namespace metabang::sim {
namespace {

bool holds(int mode, float a, float b) {
  switch (mode) {
  case __MLU_CMP_EQ:
    return a == b;
  case __MLU_CMP_NE:
    return a < b || a > b; // a NaN is no answer, as in __bang_ne
  case __MLU_CMP_LT:
    return a < b;
  case __MLU_CMP_LE:
    return a <= b;
  case __MLU_CMP_GT:
    return a > b;
  default:
    return a >= b;
  }
}

size_t checkBits(Op &op, int type, unsigned n, unsigned h, unsigned w, unsigned c) {
  op.needs(op.core.arch >= 592, "conversion between bits and elements", "Use comparisons with _bitindex.");
  for (unsigned v : {n, h, w, c}) {
    op.positive(v, "a dimension");
    if (v > 65535)
      op.fail("the dimension " + std::to_string(v) + " is above 65535", "Split the tensor.");
  }
  op.multiple(c, 8, "the dimension C");
  if (isFloatType(type))
    op.fail(std::string("there is no form for ") + typeName(type), "Use integers.");
  return size_t(n) * h * w * c;
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

/// The number of chosen elements as a 32-bit word, then the elements.
void __mluSimCompareFilter(__mlu_site site, int mode, int type, void *dst, const void *a, const void *b, double scalar,
                           unsigned n) {
  Op op(site, Compute);
  op.needsArch(322, "Compare, then call __bang_select or __bang_filter.");
  op.type(type, false);
  if (mode < __MLU_CMP_EQ || mode > __MLU_CMP_GE)
    op.fail("the comparison " + std::to_string(mode) + " does not exist", "Use a CompareMode.");
  op.positive(n, "the element count");
  size_t size = typeBytes(type), bytes = n * size;
  op.out("dst", dst, bytes + 4);
  op.in("src0", a, bytes);
  if (b)
    op.in("src1", b, bytes);
  op.destinationApart(true);
  op.start(op.vectorCost(bytes));
  std::vector<float> x(n), y(n, float(scalar));
  toFloat(type, x.data(), a, n);
  if (b)
    toFloat(type, y.data(), b, n);
  std::vector<char> chosen(4);
  for (size_t i = 0; i < n; ++i)
    if (holds(mode, x[i], y[i])) {
      const char *at = static_cast<const char *>(a) + i * size;
      chosen.insert(chosen.end(), at, at + size);
    }
  auto count = unsigned((chosen.size() - 4) / size);
  memcpy(chosen.data(), &count, 4);
  memcpy(dst, chosen.data(), chosen.size());
  if (op.core.sanitizer) { // what follows the result is undefined
    Operand rest = op.operands[0];
    rest.at.base += chosen.size();
    rest.at.bytes = bytes + 4 - chosen.size();
    op.core.sanitizer->poison(rest);
  }
}

// Bit i of the vector, the lowest bit of a byte first, stands for element i.
void __mluSimBitExpand(__mlu_site site, int type, void *dst, const void *src, unsigned n, unsigned h, unsigned w,
                       unsigned c) {
  Op op(site, Compute);
  size_t count = checkBits(op, type, n, h, w, c), size = typeBytes(type);
  op.out("dst", dst, count * size);
  op.in("src", src, count / 8);
  op.destinationApart(false);
  op.start(op.vectorCost(count * size), Unwritten::Propagate);
  for (size_t i = 0; i < count; ++i) {
    uint32_t bit = static_cast<const uint8_t *>(src)[i / 8] >> (i % 8) & 1;
    memcpy(static_cast<char *>(dst) + i * size, &bit, size);
  }
}

void __mluSimBitReduce(__mlu_site site, int type, void *dst, const void *src, unsigned n, unsigned h, unsigned w,
                       unsigned c) {
  Op op(site, Compute);
  size_t count = checkBits(op, type, n, h, w, c), size = typeBytes(type);
  op.out("dst", dst, count / 8);
  op.in("src", src, count * size);
  op.destinationApart(true);
  std::vector<bool> written;
  if (op.core.sanitizer)
    written = op.core.sanitizer->writtenElements(op, size, count);
  op.start(op.vectorCost(count * size), Unwritten::Ignore);
  if (!written.empty())
    op.core.sanitizer->setBits(op.operands[0], written);
  for (size_t i = 0; i < count; i += 8) {
    unsigned bits = 0;
    for (size_t k = 0; k < 8; ++k) {
      uint32_t value = 0;
      memcpy(&value, static_cast<const char *>(src) + (i + k) * size, size);
      bits |= unsigned(value != 0) << k;
    }
    static_cast<uint8_t *>(dst)[i / 8] = uint8_t(bits);
  }
}
}
