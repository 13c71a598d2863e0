// Functions that no builtin computes are written in float, whatever the element type, and tell what they were.
// RUN: metabang-opt %s -convert-meta-to-linalg | FileCheck %s

// CHECK-LABEL: func.func @half
// CHECK: arith.extf {{.*}} : f16 to f32
// CHECK: math.log
// CHECK: arith.select
// CHECK: arith.truncf {{.*}} {meta.kind = "log1p"} : f32 to f16
func.func @half(%x: tensor<8xf16>) -> tensor<8xf16> {
  %0 = meta.unary "log1p" %x : tensor<8xf16>
  return %0 : tensor<8xf16>
}

// A number of bits outside of [0, 8) gives 0.
// CHECK-LABEL: func.func @shift
// CHECK: arith.cmpi ule
// CHECK: arith.shli
// CHECK: arith.select {{.*}} {meta.kind = "shl"}
func.func @shift(%x: tensor<8xi8>, %y: tensor<8xi8>) -> tensor<8xi8> {
  %0 = meta.binary "shl" %x, %y : tensor<8xi8>
  return %0 : tensor<8xi8>
}

// CHECK-LABEL: func.func @bits
// CHECK: arith.constant -1 : i32
// CHECK: linalg.generic
// CHECK: arith.andi
func.func @bits(%x: tensor<4x8xi32>) -> tensor<4xi32> {
  %0 = meta.reindex_reduce "and" %x map = affine_map<(i, j) -> (i)> : (tensor<4x8xi32>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}
