//===- PackFilter.h - Filters that are computed on the device ----*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_PACKFILTER_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_PACKFILTER_H

#include "Emit.h"
#include "Loops.h"

namespace metabang::l2b {

/// Brings a filter that lies in NRAM in any order of dimensions to WRAM: [output channels][taps…][input channels],
/// padded to the unit's multiples with zeros, and as integers where the unit multiplies integers.
class FilterPacker {
public:
  /// `source` has one stride for each loop of the contraction. `order`: the loops of output channels, taps (rows
  /// first) and input channels. `bounds`: sizes of all loops.
  FilterPacker(Emit &e, Access source, llvm::ArrayRef<int64_t> order, llvm::ArrayRef<int64_t> bounds, mlir::Type word)
      : e(e), source(std::move(source)), order(order), bounds(bounds), word(word) {}

  /// Quantises the whole tile of filters with one position; nothing where the unit multiplies floats.
  void quantise();
  /// The filters at the loop indices `ivs`, in WRAM.
  mlir::Value pack(llvm::ArrayRef<mlir::OpFoldResult> ivs);

  /// Exponent of the integers, i32; null where the unit multiplies floats.
  mlir::Value position;

private:
  bool isDense() const;

  Emit &e;
  Access source;
  llvm::SmallVector<int64_t> order, bounds;
  mlir::Type word;
};

/// The operation before which everything that depends on the buffer `memref` alone may be computed, for `user` to
/// read: outside of loops that do not write it. `user` itself if nothing can be moved.
mlir::Operation *outsideLoopsOf(mlir::Operation *user, mlir::Value memref);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_PACKFILTER_H
