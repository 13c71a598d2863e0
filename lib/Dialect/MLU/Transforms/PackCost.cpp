//===- PackCost.cpp - What packing a filter on the device takes -----------===//
// The forms are those of lib/Conversion/LinalgToBang/PackFilter.cpp and Conv.cpp.
#include "CostModel.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

Packing CostModel::packing(const Candidate &candidate, int64_t cores) const {
  ArrayRef<int64_t> tiles = candidate.tiles;
  int64_t elements = 1, channels = tiles[parallel - 1], depth = tiles.back(), bytes = filterOperand.elementBytes;
  for (int64_t size : tileShape(filterOperand, tiles))
    elements *= size;
  int64_t taps = 1;
  for (size_t d = parallel; d + 1 < tiles.size(); ++d)
    taps *= tiles[d];
  int64_t row = llvm::alignTo(depth * filterWord, device.convCiBytesAlignment);
  int64_t image = llvm::alignTo(channels, device.convCoAlignment) * taps * row;

  Packing pack;
  pack.wramBankBytes = image / device.convCoAlignment;
  // Rows or columns that do not fill the unit's are gathered before they are turned.
  bool fills = depth * filterWord % device.convCiBytesAlignment == 0 && channels * filterWord % 64 == 0;
  pack.nramBytes = llvm::alignTo(elements * bytes, 128) * (filterOperand.streams ? candidate.buffers : 1) +
                   image * (fills ? 1 : 2);
  pack.loadMicroseconds = copyMicroseconds(filterOperand, tiles, cores);
  pack.microseconds = vectorMicroseconds(image, 3) * (elements / std::max<int64_t>(1, channels * taps * depth));
  if (!device.hasFloatConv) { // largest, smallest, integers; a dense copy of what does not end in whole vectors
    bool isWhole = !filterOperand.streams || elements * filterWord % device.vectorSizeAlignment == 0;
    pack.nramBytes += elements * (filterWord + (isWhole ? 0 : bytes));
    pack.microseconds += vectorMicroseconds(elements * bytes, 4);
  }
  // Rows of one batch or group are gathered from x, turned where they lie across, and their results dealt out again.
  for (const Operand &operand : inputs)
    if (operand.isImage) {
      bool isTurned = !operand.map.getResults().back().isFunctionOfDim(loopExtents.size() - 1);
      pack.nramBytes += llvm::alignTo(tileBytes(operand, tiles), 128) * (isTurned ? 2 : 1);
    }
  pack.nramBytes += llvm::alignTo(tileBytes(result, tiles), 128);
  return pack;
}
