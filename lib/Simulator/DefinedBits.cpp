// Written and unwritten elements of which comparisons made bits. A kernel compares a padded vector, so that the count
// is a multiple of 8 or more, and uses the bits of the elements it has; the byte in which these end is partly written.
#include "Sanitizer.h"

#include <algorithm>

namespace metabang::sim {

std::vector<bool> Sanitizer::writtenElements(const Op &op, size_t elementBytes, size_t n) {
  std::vector<bool> written;
  for (int k = 0; k < op.count; ++k) {
    const Operand &o = op.operands[k];
    if (o.write)
      continue;
    const uint8_t *flags = shadow(o);
    uint8_t all = kWritten;
    for (size_t i = 0; i < o.at.bytes; ++i)
      all &= flags[i];
    if (all)
      continue;
    size_t first = size_t(flags - nram.data());
    for (size_t i = 0; i < o.at.bytes; ++i) {
      if (flags[i] & kWritten || writtenByScalarCode(o, first + i, 1))
        continue;
      if (written.empty())
        written.assign(n, true);
      written[std::min(i / elementBytes, n - 1)] = false;
    }
  }
  return written;
}

void Sanitizer::setBits(const Operand &result, const std::vector<bool> &written) {
  uint8_t *flags = shadow(result);
  for (size_t i = 0; i < written.size() / 8; ++i) {
    uint8_t bits = 0;
    for (size_t k = 0; k < 8; ++k)
      bits = uint8_t(bits | written[i * 8 + k] << k);
    if (bits == 0xff)
      continue;
    flags[i] = like(flags[i], 0);
    if (bits)
      partial[size_t(flags - nram.data()) + i] = bits;
  }
}

void Sanitizer::checkBits(Operand &mask, size_t n) {
  if (mask.space != Space::NRAM || n % 8 == 0)
    return;
  size_t last = n / 8;
  auto found = partial.find(size_t(shadow(mask) - nram.data()) + last);
  uint8_t needed = uint8_t((1u << n % 8) - 1);
  if (!(shadow(mask)[last] & kWritten) && found != partial.end() && (found->second & needed) == needed)
    mask.at.bytes = last;
}

/// The bits that are written of the result's bytes, if it is made byte by byte of operands that are as long.
Sanitizer::Bits Sanitizer::combinedBits(const Op &op) {
  Bits result;
  const Operand &d = op.operands[0];
  if (!d.write || d.space != Space::NRAM || d.at.segments() != 1)
    return result;
  size_t to = size_t(shadow(d) - nram.data());
  const uint8_t *flags[6];
  for (int k = 1; k < op.count; ++k) {
    const Operand &o = op.operands[k];
    if (o.space != Space::NRAM || o.at.segments() != 1 || o.at.bytes != d.at.bytes)
      return {};
    flags[k] = shadow(o);
  }
  for (size_t i = 0; i < d.at.bytes; ++i) {
    uint8_t bits = 0xff;
    for (int k = 1; k < op.count; ++k) {
      auto found = partial.find(size_t(flags[k] - nram.data()) + i);
      bits &= flags[k][i] & kWritten ? 0xff : found != partial.end() ? found->second : 0;
    }
    if (bits && bits != 0xff)
      result.push_back({to + i, bits});
  }
  return result;
}

void Sanitizer::keepBits(const Bits &bits) {
  for (const auto &entry : bits)
    partial[entry.first] = entry.second;
}

void Sanitizer::forgetBits(const Operand &o) {
  if (o.space != Space::NRAM || partial.empty())
    return;
  size_t start = o.range->shadow + (o.at.base - o.range->begin);
  partial.erase(partial.lower_bound(size_t(long(start) + o.at.first())),
                partial.lower_bound(size_t(long(start) + o.at.last())));
}

} // namespace metabang::sim
