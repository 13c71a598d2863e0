// Pins a bug of MLIR 22.1: tiling takes the slice from start floordiv 2 but leaves the map of the generic alone. The tile from i = 3 reads
// the slice x[1 .. 3); its second element, result 4, reads slice[1 floordiv 2] = x[1] and ought to read x[2]. If this test fails the bug
// may be fixed, and a reindex with floordiv could become a plain generic: see lib/Conversion/MetaToLinalg/Movement.cpp.
// RUN: %stock-mlir-opt %s -transform-interpreter -canonicalize | FileCheck %s

// CHECK: #[[MAP:.*]] = affine_map<(d0) -> (d0 floordiv 2)>
// CHECK: scf.for %[[I:.*]] = %c0 to %c8 step %c3
// CHECK:   %[[START:.*]] = affine.apply #[[MAP]](%[[I]])
// CHECK:   %[[TILE:.*]] = tensor.extract_slice %arg0[%[[START]]]
// CHECK:   linalg.generic {indexing_maps = [#[[MAP]], {{.*}} ins(%[[TILE]]
module attributes {transform.with_named_sequence} {
func.func @halve(%x: tensor<4xf32>, %o: tensor<8xf32>) -> tensor<8xf32> {
  %0 = linalg.generic {indexing_maps = [affine_map<(i) -> (i floordiv 2)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
    ins(%x : tensor<4xf32>) outs(%o : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
  %g = transform.structured.match ops{["linalg.generic"]} in %m : (!transform.any_op) -> !transform.any_op
  %t, %l = transform.structured.tile_using_for %g tile_sizes [3] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
  transform.yield
}
}
