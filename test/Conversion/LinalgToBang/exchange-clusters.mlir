// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize | FileCheck %s

// Cores turn strips, which lie side by side in SRAM; what belongs to another cluster is sent there while the next strip
// is turned; when all has arrived, whole rows of the result are laid together and stored.

// CHECK-LABEL: func.func @turn
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK-SAME: mlu.union = 4 : i64
// CHECK-DAG: %[[ROWS:.*]] = memref.alloc() : memref<2x16384xf32, #mlu.space<nram>>
// CHECK-DAG: %[[SENT:.*]] = memref.alloc() : memref<2x65536xf32, #mlu.space<sram>>
// CHECK-DAG: %[[RECEIVED:.*]] = memref.alloc() : memref<262144xf32, #mlu.space<sram>>
// CHECK: bang.memcpy_async
// CHECK: scf.for
// CHECK: bang.memcpy_async
// CHECK: bang.transpose
// CHECK: bang.memcpy_2d {{.*}}#mlu.space<sram>
// CHECK: bang.sync_cluster
// CHECK: scf.for
// CHECK: bang.memcpy_to_cluster_async
// CHECK: bang.sync_all
// CHECK: bang.memcpy_2d_async
// CHECK-NOT: linalg
module attributes {mlu.target = "mtp_270"} {
  func.func @turn(%x: memref<1024x1024xf32>, %y: memref<1024x1024xf32>) attributes {mlu.kernel} {
    linalg.transpose ins(%x : memref<1024x1024xf32>) outs(%y : memref<1024x1024xf32>) permutation = [1, 0] {mlu.exchange}
    return
  }
}

// -----

// Columns that data names, on a device without look-ups: in SRAM, where rows are turned, each is a stretch.

// CHECK-LABEL: func.func @columns
// CHECK-SAME: mlu.union = 1 : i64
// CHECK: %[[TABLE:.*]] = memref.alloc() : memref<131072xf32, #mlu.space<sram>>
// CHECK: scf.for
// CHECK: bang.transpose
// CHECK: bang.sync_cluster
// CHECK: memref.load %{{.*}} : memref<1024xi32, #mlu.space<sram>>
// CHECK: scf.if
// CHECK: bang.memcpy_async %{{.*}} : memref<{{.*}}#mlu.space<nram>>, memref<{{.*}}#mlu.space<sram>>
// CHECK: bang.transpose
// CHECK: bang.sync_cluster
// CHECK: bang.memcpy_async
module attributes {mlu.target = "mtp_270"} {
  func.func @columns(%x: memref<1024x1024xf32>, %ids: memref<1024xi32>, %out: memref<1024x1024xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1024 = arith.constant 1024 : index
    %seven = arith.constant 7.0 : f32
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                    iterator_types = ["parallel", "parallel"]}
        ins(%ids : memref<1024xi32>) outs(%out : memref<1024x1024xf32>) attrs = {mlu.gather} {
    ^bb0(%id: i32, %o: f32):
      %i = linalg.index 0 : index
      %t = arith.index_cast %id : i32 to index
      %low = arith.cmpi sge, %t, %c0 : index
      %high = arith.cmpi slt, %t, %c1024 : index
      %inside = arith.andi %low, %high : i1
      %safe = arith.select %inside, %t, %c0 : index
      %v = memref.load %x[%i, %safe] : memref<1024x1024xf32>
      %r = arith.select %inside, %v, %seven : f32
      linalg.yield %r : f32
    }
    return
  }
}
