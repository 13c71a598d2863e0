// RUN: split-file %s %t
// RUN: metabang-opt %t/k.mlir -mlu-pad-buffers -convert-linalg-to-bang -canonicalize | FileCheck %s --check-prefix=OLD
// RUN: sed s/mtp_270/mtp_372/ %t/k.mlir | metabang-opt -mlu-pad-buffers -convert-linalg-to-bang -canonicalize | FileCheck %s --check-prefix=FIRST
// RUN: sed s/mtp_270/mtp_592/ %t/k.mlir | metabang-opt -mlu-pad-buffers -convert-linalg-to-bang -canonicalize | FileCheck %s --check-prefix=NAN

// An MLU2xx has no NaN.
// OLD-LABEL: func.func @two
// OLD: bang.maxequal
// OLD-NOT: bang.bor
// OLD-LABEL: func.func @pool
// OLD: bang.maxpool
// OLD-NOT: bang.minpool

// mtp_372 answers the first operand where one is a NaN: both orders, and the bits of both. A window with a NaN is found
// by what does not equal itself.
// FIRST-LABEL: func.func @two
// FIRST: bang.maxequal %[[A:[^,]*]], %[[Y:[^,]*]], %[[X:[^,]*]],
// FIRST: bang.maxequal %[[D:[^,]*]], %[[X]], %[[Y]],
// FIRST: bang.bor %[[D]], %[[D]], %[[A]],
// FIRST-LABEL: func.func @with_number
// FIRST: bang.maxeq_scalar
// FIRST-NOT: bang.bor
// FIRST-LABEL: func.func @pool
// FIRST: bang.maxpool %[[D:[^,]*]], %[[X:[^,]*]],
// FIRST: bang.eq %[[N:[^,]*]], %[[X]], %[[X]],
// FIRST: bang.minpool %[[ALL:[^,]*]], %[[N]],
// FIRST: bang.add %[[D]], %[[D]], %[[ALL]]

// From 520 on there are builtins.
// NAN-LABEL: func.func @two
// NAN: bang.nan_maximum
// NAN-LABEL: func.func @with_number
// NAN: bang.nan_maximum_scalar
// NAN-LABEL: func.func @pool
// NAN: bang.nan_maxpool
// NAN-NOT: bang.minpool

//--- k.mlir
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  func.func @two() {
    %x = memref.alloc() : memref<64xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<64xf32, #mlu.space<nram>>
    %z = memref.alloc() : memref<64xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
        ins(%x, %y : memref<64xf32, #mlu.space<nram>>, memref<64xf32, #mlu.space<nram>>) outs(%z : memref<64xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %m = arith.maximumf %a, %b : f32
      linalg.yield %m : f32
    }
    return
  }
  func.func @with_number() {
    %x = memref.alloc() : memref<64xf32, #mlu.space<nram>>
    %half = arith.constant 0.5 : f32
    %z = memref.alloc() : memref<64xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%x : memref<64xf32, #mlu.space<nram>>) outs(%z : memref<64xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %c: f32):
      %m = arith.maximumf %a, %half : f32
      linalg.yield %m : f32
    }
    return
  }
  func.func @pool() {
    %low = arith.constant 0xFF800000 : f32
    %x = memref.alloc() : memref<8x8x32xf32, #mlu.space<nram>>
    %w = memref.alloc() : memref<2x2xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<7x7x32xf32, #mlu.space<nram>>
    linalg.fill ins(%low : f32) outs(%y : memref<7x7x32xf32, #mlu.space<nram>>)
    linalg.generic {indexing_maps = [affine_map<(p, q, c, i, j) -> (p + i, q + j, c)>, affine_map<(p, q, c, i, j) -> (i, j)>, affine_map<(p, q, c, i, j) -> (p, q, c)>],
                    iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
        ins(%x, %w : memref<8x8x32xf32, #mlu.space<nram>>, memref<2x2xf32, #mlu.space<nram>>) outs(%y : memref<7x7x32xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %m = arith.maximumf %o, %a : f32
      linalg.yield %m : f32
    }
    return
  }
}
