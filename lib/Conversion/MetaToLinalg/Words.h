//===- Words.h - Single elements that data names, as words -------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_METATOLINALG_WORDS_H
#define METABANG_LIB_CONVERSION_METATOLINALG_WORDS_H

#include "Patterns.h"

namespace metabang {

/// A scatter without conditions. If data names the last index and there are more than a few sources, its elements have
/// 32 bits or more, and one tensor of 32-bit integers names places where that can be had; else it is what was given.
struct ScatterWords {
  /// `extraTypes`: with their signs.
  ScatterWords(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef kind, mlir::Type type, mlir::Value y,
               Extras extras, mlir::TypeRange extraTypes, mlir::AffineMap map, llvm::ArrayRef<int64_t> shape);
  /// The result of the scatter that was given.
  mlir::Value finish(mlir::OpBuilder &b, mlir::Location loc, mlir::Value result);

  mlir::Value y;
  Extras extras;
  mlir::AffineMap map;
  llvm::SmallVector<int64_t> shape;
  mlir::Type type;

private:
  llvm::StringRef kind;
  mlir::Type given;
  bool isBiased = false; // unsigned, as signed
  llvm::SmallVector<int64_t> wanted;
};

/// A gather without conditions in that form; null if it stays as it is. `type`: of x, with its sign; `shape`: of the
/// result.
mlir::Value gatherWords(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Type type, Extras extras,
                        mlir::TypeRange extraTypes, mlir::AffineMap map, llvm::ArrayRef<int64_t> shape,
                        mlir::TypedAttr overflow);

} // namespace metabang

#endif // METABANG_LIB_CONVERSION_METATOLINALG_WORDS_H
