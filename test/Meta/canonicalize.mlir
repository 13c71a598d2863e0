// RUN: metabang-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func.func @identities
// CHECK-NEXT:    return %arg0, %arg0, %arg0, %arg0, %arg0, %arg0, %arg0
func.func @identities(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = meta.transpose %x perm = [0, 1] : tensor<4x8xf32> to tensor<4x8xf32>
  %1 = meta.broadcast %x dims = [0, 1] : tensor<4x8xf32> to tensor<4x8xf32>
  %2 = meta.slice %x offsets = [0, 0] strides = [1, 1] : tensor<4x8xf32> to tensor<4x8xf32>
  %3 = meta.pad %x low = [0, 0] high = [0, 0] value = 0.0 : f32 : tensor<4x8xf32> to tensor<4x8xf32>
  %4 = meta.reindex %x map = affine_map<(i, j) -> (i, j mod 8)> overflow_value = 0.0 : f32 : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %5 = meta.cast %x : tensor<4x8xf32> to tensor<4x8xf32>
  %6 = meta.sum %x dims = [] : tensor<4x8xf32> to tensor<4x8xf32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// A flip has the type of its operand and offset 7, a reversed dimension.
// CHECK-LABEL: func.func @flip
// CHECK:         meta.slice %arg0 offsets = [7] strides = [-1]
func.func @flip(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = meta.slice %x offsets = [7] strides = [-1] : tensor<8xf32> to tensor<8xf32>
  return %0 : tensor<8xf32>
}

// CHECK-LABEL: func.func @transposes
// CHECK:         meta.transpose %arg0 perm = [2, 1, 0] : tensor<2x3x4xf32> to tensor<4x3x2xf32>
// CHECK-NEXT:    return
func.func @transposes(%x: tensor<2x3x4xf32>) -> tensor<4x3x2xf32> {
  %0 = meta.transpose %x perm = [1, 2, 0] : tensor<2x3x4xf32> to tensor<3x4x2xf32>
  %1 = meta.transpose %0 perm = [1, 0, 2] : tensor<3x4x2xf32> to tensor<4x3x2xf32>
  return %1 : tensor<4x3x2xf32>
}

// CHECK-LABEL: func.func @broadcasts
// CHECK:         meta.broadcast %arg0 dims = [2] : tensor<8xf32> to tensor<2x3x8xf32>
// CHECK-NEXT:    return
func.func @broadcasts(%x: tensor<8xf32>) -> tensor<2x3x8xf32> {
  %0 = meta.broadcast %x dims = [1] : tensor<8xf32> to tensor<1x8xf32>
  %1 = meta.broadcast %0 dims = [0, 2] : tensor<1x8xf32> to tensor<2x3x8xf32>
  return %1 : tensor<2x3x8xf32>
}

// f16 to f32 is exact, so what follows may start from the f16; f32 to f16 is not.
// CHECK-LABEL: func.func @casts
// CHECK-SAME:    %[[H:.*]]: tensor<4xf16>, %[[F:.*]]: tensor<4xf32>, %[[U:.*]]: tensor<4xui8>
// CHECK-DAG:     %[[I:.*]] = meta.cast %[[H]] : tensor<4xf16> to tensor<4xi32>
// CHECK-DAG:     %[[R:.*]] = meta.cast %[[F]] : tensor<4xf32> to tensor<4xf16>
// CHECK-DAG:     %[[S:.*]] = meta.cast %[[R]] : tensor<4xf16> to tensor<4xf32>
// CHECK:         return %[[H]], %[[I]], %[[S]], %[[U]]
func.func @casts(%h: tensor<4xf16>, %f: tensor<4xf32>, %u: tensor<4xui8>) -> (tensor<4xf16>, tensor<4xi32>, tensor<4xf32>, tensor<4xui8>) {
  %0 = meta.cast %h : tensor<4xf16> to tensor<4xf32>
  %1 = meta.cast %0 : tensor<4xf32> to tensor<4xf16>
  %2 = meta.cast %0 : tensor<4xf32> to tensor<4xi32>
  %3 = meta.cast %f : tensor<4xf32> to tensor<4xf16>
  %4 = meta.cast %3 : tensor<4xf16> to tensor<4xf32>
  %5 = meta.cast %u : tensor<4xui8> to tensor<4xi32>
  %6 = meta.cast %5 : tensor<4xi32> to tensor<4xui8>
  return %1, %2, %4, %6 : tensor<4xf16>, tensor<4xi32>, tensor<4xf32>, tensor<4xui8>
}

// CHECK-LABEL: func.func @splats
// CHECK-DAG:     %[[A:.*]] = meta.constant dense<6.000000e+00> : tensor<2x3xf32>
// CHECK-DAG:     %[[B:.*]] = meta.constant dense<3> : tensor<2x2xi32>
// CHECK:         return %[[A]], %[[B]]
func.func @splats() -> (tensor<2x3xf32>, tensor<2x2xi32>) {
  %two = meta.constant dense<2.0> : tensor<3xf32>
  %three = meta.constant dense<3> : tensor<3x2xi32>
  %0 = meta.broadcast %two dims = [1] : tensor<3xf32> to tensor<2x3xf32>
  %1 = meta.transpose %three perm = [1, 0] : tensor<3x2xi32> to tensor<2x3xi32>
  %2 = meta.cast %1 : tensor<2x3xi32> to tensor<2x3xf32>
  %3 = meta.binary "mul" %0, %2 : tensor<2x3xf32>
  %4 = meta.slice %three offsets = [1, 0] strides = [1, 1] : tensor<3x2xi32> to tensor<2x2xi32>
  return %3, %4 : tensor<2x3xf32>, tensor<2x2xi32>
}

// x * 1 and x - 0 are x for every x; x + 0 is not: -0 + 0 is 0.
// CHECK-LABEL: func.func @neutral
// CHECK:         %[[SUM:.*]] = meta.binary "add"
// CHECK:         return %arg0, %arg0, %[[SUM]]
func.func @neutral(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %one = meta.constant dense<1.0> : tensor<4xf32>
  %zero = meta.constant dense<0.0> : tensor<4xf32>
  %0 = meta.binary "mul" %one, %x : tensor<4xf32>
  %1 = meta.binary "sub" %x, %zero : tensor<4xf32>
  %2 = meta.binary "add" %x, %zero : tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @select
// CHECK-NEXT:    return %arg1, %arg0
func.func @select(%x: tensor<4xf32>, %y: tensor<4xf32>, %c: tensor<4xi1>) -> (tensor<4xf32>, tensor<4xf32>) {
  %false = meta.constant dense<false> : tensor<4xi1>
  %0 = meta.select %false, %x, %y : tensor<4xi1>, tensor<4xf32>
  %1 = meta.select %c, %x, %x : tensor<4xi1>, tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// A reindex that never reads its operand is its overflow value.
// CHECK-LABEL: func.func @outside
// CHECK-NEXT:    %[[ONE:.*]] = meta.constant dense<1.000000e+00> : tensor<5xf32>
// CHECK-NEXT:    return %[[ONE]]
func.func @outside(%x: tensor<2x5x6009xf32>) -> tensor<5xf32> {
  %0 = "meta.reindex"(%x) {map = affine_map<(d0) -> (3, d0 + 1, d0)>, overflow_value = 1.0 : f32} : (tensor<2x5x6009xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}
