// RUN: metabang-translate --mlu-to-bangc %s | FileCheck %s

// A call with one value for both operands separates them all the same.

!nram = memref<32xf32, #mlu.space<nram>>

// CHECK-LABEL: void self_power(
func.func @self_power() attributes {mlu.kernel} {
  %c0 = arith.constant 0 : index
  %b = memref.alloc() {bang.offset = 0 : i64} : !nram
  %x = memref.load %b[%c0] : !nram
  // CHECK: powf([[X:[a-z_0-9]+]], [[X]]);
  %y = math.powf %x, %x : f32
  memref.store %y, %b[%c0] : !nram
  return
}
