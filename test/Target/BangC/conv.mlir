// RUN: metabang-translate --mlu-to-bangc %s -o %t.mlu && FileCheck %s --strict-whitespace --match-full-lines < %t.mlu
// RUN: c++ -std=c++17 -x c++ -Wall -Werror -fsyntax-only -I %S/../../../python/metabang/include %t.mlu

// A tile of a fixed-point convolution with its filter in WRAM: 2-D copies, runtime position, double buffers.

// CHECK:// conv2d_0 (net.py:7), written by MetaBANG for mtp_270.
// CHECK-NEXT:// Needs cncc 2.12.0 or later:
// CHECK-NEXT://   cncc -x bang conv2d_0.mlu -o libconv2d_0.so --bang-mlu-arch=mtp_270 -O3 -fPIC -shared
// CHECK-NEXT:// (cncc 2.x calls the header mlu.h: put a bang.h that includes it on the include path.)
// CHECK-NEXT:#include <bang.h>
// CHECK-EMPTY:
// CHECK-NEXT:__nram__ int8_t nram[102144];
// CHECK-NEXT:__wram__ int8_t wram[73728];
// CHECK-EMPTY:
// CHECK-NEXT:extern "C" __mlu_global__ void conv2d_0(int16_t *x, int16_t *layer1_0_conv1_weight, float *bias,
// CHECK-NEXT:                                        float *y) {
// CHECK-NEXT:  int16_t *x_tile = (int16_t *)nram;  // 6 x 58 x 64
// CHECK-NEXT:  float *y_tile = (float *)(nram + 44544);  // 4 x 56 x 64
// CHECK-NEXT:  float *bias_tile = (float *)(nram + 101888);  // 64
// CHECK-NEXT:  int16_t *layer1_0_conv1_weight_tile = (int16_t *)wram;  // 64 x 3 x 3 x 64
// CHECK-NEXT:  // net.py:7
// CHECK-NEXT:  __memcpy(layer1_0_conv1_weight_tile, layer1_0_conv1_weight, 36864 * sizeof(int16_t), GDRAM2WRAM);
// CHECK-NEXT:  __memcpy(bias_tile, bias, 64 * sizeof(float), GDRAM2NRAM);
// CHECK-NEXT:  int task = taskId;
// CHECK-NEXT:  int tasks = taskDim;
// CHECK-NEXT:  // conv.mlir:{{[0-9]+}}
// CHECK-NEXT:  for (int i = task * 4; i < 56; i += tasks * 4) {
// CHECK-NEXT:    // net.py:7
// CHECK-NEXT:    __memcpy_async(x_tile, x + i * 3712, 22272 * sizeof(int16_t), GDRAM2NRAM);
// CHECK-NEXT:    __asm__ volatile("sync;\n\t");
// CHECK-NEXT:    __bang_conv(y_tile, x_tile, layer1_0_conv1_weight_tile, 64, 6, 58, 3, 3, 1, 1, 64, -21);
// CHECK-NEXT:    // net.py:8
// CHECK-NEXT:    __bang_cycle_add(y_tile, y_tile, bias_tile, 14336, 64);
// CHECK-NEXT:    // net.py:9
// CHECK-NEXT:    __bang_active_relu(y_tile, y_tile, 14336);
// CHECK-NEXT:    __memcpy(y + i * 3584, y_tile, 14336 * sizeof(float), NRAM2GDRAM);
// CHECK-NEXT:  }
// CHECK-NEXT:}

!gdram_in = memref<1x58x58x64xi16>
!x_tile = memref<6x58x64xi16, #mlu.space<nram>>
!filter = memref<64x3x3x64xi16, #mlu.space<wram>>
!acc = memref<4x56x64xf32, #mlu.space<nram>>

module attributes {mlu.target = "mtp_270"} {
  func.func @conv2d_0(%x: !gdram_in loc("x"), %w: memref<64x3x3x64xi16> loc("layer1.0.conv1.weight"),
                      %bias: memref<64xf32> loc("bias"), %y: memref<1x56x56x64xf32> loc("y")) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %c4 = arith.constant 4 : index
    %c6 = arith.constant 6 : index
    %c56 = arith.constant 56 : index
    %c58 = arith.constant 58 : index
    %c64 = arith.constant 64 : index
    %pos = arith.constant -21 : i32
    %c256 = arith.constant 256 : index
    %c73728 = arith.constant 73728 : index
    %c44544 = arith.constant 44544 : index
    %c57344 = arith.constant 57344 : index
    %c14336 = arith.constant 14336 : index
    %xt = memref.alloc() {bang.offset = 0 : i64} : !x_tile
    %yt = memref.alloc() {bang.offset = 44544 : i64} : !acc
    %bt = memref.alloc() {bang.offset = 101888 : i64} : memref<64xf32, #mlu.space<nram>>
    %wt = memref.alloc() {bang.offset = 0 : i64} : !filter
    bang.memcpy %wt, %w, %c73728 : !filter, memref<64x3x3x64xi16>, index loc("net.py":7:1)
    bang.memcpy %bt, %bias, %c256 : memref<64xf32, #mlu.space<nram>>, memref<64xf32>, index loc("net.py":7:1)
    %task = mlu.task_id : index
    %tasks = mlu.task_dim : index
    %row0 = arith.muli %task, %c4 : index
    %step = arith.muli %tasks, %c4 : index
    scf.for %row = %row0 to %c56 step %step {
      %xs = memref.subview %x[0, %row, 0, 0] [1, 6, 58, 64] [1, 1, 1, 1] : !gdram_in to memref<6x58x64xi16, strided<[3712, 64, 1], offset: ?>>
      %ys = memref.subview %y[0, %row, 0, 0] [1, 4, 56, 64] [1, 1, 1, 1] : memref<1x56x56x64xf32> to memref<4x56x64xf32, strided<[3584, 64, 1], offset: ?>>
      bang.memcpy_async %xt, %xs, %c44544 : !x_tile, memref<6x58x64xi16, strided<[3712, 64, 1], offset: ?>>, index loc("net.py":7:1)
      bang.sync loc("net.py":7:1)
      bang.conv %yt, %xt, %wt, %c64, %c6, %c58, %c3, %c3, %c1, %c1, %c64, %pos : !acc, !x_tile, !filter, index, index, index, index, index, index, index, index, i32 loc("net.py":7:1)
      bang.cycle_add %yt, %yt, %bt, %c14336, %c64 : !acc, !acc, memref<64xf32, #mlu.space<nram>>, index, index loc("net.py":8:1)
      bang.active_relu %yt, %yt, %c14336 : !acc, !acc, index loc("net.py":9:1)
      bang.memcpy %ys, %yt, %c57344 : memref<4x56x64xf32, strided<[3584, 64, 1], offset: ?>>, !acc, index loc("net.py":9:1)
    } {bang.name = "row"}
    return
  } loc("net.py":7:1)
}
