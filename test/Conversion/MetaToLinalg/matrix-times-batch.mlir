// A matrix times each matrix of a batch: the batch has the channels of the result, so it stays the second operand, the
// filter, although it alone has the result's first dimension.
// RUN: metabang-opt %s --pass-pipeline='builtin.module(convert-meta-to-linalg,cse,func.func(linalg-fuse-meta,mlu-legalize-contractions,linalg-fuse-meta),canonicalize,cse)' | FileCheck %s

// CHECK-DAG: #[[M:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d3)>
// CHECK-DAG: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK: linalg.generic {indexing_maps = [#[[M]], #[[X]], #[[Y]]], {{.*}} ins(%arg0, %arg1 : tensor<20x33xf32>, tensor<3x33x10xf32>) {{.*}} attrs = {{ *}}{mlu.pack_filter}

// Turned, it is a parameter that the host transposes to rows along the depth.
// CHECK-LABEL: @turned
// CHECK: %[[M2:.*]] = mlu.prepare %arg0 {perm = array<i64: 1, 0>} : tensor<33x20xf32> -> tensor<20x33xf32>
// CHECK: linalg.generic {indexing_maps = [#[[M]], #[[X]], #[[Y]]], {{.*}} ins(%[[M2]], %arg1

module attributes {mlu.target = "mtp_372"} {
  func.func @main(%m: tensor<20x33xf32> {meta.constant}, %x: tensor<3x33x10xf32>) -> tensor<3x20x10xf32> {
    %0 = "meta.broadcast"(%m) {dims = array<i64: 1, 2>} : (tensor<20x33xf32>) -> tensor<3x20x33x10xf32>
    %1 = "meta.broadcast"(%x) {dims = array<i64: 0, 2, 3>} : (tensor<3x33x10xf32>) -> tensor<3x20x33x10xf32>
    %2 = "meta.binary"(%0, %1) {kind = "mul"} : (tensor<3x20x33x10xf32>, tensor<3x20x33x10xf32>) -> tensor<3x20x33x10xf32>
    %3 = "meta.sum"(%2) {dims = array<i64: 2>} : (tensor<3x20x33x10xf32>) -> tensor<3x20x10xf32>
    return %3 : tensor<3x20x10xf32>
  }
  func.func @turned(%m: tensor<33x20xf32> {meta.constant}, %x: tensor<3x33x10xf32>) -> tensor<3x20x10xf32> {
    %0 = "meta.broadcast"(%m) {dims = array<i64: 2, 1>} : (tensor<33x20xf32>) -> tensor<3x20x33x10xf32>
    %1 = "meta.broadcast"(%x) {dims = array<i64: 0, 2, 3>} : (tensor<3x33x10xf32>) -> tensor<3x20x33x10xf32>
    %2 = "meta.binary"(%0, %1) {kind = "mul"} : (tensor<3x20x33x10xf32>, tensor<3x20x33x10xf32>) -> tensor<3x20x33x10xf32>
    %3 = "meta.sum"(%2) {dims = array<i64: 2>} : (tensor<3x20x33x10xf32>) -> tensor<3x20x10xf32>
    return %3 : tensor<3x20x10xf32>
  }
}
