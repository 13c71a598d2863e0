// RUN: metabang-opt %s -split-input-file -meta-scatter-to-gather -canonicalize | FileCheck %s

// Windows of integers that are an argument, with a dilation of 2: taps first, and three planes are shifted and added.

// CHECK-LABEL: func.func @windows
// CHECK: %[[T:.*]] = meta.transpose %arg0 perm = [2, 0, 1] : tensor<4x8x3xi32> to tensor<3x4x8xi32>
// CHECK: %[[FLAT:.*]] = meta.reindex %[[T]] {{.*}} -> tensor<12x8xi32>
// CHECK: meta.slice %[[FLAT]] offsets = [0, 0] strides = [1, 1] : tensor<12x8xi32> to tensor<4x8xi32>
// CHECK: meta.reindex
// CHECK: meta.slice %[[FLAT]] offsets = [4, 0]
// CHECK: meta.reindex {{.*}} map = #{{.*}}
// CHECK: meta.binary "add"
// CHECK: meta.slice %[[FLAT]] offsets = [8, 0]
// CHECK: meta.reindex
// CHECK: meta.binary "add"
// CHECK-NOT: meta.reindex_reduce
func.func @windows(%y: tensor<4x8x3xi32>) -> tensor<4x12xi32> {
  %0 = meta.reindex_reduce "add" %y map = affine_map<(c, i, k) -> (c, i + k * 2)> : (tensor<4x8x3xi32>) -> tensor<4x12xi32>
  return %0 : tensor<4x12xi32>
}

// -----

// Of floats the windows stay a sum, which has a kernel of its own; also where they are reshaped, or a product.

// CHECK-LABEL: func.func @floats
// CHECK: meta.reindex_reduce
// CHECK: meta.reindex_reduce
func.func @floats(%y: tensor<4x8x3xf32>, %flat: tensor<96xf32>) -> (tensor<4x12xf32>, tensor<4x12xf32>) {
  %0 = meta.reindex_reduce "add" %y map = affine_map<(c, i, k) -> (c, i + k * 2)> : (tensor<4x8x3xf32>) -> tensor<4x12xf32>
  %1 = meta.reindex %flat map = affine_map<(c, i, k) -> (c * 24 + i * 3 + k)> overflow_value = 0.0 : f32 : (tensor<96xf32>) -> tensor<4x8x3xf32>
  %2 = meta.reindex_reduce "add" %1 map = affine_map<(c, i, k) -> (c, i + k * 2)> : (tensor<4x8x3xf32>) -> tensor<4x12xf32>
  return %0, %2 : tensor<4x12xf32>, tensor<4x12xf32>
}

// -----

// 33 taps are more than a kernel is written for, and rows of 20000 windows do not fit on the chip.

// CHECK-LABEL: func.func @too_large
// CHECK-NOT: meta.reindex_reduce
func.func @too_large(%y: tensor<4x80x33xf32>, %wide: tensor<4x20000x3xf32>) -> (tensor<4x112xf32>, tensor<4x20002xf32>) {
  %0 = meta.reindex_reduce "add" %y map = affine_map<(c, i, k) -> (c, i + k)> : (tensor<4x80x33xf32>) -> tensor<4x112xf32>
  %1 = meta.reindex_reduce "add" %wide map = affine_map<(c, i, k) -> (c, i + k)> : (tensor<4x20000x3xf32>) -> tensor<4x20002xf32>
  return %0, %1 : tensor<4x112xf32>, tensor<4x20002xf32>
}
