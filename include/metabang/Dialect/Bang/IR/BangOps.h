//===- BangOps.h - One class for each builtin --------------------*- C++ -*-===//
#ifndef METABANG_DIALECT_BANG_IR_BANGOPS_H
#define METABANG_DIALECT_BANG_IR_BANGOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "metabang/Dialect/Bang/IR/BangDialect.h"

#define GET_OP_CLASSES
#include "metabang/Dialect/Bang/IR/BangOps.h.inc"

#endif // METABANG_DIALECT_BANG_IR_BANGOPS_H
