//===- CostModel.h - What a tile of a kernel takes ---------------*- C++ -*-===//
// The model behind mlu-select-schedule: bytes on chip, and time under the device description.
#ifndef METABANG_LIB_DIALECT_MLU_TRANSFORMS_COSTMODEL_H
#define METABANG_LIB_DIALECT_MLU_TRANSFORMS_COSTMODEL_H

#include "metabang/Device/Device.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "llvm/ADT/SetVector.h"

namespace metabang::mlu {

/// A candidate: tile sizes of the root's loops (never 0), tasks over the last dimension and over the others.
struct Candidate {
  llvm::SmallVector<int64_t> tiles;
  int64_t outerTasks = 1, streamTasks = 1, buffers = 1;
};

/// What a candidate takes.
struct Cost {
  int64_t nramBytes = 0;
  int64_t wramBankBytes = 0;
  double microseconds = 0;
};

/// What bringing the filter of a step to WRAM takes where the kernel packs it itself.
struct Packing {
  int64_t nramBytes = 0, wramBankBytes = 0;
  double loadMicroseconds = 0, microseconds = 0;
};

/// Bytes of NRAM that a schedule of `kernel` may use: all, or fewer after one that did not fit (`mlu.nram_limit`).
int64_t nramLimitOf(mlir::func::FuncOp kernel, const Device &device);

class CostModel {
public:
  CostModel(const KernelRoot &kernel, const Device &device);

  Cost evaluate(const Candidate &candidate) const;
  bool fits(const Cost &cost) const;

  llvm::ArrayRef<int64_t> loops() const { return loopExtents; }
  size_t rank() const { return parallel; } ///< dimensions of the result
  bool hasFilter() const { return filter >= 0; }
  bool quantisesFilter() const { return packs && !device.hasFloatConv; } ///< the kernel does, for each tile
  /// The loop that walks the rows of what a reduction reads.
  size_t rowLoop() const;

private:
  bool movesOnly() const { return kind == KernelKind::Elementwise && bodyOperations == 0; }

  /// An operand that is copied on chip (or the result that is copied back).
  struct Operand {
    mlir::AffineMap map;
    int64_t elementBytes;
    llvm::SmallVector<int64_t> extents; ///< sizes of the tensor
    bool isImage = false;               ///< input of a convolution: its channels are padded for the tensor unit
    bool isWindow = false;              ///< read through padding
    bool streams = true;                ///< depends on more than the last dimension
  };

  int64_t growth(llvm::ArrayRef<int64_t> shape, int64_t elementBytes) const;
  llvm::SmallVector<int64_t> tileShape(const Operand &operand, llvm::ArrayRef<int64_t> tiles) const;
  bool padsRows(llvm::ArrayRef<int64_t> shape, int64_t elementBytes) const;
  int64_t tileBytes(const Operand &operand, llvm::ArrayRef<int64_t> tiles) const;
  int64_t padded(const Operand &operand, int64_t elements) const;
  double copyMicroseconds(const Operand &operand, llvm::ArrayRef<int64_t> tiles, int64_t cores) const;
  int64_t reduceBytes(llvm::ArrayRef<int64_t> tiles) const;
  int64_t windowBytes(llvm::ArrayRef<int64_t> tiles) const;
  double computeMicroseconds(llvm::ArrayRef<int64_t> tiles) const;
  Packing packing(const Candidate &candidate, int64_t cores) const;
  double moveMicroseconds(int64_t bytes, int64_t builtins = 1) const;
  int64_t movedBuiltins(llvm::ArrayRef<int64_t> tiles) const;
  double quantiseMicroseconds(llvm::ArrayRef<int64_t> tiles) const;
  double vectorMicroseconds(int64_t bytes, int64_t times) const;

  const Device &device;
  KernelKind kind;
  int64_t nramLimit = 0;
  size_t parallel = 0;
  llvm::SmallVector<int64_t> loopExtents;
  llvm::SmallVector<Operand> inputs;       ///< without the filter
  llvm::SmallVector<Operand> intermediate; ///< what a reduction's producers compute on chip
  int64_t producerOperations = 0;
  Operand result;
  llvm::SmallVector<Operand> others; ///< further results of an element-wise kernel
  int filter = -1;
  Operand filterOperand;
  int64_t filterWord = 0;       ///< bytes of its elements in WRAM
  bool packs = false;           ///< it comes to WRAM through NRAM
  bool keepsPitch = false;      ///< all its buffers are only copied, and not padded (mlu-pad-buffers)
  bool reducesAnyPitch = false; ///< nor what a reduction takes, which combines whole rows
  bool marksNaN = false;        ///< a maximum or minimum of a device whose pools drop NaN
  int64_t bodyOperations = 0;
  llvm::SmallSetVector<llvm::StringRef, 4> tables; ///< of activations, in NRAM
};

} // namespace metabang::mlu

#endif // METABANG_LIB_DIALECT_MLU_TRANSFORMS_COSTMODEL_H
