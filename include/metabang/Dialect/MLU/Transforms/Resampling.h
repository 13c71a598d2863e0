//===- Resampling.h - Products with banded matrices that repeat --*- C++ -*-===//
#ifndef METABANG_DIALECT_MLU_TRANSFORMS_RESAMPLING_H
#define METABANG_DIALECT_MLU_TRANSFORMS_RESAMPLING_H

#include "metabang/Device/Device.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace metabang::mlu {

/// Of an argument of @main: its value, a sparse tensor, where the compiler may count on it.
inline constexpr llvm::StringLiteral kEntriesAttrName = "meta.entries";
/// Of a generic that resamples images: the matrices of rows and of columns, [outputs, inputs]; a unit for none.
inline constexpr llvm::StringLiteral kResampleAttrName = "mlu.resample";

/// A matrix [outputs, inputs] whose rows repeat: output period * s + r is the sum of weight * x[step * s + at] over
/// the taps of phase r, but for a few outputs at the borders. Interpolation by a factor p / q is one, and so are its
/// transpose (the gradient) and means of windows.
struct Taps {
  struct Tap {
    int64_t at;
    double weight;
  };
  struct Edge {
    int64_t output;
    llvm::SmallVector<Tap> taps; ///< `at` is the input itself
  };
  int64_t outputs = 1, inputs = 1;
  int64_t period = 1, step = 1;
  llvm::SmallVector<llvm::SmallVector<Tap>> phases{{{0, 1.0}}};
  llvm::SmallVector<Edge> edges;
  int64_t first = 0, last = 0; ///< what outputs of period s need lies in step * s + first … step * s + last; first <= 0

  static Taps identity(int64_t size);
  /// The taps of `matrix`; nothing if its rows repeat too seldom.
  static std::optional<Taps> match(mlir::SparseElementsAttr matrix);

  bool isIdentity() const { return outputs == inputs && period == 1 && edges.empty() && isUnit(phases[0]); }
  static bool isUnit(llvm::ArrayRef<Tap> taps) { return taps.size() == 1 && taps[0].weight == 1 && taps[0].at == 0; }
  int64_t steps() const { return llvm::divideCeil(outputs, period); }
  int64_t count() const;
};

/// y[n…, i, j] = sum over k, l of rows[i, k] * cols[j, l] * x[n…, k, l].
struct Resampling {
  int64_t images = 1;
  Taps rows, cols;

  /// Of a generic with the attribute mlu.resample, on tensors or memrefs.
  static std::optional<Resampling> of(mlir::linalg::LinalgOp op);

  /// What a core works on at a time: some images, or some periods of the rows of one; and its places on the chip.
  struct Block {
    int64_t images = 1, steps = 1;  ///< `steps` are those of all of its images
    int64_t count = 1;              ///< blocks of all images
    int64_t slots = 1;              ///< two if the next block is loaded while one is computed
    int64_t tileRows = 1;           ///< rows of x on the chip
    int64_t phaseColumns = 1;       ///< columns of each phase, with padding
    int64_t pitch = 1;              ///< of a row of x on the chip
    int64_t before = 0, behind = 0; ///< room that shifts to the left and to the right read
    double ns = 0;                  ///< modelled, of one core
    int64_t planeRows(const Resampling &r) const { return llvm::divideCeil(tileRows, r.rows.step); }
    int64_t stepsOfImage(const Resampling &r) const { return steps / images; }
  };
  int64_t blocksOfImage(const Block &block) const { return llvm::divideCeil(rows.steps(), block.steps); }
  /// Whether rows are copied on the chip before they are added up.
  bool arranges(const Block &block) const { return rows.step > 1 || block.pitch != cols.inputs; }
  /// Whether the only phase of the columns already is the result.
  bool isDirect(const Block &block) const {
    return rows.period == 1 && cols.period == 1 && block.phaseColumns == cols.outputs;
  }
  /// Elements of a scaled plane, of rows and of columns.
  int64_t scaledElements(const Block &block) const;
  /// The block that takes least time under the model; nothing if not even a row fits.
  std::optional<Block> chooseBlock(const Device &device, int64_t bytes) const;

private:
  Block blockOf(int64_t blockImages, int64_t steps, const Device &device, int64_t bytes) const;
  int64_t elements(const Block &block, const Device &device) const;
  double nanoseconds(const Block &block, const Device &device, int64_t bytes) const;
};

} // namespace metabang::mlu

#endif // METABANG_DIALECT_MLU_TRANSFORMS_RESAMPLING_H
