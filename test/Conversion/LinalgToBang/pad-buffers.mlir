// RUN: metabang-opt %s -split-input-file -mlu-pad-buffers | FileCheck %s

// Rows that meet a cycled vector are padded to 128 bytes, zero-filled once outside of the loop, on an MLU2xx only.

// CHECK-LABEL: func.func @rows
// CHECK: %[[B:.*]] = memref.alloc() : memref<32xf32, #mlu.space<nram>>
// CHECK: linalg.fill {mlu.pad_fill} ins(%{{.*}} : f32) outs(%[[B]]
// CHECK: memref.subview %[[B]][0] [24] [1] {mlu.padded}
// CHECK: %[[X:.*]] = memref.alloc() : memref<8x32xf32, #mlu.space<nram>>
// CHECK: linalg.fill {mlu.pad_fill} ins(%{{.*}} : f32) outs(%[[X]]
// CHECK: %[[V:.*]] = memref.subview %[[X]][0, 0] [8, 24] [1, 1] {mlu.padded}
// CHECK: scf.for
// CHECK: memref.subview %[[V]][0, 0] [%{{.*}}, 24] [1, 1] : memref<8x24xf32, strided<[32, 1]>
module attributes {mlu.target = "mtp_270"} {
  func.func @rows(%x: memref<100x24xf32>, %b: memref<24xf32>) {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c100 = arith.constant 100 : index
    %bias = memref.alloc() : memref<24xf32, #mlu.space<nram>>
    memref.copy %b, %bias : memref<24xf32> to memref<24xf32, #mlu.space<nram>>
    scf.for %i = %c0 to %c100 step %c8 {
      %left = arith.subi %c100, %i : index
      %n = arith.minsi %left, %c8 : index
      %buffer = memref.alloc() : memref<8x24xf32, #mlu.space<nram>>
      %tile = memref.subview %buffer[0, 0] [%n, 24] [1, 1] : memref<8x24xf32, #mlu.space<nram>> to memref<?x24xf32, strided<[24, 1]>, #mlu.space<nram>>
      %from = memref.subview %x[%i, 0] [%n, 24] [1, 1] : memref<100x24xf32> to memref<?x24xf32, strided<[24, 1], offset: ?>>
      memref.copy %from, %tile : memref<?x24xf32, strided<[24, 1], offset: ?>> to memref<?x24xf32, strided<[24, 1]>, #mlu.space<nram>>
      linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>],
                      iterator_types = ["parallel", "parallel"]}
        ins(%tile, %bias : memref<?x24xf32, strided<[24, 1]>, #mlu.space<nram>>, memref<24xf32, #mlu.space<nram>>)
        outs(%tile : memref<?x24xf32, strided<[24, 1]>, #mlu.space<nram>>) {
      ^bb0(%a: f32, %c: f32, %o: f32):
        %s = arith.addf %a, %c : f32
        linalg.yield %s : f32
      }
    }
    return
  }
}

// -----

// Where only whole buffers are walked, their end is padded and not each row.

// CHECK-LABEL: func.func @dense
// CHECK: memref.alloc() : memref<32x10xf32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @dense(%x: memref<30x10xf32>) {
    %buffer = memref.alloc() : memref<30x10xf32, #mlu.space<nram>>
    memref.copy %x, %buffer : memref<30x10xf32> to memref<30x10xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
      outs(%buffer : memref<30x10xf32, #mlu.space<nram>>) {
    ^bb0(%o: f32):
      %s = arith.addf %o, %o : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// A filter in WRAM: 64 filters in rows of 64 bytes, on every architecture. Other buffers stay as they are on MLU3xx.

// CHECK-LABEL: func.func @filter
// CHECK: memref.alloc() : memref<64x3x3x16xf32, #mlu.space<wram>>
// CHECK: memref.alloc() : memref<1x8x9x3xf32, #mlu.space<nram>>
// CHECK: memref.alloc() : memref<1x6x7x24xf32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_372"} {
  func.func @filter(%x: memref<1x8x9x3xf32>, %w: memref<24x3x3x3xf32, strided<[144, 48, 16, 1]>>) {
    %filter = memref.alloc() : memref<24x3x3x3xf32, #mlu.space<wram>>
    memref.copy %w, %filter : memref<24x3x3x3xf32, strided<[144, 48, 16, 1]>> to memref<24x3x3x3xf32, #mlu.space<wram>>
    %image = memref.alloc() : memref<1x8x9x3xf32, #mlu.space<nram>>
    memref.copy %x, %image : memref<1x8x9x3xf32> to memref<1x8x9x3xf32, #mlu.space<nram>>
    %out = memref.alloc() : memref<1x6x7x24xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(n, p, q, o, i, j, c) -> (n, p + i, q + j, c)>, affine_map<(n, p, q, o, i, j, c) -> (o, i, j, c)>,
                                     affine_map<(n, p, q, o, i, j, c) -> (n, p, q, o)>],
                    iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%image, %filter : memref<1x8x9x3xf32, #mlu.space<nram>>, memref<24x3x3x3xf32, #mlu.space<wram>>)
      outs(%out : memref<1x6x7x24xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %m = arith.mulf %a, %b : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// Nothing but copies reads and writes these windows of three: no row of them takes the room of 32.

// CHECK-LABEL: func.func @windows
// CHECK: memref.alloc() : memref<5x11xf32, #mlu.space<nram>>
// CHECK: memref.alloc() : memref<2x5x3x3xf32, #mlu.space<nram>>
// CHECK-NOT: memref.alloc
module attributes {mlu.target = "mtp_270"} {
  func.func @windows(%x: memref<5x11xf32>, %y: memref<2x5x3x3xf32>) {
    %rows = memref.alloc() : memref<5x11xf32, #mlu.space<nram>>
    %taps = memref.alloc() : memref<2x5x3x3xf32, #mlu.space<nram>>
    memref.copy %x, %rows : memref<5x11xf32> to memref<5x11xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(i, j, k, l) -> (i * 2 + k, j * 2 + l)>, affine_map<(i, j, k, l) -> (i, j, k, l)>],
                    iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%rows : memref<5x11xf32, #mlu.space<nram>>) outs(%taps : memref<2x5x3x3xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %o: f32):
      linalg.yield %a : f32
    }
    memref.copy %taps, %y : memref<2x5x3x3xf32, #mlu.space<nram>> to memref<2x5x3x3xf32>
    return
  }
}

// -----

// Rows that are only combined are copied to where that is done: planes of 28 x 28 are loaded as they lie. Of 7 rows of 999
// elements the rows are padded, since whole vectors at the end would be 32 rows.

// CHECK-LABEL: func.func @reduced
// CHECK: memref.alloc() : memref<8x28x28xf32, #mlu.space<nram>>
// CHECK: memref.alloc() : memref<32xf32, #mlu.space<nram>>
// CHECK: memref.alloc() : memref<7x1024xf32, #mlu.space<nram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @reduced(%x: memref<8x28x28xf32>, %y: memref<8xf32>, %v: memref<7x999xf32>, %w: memref<7xf32>) {
    %planes = memref.alloc() : memref<8x28x28xf32, #mlu.space<nram>>
    %sums = memref.alloc() : memref<8xf32, #mlu.space<nram>>
    memref.copy %x, %planes : memref<8x28x28xf32> to memref<8x28x28xf32, #mlu.space<nram>>
    memref.copy %y, %sums : memref<8xf32> to memref<8xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(n, i, j) -> (n, i, j)>, affine_map<(n, i, j) -> (n)>],
                    iterator_types = ["parallel", "reduction", "reduction"]}
      ins(%planes : memref<8x28x28xf32, #mlu.space<nram>>) outs(%sums : memref<8xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %o, %a : f32
      linalg.yield %s : f32
    }
    %rows = memref.alloc() : memref<7x999xf32, #mlu.space<nram>>
    %most = memref.alloc() : memref<7xf32, #mlu.space<nram>>
    memref.copy %v, %rows : memref<7x999xf32> to memref<7x999xf32, #mlu.space<nram>>
    memref.copy %w, %most : memref<7xf32> to memref<7xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%rows : memref<7x999xf32, #mlu.space<nram>>) outs(%most : memref<7xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.maximumf %o, %a : f32
      linalg.yield %s : f32
    }
    return
  }
}
