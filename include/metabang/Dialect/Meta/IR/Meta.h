//===- Meta.h - the meta dialect ------------------------------------------===//
#ifndef METABANG_DIALECT_META_IR_META_H
#define METABANG_DIALECT_META_IR_META_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <initializer_list>

namespace metabang::meta {
/// Whether `name` is in `names`.
inline bool isOneOf(llvm::StringRef name, std::initializer_list<llvm::StringRef> names) {
  return llvm::is_contained(names, name);
}
} // namespace metabang::meta

#include "metabang/Dialect/Meta/IR/MetaDialect.h.inc"

#define GET_OP_CLASSES
#include "metabang/Dialect/Meta/IR/MetaOps.h.inc"

#endif // METABANG_DIALECT_META_IR_META_H
