// RUN: metabang-opt %s -split-input-file -meta-scatter-to-gather -canonicalize | FileCheck %s

// Windows that are an argument, with a dilation of 2: taps first, and three planes are shifted and added.

// CHECK-LABEL: func.func @windows
// CHECK: %[[T:.*]] = meta.transpose %arg0 perm = [2, 0, 1] : tensor<4x8x3xf32> to tensor<3x4x8xf32>
// CHECK: %[[FLAT:.*]] = meta.reindex %[[T]] {{.*}} -> tensor<12x8xf32>
// CHECK: meta.slice %[[FLAT]] offsets = [0, 0] strides = [1, 1] : tensor<12x8xf32> to tensor<4x8xf32>
// CHECK: meta.reindex
// CHECK: meta.slice %[[FLAT]] offsets = [4, 0]
// CHECK: meta.reindex {{.*}} map = #{{.*}}
// CHECK: meta.binary "add"
// CHECK: meta.slice %[[FLAT]] offsets = [8, 0]
// CHECK: meta.reindex
// CHECK: meta.binary "add"
// CHECK-NOT: meta.reindex_reduce
func.func @windows(%y: tensor<4x8x3xf32>) -> tensor<4x12xf32> {
  %0 = meta.reindex_reduce "add" %y map = affine_map<(c, i, k) -> (c, i + k * 2)> : (tensor<4x8x3xf32>) -> tensor<4x12xf32>
  return %0 : tensor<4x12xf32>
}
