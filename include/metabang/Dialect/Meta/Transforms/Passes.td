//===- Passes.td - passes of the meta dialect -----------------------------===//
#ifndef METABANG_DIALECT_META_TRANSFORMS_PASSES_TD
#define METABANG_DIALECT_META_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def MetaComposeReindex : Pass<"meta-compose-reindex", "::mlir::func::FuncOp"> {
  let summary = "merge chains of reindex, broadcast, transpose, slice and pad by algebra on their maps";
  let description = [{
    Two operators that only move data become one whose map is the composition, where that is provably the same function:
    either the outer map never leaves the inner result, or both put the same value outside and the inner one is a shift
    that cannot bring an outside index back in (a pad before a convolution). A chain of cheap maps (linear, or a
    reshape) never becomes an expensive one: a flatten behind a transpose stays two operators.

    Before:
    ```mlir
    %0 = meta.pad %x low = [1] high = [1] value = 0.0 : f32 : tensor<8xf32> to tensor<10xf32>
    %1 = meta.reindex %0 map = affine_map<(d0, d1) -> (d0 + d1)> overflow_value = 0.0 : f32 : (tensor<10xf32>) -> tensor<8x3xf32>
    ```
    After:
    ```mlir
    %1 = meta.reindex %x map = affine_map<(d0, d1) -> (d0 + d1 - 1)> overflow_value = 0.0 : f32 : (tensor<8xf32>) -> tensor<8x3xf32>
    ```
  }];
}

def MetaPropagateLayout : Pass<"meta-propagate-layout", "::mlir::func::FuncOp"> {
  let summary = "lay the activations of convolutions and poolings out as NHWC";
  let description = [{
    Users write NCHW; the device wants channels last. Tensors that must share a layout (operands and results of
    element-wise operators, pad, slice) form groups. A group with the input or result of a convolution or pooling
    becomes NHWC, a filter (co, ci, kh, kw) becomes (co, kh, kw, ci), a depthwise one (c, 1, kh, kw) becomes (kh, kw, 1,
    c), and the product inside of a convolution (n, oh, ow, co, kh, kw, ci). Each operator is then rewritten in the new
    layout: reindex, broadcast and index change their map only, so a `meta.transpose` remains just at arguments and
    results of the function (and around a reshape that mixes channels with pixels). Element-wise operators from which
    only results of the function follow keep the user's layout where that saves two transposes: of an optimiser's update
    only the gradient is transposed, not the filter's averages and new values.

    Before:
    ```mlir
    func.func @main(%x: tensor<1x8x9x9xf32>) -> tensor<1x8x3x3xf32> {
      %0 = meta.reindex %x map = affine_map<(n, c, y, x, ky, kx) -> (n, c, 3 * y + ky, 3 * x + kx)> overflow_value = 0.0 : f32
         : (tensor<1x8x9x9xf32>) -> tensor<1x8x3x3x3x3xf32>
      %1 = meta.max %0 dims = [4, 5] : tensor<1x8x3x3x3x3xf32> to tensor<1x8x3x3xf32>
      return %1 : tensor<1x8x3x3xf32>
    ```
    After:
    ```mlir
      %x1 = meta.transpose %x perm = [0, 2, 3, 1] : tensor<1x8x9x9xf32> to tensor<1x9x9x8xf32>
      %0 = meta.reindex %x1 map = affine_map<(n, y, x, c, ky, kx) -> (n, 3 * y + ky, 3 * x + kx, c)> overflow_value = 0.0 : f32
         : (tensor<1x9x9x8xf32>) -> tensor<1x3x3x8x3x3xf32>
      %1 = meta.max %0 dims = [4, 5] : tensor<1x3x3x8x3x3xf32> to tensor<1x3x3x8xf32>
      %2 = meta.transpose %1 perm = [0, 3, 1, 2] : tensor<1x3x3x8xf32> to tensor<1x8x3x3xf32>
      return %2 : tensor<1x8x3x3xf32>
    ```
  }];
}

def MetaScatterToGather : Pass<"meta-scatter-to-gather", "::mlir::func::FuncOp"> {
  let summary = "turn a reindex_reduce \"add\" with a map that can be solved into the sum of a reindex";
  let description = [{
    The gradient of a window is a `reindex_reduce`: many elements are added into one, which is scalar code. If each component
    of the map has a dimension of its own, the map can be solved for it: from t = s * i + k follows i = (t - k) / s, and
    x[t] is the sum over k of y[(t - k) / s]. The dimensions that are summed over run backwards (k becomes size - 1 - k), so
    that the window runs forwards again; a filter is turned round instead. With a stride the operand gets zeros in
    between (a pad of a new dimension). The operand is rebuilt over the new space: a product is one of moved factors, of
    which one must be zero outside; windows that the map itself undoes become a plain read.

    So the gradient of a convolution towards its input is a convolution, of a pooling a pooling.

    A component floor((a * i + b) / c) + k, of nearest resizing and of the windows of adaptive pools, is solved as well:
    the i that come to an element are neighbours, at most ceil(c * K / a) for K values of k. They are the new dimension
    that is summed over, from the first such i on, and a condition says where they end.
    A scatter stays where a component has no dimension of its own or the gather would add 64 times as often.

    Before:
    ```mlir
    %0 = meta.broadcast %g dims = [0] : tensor<8xf32> to tensor<8x3xf32>
    %1 = meta.broadcast %w dims = [1] : tensor<3xf32> to tensor<8x3xf32>
    %2 = meta.binary "mul" %0, %1 : tensor<8x3xf32>
    %3 = meta.reindex_reduce "add" %2 map = affine_map<(i, k) -> (i + k - 1)> : (tensor<8x3xf32>) -> tensor<8xf32>
    ```
    After (and canonicalisation):
    ```mlir
    %0 = meta.reindex %g map = affine_map<(t, k) -> (t + k - 1)> overflow_value = 0.0 : f32 : (tensor<8xf32>) -> tensor<8x3xf32>
    %1 = meta.reindex %w map = affine_map<(k) -> (2 - k)> overflow_value = 0.0 : f32 : (tensor<3xf32>) -> tensor<3xf32>
    %2 = meta.broadcast %1 dims = [1] : tensor<3xf32> to tensor<8x3xf32>
    %3 = meta.binary "mul" %0, %2 : tensor<8x3xf32>
    %4 = meta.sum %3 dims = [1] : tensor<8x3xf32> to tensor<8xf32>
    ```
  }];
}

#endif // METABANG_DIALECT_META_TRANSFORMS_PASSES_TD
