// RUN: metabang-opt %s -split-input-file -mlu-pad-buffers -convert-linalg-to-bang -canonicalize | FileCheck %s

// A filter that the device computed lies in NRAM: [k][n] is quantised as one tile, turned, padded to 64 filters of 64
// bytes, and dealt to the banks of WRAM by one copy. Both positions are added for the convolution.

// CHECK-LABEL: func.func @fixed
// CHECK-DAG: %[[K:.*]] = arith.constant 64 : index
// CHECK-DAG: %[[LIMIT:.*]] = arith.constant 127 : i32
// CHECK: %[[PW:.*]] = arith.maxsi %{{.*}}, %c-63_i32
// CHECK: bang.float2int16
// CHECK: %[[PACKED:.*]] = memref.alloc() : memref<64x64xi16, #mlu.space<nram>>
// CHECK: bang.write_zero %[[PACKED]]
// CHECK: bang.transpose %[[PACKED]], %{{.*}}
// CHECK: %[[W:.*]] = memref.alloc() : memref<64x64xi16, #mlu.space<wram>>
// CHECK: bang.memcpy %[[W]], %[[PACKED]]
// CHECK: %[[PX:.*]] = arith.maxsi %{{.*}}, %c-63_i32
// CHECK: %[[SUM:.*]] = arith.addi %[[PX]], %[[PW]]
// CHECK: %[[P:.*]] = arith.minsi %[[SUM]], %[[LIMIT]]
// CHECK: bang.conv %{{.*}}, %{{.*}}, %[[W]], {{.*}}, %[[P]]
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_270"} {
  func.func @fixed(%b: memref<40x20xf32>) {
    %zero = arith.constant 0.0 : f32
    %x = memref.alloc() : memref<8x40xf32, #mlu.space<nram>>
    %w = memref.alloc() : memref<40x20xf32, #mlu.space<nram>>
    memref.copy %b, %w : memref<40x20xf32> to memref<40x20xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<8x20xf32, #mlu.space<nram>>
    linalg.fill ins(%zero : f32) outs(%y : memref<8x20xf32, #mlu.space<nram>>)
    linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<8x40xf32, #mlu.space<nram>>, memref<40x20xf32, #mlu.space<nram>>)
      outs(%y : memref<8x20xf32, #mlu.space<nram>>) attrs = {mlu.pack_filter = 16 : i64} {
    ^bb0(%a: f32, %c: f32, %o: f32):
      %m = arith.mulf %a, %c : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
    }
    return
  }
}

// -----

// What a loop does not change is packed before it; rows along k are dealt out as they are.

// CHECK-LABEL: func.func @before_the_loop
// CHECK: %[[W:.*]] = memref.alloc() : memref<64x16xf32, #mlu.space<wram>>
// CHECK: bang.memcpy_2d %[[W]], %{{.*}}
// CHECK: scf.for
// CHECK-NOT: #mlu.space<wram>>, memref
// CHECK: bang.conv_float %{{.*}}, %{{.*}}, %[[W]]
module attributes {mlu.target = "mtp_372"} {
  func.func @before_the_loop(%b: memref<64x16xf32>, %a: memref<8x4x16xf32>) {
    %zero = arith.constant 0.0 : f32
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    %w = memref.alloc() : memref<64x16xf32, #mlu.space<nram>>
    memref.copy %b, %w : memref<64x16xf32> to memref<64x16xf32, #mlu.space<nram>>
    %x = memref.alloc() : memref<4x16xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<4x64xf32, #mlu.space<nram>>
    scf.for %i = %c0 to %c8 step %c1 {
      %t = memref.subview %a[%i, 0, 0] [1, 4, 16] [1, 1, 1] : memref<8x4x16xf32> to memref<4x16xf32, strided<[16, 1], offset: ?>>
      memref.copy %t, %x : memref<4x16xf32, strided<[16, 1], offset: ?>> to memref<4x16xf32, #mlu.space<nram>>
      linalg.fill ins(%zero : f32) outs(%y : memref<4x64xf32, #mlu.space<nram>>)
      linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                      iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %w : memref<4x16xf32, #mlu.space<nram>>, memref<64x16xf32, #mlu.space<nram>>)
        outs(%y : memref<4x64xf32, #mlu.space<nram>>) attrs = {mlu.pack_filter} {
      ^bb0(%c: f32, %d: f32, %o: f32):
        %m = arith.mulf %c, %d : f32
        %s = arith.addf %o, %m : f32
        linalg.yield %s : f32
      }
    }
    return
  }
}

// -----

// A batch packs and multiplies one matrix after the other.

// CHECK-LABEL: func.func @batch
// CHECK: scf.for %[[I:.*]] =
// CHECK: bang.transpose
// CHECK: %[[W:.*]] = memref.alloc() : memref<64x16xf32, #mlu.space<wram>>
// CHECK: bang.conv_float %{{.*}}, %{{.*}}, %[[W]]
module attributes {mlu.target = "mtp_592"} {
  func.func @batch() {
    %zero = arith.constant 0.0 : f32
    %x = memref.alloc() : memref<3x4x16xf32, #mlu.space<nram>>
    %w = memref.alloc() : memref<3x16x9xf32, #mlu.space<nram>>
    %y = memref.alloc() : memref<3x4x9xf32, #mlu.space<nram>>
    linalg.fill ins(%zero : f32) outs(%y : memref<3x4x9xf32, #mlu.space<nram>>)
    linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, k, n)>, affine_map<(b, m, n, k) -> (b, m, n)>],
                    iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<3x4x16xf32, #mlu.space<nram>>, memref<3x16x9xf32, #mlu.space<nram>>)
      outs(%y : memref<3x4x9xf32, #mlu.space<nram>>) attrs = {mlu.pack_filter} {
    ^bb0(%c: f32, %d: f32, %o: f32):
      %m = arith.mulf %c, %d : f32
      %s = arith.addf %o, %m : f32
      linalg.yield %s : f32
    }
    return
  }
}
