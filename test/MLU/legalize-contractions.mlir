// RUN: split-file %s %t
// RUN: metabang-opt %t/270.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=FIXED
// RUN: metabang-opt %t/270.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions{bits=8}))' | FileCheck %s --check-prefix=INT8
// RUN: metabang-opt %t/372.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=FLOAT
// RUN: metabang-opt %t/activation.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=PACK
// RUN: metabang-opt %t/activation.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions{bits=8}))' | FileCheck %s --check-prefix=PACK8
// RUN: sed s/mtp_270/mtp_372/ %t/activation.mlir | metabang-opt --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=PACKFLOAT
// RUN: metabang-opt %t/groups.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=GROUPS
// RUN: metabang-opt %t/deep.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=DEEP
// RUN: metabang-opt %t/half.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=HALF
// RUN: metabang-opt %t/ready.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=READY
// RUN: metabang-opt %t/columns.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' | FileCheck %s --check-prefix=COLUMNS
// RUN: metabang-opt %t/scalar.mlir --pass-pipeline='builtin.module(func.func(mlu-legalize-contractions))' --verify-diagnostics | FileCheck %s --check-prefix=SCALAR
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

// An activation is packed by the kernel, with the width of fixed-point operands.
// PACK: linalg.generic {{.*}} ins(%arg0, %arg1 : {{.*}} attrs = {mlu.pack_filter = 16 : i64}
// PACK8: mlu.pack_filter = 8 : i64
// PACKFLOAT: attrs = {mlu.pack_filter}

// Groups of channels become a dimension, in x behind its padding.
// GROUPS: %[[X:.*]] = tensor.expand_shape %arg0 {{.*}} output_shape [1, 6, 6, 4, 3]
// GROUPS: %[[PAD:.*]] = tensor.pad %[[X]] low[0, 1, 1, 0, 0] high[0, 1, 1, 0, 0]
// GROUPS: %[[W:.*]] = tensor.expand_shape %arg1 {{.*}} output_shape [4, 2, 3, 3, 3]
// GROUPS: linalg.generic {{.*}} ins(%[[PAD]], %[[W]] : {{.*}} attrs = {mlu.pack_filter = 16 : i64}

// A depth that no schedule could cut is a multiple of 64 and a rest.
// DEEP: tensor.extract_slice %arg0[0, 0] [5, 384] [1, 1]
// DEEP: tensor.extract_slice %arg1[0, 0] [10, 384] [1, 1]
// DEEP: linalg.generic {{.*}} attrs = {mlu.pack_filter = 16 : i64}
// DEEP: tensor.extract_slice %arg0[0, 384] [5, 16] [1, 1]
// DEEP: linalg.generic {{.*}} attrs = {mlu.pack_filter = 16 : i64}
// DEEP: arith.addf

// Halves are summed in float.
// HALF: linalg.generic {{.*}} outs(%{{.*}} : tensor<5x10xf32>) attrs = {mlu.pack_filter}
// HALF: arith.extf
// HALF: arith.truncf

// Whole rows and groups of 64 need no packing where the unit multiplies floats.
// READY: linalg.generic
// READY-NOT: mlu.pack_filter

// A parameter [k][n] is transposed on the host.
// COLUMNS: #[[W:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// COLUMNS: mlu.prepare %arg1 {perm = array<i64: 1, 0>} : tensor<24x10xf32> -> tensor<64x32xf32>

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

//--- deep.mlir
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%x: tensor<5x400xf32>, %w: tensor<10x400xf32>, %init: tensor<5x10xf32>) -> tensor<5x10xf32> {
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : tensor<5x400xf32>, tensor<10x400xf32>) outs(%init : tensor<5x10xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<5x10xf32>
    return %0 : tensor<5x10xf32>
  }
}

//--- half.mlir
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%x: tensor<5x24xf16>, %w: tensor<10x24xf16>) -> tensor<5x10xf16> {
    %zero = arith.constant 0.0 : f16
    %empty = tensor.empty() : tensor<5x10xf16>
    %init = linalg.fill ins(%zero : f16) outs(%empty : tensor<5x10xf16>) -> tensor<5x10xf16>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : tensor<5x24xf16>, tensor<10x24xf16>) outs(%init : tensor<5x10xf16>) {
    ^bb0(%a: f16, %b: f16, %c: f16):
      %1 = arith.mulf %a, %b : f16
      %2 = arith.addf %c, %1 : f16
      linalg.yield %2 : f16
    } -> tensor<5x10xf16>
    return %0 : tensor<5x10xf16>
  }
}

//--- ready.mlir
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_592"} {
  func.func @main(%x: tensor<5x32xf32>, %w: tensor<128x32xf32>, %init: tensor<5x128xf32>) -> tensor<5x128xf32> {
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : tensor<5x32xf32>, tensor<128x32xf32>) outs(%init : tensor<5x128xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<5x128xf32>
    return %0 : tensor<5x128xf32>
  }
}

//--- columns.mlir
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%x: tensor<5x24xf32>, %w: tensor<24x10xf32> {meta.constant}, %init: tensor<5x10xf32>) -> tensor<5x10xf32> {
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : tensor<5x24xf32>, tensor<24x10xf32>) outs(%init : tensor<5x10xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<5x10xf32>
    return %0 : tensor<5x10xf32>
  }
}

//--- groups.mlir
#x = affine_map<(n, p, q, g, o, i, j, c) -> (n, p + i, q + j, g * 3 + c)>
#w = affine_map<(n, p, q, g, o, i, j, c) -> (g * 2 + o, i, j, c)>
#y = affine_map<(n, p, q, g, o, i, j, c) -> (n, p, q, g, o)>
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%t: tensor<1x6x6x12xf32>, %w: tensor<8x3x3x3xf32>, %init: tensor<1x6x6x4x2xf32>) -> tensor<1x6x6x4x2xf32> {
    %zero = arith.constant 0.0 : f32
    %x = tensor.pad %t low[0, 1, 1, 0] high[0, 1, 1, 0] {
    ^bb0(%n: index, %p: index, %q: index, %c: index):
      tensor.yield %zero : f32
    } : tensor<1x6x6x12xf32> to tensor<1x8x8x12xf32>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y],
        iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
        ins(%x, %w : tensor<1x8x8x12xf32>, tensor<8x3x3x3xf32>) outs(%init : tensor<1x6x6x4x2xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %1 = arith.mulf %a, %b : f32
      %2 = arith.addf %c, %1 : f32
      linalg.yield %2 : f32
    } -> tensor<1x6x6x4x2xf32>
    return %0 : tensor<1x6x6x4x2xf32>
  }
}

//--- scalar.mlir
#x = affine_map<(m, n, a, k) -> (m, a, k)>
#w = affine_map<(m, n, a, k) -> (n, a, k)>
#y = affine_map<(m, n, a, k) -> (m, n)>
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%x: tensor<5x4x24xf32>, %w: tensor<10x4x24xf32>, %init: tensor<5x10xf32>) -> tensor<5x10xf32> {
    // expected-remark @+1 {{the tensor unit has no form for this product; it runs as scalar code}}
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
        ins(%x, %w : tensor<5x4x24xf32>, tensor<10x4x24xf32>) outs(%init : tensor<5x10xf32>) {
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
