// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(convert-linalg-to-bang))' | FileCheck %s

// The operand stays in GDRAM: 32 rows are loaded while those before them are turned and put in place.
#nram = #mlu.space<nram>
module attributes {mlu.target = "mtp_270"} {
  // CHECK-LABEL: func.func @strips
  // CHECK: %[[Y:.*]] = memref.alloc() : memref<256x256xf32, #mlu.space<nram>>
  // CHECK: %[[ROWS:.*]] = memref.alloc() : memref<2x8192xf32, #mlu.space<nram>>
  // CHECK: %[[TURNED:.*]] = memref.alloc() : memref<8192xf32, #mlu.space<nram>>
  // CHECK: bang.memcpy_async
  // CHECK: bang.sync
  // CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
  // CHECK: %[[SLOT:.*]] = arith.remui %[[I]]
  // CHECK: memref.subview %[[ROWS]]
  // CHECK: bang.memcpy_async
  // CHECK: bang.transpose %[[TURNED]]
  // CHECK: bang.memcpy_2d
  // CHECK: bang.sync
  // CHECK: }
  // CHECK: bang.transpose %[[TURNED]]
  // CHECK: bang.memcpy_2d
  // CHECK-NOT: bang.memcpy_async
  func.func @strips(%x: memref<256x256xf32>, %out: memref<256x256xf32>) attributes {mlu.kernel} {
    %y = memref.alloc() : memref<256x256xf32, #nram>
    linalg.transpose ins(%x : memref<256x256xf32>) outs(%y : memref<256x256xf32, #nram>) permutation = [1, 0] {mlu.strip = 32 : i64}
    memref.copy %y, %out : memref<256x256xf32, #nram> to memref<256x256xf32>
    return
  }
}
