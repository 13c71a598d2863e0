// RUN: metabang-opt %s -split-input-file -mlu-pad-buffers -convert-linalg-to-bang -canonicalize -verify-diagnostics | FileCheck %s

// On an MLU2xx integers of 8 bits are computed in float, which wraps around where they would.

// CHECK-LABEL: func.func @products
// CHECK: bang.int82float
// CHECK: bang.int82float
// CHECK: bang.mul
// CHECK: bang.float2int8
// CHECK-NOT: scf.for
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  func.func @products() {
    %x = memref.alloc() : memref<128xi8, #mlu.space<nram>>
    %y = memref.alloc() : memref<128xi8, #mlu.space<nram>>
    %z = memref.alloc() : memref<128xi8, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
        ins(%x, %y : memref<128xi8, #mlu.space<nram>>, memref<128xi8, #mlu.space<nram>>) outs(%z : memref<128xi8, #mlu.space<nram>>) {
    ^bb0(%a: i8, %b: i8, %c: i8):
      %m = arith.muli %a, %b : i8
      linalg.yield %m : i8
    }
    return
  }
}

// -----

// Products of 16 bits are not exact in float: one factor is cut into bytes.

// CHECK-LABEL: func.func @wide_products
// CHECK-DAG: %[[BYTE:.*]] = arith.constant 3.906250e-03 : f32
// CHECK: bang.int162float
// CHECK: bang.mul_scalar {{.*}}%[[BYTE]]
// CHECK: bang.float2int16
// CHECK-NOT: scf.for
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  func.func @wide_products(%out: memref<128xi16>) {
    %x = memref.alloc() : memref<128xi16, #mlu.space<nram>>
    %y = memref.alloc() : memref<128xi16, #mlu.space<nram>>
    %z = memref.alloc() : memref<128xi16, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
        ins(%x, %y : memref<128xi16, #mlu.space<nram>>, memref<128xi16, #mlu.space<nram>>) outs(%z : memref<128xi16, #mlu.space<nram>>) {
    ^bb0(%a: i16, %b: i16, %c: i16):
      %m = arith.muli %a, %b : i16
      linalg.yield %m : i16
    }
    memref.copy %z, %out : memref<128xi16, #mlu.space<nram>> to memref<128xi16>
    return
  }
}

// -----

// A number of 64 bits is four limbs of 16, each copied out of it; the truth value of a comparison is stored as a byte.

// CHECK-LABEL: func.func @compare_wide
// CHECK: builtin.unrealized_conversion_cast {{.*}} to memref<{{.*}}xi16
// CHECK: bang.memcpy_2d
// CHECK: bang.int162float
// CHECK: bang.lt
// CHECK: bang.float2int8
// CHECK-NOT: scf.for
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_592"} {
  func.func @compare_wide(%out: memref<128xi1>) {
    %x = memref.alloc() : memref<128xi64, #mlu.space<nram>>
    %y = memref.alloc() : memref<128xi64, #mlu.space<nram>>
    %z = memref.alloc() : memref<128xi1, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
        ins(%x, %y : memref<128xi64, #mlu.space<nram>>, memref<128xi64, #mlu.space<nram>>) outs(%z : memref<128xi1, #mlu.space<nram>>) {
    ^bb0(%a: i64, %b: i64, %c: i1):
      %m = arith.cmpi slt, %a, %b : i64
      linalg.yield %m : i1
    }
    memref.copy %z, %out : memref<128xi1, #mlu.space<nram>> to memref<128xi1>
    return
  }
}

// -----

// A power of 32 bits by a vector: the lowest limb of the exponent by squaring, in a loop of 16 rounds.

// CHECK-LABEL: func.func @powers
// CHECK-NOT: memref.load
// CHECK: %[[ROUNDS:.*]] = arith.constant 16 : index
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[ROUNDS]]
// CHECK: bang.mul
// CHECK: bang.float2int32
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_372"} {
  func.func @powers(%out: memref<128xi32>) {
    %x = memref.alloc() : memref<128xi32, #mlu.space<nram>>
    %y = memref.alloc() : memref<128xi32, #mlu.space<nram>>
    %z = memref.alloc() : memref<128xi32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
        ins(%x, %y : memref<128xi32, #mlu.space<nram>>, memref<128xi32, #mlu.space<nram>>) outs(%z : memref<128xi32, #mlu.space<nram>>) {
    ^bb0(%a: i32, %b: i32, %c: i32):
      %m = math.ipowi %a, %b : i32
      linalg.yield %m : i32
    }
    memref.copy %z, %out : memref<128xi32, #mlu.space<nram>> to memref<128xi32>
    return
  }
}
