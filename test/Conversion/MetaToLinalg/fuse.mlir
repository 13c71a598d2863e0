// The rules of linalg-fuse-meta, one function each.
// RUN: metabang-opt %s -convert-meta-to-linalg -linalg-fuse-meta -canonicalize -cse -split-input-file | FileCheck %s

// A chain of element-wise operators is one operation; what has two users is not computed twice.
// CHECK-LABEL: func.func @chain
// CHECK:         %[[E:.*]] = linalg.generic
// CHECK:           math.exp
// CHECK-NEXT:      linalg.yield
// CHECK:         linalg.generic {{.*}} ins(%[[E]]
// CHECK:           arith.addf
// CHECK-NEXT:      math.tanh
// CHECK-NEXT:      linalg.yield
// CHECK:         linalg.generic {{.*}} ins(%[[E]]
// CHECK:           arith.negf
func.func @chain(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = meta.unary "exp" %x : tensor<4x8xf32>
  %1 = meta.binary "add" %0, %x : tensor<4x8xf32>
  %2 = meta.unary "tanh" %1 : tensor<4x8xf32>
  %3 = meta.unary "neg" %0 : tensor<4x8xf32>
  return %2, %3 : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----
// A bias with two users is read by both, not stored in the large shape.
// CHECK-LABEL: func.func @shared_broadcast
// CHECK:         linalg.generic {{.*}} ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<8xf32>)
// CHECK:           arith.addf
// CHECK:         linalg.generic {{.*}} ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<8xf32>)
// CHECK:           arith.mulf
func.func @shared_broadcast(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = meta.broadcast %b dims = [1] : tensor<8xf32> to tensor<4x8xf32>
  %1 = meta.binary "add" %x, %0 : tensor<4x8xf32>
  %2 = meta.binary "mul" %x, %0 : tensor<4x8xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----
// What computes is not fused where it would be computed again for each repetition.
// CHECK-LABEL: func.func @no_recomputation
// CHECK:         %[[R:.*]] = linalg.generic {{.*}} ins(%arg1 : tensor<8xf32>)
// CHECK:           math.rsqrt
// CHECK:         linalg.generic {{.*}} ins(%arg0, %[[R]] : tensor<4x8xf32>, tensor<8xf32>)
func.func @no_recomputation(%x: tensor<4x8xf32>, %v: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = meta.unary "rsqrt" %v : tensor<8xf32>
  %1 = meta.broadcast %0 dims = [1] : tensor<8xf32> to tensor<4x8xf32>
  %2 = meta.binary "mul" %x, %1 : tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// -----
// A map with strides is not read by an element-wise operation. A product of two tensors as large as itself is no
// contraction: the builtins reduce what is in memory, so the sum stays apart.
// CHECK-LABEL: func.func @strides
// CHECK:         %[[S:.*]] = linalg.generic
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      linalg.yield
// CHECK:         linalg.generic {{.*}} ins(%[[S]] : tensor<4xf32>)
// CHECK:           math.exp
// CHECK:         %[[P:.*]] = linalg.generic {{.*}} iterator_types = ["parallel"]} ins(%{{.*}}, %arg1 : tensor<4xf32>, tensor<4xf32>)
// CHECK:           arith.mulf
// CHECK-NEXT:      linalg.yield
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[P]] : tensor<4xf32>)
// CHECK:           arith.addf
func.func @strides(%x: tensor<8xf32>, %w: tensor<4xf32>) -> (tensor<4xf32>, tensor<f32>) {
  %0 = meta.reindex %x map = affine_map<(i) -> (i * 2)> overflow_value = 0.0 : f32 : (tensor<8xf32>) -> tensor<4xf32>
  %1 = meta.unary "exp" %0 : tensor<4xf32>
  %2 = meta.reindex %x map = affine_map<(i) -> (i * 2)> overflow_value = 0.0 : f32 : (tensor<8xf32>) -> tensor<4xf32>
  %3 = meta.binary "mul" %2, %w : tensor<4xf32>
  %4 = meta.sum %3 dims = [0] : tensor<4xf32> to tensor<f32>
  return %1, %4 : tensor<4xf32>, tensor<f32>
}

// -----
// Loops: dimensions of the result, then of the filter; the activation first, wherever the user wrote it.
// CHECK-DAG: #[[M:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[N:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @order
// CHECK:         linalg.generic {indexing_maps = [#[[M]], #[[N]], #[[MN]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%arg0, %arg1 :
// CHECK-NEXT:    ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32):
// CHECK-NEXT:      %[[P:.*]] = arith.mulf %[[A]], %[[B]]
// CHECK-NEXT:      arith.addf %[[C]], %[[P]]
func.func @order(%x: tensor<4x8xf32>, %w: tensor<5x8xf32>) -> tensor<4x5xf32> {
  %0 = meta.broadcast %w dims = [2, 0] : tensor<5x8xf32> to tensor<8x4x5xf32>
  %1 = meta.broadcast %x dims = [1, 0] : tensor<4x8xf32> to tensor<8x4x5xf32>
  %2 = meta.binary "mul" %0, %1 : tensor<8x4x5xf32>
  %3 = meta.sum %2 dims = [0] : tensor<8x4x5xf32> to tensor<4x5xf32>
  return %3 : tensor<4x5xf32>
}

// -----
// A reduction takes in neither what comes before nor what follows.
// CHECK-LABEL: func.func @norm
// CHECK:         %[[Q:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%arg0
// CHECK:           arith.mulf
// CHECK-NEXT:      linalg.yield
// CHECK:         %[[S:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[Q]]
// CHECK:           arith.addf
// CHECK:         linalg.generic {{.*}} ins(%[[S]] : tensor<4xf32>)
// CHECK:           math.sqrt
func.func @norm(%x: tensor<4x8xf32>) -> tensor<4xf32> {
  %0 = meta.binary "mul" %x, %x : tensor<4x8xf32>
  %1 = meta.sum %0 dims = [1] : tensor<4x8xf32> to tensor<4xf32>
  %2 = meta.unary "sqrt" %1 : tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----
// A gather stays apart.
// CHECK-LABEL: func.func @gather
// CHECK:         linalg.generic {{.*}} attrs = {mlu.gather}
// CHECK:         linalg.generic
// CHECK:           math.exp
func.func @gather(%x: tensor<8xf32>) -> tensor<12xf32> {
  %0 = meta.reindex %x map = affine_map<(i) -> (i * 2 floordiv 3)> overflow_value = 0.0 : f32 : (tensor<8xf32>) -> tensor<12xf32>
  %1 = meta.unary "exp" %0 : tensor<12xf32>
  return %1 : tensor<12xf32>
}
