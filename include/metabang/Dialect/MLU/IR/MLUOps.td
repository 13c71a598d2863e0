//===- MLUOps.td - Operations of the mlu dialect ------------*- tablegen -*-===//
#ifndef METABANG_DIALECT_MLU_IR_MLUOPS_TD
#define METABANG_DIALECT_MLU_IR_MLUOPS_TD

include "metabang/Dialect/MLU/IR/MLUBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

//===----------------------------------------------------------------------===//
// Device side
//===----------------------------------------------------------------------===//

class MLU_IndexOp<string mnemonic> : MLU_Op<mnemonic, [Pure]> {
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def MLU_TaskIdOp : MLU_IndexOp<"task_id"> {
  let summary = "number of the task this core executes";
  let description = [{
    `taskId` of BANG C: 0 … `mlu.task_dim` - 1. Not constant across cores, constant within a task.

    Example: `%t = mlu.task_id : index`
  }];
}

def MLU_TaskDimOp : MLU_IndexOp<"task_dim"> {
  let summary = "number of tasks of the launch";
  let description = [{ `taskDim` of BANG C. Example: `%n = mlu.task_dim : index` }];
}

//===----------------------------------------------------------------------===//
// Host side
//===----------------------------------------------------------------------===//

def MLU_LaunchOp : MLU_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>, MemoryEffects<[]>]> {
  let summary = "launch a kernel";
  let description = [{
    Runs the kernel `callee` over its tasks on tensors in GDRAM. The results are the buffers the kernel writes;
    they follow the operands in the kernel's parameter list once the kernel is bufferized.

    Example: `%y = mlu.launch @conv2d_0(%x, %w) : (tensor<1x8x8x4xf32>, tensor<64x3x3x32xi16>) -> tensor<1x8x8x64xf32>`
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyRankedTensor>:$operands);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = "$callee `(` $operands `)` attr-dict `:` functional-type($operands, $results)";
}

def MLU_QuantizeFilterOp : MLU_Op<"quantize_filter", [Pure]> {
  let summary = "prepare a filter for the fixed-point convolution";
  let description = [{
    Quantises a float filter per output channel: with `a[o] = max |w[o, …]|` and `m = 2^(bits-1) - 1`,
    `scale[o] = a[o] / m` (1 where `a[o]` is 0) and `q[o, …] = round_to_even(w[o, …] / scale[o])`. The first dimension
    is padded to a multiple of `pad_co` and the last to one of `pad_ci` with zeros, which is the form the WRAM of
    the architecture wants; `perm` is the transposition that comes first (from the parameter's own layout).
    It is host work, done once for a parameter that does not change (a *preparation* of the plan).

    Example:
    ```mlir
    %q, %s = mlu.quantize_filter %w {bits = 16 : i64, perm = array<i64: 0, 2, 3, 1>, pad_co = 64 : i64, pad_ci = 32 : i64}
        : tensor<24x16x3x3xf32> -> tensor<64x3x3x32xi16>, tensor<24xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$filter, I64Attr:$bits, DenseI64ArrayAttr:$perm, I64Attr:$pad_co,
                       I64Attr:$pad_ci);
  let results = (outs AnyRankedTensor:$quantized, AnyRankedTensor:$scale);
  let assemblyFormat = "$filter attr-dict `:` type($filter) `->` type($quantized) `,` type($scale)";
  let hasVerifier = 1;
}

def MLU_PrepareOp : MLU_Op<"prepare", [Pure]> {
  let summary = "transpose and pad a constant parameter on the host";
  let description = [{
    `y = pad(transpose(x, perm))` with zeros at the end of every dimension up to the result's shape: the layout a
    kernel wants of a parameter that does not change. Host work, done once (a *preparation* of the plan).

    Example: `%f = mlu.prepare %w {perm = array<i64: 0, 2, 3, 1>} : tensor<24x16x3x3xf32> -> tensor<64x3x3x16xf32>`
  }];
  let arguments = (ins AnyRankedTensor:$source, DenseI64ArrayAttr:$perm);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

#endif // METABANG_DIALECT_MLU_IR_MLUOPS_TD
