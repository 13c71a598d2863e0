// RUN: metabang-translate --mlu-to-bangc %s | FileCheck %s

// C computes narrow integers in int: what is not stored at once is narrowed before it is compared or widened.

module attributes {mlu.target = "mtp_372"} {
  // CHECK-LABEL: void narrow(
  func.func @narrow(%x: memref<64xi8>, %y: memref<64xi1>, %z: memref<64xi32>, %w: memref<64xi8>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    scf.for %i = %c0 to %c64 step %c1 {
      %a = memref.load %x[%i] : memref<64xi8>
      %b = memref.load %w[%i] : memref<64xi8>
      %p = arith.muli %a, %b : i8
      %s = arith.addi %p, %a : i8
      %e = arith.cmpi eq, %s, %b : i8
      // CHECK: = (int8_t)((int8_t)([[A:.*]] * [[B:.*]]) + [[A]]) == [[B]];
      memref.store %e, %y[%i] : memref<64xi1>
      %d = arith.subi %a, %b : i8
      %l = arith.extsi %d : i8 to i32
      // CHECK: = (int)(int8_t)([[A]] - [[B]]);
      memref.store %l, %z[%i] : memref<64xi32>
      %q = arith.muli %b, %b : i8
      // CHECK: = [[B]] * [[B]];
      memref.store %q, %w[%i] : memref<64xi8>
    }
    return
  }
}
