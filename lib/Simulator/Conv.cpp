// Convolution, mlp and matmul: filters come from WRAM's banks, everything else from NRAM.
#include "Gemm.h"
#include "Half.h"
#include "Loops.h"
#include "Narrow.h"
#include "Op.h"

#include <algorithm>
#include <cmath>

namespace metabang::sim {
namespace {

bool isFloating(int type) { return isFloatType(type) || type == __MLU_TF32; }
int bitsOfType(int type) { return type == __MLU_I4X2 ? 4 : int(typeBytes(type)) * 8; }
size_t storage(int type, size_t elements) { return elements * size_t(bitsOfType(type)) / 8; }

double macsPerCycle(const metabang::Device &d, int src, int kernel) {
  if (typeBytes(src) == 4 || typeBytes(kernel) == 4)
    return double(d.macsPerCycleF32);
  if (src == __MLU_F16)
    return double(d.macsPerCycleF16);
  if (src == __MLU_BF16)
    return double(d.macsPerCycleBf16);
  int bits = std::max(bitsOfType(src), bitsOfType(kernel));
  return double(bits == 4 ? d.macsPerCycleInt4 : bits == 8 ? d.macsPerCycleInt8 : d.macsPerCycleInt16);
}

void checkTypes(Op &op, const __mlu_conv_args &a) {
  bool floats = isFloating(a.src_type);
  std::string names = std::string(typeName(a.src_type)) + " x " + typeName(a.kernel_type) + " to " + typeName(a.dst_type);
  if (floats) {
    op.needs(op.device.hasFloatConv, "convolution of floats", "Quantise to int16_t or int8_t.");
    bool mixed = a.src_type != a.kernel_type;
    bool ok = isFloating(a.kernel_type) && a.dst_type == __MLU_F32 && !a.bias &&
              (!mixed || (op.core.arch == 372 && (a.src_type == __MLU_F32 || a.kernel_type == __MLU_F32)));
    if (!ok)
      op.fail(names + " is no combination of this architecture",
              "Float inputs of one type give float, without bias.");
    return;
  }
  auto isInput = [](int t) { return t == __MLU_I4X2 || t == __MLU_I8 || t == __MLU_I16; };
  bool ok = isInput(a.src_type) && isInput(a.kernel_type) &&
            (a.dst_type == __MLU_F16 || a.dst_type == __MLU_F32 ||
             (a.dst_type == __MLU_I16 && a.src_type != __MLU_I4X2 && a.kernel_type != __MLU_I4X2 && !a.partial));
  if (!ok || (op.is2xx && bitsOfType(a.kernel_type) > bitsOfType(a.src_type)))
    op.fail(names + " is no combination of this architecture",
            "Inputs are int4x2_t, int8_t or int16_t, filters no wider than the input on 2xx; results are half or float.");
}

/// Bytes to which ci of one filter position is padded in WRAM.
size_t ciUnit(const Op &op, int src, int kernel) {
  if (op.is2xx)
    return 1; // the argument itself is aligned
  if (isFloating(src))
    return typeBytes(src) == 2 * typeBytes(kernel) ? 32 : 64;
  if (src == __MLU_I16 && kernel != __MLU_I16)
    return kernel == __MLU_I8 ? 32 : 16;
  return src != __MLU_I4X2 && kernel == __MLU_I4X2 ? 32 : 64;
}

/// n elements of any input type as T.
template <typename T> void load(int type, T *dst, const void *src, size_t n) {
  auto widen = [&](auto *p) {
    for (size_t i = 0; i < n; ++i)
      dst[i] = T(p[i]);
  };
  if (type == __MLU_I8) {
    widen(static_cast<const int8_t *>(src));
  } else if (type == __MLU_I16) {
    widen(static_cast<const int16_t *>(src));
  } else if (type == __MLU_I4X2) {
    auto *p = static_cast<const uint8_t *>(src);
    for (size_t i = 0; i < n; ++i)
      dst[i] = T(int8_t((i % 2 ? p[i / 2] >> 4 : p[i / 2] & 15) << 4) >> 4);
  } else {
    float block[kBlock];
    for (size_t i = 0; i < n; i += kBlock) {
      size_t m = std::min(kBlock, n - i);
      toFloat(type, block, static_cast<const char *>(src) + i * typeBytes(type), m);
      for (size_t k = 0; type == __MLU_TF32 && k < m; ++k)
        block[k] = tf32Of(block[k]);
      for (size_t k = 0; k < m; ++k)
        dst[i + k] = T(block[k]);
    }
  }
}

double elementOf(int type, const void *p, size_t i) {
  switch (type) {
  case __MLU_F16: return floatFromHalf(static_cast<const uint16_t *>(p)[i]);
  case __MLU_F32: return static_cast<const float *>(p)[i];
  default: return static_cast<const int16_t *>(p)[i];
  }
}

/// v as a half, rounded once; beyond `max` it is `max`.
template <typename T> MLU_CLONES void storeHalves(uint16_t *to, const T *sums, double scale, double max, size_t n) {
  for (size_t f = 0; f < n; ++f) {
    double v = double(sums[f]) * scale;
    v = v > max ? max : v;
    v = v < -max ? -max : v;
    to[f] = halfFromFloat(toOddFloat(v));
  }
}

/// One row of results: scale, bias, partial sum, rounding, saturation.
template <typename T>
void storeRow(const Op &op, const __mlu_conv_args &a, double scale, const T *sums, size_t pixel) {
  size_t first = pixel * a.co;
  bool clamp = op.device.saturatesFloat;
  if (a.dst_type == __MLU_F32 && !a.bias && !a.partial && !clamp) {
    float *to = static_cast<float *>(a.dst) + first;
    for (size_t f = 0; f < a.co; ++f)
      to[f] = float(double(sums[f]) * scale);
    return;
  }
  if (a.dst_type == __MLU_F16 && !a.bias && !a.partial && !isFloating(a.src_type)) // sums of integers are no NaN
    return storeHalves(static_cast<uint16_t *>(a.dst) + first, sums, scale, clamp ? double(kHalfMax) : INFINITY, a.co);
  double max = a.dst_type == __MLU_F16 ? double(kHalfMax) : a.dst_type == __MLU_F32 ? 0x1.fffffep127 : 32767;
  for (size_t f = 0; f < a.co; ++f) {
    double v = double(sums[f]) * scale;
    if (a.bias)
      v += elementOf(a.dst_type, a.bias, f);
    if (a.partial)
      v += elementOf(a.dst_type, a.partial, first + f);
    if (clamp || a.dst_type == __MLU_I16)
      v = v != v ? max : v > max ? max : v < -max ? -max : v;
    if (a.dst_type == __MLU_F32)
      static_cast<float *>(a.dst)[first + f] = float(v);
    else if (a.dst_type == __MLU_F16)
      static_cast<uint16_t *>(a.dst)[first + f] = halfFromFloat(toOddFloat(v));
    else
      static_cast<int16_t *>(a.dst)[first + f] = int16_t(std::lround(v));
  }
}

struct Shape {
  size_t oh, ow, row; // row: bytes of one filter in its bank
  size_t paddedCi;    // elements
};

template <typename T> void contract(Op &op, const __mlu_conv_args &a, const Shape &s, size_t wramBase) {
  // Buffers of this thread, kept between calls.
  static thread_local std::vector<T> input, sums, filter;
  static thread_local Contraction<T> contraction;
  static thread_local std::vector<const T *> rows;
  static thread_local std::vector<ptrdiff_t> taps;
  size_t inputs = size_t(a.h) * a.w * a.ci, k = size_t(a.kh) * a.kw * a.ci;
  input.resize(inputs);
  load(a.src_type, input.data(), a.src, inputs);

  const uint8_t *wram = op.core.wram.data() + wramBase;
  size_t bank = size_t(op.device.wramBankBytes()), banks = size_t(op.device.wramBanks);
  size_t positions = size_t(a.kh) * a.kw;
  filter.resize(positions * s.paddedCi);
  contraction.pack(a.co, k, [&](size_t f, T *to) {
    T *row = s.paddedCi == a.ci ? to : filter.data();
    load(a.kernel_type, row, wram + f % banks * bank + f / banks * s.row, filter.size());
    for (size_t p = 0; row != to && p < positions; ++p)
      std::copy_n(row + p * s.paddedCi, a.ci, to + p * a.ci);
  });

  size_t pixels = s.oh * s.ow, width = Contraction<T>::panelWidth(), stride = (a.co + width - 1) / width * width;
  rows.resize(pixels);
  for (size_t y = 0; y < s.oh; ++y)
    for (size_t x = 0; x < s.ow; ++x)
      rows[y * s.ow + x] = input.data() + (y * a.sh * a.w + x * a.sw) * a.ci;
  taps.clear();
  for (size_t y = 0; y < a.kh; ++y)
    for (size_t x = 0; x < a.kw; ++x)
      taps.push_back(ptrdiff_t((y * a.dh * a.w + x * a.dw) * a.ci));
  sums.resize(pixels * stride);
  contraction.run(rows.data(), pixels, taps.data(), taps.size(), a.ci, a.co, sums.data(), stride);
  double scale = std::ldexp(1.0, a.fix_position);
  for (size_t p = 0; p < pixels; ++p)
    storeRow(op, a, scale, sums.data() + p * stride, p);
}

void convolve(Op &op, const __mlu_conv_args &a) {
  checkTypes(op, a);
  op.position(a.fix_position);
  for (size_t v : {a.ci, a.h, a.w, a.kh, a.kw, a.sw, a.sh, a.co, a.dw, a.dh})
    op.positive(v, "a size of the convolution");
  if (a.sw > 1023 || a.sh > 1023 || a.dw > 1023 || a.dh > 1023)
    op.fail("a stride or dilation is above 1023", "Use a smaller one.");
  if (a.dilated)
    op.needsArch(300, "Call one convolution for each kernel row, or put zeros into the kernel.");
  if (op.is2xx) {
    op.multiple(storage(a.src_type, a.ci), size_t(op.device.convCiBytesAlignment), "channel_input in bytes");
    op.multiple(a.co, size_t(op.device.convCoAlignment), "channel_output");
  }
  size_t eh = size_t(a.kh - 1) * a.dh + 1, ew = size_t(a.kw - 1) * a.dw + 1;
  if (eh > a.h || ew > a.w)
    op.fail("the " + std::to_string(eh) + " x " + std::to_string(ew) + " window is larger than the " +
                std::to_string(a.h) + " x " + std::to_string(a.w) + " input",
            "Pad the input first.");
  Shape s;
  s.oh = (a.h - eh) / a.sh + 1;
  s.ow = (a.w - ew) / a.sw + 1;
  size_t unit = ciUnit(op, a.src_type, a.kernel_type) * 8 / size_t(bitsOfType(a.kernel_type));
  s.paddedCi = unit <= 1 ? a.ci : (a.ci + unit - 1) / unit * unit;
  s.row = storage(a.kernel_type, size_t(a.kh) * a.kw * s.paddedCi);

  size_t results = s.oh * s.ow * a.co * typeBytes(a.dst_type);
  op.out("dst", a.dst, results);
  op.in("src", a.src, storage(a.src_type, size_t(a.h) * a.w * a.ci));
  if (a.bias)
    op.in("bias", a.bias, a.co * typeBytes(a.dst_type));
  op.destinationApart(false);
  if (a.partial) {
    op.in("partial", a.partial, results);
    if (a.partial != a.dst)
      op.destinationApart(false);
  }
  size_t banks = size_t(op.device.wramBanks), slots = (a.co + banks - 1) / banks;
  Footprint filters{0, s.row * slots, {op.device.wramBankBytes(), unsigned(std::min<size_t>(a.co, banks)), 0, 1}};
  const Operand &kernel = op.walk("kernel", a.kernel, filters, Space::WRAM, false);
  op.multiple(kernel.at.base, size_t(op.device.wramAddressAlignment), "the offset of the kernel in WRAM");

  double macs = double(s.oh * s.ow) * double(slots * banks) * double(a.kh) * a.kw * double(a.ci);
  op.core.clock.macs += macs;
  op.start(op.core.ns(macs / macsPerCycle(op.device, a.src_type, a.kernel_type) + double(op.device.convStartupCycles)));

  // Products of 8-bit numbers add up exactly in float as long as the sum stays below 2^24. Everything else is summed in
  // double: exact for integers, and for floats as good as rounded once.
  size_t k = size_t(a.kh) * a.kw * a.ci;
  bool single = !isFloating(a.src_type) && bitsOfType(a.src_type) <= 8 && bitsOfType(a.kernel_type) <= 8 &&
                k <= (1u << 24) / (128 * 128);
  if (single)
    contract<float>(op, a, s, kernel.at.base);
  else
    contract<double>(op, a, s, kernel.at.base);
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {
void __mluSimConv(__mlu_site site, const __mlu_conv_args *args) {
  Op op(site, Compute);
  convolve(op, *args);
}

// One pixel of ci channels.
void __mluSimMlp(__mlu_site site, const __mlu_conv_args *args) {
  Op op(site, Compute);
  convolve(op, *args);
}

// M pixels of K channels, N filters.
void __mluSimMatmul(__mlu_site site, const __mlu_conv_args *args) {
  Op op(site, Compute);
  convolve(op, *args);
}
}
