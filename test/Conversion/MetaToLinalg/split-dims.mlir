// RUN: metabang-opt %s -split-input-file -convert-meta-to-linalg -canonicalize | FileCheck %s

// An upsampling by 2 reads i floordiv 2 and j floordiv 2: over i = 2 m + r that is a linear map, and a reshape.

// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3)>
// CHECK-LABEL: func.func @upsampling
// CHECK: %[[Y:.*]] = linalg.generic {indexing_maps = [#[[READ]], #{{.*}}]
// CHECK-SAME: tensor<3x4x5xf32>) outs(%{{.*}} : tensor<3x4x2x5x2xf32>)
// CHECK-NOT: arith.divsi
// CHECK: tensor.collapse_shape %[[Y]] {{\[}}[0], [1, 2], [3, 4]] : tensor<3x4x2x5x2xf32> into tensor<3x8x10xf32>
func.func @upsampling(%x: tensor<3x4x5xf32>) -> tensor<3x8x10xf32> {
  %0 = meta.reindex %x map = affine_map<(c, i, j) -> (c, (i * 4) floordiv 8, j floordiv 2)> overflow_value = 0.0 : f32
     : (tensor<3x4x5xf32>) -> tensor<3x8x10xf32>
  return %0 : tensor<3x8x10xf32>
}

// -----

// A repetition reads i mod 4.

// CHECK-LABEL: func.func @repetition
// CHECK: linalg.generic
// CHECK-SAME: ins(%{{.*}} : tensor<4xf32>) outs(%{{.*}} : tensor<3x4xf32>)
// CHECK: tensor.collapse_shape
func.func @repetition(%x: tensor<4xf32>) -> tensor<12xf32> {
  %0 = meta.reindex %x map = affine_map<(i) -> (i mod 4)> overflow_value = 0.0 : f32 : (tensor<4xf32>) -> tensor<12xf32>
  return %0 : tensor<12xf32>
}

// -----

// By 3 / 2 no divisor of the size is read: an address for each element.

// CHECK-LABEL: func.func @by_three_halves
// CHECK: mlu.gather
func.func @by_three_halves(%x: tensor<8xf32>) -> tensor<12xf32> {
  %0 = meta.reindex %x map = affine_map<(i) -> ((i * 2) floordiv 3)> overflow_value = 0.0 : f32
     : (tensor<8xf32>) -> tensor<12xf32>
  return %0 : tensor<12xf32>
}
