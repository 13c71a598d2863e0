//===- BangBase.td - The bang dialect and its interface -----*- tablegen -*-===//
#ifndef METABANG_DIALECT_BANG_IR_BANGBASE_TD
#define METABANG_DIALECT_BANG_IR_BANGBASE_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Bang_Dialect : Dialect {
  let name = "bang";
  let cppNamespace = "::metabang::bang";
  let summary = "The builtins of BANG C, one operation each";
  let description = [{
    The last level before text. Every operation is one builtin of BANG C and comes from one record of
    `Builtins.td`; the same record gives its verifier, its printing, the simulator's declaration and its page in
    `docs/builtins.md`. Pointer operands are memrefs: the builtin starts at the memref's first element and knows
    neither shape nor strides. Counts are `index` or `i32`, in the unit of the builtin (elements, or bytes where
    the operand is called `size`).
  }];
}

def BuiltinOpInterface : OpInterface<"BuiltinOpInterface"> {
  let cppNamespace = "::metabang::bang";
  let description = [{
    What the passes need to know of a builtin: its record, the pipeline it runs on and the role of each operand.
    The default implementations read the record, so an operation has nothing to write.
  }];
  let methods = [
    InterfaceMethod<"The record of the table this operation stands for.",
      "const ::metabang::bang::BuiltinInfo &", "getInfo", (ins), "",
      [{ return ::metabang::bang::getBuiltinInfo($_op.getOperation()); }]>,
    InterfaceMethod<"The C name for the target in force, e.g. `__bang_add`; empty if the target has none.",
      "::std::string", "getBuiltinName", (ins), "",
      [{ return ::metabang::bang::getBuiltinName($_op.getOperation()); }]>,
    InterfaceMethod<"The pipeline of a core that executes the builtin; of a copy, it follows from the memory spaces.",
      "::metabang::bang::Pipe", "getPipe", (ins), "",
      [{ return ::metabang::bang::getPipe($_op.getOperation()); }]>,
    InterfaceMethod<"Whether the builtin returns before its work is done, so that only a sync makes the result visible.",
      "bool", "isAsync", (ins), "",
      [{ return ::metabang::bang::getBuiltinInfo($_op.getOperation()).async; }]>,
    InterfaceMethod<"The role of operand `index`.",
      "::metabang::bang::Role", "getOperandRole", (ins "unsigned":$index), "",
      [{ return ::metabang::bang::getOperandRole($_op.getOperation(), index); }]>,
  ];
  let verify = [{ return ::metabang::bang::verifyBuiltin($_op); }];
}

def Bang_Count : AnyTypeOf<[Index, I32], "index or 32-bit integer">;
def Bang_Scalar : AnyTypeOf<[AnyFloat, AnyInteger], "scalar">;

#endif // METABANG_DIALECT_BANG_IR_BANGBASE_TD
