//===- Permutation.h - Transposes, and what they take ------------*- C++ -*-===//
#ifndef METABANG_LIB_DIALECT_MLU_TRANSFORMS_PERMUTATION_H
#define METABANG_LIB_DIALECT_MLU_TRANSFORMS_PERMUTATION_H

#include "CostModel.h"

namespace metabang::mlu {

/// result.dim[d] = source.dim[perm[d]].
struct Permutation {
  llvm::SmallVector<int64_t> shape; ///< of the result
  llvm::SmallVector<int64_t> perm;
  int64_t elementBytes = 0;

  size_t rank() const { return shape.size(); }
  llvm::SmallVector<int64_t> sourceShape() const;
  /// The same movement with as few dimensions as possible: none of size 1, none that stay neighbours.
  Permutation collapsed() const;
};

/// The movement of `op` if it does nothing but permute the dimensions of one tensor.
std::optional<Permutation> matchPermutation(mlir::linalg::LinalgOp op);

/// Tiles of the result, tasks and buffers, and the time that they take (without the launch).
struct PermutationSchedule {
  Candidate candidate;
  double microseconds = 0;
  int64_t strip = 0; ///< rows of the source that are loaded and turned at once; 0: all of a tile
};

/// The best tiles, any size in any dimension: segments on both sides of a tile, in DRAM, decide. Nothing if none fits.
std::optional<PermutationSchedule> schedulePermutation(const Permutation &permutation, const Device &device,
                                                       int64_t nramLimit);

/// One transpose as two, the first's result seen with another shape.
struct TwoPasses {
  Permutation first, second; ///< the second reads first.shape
  double microseconds = 0;   ///< of both, without launches
};

/// Two passes over memory that take less time than one, each with long segments on both sides. Nothing if one is best.
std::optional<TwoPasses> splitPermutation(const Permutation &permutation, const Device &device);

} // namespace metabang::mlu

#endif // METABANG_LIB_DIALECT_MLU_TRANSFORMS_PERMUTATION_H
