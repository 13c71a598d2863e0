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

// Products of 16 bits are not exact in float.

// CHECK-LABEL: func.func @wide_products
// CHECK: arith.muli
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  func.func @wide_products(%out: memref<128xi16>) {
    %x = memref.alloc() : memref<128xi16, #mlu.space<nram>>
    %y = memref.alloc() : memref<128xi16, #mlu.space<nram>>
    %z = memref.alloc() : memref<128xi16, #mlu.space<nram>>
    // expected-remark @+1 {{no builtin computes this operation on mtp_270; it runs as scalar code, which is slow}}
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
