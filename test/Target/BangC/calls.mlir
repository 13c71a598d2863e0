// RUN: metabang-translate --mlu-to-bangc %s -o %t.mlu && FileCheck %s --strict-whitespace --match-full-lines < %t.mlu
// RUN: c++ -std=c++17 -x c++ -Wall -Werror -fsyntax-only -I %S/../../../python/metabang/include %t.mlu

// How operands become arguments: segments less one, casts of bytes, rounding modes, results, old and new spellings.

// CHECK:// calls (calls.mlir:{{[0-9]+}}), written by MetaBANG for mtp_270.
// CHECK-NEXT:// Needs cncc 4.0.0 or later:
// CHECK-NEXT://   cncc -x bang calls.mlu -o libcalls.so --bang-mlu-arch=mtp_270 -O3 -fPIC -shared
// CHECK-NEXT:#include <bang.h>
// CHECK-EMPTY:
// CHECK-NEXT:__nram__ int8_t nram[13312];
// CHECK-EMPTY:
// CHECK-NEXT:extern "C" __mlu_global__ void calls(float *x, int n) {
// CHECK-NEXT:  float *f = (float *)nram;  // 1024
// CHECK-NEXT:  float *g = (float *)(nram + 4096);  // 1024
// CHECK-NEXT:  half *h = (half *)(nram + 8192);  // 1024
// CHECK-NEXT:  int16_t *s = (int16_t *)(nram + 10240);  // 1024
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __memcpy(f, x + 8, 32 * sizeof(float), GDRAM2NRAM, 32 * sizeof(float), 64 * sizeof(float), n);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __memcpy(f, x + 8, n * sizeof(float), GDRAM2NRAM, n * sizeof(float), 64 * sizeof(float), 15);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __memcpy(f, x + 8, n * sizeof(float), GDRAM2NRAM, n * sizeof(float), 64 * sizeof(float), n - 1);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __nramset(h, 1024, (half)0.0f);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __bang_float2int16_rd(s, f, 1024, -12);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __bang_int162float(g, s, 1024, -12);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __bang_float2half_rd(h, f, 1024);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __bang_band((char *)f, (char *)g, (char *)f, 1024 * sizeof(float));
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __bang_sumpool(g, f, 32, 16, 2, 16, 2, 1, 1);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  __bang_max(g, f, 1024);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  int count = __bang_count(f, 1024);
// CHECK-NEXT:  // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:  if ((unsigned)count > 16) {
// CHECK-NEXT:    // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:    __sync_compute();
// CHECK-NEXT:    // calls.mlir:{{[0-9]+}}
// CHECK-NEXT:    __sync_cluster();
// CHECK-NEXT:  }
// CHECK-NEXT:}

!f = memref<1024xf32, #mlu.space<nram>>
!h = memref<1024xf16, #mlu.space<nram>>
!s = memref<1024xi16, #mlu.space<nram>>
!b = memref<1024xi8, #mlu.space<nram>>
!grid = memref<64x64xf32>

module attributes {mlu.target = "mtp_270"} {
  func.func @calls(%x: !grid loc("x"), %n: index loc("n")) attributes {mlu.kernel} {
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c4 = arith.constant 4 : index
    %c16 = arith.constant 16 : index
    %c32 = arith.constant 32 : index
    %c128 = arith.constant 128 : index
    %c256 = arith.constant 256 : index
    %c1024 = arith.constant 1024 : index
    %size = arith.constant 4096 : index
    %pos = arith.constant -12 : i32
    %zero = arith.constant 0.0 : f16
    %f = memref.alloc() {bang.offset = 0 : i64, bang.name = "f"} : !f
    %g = memref.alloc() {bang.offset = 4096 : i64, bang.name = "g"} : !f
    %h = memref.alloc() {bang.offset = 8192 : i64, bang.name = "h"} : !h
    %s = memref.alloc() {bang.offset = 10240 : i64, bang.name = "s"} : !s
    %b = memref.alloc() {bang.offset = 12288 : i64, bang.name = "b"} : !b
    %col = memref.subview %x[0, 8] [64, 16] [1, 1] : !grid to memref<64x16xf32, strided<[64, 1], offset: 8>>
    %rows = arith.addi %n, %c1 : index
    %width = arith.muli %n, %c4 : index
    // A column of 16 floats: 64 bytes, rows 256 bytes apart, `n + 1` segments.
    bang.memcpy_2d %f, %col, %c128, %c128, %c256, %rows : !f, memref<64x16xf32, strided<[64, 1], offset: 8>>, index, index, index, index
    bang.memcpy_2d %f, %col, %width, %width, %c256, %c16 : !f, memref<64x16xf32, strided<[64, 1], offset: 8>>, index, index, index, index
    bang.memcpy_2d %f, %col, %width, %width, %c256, %n : !f, memref<64x16xf32, strided<[64, 1], offset: 8>>, index, index, index, index
    bang.write_value %h, %c1024, %zero : !h, index, f16
    bang.float2int16 %s, %f, %c1024, %pos {mode = "rd"} : !s, !f, index, i32
    bang.int162float %g, %s, %c1024, %pos : !f, !s, index, i32
    bang.float2half %h, %f, %c1024 {mode = "rd"} : !h, !f, index
    bang.band %f, %g, %f, %size : !f, !f, !f, index
    bang.sumpool %g, %f, %c32, %c16, %c2, %c16, %c2, %c1, %c1 : !f, !f, index, index, index, index, index, index, index
    bang.argmax %g, %f, %c1024 : !f, !f, index
    %count = bang.count %f, %c1024 : (!f, index) -> i32
    %limit = arith.index_cast %count : i32 to index
    %more = arith.cmpi ugt, %limit, %c16 : index loc("more")
    scf.if %more {
      bang.sync_compute
      bang.sync_cluster
    }
    return
  }
}
