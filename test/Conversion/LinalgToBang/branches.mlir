// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang | FileCheck %s

// Most remainders need few rounds: the others are behind a branch, which is taken if any element needs them.

// CHECK-LABEL: func.func @remainder
// CHECK: %[[FOUND:.*]] = bang.count
// CHECK: %[[ANY:.*]] = arith.cmpi ne, %[[FOUND]]
// CHECK: scf.if %[[ANY]] {
// CHECK:   scf.for
// CHECK: bang.count
// CHECK: scf.if
// CHECK: scf.for
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_372"} {
  func.func @remainder(%out: memref<128xf32>) {
    %x = memref.alloc() : memref<128xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<128xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%x : memref<128xf32, #mlu.space<nram>>) outs(%y : memref<128xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32):
      %r = arith.remf %a, %b : f32
      linalg.yield %r : f32
    }
    memref.copy %y, %out : memref<128xf32, #mlu.space<nram>> to memref<128xf32>
    return
  }
}

// -----

// 40 floats are no whole vectors of an MLU2xx, and what lies behind them may not be counted: no branch.

// CHECK-LABEL: func.func @padded
// CHECK-NOT: bang.count
// CHECK: scf.for
// CHECK-NOT: bang.count
// CHECK: return
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  func.func @padded(%out: memref<40xf32>) {
    %x = memref.alloc() : memref<40xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<40xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%x : memref<40xf32, #mlu.space<nram>>) outs(%y : memref<40xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32):
      %r = arith.remf %a, %b : f32
      linalg.yield %r : f32
    }
    memref.copy %y, %out : memref<40xf32, #mlu.space<nram>> to memref<40xf32>
    return
  }
}
