//===- Budget.cpp - On-chip bytes the builtins need besides operands ------===//
#include "metabang/Conversion/LinalgToBang/Budget.h"

#include "Contraction.h"
#include "Families.h"
#include "Loops.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

/// Elements that the tile touches of an operand with `map`, its last dimension rounded up to `lanes`.
static int64_t elements(AffineMap map, ArrayRef<int64_t> tile, int64_t lanes) {
  int64_t total = 1;
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    SmallVector<Attribute> last, value;
    Builder b(map.getContext());
    for (int64_t size : tile)
      last.push_back(b.getIndexAttr(std::max<int64_t>(size, 1) - 1));
    int64_t extent = 1;
    if (succeeded(AffineMap::get(map.getNumDims(), 0, expr).constantFold(last, value)))
      extent = cast<IntegerAttr>(value[0]).getInt() + 1;
    total *= dim + 1 == map.getNumResults() ? llvm::alignTo(extent, lanes) : extent;
  }
  return total;
}

/// Temporaries of the size of a chunk that the body needs at the same time.
static int64_t temporaries(linalg::LinalgOp op, const Device &device) {
  int64_t count = 0, operations = 0;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    ++operations;
    if (isa<arith::SelectOp>(inner))
      count = std::max<int64_t>(count, 4);
    else if (isa<arith::DivFOp>(inner))
      count = std::max<int64_t>(count, device.arch < 300 ? 4 : 2);
    else if (isa<math::AbsFOp>(inner))
      continue;
    else if (isa<math::MathDialect>(inner.getDialect()))
      count = std::max<int64_t>(count, device.hasHardwareTranscendental ? 5 : 8);
  }
  return count + std::min<int64_t>(operations / 2, 2);
}

int64_t metabang::onChipTempBytes(linalg::LinalgOp op, ArrayRef<int64_t> tile, const Device &device) {
  OpOperand *out = op.getDpsInitOperand(0);
  AffineMap outMap = op.getMatchingIndexingMap(out);
  Type type = getElementTypeOrSelf(out->get().getType());
  int64_t bytes = elementBytes(type), lanes = std::max<int64_t>(1, device.vectorSizeAlignment / bytes);
  constexpr int64_t words = 4 * kVectorBytes;
  auto rounded = [](int64_t size) -> int64_t { return llvm::alignTo(size, kVectorBytes); };
  int64_t outElements = elements(outMap, tile, lanes);

  if (FailureOr<Contraction> c = Contraction::match(op); succeeded(c) && c->depth.empty() && c->channels.size() == 1) {
    int64_t word = elementBytes(getElementTypeOrSelf(c->w->get().getType()));
    int64_t ci = device.arch < 300 ? std::max<int64_t>(device.convCiBytesAlignment / word, 1) : 1;
    int64_t xElements = elements(op.getMatchingIndexingMap(c->x), tile, ci), total = words;
    if (c->integerFilter)
      total += rounded(xElements * word);
    if (llvm::any_of(c->windows, [&](const Window &w) { return w.dilation != 1 && w.tap >= 0 && tile[w.tap] > 1; })) {
      total += rounded(xElements * (c->integerFilter ? word : bytes));
      if (tile[c->channels[0]] > kBanks)
        total += rounded(llvm::divideCeil(outElements, tile[c->channels[0]]) * kBanks * bytes);
    }
    return total;
  } else if (succeeded(c) && c->depth.size() == 1 && c->channels.empty()) {
    // More is used where it is free; this much is needed.
    int64_t row = llvm::alignTo(tile[c->depth[0]], lanes);
    if (!c->windows.empty() && c->windows.back().out >= 0)
      row *= tile[c->windows.back().out];
    return words + 2 * rounded(row * bytes);
  }
  int64_t chunk = kChunkElements;
  if (outMap.getNumResults() > 0)
    if (auto last = dyn_cast<AffineDimExpr>(outMap.getResults().back()))
      chunk = std::max<int64_t>(chunk, llvm::alignTo(tile[last.getPosition()], lanes));
  if (op.getNumLoops() == op.getNumParallelLoops())
    return words + temporaries(op, device) * std::min(rounded(outElements * bytes), chunk * bytes);
  int64_t all = 1;
  for (int64_t size : tile)
    all *= std::max<int64_t>(size, 1);
  int64_t tileBytes = rounded(std::min<int64_t>(all, 8192) * bytes);
  return words + rounded(outElements * bytes) + (3 + temporaries(op, device)) * tileBytes;
}
