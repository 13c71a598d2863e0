//===- BangDialect.h - The bang dialect --------------------------*- C++ -*-===//
//
// The dialect, its interface and its table. The 168 operation classes are in BangOps.h; passes rarely need them,
// because the interface says what distinguishes one builtin from another.
//
//===----------------------------------------------------------------------===//
#ifndef METABANG_DIALECT_BANG_IR_BANGDIALECT_H
#define METABANG_DIALECT_BANG_IR_BANGDIALECT_H

#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"

#include "metabang/Dialect/Bang/IR/BuiltinInfo.h"

#include "metabang/Dialect/Bang/IR/BangDialect.h.inc"
#include "metabang/Dialect/Bang/IR/BangInterfaces.h.inc"

#endif // METABANG_DIALECT_BANG_IR_BANGDIALECT_H
