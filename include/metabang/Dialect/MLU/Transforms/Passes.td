//===- Passes.td - Passes of the mlu dialect ----------------*- tablegen -*-===//
#ifndef METABANG_DIALECT_MLU_TRANSFORMS_PASSES_TD
#define METABANG_DIALECT_MLU_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def MLUPrepareParameters : Pass<"mlu-prepare-parameters", "::mlir::func::FuncOp"> {
  let summary = "Turn layout changes of constant parameters into host work";
  let description = [{
    A `meta.transpose` of an argument marked `meta.constant` becomes an `mlu.prepare`: done once, by the host, and
    opaque to fusion.

    Before:
    ```mlir
    func.func @main(%w: tensor<24x16x3x3xf32> {meta.constant}) -> tensor<24x3x3x16xf32> {
      %0 = "meta.transpose"(%w) {perm = array<i64: 0, 2, 3, 1>} : (tensor<24x16x3x3xf32>) -> tensor<24x3x3x16xf32>
    ```
    After:
    ```mlir
      %0 = mlu.prepare %w {perm = array<i64: 0, 2, 3, 1>} : tensor<24x16x3x3xf32> -> tensor<24x3x3x16xf32>
    ```
  }];
  let dependentDialects = ["::metabang::mlu::MLUDialect"];
}

def MLULegalizeContractions : Pass<"mlu-legalize-contractions", "::mlir::func::FuncOp"> {
  let summary = "Give convolutions and matrix products the operand types of the target";
  let description = [{
    An architecture without a float tensor unit multiplies integers: the filter is quantised per output channel on
    the host (`mlu.quantize_filter`), the contraction reads `sitofp` of it, and a multiply by the channel's scale
    follows. On the others the filter is padded to the form WRAM wants. A filter that is not a parameter, or one of
    several (a batch, groups of channels), is packed by the kernel itself: the contraction carries `mlu.pack_filter`,
    with the width of fixed-point operands where the unit multiplies integers. A parameter, whichever factor of a
    matrix product it is, is transposed on the host (`mlu.prepare`).

    Before (mtp_270):
    ```mlir
    %f = mlu.prepare %w {perm = array<i64: 0, 2, 3, 1>} : tensor<24x16x3x3xf32> -> tensor<24x3x3x16xf32>
    %y = linalg.generic {convolution} ins(%x, %f) outs(%zero) { mulf, addf } -> tensor<1x8x8x24xf32>
    ```
    After:
    ```mlir
    %q, %s = mlu.quantize_filter %w {bits = 16, …} : tensor<24x16x3x3xf32> -> tensor<64x3x3x32xi16>, tensor<24xf32>
    %v = tensor.extract_slice %q[0, 0, 0, 0] [24, 3, 3, 16] [1, 1, 1, 1]
    %c = linalg.generic {convolution} ins(%x, %v) outs(%zero) { sitofp, mulf, addf }
    %y = linalg.generic {elementwise} ins(%c, %s) { mulf }
    ```
  }];
  let dependentDialects = ["::metabang::mlu::MLUDialect", "::mlir::tensor::TensorDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::arith::ArithDialect"];
  let options = [Option<"bits", "bits", "int64_t", "16", "width of fixed-point operands: 8 or 16">];
}

def MLUSplitTransposes : Pass<"mlu-split-transposes", "::mlir::func::FuncOp"> {
  let summary = "Give transposes few dimensions, and large ones two passes";
  let description = [{
    Dimensions that stay neighbours become one. A transpose whose tiles would have short segments in DRAM becomes
    two, each with long segments on both sides, if both together take less time under the device description: panels of
    rows are turned, each in one piece of memory, and then laid side by side (or first laid apart, then turned). Where
    clusters copy to each other's SRAM and that takes less time still, `mlu.exchange` marks one that all of them turn
    together (Exchange.h): on mtp_270 the one below.

    Before (mtp_592):
    ```mlir
    %y = linalg.transpose ins(%x : tensor<1024x1024xf32>) outs(%e : tensor<1024x1024xf32>) permutation = [1, 0]
    ```
    After:
    ```mlir
    %p = <reshape> %x : tensor<1024x1024xf32> to tensor<32x32x1024xf32>
    %t = linalg.transpose ins(%p : tensor<32x32x1024xf32>) outs(… : tensor<32x1024x32xf32>) permutation = [0, 2, 1]
    %u = linalg.transpose ins(%t : tensor<32x1024x32xf32>) outs(… : tensor<1024x32x32xf32>) permutation = [1, 0, 2]
    %y = <reshape> %u : tensor<1024x32x32xf32> to tensor<1024x1024xf32>
    ```
  }];
  let dependentDialects = ["::metabang::mlu::MLUDialect", "::mlir::tensor::TensorDialect", "::mlir::linalg::LinalgDialect"];
}

def MLUFuseResampling : Pass<"mlu-fuse-resampling", "::mlir::func::FuncOp"> {
  let summary = "Make one operation of products that interpolate rows and columns of images";
  let description = [{
    A product with a matrix whose value the argument carries (`meta.entries`), whose rows have few elements and repeat
    (see Resampling.h), and another one of the other dimension before it, with the transposes between them, become one
    operation, which the kernel computes by shifting, scaling and adding whole rows and columns on the chip. Others,
    and those of which not a row fits NRAM, stay products.

    Before:
    ```mlir
    %t = linalg.generic {t[n, i, l] += a[i, k] * x[n, k, l]} ins(%a, %x : …) outs(…)
    %y = linalg.generic {y[n, i, j] += t[n, i, l] * b[j, l]} ins(%t, %b : …) outs(…)
    ```
    After:
    ```mlir
    %y = linalg.generic {y[n, i, j] += a[i, k] * b[j, l] * x[n, k, l]} ins(%x, %a, %b : …) outs(…)
           attrs = {mlu.gather, mlu.resample = [<entries of a>, <entries of b>]}
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
}

def MLUFormKernels : Pass<"mlu-form-kernels", "::mlir::ModuleOp"> {
  let summary = "Group operations into kernels and outline them";
  let description = [{
    A contraction, pooling or reduction is grouped with the pad before it and the chain of element-wise operations
    behind it; a reduction also with element-wise operations before it that nothing else reads; what is left of
    element-wise work forms kernels of its own. One that reads, at the same place, the result of another that is read
    elsewhere, too, joins its kernel, which then has several results (four at most). Each group becomes a private function marked `mlu.kernel`, and an
    `mlu.launch` takes its place in `@main`. Groups with the same body share a function. Arguments that come from
    tensors of the user carry their names (`bang.name`); where launches differ, what the names end in alike.

    Before:
    ```mlir
    %c = linalg.generic {convolution} ins(%x, %w) …
    %y = linalg.generic {elementwise} ins(%c, %bias) …
    ```
    After:
    ```mlir
    %y = mlu.launch @conv2d_0(%x, %w, %bias) : …
    func.func private @conv2d_0(%arg0: …, %arg1: …, %arg2: …) -> … attributes {mlu.kernel} { … }
    ```
  }];
  let dependentDialects = ["::metabang::mlu::MLUDialect", "::mlir::tensor::TensorDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::arith::ArithDialect"];
}

def MLUSelectSchedule : Pass<"mlu-select-schedule", "::mlir::func::FuncOp"> {
  let summary = "Choose tile sizes, tasks and buffers of a kernel";
  let description = [{
    Enumerates tile sizes of the kernel's root operation that fit NRAM and WRAM of the target (with the temporaries
    the conversion to builtins needs and with double buffers where they fit), scores each by the time of its DMA
    and of its builtins under the device description, and writes the best as `mlu.schedule`. A kernel that has one
    already keeps it. A transpose whose operand stays in GDRAM gets `mlu.strip` too, the number of its rows that are
    loaded and turned at a time.

    Before: `func.func private @conv2d_0(…) attributes {mlu.kernel}`

    After:  `func.func private @conv2d_0(…) attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [1, 4, 0, 64, 0, 0, 0], grid = [1, 16], buffers = 2>}`
  }];
  let dependentDialects = ["::metabang::mlu::MLUDialect"];
}

def MLUTile : Pass<"mlu-tile", "::mlir::func::FuncOp"> {
  let summary = "Tile a kernel over tasks and place its tiles in NRAM and WRAM";
  let description = [{
    Cuts the kernel's last operation by its `mlu.schedule`, fuses the producers into the tile loops, deals the
    tiles to tasks, and copies each operand's tile into NRAM (a filter's into WRAM) with
    `bufferization.alloc_tensor`. Allocations are static: a remainder tile uses the front of its buffer. A window of
    a padded tensor becomes a fill and a copy of the rows that exist. Function arguments become memrefs here, results
    trailing memref arguments, so that bufferization has no function boundary to cross.

    Before:
    ```mlir
    func.func private @add(%a: tensor<100xf32>, %b: tensor<100xf32>) -> tensor<100xf32>
        attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [64], grid = [1, 2], buffers = 2>}
    ```
    After:
    ```mlir
    func.func private @add(%a: memref<100xf32>, %b: memref<100xf32>, %out: memref<100xf32>) attributes {mlu.kernel, mlu.dim = array<i64: 2, 1, 1>} {
      %t = mlu.task_id : index
      scf.for %i = %t to %c2 step %c2 iter_args(…) {
        %size = affine.min …
        %slice = tensor.extract_slice %a_tensor[%off] [%size] [1]
        %buffer = bufferization.alloc_tensor() {memory_space = #mlu.space<nram>} : tensor<64xf32>
        …
    ```
  }];
  let dependentDialects = ["::metabang::mlu::MLUDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::scf::SCFDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect", "::mlir::linalg::LinalgDialect"];
}

def MLUBufferize : Pass<"mlu-bufferize", "::mlir::func::FuncOp"> {
  let summary = "One-shot bufferize a tiled kernel";
  let description = [{
    Upstream's one-shot bufferization inside one kernel; its arguments are memrefs already, so no function boundary
    is crossed and `@main` stays on tensors.

    Before: `%0 = bufferization.alloc_tensor() {memory_space = #mlu.space<nram>} : tensor<64xf32>`

    After:  `%0 = memref.alloc() : memref<64xf32, #mlu.space<nram>>`
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def MLUVerifyPlacement : Pass<"mlu-verify-placement", "::mlir::func::FuncOp"> {
  let summary = "Refuse stray copies and temporaries in GDRAM";
  let description = [{
    After bufferization and clean-up every copy of a tiled kernel moves data on or off the chip, and every
    allocation is a static one on chip. Anything else is an error here rather than a slow kernel. Changes nothing.

    Before and after: `memref.copy %gdram, %nram`
  }];
}

def MLUPipeline : Pass<"mlu-pipeline", "::mlir::func::FuncOp"> {
  let summary = "Overlap load, compute and store of the innermost tile loop";
  let description = [{
    The buffers that the loop's DMA writes or reads get two slots, the copies become asynchronous, and the loop is
    rotated: while tile i is computed, tile i + 1 is loaded and tile i - 1 stored. Runs on the innermost loop of a
    kernel whose schedule asks for two buffers. Synchronisation is left to `mlu-insert-sync`.

    Before: `for i { load x; compute y from x; store y }`

    After:  `load x[0]; for i { load x[(i+1)%2]; compute y[i%2] from x[i%2]; store y[i%2] }` with asynchronous load and store
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::metabang::bang::BangDialect"];
}

def MLUPlanMemory : Pass<"mlu-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "Give every on-chip buffer its offset";
  let description = [{
    Buffers of NRAM and WRAM whose lifetimes do not overlap share addresses. Each `memref.alloc` gets
    `bang.offset` (bytes; inside a bank for WRAM), aligned as the architecture wants. A kernel that does not fit is an
    error that names the largest buffers, the capacity and the user's line.

    Before: `%a = memref.alloc() : memref<64xf32, #mlu.space<nram>>`

    After:  `%a = memref.alloc() {bang.offset = 0 : i64} : memref<64xf32, #mlu.space<nram>>`
  }];
}

def MLUInsertSync : Pass<"mlu-insert-sync", "::mlir::func::FuncOp"> {
  let summary = "Insert the weakest sufficient synchronisation between pipelines";
  let description = [{
    The IO, Move and Compute pipelines of a core run in order but not with each other. Between an asynchronous copy
    and a builtin of another pipeline that touches the same buffer (also across iterations of a loop), a sync of the
    producing pipeline is inserted, the full `bang.sync` where the tool chain has no weaker one.

    Before: `bang.memcpy_async %x, …; bang.add %y, %x, %x`

    After:  `bang.memcpy_async %x, …; bang.sync; bang.add %y, %x, %x`
  }];
}

def MLUMergeLaunches : Pass<"mlu-merge-launches", "::mlir::ModuleOp"> {
  let summary = "Make small independent kernels one launch";
  let description = [{
    A kernel that moves fewer bytes than memory delivers in the time of a launch is *small*. A small launch of `@main`
    waits until something else reads its results; of those that wait at the same time the ones that do not depend on
    each other become one launch, of at most 128 parameters and 2048 operations, whose NRAM is the sum of theirs. Each
    body runs on tasks of its own while there are cores, and else after another one. The optimizer's updates of the
    parameters of a network are two or three such launches.

    Before:
    ```mlir
    %a = mlu.launch @mul_0(%x) : (tensor<64xf32>) -> tensor<64xf32>
    %b = mlu.launch @exp_0(%y) : (tensor<64xf32>) -> tensor<64xf32>
    return %a, %b
    ```
    After:
    ```mlir
    %a, %b = mlu.launch @mul_0_and_1_more(%x, %y) : …
    func.func private @mul_0_and_1_more(%x, %y, %a, %b) attributes {mlu.dim = array<i64: 2, 1, 1>, mlu.kernel} {
      scf.if task_id < 1 { … }  // of @mul_0
      scf.if task_id >= 1 { … } // of @exp_0, with its buffers behind those of @mul_0
    ```
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect"];
}

#endif // METABANG_DIALECT_MLU_TRANSFORMS_PASSES_TD
