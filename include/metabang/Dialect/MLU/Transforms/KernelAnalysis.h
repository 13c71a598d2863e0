//===- KernelAnalysis.h - What kind of kernel an operation makes -*- C++ -*-===//
#ifndef METABANG_DIALECT_MLU_TRANSFORMS_KERNELANALYSIS_H
#define METABANG_DIALECT_MLU_TRANSFORMS_KERNELANALYSIS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace metabang::mlu {

/// What the schedule and the builtins depend on. `Scalar` is the last resort: loops over GDRAM by one task.
enum class KernelKind { Elementwise, Convolution, MatMul, Depthwise, Pool, Reduction, Scalar };

/// Operations that read other elements than their own (gather) carry this unit attribute.
inline constexpr llvm::StringLiteral kGatherAttrName = "mlu.gather";

/// The outermost loop of a scatter, which combines elements at places that are computed, carries this unit attribute,
inline constexpr llvm::StringLiteral kScatterAttrName = "mlu.scatter";
/// and if its map is linear, that map: from the loops to the indices of the result.
inline constexpr llvm::StringLiteral kScatterMapAttrName = "mlu.scatter_map";

/// Products that the tensor unit cannot take carry this unit attribute.
inline constexpr llvm::StringLiteral kScalarAttrName = "mlu.scalar";

/// Contractions whose filter is not prepared by the host: the kernel brings it into the form of WRAM itself. The value
/// is the width of fixed-point operands in bits (i64) where the tensor unit multiplies integers, a unit elsewhere.
inline constexpr llvm::StringLiteral kPackFilterAttrName = "mlu.pack_filter";
/// Filters that share a slot of WRAM: one in each bank.
inline constexpr int64_t kFilterGroup = 64;
/// Attribute (i64) of a transpose whose operand stays in GDRAM: so many of its rows are loaded and turned at a time.
inline constexpr llvm::StringLiteral kStripAttrName = "mlu.strip";

/// Classifies by iterators, indexing maps and body; never by name.
KernelKind classify(mlir::linalg::LinalgOp op);

/// Rows of a product's left operand that are at least this long (bytes) are loaded one by one, to a padded pitch; the
/// tile of shorter ones is loaded in one piece.
inline constexpr int64_t kLongRowBytes = 2048;

/// The shape of a buffer of rank 2 or more, grown so that its number of elements is a multiple of `multiple`. The
/// outermost dimension that is longer than one grows, so that the tile stays in one piece, unless growing an inner one
/// takes less than half the room: the slots of a double buffer are not to become 32.
llvm::SmallVector<int64_t> padEnd(llvm::ArrayRef<int64_t> shape, int64_t multiple);

/// Whether the operation copies elements and does not turn rows: a row of its result is read from rows of its operand (at
/// a stride, again and again, from several). Strided copies do that, of buffers with any pitch.
bool movesRows(mlir::linalg::LinalgOp op);

/// Whether the operation reduces, in a form that has tiles (`Scalar` does not count).
bool isHeavy(KernelKind kind);

/// A word for the kernel's name: "conv2d", "matmul", "max_pool", "add_mul", …
std::string describe(mlir::linalg::LinalgOp op);

/// The operations of a kernel function that the schedule is about.
struct KernelRoot {
  mlir::linalg::LinalgOp root; ///< the heavy operation, or the only one
  mlir::linalg::LinalgOp last; ///< produces the kernel's result; the epilogue's end, or root itself
  KernelKind kind = KernelKind::Scalar;
};

/// Finds root and last of an outlined kernel on tensors; fails if the function has no linalg operation.
mlir::FailureOr<KernelRoot> findRoot(mlir::func::FuncOp kernel);

/// Whether the filter of `op` is packed on the device, from NRAM.
bool packsFilter(mlir::linalg::LinalgOp op);

/// The operand of a convolution or matrix product that the tensor unit reads from WRAM; null for other kinds.
mlir::OpOperand *getFilterOperand(mlir::linalg::LinalgOp op, KernelKind kind);

} // namespace metabang::mlu

#endif // METABANG_DIALECT_MLU_TRANSFORMS_KERNELANALYSIS_H
