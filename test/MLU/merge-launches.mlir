// RUN: metabang-opt -mlu-merge-launches -split-input-file %s | FileCheck %s

!v = memref<64xf32>
!t = tensor<64xf32>
!nram = memref<64xf32, #mlu.space<nram>>

// The launches of %x and %y do not depend on each other: one launch of four tasks; @scale of its result waits alone. The
// shared operand is one parameter; buffers of the second body lie behind those of the first.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[X:.*]]: tensor<64xf32>, %[[Y:.*]]: tensor<64xf32>
// CHECK:         %[[R:.*]]:3 = mlu.launch @shift_and_2_more(%[[X]], %[[Y]]) : (tensor<64xf32>, tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>, tensor<64xf32>)
// CHECK:         %[[V:.*]] = tensor.expand_shape %[[R]]#1
// CHECK:         mlu.launch @scale(%[[R]]#0)
// CHECK-LABEL: func.func private @scale
// CHECK-NOT:   @shift(
// CHECK-LABEL: func.func private @shift_and_2_more
// CHECK-SAME:    %[[P:.*]]: memref<64xf32>, %[[Q:.*]]: memref<64xf32>, %[[A:.*]]: memref<64xf32>, %[[B:.*]]: memref<64xf32>, %[[C:.*]]: memref<64xf32>) attributes {mlu.dim = array<i64: 4, 1, 1>, mlu.kernel}
// CHECK:         %[[T:.*]] = mlu.task_id
// CHECK:         %[[TWO:.*]] = arith.constant 2
// CHECK:         %[[FIRST:.*]] = arith.cmpi slt, %[[T]], %[[TWO]]
// CHECK:         scf.if %[[FIRST]] {
// CHECK:           memref.alloc() {bang.offset = 0 : i64}
// CHECK:           memref.load %[[P]][%[[T]]]
// CHECK:         arith.cmpi sge
// CHECK:         %[[OWN:.*]] = arith.subi %[[T]]
// CHECK:         arith.cmpi slt
// CHECK:         scf.if
// CHECK:           memref.alloc() {bang.offset = 256 : i64}
// CHECK:           bang.memcpy %{{.*}}, %[[P]]
// CHECK:         scf.if
// CHECK:           memref.alloc() {bang.offset = 512 : i64}
// CHECK:           bang.memcpy %{{.*}}, %[[Q]]
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%x: !t, %y: !t) -> (!t, tensor<8x8xf32>, !t, !t) {
    %a = mlu.launch @shift(%x) : (!t) -> !t
    %b = mlu.launch @scale(%x) : (!t) -> !t
    %v = tensor.expand_shape %b [[0, 1]] output_shape [8, 8] : !t into tensor<8x8xf32>
    %c = mlu.launch @scale(%y) : (!t) -> !t
    %d = mlu.launch @scale(%a) : (!t) -> !t
    return %a, %v, %c, %d : !t, tensor<8x8xf32>, !t, !t
  }
  func.func private @scale(%x: !v, %y: !v) attributes {mlu.kernel} {
    %bytes = arith.constant 256 : index
    %n = arith.constant 64 : index
    %f = arith.constant 2.0 : f32
    %a = memref.alloc() {bang.offset = 0 : i64} : !nram
    bang.memcpy %a, %x, %bytes : !nram, !v, index
    bang.mul_scalar %a, %a, %f, %n : !nram, !nram, f32, index
    bang.memcpy %y, %a, %bytes : !v, !nram, index
    return
  }
  func.func private @shift(%x: !v, %y: !v) attributes {mlu.kernel, mlu.dim = array<i64: 2, 1, 1>} {
    %bytes = arith.constant 128 : index
    %n = arith.constant 32 : index
    %t = mlu.task_id : index
    %a = memref.alloc() {bang.offset = 0 : i64} : !nram
    %f = memref.load %x[%t] : !v
    bang.memcpy %a, %x, %bytes : !nram, !v, index
    bang.mul_scalar %a, %a, %f, %n : !nram, !nram, f32, index
    bang.memcpy %y, %a, %bytes : !v, !nram, index
    return
  }
}

// -----

// What is large, needs WRAM, waits for all tasks, or is returned twice stays a launch of its own.
!v = memref<64xf32>
!t = tensor<64xf32>
!large = tensor<4194304xf32>
// CHECK-LABEL: func.func @main
// CHECK:         mlu.launch @twice(
// CHECK:         mlu.launch @copy(
// CHECK:         mlu.launch @wram(
// CHECK:         mlu.launch @barrier(
// CHECK:         mlu.launch @large(
// CHECK-NOT:     _more
module attributes {mlu.target = "mtp_372"} {
  func.func @main(%x: !t, %z: !large) -> (!t, !t, !t, !t, !t, !large) {
    %a = mlu.launch @twice(%x) : (!t) -> !t
    %b = mlu.launch @copy(%x) : (!t) -> !t
    %c = mlu.launch @wram(%x) : (!t) -> !t
    %d = mlu.launch @barrier(%x) : (!t) -> !t
    %e = mlu.launch @large(%z) : (!large) -> !large
    return %a, %a, %b, %c, %d, %e : !t, !t, !t, !t, !t, !large
  }
  func.func private @twice(%x: !v, %y: !v) attributes {mlu.kernel} {
    return
  }
  func.func private @copy(%x: !v, %y: !v) attributes {mlu.kernel} {
    return
  }
  func.func private @wram(%x: !v, %y: !v) attributes {mlu.kernel} {
    %a = memref.alloc() {bang.offset = 0 : i64} : memref<64xf32, #mlu.space<wram>>
    return
  }
  func.func private @barrier(%x: !v, %y: !v) attributes {mlu.kernel} {
    bang.sync_all
    return
  }
  func.func private @large(%x: memref<4194304xf32>, %y: memref<4194304xf32>) attributes {mlu.kernel} {
    return
  }
}
