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
// A choice for each window: windows are shifted and added, one shift for each whole stride in a window.
// CHECK-LABEL: func.func @largest
// CHECK:         %[[S:.*]] = meta.select
// CHECK:         %[[A:.*]] = meta.slice %[[S]] offsets = [0, 0] {{.*}} to tensor<8x1xf32>
// CHECK:         %[[AP:.*]] = meta.pad %[[A]] low = [0, 0] high = [2, 0]
// CHECK:         %[[B:.*]] = meta.slice %[[S]] offsets = [0, 1]
// CHECK:         %[[BP:.*]] = meta.pad %[[B]] low = [1, 0] high = [1, 0]
// CHECK:         %[[AB:.*]] = meta.binary "add" %[[AP]], %[[BP]] : tensor<10x1xf32>
// CHECK:         %[[C:.*]] = meta.slice %[[S]] offsets = [0, 2]
// CHECK:         %[[CP:.*]] = meta.pad %[[C]] low = [2, 0] high = [0, 0]
// CHECK:         meta.binary "add" %[[AB]], %[[CP]]
// CHECK:         meta.slice {{.*}} offsets = [1] strides = [1] : tensor<10xf32> to tensor<8xf32>
// CHECK-NOT:     meta.reindex_reduce
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
// A product of sums with a constant is not zero outside: the whole operand is read, and that is zero outside.
// CHECK-LABEL: func.func @not_zero_outside
// CHECK:         %[[S:.*]] = meta.binary "mul"
// CHECK:         %[[T:.*]] = meta.reindex %[[S]] {{.*}} : (tensor<8x3xf32>) -> tensor<8x3xf32>
// CHECK:         %[[R:.*]] = meta.reindex %[[T]] {{.*}} : (tensor<8x3xf32>) -> tensor<10x3xf32>
// CHECK:         meta.sum %[[R]] dims = [1]
func.func @not_zero_outside(%g: tensor<8xf32>) -> tensor<10xf32> {
  %one = meta.constant dense<1.0> : tensor<8x3xf32>
  %two = meta.constant dense<2.0> : tensor<8x3xf32>
  %0 = meta.broadcast %g dims = [0] : tensor<8xf32> to tensor<8x3xf32>
  %s = meta.binary "add" %0, %one : tensor<8x3xf32>
  %1 = meta.binary "mul" %s, %two : tensor<8x3xf32>
  %2 = meta.reindex_reduce "add" %1 map = affine_map<(i, k) -> (i + k)> : (tensor<8x3xf32>) -> tensor<10xf32>
  return %2 : tensor<10xf32>
}

// -----
// Stride 2: taps become shifts and rests. Three taps are two shifts of two rests; two taps are no shift at all.
// CHECK-LABEL: func.func @overlapping
// CHECK:         meta.pad {{.*}} low = [0, 0] high = [0, 1] {{.*}} to tensor<4x4xf32>
// CHECK:         meta.slice {{.*}} offsets = [0, 0] {{.*}} to tensor<4x2xf32>
// CHECK:         meta.slice {{.*}} offsets = [0, 2] {{.*}} to tensor<4x2xf32>
// CHECK:         %[[S:.*]] = meta.binary "add" {{.*}} : tensor<5x2xf32>
// CHECK:         %[[F:.*]] = meta.reindex %[[S]] {{.*}} -> tensor<10xf32>
// CHECK:         meta.slice %[[F]] offsets = [1] strides = [1] : tensor<10xf32> to tensor<8xf32>
func.func @overlapping(%x: tensor<4x3xf32>) -> tensor<8xf32> {
  %0 = meta.unary "exp" %x : tensor<4x3xf32>
  %1 = meta.reindex_reduce "add" %0 map = affine_map<(i, k) -> (i * 2 + k - 1)> : (tensor<4x3xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// CHECK-LABEL: func.func @side_by_side
// CHECK-NOT:     meta.binary
// CHECK:         %[[F:.*]] = meta.reindex {{.*}} -> tensor<8xf32>
// CHECK:         return %[[F]]
func.func @side_by_side(%x: tensor<4x2xf32>) -> tensor<8xf32> {
  %0 = meta.unary "exp" %x : tensor<4x2xf32>
  %1 = meta.reindex_reduce "add" %0 map = affine_map<(i, k) -> (i * 2 + k)> : (tensor<4x2xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// -----
// Groups of channels are a dimension, and the result a reshape.
// CHECK-LABEL: func.func @groups
// CHECK:         %[[S:.*]] = meta.sum {{.*}} to tensor<2x3x8xf32>
// CHECK:         meta.reindex %[[S]] {{.*}} -> tensor<6x8xf32>
func.func @groups(%y: tensor<2x3x8x3xf32>, %w: tensor<3xf32>) -> tensor<6x8xf32> {
  %0 = meta.broadcast %w dims = [3] : tensor<3xf32> to tensor<2x3x8x3xf32>
  %1 = meta.binary "mul" %y, %0 : tensor<2x3x8x3xf32>
  %2 = meta.reindex_reduce "add" %1 map = affine_map<(g, c, i, k) -> (g * 3 + c, i + k - 1)> : (tensor<2x3x8x3xf32>) -> tensor<6x8xf32>
  return %2 : tensor<6x8xf32>
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

// -----

// Nearest resizing by 3/2: at most two of the three places that read an element come to it.

// CHECK-DAG: #[[READ:.*]] = affine_map<(d0, d1, d2) -> (d0, d2 + (d1 * 3 + 1) floordiv 2)>
// CHECK-LABEL: func.func @quotient
// CHECK:         %[[R:.*]] = meta.reindex %arg0 map = #[[READ]] {{.*}} conditions = {{.*}} : (tensor<2x10xf32>) -> tensor<2x7x2xf32>
// CHECK-NEXT:    meta.sum %[[R]] dims = [2] : tensor<2x7x2xf32> to tensor<2x7xf32>
// CHECK-NOT:     meta.reindex_reduce
func.func @quotient(%y: tensor<2x10xf32>) -> tensor<2x7xf32> {
  %0 = meta.reindex_reduce "add" %y map = affine_map<(n, i) -> (n, i * 2 floordiv 3)> : (tensor<2x10xf32>) -> tensor<2x7xf32>
  return %0 : tensor<2x7xf32>
}

// -----

// The windows of an adaptive pool, and what they select: the image is read where it lies, the rest by window.

// CHECK-LABEL: func.func @adaptive
// CHECK-DAG:     %[[X:.*]] = meta.reindex %arg0 map = {{.*}} : (tensor<11xf32>) -> tensor<11x2xf32>
// CHECK-DAG:     %[[G:.*]] = meta.reindex %arg1 {{.*}} conditions = {{.*}} : (tensor<4xf32>) -> tensor<11x2xf32>
// CHECK:         %[[P:.*]] = meta.binary "mul" %[[X]], %[[G]]
// CHECK:         meta.sum %[[P]] dims = [1] : tensor<11x2xf32> to tensor<11xf32>
// CHECK-NOT:     meta.reindex_reduce
func.func @adaptive(%x: tensor<11xf32>, %g: tensor<4xf32>) -> tensor<11xf32> {
  %0 = meta.reindex %x map = affine_map<(i, k) -> ((i * 11) floordiv 4 + k)> overflow_value = 1.0 : f32 conditions = affine_set<(i, k) : ((i * 11 + 14) floordiv 4 - ((i * 11) floordiv 4 + k) - 1 >= 0)> : (tensor<11xf32>) -> tensor<4x4xf32>
  %1 = meta.broadcast %g dims = [0] : tensor<4xf32> to tensor<4x4xf32>
  %2 = meta.binary "mul" %0, %1 : tensor<4x4xf32>
  %3 = meta.reindex_reduce "add" %2 map = affine_map<(i, k) -> ((i * 11) floordiv 4 + k)> conditions = affine_set<(i, k) : ((i * 11 + 14) floordiv 4 - ((i * 11) floordiv 4 + k) - 1 >= 0)> : (tensor<4x4xf32>) -> tensor<11xf32>
  return %3 : tensor<11xf32>
}

// -----

// Whole pairs: the sum over a part of the dimension that SplitDims makes of it needs no condition. Left alone.

// CHECK-LABEL: func.func @halves
// CHECK:         meta.reindex_reduce "add"
func.func @halves(%y: tensor<2x10xf32>) -> tensor<2x5xf32> {
  %0 = meta.reindex_reduce "add" %y map = affine_map<(n, i) -> (n, i floordiv 2)> : (tensor<2x10xf32>) -> tensor<2x5xf32>
  return %0 : tensor<2x5xf32>
}
