// A pass of MetaBANG in the stock mlir-opt of the wheels, through the plugin.
// RUN: %stock-mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin \
// RUN:   --pass-pipeline='builtin.module(func.func(meta-compose-reindex))' %s | FileCheck %s

// CHECK-LABEL: func.func @two_transposes
// CHECK-SAME:    (%[[X:.*]]: tensor<2x3xf32>)
// CHECK-NEXT:    return %[[X]]
func.func @two_transposes(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = "meta.transpose"(%x) {perm = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = "meta.transpose"(%0) {perm = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
