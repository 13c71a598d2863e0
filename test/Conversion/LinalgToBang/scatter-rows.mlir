// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize -verify-diagnostics | FileCheck %s

// A task owns 16 rows of the result. It goes through all indices, which it brings on the chip, and adds up the rows
// that are its own.

// CHECK-LABEL: func.func @rows
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK-NOT: linalg.fill
// CHECK-DAG: %[[BLOCK:.*]] = memref.alloc() : memref<1024xf32, #mlu.space<nram>>
// CHECK-DAG: %[[ROW:.*]] = memref.alloc() : memref<64xf32, #mlu.space<nram>>
// CHECK-DAG: %[[IDS:.*]] = memref.alloc() : memref<128xi32, #mlu.space<nram>>
// CHECK: bang.write_zero %[[BLOCK]]
// CHECK: bang.memcpy %[[IDS]]
// CHECK: scf.for
// CHECK: memref.load %[[IDS]]
// CHECK: scf.if
// CHECK: bang.memcpy %[[ROW]]
// CHECK: bang.add
// CHECK: bang.memcpy %{{.*}}, %[[BLOCK]]
#row = affine_map<(i, j) -> (i, j)>
module attributes {mlu.target = "mtp_270"} {
  func.func @rows(%ids: memref<128xi32>, %y: memref<128x64xf32>, %out: memref<256x64xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %c256 = arith.constant 256 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<256x64xf32>)
    scf.for %i = %c0 to %c128 step %c1 {
      scf.for %j = %c0 to %c64 step %c1 {
        %id = memref.load %ids[%i] : memref<128xi32>
        %t = arith.index_cast %id : i32 to index
        %low = arith.cmpi sge, %t, %c0 : index
        %high = arith.cmpi slt, %t, %c256 : index
        %inside = arith.andi %low, %high : i1
        %safe = arith.select %inside, %t, %c0 : index
        %old = memref.load %out[%safe, %j] : memref<256x64xf32>
        %new = memref.load %y[%i, %j] : memref<128x64xf32>
        %sum = arith.addf %old, %new : f32
        %kept = arith.select %inside, %sum, %old : f32
        memref.store %kept, %out[%safe, %j] : memref<256x64xf32>
      }
    } {mlu.scatter}
    return
  }
}

// -----

// A place for each element is no row: each of 16 tasks adds up a part of x, by scalar code on its chip.

// CHECK-LABEL: func.func @elements
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK-NOT: bang.add
// CHECK: bang.write_zero %[[HELD:[a-z_0-9]+]]
// CHECK: scf.for
// CHECK: %[[MINE:.*]] = arith.andi
// CHECK: scf.if %[[MINE]]
// CHECK: memref.store %{{.*}}, %[[HELD]]
// CHECK: bang.memcpy %{{.*}}, %[[HELD]]
module attributes {mlu.target = "mtp_270"} {
  func.func @elements(%ids: memref<8192xi32>, %y: memref<8192xf32>, %out: memref<256xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8192 = arith.constant 8192 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<256xf32>)
    // expected-remark @+1 {{no builtin combines single elements on mtp_270; each is combined by itself on the chip, which is slow}}
    scf.for %i = %c0 to %c8192 step %c1 {
      %id = memref.load %ids[%i] : memref<8192xi32>
      %t = arith.index_cast %id : i32 to index
      %old = memref.load %out[%t] : memref<256xf32>
      %new = memref.load %y[%i] : memref<8192xf32>
      %sum = arith.addf %old, %new : f32
      memref.store %sum, %out[%t] : memref<256xf32>
    } {mlu.scatter}
    return
  }
}

// -----

// All rows have the same indices: rows of y are turned on the chip, and a column is a vector.

// CHECK-LABEL: func.func @columns
// CHECK-SAME: mlu.dim = array<i64: 16, 1, 1>
// CHECK: %[[IDS:.*]] = memref.alloc() : memref<128xi32, #mlu.space<nram>>
// CHECK: scf.for
// CHECK: bang.memcpy %[[LINES:[a-z_0-9]+]], %{{.*}}
// CHECK: bang.transpose %[[TURNED:[a-z_0-9]+]], %[[LINES]]
// CHECK: scf.for
// CHECK: memref.load %[[IDS]]
// CHECK: scf.if
// CHECK: bang.add
// CHECK: bang.transpose %[[LINES]]
module attributes {mlu.target = "mtp_270"} {
  func.func @columns(%ids: memref<128xi32>, %y: memref<1024x128xf32>, %out: memref<1024x64xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %c1024 = arith.constant 1024 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<1024x64xf32>)
    scf.for %i = %c0 to %c1024 step %c1 {
      scf.for %j = %c0 to %c128 step %c1 {
        %id = memref.load %ids[%j] : memref<128xi32>
        %t = arith.index_cast %id : i32 to index
        %low = arith.cmpi sge, %t, %c0 : index
        %high = arith.cmpi slt, %t, %c64 : index
        %inside = arith.andi %low, %high : i1
        %safe = arith.select %inside, %t, %c0 : index
        %old = memref.load %out[%i, %safe] : memref<1024x64xf32>
        %new = memref.load %y[%i, %j] : memref<1024x128xf32>
        %sum = arith.addf %old, %new : f32
        %kept = arith.select %inside, %sum, %old : f32
        memref.store %kept, %out[%i, %safe] : memref<1024x64xf32>
      }
    } {mlu.scatter}
    return
  }
}

// -----

// Few elements take less than a launch: no remark. From MLU3xx on an owner of a part of x does not compare each index by
// scalar code: the numbers of its own elements are packed, and it goes through those.

// CHECK-LABEL: func.func @own_elements
// CHECK-SAME: mlu.dim = array<i64: 32, 1, 1>
// CHECK: bang.memcpy %[[IDS:[a-z_0-9]+]], %{{.*}}
// CHECK-DAG: bang.ge_scalar %[[ABOVE:[a-z_0-9]+]]
// CHECK-DAG: bang.lt_scalar %[[BELOW:[a-z_0-9]+]]
// CHECK: %[[COUNT:.*]] = bang.filter %[[FOUND:[a-z_0-9]+]]
// CHECK: %[[UNTIL:.*]] = arith.index_cast %[[COUNT]]
// CHECK: scf.for %[[K:.*]] = %{{.*}} to %[[UNTIL]]
// CHECK: memref.load %[[FOUND]][%[[K]]]
// CHECK: memref.load %[[IDS]]
// CHECK-NOT: scf.if
module attributes {mlu.target = "mtp_372"} {
  func.func @own_elements(%ids: memref<128xi32>, %y: memref<128xf32>, %out: memref<256xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c128 = arith.constant 128 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<256xf32>)
    scf.for %i = %c0 to %c128 step %c1 {
      %id = memref.load %ids[%i] : memref<128xi32>
      %t = arith.index_cast %id : i32 to index
      %old = memref.load %out[%t] : memref<256xf32>
      %new = memref.load %y[%i] : memref<128xf32>
      %sum = arith.addf %old, %new : f32
      memref.store %sum, %out[%t] : memref<256xf32>
    } {mlu.scatter}
    return
  }
}

// -----

// Rows that belong to the block are brought a batch at a time: their copies are queued, and then they are added up.

// CHECK-LABEL: func.func @own_rows
// CHECK: bang.filter
// CHECK: scf.for
// CHECK: scf.for
// CHECK: bang.memcpy_async
// CHECK: bang.sync
// CHECK: scf.for
// CHECK: bang.add %{{.*}}
module attributes {mlu.target = "mtp_592"} {
  func.func @own_rows(%ids: memref<128xi32>, %y: memref<128x64xf32>, %out: memref<256x64xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %c256 = arith.constant 256 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<256x64xf32>)
    scf.for %i = %c0 to %c128 step %c1 {
      scf.for %j = %c0 to %c64 step %c1 {
        %id = memref.load %ids[%i] : memref<128xi32>
        %t = arith.index_cast %id : i32 to index
        %low = arith.cmpi sge, %t, %c0 : index
        %high = arith.cmpi slt, %t, %c256 : index
        %inside = arith.andi %low, %high : i1
        %safe = arith.select %inside, %t, %c0 : index
        %old = memref.load %out[%safe, %j] : memref<256x64xf32>
        %new = memref.load %y[%i, %j] : memref<128x64xf32>
        %sum = arith.addf %old, %new : f32
        %kept = arith.select %inside, %sum, %old : f32
        memref.store %kept, %out[%safe, %j] : memref<256x64xf32>
      }
    } {mlu.scatter}
    return
  }
}
