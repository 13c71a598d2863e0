// The user's names reach the arguments of kernels: those of parameters through what the host prepares, and, where two
// launches share a kernel, what the names end in alike.
// RUN: metabang-opt %s --mlu-form-kernels | FileCheck %s
// RUN: metabang-opt %s --mlu-form-kernels --metabang-schedule --metabang-place | FileCheck %s --check-prefix=PLACE

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(i, j) -> (i, j)>

// The first operand is an image in one launch and the result of a kernel in the other.
// CHECK: func.func private @matmul_0(
// CHECK-NOT: bang.name
// CHECK-SAME: %{{[a-z0-9]+}}: tensor<8x8xi16> {bang.name = "weight"}) -> tensor<8x8xf32>
// CHECK: func.func private @mul_0(%{{[a-z0-9]+}}: tensor<64xf32> {bang.name = "mask"})

// The result is an argument without a name.
// PLACE: func.func private @mul_0(%{{[a-z0-9]+}}: memref<64xf32> {bang.name = "mask"}, %{{[a-z0-9]+}}: memref<64xf32>)
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%image: tensor<8x8xf32> {meta.name = "image"},
                  %w1: tensor<8x8xf32> {meta.constant, meta.name = "layer1.0.weight"},
                  %w2: tensor<8x8xf32> {meta.constant, meta.name = "layer2.weight"},
                  %mask: tensor<8x8xf32> {meta.name = "mask"}) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<8x8xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<8x8xf32>) -> tensor<8x8xf32>
    %q1, %s1 = mlu.quantize_filter %w1 {bits = 16 : i64, pad_ci = 1 : i64, pad_co = 1 : i64, perm = array<i64: 0, 1>}
        : tensor<8x8xf32> -> tensor<8x8xi16>, tensor<8xf32>
    %q2, %s2 = mlu.quantize_filter %w2 {bits = 16 : i64, pad_ci = 1 : i64, pad_co = 1 : i64, perm = array<i64: 0, 1>}
        : tensor<8x8xf32> -> tensor<8x8xi16>, tensor<8xf32>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%image, %q1 : tensor<8x8xf32>, tensor<8x8xi16>) outs(%f : tensor<8x8xf32>) {
    ^bb0(%p: f32, %q: i16, %c: f32):
      %t = arith.sitofp %q : i16 to f32
      %m = arith.mulf %p, %t : f32
      %s = arith.addf %c, %m : f32
      linalg.yield %s : f32
    } -> tensor<8x8xf32>
    %1 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%0, %q2 : tensor<8x8xf32>, tensor<8x8xi16>) outs(%f : tensor<8x8xf32>) {
    ^bb0(%p: f32, %q: i16, %c: f32):
      %t = arith.sitofp %q : i16 to f32
      %m = arith.mulf %p, %t : f32
      %s = arith.addf %c, %m : f32
      linalg.yield %s : f32
    } -> tensor<8x8xf32>
    %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%mask : tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) {
    ^bb0(%p: f32, %c: f32):
      %s = arith.mulf %p, %p : f32
      linalg.yield %s : f32
    } -> tensor<8x8xf32>
    return %1, %2 : tensor<8x8xf32>, tensor<8x8xf32>
  }
}
