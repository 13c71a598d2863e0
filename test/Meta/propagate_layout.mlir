// RUN: metabang-opt %s -meta-propagate-layout -canonicalize -split-input-file | FileCheck %s

// Convolution, element-wise neighbours, pooling: one transpose in, one out, the filter's on its argument.
// CHECK: #[[CONV:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 + d3 - 1, d2 + d4 - 1, d6)>
// CHECK: #[[POOL:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d3, d2 * 2 + d4, d5)>
// CHECK-LABEL: func.func @conv_and_pool
// CHECK-DAG:     %[[X:.*]] = meta.transpose %arg0 perm = [0, 2, 3, 1] : tensor<1x3x8x8xf32> to tensor<1x8x8x3xf32>
// CHECK-DAG:     %[[W:.*]] = meta.transpose %arg1 perm = [0, 2, 3, 1] : tensor<4x3x3x3xf32> to tensor<4x3x3x3xf32>
// CHECK:         %[[P:.*]] = meta.reindex %[[X]] map = #[[CONV]] {{.*}} -> tensor<1x8x8x3x3x4x3xf32>
// CHECK:         %[[F:.*]] = meta.broadcast %[[W]] dims = [5, 3, 4, 6]
// CHECK:         %[[M:.*]] = meta.binary "mul" %[[P]], %[[F]]
// CHECK:         %[[C:.*]] = meta.sum %[[M]] dims = [3, 4, 6] : {{.*}} to tensor<1x8x8x4xf32>
// CHECK:         %[[B:.*]] = meta.broadcast %arg2 dims = [3] : tensor<4xf32> to tensor<1x8x8x4xf32>
// CHECK:         %[[A:.*]] = meta.binary "add" %[[C]], %[[B]]
// CHECK:         %[[I:.*]] = meta.reindex %[[A]] map = #[[POOL]]
// CHECK:         %[[O:.*]] = meta.max %[[I]] dims = [3, 4] : {{.*}} to tensor<1x4x4x4xf32>
// CHECK:         %[[R:.*]] = meta.transpose %[[O]] perm = [0, 3, 1, 2]
// CHECK-NOT:     meta.transpose
// CHECK:         return %[[R]]
func.func @conv_and_pool(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32> {meta.constant}, %b: tensor<4xf32> {meta.constant}) -> tensor<1x4x4x4xf32> {
  %0 = meta.reindex %x map = affine_map<(n, o, y, x, c, v, u) -> (n, c, y + v - 1, x + u - 1)> overflow_value = 0.0 : f32 : (tensor<1x3x8x8xf32>) -> tensor<1x4x8x8x3x3x3xf32>
  %1 = meta.broadcast %w dims = [1, 4, 5, 6] : tensor<4x3x3x3xf32> to tensor<1x4x8x8x3x3x3xf32>
  %2 = meta.binary "mul" %0, %1 : tensor<1x4x8x8x3x3x3xf32>
  %3 = meta.sum %2 dims = [4, 5, 6] : tensor<1x4x8x8x3x3x3xf32> to tensor<1x4x8x8xf32>
  %4 = meta.broadcast %b dims = [1] : tensor<4xf32> to tensor<1x4x8x8xf32>
  %5 = meta.binary "add" %3, %4 : tensor<1x4x8x8xf32>
  %6 = meta.reindex %5 map = affine_map<(n, c, y, x, v, u) -> (n, c, y * 2 + v, x * 2 + u)> overflow_value = 0xFF800000 : f32 : (tensor<1x4x8x8xf32>) -> tensor<1x4x4x4x2x2xf32>
  %7 = meta.max %6 dims = [4, 5] : tensor<1x4x4x4x2x2xf32> to tensor<1x4x4x4xf32>
  return %7 : tensor<1x4x4x4xf32>
}

// -----
// A depthwise filter becomes (kh, kw, 1, c).
// CHECK: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d3, d4, 0, d5)>
// CHECK-LABEL: func.func @depthwise
// CHECK:         %[[T:.*]] = meta.transpose %arg1 perm = [2, 3, 1, 0] : tensor<5x1x3x3xf32> to tensor<3x3x1x5xf32>
// CHECK:         meta.reindex %[[T]] map = #[[W]]
func.func @depthwise(%x: tensor<1x5x8x8xf32>, %w: tensor<5x1x3x3xf32> {meta.constant}) -> tensor<1x5x6x6xf32> {
  %0 = meta.reindex %x map = affine_map<(n, c, y, x, v, u) -> (n, c, y + v, x + u)> overflow_value = 0.0 : f32 : (tensor<1x5x8x8xf32>) -> tensor<1x5x6x6x3x3xf32>
  %1 = meta.reindex %w map = affine_map<(n, c, y, x, v, u) -> (c, 0, v, u)> overflow_value = 0.0 : f32 : (tensor<5x1x3x3xf32>) -> tensor<1x5x6x6x3x3xf32>
  %2 = meta.binary "mul" %0, %1 : tensor<1x5x6x6x3x3xf32>
  %3 = meta.sum %2 dims = [4, 5] : tensor<1x5x6x6x3x3xf32> to tensor<1x5x6x6xf32>
  return %3 : tensor<1x5x6x6xf32>
}

// -----
// pad, slice, select, compare, index and constant follow; a reduction of the pixels needs no transpose behind it.
// CHECK-LABEL: func.func @neighbours
// CHECK-DAG:     meta.constant dense<{{\[\[\[\[}}0.000000e+00, 2.000000e+00], [1.000000e+00, 3.000000e+00]]]]> : tensor<1x1x2x2xf32>
// CHECK-DAG:     meta.index dim = 2 : tensor<1x1x2x2xf32>
// CHECK-DAG:     meta.max {{.*}} to tensor<1x1x2x2xf32>
// CHECK:         meta.pad {{.*}} low = [0, 1, 2, 0] high = [0, 0, 0, 0]
// CHECK:         meta.slice {{.*}} offsets = [0, 0, 1, 0] strides = [1, 1, 1, 1] : tensor<1x2x4x2xf32> to tensor<1x2x3x2xf32>
// CHECK:         %[[S:.*]] = meta.sum {{.*}} dims = [1, 2] : tensor<1x2x3x2xf32> to tensor<1x2xf32>
// CHECK-NEXT:    return %[[S]]
func.func @neighbours(%x: tensor<1x2x2x4xf32>) -> tensor<1x2xf32> {
  %c = meta.constant dense<[[[[0.0, 1.0]], [[2.0, 3.0]]]]> : tensor<1x2x1x2xf32>
  %0 = meta.reindex %x map = affine_map<(n, c, y, x, v, u) -> (n, c, y * 2 + v, x * 2 + u)> overflow_value = 0xFF800000 : f32 : (tensor<1x2x2x4xf32>) -> tensor<1x2x1x2x2x2xf32>
  %1 = meta.max %0 dims = [4, 5] : tensor<1x2x1x2x2x2xf32> to tensor<1x2x1x2xf32>
  %2 = meta.compare "lt" %1, %c : tensor<1x2x1x2xf32> to tensor<1x2x1x2xi1>
  %i = meta.index dim = 3 : tensor<1x2x1x2xf32>
  %3 = meta.select %2, %1, %i : tensor<1x2x1x2xi1>, tensor<1x2x1x2xf32>
  %4 = meta.pad %3 low = [0, 0, 1, 2] high = [0, 0, 0, 0] value = 0.0 : f32 : tensor<1x2x1x2xf32> to tensor<1x2x2x4xf32>
  %5 = meta.slice %4 offsets = [0, 0, 0, 1] strides = [1, 1, 1, 1] : tensor<1x2x2x4xf32> to tensor<1x2x2x3xf32>
  %6 = meta.sum %5 dims = [2, 3] : tensor<1x2x2x3xf32> to tensor<1x2xf32>
  return %6 : tensor<1x2xf32>
}

// -----
// A reshape that mixes channels and pixels sees NCHW.
// CHECK-LABEL: func.func @flatten
// CHECK:         %[[M:.*]] = meta.max {{.*}} to tensor<2x2x2x3xf32>
// CHECK:         %[[T:.*]] = meta.transpose %[[M]] perm = [0, 3, 1, 2] : tensor<2x2x2x3xf32> to tensor<2x3x2x2xf32>
// CHECK:         meta.reindex %[[T]] {{.*}} : (tensor<2x3x2x2xf32>) -> tensor<2x12xf32>
func.func @flatten(%x: tensor<2x3x4x4xf32>) -> tensor<2x12xf32> {
  %0 = meta.reindex %x map = affine_map<(n, c, y, x, v, u) -> (n, c, y * 2 + v, x * 2 + u)> overflow_value = 0xFF800000 : f32 : (tensor<2x3x4x4xf32>) -> tensor<2x3x2x2x2x2xf32>
  %1 = meta.max %0 dims = [4, 5] : tensor<2x3x2x2x2x2xf32> to tensor<2x3x2x2xf32>
  %2 = meta.reindex %1 map = affine_map<(n, k) -> (n, k floordiv 4, (k floordiv 2) mod 2, k mod 2)> overflow_value = 0.0 : f32 : (tensor<2x3x2x2xf32>) -> tensor<2x12xf32>
  return %2 : tensor<2x12xf32>
}

// -----
// One that joins groups of channels hands the layout on.
// CHECK-LABEL: func.func @join_channels
// CHECK-NEXT:    meta.transpose %arg0 perm = [0, 2, 3, 1]
// CHECK-NOT:     meta.transpose
// CHECK:         %[[M:.*]] = meta.max {{.*}} to tensor<1x2x2x2x3xf32>
// CHECK-NEXT:    %[[J:.*]] = meta.reindex %[[M]] {{.*}} : (tensor<1x2x2x2x3xf32>) -> tensor<1x2x2x6xf32>
// CHECK-NEXT:    meta.transpose %[[J]] perm = [0, 3, 1, 2]
func.func @join_channels(%x: tensor<1x6x4x4xf32>) -> tensor<1x6x2x2xf32> {
  %0 = meta.reindex %x map = affine_map<(n, g, c, y, x, v, u) -> (n, g * 3 + c, y * 2 + v, x * 2 + u)> overflow_value = 0xFF800000 : f32 : (tensor<1x6x4x4xf32>) -> tensor<1x2x3x2x2x2x2xf32>
  %1 = meta.max %0 dims = [5, 6] : tensor<1x2x3x2x2x2x2xf32> to tensor<1x2x3x2x2xf32>
  %2 = meta.reindex %1 map = affine_map<(n, c, y, x) -> (n, c floordiv 3, c mod 3, y, x)> overflow_value = 0.0 : f32 : (tensor<1x2x3x2x2xf32>) -> tensor<1x6x2x2xf32>
  return %2 : tensor<1x6x2x2xf32>
}

// -----
// No convolution, no pooling: attention scores stay as they are.
// CHECK-LABEL: func.func @attention
// CHECK-NOT:     meta.transpose
// CHECK:         meta.sum {{.*}} dims = [4] : {{.*}} to tensor<2x3x5x7xf32>
func.func @attention(%q: tensor<2x3x5x4xf32>, %k: tensor<2x3x7x4xf32>) -> tensor<2x3x5x7xf32> {
  %0 = meta.broadcast %q dims = [0, 1, 2, 4] : tensor<2x3x5x4xf32> to tensor<2x3x5x7x4xf32>
  %1 = meta.broadcast %k dims = [0, 1, 3, 4] : tensor<2x3x7x4xf32> to tensor<2x3x5x7x4xf32>
  %2 = meta.binary "mul" %0, %1 : tensor<2x3x5x7x4xf32>
  %3 = meta.sum %2 dims = [4] : tensor<2x3x5x7x4xf32> to tensor<2x3x5x7xf32>
  return %3 : tensor<2x3x5x7xf32>
}

// -----
// An optimiser's update keeps the user's layout: a transpose of the filter for the convolution, one of its gradient
// (here another convolution's filter), none of averages and results.
// CHECK-LABEL: func.func @update
// CHECK-DAG:     %[[W:.*]] = meta.transpose %arg1 perm = [0, 2, 3, 1]
// CHECK-DAG:     %[[G:.*]] = meta.transpose %arg2 perm = [0, 2, 3, 1]
// CHECK:         meta.broadcast %[[W]]
// CHECK:         meta.broadcast %[[G]]
// CHECK:         %[[GW:.*]] = meta.binary "mul" %arg2, %arg1
// CHECK-NOT:     meta.transpose {{.*}}tensor<4x
// CHECK:         %[[M:.*]] = meta.binary "add" %arg3,
// CHECK:         %[[P:.*]] = meta.binary "sub" %arg1, %[[M]]
// CHECK:         return {{.*}}, %[[M]], %[[P]]
func.func @update(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %g: tensor<4x3x3x3xf32>, %m: tensor<4x3x3x3xf32>) -> (tensor<1x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4x3x3x3xf32>) {
  %0 = meta.reindex %x map = affine_map<(n, o, y, x, c, v, u) -> (n, c, y + v - 1, x + u - 1)> overflow_value = 0.0 : f32 : (tensor<1x3x8x8xf32>) -> tensor<1x4x8x8x3x3x3xf32>
  %1 = meta.broadcast %w dims = [1, 4, 5, 6] : tensor<4x3x3x3xf32> to tensor<1x4x8x8x3x3x3xf32>
  %2 = meta.binary "mul" %0, %1 : tensor<1x4x8x8x3x3x3xf32>
  %3 = meta.sum %2 dims = [4, 5, 6] : tensor<1x4x8x8x3x3x3xf32> to tensor<1x4x8x8xf32>
  %4 = meta.broadcast %g dims = [1, 4, 5, 6] : tensor<4x3x3x3xf32> to tensor<1x4x8x8x3x3x3xf32>
  %5 = meta.binary "mul" %0, %4 : tensor<1x4x8x8x3x3x3xf32>
  %6 = meta.sum %5 dims = [4, 5, 6] : tensor<1x4x8x8x3x3x3xf32> to tensor<1x4x8x8xf32>
  %7 = meta.binary "add" %3, %6 : tensor<1x4x8x8xf32>
  %8 = meta.max %7 dims = [1] : tensor<1x4x8x8xf32> to tensor<1x8x8xf32>
  %9 = meta.binary "mul" %g, %w : tensor<4x3x3x3xf32>
  %10 = meta.binary "add" %m, %9 : tensor<4x3x3x3xf32>
  %11 = meta.binary "sub" %w, %10 : tensor<4x3x3x3xf32>
  return %8, %10, %11 : tensor<1x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4x3x3x3xf32>
}

// -----
// One result behind a convolution stays in its layout, where it may be computed in the convolution's kernel.
// CHECK-LABEL: func.func @epilogue
// CHECK:         %[[C:.*]] = meta.sum
// CHECK:         %[[R:.*]] = meta.unary "exp" %[[C]]
// CHECK:         meta.transpose %[[R]] perm = [0, 3, 1, 2]
func.func @epilogue(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32> {
  %0 = meta.reindex %x map = affine_map<(n, o, y, x, c, v, u) -> (n, c, y + v - 1, x + u - 1)> overflow_value = 0.0 : f32 : (tensor<1x3x8x8xf32>) -> tensor<1x4x8x8x3x3x3xf32>
  %1 = meta.broadcast %w dims = [1, 4, 5, 6] : tensor<4x3x3x3xf32> to tensor<1x4x8x8x3x3x3xf32>
  %2 = meta.binary "mul" %0, %1 : tensor<1x4x8x8x3x3x3xf32>
  %3 = meta.sum %2 dims = [4, 5, 6] : tensor<1x4x8x8x3x3x3xf32> to tensor<1x4x8x8xf32>
  %4 = meta.unary "exp" %3 : tensor<1x4x8x8xf32>
  return %4 : tensor<1x4x8x8xf32>
}

// -----

// A sum along a diagonal (of planes and taps) is computed in the order of what it reads, whose rows are channels, and
// turned then.
// CHECK-LABEL: func.func @diagonal
// CHECK: meta.reindex %arg0 {{.*}} -> tensor<4x3x6x8x3xf32>
// CHECK: meta.sum {{.*}} to tensor<4x3x6x8xf32>
// CHECK: meta.transpose {{.*}} perm = [3, 0, 1, 2]
func.func @diagonal(%x: tensor<6x3x6x3x8xf32>) -> tensor<8x4x3x6xf32> {
  %0 = meta.reindex %x map = affine_map<(c, z, y, x, k) -> (z + k, y, x, k, c)> overflow_value = 0.0 : f32
     : (tensor<6x3x6x3x8xf32>) -> tensor<8x4x3x6x3xf32>
  %1 = meta.sum %0 dims = [4] : tensor<8x4x3x6x3xf32> to tensor<8x4x3x6xf32>
  return %1 : tensor<8x4x3x6xf32>
}
