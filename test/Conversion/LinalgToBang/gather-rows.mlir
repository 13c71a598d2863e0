// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize -verify-diagnostics | FileCheck %s

// Rows that a tensor of indices names come by DMA, dealt out to the cores in chunks; a row outside the table is zeros.

// CHECK-LABEL: func.func @embedding
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK: %[[BUFFER:.*]] = memref.alloc() : memref<512xf32, #mlu.space<nram>>
// CHECK: %[[ZEROS:.*]] = memref.alloc() : memref<64xf32, #mlu.space<nram>>
// CHECK: bang.write_zero %[[ZEROS]]
// CHECK: %[[TASK:.*]] = mlu.task_id
// CHECK: scf.for %{{.*}} = %[[TASK]]
// CHECK: scf.for
// CHECK: memref.load %arg1
// CHECK: scf.if
// CHECK: bang.memcpy %{{.*}}, %{{.*}} : memref<{{.*}} #mlu.space<nram>>, memref<{{.*}}>, index
// CHECK: else
// CHECK: bang.memcpy_2d %{{.*}}, %[[ZEROS]]
// CHECK: bang.memcpy %{{.*}}, %[[BUFFER]]
module attributes {mlu.target = "mtp_270"} {
  func.func @embedding(%table: memref<1000x64xf32>, %ids: memref<128xi32>, %out: memref<128x64xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1000 = arith.constant 1000 : index
    %zero = arith.constant 0.0 : f32
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%ids : memref<128xi32>) outs(%out : memref<128x64xf32>) attrs = {mlu.gather} {
    ^bb0(%id: i32, %o: f32):
      %j = linalg.index 1 : index
      %row = arith.index_cast %id : i32 to index
      %low = arith.cmpi sge, %row, %c0 : index
      %high = arith.cmpi slt, %row, %c1000 : index
      %inside = arith.andi %low, %high : i1
      %safe = arith.select %inside, %row, %c0 : index
      %v = memref.load %table[%safe, %j] : memref<1000x64xf32>
      %r = arith.select %inside, %v, %zero : f32
      linalg.yield %r : f32
    }
    return
  }
}

// -----

// An index for each element is no row.

// CHECK-LABEL: func.func @elements
// CHECK-NOT: bang.memcpy
module attributes {mlu.target = "mtp_270"} {
  func.func @elements(%table: memref<1000x64xf32>, %ids: memref<128x64xi32>, %out: memref<128x64xf32>) attributes {mlu.kernel} {
    // expected-remark @+1 {{no builtin computes this operation on mtp_270; it runs as scalar code, which is slow}}
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%ids : memref<128x64xi32>) outs(%out : memref<128x64xf32>) attrs = {mlu.gather} {
    ^bb0(%id: i32, %o: f32):
      %j = linalg.index 1 : index
      %row = arith.index_cast %id : i32 to index
      %v = memref.load %table[%row, %j] : memref<1000x64xf32>
      linalg.yield %v : f32
    }
    return
  }
}
