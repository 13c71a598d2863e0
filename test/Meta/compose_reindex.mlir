// RUN: metabang-opt %s -meta-compose-reindex -split-input-file | FileCheck %s

// A pad before a window is the window's overflow, if both put the same value outside.
// CHECK: #[[MAP:.*]] = affine_map<(d0, d1) -> (d0 + d1 - 1)>
// CHECK-LABEL: func.func @pad_then_window
// CHECK-NEXT:    %[[Y:.*]] = meta.reindex %arg0 map = #[[MAP]] overflow_value = 0.000000e+00 : f32 : (tensor<8xf32>) -> tensor<8x3xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @pad_then_window(%x: tensor<8xf32>) -> tensor<8x3xf32> {
  %0 = meta.pad %x low = [1] high = [1] value = 0.0 : f32 : tensor<8xf32> to tensor<10xf32>
  %1 = meta.reindex %0 map = affine_map<(i, k) -> (i + k)> overflow_value = 0.0 : f32 : (tensor<10xf32>) -> tensor<8x3xf32>
  return %1 : tensor<8x3xf32>
}

// -----
// The outer one overflows too, with the same value, and what is outside of the padded tensor is outside of x.
// CHECK: affine_map<(d0, d1) -> (d0 + d1 - 3)>
// CHECK-LABEL: func.func @pad_then_overflow
// CHECK-NEXT:    meta.reindex %arg0
// CHECK-NEXT:    return
func.func @pad_then_overflow(%x: tensor<8xf32>) -> tensor<12x3xf32> {
  %0 = meta.pad %x low = [1] high = [1] value = 0.0 : f32 : tensor<8xf32> to tensor<10xf32>
  %1 = meta.reindex %0 map = affine_map<(i, k) -> (i + k - 2)> overflow_value = 0.0 : f32 : (tensor<10xf32>) -> tensor<12x3xf32>
  return %1 : tensor<12x3xf32>
}

// -----
// Other values outside: two operators.
// CHECK-LABEL: func.func @other_value
// CHECK-NEXT:    meta.pad
// CHECK-NEXT:    meta.reindex
func.func @other_value(%x: tensor<8xf32>) -> tensor<12x3xf32> {
  %0 = meta.pad %x low = [1] high = [1] value = 1.0 : f32 : tensor<8xf32> to tensor<10xf32>
  %1 = meta.reindex %0 map = affine_map<(i, k) -> (i + k - 2)> overflow_value = 0.0 : f32 : (tensor<10xf32>) -> tensor<12x3xf32>
  return %1 : tensor<12x3xf32>
}

// -----
// An index outside of the slice may be inside of x: two operators.
// CHECK-LABEL: func.func @slice_then_overflow
// CHECK-NEXT:    meta.slice
// CHECK-NEXT:    meta.reindex
func.func @slice_then_overflow(%x: tensor<8xf32>) -> tensor<6xf32> {
  %0 = meta.slice %x offsets = [2] strides = [1] : tensor<8xf32> to tensor<4xf32>
  %1 = meta.reindex %0 map = affine_map<(i) -> (i - 1)> overflow_value = 0.0 : f32 : (tensor<4xf32>) -> tensor<6xf32>
  return %1 : tensor<6xf32>
}

// -----
// CHECK: affine_map<(d0, d1) -> (d1 * 2 + 2, d0)>
// CHECK-LABEL: func.func @slice_of_transpose
// CHECK-NEXT:    meta.reindex %arg0 {{.*}} : (tensor<8x4xf32>) -> tensor<4x3xf32>
// CHECK-NEXT:    return
func.func @slice_of_transpose(%x: tensor<8x4xf32>) -> tensor<4x3xf32> {
  %0 = meta.transpose %x perm = [1, 0] : tensor<8x4xf32> to tensor<4x8xf32>
  %1 = meta.slice %0 offsets = [0, 2] strides = [1, 2] : tensor<4x8xf32> to tensor<4x3xf32>
  return %1 : tensor<4x3xf32>
}

// -----
// A reindex that permutes or repeats dimensions is named so.
// CHECK-LABEL: func.func @named
// CHECK-NEXT:    %[[T:.*]] = meta.transpose %arg0 perm = [1, 0] : tensor<4x8xf32> to tensor<8x4xf32>
// CHECK-NEXT:    %[[B:.*]] = meta.broadcast %arg0 dims = [0, 2] : tensor<4x8xf32> to tensor<4x5x8xf32>
// CHECK-NEXT:    return %[[T]], %[[B]]
func.func @named(%x: tensor<4x8xf32>) -> (tensor<8x4xf32>, tensor<4x5x8xf32>) {
  %0 = meta.reindex %x map = affine_map<(i, j) -> (j, i)> overflow_value = 0.0 : f32 : (tensor<4x8xf32>) -> tensor<8x4xf32>
  %1 = meta.reindex %x map = affine_map<(i, j, k) -> (i, k)> overflow_value = 0.0 : f32 : (tensor<4x8xf32>) -> tensor<4x5x8xf32>
  return %0, %1 : tensor<8x4xf32>, tensor<4x5x8xf32>
}

// -----
// Reshape, transpose, reshape (a channel shuffle) would become one reindex with an address for each element: left alone.
// CHECK-LABEL: func.func @cheap_stays_cheap
// CHECK-NEXT:    meta.reindex
// CHECK-NEXT:    meta.transpose
// CHECK-NEXT:    meta.reindex
func.func @cheap_stays_cheap(%x: tensor<6x5xf32>) -> tensor<6x5xf32> {
  %0 = meta.reindex %x map = affine_map<(g, c, p) -> (g * 3 + c, p)> overflow_value = 0.0 : f32 : (tensor<6x5xf32>) -> tensor<2x3x5xf32>
  %1 = meta.transpose %0 perm = [1, 0, 2] : tensor<2x3x5xf32> to tensor<3x2x5xf32>
  %2 = meta.reindex %1 map = affine_map<(c, p) -> (c floordiv 2, c mod 2, p)> overflow_value = 0.0 : f32 : (tensor<3x2x5xf32>) -> tensor<6x5xf32>
  return %2 : tensor<6x5xf32>
}

// -----
// Two reshapes that cancel vanish.
// CHECK-LABEL: func.func @reshapes
// CHECK-NEXT:    return %arg0
func.func @reshapes(%x: tensor<6x5xf32>) -> tensor<6x5xf32> {
  %0 = meta.reindex %x map = affine_map<(i) -> (i floordiv 5, i mod 5)> overflow_value = 0.0 : f32 : (tensor<6x5xf32>) -> tensor<30xf32>
  %1 = meta.reindex %0 map = affine_map<(i, j) -> (i * 5 + j)> overflow_value = 0.0 : f32 : (tensor<30xf32>) -> tensor<6x5xf32>
  return %1 : tensor<6x5xf32>
}

// -----
// Conditions move along.
// CHECK: affine_set<(d0) : (d0 - 2 >= 0)>
// CHECK-LABEL: func.func @conditions
// CHECK-NEXT:    meta.reindex %arg0 {{.*}} conditions =
// CHECK-NEXT:    return
func.func @conditions(%x: tensor<8xf32>) -> tensor<4xf32> {
  %0 = meta.reindex %x map = affine_map<(i) -> (i)> overflow_value = 0.0 : f32 conditions = affine_set<(i) : (i - 3 >= 0)> : (tensor<8xf32>) -> tensor<8xf32>
  %1 = meta.slice %0 offsets = [1] strides = [1] : tensor<8xf32> to tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----
// A scatter to quotients is a pooling.
// CHECK-LABEL: func.func @pool_quotients
// CHECK: %[[W:.*]] = meta.reindex %arg0 {{.*}} : (tensor<8x10xf32>) -> tensor<4x5x2x2xf32>
// CHECK: meta.max %[[W]] dims = [2, 3] : tensor<4x5x2x2xf32> to tensor<4x5xf32>
func.func @pool_quotients(%y: tensor<8x10xf32>) -> tensor<4x5xf32> {
  %0 = meta.reindex_reduce "max" %y map = affine_map<(i, j) -> (i floordiv 2, j floordiv 2)>
     : (tensor<8x10xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----
// Of an argument windows that do not overlap are added up as they lie.
// CHECK-LABEL: func.func @add_quotients
// CHECK: %[[W:.*]] = meta.reindex %arg0 {{.*}} : (tensor<8x10xf32>) -> tensor<4x2x5x2xf32>
// CHECK: meta.reindex_reduce "add" %[[W]] map = #{{.*}} : (tensor<4x2x5x2xf32>) -> tensor<4x5xf32>
func.func @add_quotients(%y: tensor<8x10xf32>) -> tensor<4x5xf32> {
  %0 = meta.reindex_reduce "add" %y map = affine_map<(i, j) -> (i floordiv 2, j floordiv 2)>
     : (tensor<8x10xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----
// What is read on one side of a join is read of that side.
// CHECK-LABEL: func.func @one_side
// CHECK-NEXT: %[[S:.*]] = meta.slice %arg1 offsets = [0, 5]
// CHECK-NEXT: return %[[S]]
func.func @one_side(%a: tensor<4x10xf32>, %b: tensor<4x10xf32>) -> tensor<4x3xf32> {
  %j = meta.index dim = 1 : tensor<4x10xi32>
  %four = "meta.constant"() {value = dense<4> : tensor<4x10xi32>} : () -> tensor<4x10xi32>
  %c = meta.compare "lt" %j, %four : tensor<4x10xi32> to tensor<4x10xi1>
  %0 = meta.select %c, %a, %b : tensor<4x10xi1>, tensor<4x10xf32>
  %1 = meta.slice %0 offsets = [0, 5] strides = [1, 1] : tensor<4x10xf32> to tensor<4x3xf32>
  return %1 : tensor<4x3xf32>
}
