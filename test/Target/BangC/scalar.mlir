// RUN: metabang-translate --mlu-to-bangc %s -o %t.mlu && FileCheck %s --strict-whitespace --match-full-lines < %t.mlu
// RUN: c++ -std=c++17 -x c++ -Wall -Werror -fsyntax-only -I %S/../../../python/metabang/include %t.mlu

// Scalar code: element access, conversions, selections, loop-carried values, while; literals carry their type.

// CHECK:// scalars (scalar.mlir:{{[0-9]+}}), written by MetaBANG for mtp_592.
// CHECK-NEXT:// Needs cncc 4.0.0 or later:
// CHECK-NEXT://   cncc -x bang scalars.mlu -o libscalars.so --bang-mlu-arch=mtp_592 -O3 -fPIC -shared
// CHECK-NEXT:#include <bang.h>
// CHECK-EMPTY:
// CHECK-NEXT:__nram__ int8_t nram[512];
// CHECK-EMPTY:
// CHECK-NEXT:extern "C" __mlu_global__ void scalars(float *x, int *idx, bool *flags, half *y, int n) {
// CHECK-NEXT:  float *tmp = (float *)nram;  // 8 x 16
// CHECK-NEXT:  int m = n < 8 ? n : 8;
// CHECK-NEXT:  // scalar.mlir:{{[0-9]+}}
// CHECK-NEXT:  for (int i = 0; i < m; ++i) {
// CHECK-NEXT:    int k = idx[i];
// CHECK-NEXT:    // scalar.mlir:{{[0-9]+}}
// CHECK-NEXT:    float acc = 0.0f;
// CHECK-NEXT:    float acc_2 = __builtin_inff();
// CHECK-NEXT:    for (int j = 0; j < 8; ++j) {
// CHECK-NEXT:      float v = x[k * 16 + j];
// CHECK-NEXT:      acc = acc + v;
// CHECK-NEXT:      acc_2 = acc_2 > v || acc_2 != acc_2 ? acc_2 : v;
// CHECK-NEXT:    }
// CHECK-NEXT:    float x_2 = acc_2 / (sqrtf(acc) + 1e-05f);
// CHECK-NEXT:    bool flag = flags[i];
// CHECK-NEXT:    // scalar.mlir:{{[0-9]+}}
// CHECK-NEXT:    y[i] = x_2 > 0.0f && flag ? (half)x_2 : (half)0.1f;
// CHECK-NEXT:    int t = (k > 0 ? (k - 1) / 3 + 1 : k / 3) - (k >= 0 ? k / 3 : (k + 1) / 3 - 1);
// CHECK-NEXT:    // scalar.mlir:{{[0-9]+}}
// CHECK-NEXT:    tmp[t - i + 3] = x_2;
// CHECK-NEXT:  }
// CHECK-NEXT:  // scalar.mlir:{{[0-9]+}}
// CHECK-NEXT:  int state = m;
// CHECK-NEXT:  int state_2;
// CHECK-NEXT:  while (true) {
// CHECK-NEXT:    state_2 = state;
// CHECK-NEXT:    if (!(state > 1))
// CHECK-NEXT:      break;
// CHECK-NEXT:    state = state_2 / 2;
// CHECK-NEXT:  }
// CHECK-NEXT:}

!nram = memref<8x16xf32, #mlu.space<nram>>

module attributes {mlu.target = "mtp_592"} {
  func.func @scalars(%x: memref<8x16xf32> loc("x"), %idx: memref<8xi32> loc("idx"), %flags: memref<8xi1> loc("flags"), %y: memref<8xf16> loc("y"), %n: i32 loc("n")) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %c8 = arith.constant 8 : index
    %zero = arith.constant 0.0 : f32
    %small = arith.constant 1.0e-5 : f32
    %inf = arith.constant 0x7F800000 : f32
    %h = arith.constant 0.1 : f16
    %b = memref.alloc() {bang.offset = 0 : i64} : !nram
    %limit = arith.index_cast %n : i32 to index
    %m = arith.minsi %limit, %c8 : index loc("m")
    scf.for %i = %c0 to %m step %c1 {
      %k = memref.load %idx[%i] : memref<8xi32> loc("k")
      %kk = arith.index_cast %k : i32 to index
      %sum, %best = scf.for %j = %c0 to %c8 step %c1 iter_args(%acc = %zero, %max = %inf) -> (f32, f32) {
        %v = memref.load %x[%kk, %j] : memref<8x16xf32> loc("v")
        %next = arith.addf %acc, %v : f32
        %larger = arith.maximumf %max, %v : f32
        scf.yield %next, %larger : f32, f32
      }
      %root = math.sqrt %sum : f32
      %eps = arith.addf %root, %small : f32
      %inv = arith.divf %best, %eps : f32
      %isBig = arith.cmpf ogt, %inv, %zero : f32
      %flag = memref.load %flags[%i] : memref<8xi1> loc("flag")
      %both = arith.andi %isBig, %flag : i1
      %as16 = arith.truncf %inv : f32 to f16
      %chosen = arith.select %both, %as16, %h : f16
      memref.store %chosen, %y[%i] : memref<8xf16>
      %q = arith.ceildivsi %kk, %c3 : index loc("q")
      %r = arith.floordivsi %kk, %c3 : index loc("r")
      %d = arith.subi %q, %r : index
      %e = arith.subi %d, %i : index
      %back = memref.reinterpret_cast %b to offset: [%e], sizes: [4], strides: [1] : !nram to memref<4xf32, strided<[1], offset: ?>, #mlu.space<nram>>
      memref.store %inv, %back[%c3] : memref<4xf32, strided<[1], offset: ?>, #mlu.space<nram>>
    }
    %halved = scf.while (%t = %m) : (index) -> index {
      %big = arith.cmpi sgt, %t, %c1 : index
      scf.condition(%big) %t : index
    } do {
    ^bb0(%t: index):
      %two = arith.constant 2 : index
      %half = arith.divui %t, %two : index
      scf.yield %half : index
    }
    return
  }
}
