//===- Memory.h - Buffers as the builtins see them ---------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_MEMORY_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_MEMORY_H

#include "metabang/Device/Device.h"
#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"

namespace metabang::l2b {

/// Attribute (unit) of the subview that hides the padding of a padded buffer, and of the fill that zeroes it.
constexpr llvm::StringLiteral kPaddedAttr = "mlu.padded";
constexpr llvm::StringLiteral kPadFillAttr = "mlu.pad_fill";
/// Attribute (unit) of an allocation with rows behind those that are used, so that a vector may run over their end.
constexpr llvm::StringLiteral kSlackAttr = "mlu.slack";
/// Attribute (unit) of a fill whose work an accumulation has taken over.
constexpr llvm::StringLiteral kTakenOverAttr = "mlu.taken_over";

inline mlir::MemRefType typeOf(mlir::Value memref) { return mlir::cast<mlir::MemRefType>(memref.getType()); }
inline mlu::Space spaceOf(mlir::Value memref) { return mlu::getSpace(typeOf(memref)); }
inline bool inNRAM(mlir::Value memref) { return spaceOf(memref) == mlu::Space::NRAM; }

/// Bytes of an element; an i1 takes one.
int64_t elementBytes(mlir::Type type);
inline int64_t elementBytes(mlir::Value memref) { return elementBytes(typeOf(memref).getElementType()); }

/// Strides in elements, or failure if one is not static.
llvm::FailureOr<llvm::SmallVector<int64_t>> stridesOf(mlir::Value memref);

/// The allocation or argument `memref` is a view of.
mlir::Value rootOf(mlir::Value memref);
/// Whether two memrefs may share bytes.
bool mayAlias(mlir::Value a, mlir::Value b);

/// Size of dimension `dim`, found through views so that no `memref.dim` is needed where it can be avoided.
mlir::OpFoldResult sizeOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value memref, int64_t dim);
/// The largest size dimension `dim` can have.
int64_t boundOf(mlir::Value memref, int64_t dim);

/// How many elements from the start of a row on belong to that row alone: the padded width of a padded buffer, the
/// size of the last dimension otherwise; 0 if it is not known.
int64_t ownedWidth(mlir::Value memref);
/// Elements of the allocation `memref` is the start of; 0 if it is not the start of one.
int64_t vectorRoom(mlir::Value memref);

/// Bytes of NRAM that the buffers of the function around `op`, were they all alive at once, leave free.
int64_t freeNRAM(mlir::Operation *op, const Device &device);

/// Whether the address of the first element is a multiple of `bytes` (buffers are placed at multiples of 128).
bool isAligned(mlir::Value memref, int64_t bytes);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_MEMORY_H
