// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(mlu-verify-placement))' --split-input-file --verify-diagnostics

func.func private @k(%in: memref<8xf32>) attributes {mlu.kernel} {
  // expected-error @+1 {{the kernel @k would need a temporary in GDRAM; write the operation as two}}
  %0 = memref.alloc() : memref<8xf32>
  return
}

// -----

func.func private @k(%n: index) attributes {mlu.kernel} {
  // expected-error @+1 {{a tile of the kernel @k has no bound on its size}}
  %0 = memref.alloc(%n) : memref<?xf32, #mlu.space<nram>>
  return
}

// -----

func.func private @k(%in: memref<8xf32>, %out: memref<8xf32>)
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [8], grid = [1, 1], buffers = 1>} {
  // expected-error @+1 {{bufferization left a copy inside GDRAM in the kernel @k}}
  memref.copy %in, %out : memref<8xf32> to memref<8xf32>
  return
}

// -----

func.func private @right(%in: memref<8xf32>)
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [8], grid = [1, 1], buffers = 1>} {
  %0 = memref.alloc() : memref<8xf32, #mlu.space<nram>>
  memref.copy %in, %0 : memref<8xf32> to memref<8xf32, #mlu.space<nram>>
  return
}
