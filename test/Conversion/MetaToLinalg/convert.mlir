// Each operator on its own.
// RUN: metabang-opt %s -convert-meta-to-linalg -cse -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @elementwise
// CHECK-SAME:    %[[X:.*]]: tensor<4xf32>, %[[N:.*]]: tensor<4xi8>) -> (tensor<4xf32>, tensor<4xf32>)
// CHECK:         linalg.generic {{.*}} ins(%[[X]] :
// CHECK:           arith.negf
// CHECK:           math.exp
// CHECK:           arith.addf
// CHECK:           arith.divf {{.*}} {meta.kind = "sigmoid"}
// CHECK:         linalg.generic {{.*}} ins(%[[N]] :
// CHECK:           arith.uitofp {{.*}} : i8 to f32
func.func @elementwise(%x: tensor<4xf32>, %n: tensor<4xui8>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = meta.unary "sigmoid" %x : tensor<4xf32>
  %1 = meta.cast %n : tensor<4xui8> to tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----
// The sign of the meta type is in the operations.
// CHECK-LABEL: func.func @unsigned
// CHECK:           arith.cmpi ult
// CHECK:           %[[LARGER:.*]] = arith.cmpi ugt, %[[A:.*]], %[[B:.*]] : i8
// CHECK-NEXT:      arith.select %[[LARGER]], %[[A]], %[[B]] : i8
// CHECK:           arith.remui
func.func @unsigned(%x: tensor<4xui8>, %y: tensor<4xui8>) -> (tensor<4xi1>, tensor<4xui8>) {
  %0 = meta.compare "lt" %x, %y : tensor<4xui8> to tensor<4xi1>
  %1 = meta.binary "max" %x, %y : tensor<4xui8>
  %2 = meta.binary "mod" %1, %y : tensor<4xui8>
  return %0, %2 : tensor<4xi1>, tensor<4xui8>
}

// -----
// CHECK-LABEL: func.func @movements
// CHECK:         tensor.pad %arg0 low[0, 1] high[2, 0]
// CHECK:         %[[ROWS:.*]] = tensor.extract_slice %arg0[1, 0] [3, 7] [1, 1]
// CHECK:         linalg.generic {{.*}} ins(%[[ROWS]] : tensor<3x7xf32>) outs(%{{.*}} : tensor<3x4xf32>)
// CHECK:         linalg.transpose ins(%arg0 {{.*}} permutation = [1, 0]
func.func @movements(%x: tensor<4x8xf32>) -> (tensor<6x9xf32>, tensor<3x4xf32>, tensor<8x4xf32>) {
  %0 = meta.pad %x low = [0, 1] high = [2, 0] value = 0.0 : f32 : tensor<4x8xf32> to tensor<6x9xf32>
  %1 = meta.slice %x offsets = [1, 0] strides = [1, 2] : tensor<4x8xf32> to tensor<3x4xf32>
  %2 = meta.transpose %x perm = [1, 0] : tensor<4x8xf32> to tensor<8x4xf32>
  return %0, %1, %2 : tensor<6x9xf32>, tensor<3x4xf32>, tensor<8x4xf32>
}

// -----
// A dimension of size 1 that is stretched is dropped first, one that moves is a reshape.
// CHECK: #[[C:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-LABEL: func.func @unit_dims
// CHECK:         %[[V:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0, 1, 2, 3]] : tensor<1x8x1x1xf32> into tensor<8xf32>
// CHECK:         linalg.generic {indexing_maps = [#[[C]], {{.*}} ins(%[[V]]
// CHECK:         tensor.expand_shape {{.*}} into tensor<1x1x1x8xf32>
// CHECK-NOT:     linalg.transpose
func.func @unit_dims(%x: tensor<1x8x1x1xf32>) -> (tensor<1x4x4x8xf32>, tensor<1x1x1x8xf32>) {
  %0 = meta.broadcast %x dims = [0, 3, 1, 2] : tensor<1x8x1x1xf32> to tensor<1x4x4x8xf32>
  %1 = meta.transpose %x perm = [0, 2, 3, 1] : tensor<1x8x1x1xf32> to tensor<1x1x1x8xf32>
  return %0, %1 : tensor<1x4x4x8xf32>, tensor<1x1x1x8xf32>
}

// -----
// Padded by what the map leaves, cut at where it starts: no constant in the generic's map.
// CHECK-DAG: #[[W:.*]] = affine_map<(d0, d1) -> (d0 * 2 + d1)>
// CHECK-DAG: #[[I:.*]] = affine_map<(d0) -> (d0 * 2)>
// CHECK-LABEL: func.func @linear
// CHECK:         %[[P:.*]] = tensor.pad %arg0 low[1] high[1]
// CHECK:           tensor.yield %cst
// CHECK:         linalg.generic {indexing_maps = [#[[W]], {{.*}} ins(%[[P]] : tensor<10xf32>) outs({{.*}} : tensor<4x4xf32>)
// CHECK:         %[[S:.*]] = tensor.extract_slice %arg0[3] [5] [1]
// CHECK:         linalg.generic {indexing_maps = [#[[I]], {{.*}} ins(%[[S]]
func.func @linear(%x: tensor<8xf32>) -> (tensor<4x4xf32>, tensor<3xf32>) {
  %0 = meta.reindex %x map = affine_map<(i, k) -> (i * 2 + k - 1)> overflow_value = 7.0 : f32 : (tensor<8xf32>) -> tensor<4x4xf32>
  %1 = meta.reindex %x map = affine_map<(i) -> (i * 2 + 3)> overflow_value = 7.0 : f32 : (tensor<8xf32>) -> tensor<3xf32>
  return %0, %1 : tensor<4x4xf32>, tensor<3xf32>
}

// -----
// A reshape moves nothing, however its map is written.
// CHECK-LABEL: func.func @reshape
// CHECK-NEXT:    %[[C:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0, 1]] : tensor<4x6xf32> into tensor<24xf32>
// CHECK-NEXT:    %[[E:.*]] = tensor.expand_shape %[[C]] {{\[\[}}0, 1]] output_shape [3, 8] : tensor<24xf32> into tensor<3x8xf32>
// CHECK-NEXT:    return %[[E]]
func.func @reshape(%x: tensor<4x6xf32>) -> tensor<3x8xf32> {
  %0 = meta.reindex %x map = affine_map<(i, j) -> (((i * 8 + j) floordiv 6) mod 4, (i * 8 + j) mod 6)> overflow_value = 0.0 : f32 : (tensor<4x6xf32>) -> tensor<3x8xf32>
  return %0 : tensor<3x8xf32>
}

// -----
// floordiv in a map of linalg.generic is tiled wrongly by MLIR 22.1: the address is computed in the body.
// CHECK: #[[ID:.*]] = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func.func @upsample
// CHECK:         linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel"]} outs({{.*}} : tensor<12xf32>) attrs = {mlu.gather}
// CHECK:           linalg.index 0
// CHECK:           %[[E:.*]] = tensor.extract %arg0
// CHECK-NEXT:      linalg.yield %[[E]]
func.func @upsample(%x: tensor<8xf32>) -> tensor<12xf32> {
  %0 = meta.reindex %x map = affine_map<(i) -> (i * 2 floordiv 3)> overflow_value = 0.0 : f32 : (tensor<8xf32>) -> tensor<12xf32>
  return %0 : tensor<12xf32>
}

// -----
// Extras: the index is checked, clamped, and the element replaced where it was outside.
// CHECK-LABEL: func.func @gather
// CHECK:         linalg.generic {{.*}} ins(%arg1 : tensor<5x8xi32>) {{.*}} attrs = {mlu.gather}
// CHECK:           %[[R:.*]] = arith.index_cast
// CHECK:           %[[GE:.*]] = arith.cmpi sge, %[[R]]
// CHECK:           %[[LT:.*]] = arith.cmpi slt, %[[R]]
// CHECK:           %[[IN:.*]] = arith.andi %[[GE]], %[[LT]]
// CHECK:           %[[C:.*]] = arith.select %[[IN]], %[[R]]
// CHECK:           %[[E:.*]] = tensor.extract %arg0[%[[C]], %{{.*}}]
// CHECK:           arith.select %[[IN]], %[[E]], %cst
func.func @gather(%x: tensor<10x8xf32>, %ids: tensor<5x8xi32>) -> tensor<5x8xf32> {
  %0 = meta.reindex %x, %ids map = affine_map<(i, j)[s0] -> (s0, j)> overflow_value = -1.0 : f32 : (tensor<10x8xf32>, tensor<5x8xi32>) -> tensor<5x8xf32>
  return %0 : tensor<5x8xf32>
}

// -----
// CHECK: #[[OUT:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func @reduce
// CHECK:         %[[INIT:.*]] = linalg.fill ins(%{{.*}} : i32)
// CHECK:         linalg.generic {{.*}}, #[[OUT]]], iterator_types = ["reduction", "parallel"]} {{.*}} outs(%[[INIT]]
// CHECK:           arith.minsi
// CHECK:         arith.constant 2.500000e-01 : f32
func.func @reduce(%x: tensor<4x8xi32>, %y: tensor<4xf32>) -> (tensor<8xi32>, tensor<f32>) {
  %0 = meta.min %x dims = [0] : tensor<4x8xi32> to tensor<8xi32>
  %1 = meta.mean %y dims = [0] : tensor<4xf32> to tensor<f32>
  return %0, %1 : tensor<8xi32>, tensor<f32>
}

// -----
// CHECK-LABEL: func.func @reindex_reduce
// CHECK:         linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]
// CHECK:         scf.for
// CHECK:           tensor.extract %arg0
// CHECK:           arith.addf
// CHECK:           arith.select
// CHECK:           tensor.insert
// CHECK:         } {mlu.scatter, mlu.scatter_map = #{{.*}}}
func.func @reindex_reduce(%y: tensor<4x8xf32>) -> (tensor<8xf32>, tensor<6xf32>) {
  %0 = meta.reindex_reduce "add" %y map = affine_map<(i, j) -> (j)> : (tensor<4x8xf32>) -> tensor<8xf32>
  %1 = meta.reindex_reduce "add" %y map = affine_map<(i, j) -> (i + j)> : (tensor<4x8xf32>) -> tensor<6xf32>
  return %0, %1 : tensor<8xf32>, tensor<6xf32>
}

// -----
// Where each element is a result nothing is reduced: a movement, which does not read what it overwrites.
// CHECK-LABEL: func.func @reindex_reduce_permutes
// CHECK-NOT:     linalg.fill
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%arg0 : tensor<4x8xf32>) outs({{.*}} : tensor<8x4xf32>)
// CHECK-NEXT:    ^bb0(%[[Y:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:      linalg.yield %[[Y]] : f32
func.func @reindex_reduce_permutes(%y: tensor<4x8xf32>) -> tensor<8x4xf32> {
  %0 = meta.reindex_reduce "max" %y map = affine_map<(i, j) -> (j, i)> : (tensor<4x8xf32>) -> tensor<8x4xf32>
  return %0 : tensor<8x4xf32>
}

// -----
// Tensors without elements: no loop, no address.
// CHECK-LABEL: func.func @empty
// CHECK:         %[[E:.*]] = tensor.empty() : tensor<0x4xf32>
// CHECK:         %[[F:.*]] = arith.constant dense<5.000000e+00> : tensor<2xf32>
// CHECK-NOT:     linalg.generic
// CHECK:         return %[[E]], %[[F]]
func.func @empty(%x: tensor<4x0xf32>, %y: tensor<0xf32>) -> (tensor<0x4xf32>, tensor<2xf32>) {
  %0 = meta.reindex %x map = affine_map<(i, j) -> (j, i)> overflow_value = 0.0 : f32 : (tensor<4x0xf32>) -> tensor<0x4xf32>
  %1 = meta.reindex %y map = affine_map<(i) -> (i)> overflow_value = 5.0 : f32 : (tensor<0xf32>) -> tensor<2xf32>
  return %0, %1 : tensor<0x4xf32>, tensor<2xf32>
}

// -----
// A sum of everything has one row, so that it is cut into tiles; a large one has rows for all cores first.
// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func.func @all
// CHECK:         linalg.generic {indexing_maps = [#[[IN]], #[[OUT]]], iterator_types = ["parallel", "reduction"]} ins(%arg0 : tensor<100xf32>) outs({{.*}} : tensor<1xf32>)
// CHECK:         tensor.collapse_shape {{.*}} : tensor<1xf32> into tensor<f32>
// CHECK:         %[[R:.*]] = tensor.expand_shape %arg1 {{.*}} : tensor<64000xf32> into tensor<1000x64xf32>
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[R]] : tensor<1000x64xf32>) outs({{.*}} : tensor<1000xf32>)
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins({{.*}} : tensor<1000xf32>) outs({{.*}} : tensor<1xf32>)
func.func @all(%x: tensor<100xf32>, %y: tensor<64000xf32>) -> (tensor<f32>, tensor<f32>) {
  %0 = meta.sum %x dims = [0] : tensor<100xf32> to tensor<f32>
  %1 = meta.max %y dims = [0] : tensor<64000xf32> to tensor<f32>
  return %0, %1 : tensor<f32>, tensor<f32>
}

// -----

// A sum in the 8 bits of bfloat16 would stop growing.
// CHECK-LABEL: @sum_of_bfloat16
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: arith.addf %{{.*}} : f32
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @sum_of_bfloat16(%x: tensor<4x512xbf16>) -> tensor<4xbf16> {
  %0 = meta.sum %x dims = [1] : tensor<4x512xbf16> to tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// -----

// Many sources for few places that data names: 32 parts are added up, each in a result of its own, and then those.
// CHECK-LABEL: func.func @scatter_in_parts
// CHECK: tensor.expand_shape %{{.*}} into tensor<32x32xf32>
// CHECK: scf.for
// CHECK: tensor.insert %{{.*}} : tensor<32x8xf32>
// CHECK: mlu.scatter
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]
func.func @scatter_in_parts(%y: tensor<1024xf32>, %place: tensor<1024xi32>) -> tensor<8xf32> {
  %0 = meta.reindex_reduce "add" %y, %place map = affine_map<(i)[s] -> (s)> : (tensor<1024xf32>, tensor<1024xi32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
