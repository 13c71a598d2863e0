//===- Emit.h - Building builtins and the arithmetic around them -*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_EMIT_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_EMIT_H

#include "metabang/Device/Device.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"

namespace metabang::l2b {

/// Filters of a convolution are dealt to this many banks of WRAM.
constexpr int64_t kBanks = 64;
/// Bytes of the shortest vector an MLU2xx computes.
constexpr int64_t kVectorBytes = 128;
/// The segments a strided copy may have in one builtin.
constexpr int64_t kMaxSegments = 65536;

using Sizes = llvm::SmallVector<mlir::OpFoldResult>;

/// Builds what one operation is lowered to, at its location and before it.
struct Emit {
  mlir::OpBuilder &b;
  mlir::Location loc;
  const Device &device;
  bool asyncCopies = false; ///< copies return at once; mlu-pipeline has placed the synchronisation

  bool is2xx() const { return device.arch < 300; }
  /// Elements of `type` that a vector builtin's length is a multiple of.
  int64_t lanes(mlir::Type type) const;

  /// The builtin `name` of the bang dialect; operands in the order of the C signature.
  mlir::Operation *op(llvm::StringRef name, mlir::ValueRange operands, llvm::StringRef mode = {});
  /// A builtin with a result.
  mlir::Value value(llvm::StringRef name, mlir::ValueRange operands, mlir::Type result);

  // Indices; static ones are folded.
  mlir::Value index(mlir::OpFoldResult value);
  mlir::Value index(int64_t value) { return index(b.getIndexAttr(value)); }
  mlir::Value i32(int64_t value);
  mlir::OpFoldResult attr(int64_t value) { return b.getIndexAttr(value); }
  mlir::OpFoldResult add(mlir::OpFoldResult x, mlir::OpFoldResult y);
  mlir::OpFoldResult sub(mlir::OpFoldResult x, mlir::OpFoldResult y);
  mlir::OpFoldResult mul(mlir::OpFoldResult x, mlir::OpFoldResult y);
  mlir::OpFoldResult min(mlir::OpFoldResult x, mlir::OpFoldResult y);
  /// x rounded up to a multiple of `m`.
  mlir::OpFoldResult roundUp(mlir::OpFoldResult x, int64_t m);
  /// The linear expression `expr` at the values `dims`; what it holds besides sums and products is not supported.
  mlir::OpFoldResult apply(mlir::AffineExpr expr, llvm::ArrayRef<mlir::OpFoldResult> dims);

  mlir::Value scalar(mlir::Type type, double value);

  /// A new NRAM vector of at least `count` elements, rounded up to whole vectors.
  mlir::Value temp(mlir::Type elementType, int64_t count);
  /// A new NRAM vector with every element `value`.
  mlir::Value splat(mlir::Value value, int64_t count);
  /// Where what all iterations of all loops share is built: before the outermost loop around.
  mlir::OpBuilder::InsertPoint outsideLoops();
  /// Fills `count` elements.
  void fill(mlir::Value dst, mlir::Value value, mlir::OpFoldResult count);
  /// NRAM to NRAM, any number of bytes.
  void copyBytes(mlir::Value dst, mlir::Value src, mlir::OpFoldResult bytes);

  /// `memref` from the element at `offsets` on, rank kept.
  mlir::Value at(mlir::Value memref, llvm::ArrayRef<mlir::OpFoldResult> offsets);
  /// An operand of a linalg operation from its element at the loop indices `ivs` on.
  mlir::Value at(mlir::Value memref, mlir::AffineMap map, llvm::ArrayRef<mlir::OpFoldResult> ivs);
  /// `memref`, whose last dimension is contiguous, from `offset` elements further on.
  mlir::Value behind(mlir::Value memref, mlir::OpFoldResult offset);

  /// What `memref` is a view of, as one dimension from the first element of the view to its last; its offset is static.
  mlir::Value flat(mlir::Value memref);

  /// Loops from 0 to `sizes` (those of static size 1 are not built) around what `body` builds.
  void loops(llvm::ArrayRef<mlir::OpFoldResult> sizes,
             llvm::function_ref<void(llvm::ArrayRef<mlir::OpFoldResult>)> body);
  /// One loop from 0 to `size` in steps; `body` gets the index and how much is left, at most `step`.
  void chunks(mlir::OpFoldResult size, int64_t bound, int64_t step,
              llvm::function_ref<void(mlir::OpFoldResult iv, mlir::OpFoldResult count)> body);
};

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_EMIT_H
