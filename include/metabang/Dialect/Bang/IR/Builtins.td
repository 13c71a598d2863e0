//===- Builtins.td - The table of BANG C builtins -----------*- tablegen -*-===//
//
// One record is one signature of one builtin. Nothing about a builtin is written anywhere else: operations,
// verifier, emitter, the simulator's declarations and docs/builtins.md follow from here (see BuiltinBase.td).
// Facts: BANG C Developer Guide 4.7.2 and the headers of the MLU270 tool chain.
//
//===----------------------------------------------------------------------===//
#ifndef METABANG_DIALECT_BANG_IR_BUILTINS_TD
#define METABANG_DIALECT_BANG_IR_BUILTINS_TD

include "metabang/Dialect/Bang/IR/BuiltinBase.td"
include "metabang/Dialect/Bang/IR/BuiltinsMove.td"
include "metabang/Dialect/Bang/IR/BuiltinsVector.td"
include "metabang/Dialect/Bang/IR/BuiltinsTensor.td"
include "metabang/Dialect/Bang/IR/BuiltinsConvert.td"

// The rest is declared for kernels written by hand; the compiler has no operation for it.
include "metabang/Dialect/Bang/IR/DeclaredMove.td"
include "metabang/Dialect/Bang/IR/DeclaredVector.td"
include "metabang/Dialect/Bang/IR/DeclaredTensor.td"
include "metabang/Dialect/Bang/IR/DeclaredConvert.td"
include "metabang/Dialect/Bang/IR/DeclaredScalar.td"
include "metabang/Dialect/Bang/IR/DeclaredAtomic.td"
include "metabang/Dialect/Bang/IR/DeclaredInteger.td"
include "metabang/Dialect/Bang/IR/DeclaredDiscrete.td"
include "metabang/Dialect/Bang/IR/DeclaredNarrow.td"
include "metabang/Dialect/Bang/IR/DeclaredKnown.td"

#endif // METABANG_DIALECT_BANG_IR_BUILTINS_TD
