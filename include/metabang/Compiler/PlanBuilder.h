//===- PlanBuilder.h - The host half of a program as a plan ------*- C++ -*-===//
#ifndef METABANG_COMPILER_PLANBUILDER_H
#define METABANG_COMPILER_PLANBUILDER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/JSON.h"

namespace metabang {

/// Reads the launches and preparations of @main and the kernels of a completely lowered module. Temporaries share an
/// arena: two whose lifetimes overlap never overlap in it. Fails with an error at the operation that has no place in
/// a plan. `signature` is that of @main as it was written, with the signs of its integers.
mlir::FailureOr<llvm::json::Object> buildPlan(mlir::ModuleOp module, mlir::FunctionType signature);

/// "net.py:12" of the first file location in `loc`, or "".
std::string sourceOf(mlir::Location loc);

} // namespace metabang

#endif // METABANG_COMPILER_PLANBUILDER_H
