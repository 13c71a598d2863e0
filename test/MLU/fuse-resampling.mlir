// RUN: metabang-opt %s -split-input-file -mlu-fuse-resampling -canonicalize | FileCheck %s

// Rows doubled (0.75 and 0.25 of two neighbours, the borders of one), then columns: one operation.

// CHECK-LABEL: func.func @both
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]
// CHECK-SAME: ins(%arg0, %arg1, %arg1 : tensor<2x4x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>)
// CHECK-SAME: mlu.gather, mlu.resample = [sparse<{{.*}}>, sparse<{{.*}}>]
// CHECK-NOT: linalg.generic
// CHECK: return
#twice = sparse<[[0, 0], [1, 0], [1, 1], [2, 0], [2, 1], [3, 1], [3, 2], [4, 1], [4, 2], [5, 2], [5, 3], [6, 2], [6, 3], [7, 3]],
                [1.0, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 1.0]> : tensor<8x4xf32>
#x = affine_map<(n, i, l, k) -> (n, k, l)>
#rows = affine_map<(n, i, l, k) -> (i, k)>
#t = affine_map<(n, i, j, l) -> (n, i, l)>
#cols = affine_map<(n, i, j, l) -> (j, l)>
#y = affine_map<(a, b, c, d) -> (a, b, c)>
module attributes {mlu.target = "mtp_372"} {
  func.func @both(%x: tensor<2x4x4xf32>, %m: tensor<8x4xf32> {meta.constant, meta.entries = #twice}) -> tensor<2x8x8xf32> {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<2x8x4xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
    %r = linalg.generic {indexing_maps = [#rows, #x, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
        ins(%m, %x : tensor<8x4xf32>, tensor<2x4x4xf32>) outs(%f : tensor<2x8x4xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
    } -> tensor<2x8x4xf32>
    %g = tensor.empty() : tensor<2x8x8xf32>
    %h = linalg.fill ins(%zero : f32) outs(%g : tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
    %q = linalg.generic {indexing_maps = [#t, #cols, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
        ins(%r, %m : tensor<2x8x4xf32>, tensor<8x4xf32>) outs(%h : tensor<2x8x8xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
    } -> tensor<2x8x8xf32>
    return %q : tensor<2x8x8xf32>
  }
}

// -----

// The gradient of the columns' product, turned: the transposed matrix repeats too.

// CHECK-LABEL: func.func @transposed
// CHECK: linalg.generic
// CHECK-SAME: ins(%arg0, %arg1 : tensor<2x5x8xf32>, tensor<8x4xf32>)
// CHECK-SAME: mlu.resample = [unit, sparse<[{{\[}}0, 0], [0, 1], [1, 1]{{.*}}> : tensor<4x8xf32>]
// CHECK-NOT: linalg.transpose
#twice = sparse<[[0, 0], [1, 0], [1, 1], [2, 0], [2, 1], [3, 1], [3, 2], [4, 1], [4, 2], [5, 2], [5, 3], [6, 2], [6, 3], [7, 3]],
                [1.0, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 1.0]> : tensor<8x4xf32>
#x = affine_map<(n, l, i, j) -> (n, i, j)>
#cols = affine_map<(n, l, i, j) -> (j, l)>
#y = affine_map<(n, l, i, j) -> (n, l, i)>
module attributes {mlu.target = "mtp_372"} {
  func.func @transposed(%x: tensor<2x5x8xf32>, %m: tensor<8x4xf32> {meta.constant, meta.entries = #twice}) -> tensor<2x5x4xf32> {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<2x4x5xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
    %r = linalg.generic {indexing_maps = [#x, #cols, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
        ins(%x, %m : tensor<2x5x8xf32>, tensor<8x4xf32>) outs(%f : tensor<2x4x5xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
    } -> tensor<2x4x5xf32>
    %g = tensor.empty() : tensor<2x5x4xf32>
    %t = linalg.transpose ins(%r : tensor<2x4x5xf32>) outs(%g : tensor<2x5x4xf32>) permutation = [0, 2, 1]
    return %t : tensor<2x5x4xf32>
  }
}

// -----

// Rows that do not repeat stay a product.

// CHECK-LABEL: func.func @never_twice
// CHECK: linalg.generic
// CHECK-NOT: mlu.resample
// CHECK: return
#bands = sparse<[[0, 0], [1, 0], [2, 1], [3, 1], [4, 2], [5, 2], [6, 3], [7, 3], [8, 4], [9, 4], [10, 5], [11, 5],
                 [12, 6], [13, 6], [14, 7], [15, 7], [16, 8], [17, 8], [18, 9], [19, 9]],
                [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.1, 2.2]> : tensor<20x10xf32>
module attributes {mlu.target = "mtp_372"} {
  func.func @never_twice(%x: tensor<5x10xf32>, %m: tensor<20x10xf32> {meta.constant, meta.entries = #bands}) -> tensor<5x20xf32> {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<5x20xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<5x20xf32>) -> tensor<5x20xf32>
    %r = linalg.generic {indexing_maps = [affine_map<(i, j, l) -> (i, l)>, affine_map<(i, j, l) -> (j, l)>, affine_map<(i, j, l) -> (i, j)>],
                         iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %m : tensor<5x10xf32>, tensor<20x10xf32>) outs(%f : tensor<5x20xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
    } -> tensor<5x20xf32>
    return %r : tensor<5x20xf32>
  }
}
