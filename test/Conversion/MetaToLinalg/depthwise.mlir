// A depthwise convolution with stride 2: the filter is (kh, kw, c), a free reshape of the transposed argument.
// RUN: metabang-opt %s --pass-pipeline='builtin.module(canonicalize,func.func(meta-compose-reindex,meta-propagate-layout),canonicalize,cse,convert-meta-to-linalg,cse,func.func(linalg-fuse-meta),canonicalize,cse)' | FileCheck %s

// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, d3)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
// CHECK:         linalg.transpose {{.*}} permutation = [0, 2, 3, 1]
// CHECK:         %[[W4:.*]] = linalg.transpose ins(%arg1 : tensor<32x1x3x3xf32>) {{.*}} permutation = [2, 3, 1, 0]
// CHECK:         %[[PAD:.*]] = tensor.pad {{.*}} low[0, 1, 1, 0] high[0, 0, 0, 0]
// CHECK:         %[[W3:.*]] = tensor.collapse_shape %[[W4]] {{\[\[}}0], [1], [2, 3]]
// CHECK:         linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[OUT]]], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
// CHECK-SAME:      ins(%[[PAD]], %[[W3]] : tensor<2x15x15x32xf32>, tensor<3x3x32xf32>)
// CHECK:         linalg.generic {{.*}} ins({{.*}}, %arg2 :
// CHECK:           arith.mulf
// CHECK-NEXT:      linalg.yield

func.func @main(%x: tensor<2x32x14x14xf32>, %w: tensor<32x1x3x3xf32> {meta.constant}, %s: tensor<32xf32> {meta.constant}) -> tensor<2x32x7x7xf32> {
  %0 = "meta.reindex"(%x) {map = affine_map<(n, c, y, x, ky, kx) -> (n, c, y * 2 + ky - 1, x * 2 + kx - 1)>, overflow_value = 0.0 : f32} : (tensor<2x32x14x14xf32>) -> tensor<2x32x7x7x3x3xf32>
  %1 = "meta.reindex"(%w) {map = affine_map<(n, c, y, x, ky, kx) -> (c, 0, ky, kx)>, overflow_value = 0.0 : f32} : (tensor<32x1x3x3xf32>) -> tensor<2x32x7x7x3x3xf32>
  %2 = "meta.binary"(%0, %1) {kind = "mul"} : (tensor<2x32x7x7x3x3xf32>, tensor<2x32x7x7x3x3xf32>) -> tensor<2x32x7x7x3x3xf32>
  %3 = "meta.sum"(%2) {dims = array<i64: 4, 5>} : (tensor<2x32x7x7x3x3xf32>) -> tensor<2x32x7x7xf32>
  %4 = "meta.broadcast"(%s) {dims = array<i64: 1>} : (tensor<32xf32>) -> tensor<2x32x7x7xf32>
  %5 = "meta.binary"(%3, %4) {kind = "mul"} : (tensor<2x32x7x7xf32>, tensor<2x32x7x7xf32>) -> tensor<2x32x7x7xf32>
  return %5 : tensor<2x32x7x7xf32>
}
