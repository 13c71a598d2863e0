// RUN: split-file %s %t
// RUN: metabang-opt %t/270.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=FIXED
// RUN: metabang-opt %t/270.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions{bits=8}))' | FileCheck %s --check-prefix=INT8
// RUN: metabang-opt %t/372.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=FLOAT
// RUN: metabang-opt %t/activation.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' --verify-diagnostics | FileCheck %s --check-prefix=SCALAR
// RUN: metabang-opt %t/target.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' --verify-diagnostics
// RUN: metabang-opt %t/bits.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions{bits=4}))' --verify-diagnostics

// An architecture that multiplies integers: quantised filter, conversion in the body, a multiply by the scale behind.
// FIXED: %[[Q:.*]], %[[S:.*]] = mlu.quantize_filter %arg1 {bits = 16 : i64, pad_ci = 32 : i64, pad_co = 64 : i64, perm = array<i64: 0, 1>} : tensor<10x24xf32> -> tensor<64x32xi16>, tensor<10xf32>
// FIXED: %[[F:.*]] = tensor.extract_slice %[[Q]][0, 0] [10, 24] [1, 1]
// FIXED: %[[Y:.*]] = linalg.generic {{.*}} ins(%arg0, %[[F]] : tensor<5x24xf32>, tensor<10x24xi16>)
// FIXED: arith.sitofp %{{.*}} : i16 to f32
// FIXED: linalg.generic {{.*}} ins(%[[Y]], %[[S]] : tensor<5x10xf32>, tensor<10xf32>)
// FIXED: arith.mulf

// INT8: mlu.quantize_filter %arg1 {bits = 8 : i64, pad_ci = 64 : i64{{.*}} -> tensor<64x64xi8>, tensor<10xf32>

// FLOAT: %[[P:.*]] = mlu.prepare %arg1 {perm = array<i64: 0, 1>} : tensor<10x24xf32> -> tensor<64x32xf32>
// FLOAT: tensor.extract_slice %[[P]][0, 0] [10, 24] [1, 1]
// FLOAT-NOT: sitofp

// SCALAR: linalg.generic {{.*}} attrs = {mlu.scalar}

//--- 270.mlir
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%x: tensor<5x24xf32>, %w: tensor<10x24xf32> {meta.constant}, %init: tensor<5x10xf32>) -> tensor<5x10xf32> {
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : tensor<5x24xf32>, tensor<10x24xf32>) outs(%init : tensor<5x10xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<5x10xf32>
    return %0 : tensor<5x10xf32>
  }
}

//--- 372.mlir
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%x: tensor<5x24xf32>, %w: tensor<10x24xf32> {meta.constant}, %init: tensor<5x10xf32>) -> tensor<5x10xf32> {
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : tensor<5x24xf32>, tensor<10x24xf32>) outs(%init : tensor<5x10xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<5x10xf32>
    return %0 : tensor<5x10xf32>
  }
}

//--- activation.mlir
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%x: tensor<5x24xf32>, %w: tensor<10x24xf32>, %init: tensor<5x10xf32>) -> tensor<5x10xf32> {
    // expected-remark @+1 {{this product has no filter that is known before the launch; it runs as scalar code}}
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : tensor<5x24xf32>, tensor<10x24xf32>) outs(%init : tensor<5x10xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<5x10xf32>
    return %0 : tensor<5x10xf32>
  }
}

//--- target.mlir
module attributes {mlu.target = "mtp_999"} {
  // expected-error @+1 {{the target "mtp_999" is unknown; known targets are mtp_270}}
  func.func @main() { return }
}

//--- bits.mlir
module attributes {mlu.target = "mtp_270"} {
  // expected-error @+1 {{fixed-point operands have 8 or 16 bits, not 4}}
  func.func @main() { return }
}
