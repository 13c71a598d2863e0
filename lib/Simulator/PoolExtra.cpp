// Pools with values and indices, pools in which NaN wins, and the inverse of pooling.
#include "Half.h"
#include "Loops.h"
#include "Op.h"
#include "Pool.h"
#include "Sanitizer.h"

#include <algorithm>
#include <cstring>

namespace metabang::sim {
namespace {

/// The place in a window and the value of its extreme; the first one wins. `kw` is less than the window's width where
/// the input ends.
struct Extreme {
  float value;
  size_t index;
};
Extreme extremeOf(const Op &op, const __mlu_pool_args &a, const float *corner, size_t kw, bool nan) {
  Extreme best{corner[0], 0};
  for (size_t y = 0; y < a.kh; ++y)
    for (size_t x = 0; x < kw; ++x) {
      float v = corner[(y * a.dh * a.w + x * a.dw) * a.channel];
      bool bestIsNan = best.value != best.value;
      bool wins = a.kind == __MLU_POOL_MAX ? v > best.value : v < best.value;
      if (nan)
        wins = !bestIsNan && (wins || v != v);
      else if (op.core.arch >= 500)
        wins = wins || (bestIsNan && v == v);
      if (wins)
        best = {v, y * a.kw + x};
    }
  return best;
}

void storeIndex(int type, void *dst, size_t at, size_t index) {
  auto value = uint32_t(index);
  size_t size = typeBytes(type);
  memcpy(static_cast<char *>(dst) + at * size, &value, size);
}

std::vector<float> inputOf(const __mlu_pool_args &a) {
  std::vector<float> in(size_t(a.h) * a.w * a.channel);
  toFloat(a.type, in.data(), a.src, in.size());
  return in;
}

double poolCost(const Op &op, const __mlu_pool_args &a, size_t pixels) {
  size_t row = a.channel * typeBytes(a.type);
  return op.vectorCost(pixels * a.kh * a.kw * ((row + 127) / 128 * 128));
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimOutputDilation(__mlu_site site, unsigned height, unsigned width) {
  if (height != 1 || width != 1)
    Op(site, Compute).fail("out_dh is " + std::to_string(height) + " and out_dw is " + std::to_string(width) +
                               "; what a dilation of the output does is not documented, and the simulator does not compute it",
                           "Pass 1 and 1, and spread the result with a copy.");
}

void __mluSimNanPool(__mlu_site site, const __mlu_pool_args *args, bool index) {
  const __mlu_pool_args &a = *args;
  Op op(site, Compute);
  op.needsArch(520, "Use the form without nan_.");
  PoolShape s = checkPool(op, a);
  size_t row = a.channel * typeBytes(a.type);
  op.out("dst", a.dst, s.pixels * row);
  op.in("src", a.src, size_t(a.h) * a.w * row);
  op.destinationApart(false);
  op.start(poolCost(op, a, s.pixels), Unwritten::Ignore);
  markChannels(op, row);
  std::vector<float> in = inputOf(a);
  for (size_t p = 0; p < s.pixels; ++p)
    for (size_t c = 0; c < a.channel; ++c) {
      const float *corner = in.data() + (p / s.ow * a.sh * a.w + p % s.ow * a.sw) * a.channel + c;
      Extreme e = extremeOf(op, a, corner, a.kw, true);
      size_t at = p * a.channel + c;
      if (index)
        storeIndex(a.type, a.dst, at, e.index);
      else
        fromFloat(a.type, static_cast<char *>(a.dst) + at * typeBytes(a.type), &e.value, 1);
    }
}

/// Values at dst, indices `stride` bytes later. A last window that passes the right edge ends there.
void __mluSimPoolValueIndex(__mlu_site site, const __mlu_pool_args *args, unsigned stride, bool nan) {
  __mlu_pool_args a = *args;
  Op op(site, Compute);
  op.needsArch(nan ? 520 : 322, "Use the pool of values and the pool of indices.");
  PoolShape s = checkPool(op, a);
  size_t ew = size_t(a.kw - 1) * a.dw + 1, size = typeBytes(a.type), row = a.channel * size;
  s.ow = (a.w - ew + a.sw - 1) / a.sw + 1;
  if ((s.ow - 1) * a.sw >= a.w) // a window that would begin outside
    --s.ow;
  s.pixels = s.oh * s.ow;
  size_t bytes = s.pixels * row;
  if (stride < bytes)
    op.fail("value_index_stride is " + std::to_string(stride) + " but the values have " + std::to_string(bytes) +
                " bytes",
            "Put the indices behind the values.");
  Footprint both{0, bytes, {long(stride), 2, 0, 1}};
  op.walk("dst", a.dst, both, Space::NRAM, true);
  op.in("src", a.src, size_t(a.h) * a.w * row);
  op.start(poolCost(op, a, s.pixels), Unwritten::Ignore);
  if (op.core.sanitizer)
    for (size_t part = 0; part < 2; ++part) {
      Operand dst = op.operands[0];
      dst.at.base += part * stride;
      dst.at.walk = {0, 1, 0, 1};
      op.core.sanitizer->propagateColumns(dst, op.operands[1], row);
    }
  std::vector<float> in = inputOf(a);
  for (size_t p = 0; p < s.pixels; ++p)
    for (size_t c = 0; c < a.channel; ++c) {
      size_t left = p % s.ow * a.sw;
      size_t kw = std::min<size_t>(a.kw, (a.w - left + a.dw - 1) / a.dw);
      Extreme e = extremeOf(op, a, in.data() + (p / s.ow * a.sh * a.w + left) * a.channel + c, kw, nan);
      size_t at = p * a.channel + c;
      fromFloat(a.type, static_cast<char *>(a.dst) + at * size, &e.value, 1);
      storeIndex(a.type, static_cast<char *>(a.dst) + stride, at, e.index);
    }
}

/// h and w are the larger map: each element goes to place `index` of its window, the rest of the window becomes zero.
void __mluSimUnpool(__mlu_site site, const __mlu_pool_args *args, unsigned index) {
  const __mlu_pool_args &a = *args;
  Op op(site, Compute);
  PoolShape s = checkPool(op, a);
  if (index >= a.kh * a.kw)
    op.fail("the index " + std::to_string(index) + " is outside of the " + std::to_string(a.kh) + " x " +
                std::to_string(a.kw) + " window",
            "It is row * kernel_width + column.");
  if ((s.oh - 1) * a.sh + a.kh != a.h || (s.ow - 1) * a.sw + a.kw != a.w)
    op.fail("the windows do not fill the " + std::to_string(a.h) + " x " + std::to_string(a.w) + " output",
            "height is (input_height - 1) * stride_height + kernel_height, width likewise.");
  size_t size = typeBytes(a.type), row = a.channel * size, map = size_t(a.h) * a.w * row;
  op.out("dst", a.dst, map);
  op.in("src", a.src, s.pixels * row);
  op.destinationApart(false);
  Sanitizer *sanitizer = op.core.sanitizer.get();
  std::vector<char> kept;
  if (sanitizer) { // between the windows dst keeps its bytes
    auto *flags = reinterpret_cast<const char *>(sanitizer->shadow(op.operands[0]));
    kept.assign(flags, flags + map);
  }
  auto spread = [&](char *to, const char *from, char rest) {
    for (size_t p = 0; p < s.pixels; ++p)
      for (size_t k = 0; k < size_t(a.kh) * a.kw; ++k)
        memset(to + ((p / s.ow * a.sh + k / a.kw) * a.w + p % s.ow * a.sw + k % a.kw) * row, rest, row);
    for (size_t p = 0; p < s.pixels; ++p)
      memcpy(to + ((p / s.ow * a.sh + index / a.kw) * a.w + p % s.ow * a.sw + index % a.kw) * row, from + p * row, row);
  };
  op.start(op.vectorCost(map), Unwritten::Ignore);
  if (sanitizer)
    sanitizer->rearrange(op.operands[0], op.operands[1], [&](char *to, const char *from) {
      for (size_t i = 0; i < map; ++i)
        to[i] = char(kept[i] & Sanitizer::kWritten);
      spread(to, from, 1);
    });
  spread(static_cast<char *>(a.dst), static_cast<const char *>(a.src), 0);
}
}
