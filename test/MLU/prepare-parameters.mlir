// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(mlu-prepare-parameters))' | FileCheck %s

// A transposed parameter is host work, a transposed input is not.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>, %[[W:.*]]: tensor<24x16x3x3xf32>
func.func @main(%x: tensor<2x3xf32>, %w: tensor<24x16x3x3xf32> {meta.constant}) -> (tensor<3x2xf32>, tensor<24x3x3x16xf32>) {
  // CHECK: meta.transpose %[[X]]
  %0 = "meta.transpose"(%x) {perm = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  // CHECK: mlu.prepare %[[W]] {perm = array<i64: 0, 2, 3, 1>} : tensor<24x16x3x3xf32> -> tensor<24x3x3x16xf32>
  %1 = "meta.transpose"(%w) {perm = array<i64: 0, 2, 3, 1>} : (tensor<24x16x3x3xf32>) -> tensor<24x3x3x16xf32>
  return %0, %1 : tensor<3x2xf32>, tensor<24x3x3x16xf32>
}
