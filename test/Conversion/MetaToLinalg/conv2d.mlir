// A convolution (stride 2, padding 1, bias, relu) is tensor.pad, one contraction, one element-wise operation.
// RUN: metabang-opt %s --pass-pipeline='builtin.module(canonicalize,func.func(meta-compose-reindex,meta-propagate-layout),canonicalize,cse,convert-meta-to-linalg,cse,func.func(linalg-fuse-meta),canonicalize,cse)' | FileCheck %s

// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d6)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d3, d4, d5, d6)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[C:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[ARG:.*]]: tensor<1x16x15x15xf32>{{.*}}, %[[FILTER:.*]]: tensor<24x16x3x3xf32>{{.*}}, %[[BIAS:.*]]: tensor<24xf32>
// CHECK:         %[[NHWC:.*]] = linalg.transpose ins(%[[ARG]] : {{.*}} permutation = [0, 2, 3, 1]
// CHECK:         %[[OHWI:.*]] = linalg.transpose ins(%[[FILTER]] : {{.*}} permutation = [0, 2, 3, 1]
// CHECK:         %[[PAD:.*]] = tensor.pad %[[NHWC]] low[0, 1, 1, 0] high[0, 1, 1, 0]
// CHECK:         %[[FILL:.*]] = linalg.fill
// CHECK:         %[[CONV:.*]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[OUT]]], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
// CHECK-SAME:      ins(%[[PAD]], %[[OHWI]] : tensor<1x17x17x16xf32>, tensor<24x3x3x16xf32>) outs(%[[FILL]] : tensor<1x8x8x24xf32>)
// CHECK:           arith.mulf
// CHECK-NEXT:      arith.addf
// CHECK-NEXT:      linalg.yield
// CHECK:         %[[RELU:.*]] = linalg.generic {{.*}} ins(%[[CONV]], %[[BIAS]] :
// CHECK:           arith.addf
// CHECK-NEXT:      arith.maximumf
// CHECK-NEXT:      linalg.yield
// CHECK:         linalg.transpose ins(%[[RELU]] : {{.*}} permutation = [0, 3, 1, 2]
// CHECK-NOT:     linalg.generic

func.func @main(%x: tensor<1x16x15x15xf32> {meta.name = "x"}, %w: tensor<24x16x3x3xf32> {meta.name = "w", meta.constant}, %b: tensor<24xf32> {meta.constant}) -> tensor<1x24x8x8xf32> {
  %0 = "meta.reindex"(%x) {map = affine_map<(n, o, y, x, c, ky, kx) -> (n, c, y * 2 + ky - 1, x * 2 + kx - 1)>, overflow_value = 0.0 : f32} : (tensor<1x16x15x15xf32>) -> tensor<1x24x8x8x16x3x3xf32> loc("net.py":3:1)
  %1 = "meta.broadcast"(%w) {dims = array<i64: 1, 4, 5, 6>} : (tensor<24x16x3x3xf32>) -> tensor<1x24x8x8x16x3x3xf32>
  %2 = "meta.binary"(%0, %1) {kind = "mul"} : (tensor<1x24x8x8x16x3x3xf32>, tensor<1x24x8x8x16x3x3xf32>) -> tensor<1x24x8x8x16x3x3xf32>
  %3 = "meta.sum"(%2) {dims = array<i64: 4, 5, 6>} : (tensor<1x24x8x8x16x3x3xf32>) -> tensor<1x24x8x8xf32>
  %4 = "meta.broadcast"(%b) {dims = array<i64: 1>} : (tensor<24xf32>) -> tensor<1x24x8x8xf32>
  %5 = "meta.binary"(%3, %4) {kind = "add"} : (tensor<1x24x8x8xf32>, tensor<1x24x8x8xf32>) -> tensor<1x24x8x8xf32>
  %z = "meta.constant"() {value = dense<0.0> : tensor<1x24x8x8xf32>} : () -> tensor<1x24x8x8xf32>
  %6 = "meta.binary"(%5, %z) {kind = "max"} : (tensor<1x24x8x8xf32>, tensor<1x24x8x8xf32>) -> tensor<1x24x8x8xf32>
  return %6 : tensor<1x24x8x8xf32>
}
