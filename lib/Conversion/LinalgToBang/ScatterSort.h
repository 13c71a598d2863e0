//===- ScatterSort.h - Sorting sources by the places they go to --*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTERSORT_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTERSORT_H

#include "ScatterLoop.h"

namespace metabang::l2b {

/// Sources (a key each, the number of a place, and a value of 32 bits) that vectors alone sort by their keys, combine
/// where keys are equal, and combine with what those places hold. From MLU3xx on, but for tp_520.
class SourceSorter {
public:
  /// Places are below `places`, sources at most `sources`. Buffers are made at the builder's place.
  SourceSorter(Emit &e, ScatterLoop &scatter, int64_t places, int64_t sources);

  static bool isOffered(const Device &device);
  /// 32-bit words of NRAM that the buffers take.
  static int64_t words(const Device &device, int64_t places, int64_t sources);
  /// The most sources that `words` have room for beside `places`; may be negative.
  static int64_t mostSources(const Device &device, int64_t places, int64_t words);
  /// Whether a word holds a key and the number of a source.
  static bool fitsWord(int64_t places, int64_t sources);
  /// Modelled time of one round, without copies from DRAM: of `loaded` sources `sources` have places here.
  static double nanoseconds(const Device &device, int64_t places, int64_t loaded, int64_t sources, bool isSum);

  /// Where a round's indices (of any range) and values belong.
  mlir::Value indices() { return parts[1]; }
  mlir::Value values;
  mlir::Value held; ///< the places

  /// Source i is in row i / columns, whose places begin at row * width. Called once, before all rounds.
  void makeNumbers(int64_t columns, int64_t width);
  /// Combines the first `count` sources whose indices are in [low, high) with the places they name, less `low`.
  void run(mlir::OpFoldResult count, mlir::OpFoldResult low, mlir::OpFoldResult high);

private:
  Emit &e;
  ScatterLoop &scatter;
  int64_t places, sources, first, length; // `first`: sources of our own, which stand before the others
  unsigned keyBits;
  mlir::Type type;
  mlir::SmallVector<mlir::Value> parts; // four buffers side by side
  mlir::Value table, numbers, topBit, guards, repeats, placeNumbers;

  mlir::Value asFloat(mlir::Value v);
  mlir::Value asInt(mlir::Value v);
  mlir::Value as(mlir::Value v, mlir::Type element);
  mlir::Value bytes(mlir::OpFoldResult count);
  mlir::Value pack(mlir::Value dst, mlir::Value src, mlir::Value mask, mlir::OpFoldResult count);
  void ramp(mlir::Value dst, int64_t begin, int64_t step, int64_t count);
  void keep(mlir::Value sum, mlir::Value other, mlir::Value equal, mlir::OpFoldResult count);
  unsigned sort(mlir::OpFoldResult total);
  void combineEqual(mlir::Value keys, mlir::Value values, mlir::Value equal, mlir::Value other,
                    mlir::OpFoldResult total);
  void combineHeld(mlir::Value keys, mlir::Value values, mlir::Value a, mlir::Value b, mlir::OpFoldResult count);
  void round(mlir::OpFoldResult total);
};

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_SCATTERSORT_H
