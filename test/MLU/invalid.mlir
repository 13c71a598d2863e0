// RUN: metabang-opt %s --split-input-file --verify-diagnostics

func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{launches @missing, which is not a function of this module}}
  %0 = mlu.launch @missing(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func private @plain(tensor<8xf32>) -> tensor<8xf32>
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @+1 {{launches @plain, which is not marked as a kernel}}
  %0 = mlu.launch @plain(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func @main(%w: tensor<24x16xf32>) {
  // expected-error @+1 {{needs `perm` to be a permutation of the 2 dimensions of its operand}}
  %p = mlu.prepare %w {perm = array<i64: 0, 0>} : tensor<24x16xf32> -> tensor<24x16xf32>
  return
}

// -----

func.func @main(%w: tensor<24x16xf32>) {
  // expected-error @+1 {{can pad dimension 0 but not cut it}}
  %p = mlu.prepare %w {perm = array<i64: 0, 1>} : tensor<24x16xf32> -> tensor<8x16xf32>
  return
}

// -----

func.func @main(%w: tensor<24x16xf32>) {
  // expected-error @+1 {{keeps rank and element type}}
  %p = mlu.prepare %w {perm = array<i64: 0, 1>} : tensor<24x16xf32> -> tensor<24x16xf16>
  return
}

// -----

func.func @main(%w: tensor<24x16xf32>) {
  // expected-error @+1 {{quantises to 8 or 16 bits, not to 4}}
  %q, %s = mlu.quantize_filter %w {bits = 4 : i64, perm = array<i64: 0, 1>, pad_co = 64 : i64, pad_ci = 32 : i64}
      : tensor<24x16xf32> -> tensor<64x32xi16>, tensor<24xf32>
  return
}

// -----

func.func @main(%w: tensor<24x16xf32>) {
  // expected-error @+1 {{has a result of 'i8' for 16 bits}}
  %q, %s = mlu.quantize_filter %w {bits = 16 : i64, perm = array<i64: 0, 1>, pad_co = 64 : i64, pad_ci = 32 : i64}
      : tensor<24x16xf32> -> tensor<64x32xi8>, tensor<24xf32>
  return
}

// -----

func.func @main(%w: tensor<24x16xf32>) {
  // expected-error @+1 {{needs size 64 in dimension 0 of its first result}}
  %q, %s = mlu.quantize_filter %w {bits = 16 : i64, perm = array<i64: 0, 1>, pad_co = 64 : i64, pad_ci = 32 : i64}
      : tensor<24x16xf32> -> tensor<24x32xi16>, tensor<24xf32>
  return
}

// -----

func.func @main(%w: tensor<24x16xf32>) {
  // expected-error @+1 {{needs one scale an output channel}}
  %q, %s = mlu.quantize_filter %w {bits = 16 : i64, perm = array<i64: 0, 1>, pad_co = 64 : i64, pad_ci = 32 : i64}
      : tensor<24x16xf32> -> tensor<64x32xi16>, tensor<16xf32>
  return
}
