module attributes {mlu.target = "mtp_270"} {
  func.func @main(%arg0: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %collapsed = tensor.collapse_shape %arg0 [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
    %0 = mlu.launch @add_0(%collapsed) : (tensor<6xf32>) -> tensor<6xf32>
    %expanded = tensor.expand_shape %0 [[0, 1]] output_shape [2, 3] : tensor<6xf32> into tensor<2x3xf32>
    return %expanded : tensor<2x3xf32>
  }
  func.func private @add_0(%arg0: memref<6xf32>, %arg1: memref<6xf32>) attributes {mlu.dim = array<i64: 1, 1, 1>, mlu.kernel, mlu.schedule = #mlu.schedule<tiles = [6], grid = [1, 1], buffers = 1>} {
    %c24 = arith.constant 24 : index
    %c32 = arith.constant 32 : index
    %cst = arith.constant 1.000000e+00 : f32
    %alloc = memref.alloc() {bang.offset = 0 : i64} : memref<32xf32, #mlu.space<nram>>
    bang.write_zero %alloc, %c32 {mlu.pad_fill} : memref<32xf32, #mlu.space<nram>>, index
    %subview = memref.subview %alloc[0] [6] [1] {mlu.padded} : memref<32xf32, #mlu.space<nram>> to memref<6xf32, strided<[1]>, #mlu.space<nram>>
    bang.memcpy %subview, %arg0, %c24 : memref<6xf32, strided<[1]>, #mlu.space<nram>>, memref<6xf32>, index
    %alloc_0 = memref.alloc() {bang.offset = 128 : i64} : memref<32xf32, #mlu.space<nram>>
    %subview_1 = memref.subview %alloc_0[0] [6] [1] {mlu.padded} : memref<32xf32, #mlu.space<nram>> to memref<6xf32, strided<[1]>, #mlu.space<nram>>
    bang.add_scalar %subview_1, %subview, %cst, %c32 : memref<6xf32, strided<[1]>, #mlu.space<nram>>, memref<6xf32, strided<[1]>, #mlu.space<nram>>, f32, index
    bang.memcpy %arg1, %subview_1, %c24 : memref<6xf32>, memref<6xf32, strided<[1]>, #mlu.space<nram>>, index
    return
  }
}
