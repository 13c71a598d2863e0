// RUN: metabang-opt %s -split-input-file -mlu-pad-buffers -convert-linalg-to-bang -canonicalize | FileCheck %s

// Every second column, the first one left out: rows of 255 elements with one between them are copied as one piece, to
// the same pitch; the copy on the chip picks.
// CHECK-LABEL: func.func @columns
// CHECK: %[[X:.*]] = memref.alloc() : memref<8x256xf32, #mlu.space<nram>>
// CHECK: bang.memcpy %{{.*}}, %{{.*}}, %c8188 :
// CHECK: bang.memcpy_2d %{{.*}}, %{{.*}}, %c4, %c4, %c8, %c1024 :
module attributes {mlu.target = "mtp_372"} {
  func.func @columns(%x: memref<8x256xf32>, %y: memref<8x128xf32, #mlu.space<nram>>) {
    %tile = memref.alloc() : memref<8x255xf32, #mlu.space<nram>>
    %from = memref.subview %x[0, 1] [8, 255] [1, 1] : memref<8x256xf32> to memref<8x255xf32, strided<[256, 1], offset: 1>>
    memref.copy %from, %tile : memref<8x255xf32, strided<[256, 1], offset: 1>> to memref<8x255xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j * 2)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%tile : memref<8x255xf32, #mlu.space<nram>>) outs(%y : memref<8x128xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32):
      linalg.yield %a : f32
    }
    return
  }

  // Vectors walk both operands of a sum together: their pitch stays.
  // CHECK-LABEL: func.func @sum
  // CHECK: memref.alloc() : memref<8x255xf32, #mlu.space<nram>>
  // CHECK: bang.memcpy_2d
  func.func @sum(%x: memref<8x256xf32>, %y: memref<8x255xf32, #mlu.space<nram>>) {
    %tile = memref.alloc() : memref<8x255xf32, #mlu.space<nram>>
    %from = memref.subview %x[0, 1] [8, 255] [1, 1] : memref<8x256xf32> to memref<8x255xf32, strided<[256, 1], offset: 1>>
    memref.copy %from, %tile : memref<8x255xf32, strided<[256, 1], offset: 1>> to memref<8x255xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%tile : memref<8x255xf32, #mlu.space<nram>>) outs(%y : memref<8x255xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %b: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
    }
    return
  }
}
