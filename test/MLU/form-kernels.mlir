// RUN: metabang-opt %s --mlu-form-kernels --split-input-file --verify-diagnostics | FileCheck %s

// A contraction takes its pad and its epilogue along; what is computed twice alike is one kernel.
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>
#vec = affine_map<(i, j) -> (j)>

// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = mlu.launch @matmul_0(%arg0, %arg1, %arg2)
// CHECK: %[[B:.*]] = mlu.launch @matmul_0(%[[A]], %arg1, %arg2)
// CHECK: %[[R:.*]] = tensor.collapse_shape %[[B]]
// CHECK: %[[S:.*]] = mlu.launch @exp_0(%[[R]]) : (tensor<64xf32>) -> tensor<64xf32>
// CHECK: return %[[S]]
func.func @main(%a: tensor<8x8xf32>, %w: tensor<8x8xf32>, %b: tensor<8xf32>) -> tensor<64xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<8x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8x8xf32>) -> tensor<8x8xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%a, %w : tensor<8x8xf32>, tensor<8x8xf32>) outs(%f : tensor<8x8xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<8x8xf32>
  %1 = linalg.generic {indexing_maps = [#id, #vec, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0, %b : tensor<8x8xf32>, tensor<8xf32>) outs(%e : tensor<8x8xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<8x8xf32>
  %2 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%1, %w : tensor<8x8xf32>, tensor<8x8xf32>) outs(%f : tensor<8x8xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %m = arith.mulf %p, %q : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<8x8xf32>
  %3 = linalg.generic {indexing_maps = [#id, #vec, #id], iterator_types = ["parallel", "parallel"]}
      ins(%2, %b : tensor<8x8xf32>, tensor<8xf32>) outs(%e : tensor<8x8xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<8x8xf32>
  %4 = tensor.collapse_shape %3 [[0, 1]] : tensor<8x8xf32> into tensor<64xf32>
  %e1 = tensor.empty() : tensor<64xf32>
  %5 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%4 : tensor<64xf32>) outs(%e1 : tensor<64xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = math.exp %p : f32
    linalg.yield %s : f32
  } -> tensor<64xf32>
  return %5 : tensor<64xf32>
}

// CHECK: func.func private @matmul_0(%{{.*}}: tensor<8x8xf32>, %{{.*}}: tensor<8x8xf32>, %{{.*}}: tensor<8xf32>) -> tensor<8x8xf32> attributes {mlu.kernel}
// CHECK-NOT: @matmul_1

// -----

// Loops that every operand walks in the same order become one; an argument that is returned is copied by a kernel.
#id = affine_map<(i, j) -> (i, j)>
// CHECK-LABEL: func.func @main
// CHECK: %[[X:.*]] = tensor.collapse_shape %arg0 {{\[}}[0, 1]] : tensor<4x6xf32> into tensor<24xf32>
// CHECK: mlu.launch @add_0(%[[X]]) : (tensor<24xf32>) -> tensor<24xf32>
// CHECK: mlu.launch @copy_0(%{{.*}}) : (tensor<24xf32>) -> tensor<24xf32>
func.func @main(%a: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %e = tensor.empty() : tensor<4x6xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %a : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  return %0, %a : tensor<4x6xf32>, tensor<4x6xf32>
}

// -----

// What is computed for one reduction alone belongs to its kernel, whatever order the reduction reads it in; what another
// operation reads too is computed once, by a kernel of its own.
#id = affine_map<(i, k) -> (i, k)>
#turned = affine_map<(k, i) -> (i, k)>
#row = affine_map<(i, k) -> (k)>
#out = affine_map<(i, k) -> (i)>
// CHECK-LABEL: func.func @main
// CHECK: %[[ROWS:.*]] = mlu.launch @sum_0(%arg0, %arg1) : (tensor<4x6xf32>, tensor<6xf32>) -> tensor<4xf32>
// CHECK: %[[COLUMNS:.*]] = mlu.launch @sum_1(%arg0, %arg1) : (tensor<4x6xf32>, tensor<6xf32>) -> tensor<6xf32>
// CHECK: %[[TWICE:.*]] = mlu.launch @mul_0
// CHECK: %[[VIEW:.*]] = tensor.expand_shape %[[TWICE]]
// CHECK: mlu.launch @max_0(%[[VIEW]])
// CHECK: return %[[ROWS]], %[[COLUMNS]]
func.func @main(%a: tensor<4x6xf32>, %b: tensor<6xf32>)
    -> (tensor<4xf32>, tensor<6xf32>, tensor<4xf32>, tensor<4x6xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x6xf32>
  %e4 = tensor.empty() : tensor<4xf32>
  %e6 = tensor.empty() : tensor<6xf32>
  %f4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %f6 = linalg.fill ins(%zero : f32) outs(%e6 : tensor<6xf32>) -> tensor<6xf32>
  %0 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<4x6xf32>, tensor<6xf32>) outs(%e : tensor<4x6xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %s = arith.mulf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %rows = linalg.generic {indexing_maps = [#id, #out], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<4x6xf32>) outs(%f4 : tensor<4xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = arith.addf %p, %c : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<4x6xf32>, tensor<6xf32>) outs(%e : tensor<4x6xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %columns = linalg.generic {indexing_maps = [#turned, #out], iterator_types = ["parallel", "reduction"]}
      ins(%1 : tensor<4x6xf32>) outs(%f6 : tensor<6xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = arith.addf %p, %c : f32
    linalg.yield %s : f32
  } -> tensor<6xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = arith.mulf %p, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x6xf32>
  %largest = linalg.generic {indexing_maps = [#id, #out], iterator_types = ["parallel", "reduction"]}
      ins(%2 : tensor<4x6xf32>) outs(%f4 : tensor<4xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = arith.maximumf %p, %c : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %rows, %columns, %largest, %2 : tensor<4xf32>, tensor<6xf32>, tensor<4xf32>, tensor<4x6xf32>
}

// CHECK: func.func private @sum_0
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK: arith.mulf
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]

// -----

// A number between tensors, as a loop of one step leaves it, is computed in the kernel that needs it.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[A:.*]] = mlu.launch @scalar_0(%arg0) : (tensor<1xf32>) -> tensor<1xf32>
// CHECK-NEXT: return %[[A]]
func.func @main(%x: tensor<1xf32>) -> tensor<1xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1xf32>) -> tensor<1xf32>
  %0 = tensor.extract %x[%c0] : tensor<1xf32>
  %1 = arith.addf %0, %0 : f32
  %2 = tensor.insert %1 into %f[%c0] : tensor<1xf32>
  return %2 : tensor<1xf32>
}

// CHECK: func.func private @scalar_0
// CHECK: tensor.extract
// CHECK: arith.addf
// CHECK: tensor.insert

// -----

// The device has no constants in memory: a reduction computes one tile by tile, a window of one reads what a kernel
// has written.
#both = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#one = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[C:.*]] = mlu.launch @copy_0() : () -> tensor<7xf32>
// CHECK-NEXT: mlu.launch @sum_0() : () -> tensor<5xf32>
// CHECK-NEXT: mlu.launch @exp_0(%[[C]]) : (tensor<7xf32>) -> tensor<9xf32>
// CHECK-NOT: dense<
func.func @main() -> (tensor<5xf32>, tensor<9xf32>) {
  %zero = arith.constant 0.0 : f32
  %c = arith.constant dense<2.5> : tensor<5x7xf32>
  %d = arith.constant dense<1.5> : tensor<7xf32>
  %e5 = tensor.empty() : tensor<5xf32>
  %e9 = tensor.empty() : tensor<9xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e5 : tensor<5xf32>) -> tensor<5xf32>
  %0 = linalg.generic {indexing_maps = [#both, #row], iterator_types = ["parallel", "reduction"]}
      ins(%c : tensor<5x7xf32>) outs(%f : tensor<5xf32>) {
  ^bb0(%p: f32, %acc: f32):
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  } -> tensor<5xf32>
  %padded = tensor.pad %d low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<7xf32> to tensor<9xf32>
  %1 = linalg.generic {indexing_maps = [#one, #one], iterator_types = ["parallel"]}
      ins(%padded : tensor<9xf32>) outs(%e9 : tensor<9xf32>) {
  ^bb0(%p: f32, %out: f32):
    %s = math.exp %p : f32
    linalg.yield %s : f32
  } -> tensor<9xf32>
  return %0, %1 : tensor<5xf32>, tensor<9xf32>
}

// -----

// Two joins whose first parts are the same, and were merged: each writes it to its own result.
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[A:.*]] = mlu.launch @join_0(%{{.*}}) : (tensor<3xf32>, tensor<3xf32>) -> tensor<6xf32>
// CHECK-NEXT: %[[B:.*]] = mlu.launch @join_0(%{{.*}}) : (tensor<3xf32>, tensor<3xf32>) -> tensor<6xf32>
// CHECK-NEXT: return %[[A]], %[[B]]
func.func @main(%x: tensor<3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %e = tensor.empty() : tensor<6xf32>
  %first = tensor.insert_slice %x into %e[0] [3] [1] : tensor<3xf32> into tensor<6xf32>
  %0 = tensor.insert_slice %y into %first[3] [3] [1] : tensor<3xf32> into tensor<6xf32>
  %1 = tensor.insert_slice %z into %first[3] [3] [1] : tensor<3xf32> into tensor<6xf32>
  return %0, %1 : tensor<6xf32>, tensor<6xf32>
}

// -----

// expected-error @+1 {{has no function @main to form kernels from}}
module {
}

// -----

// An element-wise operation whose result another one and @main read shares the kernel of that one: two results, and
// the sum that reads the first from memory comes later. The loops of both are merged alike.
#id2 = affine_map<(i, j) -> (i, j)>

// CHECK-LABEL: func.func @main
// CHECK: %[[BOTH:.*]]:2 = mlu.launch @mul_0(%{{[^,]*}}) : (tensor<32xf32>) -> (tensor<32xf32>, tensor<32xf32>)
// CHECK-DAG: %[[Y:.*]] = tensor.expand_shape %[[BOTH]]#0
// CHECK-DAG: %[[X:.*]] = tensor.expand_shape %[[BOTH]]#1
// CHECK: %[[S:.*]] = mlu.launch @sum_0(%[[X]])
// CHECK: return %[[Y]], %[[X]], %[[S]]
func.func @main(%a: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  %0 = linalg.generic {indexing_maps = [#id2, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = math.exp %p : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  %1 = linalg.generic {indexing_maps = [#id2, #id2, #id2], iterator_types = ["parallel", "parallel"]}
      ins(%0, %a : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %s = arith.mulf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<4x8xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [#id2, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = arith.addf %p, %c : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %1, %0, %2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>
}
// CHECK: func.func private @mul_0(%[[A:.*]]: tensor<32xf32>) -> (tensor<32xf32>, tensor<32xf32>)
// CHECK: %[[E:.*]] = linalg.generic {{.*}} ins(%[[A]] :
// CHECK: %[[M:.*]] = linalg.generic {{.*}} ins(%[[E]], %[[A]] :
// CHECK: return %[[M]], %[[E]]

// -----

// What reads the first result before the second operation can run, which needs it, keeps both apart.
#v = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @main
// CHECK: mlu.launch @exp_0(%arg0) : (tensor<8xf32>) -> tensor<8xf32>
// CHECK: mlu.launch @max_0
// CHECK: mlu.launch @mul_0
func.func @main(%a: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %low = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<8xf32>
  %0 = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%a : tensor<8xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = math.exp %p : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  %e0 = tensor.empty() : tensor<1xf32>
  %f = linalg.fill ins(%low : f32) outs(%e0 : tensor<1xf32>) -> tensor<1xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%0 : tensor<8xf32>) outs(%f : tensor<1xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = arith.maximumf %p, %c : f32
    linalg.yield %s : f32
  } -> tensor<1xf32>
  %2 = linalg.generic {indexing_maps = [#v, affine_map<(i) -> (0)>, #v], iterator_types = ["parallel"]}
      ins(%0, %1 : tensor<8xf32>, tensor<1xf32>) outs(%e : tensor<8xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %s = arith.mulf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<8xf32>
  return %2, %0 : tensor<8xf32>, tensor<8xf32>
}

// -----

// An operation that reads the other's result transposed, too, reads it from memory: the tile at hand is another one.
#n = affine_map<(i, j) -> (i, j)>
#t = affine_map<(i, j) -> (j, i)>

// CHECK-LABEL: func.func @main
// CHECK: mlu.launch @exp_0({{.*}}) : (tensor<64xf32>) -> tensor<64xf32>
// CHECK: mlu.launch @add_0({{.*}}) : (tensor<8x8xf32>) -> tensor<8x8xf32>
func.func @main(%a: tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %e = tensor.empty() : tensor<8x8xf32>
  %0 = linalg.generic {indexing_maps = [#n, #n], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) {
  ^bb0(%p: f32, %c: f32):
    %s = math.exp %p : f32
    linalg.yield %s : f32
  } -> tensor<8x8xf32>
  %1 = linalg.generic {indexing_maps = [#n, #t, #n], iterator_types = ["parallel", "parallel"]}
      ins(%0, %0 : tensor<8x8xf32>, tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) {
  ^bb0(%p: f32, %q: f32, %c: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<8x8xf32>
  return %0, %1 : tensor<8x8xf32>, tensor<8x8xf32>
}
