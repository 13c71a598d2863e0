// RUN: metabang-opt %s -convert-linalg-to-bang -canonicalize | FileCheck %s

// A kernel that only copies is for all cores, dealt out in stacks of rows.

// Short parts of rows are put together on the chip, and written in one piece.
// CHECK-LABEL: func.func @rows
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK: %[[TASK:.*]] = mlu.task_id
// CHECK: %[[ROWS:.*]] = memref.alloc() : memref<256xf32, #mlu.space<nram>>
// CHECK: scf.for %{{.*}} = %[[TASK]] to %c16
// CHECK: bang.memcpy %[[A:.*]], %{{.*}}, %c384 : memref<{{.*}} #mlu.space<nram>>, memref<{{.*}}>, index
// CHECK: bang.memcpy_2d %[[ROWS]], %[[A]], %c96, %c256, %c96, %c4 :
// CHECK: bang.memcpy %[[B:.*]], %{{.*}}, %c640 : memref<{{.*}} #mlu.space<nram>>, memref<{{.*}}>, index
// CHECK: bang.memcpy_2d %{{.*}}, %[[B]], %c160, %c256, %c160, %c4 :
// CHECK: bang.memcpy %{{.*}}, %[[ROWS]], %c1024 :
// CHECK-NOT: memref.copy

// Long ones travel each to its own place.
// CHECK-LABEL: func.func @long_rows
// CHECK-COUNT-2: scf.for %{{.*}} = %{{.*}} to %c
// CHECK-NOT: memref.copy
module attributes {mlu.target = "mtp_270"} {
  func.func @rows(%a: memref<64x24xf32>, %b: memref<64x40xf32>, %out: memref<64x64xf32>) attributes {mlu.kernel} {
    %left = memref.subview %out[0, 0] [64, 24] [1, 1] : memref<64x64xf32> to memref<64x24xf32, strided<[64, 1]>>
    memref.copy %a, %left : memref<64x24xf32> to memref<64x24xf32, strided<[64, 1]>>
    %right = memref.subview %out[0, 24] [64, 40] [1, 1] : memref<64x64xf32> to memref<64x40xf32, strided<[64, 1], offset: 24>>
    memref.copy %b, %right : memref<64x40xf32> to memref<64x40xf32, strided<[64, 1], offset: 24>>
    return
  }

  func.func @long_rows(%a: memref<64x20000xf32>, %b: memref<64x20000xf32>, %out: memref<64x40000xf32>) attributes {mlu.kernel} {
    %left = memref.subview %out[0, 0] [64, 20000] [1, 1] : memref<64x40000xf32> to memref<64x20000xf32, strided<[40000, 1]>>
    memref.copy %a, %left : memref<64x20000xf32> to memref<64x20000xf32, strided<[40000, 1]>>
    %right = memref.subview %out[0, 20000] [64, 20000] [1, 1] : memref<64x40000xf32> to memref<64x20000xf32, strided<[40000, 1], offset: 20000>>
    memref.copy %b, %right : memref<64x20000xf32> to memref<64x20000xf32, strided<[40000, 1], offset: 20000>>
    return
  }
}
