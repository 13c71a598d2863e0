// RUN: metabang-opt -mlu-plan-memory -split-input-file %s | FileCheck %s

!nram = memref<64xf32, #mlu.space<nram>>

// Buffers that live at the same time get their own addresses, 128 bytes apart at least; %c is dead when %d begins.
// CHECK-LABEL: func.func @chain
// CHECK:       memref.alloc() {bang.offset = 0 : i64} : memref<64xf32
// CHECK:       memref.alloc() {bang.offset = 256 : i64} : memref<64xf32
// CHECK:       memref.alloc() {bang.offset = 0 : i64} : memref<64xf32
module attributes {mlu.target = "mtp_270"} {
  func.func @chain(%x: memref<64xf32>, %y: memref<64xf32>) attributes {mlu.kernel} {
    %n = arith.constant 64 : index
    %bytes = arith.constant 256 : index
    %a = memref.alloc() : !nram
    %b = memref.alloc() : !nram
    %c = memref.alloc() : !nram
    bang.memcpy %a, %x, %bytes : !nram, memref<64xf32>, index
    bang.active_exp %b, %a, %n : !nram, !nram, index
    bang.active_sqrt %c, %b, %n : !nram, !nram, index
    bang.memcpy %y, %c, %bytes : memref<64xf32>, !nram, index
    return
  }
}

// -----

// A buffer read in one iteration and written in the one before lives as long as the loop (%sum); one that an
// iteration writes before it reads does not (%t), and shares with what lives after it (%u).
!nram = memref<64xf32, #mlu.space<nram>>
!tmp = memref<1024xf32, #mlu.space<nram>>
// CHECK-LABEL: func.func @loop
// CHECK-DAG:   memref.alloc() {bang.offset = 8192 : i64} : memref<64xf32
// CHECK-DAG:   %[[T:.*]] = memref.alloc() {bang.offset = 0 : i64} : memref<1024xf32
// CHECK-DAG:   memref.alloc() {bang.offset = 4096 : i64} : memref<1024xf32
// CHECK-DAG:   memref.alloc() {bang.offset = 0 : i64} : memref<1024xf32
module attributes {mlu.target = "mtp_270"} {
  func.func @loop(%x: memref<1024xf32>, %y: memref<64xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %n = arith.constant 64 : index
    %m = arith.constant 1024 : index
    %bytes = arith.constant 4096 : index
    %small = arith.constant 256 : index
    %zero = arith.constant 0.0 : f32
    %sum = memref.alloc() : !nram
    %t = memref.alloc() : !tmp
    %s = memref.alloc() : !tmp
    %u = memref.alloc() : !tmp
    bang.write_value %sum, %n, %zero : !nram, index, f32
    scf.for %i = %c0 to %n step %c1 {
      bang.memcpy %t, %x, %bytes : !tmp, memref<1024xf32>, index
      bang.active_exp %s, %t, %m : !tmp, !tmp, index
      bang.active_sqrt %u, %s, %m : !tmp, !tmp, index
      bang.add %sum, %sum, %u, %n : !nram, !nram, !tmp, index
    }
    bang.memcpy %y, %sum, %small : memref<64xf32>, !nram, index
    return
  }
}

// -----

// WRAM offsets count inside a bank: 64 filters of 1152 bytes take 1152 bytes of each bank.
// CHECK-LABEL: func.func @filters
// CHECK-DAG:   memref.alloc() {bang.offset = 0 : i64} : memref<128x3x3x64xi16
// CHECK-DAG:   memref.alloc() {bang.offset = 2304 : i64} : memref<64x3x3x64xi16
module attributes {mlu.target = "mtp_270"} {
  func.func @filters(%w: memref<128x3x3x64xi16>, %v: memref<64x3x3x64xi16>, %y: memref<128x3x3x64xi16>) attributes {mlu.kernel} {
    %big = arith.constant 147456 : index
    %small = arith.constant 73728 : index
    %a = memref.alloc() : memref<128x3x3x64xi16, #mlu.space<wram>>
    %b = memref.alloc() : memref<64x3x3x64xi16, #mlu.space<wram>>
    bang.memcpy %a, %w, %big : memref<128x3x3x64xi16, #mlu.space<wram>>, memref<128x3x3x64xi16>, index
    bang.memcpy %b, %v, %small : memref<64x3x3x64xi16, #mlu.space<wram>>, memref<64x3x3x64xi16>, index
    bang.memcpy %y, %a, %big : memref<128x3x3x64xi16>, memref<128x3x3x64xi16, #mlu.space<wram>>, index
    return
  }
}
