//===- Patterns.h - parts of convert-meta-to-linalg -----------------------===//
#ifndef METABANG_LIB_CONVERSION_METATOLINALG_PATTERNS_H
#define METABANG_LIB_CONVERSION_METATOLINALG_PATTERNS_H

#include "metabang/Dialect/Meta/IR/Meta.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Transforms/DialectConversion.h"

namespace metabang {

// Patterns by class of operator.
void populateElementwisePatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
void populateMovementPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
void populateJoinPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);
void populateReductionPatterns(const mlir::TypeConverter &converter, mlir::RewritePatternSet &patterns);

// Scalar code. `type` is the element type in the meta dialect, which knows the sign; values are signless.
mlir::Value emitUnary(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef kind, mlir::Type type, mlir::Value x);
mlir::Value emitBinary(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef kind, mlir::Type type, mlir::Value x,
                       mlir::Value y);
// Functions that are composed of others: Functions.cpp.
mlir::Value emitFunction(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef kind, mlir::Type type, mlir::Value x);
mlir::Value emitAtan2(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, mlir::Value y, mlir::Value x);
mlir::Value emitCompare(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef kind, mlir::Type type, mlir::Value x,
                        mlir::Value y);
mlir::Value emitCast(mlir::OpBuilder &b, mlir::Location loc, mlir::Type from, mlir::Type to, mlir::Value x);
/// The neutral element of add, mul, max or min, as an attribute of the signless type.
mlir::TypedAttr neutralElement(mlir::OpBuilder &b, llvm::StringRef kind, mlir::Type type);

// Building blocks.
mlir::Type signless(mlir::Type type);
mlir::TypedAttr signless(mlir::TypedAttr value);
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);
mlir::Value emptyTensor(mlir::OpBuilder &b, mlir::Location loc, llvm::ArrayRef<int64_t> shape, mlir::Type elementType);
/// tensor.empty, filled.
mlir::Value filledTensor(mlir::OpBuilder &b, mlir::Location loc, llvm::ArrayRef<int64_t> shape, mlir::TypedAttr value);
/// A reshape that moves no data.
mlir::Value reshape(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value, llvm::ArrayRef<int64_t> shape);
/// An all-parallel generic over `shape` that reads `inputs` through `maps`.
mlir::linalg::GenericOp
parallelGeneric(mlir::OpBuilder &b, mlir::Location loc, llvm::ArrayRef<int64_t> shape, mlir::Type elementType,
                mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> maps,
                llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)> body);

/// y[i] = x[map(i)] by a linear generic, or nothing if the map is not linear or runs backwards. `overflow` fills what
/// leaves x.
mlir::Value linearReindex(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::AffineMap map,
                          llvm::ArrayRef<int64_t> shape, mlir::TypedAttr overflow);
/// The converted extras of a reindex, and which of them were unsigned.
struct Extras {
  llvm::SmallVector<mlir::Value> values;
  llvm::SmallVector<bool> isUnsigned;

  Extras() = default;
  Extras(mlir::ValueRange converted, mlir::ValueRange original);
};

/// y[i] = x[map(i)] by an address computed for each element.
mlir::Value gather(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, Extras extras, mlir::AffineMap map,
                   std::optional<mlir::IntegerSet> conditions, llvm::ArrayRef<int64_t> shape, mlir::TypedAttr overflow);
/// x[map(i)] = kind(x[map(i)], y[i]) by a loop nest.
mlir::Value scatter(mlir::OpBuilder &b, mlir::Location loc, mlir::Value y, Extras extras, llvm::StringRef kind,
                    mlir::Type type, mlir::AffineMap map, std::optional<mlir::IntegerSet> conditions,
                    llvm::ArrayRef<int64_t> shape);

} // namespace metabang

#endif // METABANG_LIB_CONVERSION_METATOLINALG_PATTERNS_H
