//===- MLUBase.td - The mlu dialect and its attributes ------*- tablegen -*-===//
#ifndef METABANG_DIALECT_MLU_IR_MLUBASE_TD
#define METABANG_DIALECT_MLU_IR_MLUBASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def MLU_Dialect : Dialect {
  let name = "mlu";
  let cppNamespace = "::metabang::mlu";
  let summary = "Kernels on the memories and tasks of a Cambricon MLU";
  let description = [{
    The level between tensors and BANG C. It names the memories of the device (`#mlu.space`), the task a core
    executes (`mlu.task_id`), what the host does around kernels (`mlu.launch`, the preparations of weights) and,
    as discardable attributes, what passes decide: `mlu.target` (module: the architecture), `mlu.kernel`
    (function: becomes one `__mlu_global__` function), `mlu.schedule` (function: tiles and tasks),
    `mlu.nram_needed` and `mlu.nram_limit` (function: what did not fit, and what a second schedule may use).
    Computation inside a kernel stays `linalg` until the builtins of the `bang` dialect replace it.
  }];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    /// Module attribute: the architecture, a string such as "mtp_270".
    static constexpr ::llvm::StringLiteral getTargetAttrName() { return "mlu.target"; }
    /// Function attribute (unit): the function is a kernel.
    static constexpr ::llvm::StringLiteral getKernelAttrName() { return "mlu.kernel"; }
    /// Function attribute: an #mlu.schedule.
    static constexpr ::llvm::StringLiteral getScheduleAttrName() { return "mlu.schedule"; }
    /// Function attribute (i64): bytes of NRAM that the buffers of the kernel took, where they are more than there are.
    static constexpr ::llvm::StringLiteral getNRAMNeededAttrName() { return "mlu.nram_needed"; }
    /// Function attribute (i64): bytes of NRAM a schedule may count on, where that is less than there are.
    static constexpr ::llvm::StringLiteral getNRAMLimitAttrName() { return "mlu.nram_limit"; }
  }];
}

def MLU_Space : I32EnumAttr<"Space", "memory space", [
    I32EnumAttrCase<"GDRAM", 0, "gdram">, I32EnumAttrCase<"LDRAM", 1, "ldram">,
    I32EnumAttrCase<"SRAM", 2, "sram">, I32EnumAttrCase<"NRAM", 3, "nram">,
    I32EnumAttrCase<"WRAM", 4, "wram">]> {
  let cppNamespace = "::metabang::mlu";
  let genSpecializedAttr = 0;
}

class MLU_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<MLU_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def MLU_SpaceAttr : MLU_Attr<"Space", "space"> {
  let summary = "memory space of a buffer";
  let description = [{
    The memory a memref lives in. A memref without a memory space lives in GDRAM: one-shot bufferize adds copies
    at function boundaries when GDRAM is named explicitly, so `#mlu.space<gdram>` is not used on memrefs.

    Example: `memref<4x64xf32, #mlu.space<nram>>`
  }];
  let parameters = (ins EnumParameter<MLU_Space>:$value);
  let assemblyFormat = "`<` $value `>`";
}

def MLU_ScheduleAttr : MLU_Attr<"Schedule", "schedule"> {
  let summary = "how a kernel is cut into tiles and tasks";
  let description = [{
    Written by `mlu-select-schedule`, read by `mlu-tile`; a researcher edits it in the IR between the two.
    `tiles[k]` is the tile size of loop k of the kernel's root operation (0: not tiled; reduction loops come last).
    `grid = [o, i]` says how many tasks share the loops over the stationary operand (a filter in WRAM) and how many
    share the loops that stream; the launch has o * i tasks. `buffers` is the number of buffers each streamed
    operand gets (1: no overlap, 2: double buffering).

    Example: `#mlu.schedule<tiles = [1, 4, 0, 64, 0, 0, 0], grid = [1, 16], buffers = 2>`
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$tiles, ArrayRefParameter<"int64_t">:$grid, "int64_t":$buffers);
  let assemblyFormat = [{
    `<` `tiles` `=` `[` $tiles `]` `,` `grid` `=` `[` $grid `]` `,` `buffers` `=` $buffers `>`
  }];
}

class MLU_Op<string mnemonic, list<Trait> traits = []> : Op<MLU_Dialect, mnemonic, traits>;

#endif // METABANG_DIALECT_MLU_IR_MLUBASE_TD
