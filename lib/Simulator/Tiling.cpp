// __bang_tiling_2d_* and __bang_tiling_3d_b1024: movements of 64-byte and 128-byte units inside NRAM.
#include "Op.h"
#include "Sanitizer.h"

#include <algorithm>
#include <cstring>

using namespace metabang::sim;

namespace {

/// One past the last byte of units of `bytes`, walked by counts and strides in 64 bytes.
size_t extent(std::initializer_list<std::pair<size_t, size_t>> loops, size_t bytes) {
  size_t last = 0;
  for (auto [count, stride] : loops)
    last += (count - 1) * stride * 64;
  return last + bytes;
}

/// Operands whose bytes between the units stay as they are.
void startTiling(Op &op, void *dst, size_t dstBytes, const void *src, size_t srcBytes,
                 const std::function<void(char *, const char *)> &move) {
  op.out("dst", dst, dstBytes);
  op.in("src", src, srcBytes);
  op.destinationApart(false);
  Sanitizer *sanitizer = op.core.sanitizer.get();
  std::vector<char> kept;
  if (sanitizer) {
    auto *flags = reinterpret_cast<const char *>(sanitizer->shadow(op.operands[0]));
    kept.assign(flags, flags + dstBytes);
  }
  op.start(2 * op.vectorCost(std::max(dstBytes, srcBytes)), Unwritten::Ignore);
  if (sanitizer)
    sanitizer->rearrange(op.operands[0], op.operands[1], [&](char *to, const char *from) {
      for (size_t i = 0; i < dstBytes; ++i)
        to[i] = char(kept[i] & Sanitizer::kWritten);
      move(to, from);
    });
  move(static_cast<char *>(dst), static_cast<const char *>(src));
}

} // namespace

extern "C" {

/// E rows of 64 bytes, taken as an E x E matrix of `bits`-wide elements, are transposed.
void __mluSimTiling2d(__mlu_site site, unsigned bits, void *dst, const void *src, unsigned n2, unsigned s2, unsigned n1,
                      unsigned s1, unsigned n7, unsigned s7, unsigned n6, unsigned s6) {
  Op op(site, Compute);
  size_t bytes = bits / 8, rows = 64 / bytes;
  for (unsigned v : {n2, n1, n7, n6})
    op.positive(v, "an iteration count");
  if (size_t(n1) * n2 != rows || size_t(n6) * n7 != rows)
    op.fail("n1 * n2 is " + std::to_string(size_t(n1) * n2) + " and n6 * n7 is " + std::to_string(size_t(n6) * n7) +
                ", but both must be " + std::to_string(rows) + " for elements of " + std::to_string(bits) + " bits",
            "Tile the matrix in squares.");
  startTiling(op, dst, extent({{n7, s7}, {n6, s6}}, 64), src, extent({{n2, s2}, {n1, s1}}, 64),
              [&](char *to, const char *from) {
                for (size_t i = 0; i < rows; ++i)
                  for (size_t j = 0; j < rows; ++j)
                    memcpy(to + (j / n6 * s7 + j % n6 * s6) * 64 + i * bytes,
                           from + (i / n1 * s2 + i % n1 * s1) * 64 + j * bytes, bytes);
              });
}

/// v: n5 s5 n4 s4 n3 s3 of the source, n10 s10 n9 s9 n8 s8 of the destination; the last of each is the innermost.
void __mluSimTiling3d(__mlu_site site, void *dst, const void *src, const unsigned *v, unsigned units) {
  Op op(site, Compute);
  for (size_t i = 0; i < 12; i += 2)
    op.positive(v[i], "an iteration count");
  if (units < 1 || units > 15)
    op.fail("op is " + std::to_string(units) + ", outside of [1, 15]", "It counts units of 128 bytes.");
  size_t count = size_t(v[0]) * v[2] * v[4], written = size_t(v[6]) * v[8] * v[10], bytes = size_t(units) * 128;
  if (count != written)
    op.fail("the source has " + std::to_string(count) + " units, the destination " + std::to_string(written),
            "n3 * n4 * n5 must be n8 * n9 * n10.");
  startTiling(op, dst, extent({{v[6], v[7]}, {v[8], v[9]}, {v[10], v[11]}}, bytes), src,
              extent({{v[0], v[1]}, {v[2], v[3]}, {v[4], v[5]}}, bytes), [&](char *to, const char *from) {
                auto at = [](const unsigned *w, size_t k) {
                  return (k / (size_t(w[4]) * w[2]) * w[1] + k / w[4] % w[2] * w[3] + k % w[4] * w[5]) * 64;
                };
                for (size_t k = 0; k < count; ++k)
                  memmove(to + at(v + 6, k), from + at(v, k), bytes);
              });
}
}
