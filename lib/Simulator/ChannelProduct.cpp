// __bang_expand_channel_mul and _mul_add. The documents do not have them; what they do follows from their use in the
// vendor's kernels: a convolution of one input channel with `channels` filters of one weight spreads each weight of the
// vector over the channels, and the result is multiplied with the tensor.
#include "Half.h"
#include "Loops.h"
#include "Op.h"

#include <cmath>

using namespace metabang::sim;

/// dst[i][c] = weight[i] * kernel[c] * src[i][c] (+ add[i][c]); filter c is in bank c % 64, its weight at the start of
/// 64 bytes.
extern "C" void __mluSimExpandChannel(__mlu_site site, int type, void *dst, const void *weight, const void *kernel,
                                      const void *src, const void *add, unsigned n, unsigned channels) {
  Op op(site, Compute);
  op.needs(op.core.arch >= 592, "multiplication of channels", "Transpose and use __bang_cycle_mul.");
  op.type(type, false);
  op.positive(n, "the element count");
  op.positive(channels, "the channel count");
  size_t size = typeBytes(type), total = size_t(n) * channels, bytes = total * size;
  op.out("dst", dst, bytes);
  op.in("src", src, bytes);
  if (add)
    op.in("add", add, bytes);
  op.destinationApart(true);
  op.in("weight", weight, n * size);
  size_t banks = size_t(op.device.wramBanks);
  unsigned slots = unsigned((channels + banks - 1) / banks);
  Footprint filters{0, size, {op.device.wramBankBytes(), unsigned(std::min<size_t>(channels, banks)), 64, slots}};
  const Operand &filter = op.walk("kernel", kernel, filters, Space::WRAM, false);
  const uint8_t *bank = op.core.wram.data() + filter.at.base;
  op.start(op.vectorCost(bytes));
  std::vector<float> x(total), y(total, 0.0f), w(n), k(channels);
  toFloat(type, x.data(), src, total);
  toFloat(type, w.data(), weight, n);
  if (add)
    toFloat(type, y.data(), add, total);
  for (size_t c = 0; c < channels; ++c)
    toFloat(type, &k[c], bank + c % banks * size_t(op.device.wramBankBytes()) + c / banks * 64, 1);
  for (size_t i = 0; i < total; ++i) {
    double product = double(w[i / channels]) * double(k[i % channels]) * double(x[i]);
    x[i] = add ? float(product + double(y[i])) : float(product);
  }
  fromFloat(type, dst, x.data(), total);
}
