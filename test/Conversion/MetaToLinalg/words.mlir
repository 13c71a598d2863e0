// RUN: metabang-opt %s -convert-meta-to-linalg -cse -split-input-file | FileCheck %s

// Two indices are one number of a place, -1 where one of them is outside; the result is a row until the end.

// CHECK-LABEL: func.func @two_indices
// CHECK: %[[PLACES:.*]] = linalg.generic
// CHECK: arith.select %{{.*}}, %{{.*}}, %c-1_i32
// CHECK: scf.for
// CHECK: %[[PLACE:.*]] = tensor.extract %[[PLACES]]
// CHECK: arith.index_cast %[[PLACE]] : i32 to index
// CHECK: tensor.insert {{.*}} : tensor<2310xf32>
// CHECK: tensor.expand_shape {{.*}} into tensor<33x70xf32>
func.func @two_indices(%y: tensor<8192xf32>, %i: tensor<8192xi32>, %j: tensor<8192xi64>) -> tensor<33x70xf32> {
  %0 = meta.reindex_reduce "add" %y, %i, %j map = affine_map<(n)[s, t] -> (s, t)> : (tensor<8192xf32>, tensor<8192xi32>, tensor<8192xi64>) -> tensor<33x70xf32>
  return %0 : tensor<33x70xf32>
}

// -----

// Bytes are combined as words. What no source goes to has the least byte, not the least word.

// CHECK-LABEL: func.func @bytes
// CHECK: arith.extsi %{{.*}} : i8 to i32
// CHECK: arith.constant -2147483648 : i32
// CHECK: scf.for
// CHECK: arith.maxsi
// CHECK: linalg.generic
// CHECK: arith.constant -128 : i32
// CHECK: arith.maxsi
// CHECK: arith.trunci %{{.*}} : i32 to i8
func.func @bytes(%y: tensor<4096xi8>, %i: tensor<4096xi32>) -> tensor<3000xi8> {
  %0 = meta.reindex_reduce "max" %y, %i map = affine_map<(n)[s] -> (s)> : (tensor<4096xi8>, tensor<4096xi32>) -> tensor<3000xi8>
  return %0 : tensor<3000xi8>
}

// -----

// A gather looks words up.

// CHECK-LABEL: func.func @gather
// CHECK: arith.extf
// CHECK: linalg.generic
// CHECK: tensor.extract %{{.*}} : tensor<300xf32>
// CHECK: arith.truncf
func.func @gather(%x: tensor<300xf16>, %i: tensor<4096xi32>) -> tensor<4096xf16> {
  %0 = "meta.reindex"(%x, %i) {map = affine_map<(n)[s] -> (s)>, overflow_value = 0.0 : f16} : (tensor<300xf16>, tensor<4096xi32>) -> tensor<4096xf16>
  return %0 : tensor<4096xf16>
}

// -----

// A few elements stay as they are.

// CHECK-LABEL: func.func @few
// CHECK-NOT: linalg.generic
// CHECK: scf.for
// CHECK: arith.maxsi {{.*}} : i8
func.func @few(%y: tensor<4095xi8>, %i: tensor<4095xi64>) -> tensor<3000xi8> {
  %0 = meta.reindex_reduce "max" %y, %i map = affine_map<(n)[s] -> (s)> : (tensor<4095xi8>, tensor<4095xi64>) -> tensor<3000xi8>
  return %0 : tensor<3000xi8>
}
