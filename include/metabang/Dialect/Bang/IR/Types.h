//===- Types.h - Element types of builtins -----------------------*- C++ -*-===//
#ifndef METABANG_DIALECT_BANG_IR_TYPES_H
#define METABANG_DIALECT_BANG_IR_TYPES_H

#include "metabang/Dialect/Bang/IR/BuiltinInfo.h"

#include <optional>

namespace metabang::bang {

/// The combination of element types of the record that `op`'s operands match on its target ("f32", "f32/i16/i16"), if
/// any. Signless integers match signed and unsigned names of their width, in the order of the record.
std::optional<llvm::StringRef> findCombination(mlir::Operation *op);

/// The type name of parameter `param` under `combination`.
llvm::StringRef getTypeName(const ParamInfo &param, llvm::StringRef combination);

/// Whether `type` is what the table calls `name` ("f16", "s8", "i16" …).
bool isNamed(mlir::Type type, llvm::StringRef name);

} // namespace metabang::bang

#endif // METABANG_DIALECT_BANG_IR_TYPES_H
