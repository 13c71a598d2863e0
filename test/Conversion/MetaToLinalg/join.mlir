// RUN: metabang-opt %s -split-input-file -convert-meta-to-linalg -canonicalize | FileCheck %s --check-prefix=LINALG
// RUN: metabang-opt %s -split-input-file -convert-meta-to-linalg -canonicalize -mlu-form-kernels | FileCheck %s --check-prefix=KERNEL

// A concatenation is written as pads that make room for each other and a selection by the index. Its parts are copied
// to their places, by one kernel.

// LINALG-LABEL: func.func @main
// LINALG-NOT: tensor.pad
// LINALG: %[[FIRST:.*]] = tensor.insert_slice %arg0 into %{{.*}}[0, 0] [4, 3] [1, 1]
// LINALG: %[[SECOND:.*]] = tensor.insert_slice %arg1 into %[[FIRST]][0, 3] [4, 5] [1, 1]
// LINALG: %[[THIRD:.*]] = tensor.insert_slice %arg2 into %[[SECOND]][0, 8] [4, 2] [1, 1]
// LINALG: return %[[THIRD]]
// KERNEL: mlu.launch @join_0(%arg0, %arg1, %arg2)
// KERNEL-NOT: mlu.launch
// KERNEL-LABEL: func.func private @join_0
// KERNEL-COUNT-3: tensor.insert_slice
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%a: tensor<4x3xf32>, %b: tensor<4x5xf32>, %c: tensor<4x2xf32>) -> tensor<4x10xf32> {
    %j = meta.index dim = 1 : tensor<4x10xi32>
    %three = meta.constant dense<3> : tensor<4x10xi32>
    %eight = meta.constant dense<8> : tensor<4x10xi32>
    %isA = meta.compare "lt" %j, %three : tensor<4x10xi32> to tensor<4x10xi1>
    %isAB = meta.compare "lt" %j, %eight : tensor<4x10xi32> to tensor<4x10xi1>
    %pa = meta.pad %a low = [0, 0] high = [0, 7] value = 0.0 : f32 : tensor<4x3xf32> to tensor<4x10xf32>
    %pb = meta.pad %b low = [0, 3] high = [0, 2] value = 0.0 : f32 : tensor<4x5xf32> to tensor<4x10xf32>
    %pc = meta.pad %c low = [0, 8] high = [0, 0] value = 0.0 : f32 : tensor<4x2xf32> to tensor<4x10xf32>
    %ab = meta.select %isA, %pa, %pb : tensor<4x10xi1>, tensor<4x10xf32>
    %abc = meta.select %isAB, %ab, %pc : tensor<4x10xi1>, tensor<4x10xf32>
    return %abc : tensor<4x10xf32>
  }
}
