// RUN: metabang-opt %s -convert-linalg-to-bang -canonicalize -verify-diagnostics | FileCheck %s

// What no builtin computes is a loop over scalars, and a remark says so at the user's line.

// CHECK-LABEL: func.func @integers
// CHECK: scf.for
// CHECK: memref.load
// CHECK: memref.store
module attributes {mlu.target = "mtp_270"} {
  func.func @integers(%x: memref<10xi32, #mlu.space<nram>>) {
    // expected-remark @+1 {{no builtin computes this operation on mtp_270; it runs as scalar code, which is slow}}
    linalg.generic {indexing_maps = [affine_map<(c) -> (c)>], iterator_types = ["parallel"]} outs(%x : memref<10xi32, #mlu.space<nram>>) {
    ^bb0(%a: i32):
      %s = math.ctpop %a : i32
      linalg.yield %s : i32
    }
    return
  }
}
