// RUN: metabang-translate --mlu-to-bangc %s -o %t.mlu && FileCheck %s --strict-whitespace --match-full-lines < %t.mlu
// RUN: c++ -std=c++17 -x c++ -Wall -Werror -fsyntax-only -I %S/../../../python/metabang/include %t.mlu

// Names come from locations and from what a buffer is used for; sizes in bytes read as elements * sizeof.

// CHECK:// scale_add (net.py:12), written by MetaBANG for mtp_270.
// CHECK-NEXT:// Needs cncc 2.8.0 or later:
// CHECK-NEXT://   cncc -x bang scale_add.mlu -o libscale_add.so --bang-mlu-arch=mtp_270 -O3 -fPIC -shared
// CHECK-NEXT:// (cncc 2.x calls the header mlu.h: put a bang.h that includes it on the include path.)
// CHECK-NEXT:#include <bang.h>
// CHECK-EMPTY:
// CHECK-NEXT:__nram__ int8_t nram[1024];
// CHECK-EMPTY:
// CHECK-NEXT:extern "C" __mlu_global__ void scale_add(float *x, float *y, float *out) {
// CHECK-NEXT:  float *x_tile = (float *)nram;  // 128
// CHECK-NEXT:  float *y_tile = (float *)(nram + 512);  // 128
// CHECK-NEXT:  int task = taskId;
// CHECK-NEXT:  int tasks = taskDim;
// CHECK-NEXT:  // elementwise.mlir:{{[0-9]+}}
// CHECK-NEXT:  for (int i = task * 128; i < 1000; i += tasks * 128) {
// CHECK-NEXT:    int left = 1000 - i;
// CHECK-NEXT:    int n = left < 128 ? left : 128;
// CHECK-NEXT:    // net.py:12
// CHECK-NEXT:    __memcpy(x_tile, x + i, n * sizeof(float), GDRAM2NRAM);
// CHECK-NEXT:    __memcpy(y_tile, y + i, n * sizeof(float), GDRAM2NRAM);
// CHECK-NEXT:    // net.py:13
// CHECK-NEXT:    __bang_mul_const(x_tile, x_tile, 0.1f, 128);
// CHECK-NEXT:    __bang_add(y_tile, x_tile, y_tile, 128);
// CHECK-NEXT:    __memcpy(out + i, y_tile, n * sizeof(float), NRAM2GDRAM);
// CHECK-NEXT:  }
// CHECK-NEXT:}

module attributes {mlu.target = "mtp_270"} {
  func.func @scale_add(%x: memref<1000xf32> loc("x"), %y: memref<1000xf32> loc("y"), %out: memref<1000xf32>) attributes {mlu.kernel} {
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %c128 = arith.constant 128 : index
    %c1000 = arith.constant 1000 : index
    %half = arith.constant 0.1 : f32
    %a = memref.alloc() {bang.offset = 0 : i64} : memref<128xf32, #mlu.space<nram>>
    %b = memref.alloc() {bang.offset = 512 : i64} : memref<128xf32, #mlu.space<nram>>
    %task = mlu.task_id : index
    %tasks = mlu.task_dim : index
    %first = arith.muli %task, %c128 : index
    %step = arith.muli %tasks, %c128 : index
    scf.for %i = %first to %c1000 step %step {
      %left = arith.subi %c1000, %i : index loc("left")
      %n = arith.minsi %left, %c128 : index loc("n")
      %bytes = arith.muli %n, %c4 : index
      %xs = memref.subview %x[%i] [%n] [1] : memref<1000xf32> to memref<?xf32, strided<[1], offset: ?>>
      %ys = memref.subview %y[%i] [%n] [1] : memref<1000xf32> to memref<?xf32, strided<[1], offset: ?>>
      %os = memref.subview %out[%i] [%n] [1] : memref<1000xf32> to memref<?xf32, strided<[1], offset: ?>>
      bang.memcpy %a, %xs, %bytes : memref<128xf32, #mlu.space<nram>>, memref<?xf32, strided<[1], offset: ?>>, index loc("net.py":12:1)
      bang.memcpy %b, %ys, %bytes : memref<128xf32, #mlu.space<nram>>, memref<?xf32, strided<[1], offset: ?>>, index loc("net.py":12:1)
      bang.mul_scalar %a, %a, %half, %c128 : memref<128xf32, #mlu.space<nram>>, memref<128xf32, #mlu.space<nram>>, f32, index loc("net.py":13:1)
      bang.add %b, %a, %b, %c128 : memref<128xf32, #mlu.space<nram>>, memref<128xf32, #mlu.space<nram>>, memref<128xf32, #mlu.space<nram>>, index loc("net.py":13:5)
      bang.memcpy %os, %b, %bytes : memref<?xf32, strided<[1], offset: ?>>, memref<128xf32, #mlu.space<nram>>, index loc("net.py":13:5)
    }
    return
  } loc("net.py":12:1)
}
