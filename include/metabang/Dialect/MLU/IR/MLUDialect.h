//===- MLUDialect.h - The mlu dialect ----------------------------*- C++ -*-===//
#ifndef METABANG_DIALECT_MLU_IR_MLUDIALECT_H
#define METABANG_DIALECT_MLU_IR_MLUDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "metabang/Dialect/MLU/IR/MLUEnums.h.inc"
#include "metabang/Dialect/MLU/IR/MLUOpsDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "metabang/Dialect/MLU/IR/MLUAttrs.h.inc"

#define GET_OP_CLASSES
#include "metabang/Dialect/MLU/IR/MLUOps.h.inc"

namespace metabang::mlu {

/// The memory `type` lives in; GDRAM if none is given.
Space getSpace(mlir::BaseMemRefType type);

/// Whether `value` is a memref in NRAM, WRAM or SRAM.
bool isOnChip(mlir::Value value);

/// The architecture in force at `op`: `mlu.target` of the nearest ancestor that has one, or "" if none has.
llvm::StringRef getTarget(mlir::Operation *op);

} // namespace metabang::mlu

#endif // METABANG_DIALECT_MLU_IR_MLUDIALECT_H
