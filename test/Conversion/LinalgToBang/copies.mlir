// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -canonicalize | FileCheck %s

// Contiguous on both sides: one 1-D copy. A strided side: segments. Sizes and strides are bytes.

// CHECK-LABEL: func.func @nram
// CHECK-SAME: %[[X:.*]]: memref<8x24xf32>, %[[Y:.*]]: memref<16x24xf32>
// CHECK-DAG: %[[BYTES:.*]] = arith.constant 768 : index
// CHECK-DAG: %[[ROW:.*]] = arith.constant 48 : index
// CHECK-DAG: %[[PITCH:.*]] = arith.constant 96 : index
// CHECK-DAG: %[[ROWS:.*]] = arith.constant 8 : index
// CHECK: bang.memcpy %[[A:.*]], %[[X]], %[[BYTES]]
// CHECK: bang.memcpy_2d %{{.*}}, %{{.*}}, %[[ROW]], %[[PITCH]], %[[PITCH]], %[[ROWS]] : memref<8x12xf32, strided<[24, 1]>>
module attributes {mlu.target = "mtp_270"} {
  func.func @nram(%x: memref<8x24xf32>, %y: memref<16x24xf32>) {
    %a = memref.alloc() : memref<8x24xf32, #mlu.space<nram>>
    memref.copy %x, %a : memref<8x24xf32> to memref<8x24xf32, #mlu.space<nram>>
    %half = memref.subview %a[0, 0] [8, 12] [1, 1] : memref<8x24xf32, #mlu.space<nram>> to memref<8x12xf32, strided<[24, 1]>, #mlu.space<nram>>
    %to = memref.subview %y[0, 0] [8, 12] [1, 1] : memref<16x24xf32> to memref<8x12xf32, strided<[24, 1]>>
    memref.copy %half, %to : memref<8x12xf32, strided<[24, 1]>, #mlu.space<nram>> to memref<8x12xf32, strided<[24, 1]>>
    return
  }
}

// -----

// Two strided levels: a loop on an MLU2xx, one 3-D copy from MLU3xx on. Rows that may not exist are guarded.

// CHECK-LABEL: func.func @window
// CHECK: arith.cmpi sgt
// CHECK: scf.if
// CHECK: scf.for
// CHECK: bang.memcpy_2d
module attributes {mlu.target = "mtp_270"} {
  func.func @window(%x: memref<64x64x8xf32>, %rows: index) {
    %a = memref.alloc() : memref<4x10x8xf32, #mlu.space<nram>>
    %from = memref.subview %x[0, 0, 0] [%rows, 10, 4] [1, 1, 1] : memref<64x64x8xf32> to memref<?x10x4xf32, strided<[512, 8, 1]>>
    %to = memref.subview %a[0, 0, 0] [%rows, 10, 4] [1, 1, 1] : memref<4x10x8xf32, #mlu.space<nram>> to memref<?x10x4xf32, strided<[80, 8, 1]>, #mlu.space<nram>>
    memref.copy %from, %to : memref<?x10x4xf32, strided<[512, 8, 1]>> to memref<?x10x4xf32, strided<[80, 8, 1]>, #mlu.space<nram>>
    return
  }
}

// -----

// CHECK-LABEL: func.func @window3d
// CHECK-NOT: scf.for
// CHECK: bang.memcpy_3d
module attributes {mlu.target = "mtp_372"} {
  func.func @window3d(%x: memref<64x64x8xf32>) {
    %a = memref.alloc() : memref<4x10x4xf32, #mlu.space<nram>>
    %from = memref.subview %x[0, 0, 0] [4, 10, 4] [1, 1, 1] : memref<64x64x8xf32> to memref<4x10x4xf32, strided<[512, 8, 1]>>
    memref.copy %from, %a : memref<4x10x4xf32, strided<[512, 8, 1]>> to memref<4x10x4xf32, #mlu.space<nram>>
    return
  }
}

// -----

// Filters: a contiguous copy for each 64 on an MLU2xx (128 filters: two), from MLU3xx on a strided copy over the banks.

// CHECK-LABEL: func.func @wram
// CHECK-DAG: %[[GROUP:.*]] = arith.constant 36864 : index
// CHECK-DAG: %[[GROUPS:.*]] = arith.constant 2 : index
// CHECK: scf.for %[[G:.*]] = %{{.*}} to %[[GROUPS]]
// CHECK: bang.memcpy %{{.*}}, %{{.*}}, %[[GROUP]] : memref<{{.*}}, #mlu.space<wram>>
module attributes {mlu.target = "mtp_270"} {
  func.func @wram(%w: memref<128x3x3x32xi16>) {
    %a = memref.alloc() : memref<128x3x3x32xi16, #mlu.space<wram>>
    memref.copy %w, %a : memref<128x3x3x32xi16> to memref<128x3x3x32xi16, #mlu.space<wram>>
    return
  }
}

// -----

// CHECK-LABEL: func.func @wram_strided
// CHECK-DAG: %[[ROW:.*]] = arith.constant 1152 : index
// CHECK-DAG: %[[BANK:.*]] = arith.constant 16384 : index
// CHECK-DAG: %[[BANKS:.*]] = arith.constant 64 : index
// CHECK: bang.memcpy_2d %{{.*}}, %{{.*}}, %[[ROW]], %[[BANK]], %[[ROW]], %[[BANKS]]
module attributes {mlu.target = "mtp_372"} {
  func.func @wram_strided(%w: memref<64x3x3x32xf32>) {
    %a = memref.alloc() : memref<64x3x3x32xf32, #mlu.space<wram>>
    memref.copy %w, %a : memref<64x3x3x32xf32> to memref<64x3x3x32xf32, #mlu.space<wram>>
    return
  }
}

// -----

// Dilated windows, on an MLU2xx: of each of three columns of the window a plane of rows as wide as the result's, which
// three rows of the window share; a copy each of all 8 x 85 elements.

// CHECK-LABEL: func.func @dilated
// CHECK-DAG: %[[C3:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[ELEMENT:.*]] = arith.constant 4 : index
// CHECK-DAG: %[[WIDTH:.*]] = arith.constant 340 : index
// CHECK-DAG: %[[ROW:.*]] = arith.constant 356 : index
// CHECK-DAG: %[[ROWS:.*]] = arith.constant 12 : index
// CHECK-DAG: %[[STEP:.*]] = arith.constant 36 : index
// CHECK-DAG: %[[ALL:.*]] = arith.constant 680 : index
// CHECK: %[[PLANE:.*]] = memref.alloc() : memref<1024xf32, #mlu.space<nram>>
// CHECK: scf.for %{{.*}} to %[[C3]]
// CHECK: bang.memcpy_2d %[[PLANE]], %{{.*}}, %[[WIDTH]], %[[WIDTH]], %[[ROW]], %[[ROWS]]
// CHECK: scf.for %{{.*}} to %[[C3]]
// CHECK: bang.memcpy_2d %{{.*}}, %{{.*}}, %[[ELEMENT]], %[[STEP]], %[[ELEMENT]], %[[ALL]]
// CHECK-NOT: bang.memcpy
module attributes {mlu.target = "mtp_270"} {
  func.func @dilated(%y: memref<8x85x3x3xf32>) {
    %rows = memref.alloc() : memref<12x89xf32, #mlu.space<nram>>
    %taps = memref.alloc() : memref<8x85x3x3xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [affine_map<(i, j, k, l) -> (i + k * 2, j + l * 2)>, affine_map<(i, j, k, l) -> (i, j, k, l)>],
                    iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%rows : memref<12x89xf32, #mlu.space<nram>>) outs(%taps : memref<8x85x3x3xf32, #mlu.space<nram>>) {
    ^bb0(%a: f32, %o: f32):
      linalg.yield %a : f32
    }
    return
  }
}
