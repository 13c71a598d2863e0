//===- WindowSum.h - Sums of windows that lie in memory ----------*- C++ -*-===//
#ifndef METABANG_DIALECT_META_IR_WINDOWSUM_H
#define METABANG_DIALECT_META_IR_WINDOWSUM_H

#include "metabang/Dialect/Meta/IR/Meta.h"

#include <optional>
#include <set>
#include <tuple>

namespace metabang::meta {

/// x[n…, r, c] += y[n…, taps, i, taps, j, taps] with r = rowStride * i + row of the taps and c = colStride * j + col of
/// the taps: the gradient of windows that overlap, with strides and dilation, or do not (a pooling). In y images come
/// first and rows before columns; taps may be anywhere. Each tap is a plane of y, shifted and added.
struct WindowSum {
  struct Tap {
    int64_t outer = 0, middle = 0, inner = 0; ///< in y: before the rows, between rows and columns, behind the columns
    int64_t row = 0, col = 0;                 ///< added to the row and to the column
  };
  int64_t images = 1;
  int64_t height = 1, width = 1; ///< of a plane of y
  int64_t rows = 1, cols = 1;    ///< of an image of x
  int64_t rowStride = 1, colStride = 1;
  int64_t outer = 1, middle = 1, inner = 1; ///< taps before the rows, between, behind the columns
  llvm::SmallVector<Tap> taps;

  /// The sum that the linear `map` (from indices of y, of shape `source`, to those of x) is. Nothing if it has another
  /// form or more taps than code should be written for, if not every device adds such elements as vectors, or if its
  /// rows are too long for the chip.
  static std::optional<WindowSum> match(mlir::AffineMap map, llvm::ArrayRef<int64_t> source,
                                        llvm::ArrayRef<int64_t> target, mlir::Type element);

  /// Planes of one phase (row and column of x modulo the strides) and one shift to the right are added up first.
  struct Group {
    int64_t rowPhase, colPhase, shift;
    bool operator<(const Group &other) const { return key() < other.key(); }
    std::tuple<int64_t, int64_t, int64_t> key() const { return {rowPhase, colPhase, shift}; }
  };
  Group groupOf(const Tap &tap) const;
  std::set<Group> groups() const;
  /// Rows, in strides, by which a tap moves down.
  int64_t rowShift(const Tap &tap) const;
  int64_t firstRowShift() const, lastRowShift() const, firstCol() const;
  /// Room in columns of a plane that is shifted to the right by the most.
  int64_t shiftedWidth() const;
  int64_t rowElements() const { return middle * width * inner; }
  /// Rows of y that `steps` * rowStride rows of x need.
  int64_t rowsFor(int64_t steps) const { return steps + lastRowShift() - firstRowShift(); }
  /// Elements on the chip, at most, for so many rows of x: two tiles of y and of x each, and what is between.
  int64_t elementsFor(int64_t steps) const;
};

/// The sum of windows that `op` is; nothing if it combines otherwise, under conditions or where data says.
std::optional<WindowSum> windowSumOf(ReindexReduceOp op);

} // namespace metabang::meta

#endif // METABANG_DIALECT_META_IR_WINDOWSUM_H
