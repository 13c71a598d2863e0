// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(mlu-select-schedule))' | FileCheck %s

// Blocks of channels that overlap are computed by one task where each block's filters are quantised by the kernel: the
// last bits of what two blocks cover differ.
// CHECK-LABEL: func.func private @ragged
// CHECK-SAME: grid = [1, {{[0-9]+}}]
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_270"} {
  func.func private @ragged(%x: tensor<4x256xf32>, %w: tensor<256x600xf32>) -> tensor<4x600xf32> attributes {mlu.kernel} {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<4x600xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x600xf32>) -> tensor<4x600xf32>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : tensor<4x256xf32>, tensor<256x600xf32>) outs(%init : tensor<4x600xf32>) attrs = {mlu.pack_filter = 16 : i64} {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<4x600xf32>
    return %0 : tensor<4x600xf32>
  }
}
