//===- Passes.td - linalg on on-chip buffers to builtins ----*- tablegen -*-===//
#ifndef METABANG_CONVERSION_LINALGTOBANG_PASSES_TD
#define METABANG_CONVERSION_LINALGTOBANG_PASSES_TD

include "mlir/Pass/PassBase.td"

def MLUPadBuffers : Pass<"mlu-pad-buffers", "::mlir::func::FuncOp"> {
  let summary = "Give NRAM and WRAM buffers the row pitch their builtins need";
  let description = [{
    On an MLU2xx a vector builtin works on multiples of 128 bytes, a convolution on multiples of 64 channels. Each
    buffer whose rows a builtin addresses (a broadcast over rows, a pooling, a convolution) gets the smallest pitch
    that is legal for all buffers it meets; the old buffer becomes a subview of the padded one, marked `mlu.padded`.
    Where a copy or scalar code fills the buffer, the lanes behind a row are zero-filled once, outside all loops
    (`mlu.pad_fill`). Rows of filters in WRAM are padded to 64 bytes and their number to 64 on every architecture.

    Before (mtp_270):
    ```mlir
    %x = memref.alloc() : memref<6x24xf32, #mlu.space<nram>>
    ```
    After:
    ```mlir
    %p = memref.alloc() : memref<6x32xf32, #mlu.space<nram>>
    linalg.fill {mlu.pad_fill} ins(%zero : f32) outs(%p : memref<6x32xf32, #mlu.space<nram>>)
    %x = memref.subview %p[0, 0] [6, 24] [1, 1] {mlu.padded} : memref<6x32xf32, …> to memref<6x24xf32, strided<[32, 1]>, …>
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::arith::ArithDialect"];
}

def ConvertLinalgToBang : Pass<"convert-linalg-to-bang", "::mlir::func::FuncOp"> {
  let summary = "Turn copies and linalg on on-chip buffers into builtins";
  let description = [{
    Each `memref.copy` becomes the copies the DMA can do, each `linalg` operation the builtins of the family it
    belongs to (element-wise, convolution, matrix product, depthwise, pooling, reduction, transposition). What no
    builtin computes becomes scalar code, with a remark that names the user's line.

    Before (mtp_372):
    ```mlir
    linalg.generic {indexing_maps = [#rows, #channel, #rows], …} ins(%x, %b) outs(%x) { addf }
    ```
    After:
    ```mlir
    bang.cycle_add %x, %x, %b, %n, %c
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::metabang::bang::BangDialect"];
}

#endif // METABANG_CONVERSION_LINALGTOBANG_PASSES_TD
