// RUN: metabang-translate --mlu-to-bangc %s | FileCheck %s

// Names come from locations and from what a buffer is used for; sizes in bytes read as elements * sizeof.

module attributes {mlu.target = "mtp_270"} {
  func.func @scale_add(%x: memref<1000xf32> loc("x"), %y: memref<1000xf32> loc("y"), %out: memref<1000xf32>) attributes {mlu.kernel} {
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %c128 = arith.constant 128 : index
    %c1000 = arith.constant 1000 : index
    %half = arith.constant 0.1 : f32
    %a = memref.alloc() {bang.offset = 0 : i64} : memref<128xf32, #mlu.space<nram>>
    %b = memref.alloc() {bang.offset = 512 : i64} : memref<128xf32, #mlu.space<nram>>
    %task = mlu.task_id : index
    %tasks = mlu.task_dim : index
    %first = arith.muli %task, %c128 : index
    %step = arith.muli %tasks, %c128 : index
    scf.for %i = %first to %c1000 step %step {
      %left = arith.subi %c1000, %i : index loc("left")
      %n = arith.minsi %left, %c128 : index loc("n")
      %bytes = arith.muli %n, %c4 : index
      %xs = memref.subview %x[%i] [%n] [1] : memref<1000xf32> to memref<?xf32, strided<[1], offset: ?>>
      %ys = memref.subview %y[%i] [%n] [1] : memref<1000xf32> to memref<?xf32, strided<[1], offset: ?>>
      %os = memref.subview %out[%i] [%n] [1] : memref<1000xf32> to memref<?xf32, strided<[1], offset: ?>>
      bang.memcpy %a, %xs, %bytes : memref<128xf32, #mlu.space<nram>>, memref<?xf32, strided<[1], offset: ?>>, index loc("net.py":12:1)
      bang.memcpy %b, %ys, %bytes : memref<128xf32, #mlu.space<nram>>, memref<?xf32, strided<[1], offset: ?>>, index loc("net.py":12:1)
      bang.mul_scalar %a, %a, %half, %c128 : memref<128xf32, #mlu.space<nram>>, memref<128xf32, #mlu.space<nram>>, f32, index loc("net.py":13:1)
      bang.add %b, %a, %b, %c128 : memref<128xf32, #mlu.space<nram>>, memref<128xf32, #mlu.space<nram>>, memref<128xf32, #mlu.space<nram>>, index loc("net.py":13:5)
      bang.memcpy %os, %b, %bytes : memref<?xf32, strided<[1], offset: ?>>, memref<128xf32, #mlu.space<nram>>, index loc("net.py":13:5)
    }
    return
  } loc("net.py":12:1)
}
