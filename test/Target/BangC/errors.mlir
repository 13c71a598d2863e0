// RUN: metabang-translate --mlu-to-bangc -split-input-file -verify-diagnostics %s

// One case for each thing the emitter can say.

// expected-error @+1 {{there is no kernel to print; mark a function with `mlu.kernel`}}
module {}

// -----

// expected-error @+1 {{returns a value, but a kernel returns nothing; pass results as trailing memref arguments}}
func.func @result(%a: i32) -> i32 {
  return %a : i32
}

// -----

// expected-error @+1 {{takes argument 0 in nram; the host can pass gdram only}}
func.func @onchip(%a: memref<4xf32, #mlu.space<nram>>) {
  return
}

// -----

// expected-error @+1 {{has type 'f64', which BANG C does not have; legalise the types for the device first}}
func.func @type(%a: f64) {
  return
}

// -----

// expected-error @+1 {{takes argument 0 of 4294967296 elements, but kernels index with 32 bits; split the tensor}}
func.func @huge(%a: memref<65536x65536xi8>) {
  return
}

// -----

func.func @unplanned() {
  // expected-error @+1 {{has no address (`bang.offset`); run -mlu-plan-memory first}}
  %a = memref.alloc() : memref<4xf32, #mlu.space<nram>>
  return
}

// -----

func.func @gdram() {
  // expected-error @+1 {{allocates in gdram; a kernel can allocate in nram, wram and sram only}}
  %a = memref.alloc() : memref<4xf32>
  return
}

// -----

func.func @dynamic(%n: index) {
  // expected-error @+1 {{has the dynamic or strided type 'memref<?xf32, #mlu.space<nram>>'; on-chip buffers have a size that is known at compile time}}
  %a = memref.alloc(%n) {bang.offset = 0 : i64} : memref<?xf32, #mlu.space<nram>>
  return
}

// -----

func.func @wram(%x: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %w = memref.alloc() {bang.offset = 0 : i64} : memref<64xf32, #mlu.space<wram>>
  // expected-error @+1 {{reads or writes a single element of wram, which only copies and the tensor unit can; copy it to nram first}}
  %v = memref.load %w[%c0] : memref<64xf32, #mlu.space<wram>>
  return
}

// -----

func.func @strides(%x: memref<?x?xf32>, %i: index) {
  // expected-error @+1 {{whose strides are not constants, so it has no address in BANG C; give the buffer static inner dimensions}}
  %v = memref.load %x[%i, %i] : memref<?x?xf32>
  return
}

// -----

func.func @size(%x: memref<?x4xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{asks for a size that is not known at compile time; specialise the kernel for its shapes}}
  %n = memref.dim %x, %c0 : memref<?x4xf32>
  return
}

// -----

func.func @copy(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @+1 {{cannot be printed as BANG C; run -convert-linalg-to-bang, which turns copies into DMA, first}}
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  return
}

// -----

func.func @divide(%a: index, %b: index) {
  // expected-error @+1 {{cannot be printed as BANG C; run -arith-expand first}}
  %q = arith.floordivsi %a, %b : index
  return
}

// -----

func.func @math(%a: f32) {
  // expected-error @+1 {{cannot be printed as BANG C; rewrite it with the operations docs/architecture.md, section 2, lists}}
  %q = math.erf %a : f32
  return
}

// -----

func.func @tensors(%a: memref<4xf32>) {
  // expected-error @+1 {{cannot be printed as BANG C; run the metabang-bufferize pipeline first}}
  %t = tensor.empty() : tensor<4xf32>
  return
}
