// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize | FileCheck %s

// Columns doubled, each phase by Horner's rule: three times x, one column of it to the left (to the right) added, and the
// sum divided by four. Both phases share the product. The first and the last column, which nothing is beside, are copied.

// CHECK-LABEL: func.func @doubled
// CHECK-DAG: %[[THREE:.*]] = arith.constant 3.000000e+00 : f32
// CHECK-DAG: %[[QUARTER:.*]] = arith.constant 2.500000e-01 : f32
// CHECK: bang.mul_scalar %[[PRODUCT:[a-z_0-9]+]], %{{.*}}, %[[THREE]]
// CHECK: bang.fusion_vector_scalar %{{.*}}, %[[PRODUCT]], %{{.*}}, %[[QUARTER]], %{{.*}} {op_code = "fam"}
// CHECK: bang.fusion_vector_scalar %{{.*}}, %[[PRODUCT]], %{{.*}}, %[[QUARTER]], %{{.*}} {op_code = "fam"}
// CHECK-NOT: bang.mul_scalar
// CHECK-NOT: bang.fusion
module attributes {mlu.target = "mtp_592"} {
  func.func @doubled(%x: memref<2x4x8xf32>, %matrix: memref<16x8xf32>, %y: memref<2x4x16xf32>) attributes {mlu.kernel} {
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%y : memref<2x4x16xf32>)
    linalg.generic {indexing_maps = [affine_map<(n, i, j, l) -> (n, i, l)>, affine_map<(n, i, j, l) -> (j, l)>, affine_map<(n, i, j, l) -> (n, i, j)>],
                    iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %matrix : memref<2x4x8xf32>, memref<16x8xf32>) outs(%y : memref<2x4x16xf32>)
      attrs = {mlu.gather, mlu.resample = [unit, sparse<[[0, 0], [1, 0], [1, 1], [2, 0], [2, 1], [3, 1], [3, 2], [4, 1], [4, 2], [5, 2], [5, 3], [6, 2], [6, 3], [7, 3], [7, 4], [8, 3], [8, 4], [9, 4], [9, 5], [10, 4], [10, 5], [11, 5], [11, 6], [12, 5], [12, 6], [13, 6], [13, 7], [14, 6], [14, 7], [15, 7]], [1.0, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 1.0]> : tensor<16x8xf32>]} {
    ^bb0(%a: f32, %w: f32, %o: f32):
      %p = arith.mulf %a, %w : f32
      %s = arith.addf %o, %p : f32
      linalg.yield %s : f32
    }
    return
  }
}
