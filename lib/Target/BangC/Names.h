//===- Names.h - Names of variables ------------------------------*- C++ -*-===//
#ifndef METABANG_LIB_TARGET_BANGC_NAMES_H
#define METABANG_LIB_TARGET_BANGC_NAMES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace metabang::bangc {

/// Chooses names: those of the source where locations carry them, else the role a value plays. A name is unique
/// among those in scope.
class Names {
public:
  explicit Names(mlir::func::FuncOp kernel);

  /// Reserves `wish` or, if it is taken, `wish`_2, _3 …
  std::string reserve(llvm::StringRef wish);
  void enterScope() { scopes.emplace_back(); }
  void leaveScope();

  std::string forArgument(mlir::BlockArgument arg);
  std::string forBuffer(mlir::Value alloc);
  std::string forLoop(mlir::Value induction);
  /// Of any other value; `fallback` if neither location nor use suggests one.
  std::string forValue(mlir::Value value, llvm::StringRef fallback);

private:
  llvm::StringSet<> used;
  llvm::SmallVector<llvm::SmallVector<std::string>> scopes{1};
  llvm::DenseMap<mlir::Value, std::string> arguments;
};

/// A C identifier made of `text`.
std::string sanitize(llvm::StringRef text);

/// "net.py:12" of a location, or "".
std::string getSourceLine(mlir::Location loc);

} // namespace metabang::bangc

#endif // METABANG_LIB_TARGET_BANGC_NAMES_H
