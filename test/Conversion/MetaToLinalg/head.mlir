// The end of a network: 1x1 convolution, global mean, flatten, linear layer.
// RUN: metabang-opt %s --pass-pipeline='builtin.module(canonicalize,func.func(meta-compose-reindex,meta-propagate-layout),canonicalize,cse,convert-meta-to-linalg,cse,func.func(linalg-fuse-meta),canonicalize,cse)' | FileCheck %s

// CHECK-DAG: #[[WITH:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d3, d1)>
// CHECK-DAG: #[[M:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[N:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK:         %[[CONV:.*]] = linalg.generic {{.*}} outs({{.*}} : tensor<1x7x7x512xf32>)
// CHECK:         %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[WITH]], {{.*}}], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%[[CONV]]
// CHECK:         %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[SUM]]
// CHECK:           arith.mulf {{.*}}, %cst
// CHECK:         linalg.generic {indexing_maps = [#[[M]], #[[N]], #[[MN]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[MEAN]], %arg2 : tensor<1x512xf32>, tensor<1000x512xf32>)
// CHECK-NOT:     reshape
// CHECK:         linalg.generic {{.*}} ins({{.*}}, %arg3 : tensor<1x1000xf32>, tensor<1000xf32>)
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      arith.addf

func.func @main(%x: tensor<1x512x7x7xf32>, %k: tensor<512x512x1x1xf32> {meta.constant}, %w: tensor<1000x512xf32> {meta.constant}, %b: tensor<1000xf32> {meta.constant}) -> tensor<1x1000xf32> {
  %a0 = "meta.reindex"(%x) {map = affine_map<(n, o, y, x, c, ky, kx) -> (n, c, y + ky, x + kx)>, overflow_value = 0.0 : f32} : (tensor<1x512x7x7xf32>) -> tensor<1x512x7x7x512x1x1xf32>
  %a1 = "meta.broadcast"(%k) {dims = array<i64: 1, 4, 5, 6>} : (tensor<512x512x1x1xf32>) -> tensor<1x512x7x7x512x1x1xf32>
  %a2 = "meta.binary"(%a0, %a1) {kind = "mul"} : (tensor<1x512x7x7x512x1x1xf32>, tensor<1x512x7x7x512x1x1xf32>) -> tensor<1x512x7x7x512x1x1xf32>
  %a3 = "meta.sum"(%a2) {dims = array<i64: 4, 5, 6>} : (tensor<1x512x7x7x512x1x1xf32>) -> tensor<1x512x7x7xf32>
  %0 = "meta.mean"(%a3) {dims = array<i64: 2, 3>} : (tensor<1x512x7x7xf32>) -> tensor<1x512xf32>
  %1 = "meta.reindex"(%0) {map = affine_map<(n, c, y, x) -> (n, c)>, overflow_value = 0.0 : f32} : (tensor<1x512xf32>) -> tensor<1x512x1x1xf32>
  %2 = "meta.reindex"(%1) {map = affine_map<(i, j) -> ((i * 512 + j) floordiv 512, (i * 512 + j) mod 512, 0, 0)>, overflow_value = 0.0 : f32} : (tensor<1x512x1x1xf32>) -> tensor<1x512xf32>
  %3 = "meta.broadcast"(%2) {dims = array<i64: 0, 2>} : (tensor<1x512xf32>) -> tensor<1x1000x512xf32>
  %4 = "meta.broadcast"(%w) {dims = array<i64: 1, 2>} : (tensor<1000x512xf32>) -> tensor<1x1000x512xf32>
  %5 = "meta.binary"(%3, %4) {kind = "mul"} : (tensor<1x1000x512xf32>, tensor<1x1000x512xf32>) -> tensor<1x1000x512xf32>
  %6 = "meta.sum"(%5) {dims = array<i64: 2>} : (tensor<1x1000x512xf32>) -> tensor<1x1000xf32>
  %7 = "meta.broadcast"(%b) {dims = array<i64: 1>} : (tensor<1000xf32>) -> tensor<1x1000xf32>
  %8 = "meta.binary"(%6, %7) {kind = "add"} : (tensor<1x1000xf32>, tensor<1x1000xf32>) -> tensor<1x1000xf32>
  return %8 : tensor<1x1000xf32>
}
