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
    %0 = bufferization.to_tensor %arg0 restrict : memref<6xf32> to tensor<6xf32>
    %1 = bufferization.alloc_tensor() {memory_space = #mlu.space<nram>} : tensor<6xf32>
    %2 = bufferization.materialize_in_destination %0 in %1 : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
    %3 = bufferization.alloc_tensor() {memory_space = #mlu.space<nram>} : tensor<6xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%2 : tensor<6xf32>) outs(%3 : tensor<6xf32>) {
    ^bb0(%in: f32, %out: f32):
      %5 = arith.addf %in, %cst : f32
      linalg.yield %5 : f32
    } -> tensor<6xf32>
    bufferization.materialize_in_destination %4 in restrict writable %arg1 : (tensor<6xf32>, memref<6xf32>) -> ()
    return
  }
}
