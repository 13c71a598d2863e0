module attributes {mlu.target = "mtp_270"} {
  func.func @main(%arg0: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %0 = meta.constant dense<1.000000e+00> : tensor<2x3xf32>
    %1 = meta.binary "add" %arg0, %0 : tensor<2x3xf32>
    return %1 : tensor<2x3xf32>
  }
}
