// RUN: metabang-opt -mlu-insert-sync -split-input-file %s | FileCheck %s

// The oldest MLU270 tool chain in use has no sync of the IO pipeline alone: the full one takes its place. Behind a
// builtin, `sync_compute` is enough; a synchronous copy needs nothing.
!nram = memref<64xf32, #mlu.space<nram>>
// CHECK-LABEL: func.func @old
// CHECK:       bang.memcpy_async
// CHECK-NEXT:  bang.sync{{$}}
// CHECK-NEXT:  bang.active_exp
// CHECK-NEXT:  bang.sync_compute
// CHECK-NEXT:  bang.memcpy_async
// CHECK-NEXT:  bang.memcpy %
// CHECK-NEXT:  bang.active_sqrt
// CHECK-NEXT:  bang.memcpy %
// CHECK-NEXT:  return
module attributes {mlu.target = "mtp_270"} {
  func.func @old(%x: memref<64xf32>, %y: memref<64xf32>) attributes {mlu.kernel} {
    %n = arith.constant 64 : index
    %bytes = arith.constant 256 : index
    %a = memref.alloc() {bang.offset = 0 : i64} : !nram
    %b = memref.alloc() {bang.offset = 256 : i64} : !nram
    %c = memref.alloc() {bang.offset = 512 : i64} : !nram
    bang.memcpy_async %a, %x, %bytes : !nram, memref<64xf32>, index
    bang.active_exp %b, %a, %n : !nram, !nram, index
    bang.memcpy_async %y, %b, %bytes : memref<64xf32>, !nram, index
    bang.memcpy %a, %x, %bytes : !nram, memref<64xf32>, index
    bang.active_sqrt %c, %a, %n : !nram, !nram, index
    bang.memcpy %y, %c, %bytes : memref<64xf32>, !nram, index
    return
  }
}

// -----

// Newer tool chains wait for the pipeline at fault. Buffers that share addresses conflict as one buffer does; an
// access by the same pipeline is in order.
!nram = memref<64xf32, #mlu.space<nram>>
// CHECK-LABEL: func.func @new
// CHECK:       bang.memcpy_async
// CHECK-NEXT:  bang.memcpy_async
// CHECK-NEXT:  bang.sync_io
// CHECK-NEXT:  bang.add
// CHECK-NEXT:  bang.sync_compute
// CHECK-NEXT:  bang.memcpy_async
// CHECK-NEXT:  bang.sync_io
// CHECK-NEXT:  bang.recip
module attributes {mlu.target = "mtp_372"} {
  func.func @new(%x: memref<64xf32>, %y: memref<64xf32>) attributes {mlu.kernel} {
    %n = arith.constant 64 : index
    %bytes = arith.constant 256 : index
    %a = memref.alloc() {bang.offset = 0 : i64} : !nram
    %b = memref.alloc() {bang.offset = 256 : i64} : !nram
    %shared = memref.alloc() {bang.offset = 256 : i64} : !nram
    bang.memcpy_async %a, %x, %bytes : !nram, memref<64xf32>, index
    bang.memcpy_async %b, %y, %bytes : !nram, memref<64xf32>, index
    bang.add %b, %a, %b, %n : !nram, !nram, !nram, index
    bang.memcpy_async %y, %b, %bytes : memref<64xf32>, !nram, index
    bang.recip %shared, %a, %n : !nram, !nram, index
    return
  }
}

// -----

// A copy from NRAM to WRAM runs on the Move pipeline. It reads both slots: one comes by IO, one from Compute, so it
// needs the full sync. The two slots themselves do not meet.
!nram = memref<2x32x64xf32, #mlu.space<nram>>
!slot = memref<32x64xf32, strided<[64, 1], offset: 2048>, #mlu.space<nram>>
!first = memref<32x64xf32, strided<[64, 1]>, #mlu.space<nram>>
!wram = memref<64x64xf32, #mlu.space<wram>>
// CHECK-LABEL: func.func @move
// CHECK:       bang.memcpy_async
// CHECK-NEXT:  bang.abs
// CHECK-NEXT:  bang.sync{{$}}
// CHECK-NEXT:  bang.memcpy_2d_async
// CHECK-NEXT:  bang.sync_move
// CHECK-NEXT:  bang.conv_float
module attributes {mlu.target = "mtp_592"} {
  func.func @move(%x: memref<64x64xf32>) attributes {mlu.kernel} {
    %c1 = arith.constant 1 : index
    %n = arith.constant 64 : index
    %half = arith.constant 2048 : index
    %bytes = arith.constant 8192 : index
    %row = arith.constant 256 : index
    %a = memref.alloc() {bang.offset = 0 : i64} : !nram
    %b = memref.alloc() {bang.offset = 16384 : i64} : !nram
    %c = memref.alloc() {bang.offset = 32768 : i64} : !nram
    %w = memref.alloc() {bang.offset = 0 : i64} : !wram
    %front = memref.subview %a[0, 0, 0] [1, 32, 64] [1, 1, 1] : !nram to !first
    %back = memref.subview %a[1, 0, 0] [1, 32, 64] [1, 1, 1] : !nram to !slot
    bang.memcpy_async %back, %x, %bytes : !slot, memref<64x64xf32>, index
    bang.abs %front, %b, %half : !first, !nram, index
    bang.memcpy_2d_async %w, %a, %row, %bytes, %row, %n : !wram, !nram, index, index, index, index
    bang.conv_float %c, %b, %w, %n, %c1, %c1, %c1, %c1, %c1, %c1, %n : !nram, !nram, !wram, index, index, index, index, index, index, index, index
    return
  }
}

// -----

// In a loop: the next iteration's load overwrites what this one's builtin still reads.
!nram = memref<64xf32, #mlu.space<nram>>
// CHECK-LABEL: func.func @carried
// CHECK:       scf.for
// CHECK-NEXT:    bang.sync_compute
// CHECK-NEXT:    bang.memcpy_async
// CHECK-NEXT:    bang.sync_io
// CHECK-NEXT:    bang.recip
// CHECK-NEXT:  }
module attributes {mlu.target = "mtp_372"} {
  func.func @carried(%x: memref<64xf32>, %y: memref<64xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %n = arith.constant 64 : index
    %bytes = arith.constant 256 : index
    %a = memref.alloc() {bang.offset = 0 : i64} : !nram
    %b = memref.alloc() {bang.offset = 256 : i64} : !nram
    scf.for %i = %c0 to %n step %c1 {
      bang.memcpy_async %a, %x, %bytes : !nram, memref<64xf32>, index
      bang.recip %b, %a, %n : !nram, !nram, index
    }
    return
  }
}

// -----

// Two slots: the load of the next tile and the computation of this one touch different halves, so only the end of the
// iteration waits. What was loaded before the loop needs one sync in front of it.
!slots = memref<2x64xf32, #mlu.space<nram>>
!slot = memref<64xf32, strided<[1], offset: ?>, #mlu.space<nram>>
!nram = memref<64xf32, #mlu.space<nram>>
// CHECK-LABEL: func.func @slots
// CHECK:       bang.memcpy_async
// CHECK:       scf.for
// CHECK-NOT:     bang.sync
// CHECK:         bang.memcpy_async
// CHECK-NOT:     bang.sync
// CHECK:         bang.recip
// CHECK-NEXT:    bang.sync{{$}}
// CHECK-NEXT:    scf.yield
module attributes {mlu.target = "mtp_372"} {
  func.func @slots(%x: memref<64xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %n = arith.constant 64 : index
    %bytes = arith.constant 256 : index
    %a = memref.alloc() {bang.offset = 0 : i64} : !slots
    %b = memref.alloc() {bang.offset = 512 : i64} : !nram
    %first = memref.subview %a[0, 0] [1, 64] [1, 1] : !slots to memref<64xf32, strided<[1]>, #mlu.space<nram>>
    bang.memcpy_async %first, %x, %bytes : memref<64xf32, strided<[1]>, #mlu.space<nram>>, memref<64xf32>, index
    bang.sync
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%s = %c0) -> index {
      %other = arith.subi %c1, %s : index
      %next = memref.subview %a[%other, 0] [1, 64] [1, 1] : !slots to !slot
      bang.memcpy_async %next, %x, %bytes : !slot, memref<64xf32>, index
      %now = memref.subview %a[%s, 0] [1, 64] [1, 1] : !slots to !slot
      bang.recip %b, %now, %n : !nram, !slot, index
      bang.sync
      scf.yield %other : index
    }
    return
  }
}

// -----

// A copy from before the loop meets the loop's builtin: the sync goes in front of the loop, not into it.
!nram = memref<64xf32, #mlu.space<nram>>
// CHECK-LABEL: func.func @before
// CHECK:       bang.memcpy_async
// CHECK-NEXT:  bang.sync_io
// CHECK-NEXT:  scf.for
// CHECK-NEXT:    bang.add
// CHECK-NEXT:  }
module attributes {mlu.target = "mtp_372"} {
  func.func @before(%x: memref<64xf32>) attributes {mlu.kernel} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %n = arith.constant 64 : index
    %bytes = arith.constant 256 : index
    %a = memref.alloc() {bang.offset = 0 : i64} : !nram
    bang.memcpy_async %a, %x, %bytes : !nram, memref<64xf32>, index
    scf.for %i = %c0 to %n step %c1 {
      bang.add %a, %a, %a, %n : !nram, !nram, !nram, index
    }
    return
  }
}

// -----

// The slots of a padded buffer: a view without the padding comes before the choice of a slot.
!slots = memref<2x8x64xf32, #mlu.space<nram>>
!inner = memref<2x8x48xf32, strided<[512, 64, 1]>, #mlu.space<nram>>
!slot = memref<8x48xf32, strided<[64, 1], offset: ?>, #mlu.space<nram>>
!row = memref<48xf32, strided<[1], offset: ?>, #mlu.space<nram>>
!nram = memref<512xf32, #mlu.space<nram>>
// CHECK-LABEL: func.func @padded_slots
// CHECK:         bang.memcpy_async
// CHECK-NOT:     bang.sync
// CHECK:         bang.recip
module attributes {mlu.target = "mtp_372"} {
  func.func @padded_slots(%x: memref<64xf32>, %slot: index, %i: index) attributes {mlu.kernel} {
    %c1 = arith.constant 1 : index
    %n = arith.constant 48 : index
    %bytes = arith.constant 192 : index
    %a = memref.alloc() {bang.offset = 0 : i64} : !slots
    %b = memref.alloc() {bang.offset = 4096 : i64} : !nram
    %inner = memref.subview %a[0, 0, 0] [2, 8, 48] [1, 1, 1] : !slots to !inner
    %other = arith.subi %c1, %slot : index
    %next = memref.subview %inner[%other, 0, 0] [1, 8, 48] [1, 1, 1] : !inner to !slot
    %now = memref.subview %inner[%slot, 0, 0] [1, 8, 48] [1, 1, 1] : !inner to !slot
    %row = memref.subview %next[%i, 0] [1, 48] [1, 1] : !slot to !row
    bang.memcpy_async %row, %x, %bytes : !row, memref<64xf32>, index
    bang.recip %b, %now, %n : !nram, !slot, index
    return
  }
}
