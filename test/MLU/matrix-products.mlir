// RUN: split-file %s %t
// RUN: metabang-opt %t/filter.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=FILTER
// RUN: metabang-opt %t/depthwise.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=DEPTHWISE
// RUN: metabang-opt %t/planes.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=PLANES
// RUN: metabang-opt %t/unread.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=UNREAD

// The gradient towards a filter (o, kh, kw, c): windows of x as rows, in parts of the depth 2 * 16 * 16 for the cores.
// FILTER: #[[READ:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3 + d1 * 2, d4 + d2 * 2, d5)>
// FILTER: %[[P:.*]] = linalg.generic {indexing_maps = [#[[READ]], {{.*}} ins(%arg1 : tensor<2x33x33x8xf32>) outs({{.*}} : tensor<2x16x16x3x3x8xf32>) attrs = {{ *}}{mlu.spread}
// FILTER: %[[DY:.*]] = tensor.expand_shape {{.*}} into tensor<8x64x16xf32>
// FILTER: %[[X:.*]] = tensor.expand_shape {{.*}} into tensor<8x64x72xf32>
// FILTER: linalg.generic {{.*}} ins(%[[DY]], %[[X]] : {{.*}} outs({{.*}} : tensor<8x16x72xf32>)
// FILTER: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} {{.*}} outs({{.*}} : tensor<1152xf32>)
// FILTER: tensor.expand_shape {{.*}} into tensor<16x3x3x8xf32>

// A depthwise filter (kh, kw, c) has a row for each channel only: products element by element, summed in two steps.
// DEPTHWISE: linalg.generic {{.*}} outs({{.*}} : tensor<2x16x16x3x3x32xf32>) attrs = {{ *}}{mlu.spread}
// DEPTHWISE: arith.mulf
// DEPTHWISE: linalg.generic {{.*}} outs({{.*}} : tensor<2x3x3x32xf32>)
// DEPTHWISE: linalg.generic {{.*}} outs({{.*}} : tensor<3x3x32xf32>)

// Two reduced loops are one, and what stands between them is transposed.
// PLANES: %[[T:.*]] = linalg.transpose ins(%arg0 : tensor<4x5x24xf32>) {{.*}} permutation = [0, 2, 1]
// PLANES: tensor.collapse_shape
// PLANES: %[[X:.*]] = tensor.expand_shape {{.*}} into tensor<96x5xf32>
// PLANES: %[[W:.*]] = tensor.expand_shape {{.*}} into tensor<10x96xf32>
// PLANES: linalg.generic {{.*}} ins(%[[X]], %[[W]]

//--- filter.mlir
#dy = affine_map<(o, v, u, c, n, y, x) -> (n, y, x, o)>
#x = affine_map<(o, v, u, c, n, y, x) -> (n, y * 2 + v, x * 2 + u, c)>
#w = affine_map<(o, v, u, c, n, y, x) -> (o, v, u, c)>
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%dy: tensor<2x16x16x16xf32>, %x: tensor<2x33x33x8xf32>) -> tensor<16x3x3x8xf32> {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<16x3x3x8xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<16x3x3x8xf32>) -> tensor<16x3x3x8xf32>
    %0 = linalg.generic {indexing_maps = [#dy, #x, #w],
        iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
        ins(%dy, %x : tensor<2x16x16x16xf32>, tensor<2x33x33x8xf32>) outs(%init : tensor<16x3x3x8xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<16x3x3x8xf32>
    return %0 : tensor<16x3x3x8xf32>
  }
}

//--- depthwise.mlir
#dy = affine_map<(v, u, c, n, y, x) -> (n, y, x, c)>
#x = affine_map<(v, u, c, n, y, x) -> (n, y + v, x + u, c)>
#w = affine_map<(v, u, c, n, y, x) -> (v, u, c)>
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%dy: tensor<2x16x16x32xf32>, %x: tensor<2x18x18x32xf32>) -> tensor<3x3x32xf32> {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<3x3x32xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<3x3x32xf32>) -> tensor<3x3x32xf32>
    %0 = linalg.generic {indexing_maps = [#dy, #x, #w],
        iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
        ins(%dy, %x : tensor<2x16x16x32xf32>, tensor<2x18x18x32xf32>) outs(%init : tensor<3x3x32xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<3x3x32xf32>
    return %0 : tensor<3x3x32xf32>
  }
}

//--- planes.mlir
#x = affine_map<(m, n, a, k) -> (a, m, k)>
#w = affine_map<(m, n, a, k) -> (n, a, k)>
#y = affine_map<(m, n, a, k) -> (m, n)>
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%x: tensor<4x5x24xf32>, %w: tensor<10x4x24xf32>) -> tensor<5x10xf32> {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<5x10xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<5x10xf32>) -> tensor<5x10xf32>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
        ins(%x, %w : tensor<4x5x24xf32>, tensor<10x4x24xf32>) outs(%init : tensor<5x10xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<5x10xf32>
    return %0 : tensor<5x10xf32>
  }
}

// A window of one tap that leaves the last row and column unread, as in the gradient of a strided 1x1 convolution.
// UNREAD:         %[[X:.*]] = tensor.extract_slice %{{.*}}[0, 0, 0, 0] [6, 7, 7, 8] [1, 1, 1, 1] : tensor<6x8x8x8xf32> to tensor<6x7x7x8xf32>
// UNREAD:         linalg.generic {{.*}} ins(%[[X]] : tensor<6x7x7x8xf32>) {{.*}} {mlu.spread}
//--- unread.mlir
#x = affine_map<(n, y, x, c, v, u, k) -> (n, y + v, x + u, k)>
#w = affine_map<(n, y, x, c, v, u, k) -> (k, v, u, c)>
#y = affine_map<(n, y, x, c, v, u, k) -> (n, y, x, c)>
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%x: tensor<6x8x8x8xf32>, %w: tensor<8x1x1x4xf32>) -> tensor<6x7x7x4xf32> {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<6x7x7x4xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x7x7x4xf32>) -> tensor<6x7x7x4xf32>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
        ins(%x, %w : tensor<6x8x8x8xf32>, tensor<8x1x1x4xf32>) outs(%init : tensor<6x7x7x4xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<6x7x7x4xf32>
    return %0 : tensor<6x7x7x4xf32>
  }
}
