// RUN: metabang-opt %s -convert-linalg-to-bang -canonicalize -split-input-file -verify-diagnostics | FileCheck %s

// Operands that lie in different orders are brought into that of the result: here a filter [c][k] to [k][c], which is
// then cycled through.
// CHECK-LABEL: func.func @other_order
// CHECK: %[[PACKED:.*]] = memref.alloc() : memref<3x8xf32
// CHECK: bang.transpose
// CHECK: scf.for
// CHECK: bang.cycle_mul
// CHECK-NOT: memref.load
#x = affine_map<(k, p, c) -> (k, p, c)>
#f = affine_map<(k, p, c) -> (c, k)>
module attributes {mlu.target = "mtp_372"} {
  func.func @other_order(%x: memref<3x5x8xf32, #mlu.space<nram>>, %f: memref<8x3xf32, #mlu.space<nram>>,
                         %y: memref<3x5x8xf32, #mlu.space<nram>>) {
    linalg.generic {indexing_maps = [#x, #f, #x], iterator_types = ["parallel", "parallel", "parallel"]}
        ins(%x, %f : memref<3x5x8xf32, #mlu.space<nram>>, memref<8x3xf32, #mlu.space<nram>>)
        outs(%y : memref<3x5x8xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %old: f32):
      %s = arith.mulf %a, %b : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// A vector of an MLU2xx begins at a multiple of 64 bytes and has a multiple of 128: all operands become such vectors.
// CHECK-LABEL: func.func @short_rows
// CHECK-COUNT-3: memref.alloc() : memref<128xf32
// CHECK-NOT: memref.load
// CHECK: bang.add
// CHECK-NOT: memref.store
#rows = affine_map<(r, c) -> (r, c)>
module attributes {mlu.target = "mtp_270"} {
  func.func @short_rows(%x: memref<3x2xf32, #mlu.space<nram>>, %w: memref<3x2xf32, strided<[5, 1]>, #mlu.space<nram>>,
                        %y: memref<3x2xf32, strided<[4, 1]>, #mlu.space<nram>>) {
    linalg.generic {indexing_maps = [#rows, #rows, #rows], iterator_types = ["parallel", "parallel"]}
        ins(%x, %w : memref<3x2xf32, #mlu.space<nram>>, memref<3x2xf32, strided<[5, 1]>, #mlu.space<nram>>)
        outs(%y : memref<3x2xf32, strided<[4, 1]>, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %old: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// A sum along a diagonal: a step of x is another plane and another tap, which no pool's columns are.
// CHECK-LABEL: func.func @diagonal
// CHECK-NOT: bang.sumpool
// CHECK: bang.add
#diagonal = affine_map<(z, c, k) -> (z + k, k, c)>
#sums = affine_map<(z, c, k) -> (z, c)>
module attributes {mlu.target = "mtp_270"} {
  func.func @diagonal(%x: memref<7x3x64xf32, #mlu.space<nram>>, %y: memref<5x64xf32, #mlu.space<nram>>) {
    linalg.generic {indexing_maps = [#diagonal, #sums], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x : memref<7x3x64xf32, #mlu.space<nram>>) outs(%y : memref<5x64xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %old: f32):
      %s = arith.addf %old, %a : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// Several results: each is copied back.
// CHECK-LABEL: func.func @two_results
// CHECK-NOT: memref.load
// CHECK: bang.add
// CHECK: bang.mul
// CHECK-COUNT-2: bang.memcpy_2d %arg
#two = affine_map<(r, c) -> (r, c)>
module attributes {mlu.target = "mtp_270"} {
  func.func @two_results(%x: memref<3x2xf32, strided<[5, 1]>, #mlu.space<nram>>,
                         %y: memref<3x2xf32, strided<[4, 1]>, #mlu.space<nram>>,
                         %z: memref<3x2xf32, strided<[4, 1]>, #mlu.space<nram>>) {
    linalg.generic {indexing_maps = [#two, #two, #two], iterator_types = ["parallel", "parallel"]}
        ins(%x : memref<3x2xf32, strided<[5, 1]>, #mlu.space<nram>>)
        outs(%y, %z : memref<3x2xf32, strided<[4, 1]>, #mlu.space<nram>>, memref<3x2xf32, strided<[4, 1]>, #mlu.space<nram>>) {
    ^bb0(%a: f32, %old: f32, %older: f32):
      %s = arith.addf %a, %a : f32
      %p = arith.mulf %s, %a : f32
      linalg.yield %s, %p : f32, f32
    }
    return
  }
}
