// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func(mlu-tile))' --split-input-file --verify-diagnostics

#id = affine_map<(i) -> (i)>
// expected-error @+1 {{has a schedule of 2 tile sizes for 1 loops}}
func.func private @k(%a: tensor<100xf32>) -> tensor<100xf32>
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [64, 64], grid = [1, 2], buffers = 1>} {
  %e = tensor.empty() : tensor<100xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<100xf32>) outs(%e : tensor<100xf32>) {
  ^bb0(%p: f32, %c: f32):
    linalg.yield %p : f32
  } -> tensor<100xf32>
  return %0 : tensor<100xf32>
}

// -----

#id = affine_map<(i) -> (i)>
// expected-error @+1 {{has a schedule with tile size 101 for a loop of 100}}
func.func private @k(%a: tensor<100xf32>) -> tensor<100xf32>
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [101], grid = [1, 2], buffers = 1>} {
  %e = tensor.empty() : tensor<100xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<100xf32>) outs(%e : tensor<100xf32>) {
  ^bb0(%p: f32, %c: f32):
    linalg.yield %p : f32
  } -> tensor<100xf32>
  return %0 : tensor<100xf32>
}

// -----

#id = affine_map<(i) -> (i)>
// expected-error @+1 {{has a schedule without a grid of two positive numbers}}
func.func private @k(%a: tensor<100xf32>) -> tensor<100xf32>
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [10], grid = [2], buffers = 1>} {
  %e = tensor.empty() : tensor<100xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<100xf32>) outs(%e : tensor<100xf32>) {
  ^bb0(%p: f32, %c: f32):
    linalg.yield %p : f32
  } -> tensor<100xf32>
  return %0 : tensor<100xf32>
}

// -----

#id = affine_map<(i) -> (i)>
// expected-error @+1 {{has a schedule of 1 x 16 tasks for 1 x 10 tiles; a task without a tile would read past the end}}
func.func private @k(%a: tensor<100xf32>) -> tensor<100xf32>
    attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [10], grid = [1, 16], buffers = 1>} {
  %e = tensor.empty() : tensor<100xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<100xf32>) outs(%e : tensor<100xf32>) {
  ^bb0(%p: f32, %c: f32):
    linalg.yield %p : f32
  } -> tensor<100xf32>
  return %0 : tensor<100xf32>
}
