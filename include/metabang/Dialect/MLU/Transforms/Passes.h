//===- Passes.h - Passes of the mlu dialect ----------------------*- C++ -*-===//
#ifndef METABANG_DIALECT_MLU_TRANSFORMS_PASSES_H
#define METABANG_DIALECT_MLU_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include "metabang/Dialect/Bang/IR/BangDialect.h"
#include "metabang/Dialect/MLU/IR/MLUDialect.h"

namespace metabang::mlu {

#define GEN_PASS_DECL
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"

} // namespace metabang::mlu

#endif // METABANG_DIALECT_MLU_TRANSFORMS_PASSES_H
