// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(mlu-select-schedule))' --split-input-file --verify-diagnostics | FileCheck %s

#id = affine_map<(i) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  // Whole vectors, every core, and two buffers because exp takes longer than the copies.
  // CHECK: func.func private @exp_0
  // CHECK-SAME: #mlu.schedule<tiles = [{{[0-9]+}}], grid = [1, 16], buffers = 2>
  func.func private @exp_0(%x: tensor<1000003xf32>) -> tensor<1000003xf32> attributes {mlu.kernel} {
    %e = tensor.empty() : tensor<1000003xf32>
    %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%x : tensor<1000003xf32>) outs(%e : tensor<1000003xf32>) {
    ^bb0(%p: f32, %c: f32):
      %s = math.exp %p : f32
      %t = math.exp %s : f32
      linalg.yield %t : f32
    } -> tensor<1000003xf32>
    return %0 : tensor<1000003xf32>
  }

  // What did not fit is scheduled again with less room: a tile and its result, twice, take 4 * 2 * 2 bytes an element.
  // CHECK: func.func private @exp_again
  // CHECK-SAME: #mlu.schedule<tiles = [{{[1-9]?[0-9]?[0-9]?[0-9]}}], grid = [1, 16]
  func.func private @exp_again(%x: tensor<1000003xf32>) -> tensor<1000003xf32>
      attributes {mlu.kernel, mlu.nram_limit = 65536} {
    %e = tensor.empty() : tensor<1000003xf32>
    %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%x : tensor<1000003xf32>) outs(%e : tensor<1000003xf32>) {
    ^bb0(%p: f32, %c: f32):
      %s = math.exp %p : f32
      linalg.yield %s : f32
    } -> tensor<1000003xf32>
    return %0 : tensor<1000003xf32>
  }

  // A schedule that is there stays.
  // CHECK: func.func private @mine
  // CHECK-SAME: #mlu.schedule<tiles = [7], grid = [1, 3], buffers = 1>
  func.func private @mine(%x: tensor<100xf32>) -> tensor<100xf32>
      attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [7], grid = [1, 3], buffers = 1>} {
    %e = tensor.empty() : tensor<100xf32>
    %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%x : tensor<100xf32>) outs(%e : tensor<100xf32>) {
    ^bb0(%p: f32, %c: f32):
      linalg.yield %p : f32
    } -> tensor<100xf32>
    return %0 : tensor<100xf32>
  }
}

// -----

// The filter's rows are 3 * 3 * 512 floats, 18,432 bytes a bank: more than WRAM has, so the reduction is cut.
#x = affine_map<(n, h, w, o, i, j, c) -> (n, h + i, w + j, c)>
#w = affine_map<(n, h, w, o, i, j, c) -> (o, i, j, c)>
#y = affine_map<(n, h, w, o, i, j, c) -> (n, h, w, o)>
module attributes {mlu.target = "mtp_372"} {
  // CHECK: func.func private @conv2d_0
  // CHECK-SAME: #mlu.schedule<tiles = [{{[0-9]+, [0-9]+, [0-9]+}}, 64, 1, 3, 512], grid = [
  func.func private @conv2d_0(%x: tensor<1x9x9x512xf32>, %w: tensor<512x3x3x512xf32>) -> tensor<1x7x7x512xf32> attributes {mlu.kernel} {
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<1x7x7x512xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x7x7x512xf32>) -> tensor<1x7x7x512xf32>
    %0 = linalg.generic {indexing_maps = [#x, #w, #y],
        iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
        ins(%x, %w : tensor<1x9x9x512xf32>, tensor<512x3x3x512xf32>) outs(%f : tensor<1x7x7x512xf32>) {
    ^bb0(%p: f32, %q: f32, %c: f32):
      %m = arith.mulf %p, %q : f32
      %s = arith.addf %c, %m : f32
      linalg.yield %s : f32
    } -> tensor<1x7x7x512xf32>
    return %0 : tensor<1x7x7x512xf32>
  }
}

// -----

module attributes {mlu.target = "mlu9000"} {
  // expected-error @+1 {{the target "mlu9000" is unknown; known targets are mtp_270, mtp_372, mtp_592}}
  func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {mlu.kernel} {
    return %x : tensor<4xf32>
  }
}

// -----

// A row that does not fit NRAM is reduced in cuts; several rows are dealt to tasks.
#in = affine_map<(i, k) -> (i, k)>
#out = affine_map<(i, k) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  // CHECK-LABEL: func.func private @sum_0
  // CHECK-SAME: mlu.schedule = #mlu.schedule<tiles = [1, {{[1-9][0-9]+}}], grid = [1, 2]
  func.func private @sum_0(%x: tensor<2x1000000xf32>, %init: tensor<2xf32>) -> tensor<2xf32> attributes {mlu.kernel} {
    %0 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<2x1000000xf32>) outs(%init : tensor<2xf32>) {
    ^bb0(%p: f32, %c: f32):
      %s = arith.addf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}

// -----

// What the producer of a reduction reads counts: three tiles of whole rows instead of one.
#in = affine_map<(i, k) -> (i, k)>
#out = affine_map<(i, k) -> (i)>
module attributes {mlu.target = "mtp_270"} {
  // CHECK-LABEL: func.func private @sum_0
  // CHECK-SAME: mlu.schedule = #mlu.schedule<tiles = [1, {{[1-3]?[0-9][0-9][0-9][0-9]}}], grid = [1, 2]
  func.func private @sum_0(%x: tensor<2x40000xf32>, %y: tensor<2x40000xf32>, %init: tensor<2xf32>) -> tensor<2xf32>
      attributes {mlu.kernel} {
    %e = tensor.empty() : tensor<2x40000xf32>
    %0 = linalg.generic {indexing_maps = [#in, #in, #in], iterator_types = ["parallel", "parallel"]}
        ins(%x, %y : tensor<2x40000xf32>, tensor<2x40000xf32>) outs(%e : tensor<2x40000xf32>) {
    ^bb0(%p: f32, %q: f32, %o: f32):
      %m = arith.mulf %p, %q : f32
      linalg.yield %m : f32
    } -> tensor<2x40000xf32>
    %1 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
        ins(%0 : tensor<2x40000xf32>) outs(%init : tensor<2xf32>) {
    ^bb0(%p: f32, %c: f32):
      %s = arith.addf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<2xf32>
    return %1 : tensor<2xf32>
  }
}

// -----

// One window of this pooling fills NRAM several times over.
#in = affine_map<(n, h, w, c, i, j) -> (n, h + i, w + j, c)>
#window = affine_map<(n, h, w, c, i, j) -> (i, j)>
#out = affine_map<(n, h, w, c, i, j) -> (n, h, w, c)>
module attributes {mlu.target = "mtp_270"} {
  // expected-remark-re @+1 {{no tile of this operation fits the {{[0-9]+}} bytes of NRAM and 1048576 bytes of WRAM of mtp_270; it runs as scalar code on one core}}
  func.func private @max_pool_0(%x: tensor<1x500x500x8xf32>, %window: tensor<400x400xf32>, %init: tensor<1x101x101x8xf32>)
      -> tensor<1x101x101x8xf32> attributes {mlu.kernel} {
    %0 = linalg.generic {indexing_maps = [#in, #window, #out],
        iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
        ins(%x, %window : tensor<1x500x500x8xf32>, tensor<400x400xf32>) outs(%init : tensor<1x101x101x8xf32>) {
    ^bb0(%p: f32, %unused: f32, %c: f32):
      %s = arith.maximumf %p, %c : f32
      linalg.yield %s : f32
    } -> tensor<1x101x101x8xf32>
    return %0 : tensor<1x101x101x8xf32>
  }
}
