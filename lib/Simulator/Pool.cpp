// Pooling over HWC tensors, windows that do not fit are dropped.
#include "Pool.h"
#include "Half.h"
#include "Loops.h"
#include "Narrow.h"
#include "Numerics.h"
#include "Sanitizer.h"

#include <algorithm>
#include <cmath>

namespace metabang::sim {

PoolShape checkPool(Op &op, const __mlu_pool_args &a) {
  op.type(a.type, false);
  for (size_t v : {a.channel, a.h, a.w, a.kh, a.kw, a.sw, a.sh, a.dh, a.dw})
    op.positive(v, "a size of the pooling");
  if (a.kh > 65535 || a.kw > 65535 || size_t(a.kh) * a.kw > 65536)
    op.fail("the window is larger than 65536 elements", "Pool in two steps.");
  if (a.dh != 1 || a.dw != 1)
    op.needsArch(300, "2xx has no dilation.");
  if (op.is2xx)
    op.multiple(a.channel * typeBytes(a.type), 128, "the channels' size in bytes");
  size_t eh = size_t(a.kh - 1) * a.dh + 1, ew = size_t(a.kw - 1) * a.dw + 1;
  if (eh > a.h || ew > a.w)
    op.fail("the " + std::to_string(eh) + " x " + std::to_string(ew) + " window is larger than the " +
                std::to_string(a.h) + " x " + std::to_string(a.w) + " input",
            "Pad the input first.");
  PoolShape s;
  s.oh = (a.h - eh) / a.sh + 1;
  s.ow = (a.w - ew) / a.sw + 1;
  s.pixels = s.oh * s.ow;
  return s;
}

void markChannels(Op &op, size_t rowBytes) {
  Sanitizer *sanitizer = op.core.sanitizer.get();
  if (sanitizer)
    sanitizer->propagateColumns(op.operands[0], op.operands[1], rowBytes);
}

namespace {

/// A NaN never wins over a number, but on 2xx and 3xx one in the first place stays (table 5.6 of the documents).
MLU_CLONES void skipNaN(float *acc, const float *row, size_t n) {
  for (size_t i = 0; i < n; ++i)
    acc[i] = acc[i] != acc[i] ? row[i] : acc[i];
}

MLU_CLONES void accumulate(int kind, float *acc, const float *row, size_t n) {
  if (kind == __MLU_POOL_MAX)
    for (size_t i = 0; i < n; ++i)
      acc[i] = row[i] > acc[i] ? row[i] : acc[i];
  else if (kind == __MLU_POOL_MIN)
    for (size_t i = 0; i < n; ++i)
      acc[i] = row[i] < acc[i] ? row[i] : acc[i];
  else
    for (size_t i = 0; i < n; ++i)
      acc[i] += row[i];
}

/// Sums of many numbers are collected in double.
MLU_CLONES void accumulateWide(double *acc, const float *row, size_t n) {
  for (size_t i = 0; i < n; ++i)
    acc[i] += double(row[i]);
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimPool(__mlu_site site, const __mlu_pool_args *args) {
  const __mlu_pool_args &a = *args;
  Op op(site, Compute);
  PoolShape s = checkPool(op, a);
  size_t size = typeBytes(a.type), row = a.channel * size, window = size_t(a.kh) * a.kw;
  op.out("dst", a.dst, s.pixels * row);
  op.in("src", a.src, size_t(a.h) * a.w * row);
  // One window's result may replace a pixel of the window: each channel is written when all of it was read. The documents
  // exclude that; mlu-ops' roi_align_rotated sums four rows into the last.
  size_t apart = size_t(uintptr_t(a.dst) - uintptr_t(a.src));
  if (s.pixels != 1 || apart % row || apart / row >= size_t(a.h) * a.w)
    op.destinationBehind();
  op.start(op.vectorCost(s.pixels * window * ((row + 127) / 128 * 128)), Unwritten::Ignore);
  markChannels(op, row);
  static thread_local std::vector<float> in, acc;
  static thread_local std::vector<double> wide;
  in.resize(size_t(a.h) * a.w * a.channel);
  acc.resize(a.channel);
  toFloat(a.type, in.data(), a.src, in.size());
  bool sums = a.kind == __MLU_POOL_SUM || a.kind == __MLU_POOL_AVG;
  // The documents do not say in which order a window is summed: documented mode adds in single precision from a place
  // that the seed chooses.
  Numerics mode = numerics();
  size_t first = mode.documented ? size_t((deviation(mode.seed, -4, uint32_t(window)) + 1) / 2 * double(window)) : 0;
  for (size_t p = 0; p < s.pixels; ++p) {
    const float *corner = in.data() + (p / s.ow * a.sh * a.w + p % s.ow * a.sw) * a.channel;
    if (sums) {
      wide.assign(a.channel, 0.0);
      acc.assign(a.channel, 0.0f);
    } else {
      std::copy(corner, corner + a.channel, acc.begin());
    }
    for (size_t i = 0; i < window; ++i) {
      size_t k = sums ? (first + i) % window : i;
      const float *pixel = corner + (k / a.kw * a.dh * a.w + k % a.kw * a.dw) * a.channel;
      if (sums) {
        if (mode.documented)
          accumulate(a.kind, acc.data(), pixel, a.channel);
        else
          accumulateWide(wide.data(), pixel, a.channel);
        continue;
      }
      accumulate(a.kind, acc.data(), pixel, a.channel);
      if (op.core.arch >= 500)
        skipNaN(acc.data(), pixel, a.channel);
    }
    if (sums)
      for (size_t c = 0; c < a.channel; ++c) {
        double sum = mode.documented ? double(acc[c]) : wide[c];
        sum = a.kind == __MLU_POOL_AVG ? sum / double(window) : sum;
        acc[c] = a.type == __MLU_F32 ? float(sum) : toOddFloat(sum);
      }
    if (sums && op.device.saturatesFloat)
      saturate(acc.data(), acc.data(), nullptr, a.channel, largest(a.type));
    fromFloat(a.type, static_cast<char *>(a.dst) + p * row, acc.data(), a.channel);
  }
}

void __mluSimPoolIndex(__mlu_site site, const __mlu_pool_args *args) {
  const __mlu_pool_args &a = *args;
  Op op(site, Compute);
  PoolShape s = checkPool(op, a);
  size_t size = typeBytes(a.type), row = a.channel * size, window = size_t(a.kh) * a.kw;
  op.out("dst", a.dst, s.pixels * row); // 16-bit indices for half, 32-bit for float
  op.in("src", a.src, size_t(a.h) * a.w * row);
  op.destinationApart(false);
  op.start(op.vectorCost(s.pixels * window * ((row + 127) / 128 * 128)), Unwritten::Ignore);
  markChannels(op, row);
  std::vector<float> in(size_t(a.h) * a.w * a.channel);
  toFloat(a.type, in.data(), a.src, in.size());
  for (size_t p = 0; p < s.pixels; ++p)
    for (size_t c = 0; c < a.channel; ++c) {
      const float *corner = in.data() + (p / s.ow * a.sh * a.w + p % s.ow * a.sw) * a.channel + c;
      size_t best = 0;
      float extreme = corner[0];
      for (size_t k = 1; k < window; ++k) {
        float v = corner[(k / a.kw * a.dh * a.w + k % a.kw * a.dw) * a.channel];
        bool first = op.core.arch >= 500 && extreme != extreme; // there a NaN in the first place does not stay
        if (first || (a.kind == __MLU_POOL_MAX ? v > extreme : v < extreme)) {
          extreme = v;
          best = k;
        }
      }
      size_t at = p * a.channel + c;
      if (size == 2)
        static_cast<uint16_t *>(a.dst)[at] = uint16_t(best);
      else
        static_cast<uint32_t *>(a.dst)[at] = uint32_t(best);
    }
}

// h and w are the larger map that is written; the pooled gradient is read.
void __mluSimPoolBackward(__mlu_site site, const __mlu_pool_args *args, const void *mask, int overlap) {
  const __mlu_pool_args &a = *args;
  Op op(site, Compute);
  PoolShape s = checkPool(op, a);
  size_t size = typeBytes(a.type), row = a.channel * size, window = size_t(a.kh) * a.kw;
  op.out("dst", a.dst, size_t(a.h) * a.w * row);
  op.in("src", a.src, s.pixels * row);
  if (mask)
    op.in("mask", mask, s.pixels * row);
  op.destinationApart(false);
  op.start(op.vectorCost(s.pixels * window * ((row + 127) / 128 * 128)));
  std::vector<float> gradient(s.pixels * a.channel), out(size_t(a.h) * a.w * a.channel, 0.0f);
  toFloat(a.type, gradient.data(), a.src, gradient.size());
  for (size_t p = 0; p < s.pixels; ++p)
    for (size_t k = 0; k < window; ++k)
      for (size_t c = 0; c < a.channel; ++c) {
        size_t from = p * a.channel + c;
        float g = a.kind == __MLU_POOL_AVG ? gradient[from] / float(window) : gradient[from];
        if (a.kind == __MLU_POOL_MAX) {
          size_t chosen =
              size == 2 ? static_cast<const uint16_t *>(mask)[from] : static_cast<const uint32_t *>(mask)[from];
          if (chosen != k)
            continue;
        }
        size_t y = p / s.ow * a.sh + k / a.kw, x = p % s.ow * a.sw + k % a.kw;
        float &to = out[(y * a.w + x) * a.channel + c];
        to = overlap == OVERLAP_ACC ? to + g : g;
      }
  if (op.device.saturatesFloat)
    saturate(out.data(), out.data(), nullptr, out.size(), largest(a.type));
  fromFloat(a.type, a.dst, out.data(), out.size());
}
}
