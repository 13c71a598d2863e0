// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize -verify-diagnostics | FileCheck %s

// Rows that a tensor of indices names come by DMA, dealt out to the cores in chunks; a row outside the table is zeros.

// CHECK-LABEL: func.func @embedding
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK: %[[BUFFER:.*]] = memref.alloc() : memref<512xf32, #mlu.space<nram>>
// CHECK: %[[ZEROS:.*]] = memref.alloc() : memref<64xf32, #mlu.space<nram>>
// CHECK: bang.write_zero %[[ZEROS]]
// CHECK: %[[TASK:.*]] = mlu.task_id
// CHECK: scf.for %{{.*}} = %[[TASK]]
// CHECK: %[[IDS:.*]] = memref.alloc() : memref<32xi32, #mlu.space<nram>>
// CHECK: bang.memcpy %[[IDS]]
// CHECK: scf.for
// CHECK: memref.load %[[IDS]]
// CHECK: scf.if
// CHECK: bang.memcpy_async %{{.*}}, %{{.*}} : memref<{{.*}} #mlu.space<nram>>, memref<{{.*}}>, index
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

// An index for each element: rows of one.

// CHECK-LABEL: func.func @elements
// CHECK: bang.memcpy_async
module attributes {mlu.target = "mtp_270"} {
  func.func @elements(%table: memref<1000x64xf32>, %ids: memref<128x64xi32>, %out: memref<128x64xf32>) attributes {mlu.kernel} {
    // expected-remark @+1 {{no builtin fetches single elements on mtp_270; each is a copy of its own, which is slow}}
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

// -----

// A roll of rows of 96 elements: what a row needs is the row, and two walks put it together, for all rows of a chunk.

// CHECK-LABEL: func.func @roll
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK: bang.memcpy %[[IN:.*]], %{{.*}} : memref<{{.*}} #mlu.space<nram>>, memref<{{.*}}>, index
// CHECK-COUNT-2: bang.memcpy_2d {{.*}} #mlu.space<nram>>, memref<{{.*}} #mlu.space<nram>>
// CHECK-NOT: bang.memcpy_2d
// CHECK: bang.memcpy
// CHECK-NOT: memref.load
module attributes {mlu.target = "mtp_270"} {
  func.func @roll(%x: memref<64x96xf32>, %out: memref<64x96xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c5 = arith.constant 5 : index
    %c96 = arith.constant 96 : index
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        outs(%out : memref<64x96xf32>) attrs = {mlu.gather} {
    ^bb0(%o: f32):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %moved = arith.subi %j, %c5 : index
      %rest = arith.remsi %moved, %c96 : index
      %negative = arith.cmpi slt, %rest, %c0 : index
      %shifted = arith.addi %rest, %c96 : index
      %from = arith.select %negative, %shifted, %rest : index
      %v = memref.load %x[%i, %from] : memref<64x96xf32>
      linalg.yield %v : f32
    }
    return
  }
}

// -----

// Rows that are longer than the stack of them are mirrored.

// CHECK-LABEL: func.func @flip
// CHECK: bang.mirror
// CHECK-NOT: memref.load
module attributes {mlu.target = "mtp_372"} {
  func.func @flip(%x: memref<64x1000xf32>, %out: memref<64x1000xf32>) attributes {mlu.kernel} {
    %c999 = arith.constant 999 : index
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        outs(%out : memref<64x1000xf32>) attrs = {mlu.gather} {
    ^bb0(%o: f32):
      %i = linalg.index 0 : index
      %j = linalg.index 1 : index
      %back = arith.subi %c999, %j : index
      %v = memref.load %x[%i, %back] : memref<64x1000xf32>
      linalg.yield %v : f32
    }
    return
  }
}
