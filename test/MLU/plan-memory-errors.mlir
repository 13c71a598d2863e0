// RUN: metabang-opt -mlu-plan-memory -split-input-file -verify-diagnostics %s

module attributes {mlu.target = "mtp_270"} {
  // expected-error @+1 {{kernel 'big' needs 419840 bytes of NRAM at once, but mtp_270 has 388096 for buffers beside 5120 of activation tables}}
  func.func @big(%x: memref<100000xf32>, %y: memref<100000xf32>) attributes {mlu.kernel} {
    %n = arith.constant 64 : index
    // expected-note @+1 {{buffer of 400000 bytes: 'memref<100000xf32, #mlu.space<nram>>'}}
    %a = memref.alloc() : memref<100000xf32, #mlu.space<nram>>
    // expected-note @+1 {{buffer of 19840 bytes}}
    %b = memref.alloc() : memref<4960xf32, #mlu.space<nram>>
    bang.active_exp %b, %a, %n : memref<4960xf32, #mlu.space<nram>>, memref<100000xf32, #mlu.space<nram>>, index
    return
  }
}

// -----

module attributes {mlu.target = "mtp_592"} {
  // expected-error @+1 {{kernel 'filters' needs 12800 bytes of each bank of WRAM at once, but mtp_592 has 8192 for buffers}}
  func.func @filters(%w: memref<64x6400xf16>) attributes {mlu.kernel} {
    %n = arith.constant 64 : index
    // expected-note @+1 {{buffer of 12800 bytes}}
    %a = memref.alloc() : memref<64x6400xf16, #mlu.space<wram>>
    bang.memcpy %a, %w, %n : memref<64x6400xf16, #mlu.space<wram>>, memref<64x6400xf16>, index
    return
  }
}

// -----

module attributes {mlu.target = "mtp_270"} {
  func.func @dynamic(%n: index) attributes {mlu.kernel} {
    // expected-error @+1 {{has the dynamic or strided type 'memref<?xf32, #mlu.space<nram>>'; on-chip buffers need a static size: tile with constant sizes}}
    %a = memref.alloc(%n) : memref<?xf32, #mlu.space<nram>>
    return
  }
}

// -----

module attributes {mlu.target = "mtp_999"} {
  // expected-error @+1 {{memory of an unknown device "mtp_999" cannot be planned; set `mlu.target` to one of mtp_270, mtp_372, mtp_592}}
  func.func @unknown() attributes {mlu.kernel} {
    return
  }
}

// -----

module attributes {mlu.target = "mtp_270"} {
  // expected-error @+1 {{kernel 'tables' needs 380000 bytes of NRAM at once, but mtp_270 has 352256 for buffers beside 40960 of activation tables}}
  func.func @tables(%x: memref<95000xf32>) attributes {mlu.kernel} {
    %n = arith.constant 64 : index
    // expected-note @+1 {{buffer of 380000 bytes}}
    %a = memref.alloc() : memref<95000xf32, #mlu.space<nram>>
    bang.active_rsqrthp %a, %a, %n : memref<95000xf32, #mlu.space<nram>>, memref<95000xf32, #mlu.space<nram>>, index
    bang.active_rsqrthp %a, %a, %n : memref<95000xf32, #mlu.space<nram>>, memref<95000xf32, #mlu.space<nram>>, index
    bang.active_relu %a, %a, %n : memref<95000xf32, #mlu.space<nram>>, memref<95000xf32, #mlu.space<nram>>, index
    return
  }
}

// -----

module attributes {mlu.target = "mtp_270"} {
  // expected-error @+1 {{kernel 'shared' needs 2000000 bytes of SRAM at once, but mtp_270 has 1966080 for buffers}}
  func.func @shared(%x: memref<500000xf32>) attributes {mlu.kernel} {
    %n = arith.constant 2000000 : index
    // expected-note @+1 {{buffer of 2000000 bytes}}
    %a = memref.alloc() : memref<500000xf32, #mlu.space<sram>>
    bang.memcpy %a, %x, %n : memref<500000xf32, #mlu.space<sram>>, memref<500000xf32>, index
    return
  }
}
