// The user's line survives conversion and fusion.
// RUN: metabang-opt %s -convert-meta-to-linalg -linalg-fuse-meta -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK:         math.exp {{.*}} loc("net.py":12:1)
// CHECK:         arith.mulf {{.*}} loc("net.py":13:1)
// CHECK:         } -> tensor<4xf32> loc("net.py":13:1)
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = meta.unary "exp" %x : tensor<4xf32> loc("net.py":12:1)
  %1 = meta.binary "mul" %0, %x : tensor<4xf32> loc("net.py":13:1)
  return %1 : tensor<4xf32>
}
