// A max pool has a shape-only operand for its window, as linalg's pooling operations.
// RUN: metabang-opt %s --pass-pipeline='builtin.module(canonicalize,func.func(meta-compose-reindex,meta-propagate-layout),canonicalize,cse,convert-meta-to-linalg,cse,func.func(linalg-fuse-meta),canonicalize,cse)' | FileCheck %s

// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d3)>
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>
// CHECK:         %[[INF:.*]] = arith.constant 0xFF800000 : f32
// CHECK:         %[[PAD:.*]] = tensor.pad {{.*}} low[0, 1, 1, 0] high[0, 0, 0, 0]
// CHECK:         %[[WINDOW:.*]] = tensor.empty() : tensor<3x3xf32>
// CHECK:         %[[FILL:.*]] = linalg.fill ins(%[[INF]]
// CHECK:         linalg.generic {indexing_maps = [#[[X]], #[[W]], {{.*}} ins(%[[PAD]], %[[WINDOW]] : {{.*}}) outs(%[[FILL]]
// CHECK:           arith.maximumf
// CHECK-NEXT:      linalg.yield

func.func @main(%x: tensor<1x64x112x112xf32>) -> tensor<1x64x56x56xf32> {
  %0 = "meta.reindex"(%x) {map = affine_map<(n, c, y, x, ky, kx) -> (n, c, y * 2 + ky - 1, x * 2 + kx - 1)>, overflow_value = 0xFF800000 : f32} : (tensor<1x64x112x112xf32>) -> tensor<1x64x56x56x3x3xf32>
  %1 = "meta.max"(%0) {dims = array<i64: 4, 5>} : (tensor<1x64x56x56x3x3xf32>) -> tensor<1x64x56x56xf32>
  return %1 : tensor<1x64x56x56xf32>
}
