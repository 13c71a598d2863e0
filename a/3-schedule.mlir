#map = affine_map<(d0) -> (d0)>
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%arg0: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %collapsed = tensor.collapse_shape %arg0 [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
    %0 = mlu.launch @add_0(%collapsed) : (tensor<6xf32>) -> tensor<6xf32>
    %expanded = tensor.expand_shape %0 [[0, 1]] output_shape [2, 3] : tensor<6xf32> into tensor<2x3xf32>
    return %expanded : tensor<2x3xf32>
  }
  func.func private @add_0(%arg0: tensor<6xf32>) -> tensor<6xf32> attributes {mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [6], grid = [1, 1], buffers = 1>} {
    %0 = tensor.empty() : tensor<6xf32>
    %cst = arith.constant 1.000000e+00 : f32
    %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%arg0 : tensor<6xf32>) outs(%0 : tensor<6xf32>) {
    ^bb0(%in: f32, %out: f32):
      %2 = arith.addf %in, %cst : f32
      linalg.yield %2 : f32
    } -> tensor<6xf32>
    return %1 : tensor<6xf32>
  }
}
