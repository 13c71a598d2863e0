//===- Passes.h - linalg on on-chip buffers to builtins ----------*- C++ -*-===//
#ifndef METABANG_CONVERSION_LINALGTOBANG_PASSES_H
#define METABANG_CONVERSION_LINALGTOBANG_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/Pass.h"

#include "metabang/Dialect/Bang/IR/BangDialect.h"

namespace metabang {

#define GEN_PASS_DECL
#include "metabang/Conversion/LinalgToBang/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "metabang/Conversion/LinalgToBang/Passes.h.inc"

} // namespace metabang

#endif // METABANG_CONVERSION_LINALGTOBANG_PASSES_H
