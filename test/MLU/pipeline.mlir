// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(mlu-pipeline,canonicalize))' --split-input-file | FileCheck %s

// load(first); sync; loop { load(next); store(previous); compute; sync }; store(last)
// CHECK-LABEL: func.func private @square
// CHECK-SAME: (%[[IN:.*]]: memref<256xf32>, %[[OUT:.*]]: memref<256xf32>)
// CHECK-DAG: %[[X:.*]] = memref.alloc() : memref<2x64xf32, #mlu.space<nram>>
// CHECK-DAG: %[[Y:.*]] = memref.alloc() : memref<2x64xf32, #mlu.space<nram>>
// CHECK: memref.copy {{.*}} {mlu.async} : {{.*}} to {{.*}}#mlu.space<nram>>
// CHECK: bang.sync
// CHECK: %[[LAST:.*]] = scf.for %[[I:.*]] = %{{.*}} iter_args(%[[SLOT:.*]] = %c0)
// CHECK: %[[OTHER:.*]] = arith.subi %c1, %[[SLOT]]
// CHECK: scf.if
// CHECK: memref.subview %[[X]][%[[OTHER]], 0] [1, 64] [1, 1]
// CHECK: memref.copy {{.*}} {mlu.async}
// CHECK: scf.if
// CHECK: memref.subview %[[Y]][%[[OTHER]], 0] [1, 64] [1, 1]
// CHECK: memref.copy {{.*}} {mlu.async}
// CHECK: memref.subview %[[X]][%[[SLOT]], 0] [1, 64] [1, 1]
// CHECK: memref.subview %[[Y]][%[[SLOT]], 0] [1, 64] [1, 1]
// CHECK: linalg.generic
// CHECK: bang.sync
// CHECK: scf.yield %[[OTHER]]
// CHECK: memref.copy {{.*}} {mlu.async} : {{.*}}#mlu.space<nram>> to
#id = affine_map<(i) -> (i)>
func.func private @square(%in: memref<256xf32>, %out: memref<256xf32>)
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [64], grid = [1, 2], buffers = 2>} {
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %t = mlu.task_id : index
  %x = memref.alloc() : memref<64xf32, #mlu.space<nram>>
  %y = memref.alloc() : memref<64xf32, #mlu.space<nram>>
  scf.for %i = %t to %c4 step %c2 {
    %o = affine.apply affine_map<(i) -> (i * 64)>(%i)
    %from = memref.subview %in[%o] [64] [1] : memref<256xf32> to memref<64xf32, strided<[1], offset: ?>>
    memref.copy %from, %x : memref<64xf32, strided<[1], offset: ?>> to memref<64xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%x : memref<64xf32, #mlu.space<nram>>) outs(%y : memref<64xf32, #mlu.space<nram>>) {
    ^bb0(%p: f32, %c: f32):
      %s = arith.mulf %p, %p : f32
      linalg.yield %s : f32
    }
    %to = memref.subview %out[%o] [64] [1] : memref<256xf32> to memref<64xf32, strided<[1], offset: ?>>
    memref.copy %y, %to : memref<64xf32, #mlu.space<nram>> to memref<64xf32, strided<[1], offset: ?>>
  }
  return
}

// -----

// Computed in place: the next load would overwrite what is still to be stored, so the loop stays.
// CHECK-LABEL: func.func private @in_place
// CHECK-NOT: mlu.async
#id = affine_map<(i) -> (i)>
func.func private @in_place(%in: memref<256xf32>, %out: memref<256xf32>)
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [64], grid = [1, 2], buffers = 2>} {
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %t = mlu.task_id : index
  %x = memref.alloc() : memref<64xf32, #mlu.space<nram>>
  scf.for %i = %t to %c4 step %c2 {
    %o = affine.apply affine_map<(i) -> (i * 64)>(%i)
    %from = memref.subview %in[%o] [64] [1] : memref<256xf32> to memref<64xf32, strided<[1], offset: ?>>
    memref.copy %from, %x : memref<64xf32, strided<[1], offset: ?>> to memref<64xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%x : memref<64xf32, #mlu.space<nram>>) {
    ^bb0(%c: f32):
      %s = arith.mulf %c, %c : f32
      linalg.yield %s : f32
    }
    %to = memref.subview %out[%o] [64] [1] : memref<256xf32> to memref<64xf32, strided<[1], offset: ?>>
    memref.copy %x, %to : memref<64xf32, #mlu.space<nram>> to memref<64xf32, strided<[1], offset: ?>>
  }
  return
}

// -----

// What is loaded is the same for all tiles: computing and storing overlap.
// loop { store(previous); compute; sync }; store(last)
// CHECK-LABEL: func.func private @repeat
// CHECK: memref.copy %{{.*}}, %[[V:.*]] : memref<16xf32> to memref<16xf32, #mlu.space<nram>>
// CHECK-NOT: bang.sync
// CHECK: scf.for
// CHECK: scf.if
// CHECK: memref.copy {{.*}} {mlu.async}
// CHECK-NOT: scf.if
// CHECK: linalg.generic
// CHECK: bang.sync
// CHECK: memref.copy {{.*}} {mlu.async} : {{.*}}#mlu.space<nram>> to
func.func private @repeat(%in: memref<16xf32>, %out: memref<64x16xf32>)
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [8, 16], grid = [1, 2], buffers = 2>} {
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %t = mlu.task_id : index
  %v = memref.alloc() : memref<16xf32, #mlu.space<nram>>
  %y = memref.alloc() : memref<8x16xf32, #mlu.space<nram>>
  memref.copy %in, %v : memref<16xf32> to memref<16xf32, #mlu.space<nram>>
  scf.for %i = %t to %c8 step %c2 {
    %o = affine.apply affine_map<(i) -> (i * 8)>(%i)
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%v : memref<16xf32, #mlu.space<nram>>) outs(%y : memref<8x16xf32, #mlu.space<nram>>) {
    ^bb0(%p: f32, %c: f32):
      linalg.yield %p : f32
    }
    %to = memref.subview %out[%o, 0] [8, 16] [1, 1] : memref<64x16xf32> to memref<8x16xf32, strided<[16, 1], offset: ?>>
    memref.copy %y, %to : memref<8x16xf32, #mlu.space<nram>> to memref<8x16xf32, strided<[16, 1], offset: ?>>
  }
  return
}
