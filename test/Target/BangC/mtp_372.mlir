// RUN: metabang-translate --mlu-to-bangc %s -o %t.mlu && FileCheck %s --strict-whitespace --match-full-lines < %t.mlu
// RUN: c++ -std=c++17 -x c++ -Wall -Werror -fsyntax-only -I %S/../../../python/metabang/include %t.mlu

// Double buffering as mlu-pipeline leaves it, with slots of one allocation; hardware functions and float convolution.

// CHECK:// linear (mlp.py:2), written by MetaBANG for mtp_372.
// CHECK-NEXT:// Needs cncc 4.1.0 or later:
// CHECK-NEXT://   cncc -x bang linear.mlu -o liblinear.so --bang-mlu-arch=mtp_372 -O3 -fPIC -shared
// CHECK-NEXT:#include <bang.h>
// CHECK-EMPTY:
// CHECK-NEXT:__nram__ int8_t nram[16384];
// CHECK-NEXT:__wram__ int8_t wram[32768];
// CHECK-EMPTY:
// CHECK-NEXT:extern "C" __mlu_global__ void linear(float *x, float *weight, float *y) {
// CHECK-NEXT:  float *x_tile = (float *)nram;  // 2 x 16 x 64
// CHECK-NEXT:  float *y_tile = (float *)(nram + 8192);  // 16 x 128
// CHECK-NEXT:  float *weight_tile = (float *)wram;  // 128 x 1 x 1 x 64
// CHECK-NEXT:  // mlp.py:3
// CHECK-NEXT:  __memcpy(weight_tile, weight, 64 * sizeof(float), GDRAM2WRAM, 4096 * sizeof(float), 63,
// CHECK-NEXT:           64 * sizeof(float), 1, 64 * sizeof(float), 63, 4096 * sizeof(float), 1);
// CHECK-NEXT:  int task = taskId;
// CHECK-NEXT:  int tasks = taskDim;
// CHECK-NEXT:  int first = task * 16;
// CHECK-NEXT:  int step = tasks * 16;
// CHECK-NEXT:  // mlp.py:4
// CHECK-NEXT:  __memcpy_async(x_tile, x + first * 64, 1024 * sizeof(float), GDRAM2NRAM);
// CHECK-NEXT:  __sync_io();
// CHECK-NEXT:  int slot = 0;
// CHECK-NEXT:  for (int i = first; i < 256; i += step) {
// CHECK-NEXT:    int other = 1 - slot;
// CHECK-NEXT:    int next = i + step;
// CHECK-NEXT:    if ((unsigned)next < 256) {
// CHECK-NEXT:      __memcpy_async(x_tile + other * 1024, x + next * 64, 1024 * sizeof(float), GDRAM2NRAM);
// CHECK-NEXT:    }
// CHECK-NEXT:    // mlp.py:5
// CHECK-NEXT:    __bang_conv(y_tile, x_tile + slot * 1024, weight_tile, 64, 16, 1, 1, 1, 1, 1, 128);
// CHECK-NEXT:    // mlp.py:6
// CHECK-NEXT:    __bang_mul_scalar(y_tile, y_tile, -1.442695f, 2048);
// CHECK-NEXT:    __bang_pow2(y_tile, y_tile, 2048);
// CHECK-NEXT:    __bang_add_scalar(y_tile, y_tile, 1.0f, 2048);
// CHECK-NEXT:    __bang_recip(y_tile, y_tile, 2048);
// CHECK-NEXT:    // mlp.py:7
// CHECK-NEXT:    __memcpy(y + i * 128, y_tile, 2048 * sizeof(float), NRAM2GDRAM);
// CHECK-NEXT:    __sync();
// CHECK-NEXT:    slot = other;
// CHECK-NEXT:  }
// CHECK-NEXT:}

!x = memref<256x64xf32>
!slots = memref<2x16x64xf32, #mlu.space<nram>>
!slot = memref<16x64xf32, strided<[64, 1], offset: ?>, #mlu.space<nram>>
!gdram = memref<16x64xf32, strided<[64, 1], offset: ?>>
!acc = memref<16x128xf32, #mlu.space<nram>>
!filter = memref<128x1x1x64xf32, #mlu.space<wram>>

module attributes {mlu.target = "mtp_372"} {
  func.func @linear(%x: !x loc("x"), %w: memref<128x64xf32> loc("weight"), %y: memref<256x128xf32> loc("y")) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c16 = arith.constant 16 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %c256 = arith.constant 256 : index
    %n = arith.constant 2048 : index
    %in_bytes = arith.constant 4096 : index
    %out_bytes = arith.constant 8192 : index
    %row = arith.constant 256 : index
    %bank = arith.constant 16384 : index
    %one = arith.constant 1.0 : f32
    %log2e = arith.constant -1.4426950408889634 : f32
    %xt = memref.alloc() {bang.offset = 0 : i64} : !slots
    %yt = memref.alloc() {bang.offset = 8192 : i64} : !acc
    %wt = memref.alloc() {bang.offset = 0 : i64} : !filter
    bang.memcpy_3d %wt, %w, %row, %bank, %c64, %row, %c2, %row, %c64, %bank, %c2 : !filter, memref<128x64xf32>, index, index, index, index, index, index, index, index, index loc("mlp.py":3:1)
    %task = mlu.task_id : index
    %tasks = mlu.task_dim : index
    %lb = arith.muli %task, %c16 : index
    %step = arith.muli %tasks, %c16 : index
    %xs0 = memref.subview %x[%lb, 0] [16, 64] [1, 1] : !x to !gdram
    %s0 = memref.subview %xt[0, 0, 0] [1, 16, 64] [1, 1, 1] : !slots to memref<16x64xf32, strided<[64, 1]>, #mlu.space<nram>>
    bang.memcpy_async %s0, %xs0, %in_bytes : memref<16x64xf32, strided<[64, 1]>, #mlu.space<nram>>, !gdram, index loc("mlp.py":4:1)
    bang.sync_io loc("mlp.py":4:1)
    %last = scf.for %i = %lb to %c256 step %step iter_args(%slot = %c0) -> index {
      %other = arith.subi %c1, %slot : index loc("other")
      %next = arith.addi %i, %step : index loc("next")
      %has_next = arith.cmpi ult, %next, %c256 : index
      scf.if %has_next {
        %xs = memref.subview %x[%next, 0] [16, 64] [1, 1] : !x to !gdram
        %s = memref.subview %xt[%other, 0, 0] [1, 16, 64] [1, 1, 1] : !slots to !slot
        bang.memcpy_async %s, %xs, %in_bytes : !slot, !gdram, index loc("mlp.py":4:1)
      } loc("mlp.py":4:1)
      %now = memref.subview %xt[%slot, 0, 0] [1, 16, 64] [1, 1, 1] : !slots to !slot
      bang.conv_float %yt, %now, %wt, %c64, %c16, %c1, %c1, %c1, %c1, %c1, %c128 : !acc, !slot, !filter, index, index, index, index, index, index, index, index loc("mlp.py":5:1)
      bang.mul_scalar %yt, %yt, %log2e, %n : !acc, !acc, f32, index loc("mlp.py":6:1)
      bang.pow2 %yt, %yt, %n : !acc, !acc, index loc("mlp.py":6:1)
      bang.add_scalar %yt, %yt, %one, %n : !acc, !acc, f32, index loc("mlp.py":6:1)
      bang.recip %yt, %yt, %n : !acc, !acc, index loc("mlp.py":6:1)
      %ys = memref.subview %y[%i, 0] [16, 128] [1, 1] : memref<256x128xf32> to memref<16x128xf32, strided<[128, 1], offset: ?>>
      bang.memcpy %ys, %yt, %out_bytes : memref<16x128xf32, strided<[128, 1], offset: ?>>, !acc, index loc("mlp.py":7:1)
      bang.sync loc("mlp.py":7:1)
      scf.yield %other : index
    } loc("mlp.py":4:1)
    return
  } loc("mlp.py":2:1)
}
