// Movements of segments whose places are data: __gather, __scatter, __extension.
#include "Op.h"
#include "Sanitizer.h"
#include "Transfer.h"

#include <cstring>

namespace metabang::sim {
namespace {

bool onCore(Space s) { return s == Space::NRAM || s == Space::WRAM; }

/// The spaces of the directions that these builtins have.
bool spacesOf(int dir, Space &dst, Space &src) {
  constexpr Space G = Space::GDRAM, N = Space::NRAM, W = Space::WRAM, S = Space::SRAM, L = Space::LDRAM;
  switch (dir) {
#define CASE(NAME, DST, SRC)                                                                                           \
  case NAME:                                                                                                           \
    dst = DST;                                                                                                         \
    src = SRC;                                                                                                         \
    return true;
    CASE(GDRAM2NRAM, N, G)
    CASE(NRAM2GDRAM, G, N)
    CASE(LDRAM2NRAM, N, L)
    CASE(NRAM2LDRAM, L, N)
    CASE(GDRAM2WRAM, W, G)
    CASE(WRAM2GDRAM, G, W)
    CASE(LDRAM2WRAM, W, L)
    CASE(WRAM2LDRAM, L, W)
    CASE(NRAM2NRAM, N, N)
    CASE(NRAM2WRAM, W, N)
    CASE(WRAM2NRAM, N, W)
    CASE(SRAM2NRAM, N, S)
    CASE(NRAM2SRAM, S, N)
    CASE(SRAM2WRAM, W, S)
    CASE(WRAM2SRAM, S, W)
    CASE(GDRAM2GDRAM, G, G)
    CASE(GDRAM2LDRAM, L, G)
    CASE(LDRAM2GDRAM, G, L)
    CASE(LDRAM2LDRAM, L, L)
#undef CASE
  default:
    return false;
  }
}

char *addressOf(Core &core, const Operand &o) {
  return o.space == Space::WRAM ? reinterpret_cast<char *>(core.wram.data()) + o.at.base
                                : reinterpret_cast<char *>(o.at.base);
}

/// Moves the operands of `op`, one segment each.
void moveSegment(Op &op, bool async) {
  const Operand &to = op.operands[0], &from = op.operands[1];
  bool ownShadow = onCore(to.space) && onCore(from.space);
  Unwritten unwritten = ownShadow ? Unwritten::Ignore : Unwritten::Refuse;
  Sanitizer *sanitizer = op.core.sanitizer.get();
  char *out = addressOf(op.core, to);
  const char *in = addressOf(op.core, from);
  size_t bytes = to.at.bytes;
  op.check(unwritten, !async);
  if (sanitizer && ownShadow)
    sanitizer->transfer(to, from);
  if (async)
    return op.core.complete(op.pipe, [=] { memmove(out, in, bytes); });
  memmove(out, in, bytes);
}

/// The spaces of `dir`, or a report.
void requireSpaces(const __mlu_site &site, int dir, Space &dst, Space &src) {
  if (!spacesOf(dir, dst, src))
    Op(site, Move)
        .fail("the direction " + std::to_string(dir) + " is not one of this builtin",
              "Transfers between SRAM and DRAM, inside SRAM and inside WRAM are copies.");
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimGather(__mlu_site site, const __mlu_gather_args *args) {
  const __mlu_gather_args &a = *args;
  Space dst = Space::NRAM, src = Space::NRAM;
  requireSpaces(site, a.dir, dst, src);
  Pipe pipe = offChip(dst) || offChip(src) ? IO : Move;
  Op op(site, pipe);
  op.needs(op.core.arch >= 592, "discrete transfers", "Copy each segment with __memcpy_async.");
  op.positive(a.size, "transfer_size");
  op.positive(a.n, "transfer_num");
  if (a.n > 65535)
    op.fail("transfer_num is " + std::to_string(a.n) + ", which does not fit into its 16 bits", "Split the transfer.");
  if (!a.scatter && a.stride < a.size)
    op.fail("stride is " + std::to_string(a.stride) + " but the segments have " + std::to_string(a.size) + " bytes",
            "The segments of dst must not overlap.");
  op.in("offset", a.offset, size_t(a.n) * a.offset_bytes);
  if (a.mask)
    op.in("mask", a.mask, (a.n + 7) / 8);
  if (a.mask && op.core.sanitizer)
    op.core.sanitizer->checkBits(op.operands[op.count - 1], a.n);
  std::vector<size_t> chosen, offsets;
  for (size_t k = 0; k < a.n; ++k) {
    uint64_t offset = 0;
    memcpy(&offset, static_cast<const char *>(a.offset) + k * a.offset_bytes, a.offset_bytes);
    if (a.mask && !(static_cast<const uint8_t *>(a.mask)[k / 8] >> (k % 8) & 1))
      continue;
    chosen.push_back(k);
    offsets.push_back(offset);
  }
  op.check(Unwritten::Refuse, !a.async); // offsets and mask are read while the transfer runs
  Operand first[2];
  for (size_t i = 0; i < chosen.size(); ++i) {
    Op segment(site, pipe);
    size_t dense = chosen[i] * a.stride, sparse = offsets[i];
    segment.walk("dst", static_cast<char *>(a.dst) + (a.scatter ? sparse : dense), {0, a.size, {0, 1, 0, 1}}, dst,
                 true);
    segment.walk("src", static_cast<const char *>(a.src) + (a.scatter ? dense : sparse), {0, a.size, {0, 1, 0, 1}}, src,
                 false);
    segment.destinationApart(false);
    moveSegment(segment, a.async);
    if (i == 0)
      first[0] = segment.operands[0], first[1] = segment.operands[1];
  }
  if (!chosen.empty()) {
    for (Operand &o : first)
      o.at.walk = {long(a.stride), unsigned(chosen.size()), 0, 1};
    recordTransfer(op, first[0], first[1]);
  }
  if (!a.async)
    op.core.clock.wait(pipe);
}

/// Item k of src is written repeat[k] times.
void __mluSimExtension(__mlu_site site, bool async, void *dst, const void *src, const void *repeat, unsigned size,
                       int dir, unsigned n) {
  Space to = Space::NRAM, from = Space::NRAM;
  requireSpaces(site, dir, to, from);
  Op op(site, offChip(to) || offChip(from) ? IO : Move);
  op.needsArch(322, "Copy each item with a source stride of 0.");
  op.positive(n, "transfer_num");
  if (to == Space::WRAM || from == Space::WRAM)
    op.fail("the direction has WRAM", "Extend in NRAM, then copy.");
  if (size != 1 && size != 2 && size != 4)
    op.fail("transfer_size is " + std::to_string(size), "It is 1, 2 or 4 bytes.");
  auto *times = static_cast<const uint8_t *>(repeat);
  size_t items = 0;
  {
    Op counts(site, op.pipe);
    counts.in("repeat", repeat, n);
    counts.check(Unwritten::Refuse, true);
    for (unsigned k = 0; k < n; ++k)
      items += times[k];
  }
  if (items == 0)
    return;
  std::vector<uint32_t> source;
  for (unsigned k = 0; k < n; ++k)
    source.insert(source.end(), times[k], k);
  op.walk("dst", dst, {0, items * size, {0, 1, 0, 1}}, to, true);
  op.walk("src", src, {0, n * size, {0, 1, 0, 1}}, from, false);
  op.destinationApart(false);
  auto extend = [=](char *out, const char *in) {
    for (size_t i = 0; i < source.size(); ++i)
      memcpy(out + i * size, in + source[i] * size, size);
  };
  bool inNram = to == Space::NRAM && from == Space::NRAM;
  auto move = [=] { extend(static_cast<char *>(dst), static_cast<const char *>(src)); };
  Unwritten unwritten = inNram ? Unwritten::Ignore : Unwritten::Refuse;
  Sanitizer *sanitizer = op.core.sanitizer.get();
  op.check(unwritten, !async);
  if (sanitizer && inNram)
    sanitizer->rearrange(op.operands[0], op.operands[1], extend);
  recordTransfer(op, op.operands[0], op.operands[0]);
  if (async)
    return op.core.complete(op.pipe, move);
  move();
  op.core.clock.wait(op.pipe);
}
}
