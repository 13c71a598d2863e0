// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize -verify-diagnostics | FileCheck %s

// Each core owns a row of x. Its sources are sorted by their places: a word of each, and for each of ten bits, two at a
// time, the words with 0 and behind them those with 1. Then equal places are combined, the last of each is kept, and
// what is left is repeated to a row as long as x.

// CHECK-LABEL: func.func @repeated
// CHECK-SAME: mlu.dim = array<i64: 32, 1, 1>
// CHECK-NOT: linalg.fill
// CHECK: bang.ge_scalar
// CHECK: bang.lt_scalar
// CHECK: bang.filter
// CHECK: scf.for
// CHECK: bang.sll
// CHECK: bang.band
// CHECK: bang.not
// CHECK: bang.filter
// CHECK: bang.filter
// CHECK: bang.sll
// CHECK: bang.filter
// CHECK: bang.filter
// CHECK: }
// CHECK: bang.lut
// CHECK: scf.while
// CHECK: bang.eq
// CHECK: bang.count
// CHECK: scf.condition
// CHECK: bang.band
// CHECK: bang.add
// CHECK: bang.ne
// CHECK: bang.filter
// CHECK: bang.filter
// CHECK: bang.float2int8
// CHECK: bang.extension
// CHECK: bang.extension
// CHECK: bang.add
// CHECK: bang.memcpy
module attributes {mlu.target = "mtp_372"} {
  func.func @repeated(%ids: memref<32x2048xi32>, %y: memref<32x2048xf32>, %out: memref<32x1024xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    %c1024 = arith.constant 1024 : index
    %c2048 = arith.constant 2048 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<32x1024xf32>)
    scf.for %i = %c0 to %c32 step %c1 {
      scf.for %j = %c0 to %c2048 step %c1 {
        %id = memref.load %ids[%i, %j] : memref<32x2048xi32>
        %t = arith.index_cast %id : i32 to index
        %low = arith.cmpi sge, %t, %c0 : index
        %high = arith.cmpi slt, %t, %c1024 : index
        %inside = arith.andi %low, %high : i1
        %safe = arith.select %inside, %t, %c0 : index
        %old = memref.load %out[%i, %safe] : memref<32x1024xf32>
        %new = memref.load %y[%i, %j] : memref<32x2048xf32>
        %sum = arith.addf %old, %new : f32
        %kept = arith.select %inside, %sum, %old : f32
        memref.store %kept, %out[%i, %safe] : memref<32x1024xf32>
      }
    } {mlu.scatter}
    return
  }
}

// -----

// Where the device scatters, no two of what is left go to one place. No source may be left: nothing is done then.

// CHECK-LABEL: func.func @scattered
// CHECK: bang.filter
// CHECK: scf.if
// CHECK: scf.while
// CHECK: bang.nan_maximum
// CHECK: bang.bxor
// CHECK: bang.band
// CHECK: bang.bxor
// CHECK: bang.lut
// CHECK: bang.nan_maximum
// CHECK: bang.sll
// CHECK: bang.scatter
module attributes {mlu.target = "mtp_592"} {
  func.func @scattered(%ids: memref<48x2048xi32>, %y: memref<48x2048xf32>, %out: memref<48x1024xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c48 = arith.constant 48 : index
    %c1024 = arith.constant 1024 : index
    %c2048 = arith.constant 2048 : index
    %least = arith.constant 0xFF800000 : f32
    linalg.fill ins(%least : f32) outs(%out : memref<48x1024xf32>)
    scf.for %i = %c0 to %c48 step %c1 {
      scf.for %j = %c0 to %c2048 step %c1 {
        %id = memref.load %ids[%i, %j] : memref<48x2048xi32>
        %t = arith.index_cast %id : i32 to index
        %low = arith.cmpi sge, %t, %c0 : index
        %high = arith.cmpi slt, %t, %c1024 : index
        %inside = arith.andi %low, %high : i1
        %safe = arith.select %inside, %t, %c0 : index
        %old = memref.load %out[%i, %safe] : memref<48x1024xf32>
        %new = memref.load %y[%i, %j] : memref<48x2048xf32>
        %most = arith.maximumf %old, %new : f32
        %kept = arith.select %inside, %most, %old : f32
        memref.store %kept, %out[%i, %safe] : memref<48x1024xf32>
      }
    } {mlu.scatter}
    return
  }
}

// -----

// Eight sources a core: scalar code takes less than the builtins' start-ups.

// CHECK-LABEL: func.func @few
// CHECK-NOT: bang.filter
// CHECK: memref.store
module attributes {mlu.target = "mtp_372"} {
  func.func @few(%ids: memref<32x8xi32>, %y: memref<32x8xf32>, %out: memref<32x1024xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    %c32 = arith.constant 32 : index
    %c1024 = arith.constant 1024 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<32x1024xf32>)
    scf.for %i = %c0 to %c32 step %c1 {
      scf.for %j = %c0 to %c8 step %c1 {
        %id = memref.load %ids[%i, %j] : memref<32x8xi32>
        %t = arith.index_cast %id : i32 to index
        %low = arith.cmpi sge, %t, %c0 : index
        %high = arith.cmpi slt, %t, %c1024 : index
        %inside = arith.andi %low, %high : i1
        %safe = arith.select %inside, %t, %c0 : index
        %old = memref.load %out[%i, %safe] : memref<32x1024xf32>
        %new = memref.load %y[%i, %j] : memref<32x8xf32>
        %sum = arith.addf %old, %new : f32
        %kept = arith.select %inside, %sum, %old : f32
        memref.store %kept, %out[%i, %safe] : memref<32x1024xf32>
      }
    } {mlu.scatter}
    return
  }
}
