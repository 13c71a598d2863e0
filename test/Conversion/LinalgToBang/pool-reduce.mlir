// RUN: metabang-opt %s -split-input-file -mlu-pad-buffers -convert-linalg-to-bang -canonicalize | FileCheck %s

// A window: one builtin over padded channels (24 -> 32), straight into the output that was filled for it.

// CHECK-LABEL: func.func @maxpool
// CHECK-DAG: %[[C:.*]] = arith.constant 32 : index
// CHECK-DAG: %[[H:.*]] = arith.constant 7 : index
// CHECK-DAG: %[[K:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[S:.*]] = arith.constant 2 : index
// CHECK: bang.maxpool %{{.*}}, %{{.*}}, %[[C]], %[[H]], %[[H]], %[[K]], %[[K]], %[[S]], %[[S]]
// CHECK-NOT: bang.maxequal
module attributes {mlu.target = "mtp_270"} {
  func.func @maxpool(%window: memref<3x3xf32>) {
    %low = arith.constant 0xFF800000 : f32
    %x = memref.alloc() : memref<1x7x7x24xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<1x3x3x24xf32, #mlu.space<nram>>
    linalg.fill ins(%low : f32) outs(%y : memref<1x3x3x24xf32, #mlu.space<nram>>)
    linalg.generic {indexing_maps = [affine_map<(n, p, q, c, i, j) -> (n, p * 2 + i, q * 2 + j, c)>, affine_map<(n, p, q, c, i, j) -> (i, j)>,
                                     affine_map<(n, p, q, c, i, j) -> (n, p, q, c)>],
                    iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %window : memref<1x7x7x24xf32, #mlu.space<nram>>, memref<3x3xf32>) outs(%y : memref<1x3x3x24xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %w: f32, %o: f32):
      %s = arith.maximumf %o, %a : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// Rows summed: a window that covers them.

// CHECK-LABEL: func.func @rows
// CHECK: bang.sumpool %[[SUM:[a-z_0-9]+]], %{{.*}}, %c24, %c1, %c50, %c1, %c50, %c1, %c1
// CHECK: bang.add %[[Y:.*]], %[[Y]], %[[SUM]], %c24
module attributes {mlu.target = "mtp_372"} {
  func.func @rows() {
    %x = memref.alloc() : memref<50x24xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<24xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<50x24xf32, #mlu.space<nram>>) outs(%y : memref<24xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %o, %a : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// Columns summed: 32 partial sums a row, transposed, and summed again. What is summed (squares) is computed first.

// CHECK-LABEL: func.func @columns
// CHECK: bang.mul %[[SQUARES:.*]], %[[X:.*]], %[[X]]
// CHECK: bang.memcpy
// CHECK: bang.sumpool %[[PARTIAL:.*]], %{{.*}}, %c32
// CHECK: bang.transpose %[[TURNED:.*]], %[[PARTIAL]]
// CHECK: bang.sumpool %{{.*}}, %[[TURNED]]
// CHECK: bang.add
module attributes {mlu.target = "mtp_592"} {
  func.func @columns() {
    %x = memref.alloc() : memref<20x100xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<20xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<20x100xf32, #mlu.space<nram>>) outs(%y : memref<20xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %o: f32):
      %m = arith.mulf %a, %a : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// Depthwise with a column stride of 2: x is dealt to two planes of 4 + 1 and 4 columns; one product a tap over all rows
// (8 rows of 4 columns, the last one short), then the rows are packed.

// CHECK-LABEL: func.func @depthwise
// CHECK-DAG: %[[WIDE:.*]] = arith.constant 1024 : index
// CHECK: %[[PLANES:[a-z_0-9]+]] = memref.alloc() : memref<2048xf32, #mlu.space<nram>>
// CHECK: bang.write_zero %[[PLANES]]
// CHECK: scf.for
// CHECK-COUNT-2: bang.memcpy_2d
// CHECK: }
// CHECK: bang.cycle_mul %[[ACC:[a-z_0-9]+]], %{{.*}}, %{{.*}}, %[[WIDE]], %
// CHECK: bang.cycle_mul %[[PRODUCT:[a-z_0-9]+]], %
// CHECK: bang.add %[[ACC]], %[[ACC]], %[[PRODUCT]], %[[WIDE]]
// CHECK: bang.memcpy_2d %{{.*}}, %[[ACC]]
module attributes {mlu.target = "mtp_270"} {
  func.func @depthwise() {
    %zero = arith.constant 0.0 : f32
    %x = memref.alloc() : memref<1x8x9x32xf32, #mlu.space<nram>>
    %w = memref.alloc() : memref<1x2x32xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<1x8x4x32xf32, #mlu.space<nram>>
    linalg.fill ins(%zero : f32) outs(%y : memref<1x8x4x32xf32, #mlu.space<nram>>)
    linalg.generic {indexing_maps = [affine_map<(n, p, q, c, i, j) -> (n, p + i, q * 2 + j, c)>, affine_map<(n, p, q, c, i, j) -> (i, j, c)>,
                                     affine_map<(n, p, q, c, i, j) -> (n, p, q, c)>],
                    iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : memref<1x8x9x32xf32, #mlu.space<nram>>, memref<1x2x32xf32, #mlu.space<nram>>) outs(%y : memref<1x8x4x32xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %m = arith.mulf %a, %b : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// CHECK-LABEL: func.func @transpose
// CHECK: bang.transpose %{{.*}}, %{{.*}}, %c20, %c24
module attributes {mlu.target = "mtp_372"} {
  func.func @transpose() {
    %x = memref.alloc() : memref<20x24xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<24x20xf32, #mlu.space<nram>>
    linalg.transpose ins(%x : memref<20x24xf32, #mlu.space<nram>>) outs(%y : memref<24x20xf32, #mlu.space<nram>>) permutation = [1, 0]
    return
  }
}

// -----

// Where whole rows move, a strided copy does it.

// CHECK-LABEL: func.func @rows_move
// CHECK-NOT: bang.transpose
// CHECK: bang.memcpy_3d
module attributes {mlu.target = "mtp_372"} {
  func.func @rows_move() {
    %x = memref.alloc() : memref<3x20x24xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<20x3x24xf32, #mlu.space<nram>>
    linalg.transpose ins(%x : memref<3x20x24xf32, #mlu.space<nram>>) outs(%y : memref<20x3x24xf32, #mlu.space<nram>>) permutation = [1, 0, 2]
    return
  }
}
