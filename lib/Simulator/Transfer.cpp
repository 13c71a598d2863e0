// What a copy takes (docs/time-model.md).
#include "Transfer.h"

#include <algorithm>

namespace metabang::sim {
namespace {

bool contiguous(const Footprint &f) {
  return f.segments() == 1 || (f.walk.stride0 == long(f.bytes) &&
                               (f.walk.segments2 == 1 || f.walk.stride1 == long(f.bytes * f.walk.segments1)));
}

/// Granules of DRAM that the segments touch. A granule that a store covers in part is read before it is written.
double granules(const Operand &o, size_t segments, size_t bytes, size_t granule) {
  size_t looked = std::min<size_t>(segments, 64); // strides repeat their alignment
  double sum = 0;
  for (size_t k = 0; k < looked; ++k) {
    size_t at = o.at.base + size_t(o.at.walk.stride1 * long(k / o.at.walk.segments1) +
                                   o.at.walk.stride0 * long(k % o.at.walk.segments1));
    size_t first = at / granule, last = (at + bytes - 1) / granule;
    sum += double(last - first + 1);
    if (o.write) {
      bool head = at % granule != 0, tail = (at + bytes) % granule != 0;
      sum += first == last ? double(head || tail) : double(head) + double(tail);
    }
  }
  return sum * double(segments) / double(looked);
}

} // namespace

void recordTransfer(Op &op, const Operand &dst, const Operand &src, bool stream) {
  const metabang::Device &device = op.device;
  Clock &clock = op.core.clock;
  clock.issue(device, op.site);
  Transfer t;
  t.bytes = double(dst.at.bytes) * double(dst.at.segments());
  if (op.pipe != IO) {
    bool sram = dst.space == Space::SRAM || src.space == Space::SRAM;
    t.startupNs = op.core.ns(double(device.vectorStartupCycles));
    t.aloneNs = op.core.ns(t.bytes / device.coreMoveBytesPerCycle);
    if (sram) {
      t.resource = Shared::Sram;
      t.workNs = op.core.ns(t.bytes / device.sramBytesPerCycle);
    }
    clock.copy(op.pipe, t);
    return;
  }
  bool one = stream || (contiguous(dst.at) && contiguous(src.at));
  size_t segments = one ? 1 : dst.at.segments(), size = one ? size_t(t.bytes) : dst.at.bytes;
  size_t granule = size_t(device.gdramGranuleBytes);
  double moved = 0;
  for (const Operand *o : {&dst, &src})
    if (offChip(o->space) && (o == &dst || &src != &dst)) {
      moved += granules(*o, segments, size, granule) * double(granule);
      clock.bytes += t.bytes;
    }
  // The memory core moves as much as the cores of its cluster together.
  double cores = clock.memoryCore ? double(device.coresPerCluster) : 1;
  double gaps = double(segments - 1);
  t.resource = Shared::Dram;
  t.startupNs = device.dmaStartupNs;
  t.workNs = moved / (device.dramGbPerS * device.dramEfficiency) + gaps * device.dmaSegmentSharedNs;
  t.aloneNs = moved * 1e3 / (device.coreIoBytesPerCycle * cores * double(device.clockMhz)) + gaps * device.dmaSegmentNs;
  clock.copy(IO, t);
}

} // namespace metabang::sim
