// RUN: metabang-opt %s -split-input-file -mlu-pad-buffers -convert-linalg-to-bang -canonicalize | FileCheck %s

// Fixed point: the tile with 3 channels is packed to 32, with a row behind for whole vectors to run over into; the
// extremes, the position of the larger magnitude from its bits, int16 values, one convolution. 24 filters are padded
// to 64; the fill is the convolution's.

// CHECK-LABEL: func.func @fixed
// CHECK-DAG: %[[CI:.*]] = arith.constant 32 : index
// CHECK-DAG: %[[CO:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[H:.*]] = arith.constant 8 : index
// CHECK-DAG: %[[W:.*]] = arith.constant 9 : index
// CHECK-DAG: %[[K:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
// CHECK: %[[OUT:.*]] = memref.alloc() : memref<1x6x7x64xf32, #mlu.space<nram>>
// CHECK-NOT: bang.write_zero %[[OUT]]
// CHECK: memref.alloc() : memref<9x9x32xf32, #mlu.space<nram>>
// CHECK: bang.argmax
// CHECK: bang.argmin
// CHECK: %[[HIGH:.*]] = memref.load %{{.*}} : memref<32xi32
// CHECK: arith.xori
// CHECK: arith.maxsi
// CHECK: arith.addi %{{.*}}, %c511_i32
// CHECK: arith.shrsi %{{.*}}, %c23_i32
// CHECK: %[[POSITION:.*]] = arith.maxsi
// CHECK: bang.float2int16 %[[Q:.*]], %{{.*}}, %{{.*}}, %[[POSITION]] {mode = "rd"}
// CHECK: bang.conv %{{.*}}, %[[Q]], %{{.*}}, %[[CI]], %[[H]], %[[W]], %[[K]], %[[K]], %[[ONE]], %[[ONE]], %[[CO]], %[[POSITION]]
#x = affine_map<(n, p, q, o, i, j, c) -> (n, p + i, q + j, c)>
#w = affine_map<(n, p, q, o, i, j, c) -> (o, i, j, c)>
#y = affine_map<(n, p, q, o, i, j, c) -> (n, p, q, o)>
module attributes {mlu.target = "mtp_270"} {
  func.func @fixed(%f: memref<24x3x3x3xi16, strided<[288, 96, 32, 1]>>) {
    %zero = arith.constant 0.0 : f32
    %x = memref.alloc() : memref<1x8x9x3xf32, #mlu.space<nram>>
    %w = memref.alloc() : memref<24x3x3x3xi16, #mlu.space<wram>>
    memref.copy %f, %w : memref<24x3x3x3xi16, strided<[288, 96, 32, 1]>> to memref<24x3x3x3xi16, #mlu.space<wram>>
    %y = memref.alloc() : memref<1x6x7x24xf32, #mlu.space<nram>>
    linalg.fill ins(%zero : f32) outs(%y : memref<1x6x7x24xf32, #mlu.space<nram>>)
    linalg.generic {indexing_maps = [#x, #w, #y],
                    iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x8x9x3xf32, #mlu.space<nram>>, memref<24x3x3x3xi16, #mlu.space<wram>>) outs(%y : memref<1x6x7x24xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: i16, %o: f32):
      %r = arith.sitofp %b : i16 to f32
      %m = arith.mulf %a, %r : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// Float from MLU3xx on, without padding in NRAM; an accumulator that was not just filled is added to.

// CHECK-LABEL: func.func @float
// CHECK-DAG: %[[CI:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[CO:.*]] = arith.constant 24 : index
// CHECK: %[[Y:.*]] = memref.alloc() : memref<1x6x7x24xf32, #mlu.space<nram>>
// CHECK: bang.conv_partial_float %[[Y]], %{{.*}}, %{{.*}}, %[[Y]], %[[CI]], {{.*}}, %[[CO]] :
#x = affine_map<(n, p, q, o, i, j, c) -> (n, p + i, q + j, c)>
#w = affine_map<(n, p, q, o, i, j, c) -> (o, i, j, c)>
#y = affine_map<(n, p, q, o, i, j, c) -> (n, p, q, o)>
module attributes {mlu.target = "mtp_372"} {
  func.func @float() {
    %x = memref.alloc() : memref<1x8x9x3xf32, #mlu.space<nram>>
    %w = memref.alloc() : memref<24x3x3x3xf32, #mlu.space<wram>>
    %y = memref.alloc() : memref<1x6x7x24xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#x, #w, #y],
                    iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : memref<1x8x9x3xf32, #mlu.space<nram>>, memref<24x3x3x3xf32, #mlu.space<wram>>) outs(%y : memref<1x6x7x24xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %m = arith.mulf %a, %b : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// A matrix product is a 1 x 1 convolution over the rows, also over a remainder of them.

// CHECK-LABEL: func.func @matmul
// CHECK-SAME: %[[ROWS:.*]]: index
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
// CHECK-DAG: %[[K:.*]] = arith.constant 40 : index
// CHECK: bang.conv_partial_float %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[K]], %[[ROWS]], %[[ONE]], %[[ONE]], %[[ONE]], %[[ONE]], %[[ONE]], %
module attributes {mlu.target = "mtp_592"} {
  func.func @matmul(%n: index) {
    %xs = memref.alloc() : memref<16x40xf32, #mlu.space<nram>>
    %w = memref.alloc() : memref<30x40xf32, #mlu.space<wram>>
    %ys = memref.alloc() : memref<16x30xf32, #mlu.space<nram>>
    %x = memref.subview %xs[0, 0] [%n, 40] [1, 1] : memref<16x40xf32, #mlu.space<nram>> to memref<?x40xf32, strided<[40, 1]>, #mlu.space<nram>>
    %y = memref.subview %ys[0, 0] [%n, 30] [1, 1] : memref<16x30xf32, #mlu.space<nram>> to memref<?x30xf32, strided<[30, 1]>, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                    iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<?x40xf32, strided<[40, 1]>, #mlu.space<nram>>, memref<30x40xf32, #mlu.space<wram>>)
      outs(%y : memref<?x30xf32, strided<[30, 1]>, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %m = arith.mulf %a, %b : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
    }
    return
  }
}
