// One case for each thing a meta-operator can complain of.
// RUN: metabang-opt %s -split-input-file -verify-diagnostics

func.func @unknown_kind(%x: tensor<4xf32>) {
  // expected-error @+1 {{attribute 'kind' failed to satisfy constraint: unary kind, one of: neg, abs, sign, relu, exp}}
  "meta.unary"(%x) {kind = "gamma"} : (tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @unary_needs_float(%x: tensor<4xi32>) {
  // expected-error @+1 {{of kind 'exp' needs floating-point elements, not 'i32'; convert with meta.cast}}
  "meta.unary"(%x) {kind = "exp"} : (tensor<4xi32>) -> tensor<4xi32>
}

// -----
func.func @unary_needs_int(%x: tensor<4xf32>) {
  // expected-error @+1 {{of kind 'not' needs integer elements, not 'f32'}}
  "meta.unary"(%x) {kind = "not"} : (tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @binary_needs_int(%x: tensor<4xf32>) {
  // expected-error @+1 {{of kind 'xor' needs integer elements, not 'f32'}}
  "meta.binary"(%x, %x) {kind = "xor"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @binary_shapes(%x: tensor<4xf32>, %y: tensor<1xf32>) {
  // expected-error @+1 {{requires the same type for all operands and results}}
  "meta.binary"(%x, %y) {kind = "add"} : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
}

// -----
func.func @compare_result(%x: tensor<4xf32>) {
  // expected-error @+1 {{result #0 must be statically shaped tensor of 1-bit signless integer values}}
  "meta.compare"(%x, %x) {kind = "lt"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @select_types(%c: tensor<4xi1>, %x: tensor<4xf32>, %y: tensor<4xf16>) {
  // expected-error @+1 {{failed to verify that all of {lhs, rhs, result} have same type}}
  "meta.select"(%c, %x, %y) : (tensor<4xi1>, tensor<4xf32>, tensor<4xf16>) -> tensor<4xf32>
}

// -----
func.func @cast_shape(%x: tensor<4xf32>) {
  // expected-error @+1 {{requires the same shape for all operands and results}}
  "meta.cast"(%x) : (tensor<4xf32>) -> tensor<5xf16>
}

// -----
func.func @dynamic(%x: tensor<?xf32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor}}
  "meta.unary"(%x) {kind = "exp"} : (tensor<?xf32>) -> tensor<?xf32>
}

// -----
func.func @broadcast_rank(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{needs one entry of 'dims' for each of the operand's 2 dimensions, but has 1}}
  "meta.broadcast"(%x) {dims = array<i64: 0>} : (tensor<4x8xf32>) -> tensor<4x8x2xf32>
}

// -----
func.func @broadcast_outside(%x: tensor<4xf32>) {
  // expected-error @+1 {{has 2 in 'dims', which is outside of [0, 2)}}
  "meta.broadcast"(%x) {dims = array<i64: 2>} : (tensor<4xf32>) -> tensor<4x4xf32>
}

// -----
func.func @broadcast_twice(%x: tensor<4x4xf32>) {
  // expected-error @+1 {{names dimension 0 twice in 'dims'}}
  "meta.broadcast"(%x) {dims = array<i64: 0, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
}

// -----
func.func @broadcast_size(%x: tensor<4xf32>) {
  // expected-error @+1 {{cannot broadcast operand dimension 0 of size 4 to result dimension 1 of size 6; sizes must be equal or the operand's 1}}
  "meta.broadcast"(%x) {dims = array<i64: 1>} : (tensor<4xf32>) -> tensor<2x6xf32>
}

// -----
func.func @broadcast_type(%x: tensor<4xf32>) {
  // expected-error @+1 {{has operand element type 'f32' but result element type 'f16'; convert with meta.cast}}
  "meta.broadcast"(%x) {dims = array<i64: 0>} : (tensor<4xf32>) -> tensor<4xf16>
}

// -----
func.func @pad_negative(%x: tensor<4xf32>) {
  // expected-error @+1 {{has a negative border; use meta.slice to cut}}
  "meta.pad"(%x) {low = array<i64: -1>, high = array<i64: 0>, value = 0.0 : f32} : (tensor<4xf32>) -> tensor<3xf32>
}

// -----
func.func @pad_shape(%x: tensor<4xf32>) {
  // expected-error @+1 {{has result shape [6], expected [7]}}
  "meta.pad"(%x) {low = array<i64: 1>, high = array<i64: 2>, value = 0.0 : f32} : (tensor<4xf32>) -> tensor<6xf32>
}

// -----
func.func @pad_value(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs 'value' of the element type 'f32', but it has type 'i32'}}
  "meta.pad"(%x) {low = array<i64: 1>, high = array<i64: 2>, value = 0 : i32} : (tensor<4xf32>) -> tensor<7xf32>
}

// -----
func.func @slice_outside(%x: tensor<4xf32>) {
  // expected-error @+1 {{reads indices 1 to 5 of dimension 0, which has size 4}}
  "meta.slice"(%x) {offsets = array<i64: 1>, strides = array<i64: 2>} : (tensor<4xf32>) -> tensor<3xf32>
}

// -----
func.func @slice_stride(%x: tensor<4xf32>) {
  // expected-error @+1 {{has stride 0 in dimension 0}}
  "meta.slice"(%x) {offsets = array<i64: 1>, strides = array<i64: 0>} : (tensor<4xf32>) -> tensor<3xf32>
}

// -----
func.func @slice_rank(%x: tensor<4xf32>) {
  // expected-error @+1 {{has a result of rank 2 but an operand of rank 1}}
  "meta.slice"(%x) {offsets = array<i64: 0>, strides = array<i64: 1>} : (tensor<4xf32>) -> tensor<4x1xf32>
}

// -----
func.func @transpose_shape(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{has result shape [4, 8], expected [8, 4]}}
  "meta.transpose"(%x) {perm = array<i64: 1, 0>} : (tensor<4x8xf32>) -> tensor<4x8xf32>
}

// -----
func.func @index_dim() {
  // expected-error @+1 {{has dim 2, which is outside of [0, 2)}}
  "meta.index"() {dim = 2 : i64} : () -> tensor<4x8xi32>
}

// -----
func.func @reindex_dims(%x: tensor<4xf32>) {
  // expected-error @+1 {{has a map of 1 dimensions, but the result has rank 2}}
  "meta.reindex"(%x) {map = affine_map<(i) -> (i)>, overflow_value = 0.0 : f32} : (tensor<4xf32>) -> tensor<4x2xf32>
}

// -----
func.func @reindex_results(%x: tensor<4x4xf32>) {
  // expected-error @+1 {{has a map of 1 results, but the operand has rank 2}}
  "meta.reindex"(%x) {map = affine_map<(i) -> (i)>, overflow_value = 0.0 : f32} : (tensor<4x4xf32>) -> tensor<4xf32>
}

// -----
func.func @reindex_symbols(%x: tensor<4xf32>) {
  // expected-error @+1 {{has a map of 1 symbols, but 0 extras}}
  "meta.reindex"(%x) {map = affine_map<(i)[s0] -> (s0)>, overflow_value = 0.0 : f32} : (tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @reindex_conditions(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs conditions on 1 dimensions and at most 0 symbols}}
  "meta.reindex"(%x) {map = affine_map<(i) -> (i)>, overflow_value = 0.0 : f32, conditions = affine_set<(i, j) : (i >= 0)>} : (tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @reindex_extra_shape(%x: tensor<4xf32>, %e: tensor<3xi32>) {
  // expected-error @+1 {{needs extra 0 of the shape of the result}}
  "meta.reindex"(%x, %e) {map = affine_map<(i)[s0] -> (s0)>, overflow_value = 0.0 : f32} : (tensor<4xf32>, tensor<3xi32>) -> tensor<4xf32>
}

// -----
func.func @reindex_overflow_type(%x: tensor<4xf32>) {
  // expected-error @+1 {{needs 'overflow_value' of the element type 'f32', but it has type 'f64'}}
  "meta.reindex"(%x) {map = affine_map<(i) -> (i)>, overflow_value = 0.0 : f64} : (tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @reindex_reduce_results(%y: tensor<4xf32>) {
  // expected-error @+1 {{has a map of 2 results, but the result has rank 1}}
  "meta.reindex_reduce"(%y) {kind = "add", map = affine_map<(i) -> (i, i)>} : (tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @reindex_reduce_kind(%y: tensor<4xf32>) {
  // expected-error @+1 {{attribute 'kind' failed to satisfy constraint: reindex_reduce kind, one of: add, mul, max, min}}
  "meta.reindex_reduce"(%y) {kind = "sub", map = affine_map<(i) -> (i)>} : (tensor<4xf32>) -> tensor<4xf32>
}

// -----
func.func @reduce_shape(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{has result shape [4, 1], expected [4]}}
  "meta.sum"(%x) {dims = array<i64: 1>} : (tensor<4x8xf32>) -> tensor<4x1xf32>
}

// -----
func.func @reduce_dim(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{has -1 in 'dims', which is outside of [0, 2)}}
  "meta.mean"(%x) {dims = array<i64: -1>} : (tensor<4x8xf32>) -> tensor<4xf32>
}

// -----

func.func @atan2_of_integers(%x: tensor<4xi32>) {
  // expected-error @+1 {{of kind 'atan2' needs floating-point elements, not 'i32'; convert with meta.cast}}
  %0 = meta.binary "atan2" %x, %x : tensor<4xi32>
  return
}
