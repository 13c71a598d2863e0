// Every operator parses and prints: the generic form in, the readable form out, and back.
// RUN: metabang-opt %s | FileCheck %s
// RUN: metabang-opt %s | metabang-opt | FileCheck %s
// RUN: metabang-opt %s -mlir-print-op-generic | metabang-opt | FileCheck %s

// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3) -> (d0 + d2 - 1, d1 + d3 - 1)>
// CHECK-DAG: #[[ROWS:.*]] = affine_map<(d0, d1)[s0] -> (s0, d1)>
// CHECK-DAG: #[[LOWER:.*]] = affine_set<(d0, d1) : (d0 - d1 >= 0)>

// CHECK-LABEL: func.func @elementwise
// CHECK-SAME:    meta.name = "x"
// CHECK-SAME:    meta.constant
func.func @elementwise(%x: tensor<4x8xf32> {meta.name = "x"}, %w: tensor<4x8xf32> {meta.constant}) -> tensor<4x8xf16> {
  // CHECK: %[[C:.*]] = meta.constant dense<1.000000e+00> : tensor<4x8xf32>
  %c = "meta.constant"() {value = dense<1.0> : tensor<4x8xf32>} : () -> tensor<4x8xf32>
  // CHECK: %[[U:.*]] = meta.unary "exp" %{{.*}} : tensor<4x8xf32>
  %0 = "meta.unary"(%x) {kind = "exp"} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK: %[[B:.*]] = meta.binary "add" %[[U]], %{{.*}} : tensor<4x8xf32>
  %1 = "meta.binary"(%0, %w) {kind = "add"} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK: %[[L:.*]] = meta.compare "lt" %[[B]], %[[C]] : tensor<4x8xf32> to tensor<4x8xi1>
  %2 = "meta.compare"(%1, %c) {kind = "lt"} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xi1>
  // CHECK: %[[S:.*]] = meta.select %[[L]], %[[B]], %[[C]] : tensor<4x8xi1>, tensor<4x8xf32>
  %3 = "meta.select"(%2, %1, %c) : (tensor<4x8xi1>, tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK: meta.cast %[[S]] : tensor<4x8xf32> to tensor<4x8xf16>
  %4 = "meta.cast"(%3) : (tensor<4x8xf32>) -> tensor<4x8xf16>
  return %4 : tensor<4x8xf16>
}

// CHECK-LABEL: func.func @reindexes
func.func @reindexes(%x: tensor<8x8xf32>, %ids: tensor<5x8xui8>) {
  // CHECK: meta.broadcast %{{.*}} dims = [1, 3] : tensor<8x8xf32> to tensor<2x8x3x8xf32>
  %0 = "meta.broadcast"(%x) {dims = array<i64: 1, 3>} : (tensor<8x8xf32>) -> tensor<2x8x3x8xf32>
  // CHECK: meta.pad %{{.*}} low = [0, 1] high = [2, 0] value = 5.000000e-01 : f32 : tensor<8x8xf32> to tensor<10x9xf32>
  %1 = "meta.pad"(%x) {low = array<i64: 0, 1>, high = array<i64: 2, 0>, value = 0.5 : f32} : (tensor<8x8xf32>) -> tensor<10x9xf32>
  // CHECK: meta.slice %{{.*}} offsets = [1, 7] strides = [2, -1] : tensor<8x8xf32> to tensor<3x8xf32>
  %2 = "meta.slice"(%x) {offsets = array<i64: 1, 7>, strides = array<i64: 2, -1>} : (tensor<8x8xf32>) -> tensor<3x8xf32>
  // CHECK: meta.transpose %{{.*}} perm = [1, 0] : tensor<8x8xf32> to tensor<8x8xf32>
  %3 = "meta.transpose"(%x) {perm = array<i64: 1, 0>} : (tensor<8x8xf32>) -> tensor<8x8xf32>
  // CHECK: meta.index dim = 1 : tensor<4x8xi32>
  %4 = "meta.index"() {dim = 1 : i64} : () -> tensor<4x8xi32>
  // CHECK: meta.reindex %{{.*}} map = #[[WINDOW]] overflow_value = 0.000000e+00 : f32 : (tensor<8x8xf32>) -> tensor<8x8x3x3xf32>
  %5 = "meta.reindex"(%x) {map = affine_map<(a, b, c, d) -> (a + c - 1, b + d - 1)>, overflow_value = 0.0 : f32} : (tensor<8x8xf32>) -> tensor<8x8x3x3xf32>
  // CHECK: meta.reindex %{{.*}}, %{{.*}} map = #[[ROWS]] overflow_value = 0.000000e+00 : f32 : (tensor<8x8xf32>, tensor<5x8xui8>) -> tensor<5x8xf32>
  %6 = "meta.reindex"(%x, %ids) {map = affine_map<(i, j)[s0] -> (s0, j)>, overflow_value = 0.0 : f32} : (tensor<8x8xf32>, tensor<5x8xui8>) -> tensor<5x8xf32>
  // CHECK: meta.reindex %{{.*}} overflow_value = 0.000000e+00 : f32 conditions = #[[LOWER]] : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %7 = "meta.reindex"(%x) {map = affine_map<(i, j) -> (i, j)>, overflow_value = 0.0 : f32, conditions = affine_set<(i, j) : (i - j >= 0)>} : (tensor<8x8xf32>) -> tensor<8x8xf32>
  return
}

// CHECK-LABEL: func.func @reductions
func.func @reductions(%x: tensor<4x8xf32>, %ids: tensor<4x8xi32>, %n: tensor<4x8xi8>) {
  // CHECK: meta.reindex_reduce "add" %{{.*}}, %{{.*}} map = #{{.*}} : (tensor<4x8xf32>, tensor<4x8xi32>) -> tensor<10xf32>
  %0 = "meta.reindex_reduce"(%x, %ids) {kind = "add", map = affine_map<(i, j)[s0] -> (s0)>} : (tensor<4x8xf32>, tensor<4x8xi32>) -> tensor<10xf32>
  // CHECK: meta.sum %{{.*}} dims = [1] : tensor<4x8xf32> to tensor<4xf32>
  %1 = "meta.sum"(%x) {dims = array<i64: 1>} : (tensor<4x8xf32>) -> tensor<4xf32>
  // CHECK: meta.prod %{{.*}} dims = [0, 1] : tensor<4x8xf32> to tensor<f32>
  %2 = "meta.prod"(%x) {dims = array<i64: 0, 1>} : (tensor<4x8xf32>) -> tensor<f32>
  // CHECK: meta.max %{{.*}} dims = [0] : tensor<4x8xi8> to tensor<8xi8>
  %3 = "meta.max"(%n) {dims = array<i64: 0>} : (tensor<4x8xi8>) -> tensor<8xi8>
  // CHECK: meta.min %{{.*}} dims = [] : tensor<4x8xf32> to tensor<4x8xf32>
  %4 = "meta.min"(%x) {dims = array<i64>} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  // CHECK: meta.mean %{{.*}} dims = [1] : tensor<4x8xf32> to tensor<4xf32>
  %5 = "meta.mean"(%x) {dims = array<i64: 1>} : (tensor<4x8xf32>) -> tensor<4xf32>
  return
}
