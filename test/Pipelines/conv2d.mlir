// The whole compiler on one layer, stage by stage on text, and at once; the text a programmer would read.
// RUN: metabang-opt %s --metabang-meta | FileCheck %s --check-prefix=META
// RUN: metabang-opt %s --metabang-meta | metabang-opt --metabang-kernels | FileCheck %s --check-prefix=KERNELS
// RUN: metabang-opt %s --metabang-meta | metabang-opt --metabang-kernels | metabang-opt --metabang-schedule | FileCheck %s --check-prefix=SCHEDULE
// RUN: metabang-opt %s --metabang-meta --metabang-kernels --metabang-schedule | metabang-opt --metabang-place | FileCheck %s --check-prefix=PLACE
// RUN: metabang-opt %s --metabang-meta --metabang-kernels --metabang-schedule --metabang-place | metabang-opt --metabang-bufferize | FileCheck %s --check-prefix=BUFFERIZE
// RUN: metabang-opt %s --metabang-meta --metabang-kernels --metabang-schedule --metabang-place --metabang-bufferize | metabang-opt --metabang-mlu | metabang-translate --mlu-to-bangc | FileCheck %s --check-prefix=TEXT
// RUN: metabang-opt %s --metabang-compile | metabang-translate --mlu-to-bangc | FileCheck %s --check-prefix=TEXT

// META: meta.transpose %arg0 perm = [0, 2, 3, 1]
// META: mlu.prepare %arg1 {perm = array<i64: 0, 2, 3, 1>} : tensor<24x16x3x3xf32> -> tensor<24x3x3x16xf32>

// KERNELS: mlu.quantize_filter %arg1
// KERNELS: mlu.launch @conv2d_0
// KERNELS: func.func private @conv2d_0({{.*}}) -> tensor<1x14x14x24xf32> attributes {mlu.kernel}

// SCHEDULE: @conv2d_0({{.*}} mlu.schedule = #mlu.schedule<tiles = [1, {{.*}}], grid = [1, {{[0-9]+}}], buffers = {{[12]}}>

// PLACE: bufferization.alloc_tensor() {memory_space = #mlu.space<wram>} : tensor<24x3x3x16xi16>

// BUFFERIZE: func.func private @conv2d_0(%{{.*}}: memref<1x14x14x16xf32>, %{{.*}}: memref<64x3x3x32xi16>
// BUFFERIZE: memref.alloc() {{.*}} : memref<24x3x3x16xi16, #mlu.space<wram>>

// TEXT-LABEL: extern "C" __mlu_global__ void conv2d_0(float *in, int16_t *w, float *w_scale, float *b,
// TEXT-NEXT: float *out) {
// TEXT: __memcpy({{.*}}, GDRAM2WRAM);
// TEXT: __bang_max(
// TEXT: __bang_float2int16_rd(
// TEXT: __bang_conv(
// TEXT: __bang_cycle_mul(
// TEXT: __bang_cycle_add(
// TEXT: __bang_active_relu(
// TEXT: NRAM2GDRAM
module attributes {mlu.target = "mtp_270"} {
  func.func @main(%x: tensor<1x16x14x14xf32> {meta.name = "x"}, %w: tensor<24x16x3x3xf32> {meta.constant, meta.name = "w"},
                  %b: tensor<24xf32> {meta.constant, meta.name = "b"}) -> tensor<1x24x14x14xf32> {
    %0 = "meta.reindex"(%x) {map = affine_map<(n, o, h, w, c, i, j) -> (n, c, h + i - 1, w + j - 1)>, overflow_value = 0.0 : f32}
        : (tensor<1x16x14x14xf32>) -> tensor<1x24x14x14x16x3x3xf32>
    %1 = "meta.broadcast"(%w) {dims = array<i64: 1, 4, 5, 6>} : (tensor<24x16x3x3xf32>) -> tensor<1x24x14x14x16x3x3xf32>
    %2 = "meta.binary"(%0, %1) {kind = "mul"}
        : (tensor<1x24x14x14x16x3x3xf32>, tensor<1x24x14x14x16x3x3xf32>) -> tensor<1x24x14x14x16x3x3xf32>
    %3 = "meta.sum"(%2) {dims = array<i64: 4, 5, 6>} : (tensor<1x24x14x14x16x3x3xf32>) -> tensor<1x24x14x14xf32>
    %4 = "meta.broadcast"(%b) {dims = array<i64: 1>} : (tensor<24xf32>) -> tensor<1x24x14x14xf32>
    %5 = "meta.binary"(%3, %4) {kind = "add"} : (tensor<1x24x14x14xf32>, tensor<1x24x14x14xf32>) -> tensor<1x24x14x14xf32>
    %6 = "meta.unary"(%5) {kind = "relu"} : (tensor<1x24x14x14xf32>) -> tensor<1x24x14x14xf32>
    return %6 : tensor<1x24x14x14xf32>
  }
}
