// RUN: metabang-opt %s | metabang-opt | FileCheck %s

// CHECK-LABEL: func.func private @k
// CHECK-SAME: mlu.schedule = #mlu.schedule<tiles = [64], grid = [1, 16], buffers = 2>
func.func private @k(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [64], grid = [1, 16], buffers = 2>} {
  return %x : tensor<8xf32>
}

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<8xf32>, %w: tensor<24x16x3x3xf32>) -> tensor<8xf32> {
  // CHECK: mlu.launch @k(%{{.*}}) : (tensor<8xf32>) -> tensor<8xf32>
  %0 = mlu.launch @k(%x) : (tensor<8xf32>) -> tensor<8xf32>
  // CHECK: mlu.quantize_filter %{{.*}} {bits = 16 : i64, pad_ci = 32 : i64, pad_co = 64 : i64, perm = array<i64: 0, 2, 3, 1>}
  %q, %s = mlu.quantize_filter %w {bits = 16 : i64, perm = array<i64: 0, 2, 3, 1>, pad_co = 64 : i64, pad_ci = 32 : i64}
      : tensor<24x16x3x3xf32> -> tensor<64x3x3x32xi16>, tensor<24xf32>
  // CHECK: mlu.prepare %{{.*}} {perm = array<i64: 0, 2, 3, 1>} : tensor<24x16x3x3xf32> -> tensor<64x3x3x16xf32>
  %p = mlu.prepare %w {perm = array<i64: 0, 2, 3, 1>} : tensor<24x16x3x3xf32> -> tensor<64x3x3x16xf32>
  return %0 : tensor<8xf32>
}

// CHECK-LABEL: func.func @task
func.func @task(%b: memref<4xf32, #mlu.space<nram>>) -> index {
  // CHECK: mlu.task_id : index
  %t = mlu.task_id : index
  // CHECK: mlu.task_dim : index
  %n = mlu.task_dim : index
  %0 = arith.addi %t, %n : index
  return %0 : index
}
