// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize | FileCheck %s

// Windows of three columns. A task owns one of 32 rows of the result and brings what it needs of y at once; each tap
// is a plane at a stride of three elements. One builtin adds the three, of which two are read from one and two columns
// before their first: the sum is the result's row.

// CHECK-LABEL: func.func @columns
// CHECK-SAME: mlu.dim = array<i64: 32, 1, 1>
// CHECK-NOT: linalg.fill
// CHECK: bang.memcpy_async
// CHECK: bang.sync
// CHECK: bang.memcpy_3d
// CHECK: bang.memcpy_3d
// CHECK: bang.memcpy_3d
// CHECK: %[[ONE:[a-z_0-9]+]] = memref.subview %{{.*}}[1] [1] [1]
// CHECK: bang.fusion %{{.*}}, %{{.*}}, %[[ONE]], %{{.*}} {op_code = "faa"}
// CHECK-NOT: bang.memcpy_
// CHECK-NOT: scf.for
// CHECK: return
module attributes {mlu.target = "mtp_372"} {
  func.func @columns(%y: memref<4x8x30x3xf32>, %out: memref<4x8x32xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %c4 = arith.constant 4 : index
    %c8 = arith.constant 8 : index
    %c30 = arith.constant 30 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<4x8x32xf32>)
    scf.for %n = %c0 to %c4 step %c1 {
      scf.for %i = %c0 to %c8 step %c1 {
        scf.for %j = %c0 to %c30 step %c1 {
          scf.for %k = %c0 to %c3 step %c1 {
            %t = arith.addi %j, %k : index
            %old = memref.load %out[%n, %i, %t] : memref<4x8x32xf32>
            %new = memref.load %y[%n, %i, %j, %k] : memref<4x8x30x3xf32>
            %sum = arith.addf %old, %new : f32
            memref.store %sum, %out[%n, %i, %t] : memref<4x8x32xf32>
          }
        }
      }
    } {mlu.scatter, mlu.scatter_map = affine_map<(n, i, j, k) -> (n, i, j + k)>}
    return
  }
}

// -----

// Windows two columns apart: taps of one phase (column modulo 2) are added up, each phase goes to every second element
// of the result's rows.

// CHECK-LABEL: func.func @strided
// CHECK: bang.memcpy_async
// CHECK-COUNT-2: bang.memcpy_3d
// CHECK: bang.memcpy_3d %[[ODD:[a-z_0-9]+]], %{{.*}}
// CHECK: bang.add %[[EVEN:[a-z_0-9]+]]
// CHECK: bang.memcpy_3d %{{.*}}, %[[EVEN]]
// CHECK: bang.memcpy_3d %{{.*}}, %[[ODD]]
// CHECK: return
module attributes {mlu.target = "mtp_372"} {
  func.func @strided(%y: memref<4x8x15x3xf32>, %out: memref<4x8x31xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c3 = arith.constant 3 : index
    %c4 = arith.constant 4 : index
    %c8 = arith.constant 8 : index
    %c15 = arith.constant 15 : index
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%out : memref<4x8x31xf32>)
    scf.for %n = %c0 to %c4 step %c1 {
      scf.for %i = %c0 to %c8 step %c1 {
        scf.for %j = %c0 to %c15 step %c1 {
          scf.for %k = %c0 to %c3 step %c1 {
            %s = arith.muli %j, %c2 : index
            %t = arith.addi %s, %k : index
            %old = memref.load %out[%n, %i, %t] : memref<4x8x31xf32>
            %new = memref.load %y[%n, %i, %j, %k] : memref<4x8x15x3xf32>
            %sum = arith.addf %old, %new : f32
            memref.store %sum, %out[%n, %i, %t] : memref<4x8x31xf32>
          }
        }
      }
    } {mlu.scatter, mlu.scatter_map = affine_map<(n, i, j, k) -> (n, i, j * 2 + k)>}
    return
  }
}
