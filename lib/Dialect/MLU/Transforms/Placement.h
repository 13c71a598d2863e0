//===- Placement.h - Tiles of tensors into on-chip memory --------*- C++ -*-===//
// Shared by the files of mlu-tile.
#ifndef METABANG_LIB_DIALECT_MLU_TRANSFORMS_PLACEMENT_H
#define METABANG_LIB_DIALECT_MLU_TRANSFORMS_PLACEMENT_H

#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace metabang::mlu {

/// A tensor with the shape `sizes` in `space`: the front of a static allocation that holds the largest tile.
/// Fails if a size has no constant bound. `name` becomes the buffer's name in BANG C.
mlir::FailureOr<mlir::Value> allocateTile(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef name,
                                          mlir::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type elementType,
                                          Space space);

/// Copies the tensor `source` (in GDRAM) into a tile of `space`; the result is the tile.
mlir::FailureOr<mlir::Value> promoteTile(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef name,
                                         mlir::Value source, Space space);

/// `slice` of a padded tensor: a tile filled with the padding value, then the elements that exist copied over it.
mlir::FailureOr<mlir::Value> promotePaddedTile(mlir::OpBuilder &b, llvm::StringRef name, mlir::tensor::PadOp pad,
                                               mlir::ArrayRef<mlir::OpFoldResult> offsets,
                                               mlir::ArrayRef<mlir::OpFoldResult> sizes);

} // namespace metabang::mlu

#endif // METABANG_LIB_DIALECT_MLU_TRANSFORMS_PLACEMENT_H
