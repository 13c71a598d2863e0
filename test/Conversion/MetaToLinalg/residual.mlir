// relu(conv(x) + x): x has two users, so its own relu is computed once and apart.
// RUN: metabang-opt %s --pass-pipeline='builtin.module(canonicalize,func.func(meta-compose-reindex,meta-propagate-layout),canonicalize,cse,convert-meta-to-linalg,cse,func.func(linalg-fuse-meta),canonicalize,cse)' | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK:         %[[X:.*]] = linalg.generic
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      arith.maximumf
// CHECK:         %[[CONV:.*]] = linalg.generic {{.*}} ins(%[[X]], {{.*}} : tensor<1x8x8x8xf32>, tensor<8x1x1x8xf32>)
// CHECK:         linalg.generic {{.*}} ins(%[[CONV]], %[[X]] :
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      arith.addf
// CHECK-NEXT:      arith.maximumf
// CHECK-NEXT:      linalg.yield

func.func @main(%p: tensor<1x8x8x8xf32>, %w: tensor<8x8x1x1xf32> {meta.constant}) -> tensor<1x8x8x8xf32> {
  %z = "meta.constant"() {value = dense<0.0> : tensor<1x8x8x8xf32>} : () -> tensor<1x8x8x8xf32>
  %x = "meta.binary"(%p, %z) {kind = "max"} : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %0 = "meta.reindex"(%x) {map = affine_map<(n, o, y, x, c, ky, kx) -> (n, c, y + ky, x + kx)>, overflow_value = 0.0 : f32} : (tensor<1x8x8x8xf32>) -> tensor<1x8x8x8x8x1x1xf32>
  %1 = "meta.broadcast"(%w) {dims = array<i64: 1, 4, 5, 6>} : (tensor<8x8x1x1xf32>) -> tensor<1x8x8x8x8x1x1xf32>
  %2 = "meta.binary"(%0, %1) {kind = "mul"} : (tensor<1x8x8x8x8x1x1xf32>, tensor<1x8x8x8x8x1x1xf32>) -> tensor<1x8x8x8x8x1x1xf32>
  %3 = "meta.sum"(%2) {dims = array<i64: 4, 5, 6>} : (tensor<1x8x8x8x8x1x1xf32>) -> tensor<1x8x8x8xf32>
  %4 = "meta.binary"(%3, %x) {kind = "add"} : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  %5 = "meta.binary"(%4, %z) {kind = "max"} : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
  return %5 : tensor<1x8x8x8xf32>
}
