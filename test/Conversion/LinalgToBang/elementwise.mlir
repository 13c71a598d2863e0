// RUN: metabang-opt %s -split-input-file -mlu-pad-buffers -convert-linalg-to-bang -canonicalize | FileCheck %s

// One vector over all rows of a remainder tile, in place; the bias is cycled through; max(x, 0) is relu.

// CHECK-LABEL: func.func @bias_relu
// CHECK-SAME: %[[N:.*]]: index
// CHECK: %[[X:.*]] = memref.subview %{{.*}}[0, 0] [%[[N]], 24] [1, 1] : {{.*}} to memref<?x24xf32, strided<[32, 1]>
// CHECK: %[[COUNT:.*]] = arith.muli %[[N]], %[[PITCH:.*]] : index
// CHECK: bang.cycle_add %[[X]], %[[X]], %{{.*}}, %[[COUNT]], %[[PITCH]]
// CHECK: bang.active_relu %[[X]], %[[X]], %[[COUNT]]
module attributes {mlu.target = "mtp_270"} {
  func.func @bias_relu(%n: index) {
    %zero = arith.constant 0.0 : f32
    %bias = memref.alloc() : memref<24xf32, #mlu.space<nram>>
    %buffer = memref.alloc() : memref<8x24xf32, #mlu.space<nram>>
    %x = memref.subview %buffer[0, 0] [%n, 24] [1, 1] : memref<8x24xf32, #mlu.space<nram>> to memref<?x24xf32, strided<[24, 1]>, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>],
                    iterator_types = ["parallel", "parallel"]}
      ins(%x, %bias : memref<?x24xf32, strided<[24, 1]>, #mlu.space<nram>>, memref<24xf32, #mlu.space<nram>>)
      outs(%x : memref<?x24xf32, strided<[24, 1]>, #mlu.space<nram>>) {
    ^bb0(%a: f32, %c: f32, %o: f32):
      %s = arith.addf %a, %c : f32
      %r = arith.maximumf %s, %zero : f32
      linalg.yield %r : f32
    }
    return
  }
}

// -----

// A value a row is a scalar; scalars that MLU3xx takes directly need no vector.

// CHECK-LABEL: func.func @row_scalar
// CHECK: scf.for
// CHECK: %[[S:.*]] = memref.load
// CHECK: bang.sub_scalar %{{.*}}, %{{.*}}, %[[S]]
// CHECK: bang.mul_scalar
// CHECK: bang.pow2
module attributes {mlu.target = "mtp_372"} {
  func.func @row_scalar(%x: memref<8x50xf32, #mlu.space<nram>>, %m: memref<8xf32, #mlu.space<nram>>) {
    linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>, affine_map<(r, c) -> (r, c)>],
                    iterator_types = ["parallel", "parallel"]}
      ins(%x, %m : memref<8x50xf32, #mlu.space<nram>>, memref<8xf32, #mlu.space<nram>>) outs(%x : memref<8x50xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %s = arith.subf %a, %b : f32
      %e = math.exp %s : f32
      linalg.yield %e : f32
    }
    return
  }
}

// -----

// An MLU2xx compares with a vector of 128 bytes that repeats. Selection is bitwise: Inf and NaN stay where they are.

// CHECK-LABEL: func.func @select
// CHECK: bang.write_value %[[SIX:.*]], %{{.*}}, %{{.*}} : memref<32xf32
// CHECK: bang.cycle_gt %[[MASK:.*]], %{{.*}}, %[[SIX]]
// CHECK: bang.band
// CHECK: bang.bnot
// CHECK: bang.band
// CHECK: bang.bor
module attributes {mlu.target = "mtp_270"} {
  func.func @select() {
    %x = memref.alloc() : memref<64xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<64xf32, #mlu.space<nram>>
    %o = memref.alloc() : memref<64xf32, #mlu.space<nram>>
    %six = arith.constant 6.0 : f32
    linalg.generic {indexing_maps = [affine_map<(c) -> (c)>, affine_map<(c) -> (c)>, affine_map<(c) -> (c)>], iterator_types = ["parallel"]}
      ins(%x, %y : memref<64xf32, #mlu.space<nram>>, memref<64xf32, #mlu.space<nram>>) outs(%o : memref<64xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %m = arith.cmpf ogt, %a, %six : f32
      %s = arith.select %m, %a, %b : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// A body that needs temporaries runs in chunks of 4096 elements; the temporary is as large as a chunk.

// CHECK-LABEL: func.func @chunks
// CHECK: memref.alloc() : memref<4096xf32, #mlu.space<nram>>
// CHECK: scf.for %{{.*}} = %{{.*}} to %c20000 step %c4096
module attributes {mlu.target = "mtp_372"} {
  func.func @chunks(%x: memref<20000xf32, #mlu.space<nram>>) {
    linalg.generic {indexing_maps = [affine_map<(c) -> (c)>], iterator_types = ["parallel"]} outs(%x : memref<20000xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32):
      %e = math.exp %a : f32
      %t = math.tanh %a : f32
      %s = arith.addf %e, %t : f32
      linalg.yield %s : f32
    }
    return
  }
}
