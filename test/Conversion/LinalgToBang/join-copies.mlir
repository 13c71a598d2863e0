// RUN: metabang-opt %s -convert-linalg-to-bang -canonicalize | FileCheck %s

// A kernel that only copies is for all cores: rows travel together, dealt out in stacks.

// CHECK-LABEL: func.func @join
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK: %[[TASK:.*]] = mlu.task_id
// CHECK: scf.for %{{.*}} = %[[TASK]] to %c16
// CHECK: bang.memcpy %{{.*}}, %{{.*}} : memref<{{.*}} #mlu.space<nram>>, memref<{{.*}}>, index
// CHECK: bang.memcpy_2d %{{.*}}, %{{.*}}, %c96{{.*}}, %c256{{.*}}, %c96{{.*}}, %c4
// CHECK: scf.for %{{.*}} = %[[TASK]] to %c16
// CHECK: bang.memcpy %{{.*}}, %{{.*}} : memref<{{.*}} #mlu.space<nram>>, memref<{{.*}}>, index
// CHECK: bang.memcpy_2d %{{.*}}, %{{.*}}, %c160{{.*}}, %c256{{.*}}, %c160{{.*}}, %c4
// CHECK-NOT: memref.copy
module attributes {mlu.target = "mtp_270"} {
  func.func @join(%a: memref<64x24xf32>, %b: memref<64x40xf32>, %out: memref<64x64xf32>) attributes {mlu.kernel} {
    %left = memref.subview %out[0, 0] [64, 24] [1, 1] : memref<64x64xf32> to memref<64x24xf32, strided<[64, 1]>>
    memref.copy %a, %left : memref<64x24xf32> to memref<64x24xf32, strided<[64, 1]>>
    %right = memref.subview %out[0, 24] [64, 40] [1, 1] : memref<64x64xf32> to memref<64x40xf32, strided<[64, 1], offset: 24>>
    memref.copy %b, %right : memref<64x40xf32> to memref<64x40xf32, strided<[64, 1], offset: 24>>
    return
  }
}
