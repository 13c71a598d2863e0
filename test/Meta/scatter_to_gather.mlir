// RUN: metabang-opt %s -meta-scatter-to-gather -canonicalize -split-input-file | FileCheck %s

// The gradient of a convolution towards its input: the window runs forwards, the filter is turned round.
// CHECK: #[[WINDOW:.*]] = affine_map<(d0, d1) -> (d0 + d1 - 1)>
// CHECK: #[[TURN:.*]] = affine_map<(d0) -> (-d0 + 2)>
// CHECK-LABEL: func.func @window
// CHECK-DAG:     %[[G:.*]] = meta.reindex %arg0 map = #[[WINDOW]] {{.*}} : (tensor<8xf32>) -> tensor<8x3xf32>
// CHECK-DAG:     %[[W:.*]] = meta.reindex %arg1 map = #[[TURN]] {{.*}} : (tensor<3xf32>) -> tensor<3xf32>
// CHECK:         %[[R:.*]] = meta.reindex %[[W]] {{.*}} : (tensor<3xf32>) -> tensor<8x3xf32>
// CHECK:         %[[P:.*]] = meta.binary "mul" %[[G]], %[[R]]
// CHECK:         meta.sum %[[P]] dims = [1] : tensor<8x3xf32> to tensor<8xf32>
// CHECK-NOT:     meta.reindex_reduce
func.func @window(%g: tensor<8xf32>, %w: tensor<3xf32>) -> tensor<8xf32> {
  %0 = meta.broadcast %g dims = [0] : tensor<8xf32> to tensor<8x3xf32>
  %1 = meta.broadcast %w dims = [1] : tensor<3xf32> to tensor<8x3xf32>
  %2 = meta.binary "mul" %0, %1 : tensor<8x3xf32>
  %3 = meta.reindex_reduce "add" %2 map = affine_map<(i, k) -> (i + k - 1)> : (tensor<8x3xf32>) -> tensor<8xf32>
  return %3 : tensor<8xf32>
}

// -----
// A stride puts zeros between the elements.
// CHECK-LABEL: func.func @strided
// CHECK:         %[[PAD:.*]] = meta.pad %{{.*}} low = [0, 0] high = [0, 1] {{.*}} to tensor<4x2xf32>
// CHECK:         %[[FLAT:.*]] = meta.reindex %[[PAD]] {{.*}} -> tensor<8xf32>
// CHECK:         meta.reindex %[[FLAT]]
// CHECK:         meta.sum
func.func @strided(%g: tensor<4xf32>) -> tensor<9xf32> {
  %0 = meta.broadcast %g dims = [0] : tensor<4xf32> to tensor<4x3xf32>
  %1 = meta.reindex_reduce "add" %0 map = affine_map<(i, k) -> (i * 2 + k)> : (tensor<4x3xf32>) -> tensor<9xf32>
  return %1 : tensor<9xf32>
}

// -----
// The window under a comparison is undone: x itself is read. Nothing reads outside, because what is selected is zero there.
// CHECK-LABEL: func.func @largest
// CHECK:         %[[X:.*]] = meta.reindex %arg0 map = #{{.*}} overflow_value = 0xFF800000 : f32 : (tensor<8xf32>) -> tensor<8x3xf32>
// CHECK:         meta.compare "eq" %[[X]]
// CHECK:         meta.select
// CHECK:         meta.sum
func.func @largest(%x: tensor<8xf32>, %max: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> {
  %zero = meta.constant dense<0.0> : tensor<8x3xf32>
  %0 = meta.reindex %x map = affine_map<(i, k) -> (i + k - 1)> overflow_value = 0xFF800000 : f32 : (tensor<8xf32>) -> tensor<8x3xf32>
  %1 = meta.broadcast %max dims = [0] : tensor<8xf32> to tensor<8x3xf32>
  %2 = meta.compare "eq" %0, %1 : tensor<8x3xf32> to tensor<8x3xi1>
  %3 = meta.broadcast %g dims = [0] : tensor<8xf32> to tensor<8x3xf32>
  %4 = meta.select %2, %3, %zero : tensor<8x3xi1>, tensor<8x3xf32>
  %5 = meta.reindex_reduce "add" %4 map = affine_map<(i, k) -> (i + k - 1)> : (tensor<8x3xf32>) -> tensor<8xf32>
  return %5 : tensor<8xf32>
}

// -----
// A sum with a constant is not zero outside: the whole operand is read, and that is zero outside.
// CHECK-LABEL: func.func @not_zero_outside
// CHECK:         %[[S:.*]] = meta.binary "add"
// CHECK:         %[[T:.*]] = meta.reindex %[[S]] {{.*}} : (tensor<8x3xf32>) -> tensor<8x3xf32>
// CHECK:         %[[R:.*]] = meta.reindex %[[T]] {{.*}} : (tensor<8x3xf32>) -> tensor<10x3xf32>
// CHECK:         meta.sum %[[R]] dims = [1]
func.func @not_zero_outside(%g: tensor<8xf32>) -> tensor<10xf32> {
  %one = meta.constant dense<1.0> : tensor<8x3xf32>
  %0 = meta.broadcast %g dims = [0] : tensor<8xf32> to tensor<8x3xf32>
  %1 = meta.binary "add" %0, %one : tensor<8x3xf32>
  %2 = meta.reindex_reduce "add" %1 map = affine_map<(i, k) -> (i + k)> : (tensor<8x3xf32>) -> tensor<10xf32>
  return %2 : tensor<10xf32>
}

// -----
// No dimension of its own: a histogram, a diagonal; another reduction than a sum.
// CHECK-LABEL: func.func @stays
// CHECK-COUNT-3: meta.reindex_reduce
func.func @stays(%x: tensor<4x4xf32>, %bins: tensor<4x4xi32>) -> (tensor<5xf32>, tensor<4x4xf32>, tensor<7xf32>) {
  %0 = meta.reindex_reduce "add" %x, %bins map = affine_map<(i, j)[s0] -> (s0)> : (tensor<4x4xf32>, tensor<4x4xi32>) -> tensor<5xf32>
  %1 = meta.reindex_reduce "add" %x map = affine_map<(i, j) -> (i, i)> : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = meta.reindex_reduce "max" %x map = affine_map<(i, j) -> (i + j)> : (tensor<4x4xf32>) -> tensor<7xf32>
  return %0, %1, %2 : tensor<5xf32>, tensor<4x4xf32>, tensor<7xf32>
}
