// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(mlu-split-transposes,cse))' --split-input-file --verify-diagnostics | FileCheck %s

// All clusters hold the matrix in their SRAM and exchange what belongs to the others.
module attributes {mlu.target = "mtp_270"} {
  // CHECK-LABEL: func.func @exchanged
  // CHECK: linalg.transpose ins(%{{.*}} : tensor<1024x1024xf32>) {{.*}} permutation = [1, 0] {mlu.exchange}
  // CHECK-NOT: linalg.transpose
  func.func @exchanged(%x: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
    %e = tensor.empty() : tensor<1024x1024xf32>
    %y = linalg.transpose ins(%x : tensor<1024x1024xf32>) outs(%e : tensor<1024x1024xf32>) permutation = [1, 0]
    return %y : tensor<1024x1024xf32>
  }

  // One pass of less time than a launch may go with others in one.
  // CHECK-LABEL: func.func @small
  // CHECK-NOT: mlu.exchange
  func.func @small(%x: tensor<32x256xf32>) -> tensor<256x32xf32> {
    %e = tensor.empty() : tensor<256x32xf32>
    %y = linalg.transpose ins(%x : tensor<32x256xf32>) outs(%e : tensor<256x32xf32>) permutation = [1, 0]
    return %y : tensor<256x32xf32>
  }
}

// -----

// Without copies between clusters: panels, each in one piece of memory on both sides, are turned, then laid side by side.
module attributes {mlu.target = "mtp_592"} {
  // CHECK-LABEL: func.func @large
  // CHECK: linalg.transpose ins(%{{.*}} : tensor<[[P:[0-9]+]]x[[R:[0-9]+]]x1024xf32>) outs(%{{.*}} : tensor<[[P]]x1024x[[R]]xf32>) permutation = [0, 2, 1]
  // CHECK-NOT: collapse_shape
  // CHECK: linalg.transpose ins(%{{.*}} : tensor<[[P]]x1024x[[R]]xf32>) outs(%{{.*}} : tensor<1024x[[P]]x[[R]]xf32>) permutation = [1, 0, 2]
  // CHECK: tensor.expand_shape {{.*}} into tensor<1024x1024xf32>
  func.func @large(%x: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
    %e = tensor.empty() : tensor<1024x1024xf32>
    %y = linalg.transpose ins(%x : tensor<1024x1024xf32>) outs(%e : tensor<1024x1024xf32>) permutation = [1, 0]
    return %y : tensor<1024x1024xf32>
  }
}

// -----

#id = affine_map<(i, j, k, l) -> (i, j, k, l)>
#read = affine_map<(i, j, k, l) -> (i, k, l, j)>
module attributes {mlu.target = "mtp_270"} {
  // A plane of pixels is one dimension, and what a generic permutes is a transpose. Whole images lie in one piece on
  // both sides: one pass.
  // CHECK-LABEL: func.func @image
  // CHECK-NOT: linalg.generic
  // CHECK: linalg.transpose ins(%{{.*}} : tensor<512x9x512xf32>) outs(%{{.*}} : tensor<512x512x9xf32>) permutation = [0, 2, 1]
  // CHECK-NOT: linalg.transpose
  func.func @image(%x: tensor<512x3x3x512xf32>) -> tensor<512x512x3x3xf32> {
    %e = tensor.empty() : tensor<512x512x3x3xf32>
    %y = linalg.generic {indexing_maps = [#read, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
        ins(%x : tensor<512x3x3x512xf32>) outs(%e : tensor<512x512x3x3xf32>) {
    ^bb0(%a: f32, %b: f32):
      linalg.yield %a : f32
    } -> tensor<512x512x3x3xf32>
    return %y : tensor<512x512x3x3xf32>
  }

  // Three dimensions, the first one cut: it is the last one of the result.
  // CHECK-LABEL: func.func @backwards
  // CHECK: linalg.transpose ins(%{{.*}} : tensor<{{.*}}x512x9xf32>) {{.*}} permutation = [0, 3, 2, 1]
  // CHECK: linalg.transpose ins(%{{.*}} : tensor<[[P:[0-9]+]]x4608x[[R:[0-9]+]]xf32>) outs(%{{.*}} : tensor<4608x[[P]]x[[R]]xf32>) permutation = [1, 0, 2]
  // CHECK: tensor.expand_shape {{.*}} into tensor<9x512x512xf32>
  func.func @backwards(%x: tensor<512x512x9xf32>) -> tensor<9x512x512xf32> {
    %e = tensor.empty() : tensor<9x512x512xf32>
    %y = linalg.transpose ins(%x : tensor<512x512x9xf32>) outs(%e : tensor<9x512x512xf32>) permutation = [2, 1, 0]
    return %y : tensor<9x512x512xf32>
  }

  // Nothing is turned.
  // CHECK-LABEL: func.func @empty
  // CHECK: linalg.transpose ins(%{{.*}} : tensor<0x1024xf32>)
  func.func @empty(%x: tensor<0x1024xf32>) -> tensor<1024x0xf32> {
    %e = tensor.empty() : tensor<1024x0xf32>
    %y = linalg.transpose ins(%x : tensor<0x1024xf32>) outs(%e : tensor<1024x0xf32>) permutation = [1, 0]
    return %y : tensor<1024x0xf32>
  }

  // Neither side has a divisor: pieces of equal size, of which the last ones move back.
  // CHECK-LABEL: func.func @prime
  // CHECK: linalg.transpose {{.*}} {mlu.exchange}
  // CHECK-NOT: linalg.transpose
  func.func @prime(%x: tensor<1021x1031xf32>) -> tensor<1031x1021xf32> {
    %e = tensor.empty() : tensor<1031x1021xf32>
    %y = linalg.transpose ins(%x : tensor<1021x1031xf32>) outs(%e : tensor<1031x1021xf32>) permutation = [1, 0]
    return %y : tensor<1031x1021xf32>
  }

  // A reduction takes the elements in as it reduces them.
  // CHECK-LABEL: func.func @reduced
  // CHECK-COUNT-1: linalg.transpose
  // CHECK: linalg.reduce
  func.func @reduced(%x: tensor<1024x1024xf32>, %acc: tensor<1024xf32>) -> tensor<1024xf32> {
    %e = tensor.empty() : tensor<1024x1024xf32>
    %y = linalg.transpose ins(%x : tensor<1024x1024xf32>) outs(%e : tensor<1024x1024xf32>) permutation = [1, 0]
    %s = linalg.reduce { arith.addf } ins(%y : tensor<1024x1024xf32>) outs(%acc : tensor<1024xf32>) dimensions = [1]
    return %s : tensor<1024xf32>
  }
}

// -----

module attributes {mlu.target = "mtp_999"} {
  // expected-error@below {{the target "mtp_999" is unknown; known targets are}}
  func.func @unknown(%x: tensor<8x4xf32>) -> tensor<4x8xf32> {
    %e = tensor.empty() : tensor<4x8xf32>
    %y = linalg.transpose ins(%x : tensor<8x4xf32>) outs(%e : tensor<4x8xf32>) permutation = [1, 0]
    return %y : tensor<4x8xf32>
  }
}
