// Movements inside NRAM: transposes, rotations, padding, the order of filters.
#include "Op.h"
#include "Sanitizer.h"

#include <algorithm>
#include <cstring>

namespace metabang::sim {
namespace {

/// dst[i] = src[from(i)] for elements of `bytes`.
template <typename F> void gather(char *dst, const char *src, size_t bytes, size_t n, F &&from) {
  auto run = [&](auto *d, auto *s) {
    for (size_t i = 0; i < n; ++i)
      d[i] = s[from(i)];
  };
  if (bytes == 1)
    run(reinterpret_cast<uint8_t *>(dst), reinterpret_cast<const uint8_t *>(src));
  else if (bytes == 2)
    run(reinterpret_cast<uint16_t *>(dst), reinterpret_cast<const uint16_t *>(src));
  else
    run(reinterpret_cast<uint32_t *>(dst), reinterpret_cast<const uint32_t *>(src));
}

/// rows x columns to columns x rows.
void transpose(char *dst, const char *src, size_t bytes, size_t rows, size_t columns) {
  constexpr size_t kTile = 32;
  for (size_t y = 0; y < rows; y += kTile)
    for (size_t x = 0; x < columns; x += kTile)
      for (size_t i = y; i < std::min(y + kTile, rows); ++i)
        for (size_t j = x; j < std::min(x + kTile, columns); ++j)
          memcpy(dst + (j * rows + i) * bytes, src + (i * columns + j) * bytes, bytes);
}

void permute(int kind, char *dst, const char *src, size_t bytes, size_t n, size_t h, size_t w, size_t c) {
  size_t image = h * w * c * bytes;
  switch (kind) {
  case __MLU_TRANSPOSE:
    return transpose(dst, src, bytes, h, w);
  case __MLU_NHWC2NCHW:
    for (size_t i = 0; i < n; ++i)
      transpose(dst + i * image, src + i * image, bytes, h * w, c);
    return;
  case __MLU_NCHW2NHWC:
    for (size_t i = 0; i < n; ++i)
      transpose(dst + i * image, src + i * image, bytes, c, h * w);
    return;
  case __MLU_RESHAPE_FILTER: // bank f % 64, slot f / 64
    for (size_t f = 0; f < n; ++f)
      memcpy(dst + (f % 64 * (n / 64) + f / 64) * image, src + f * image, image);
    return;
  case __MLU_MIRROR:
    return gather(dst, src, bytes, h * w, [=](size_t i) { return i / w * w + (w - 1 - i % w); });
  case __MLU_ROTATE90: // dst is [w][h]
    return gather(dst, src, bytes, h * w, [=](size_t i) { return (h - 1 - i % h) * w + i / h; });
  case __MLU_ROTATE180:
    return gather(dst, src, bytes, h * w, [=](size_t i) { return h * w - 1 - i; });
  default: // rotate270: dst is [w][h]
    return gather(dst, src, bytes, h * w, [=](size_t i) { return i % h * w + (w - 1 - i / h); });
  }
}

void checkLayout(Op &op, int kind, size_t bytes, size_t n, size_t h, size_t w, size_t c) {
  for (size_t v : {n, h, w, c})
    op.positive(v, "a size");
  if (kind == __MLU_RESHAPE_FILTER) {
    op.multiple(n, 64, "the number of filters");
    op.multiple(h * w * c * bytes, op.is2xx ? 128 : 32, "the size of a filter in bytes");
  } else if (kind == __MLU_NHWC2NCHW || kind == __MLU_NCHW2NHWC) {
    op.multiple(h * w * bytes, 64, "height * width in bytes");
    op.multiple(c * bytes, 64, "the channels' size in bytes");
  } else if (op.is2xx) {
    size_t rows = kind == __MLU_TRANSPOSE || kind == __MLU_MIRROR ? 64 : 128;
    op.multiple(h * bytes, rows, "height in bytes");
    op.multiple(w * bytes, kind == __MLU_TRANSPOSE ? 64 : 128, "width in bytes");
  }
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimLayout(__mlu_site site, int kind, int type, void *dst, const void *src, unsigned n, unsigned h,
                    unsigned w, unsigned c) {
  Op op(site, Compute);
  if (type == __MLU_BF16 || typeBytes(type) > 4)
    op.type(type, false);
  size_t bytes = typeBytes(type), total = size_t(n) * h * w * c * bytes;
  checkLayout(op, kind, bytes, n, h, w, c);
  op.out("dst", dst, total);
  op.in("src", src, total);
  op.destinationApart(false);
  op.start(2 * op.vectorCost(total), Unwritten::Ignore);
  if (Sanitizer *sanitizer = op.core.sanitizer.get()) // the shadow takes the same way
    sanitizer->rearrange(op.operands[0], op.operands[1], [&](char *to, const char *from) {
      permute(kind, to, from, bytes, n, h, w, c);
    });
  permute(kind, static_cast<char *>(dst), static_cast<const char *>(src), bytes, n, h, w, c);
}

void __mluSimPad(__mlu_site site, int type, void *dst, const void *src, unsigned channel, unsigned h, unsigned w,
                 unsigned top, unsigned bottom, unsigned left, unsigned right, const void *value) {
  Op op(site, Compute);
  if (type == __MLU_BF16 || typeBytes(type) > 4)
    op.type(type, false);
  size_t bytes = typeBytes(type), pixel = channel * bytes;
  for (size_t v : {channel, h, w})
    op.positive(v, "a size");
  if (value)
    op.needsArch(500, "Only zeros can be padded; use the form without a value.");
  if (h == 1 && (left || right))
    op.fail("the image has one row but left or right padding", "Pad with a copy instead.");
  if (op.is2xx) {
    op.multiple(pixel * w, 128, "channel * width in bytes");
    op.multiple(pixel * left, 128, "left * channel in bytes");
    op.multiple(pixel * right, 128, "right * channel in bytes");
  }
  size_t ow = size_t(left) + w + right, oh = size_t(top) + h + bottom;
  op.out("dst", dst, oh * ow * pixel);
  op.in("src", src, size_t(h) * w * pixel);
  op.destinationApart(false);
  op.start(op.vectorCost(oh * ow * pixel), Unwritten::Ignore);
  auto pad = [&](char *to, const char *from, const char *fill) {
    for (size_t i = 0; i < oh * ow * channel; ++i)
      memcpy(to + i * bytes, fill, bytes);
    for (size_t y = 0; y < h; ++y)
      memcpy(to + ((y + top) * ow + left) * pixel, from + y * w * pixel, w * pixel);
  };
  const char written[4] = {1, 1, 1, 1}, zero[4] = {0, 0, 0, 0};
  if (Sanitizer *sanitizer = op.core.sanitizer.get())
    sanitizer->rearrange(op.operands[0], op.operands[1],
                         [&](char *to, const char *from) { pad(to, from, written); });
  pad(static_cast<char *>(dst), static_cast<const char *>(src), value ? static_cast<const char *>(value) : zero);
}
}
