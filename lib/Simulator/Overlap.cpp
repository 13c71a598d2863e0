// Copies whose source and destination overlap in NRAM.
#include "Overlap.h"

#include <algorithm>

namespace metabang::sim {
namespace {

long start(const Operand &o, size_t k) {
  const __mlu_walk &w = o.at.walk;
  return long(o.at.base) + w.stride1 * long(k / w.segments1) + w.stride0 * long(k % w.segments1);
}

} // namespace

void requireStreamable(Op &op, bool apart) {
  const Operand &d = op.operands[0], &s = op.operands[1];
  long low = std::max(long(d.at.base) + d.at.first(), long(s.at.base) + s.at.first());
  long high = std::min(long(d.at.base) + d.at.last(), long(s.at.base) + s.at.last());
  if (low >= high)
    return;
  auto refuse = [&](const std::string &why, const char *remedy) {
    op.fail("'dst' (" + describeAddress(op.core, d.at.base) + ") overlaps 'src' (" +
                describeAddress(op.core, s.at.base) + ")" + why,
            remedy);
  };
  // Which bytes of the common range are read by some segment, and which have been written so far.
  std::vector<uint8_t> read(apart ? size_t(high - low) : 0), written(size_t(high - low));
  auto mark = [&](std::vector<uint8_t> &bytes, long first) {
    long from = std::max(first, low), to = std::min(first + long(d.at.bytes), high);
    if (from < to)
      std::fill(bytes.begin() + (from - low), bytes.begin() + (to - low), uint8_t(1));
  };
  auto any = [&](const std::vector<uint8_t> &bytes, long first) {
    long from = std::max(first, low), to = std::min(first + long(d.at.bytes), high);
    return from < to &&
           std::find(bytes.begin() + (from - low), bytes.begin() + (to - low), 1) != bytes.begin() + (to - low);
  };
  size_t segments = d.at.segments();
  for (size_t k = 0; k < segments && apart; ++k)
    mark(read, start(s, k));
  for (size_t k = 0; k < segments; ++k) {
    long to = start(d, k), from = start(s, k);
    if (apart && any(read, to))
      refuse("", "A 2-D copy inside NRAM needs separate bytes on this architecture.");
    if (any(written, from) || (to > from && to < from + long(d.at.bytes)))
      refuse(", and bytes would be read after the copy, which goes upwards, has written them",
             "Move towards lower addresses, or through another buffer.");
    mark(written, to);
  }
}

} // namespace metabang::sim
