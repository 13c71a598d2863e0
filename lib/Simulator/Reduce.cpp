// Reductions, counting, searching, compaction.
#include "Half.h"
#include "Loops.h"
#include "Narrow.h"
#include "Numerics.h"
#include "Op.h"
#include "Sanitizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace metabang::sim {
namespace {

/// The elements as float; integers of 16 and 32 bits keep whether they are zero.
std::vector<float> loadAll(int type, const void *src, size_t n) {
  std::vector<float> v(n);
  if (isFloatType(type)) {
    toFloat(type, v.data(), src, n);
    return v;
  }
  size_t size = typeBytes(type);
  for (size_t i = 0; i < n; ++i) {
    uint32_t bits = 0;
    memcpy(&bits, static_cast<const char *>(src) + i * size, size);
    v[i] = bits ? 1.0f : 0.0f;
  }
  return v;
}

/// A 32-bit result, in NRAM in the old forms; 2xx clears the rest of its 128 bytes.
void storeWord(Op &op, void *dst, uint32_t value) {
  if (op.is2xx)
    memset(dst, 0, 128);
  memcpy(dst, &value, 4);
}

/// The sum in the element type. The documents do not say in which order it is taken: documented mode adds in single
/// precision from a place that the seed chooses.
float sumOf(int type, const float *v, size_t n) {
  Numerics mode = numerics();
  if (mode.documented) {
    size_t first = size_t((deviation(mode.seed, -3, uint32_t(n)) + 1) / 2 * double(n)) % n;
    float sum = 0;
    for (size_t i = 0; i < n; ++i)
      sum += v[(first + i) % n];
    return sum;
  }
  double sum = 0;
  for (size_t i = 0; i < n; ++i)
    sum += double(v[i]);
  return type == __MLU_F32 ? float(sum) : toOddFloat(sum);
}

void waitForResult(Op &op) { op.core.clock.wait(op.pipe); }

/// A number that answer() finds in the elements: to `dst` in the old forms, otherwise returned when it is known.
template <typename F>
unsigned scanElements(const __mlu_site &site, int type, bool integers, const void *src, unsigned n, void *dst,
                      F &&answer) {
  Op op(site, Compute);
  op.type(type, integers);
  size_t size = typeBytes(type), bytes = n * size;
  op.vectorLength(n, size);
  if (dst)
    op.out("dst", dst, op.is2xx ? 128 : 4);
  op.in("src", src, bytes);
  op.start(op.vectorCost(bytes));
  unsigned found = answer(loadAll(type, src, n));
  if (dst)
    storeWord(op, dst, found);
  else
    waitForResult(op);
  return found;
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimReduceSum(__mlu_site site, int type, void *dst, const void *src, unsigned n) {
  Op op(site, Compute);
  op.type(type, false);
  size_t size = typeBytes(type), bytes = n * size, chunk = 128 / size;
  op.positive(n, "the element count");
  op.multiple(bytes, 128, "the vector's size in bytes");
  if (op.is2xx)
    op.out("dst", dst, bytes);
  else // the rest of every chunk keeps its bytes
    op.walk("dst", dst, {0, size, {128, unsigned(n / chunk), 0, 1}}, Space::NRAM, true);
  op.in("src", src, bytes);
  op.destinationApart(true);
  op.start(op.vectorCost(bytes));
  std::vector<float> in = loadAll(type, src, n);
  for (size_t i = 0; i < n; i += chunk) {
    float result = sumOf(type, in.data() + i, chunk);
    if (op.device.saturatesFloat)
      saturate(&result, &result, nullptr, 1, largest(type));
    char *to = static_cast<char *>(dst) + i * size;
    if (op.is2xx)
      memset(to, 0, 128);
    fromFloat(type, to, &result, 1);
  }
}

double __mluSimSum(__mlu_site site, int type, const void *src, unsigned n) {
  Op op(site, Compute);
  op.needsArch(520, "Use __bang_reduce_sum or __bang_sumpool.");
  op.type(type, false);
  op.positive(n, "the element count");
  op.in("src", src, n * typeBytes(type));
  op.start(op.vectorCost(n * typeBytes(type)));
  waitForResult(op);
  std::vector<float> in = loadAll(type, src, n);
  return double(sumOf(type, in.data(), n));
}

void __mluSimArg(__mlu_site site, int type, bool max, bool fabs, bool overlap, void *dst, const void *src, unsigned n) {
  Op op(site, Compute);
  if (overlap)
    op.needsArch(322, max ? "Use __bang_max." : "Use __bang_min.");
  op.type(type, false);
  size_t size = typeBytes(type), bytes = n * size;
  op.vectorLength(n, size);
  op.out("dst", dst, op.is2xx ? 128 : size + 4 + (fabs ? 4 : 0));
  op.in("src", src, bytes);
  op.destinationApart(overlap);
  op.start(op.vectorCost(bytes));
  std::vector<float> in = loadAll(type, src, n);
  if (fabs)
    for (float &v : in)
      v = std::fabs(v);
  size_t best = 0;
  while (op.core.arch >= 500 && best + 1 < n && in[best] != in[best]) // there a NaN first does not win
    ++best;
  for (size_t i = best + 1; i < n; ++i)
    if (max ? in[i] > in[best] : in[i] < in[best])
      best = i;
  float value = in[best];
  uint32_t index = uint32_t(best), zero = 0;
  char *to = static_cast<char *>(dst);
  fromFloat(type, to, &value, 1);
  memcpy(to + size, &index, 4);
  if (fabs)
    memcpy(to + size + 4, &zero, 4);
}

void __mluSimNanArg(__mlu_site site, int type, bool max, void *dst, const void *src, unsigned n) {
  Op op(site, Compute);
  op.needsArch(520, "Use __bang_argmax or __bang_argmin.");
  op.type(type, false);
  size_t size = typeBytes(type), bytes = n * size;
  op.vectorLength(n, size);
  op.out("dst", dst, size + 4);
  op.in("src", src, bytes);
  op.start(op.vectorCost(bytes));
  std::vector<float> in = loadAll(type, src, n);
  size_t best = 0;
  for (size_t i = 1; i < n && in[best] == in[best]; ++i)
    if (in[i] != in[i] || (max ? in[i] > in[best] : in[i] < in[best]))
      best = i;
  uint32_t index = uint32_t(best);
  fromFloat(type, dst, &in[best], 1);
  memcpy(static_cast<char *>(dst) + size, &index, 4);
}

unsigned __mluSimCount(__mlu_site site, int type, const void *src, unsigned n, void *dst) {
  return scanElements(site, type, true, src, n, dst, [](const std::vector<float> &in) {
    return unsigned(std::count_if(in.begin(), in.end(), [](float v) { return v != 0; }));
  });
}

unsigned __mluSimFind(__mlu_site site, int type, bool last, const void *src, unsigned n, void *dst) {
  return scanElements(site, type, false, src, n, dst, [last](const std::vector<float> &in) {
    auto first = std::find_if(in.begin(), in.end(), [](float v) { return v != 0; });
    if (first == in.end())
      return 0xffffffffu;
    auto final = std::find_if(in.rbegin(), in.rend(), [](float v) { return v != 0; });
    return last ? unsigned(in.rend() - final) - 1 : unsigned(first - in.begin());
  });
}

unsigned __mluSimCompact(__mlu_site site, int kind, bool bits, int type, void *dst, const void *src, const void *mask,
                         unsigned n) {
  Op op(site, Compute);
  if (isFloatType(type) || !bits || kind != __MLU_FILTER) // by bits, integers are filtered on every architecture
    op.type(type, false);
  size_t size = typeBytes(type), bytes = n * size, header = kind == __MLU_SELECT ? 128 : 0;
  op.positive(n, "the element count");
  if (bits)
    op.multiple(n, op.is2xx ? 512 : 8, "the element count");
  else
    op.vectorLength(n, size);
  op.out("dst", dst, bytes + header);
  op.in("src", src, bytes);
  op.in(bits ? "bitmask" : "index", mask, bits ? n / 8 : bytes);
  op.destinationApart(true);
  // A padded tail may go through a filter: its elements stay unwritten. The mask decides, and must be known.
  bool follow = op.core.sanitizer && kind == __MLU_FILTER;
  if (follow) {
    Op decides(site, Compute);
    decides.in(bits ? "bitmask" : "index", mask, bits ? n / 8 : bytes);
    decides.check();
  }
  op.start(op.vectorCost(bytes), follow ? Unwritten::Ignore : Unwritten::Refuse);
  std::vector<char> packed;
  std::vector<size_t> chosen;
  std::vector<float> index;
  if (!bits)
    index = loadAll(type, mask, n);
  for (size_t i = 0; i < n; ++i)
    if (bits ? static_cast<const uint8_t *>(mask)[i / 8] >> (i % 8) & 1 : index[i] != 0) {
      const char *at = static_cast<const char *>(src) + i * size;
      packed.insert(packed.end(), at, at + size);
      chosen.push_back(i);
    }
  auto count = unsigned(packed.size() / size);
  if (op.is2xx)
    packed.resize((packed.size() + 127) / 128 * 128);
  char *to = static_cast<char *>(dst);
  if (header) {
    memset(to, 0, 128);
    memcpy(to, &count, 4);
  }
  memcpy(to + header, packed.data(), packed.size());
  if (follow)
    op.core.sanitizer->rearrange(op.operands[0], op.operands[1], [&](char *flags, const char *from) {
      std::vector<char> moved(packed.size(), char(Sanitizer::kWritten)); // zeros behind the result on 2xx are written
      for (size_t k = 0; k < chosen.size(); ++k)
        memcpy(&moved[k * size], from + chosen[k] * size, size);
      memcpy(flags, moved.data(), moved.size());
    });
  if (op.core.sanitizer) { // what follows the result is undefined
    Operand rest = op.operands[0];
    rest.at.base += header + packed.size();
    rest.at.bytes = bytes - packed.size();
    op.core.sanitizer->poison(rest);
  }
  if (kind == __MLU_FILTER)
    waitForResult(op);
  return count;
}

void __mluSimMaskMove(__mlu_site site, void *dst, const void *src, const void *mask, unsigned bytes) {
  Op op(site, Compute);
  op.positive(bytes, "the size");
  op.multiple(bytes, op.is2xx ? 1024 : 8, "the size");
  op.out("dst", dst, bytes);
  op.in("src", src, bytes);
  op.in("mask", mask, bytes / 8);
  op.destinationApart(true);
  op.start(op.vectorCost(bytes));
  for (size_t i = 0; i < bytes; ++i)
    if (static_cast<const uint8_t *>(mask)[i / 8] >> (i % 8) & 1)
      static_cast<char *>(dst)[i] = static_cast<const char *>(src)[i];
}
}
