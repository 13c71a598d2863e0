// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(mlu-tile),canonicalize)' --split-input-file | FileCheck %s

// 100 elements in tiles of 64 on two tasks: arguments are memrefs, the last tile is the front of its buffer.
#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  // CHECK: #[[MIN:.*]] = affine_map<(d0) -> (d0 * -64 + 100, 64)>
  // CHECK-LABEL: func.func private @add
  // CHECK-SAME: (%[[A:.*]]: memref<100xf32>, %[[B:.*]]: memref<100xf32>, %[[OUT:.*]]: memref<100xf32>)
  // CHECK-SAME: mlu.dim = array<i64: 2, 1, 1>
  // CHECK: %[[T:.*]] = mlu.task_id : index
  // CHECK: scf.for %[[I:.*]] = %[[T]] to %c2 step %c2
  // CHECK: %[[SIZE:.*]] = affine.min #[[MIN]](%[[I]])
  // CHECK: bufferization.alloc_tensor() {memory_space = #mlu.space<nram>} : tensor<64xf32>
  // CHECK: bufferization.materialize_in_destination %{{.*}} in %{{.*}} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  // CHECK: linalg.generic
  // CHECK: tensor.insert_slice
  // CHECK: bufferization.materialize_in_destination %{{.*}} in restrict writable %[[OUT]]
  // CHECK: return
  func.func private @add(%a: tensor<100xf32>, %b: tensor<100xf32>) -> tensor<100xf32>
      attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [64], grid = [1, 2], buffers = 2>} {
    %e = tensor.empty() : tensor<100xf32>
    %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
        ins(%a, %b : tensor<100xf32>, tensor<100xf32>) outs(%e : tensor<100xf32>) {
    ^bb0(%p: f32, %q: f32, %c: f32):
      %s = arith.addf %p, %q : f32
      linalg.yield %s : f32
    } -> tensor<100xf32>
    return %0 : tensor<100xf32>
  }
}

// -----

// A padded convolution: the filter goes to WRAM once, in front of the tile loop; a tile of the image is zeros and the
// rows that exist; the epilogue works in place on the accumulator.
#x = affine_map<(n, h, w, o, i, j, c) -> (n, h + i, w + j, c)>
#w = affine_map<(n, h, w, o, i, j, c) -> (o, i, j, c)>
#y = affine_map<(n, h, w, o, i, j, c) -> (n, h, w, o)>
#id = affine_map<(n, h, w, o) -> (n, h, w, o)>
#vec = affine_map<(n, h, w, o) -> (o)>
module attributes {mlu.target = "mtp_372"} {
  // CHECK-LABEL: func.func private @conv2d
  // CHECK: %[[WRAM:.*]] = bufferization.alloc_tensor() {memory_space = #mlu.space<wram>} : tensor<64x3x3x16xf32>
  // CHECK: %[[FILTER:.*]] = bufferization.materialize_in_destination %{{.*}} in %[[WRAM]]
  // CHECK: scf.for
  // CHECK: %[[TILE:.*]] = bufferization.alloc_tensor() {memory_space = #mlu.space<nram>} : tensor<1x6x10x16xf32>
  // CHECK: linalg.fill ins(%{{.*}} : f32) outs(%[[TILE]]
  // CHECK: affine.max
  // CHECK: affine.min
  // CHECK: %[[CONV:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[FILTER]] :
  // CHECK: linalg.generic {{.*}} ins(%[[CONV]], %{{.*}}) outs(%[[CONV]] :
  // CHECK: tensor.insert_slice
  func.func private @conv2d(%x: tensor<1x8x8x16xf32>, %f: tensor<64x3x3x16xf32>, %b: tensor<64xf32>) -> tensor<1x8x8x64xf32>
      attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [1, 4, 8, 64, 3, 3, 16], grid = [1, 2], buffers = 1>} {
    %zero = arith.constant 0.0 : f32
    %p = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
    ^bb0(%i0: index, %i1: index, %i2: index, %i3: index):
      tensor.yield %zero : f32
    } : tensor<1x8x8x16xf32> to tensor<1x10x10x16xf32>
    %e = tensor.empty() : tensor<1x8x8x64xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xf32>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y],
        iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
        ins(%p, %f : tensor<1x10x10x16xf32>, tensor<64x3x3x16xf32>) outs(%z : tensor<1x8x8x64xf32>) {
    ^bb0(%l: f32, %r: f32, %c: f32):
      %m = arith.mulf %l, %r : f32
      %s = arith.addf %c, %m : f32
      linalg.yield %s : f32
    } -> tensor<1x8x8x64xf32>
    %1 = linalg.generic {indexing_maps = [#id, #vec, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
        ins(%0, %b : tensor<1x8x8x64xf32>, tensor<64xf32>) outs(%e : tensor<1x8x8x64xf32>) {
    ^bb0(%l: f32, %r: f32, %c: f32):
      %s = arith.addf %l, %r : f32
      linalg.yield %s : f32
    } -> tensor<1x8x8x64xf32>
    return %1 : tensor<1x8x8x64xf32>
  }
}

// -----

// 96 output channels in tiles of 64: the second tile begins at 32, not at 64.
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
module attributes {mlu.target = "mtp_372"} {
  // CHECK: #[[BACK:.*]] = affine_map<(d0) -> (32, d0 * 64)>
  // CHECK-LABEL: func.func private @matmul
  // CHECK: affine.min #[[BACK]]
  // The reduction is cut: the accumulator is carried by the inner loop.
  // CHECK: scf.for %{{.*}} = %c0 to %c256 step %c128 iter_args
  // CHECK: linalg.generic
  // CHECK: scf.yield
  func.func private @matmul(%x: tensor<5x256xf32>, %f: tensor<96x256xf32>) -> tensor<5x96xf32>
      attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [5, 64, 128], grid = [2, 1], buffers = 1>} {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<5x96xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<5x96xf32>) -> tensor<5x96xf32>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %f : tensor<5x256xf32>, tensor<96x256xf32>) outs(%z : tensor<5x96xf32>) {
    ^bb0(%l: f32, %r: f32, %c: f32):
      %m = arith.mulf %l, %r : f32
      %s = arith.addf %c, %m : f32
      linalg.yield %s : f32
    } -> tensor<5x96xf32>
    return %0 : tensor<5x96xf32>
  }
}

// -----

// A reduction that is cut: its producer is computed for one cut at a time, and each cut is added to the tile of results.
#id = affine_map<(i, k) -> (i, k)>
#row = affine_map<(i, k) -> (k)>
#out = affine_map<(i, k) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  // CHECK-LABEL: func.func private @sum
  // CHECK: scf.for
  // CHECK: linalg.fill
  // CHECK: scf.for {{.*}} iter_args(%[[ACC:.*]] = %{{.*}})
  // CHECK-DAG: bufferization.alloc_tensor() {memory_space = #mlu.space<nram>} : tensor<2x128xf32>
  // CHECK-DAG: bufferization.alloc_tensor() {memory_space = #mlu.space<nram>} : tensor<128xf32>
  // CHECK: %[[Y:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
  // CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[Y]]
  func.func private @sum(%x: tensor<4x300xf32>, %y: tensor<300xf32>) -> tensor<4xf32>
      attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [2, 128], grid = [1, 2], buffers = 1>} {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<4x300xf32>
    %0 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
        ins(%x, %y : tensor<4x300xf32>, tensor<300xf32>) outs(%e : tensor<4x300xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %m = arith.mulf %p, %q : f32
      linalg.yield %m : f32
    } -> tensor<4x300xf32>
    %e4 = tensor.empty() : tensor<4xf32>
    %init = linalg.fill ins(%zero : f32) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
    %1 = linalg.generic {indexing_maps = [#id, #out], iterator_types = ["parallel", "reduction"]}
        ins(%0 : tensor<4x300xf32>) outs(%init : tensor<4xf32>) {
    ^bb0(%p: f32, %c: f32):
      %s = arith.addf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<4xf32>
    return %1 : tensor<4xf32>
  }
}

// -----

// Two results of one loop: the first operation's tile is computed once, read by the second and stored, too; what both
// read is loaded once. The second does not overwrite the tile that is still to be stored.
#t = #mlu.schedule<tiles = [128], grid = [1, 2], buffers = 2>
#i = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_372"} {
  // CHECK-LABEL: func.func private @exp
  // CHECK: scf.for {{.*}} iter_args(%[[YS:.*]] = %{{.*}}, %[[XS:.*]] = %{{.*}}) -> (tensor<512xf32>, tensor<512xf32>)
  // CHECK: %[[A:.*]] = bufferization.materialize_in_destination
  // CHECK-NOT: bufferization.materialize_in_destination
  // CHECK: %[[X:.*]] = linalg.generic {{.*}} ins(%[[A]] : {{.*}} outs(%[[XT:.*]] :
  // CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[A]] :
  // CHECK-NOT: outs(%[[X]]
  // CHECK-DAG: tensor.insert_slice %[[Y]] into %[[YS]]
  // CHECK-DAG: tensor.insert_slice %[[X]] into %[[XS]]
  func.func private @exp(%a: tensor<512xf32>) -> (tensor<512xf32>, tensor<512xf32>)
      attributes {mlu.kernel, mlu.schedule = #t} {
    %e = tensor.empty() : tensor<512xf32>
    %0 = linalg.generic {indexing_maps = [#i, #i], iterator_types = ["parallel"]}
        ins(%a : tensor<512xf32>) outs(%e : tensor<512xf32>) {
    ^bb0(%p: f32, %c: f32):
      %s = math.exp %p : f32
      linalg.yield %s : f32
    } -> tensor<512xf32>
    %1 = linalg.generic {indexing_maps = [#i, #i, #i], iterator_types = ["parallel"]}
        ins(%0, %a : tensor<512xf32>, tensor<512xf32>) outs(%e : tensor<512xf32>) {
    ^bb0(%p: f32, %q: f32, %c: f32):
      %s = arith.mulf %p, %q : f32
      linalg.yield %s : f32
    } -> tensor<512xf32>
    return %1, %0 : tensor<512xf32>, tensor<512xf32>
  }
}
