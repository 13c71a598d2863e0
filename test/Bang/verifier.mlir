// RUN: metabang-opt -split-input-file -verify-diagnostics %s

// One case for each thing the generic verifier can say. Rules of an architecture need a `mlu.target`.

!nram = memref<128xf32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @architecture(%a: !nram, %n: index) {
    // expected-error @+1 {{'bang.recip' op does not exist on mtp_270; use bang.active_reciphp}}
    bang.recip %a, %a, %n : !nram, !nram, index
    return
  }
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_372"} {
  func.func @exception(%a: !nram, %n: index) {
    // expected-error @+1 {{'bang.div' op does not exist on mtp_372; use bang.recip and bang.mul (mtp_372)}}
    bang.div %a, %a, %a, %n : !nram, !nram, !nram, index
    return
  }
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
func.func @space(%a: !nram, %x: memref<128xf32>, %n: index) {
  // expected-error @+1 {{operand 'src1' lives in gdram, but __bang_add wants it in nram; copy it there first (bang.memcpy)}}
  bang.add %a, %a, %x, %n : !nram, !nram, memref<128xf32>, index
  return
}

// -----

!wram = memref<128xf32, #mlu.space<wram>>
func.func @direction(%a: !wram, %b: !wram, %n: index) {
  // expected-error @+1 {{cannot copy from wram to wram; copy through nram}}
  bang.memcpy %a, %b, %n : !wram, !wram, index
  return
}

// -----

!ints = memref<128xi32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @types(%a: !ints, %n: index) {
    // expected-error @+1 {{does not take element types i32 (dst), i32 (src0), i32 (src1) on mtp_270; legal: f16 f32; convert the operands first}}
    bang.add %a, %a, %a, %n : !ints, !ints, !ints, index
    return
  }
}

// -----

!ints = memref<128xi32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_372"} {
  func.func @newer(%a: !ints, %n: index) {
    bang.add %a, %a, %a, %n : !ints, !ints, !ints, index
    return
  }
}

// -----

!src = memref<1x1x32xi8, #mlu.space<nram>>
!filter = memref<64x32xi16, #mlu.space<wram>>
!dst = memref<64xf32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @combination(%d: !dst, %s: !src, %w: !filter, %n: index, %p: i32) {
    // expected-error @+1 {{does not take element types f32 (dst), i8 (src), i16 (kernel) on mtp_270; legal: f16/i8/i8 f32/i8/i8}}
    bang.conv %d, %s, %w, %n, %n, %n, %n, %n, %n, %n, %n, %p : !dst, !src, !filter, index, index, index, index, index, index, index, index, i32
    return
  }
}

// -----

!nram = memref<128xf16, #mlu.space<nram>>
func.func @scalar(%a: !nram, %v: f32, %n: index) {
  // expected-error @+1 {{scalar 'value' is 'f32', but the elements are 'f16'; convert the scalar to that type}}
  bang.mul_scalar %a, %a, %v, %n : !nram, !nram, f32, index
  return
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
!short = memref<128xi16, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @mode(%a: !nram, %b: !short, %n: index, %p: i32) {
    // expected-error @+1 {{has no rounding mode "rn" on mtp_270; use one of tz oz up dn rd}}
    bang.float2int16 %b, %a, %n, %p {mode = "rn"} : !short, !nram, index, i32
    return
  }
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
func.func @opcode(%a: !nram, %n: index) {
  // expected-error @+1 {{has no op_code "mad"; it is one of fma fms fam fsm faa fas fss fsa}}
  bang.fusion %a, %a, %a, %a, %n {op_code = "mad"} : !nram, !nram, !nram, !nram, index
  return
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @multiple(%a: !nram) {
    %n = arith.constant 100 : index
    // expected-error @+1 {{n * sizeof(src0) is 400, but mtp_270 wants a multiple of 128; round n up to 128 and pad the buffers to it}}
    bang.add %a, %a, %a, %n : !nram, !nram, !nram, index
    return
  }
}

// -----

!image = memref<8x3x8xf32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @product(%a: !image, %b: !image) {
    %n = arith.constant 64 : index
    %h = arith.constant 1 : index
    %c = arith.constant 3 : index
    // expected-error @+1 {{h * w * c * sizeof(src) is 12, but mtp_270 wants a multiple of 128; pad one of them}}
    bang.reshape_filter %a, %b, %n, %h, %h, %c : !image, !image, index, index, index, index
    return
  }
}

// -----

!nram = memref<256xf32, #mlu.space<nram>>
!view = memref<128xf32, strided<[1], offset: 5>, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @aligned(%a: !nram, %n: index) {
    %b = memref.alloc() {bang.offset = 64 : i64} : !nram
    %v = memref.subview %b[5] [128] [1] : !nram to !view
    // expected-error @+1 {{operand 'src' starts at byte 84 of nram, but mtp_270 wants a multiple of 64; start it at byte 128 or copy it to a buffer of its own}}
    bang.active_exp %a, %v, %n : !nram, !view, index
    return
  }
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
func.func @divides(%a: !nram, %b: !nram) {
  %n = arith.constant 100 : index
  %s = arith.constant 64 : index
  // expected-error @+1 {{n is 100, which is not a multiple of seg_n = 64; pad it to 128}}
  bang.cycle_add %a, %a, %b, %n, %s : !nram, !nram, !nram, index, index
  return
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
func.func @between(%a: !nram) {
  %n = arith.constant 0 : index
  // expected-error @+1 {{n is 0, but must be from 1 to 2147483647; split the operation or skip it}}
  bang.add %a, %a, %a, %n : !nram, !nram, !nram, index
  return
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
func.func @extent(%a: !nram, %n: index) {
  %b = memref.alloc() : !nram
  %v = memref.subview %b[32] [96] [1] : !nram to memref<96xf32, strided<[1], offset: 32>, #mlu.space<nram>>
  %m = arith.constant 128 : index
  // expected-error @+1 {{touches 512 bytes of operand 'src' from byte 128 on, but its buffer has 512; make the buffer larger or the count smaller}}
  bang.active_exp %a, %v, %m : !nram, memref<96xf32, strided<[1], offset: 32>, #mlu.space<nram>>, index
  return
}

// -----

!nram = memref<128xf32, #mlu.space<nram>>
func.func @inplace(%n: index) {
  %b = memref.alloc() : !nram
  %m = arith.constant 64 : index
  %v = memref.subview %b[32] [64] [1] : !nram to memref<64xf32, strided<[1], offset: 32>, #mlu.space<nram>>
  // expected-error @+1 {{operands 'dst' and 'src' overlap, but __bang_active_exp allows exactly the same address only; write to a buffer of its own}}
  bang.active_exp %b, %v, %m : !nram, memref<64xf32, strided<[1], offset: 32>, #mlu.space<nram>>, index
  return
}

// -----

!nram = memref<64x64xf32, #mlu.space<nram>>
func.func @apart(%a: !nram) {
  %n = arith.constant 64 : index
  // expected-error @+1 {{operands 'dst' and 'src' overlap, but __bang_transpose wants them apart; write to a buffer of its own}}
  bang.transpose %a, %a, %n, %n : !nram, !nram, index, index
  return
}
