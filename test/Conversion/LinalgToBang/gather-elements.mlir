// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize -verify-diagnostics | FileCheck %s

// Elements that data names are looked up: x is a table on every chip, and what is outside is there before.

// CHECK-LABEL: func.func @table
// CHECK-SAME: mlu.dim = array<i64: 32, 1, 1>
// CHECK-DAG: %[[TABLE:.*]] = memref.alloc() : memref<1024xf32, #mlu.space<nram>>
// CHECK-DAG: %[[SEVEN:.*]] = arith.constant 7.000000e+00 : f32
// CHECK: bang.write_value %[[TABLE]], %{{.*}}, %[[SEVEN]]
// CHECK: bang.memcpy %[[TABLE]]
// CHECK: scf.for
// CHECK: bang.memcpy %[[IDS:[a-z_0-9]+]], %{{.*}} : memref<2048xi32, #mlu.space<nram>>
// CHECK: bang.write_value %[[FOUND:[a-z_0-9]+]], %{{.*}}, %[[SEVEN]]
// CHECK: bang.lut %[[FOUND]], %[[IDS]], %[[TABLE]]
// CHECK: bang.memcpy %{{.*}}, %[[FOUND]]
module attributes {mlu.target = "mtp_372"} {
  func.func @table(%x: memref<1000xf32>, %ids: memref<65536xi32>, %out: memref<65536xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1000 = arith.constant 1000 : index
    %seven = arith.constant 7.0 : f32
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%ids : memref<65536xi32>) outs(%out : memref<65536xf32>) attrs = {mlu.gather} {
    ^bb0(%id: i32, %o: f32):
      %t = arith.index_cast %id : i32 to index
      %low = arith.cmpi sge, %t, %c0 : index
      %high = arith.cmpi slt, %t, %c1000 : index
      %inside = arith.andi %low, %high : i1
      %safe = arith.select %inside, %t, %c0 : index
      %v = memref.load %x[%safe] : memref<1000xf32>
      %r = arith.select %inside, %v, %seven : f32
      linalg.yield %r : f32
    }
    return
  }
}

// -----

// Without look-ups: where all rows have the same indices, a column of many rows is one strided copy on the chip.

// CHECK-LABEL: func.func @columns
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK: bang.memcpy %[[IDS:[a-z_0-9]+]], %{{.*}} : memref<128xi32, #mlu.space<nram>>
// CHECK: scf.for
// CHECK: bang.memcpy %{{.*}} : memref<6400xf32, #mlu.space<nram>>
// CHECK: scf.for
// CHECK: memref.load %[[IDS]]
// CHECK: scf.if
// CHECK: bang.memcpy_2d_async %{{.*}} #mlu.space<nram>>, memref<{{.*}} #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @columns(%x: memref<1024x100xf32>, %ids: memref<128xi32>, %out: memref<1024x128xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c100 = arith.constant 100 : index
    %zero = arith.constant 0.0 : f32
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%ids : memref<128xi32>) outs(%out : memref<1024x128xf32>) attrs = {mlu.gather} {
    ^bb0(%id: i32, %o: f32):
      %i = linalg.index 0 : index
      %t = arith.index_cast %id : i32 to index
      %low = arith.cmpi sge, %t, %c0 : index
      %high = arith.cmpi slt, %t, %c100 : index
      %inside = arith.andi %low, %high : i1
      %safe = arith.select %inside, %t, %c0 : index
      %v = memref.load %x[%i, %safe] : memref<1024x100xf32>
      %r = arith.select %inside, %v, %zero : f32
      linalg.yield %r : f32
    }
    return
  }
}

// -----

// A table that is too long comes in pieces: an index less where the piece begins, taken without a sign, is in it or not.

// CHECK-LABEL: func.func @pieces
// CHECK: bang.write_value %[[FOUND:[a-z_0-9]+]], %{{.*}} : memref<16384xf32, #mlu.space<nram>>
// CHECK: scf.for %[[BEGIN:.*]] = %{{.*}} to %{{.*}} step %c32768
// CHECK: bang.memcpy %[[TABLE:[a-z_0-9]+]], %{{.*}}
// CHECK: bang.sub_scalar %[[IN_PIECE:[a-z_0-9]+]], %{{.*}}
// CHECK: bang.lut %[[FOUND]], %[[IN_PIECE]], %[[TABLE]]
// CHECK: bang.memcpy %{{.*}}, %[[FOUND]]
module attributes {mlu.target = "mtp_372"} {
  func.func @pieces(%x: memref<50000xf32>, %ids: memref<1048576xi32>, %out: memref<1048576xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1000 = arith.constant 50000 : index
    %seven = arith.constant 7.0 : f32
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
        ins(%ids : memref<1048576xi32>) outs(%out : memref<1048576xf32>) attrs = {mlu.gather} {
    ^bb0(%id: i32, %o: f32):
      %t = arith.index_cast %id : i32 to index
      %low = arith.cmpi sge, %t, %c0 : index
      %high = arith.cmpi slt, %t, %c1000 : index
      %inside = arith.andi %low, %high : i1
      %safe = arith.select %inside, %t, %c0 : index
      %v = memref.load %x[%safe] : memref<50000xf32>
      %r = arith.select %inside, %v, %seven : f32
      linalg.yield %r : f32
    }
    return
  }
}
