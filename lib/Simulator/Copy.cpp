// The memcpy family and fills.
#include "Memmove.h"
#include "Op.h"
#include "Overlap.h"
#include "Sanitizer.h"
#include "Union.h"
#include "Transfer.h"

#include <algorithm>
#include <cstring>

namespace metabang::sim {
namespace {

struct Direction {
  Space dst, src;
};

/// The spaces of a direction; false if the code is none.
bool spacesOf(int dir, Direction &d) {
  constexpr Space G = Space::GDRAM, N = Space::NRAM, W = Space::WRAM, S = Space::SRAM, L = Space::LDRAM;
  static const Direction table[] = {{N, G}, {G, N}, {N, L}, {L, N}, {W, G}, {G, W}, {W, L}, {L, W},
                                    {N, N}, {W, N}, {N, W}, {S, G}, {G, S}, {S, L}, {L, S}, {N, S},
                                    {S, N}, {W, S}, {S, W}, {G, G}, {L, G}, {G, L}, {L, L}, {S, S}};
  if (dir < 0 || dir > SRAM2SRAM)
    return false;
  d = table[dir];
  return true;
}

char *addressOf(Core &core, const Operand &o) {
  return o.space == Space::WRAM ? reinterpret_cast<char *>(core.wram.data()) + o.at.base
                                : reinterpret_cast<char *>(o.at.base);
}

long offsetOf(const __mlu_walk &w, size_t k) {
  return w.stride1 * long(k / w.segments1) + w.stride0 * long(k % w.segments1);
}

void moveSegments(char *dst, const __mlu_walk &dw, const char *src, const __mlu_walk &sw, size_t bytes,
                  bool streams) {
  size_t count = size_t(dw.segments1) * dw.segments2;
  if (count == 1)
    return moveBytes(dst, src, bytes, streams);
  for (size_t k = 0; k < count; ++k)
    memmove(dst + offsetOf(dw, k), src + offsetOf(sw, k), bytes);
}

bool onCore(Space s) { return s == Space::NRAM || s == Space::WRAM; }

/// Whether this core performs a copy: those of NRAM and WRAM belong to the IPU cores, other copies of SRAM to the memory
/// core, although all cores call them.
bool performs(Op &op, const Direction &d) {
  bool sram = d.dst == Space::SRAM || d.src == Space::SRAM;
  if (sram && !op.core.team)
    op.fail("SRAM belongs to a cluster but this is a Block job", "Launch the kernel as UnionN.");
  if (onCore(d.dst) || onCore(d.src))
    return !op.core.memoryCore;
  return !sram || op.core.memoryCore;
}

/// Stores to allocations of this size go past the host's caches.
constexpr size_t kStreamed = 16 << 20;

void checkSizes(Op &op, const Direction &d, size_t bytes, const __mlu_walk *dw, const __mlu_walk *sw) {
  const metabang::Device &device = op.device;
  op.positive(bytes, "the size");
  bool wram = d.dst == Space::WRAM || d.src == Space::WRAM;
  if (!dw) {
    if (wram)
      op.multiple(bytes, size_t(device.wramCopySizeAlignment), "the size of a contiguous copy with WRAM");
    else if (d.dst == Space::NRAM && d.src == Space::NRAM)
      op.multiple(bytes, size_t(device.nramCopySizeAlignment), "the size of a copy inside NRAM");
    return;
  }
  if (dw->segments2 > 1 || sw->segments2 > 1 || dw->segments1 != sw->segments1)
    op.needs(device.hasCopy3d, "3-D copies", "Use a loop of 2-D copies.");
  if (size_t(dw->segments1) * dw->segments2 != size_t(sw->segments1) * sw->segments2)
    op.fail("the source has " + std::to_string(size_t(sw->segments1) * sw->segments2) + " segments, the destination " +
                std::to_string(size_t(dw->segments1) * dw->segments2),
            "Both walks must have the same number of segments.");
  if (dw->segments1 > 65536 || dw->segments2 > 65536 || sw->segments1 > 65536 || sw->segments2 > 65536)
    op.fail("a segment count is above 65536", "Split the copy.");
  if ((dw->segments1 > 1 && std::labs(dw->stride0) < long(bytes)) ||
      (dw->segments2 > 1 && std::labs(dw->stride1) < long(bytes)))
    op.fail("the destination's stride is smaller than the size " + std::to_string(bytes) + ", so segments overlap",
            "Make dst_stride at least size; strides count bytes from start to start.");
  if (wram && dw->segments1 > 1)
    op.multiple(size_t(std::labs(d.dst == Space::WRAM ? dw->stride0 : sw->stride0)),
                size_t(device.wramCopyStrideAlignment), "the stride in WRAM");
}

constexpr unsigned kOwnCluster = ~0u;

/// SRAM of another cluster as the destination of a copy.
void checkCluster(Op &op, const Direction &d, unsigned cluster) {
  if (d.dst != Space::SRAM || d.src != Space::SRAM)
    op.fail("a cluster is named but the direction is not SRAM2SRAM", "Leave the cluster out.");
  op.needs(op.device.hasClusterToClusterCopy, "copies between clusters", "Go through GDRAM.");
  unsigned clusters = op.core.team->sram.clusters();
  if (cluster >= clusters)
    op.fail("cluster " + std::to_string(cluster) + " does not exist in a union of " + std::to_string(clusters),
            "Launch a larger union, or name one of its clusters.");
}

void copy(__mlu_site site, int dir, bool async, bool compute, void *dst, const void *src, unsigned long size,
          const __mlu_walk *dst_walk, const __mlu_walk *src_walk, unsigned cluster) {
  Direction d{};
  bool known = spacesOf(dir, d);
  bool io = known && (offChip(d.dst) || offChip(d.src));
  bool inNram = known && d.dst == Space::NRAM && d.src == Space::NRAM;
  Op op(site, io ? IO : inNram && (compute || !dst_walk) ? Compute : Move);
  if (!known)
    op.fail("the direction " + std::to_string(dir) + " does not exist", "Use a mluMemcpyDirection_t.");
  bool mine = performs(op, d);
  if (op.core.sanitizer && op.core.team && !onCore(d.dst) && !onCore(d.src) && (d.dst == Space::SRAM || d.src == Space::SRAM)) {
    op.core.team->called(site, mine);
    if (d.dst == Space::SRAM)
      op.core.leftOut = site;
  }
  if (!mine)
    return;
  if (cluster != kOwnCluster)
    checkCluster(op, d, cluster);
  checkSizes(op, d, size, dst_walk, src_walk);
  size_t bytes = size;
  __mlu_walk one = {0, 1, 0, 1}, dw = dst_walk ? *dst_walk : one, sw = src_walk ? *src_walk : one;
  if (!dst_walk && (d.dst == Space::WRAM || d.src == Space::WRAM)) {
    // a contiguous copy gives every bank an equal part of the stream
    size_t banks = size_t(op.device.wramBanks);
    op.multiple(size, banks, "the size of a contiguous copy with WRAM, shared by 64 banks,");
    bytes = size / banks;
    __mlu_walk inBanks = {long(op.device.wramBankBytes()), unsigned(banks), 0, 1}, stream = {long(bytes), unsigned(banks), 0, 1};
    dw = d.dst == Space::WRAM ? inBanks : stream;
    sw = d.src == Space::WRAM ? inBanks : stream;
  }
  op.walk("dst", dst, {0, bytes, dw}, d.dst, true);
  op.walk("src", src, {0, bytes, sw}, d.src, false);
  if (cluster != kOwnCluster)
    op.operands[0].cluster = int(cluster);
  const Operand &to = op.operands[0], &from = op.operands[1];
  if (inNram && op.pipe == Compute) {
    op.multiple(to.at.base - to.range->begin, size_t(op.device.nramAddressAlignment), "the offset of dst");
    op.multiple(from.at.base - from.range->begin, size_t(op.device.nramAddressAlignment), "the offset of src");
  }
  for (const Operand *o : {&to, &from})
    if (o->space == Space::WRAM)
      op.multiple(o->at.base, 8, "the offset in WRAM");
  if (inNram) // documented: 1-D and 3-D copies may overlap; 2-D ones not on 2xx and 372
    requireStreamable(op, dst_walk && dw.segments2 == 1 && sw.segments2 == 1 && op.core.arch < 500);
  char *out = addressOf(op.core, to);
  const char *in = addressOf(op.core, from);
  bool streams = d.src == Space::NRAM && offChip(d.dst) && op.core.allocationOf(to.at.base).size >= kStreamed;
  bool ownShadow = to.space != Space::GDRAM && from.space != Space::GDRAM;
  Union *team = op.core.team;
  auto action = [=] {
    if (cluster == kOwnCluster)
      return moveSegments(out, dw, in, sw, bytes, streams);
    for (size_t k = 0; k < size_t(dw.segments1) * dw.segments2; ++k)
      team->sram.push(cluster, reinterpret_cast<uintptr_t>(out) + offsetOf(dw, k), in + offsetOf(sw, k), bytes);
  };
  Unwritten unwritten = ownShadow ? Unwritten::Ignore : Unwritten::Refuse;
  Sanitizer *sanitizer = op.core.sanitizer.get();
  if (!async)
    op.core.clock.wait(Compute); // the compiler orders a synchronous copy after the computation before it
  op.judgesOverwrites = true;
  op.check(unwritten, !async && op.pipe != Compute);
  recordTransfer(op, to, from, !dst_walk);
  if (sanitizer && ownShadow)
    sanitizer->transfer(to, from);
  if (async)
    return op.core.complete(op.pipe, op.core.overwriteSame(action));
  op.core.overwriteSame(action)();
  op.core.clock.wait(op.pipe);
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimCopy(__mlu_site site, int dir, bool async, bool compute, void *dst, const void *src, unsigned long bytes,
                  const __mlu_walk *dst_walk, const __mlu_walk *src_walk) {
  copy(site, dir, async, compute, dst, src, bytes, dst_walk, src_walk, kOwnCluster);
}

void __mluSimCopyToCluster(__mlu_site site, int dir, bool async, void *dst, const void *src, unsigned long bytes,
                           const __mlu_walk *dst_walk, const __mlu_walk *src_walk, unsigned cluster) {
  copy(site, dir, async, false, dst, src, bytes, dst_walk, src_walk, cluster);
}

void __mluSimFill(__mlu_site site, int where, bool async, void *dst, unsigned n, const void *value, int type,
                  const __mlu_walk *walk) {
  bool onCompute = where == __MLU_FILL_COMPUTE && !(walk && walk->segments2 == 1); // the 2-D form is Move's
  bool dram = where == __MLU_FILL_GDRAM || where == __MLU_FILL_LDRAM;
  Op op(site, dram ? IO : onCompute ? Compute : Move);
  static const Space spaces[] = {Space::NRAM, Space::NRAM, Space::SRAM, Space::GDRAM, Space::LDRAM};
  if (!performs(op, {spaces[where], spaces[where]}))
    return;
  if (walk)
    op.needs(op.device.hasCopy3d, "2-D and 3-D fills", "Use a loop of 1-D fills.");
  if (type == __MLU_BF16)
    op.type(type, false);
  op.positive(n, "the element count");
  size_t size = typeBytes(type), bytes = size_t(n) * size;
  if (where == __MLU_FILL_COMPUTE && op.is2xx)
    op.multiple(bytes, 64, "the size in bytes");
  __mlu_walk one = {0, 1, 0, 1}, w = walk ? *walk : one;
  op.walk("dst", dst, {0, bytes, w}, spaces[where], true);
  const Operand &to = op.operands[0];
  if (where == __MLU_FILL_COMPUTE && op.is2xx)
    op.multiple(to.at.base - to.range->begin, size_t(op.device.nramAddressAlignment), "the offset of dst");
  auto record = [&] {
    if (dram)
      return recordTransfer(op, to, to, !walk);
    op.core.clock.issue(op.device, op.site);
    op.core.clock.run(op.pipe, op.vectorCost(bytes) * double(to.at.segments()));
  };
  char *out = addressOf(op.core, to);
  uint64_t bits = 0;
  memcpy(&bits, value, size);
  auto action = [=] {
    for (size_t k = 0; k < size_t(w.segments1) * w.segments2; ++k) {
      char *at = out + offsetOf(w, k);
      if (size == 1)
        memset(at, int(bits & 0xff), n);
      else if (size == 2)
        std::fill_n(reinterpret_cast<uint16_t *>(at), n, uint16_t(bits));
      else if (size == 4)
        std::fill_n(reinterpret_cast<uint32_t *>(at), n, uint32_t(bits));
      else
        std::fill_n(reinterpret_cast<uint64_t *>(at), n, bits);
    }
  };
  op.judgesOverwrites = true;
  op.check(Unwritten::Refuse, !async && op.pipe != Compute);
  record();
  if (async)
    return op.core.complete(op.pipe, op.core.overwriteSame(action));
  op.core.overwriteSame(action)();
  if (op.pipe != Compute)
    op.core.clock.wait(op.pipe);
}
}
