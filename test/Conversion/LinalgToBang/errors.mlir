// RUN: metabang-opt %s -split-input-file -convert-linalg-to-bang -verify-diagnostics

module attributes {mlu.target = "mtp_999"} {
  // expected-error @+1 {{unknown device 'mtp_999'; this build knows mtp_270, mtp_372, mtp_592}}
  func.func @device(%x: memref<64xf32>, %y: memref<64xf32, #mlu.space<nram>>) {
    memref.copy %x, %y : memref<64xf32> to memref<64xf32, #mlu.space<nram>>
    return
  }
}

// -----

module attributes {mlu.target = "mtp_270"} {
  func.func @filter(%w: memref<64x32xi16, #mlu.space<wram>>, %o: memref<64x32xi16, #mlu.space<nram>>) {
    // expected-error @+1 {{reads WRAM in a form no tensor builtin computes; keep its filter in NRAM instead}}
    linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%w : memref<64x32xi16, #mlu.space<wram>>) outs(%o : memref<64x32xi16, #mlu.space<nram>>) {
    ^bb0(%a: i16, %b: i16):
      linalg.yield %a : i16
    }
    return
  }
}

// -----

module attributes {mlu.target = "mtp_270"} {
  func.func @strides(%x: memref<64xf32, strided<[?]>>, %y: memref<64xf32, #mlu.space<nram>>) {
    // expected-error @+1 {{no DMA copies}}
    memref.copy %x, %y : memref<64xf32, strided<[?]>> to memref<64xf32, #mlu.space<nram>>
    return
  }
}
