#map = affine_map<(d0) -> (d0)>
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%arg0: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %collapsed = tensor.collapse_shape %arg0 [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
    %0 = mlu.launch @add_0(%collapsed) : (tensor<6xf32>) -> tensor<6xf32>
    %expanded = tensor.expand_shape %0 [[0, 1]] output_shape [2, 3] : tensor<6xf32> into tensor<2x3xf32>
    return %expanded : tensor<2x3xf32>
  }
  func.func private @add_0(%arg0: memref<6xf32>, %arg1: memref<6xf32>) attributes {mlu.dim = array<i64: 1, 1, 1>, mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [6], grid = [1, 1], buffers = 1>} {
    %cst = arith.constant 1.000000e+00 : f32
    %alloc = memref.alloc() {alignment = 64 : i64} : memref<6xf32, #mlu.space<nram>>
    memref.copy %arg0, %alloc : memref<6xf32> to memref<6xf32, #mlu.space<nram>>
    %alloc_0 = memref.alloc() {alignment = 64 : i64} : memref<6xf32, #mlu.space<nram>>
    linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%alloc : memref<6xf32, #mlu.space<nram>>) outs(%alloc_0 : memref<6xf32, #mlu.space<nram>>) {
    ^bb0(%in: f32, %out: f32):
      %0 = arith.addf %in, %cst : f32
      linalg.yield %0 : f32
    }
    memref.copy %alloc_0, %arg1 : memref<6xf32, #mlu.space<nram>> to memref<6xf32>
    return
  }
}
