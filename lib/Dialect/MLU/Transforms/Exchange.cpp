//===- Exchange.cpp - What a transpose through the SRAM of clusters takes --===//
#include "metabang/Dialect/MLU/Transforms/Exchange.h"

#include "llvm/Support/MathExtras.h"

using namespace metabang;
using namespace metabang::mlu;
using llvm::divideCeil;

namespace {

/// Bytes of NRAM for what is no buffer of the exchange.
constexpr int64_t kOther = 4096;
/// Rows that a core turns at a time, at most.
constexpr int64_t kMostRows = 64;

/// Microseconds of one exchange with the sizes that are set (docs/time-model.md).
double timeOf(const Exchange &x, const Device &device) {
  auto cycles = [&](double count) { return count / double(device.clockMhz); };
  double cores = double(device.cores()), each = double(device.coresPerCluster), start = device.dmaStartupNs * 1e-3;
  double dram = device.dramGbPerS * device.dramEfficiency * 1e3, vector = cycles(double(device.vectorStartupCycles));
  auto transfer = [&](double bytes, double gaps) { // all cores at once
    double core = cycles(bytes / device.coreIoBytesPerCycle) + gaps * device.dmaSegmentNs * 1e-3;
    return start + std::max(core, cores * (bytes / dram + gaps * device.dmaSegmentSharedNs * 1e-3));
  };
  auto throughSram = [&](double bytes) { // all cores of a cluster at once
    return vector + cycles(bytes * std::max(1.0 / device.coreMoveBytesPerCycle, each / device.sramBytesPerCycle));
  };
  double barrier = cycles(double(device.barrierCycles)), strip = double(x.strip * x.panel * x.elementBytes);
  double load = transfer(strip, x.panel == x.columns ? 0 : double(x.strip - 1));
  double turn = vector + cycles(strip / device.vectorBytesPerCycle) + throughSram(strip);
  double push = vector + cycles(each * strip / device.coreMoveBytesPerCycle);
  double part = double(x.part * x.rows * x.elementBytes), parts = double(divideCeil(x.coreColumns(), x.part));
  double collect = throughSram(part), store = transfer(part, 0);
  double item = load + double(x.strips - 1) * (std::max({load, turn, push}) + barrier) + turn + push + 2 * barrier;
  item += collect + store + (parts - 1) * std::max(store, collect) + barrier;
  return double(x.matrices * x.panels()) * item;
}

} // namespace

int64_t Exchange::panels() const { return divideCeil(columns, panel); }
int64_t Exchange::clusterColumns() const { return divideCeil(panel, clusters); }
int64_t Exchange::coreColumns() const { return divideCeil(clusterColumns(), cores); }
int64_t Exchange::blockElements() const { return clusterColumns() * blockRows(); }

std::optional<Exchange> metabang::mlu::planExchange(llvm::ArrayRef<int64_t> shape, int64_t elementBytes,
                                                    const Device &device) {
  if (!device.hasClusterToClusterCopy || device.clusters > device.maxUnionClusters || elementBytes > 4)
    return std::nullopt;
  Exchange x;
  x.elementBytes = elementBytes, x.clusters = device.clusters, x.cores = device.coresPerCluster;
  x.matrices = shape.size() == 3 ? shape[0] : 1;
  x.columns = shape[shape.size() - 2], x.rows = shape.back();
  int64_t unit = device.vectorSizeAlignment > 1 ? 64 / elementBytes : 1; // of what an MLU2xx turns
  int64_t sram = device.sramBytes - device.stackReserveBytes, nram = device.nramBudget() - kOther;
  std::optional<Exchange> best;
  for (int64_t panels = 1; panels * 64 <= x.columns; ++panels) {
    x.panel = llvm::alignTo(divideCeil(x.columns, panels), unit);
    for (x.strip = std::max<int64_t>(unit, 4); x.strip <= kMostRows && x.blockRows() <= x.rows; x.strip *= 2) {
      x.strips = divideCeil(x.rows, x.clusters * x.blockRows());
      int64_t received = x.clusters * x.strips * x.blockElements(), sent = 2 * x.clusters * x.blockElements();
      int64_t left = nram - 3 * x.strip * x.panel * x.elementBytes; // two strips that arrive and one that is turned
      if (x.panel > x.columns || (received + sent) * x.elementBytes > sram || left < 2 * x.rows * x.elementBytes)
        continue;
      x.part = std::min(x.coreColumns(), left / (2 * x.rows * x.elementBytes));
      // Two parts at least, so that one arrives from SRAM while the other one is stored.
      x.part = divideCeil(x.coreColumns(), std::max<int64_t>(2, divideCeil(x.coreColumns(), x.part)));
      x.microseconds = timeOf(x, device);
      if (!best || x.microseconds < best->microseconds)
        best = x;
    }
    if (best) // more panels are more segments
      break;
  }
  return best;
}
