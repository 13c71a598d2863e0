//===- Passes.td - meta to linalg on tensors ------------------------------===//
#ifndef METABANG_CONVERSION_METATOLINALG_PASSES_TD
#define METABANG_CONVERSION_METATOLINALG_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertMetaToLinalg : Pass<"convert-meta-to-linalg", "::mlir::ModuleOp"> {
  let summary = "meta-operators to linalg and tensor operations on tensors";
  let description = [{
    - element-wise operators, broadcasts and reductions become `linalg.generic`; `constant`, `pad`, `slice`, `transpose`
      become `arith.constant`, `tensor.pad`, `tensor.extract_slice`, `linalg.transpose`;
    - a reindex with a linear map becomes a `tensor.pad` (where the map leaves the operand), a `tensor.extract_slice`
      (where it does not start at 0) and a `linalg.generic` whose map has neither constants nor negative factors;
    - a reindex that is a reshape becomes `tensor.collapse_shape` and `tensor.expand_shape`;
    - any other reindex becomes a `linalg.generic {mlu.gather}` that computes its address for each element and reads the
      operand with `tensor.extract`. Never a `linalg.generic` with `floordiv` or `mod` in its maps: upstream tiles that
      wrongly;
    - `reindex_reduce` becomes a reduction where its map is a permutation, else a loop nest (`scf.for {mlu.scatter}`);
    - unsigned element types become signless ones; the operations know the sign.

    A reduction over windows (`meta.max` of a `meta.reindex`) takes an operand `tensor.empty` of the window's shape, as
    linalg's pooling operations do. `meta.kind = "sigmoid"` (`"relu"`, `"sign"`, …) on the last scalar operation of a
    kind that takes several lets later levels find the builtin again.

    Before:
    ```mlir
    %1 = meta.reindex %x map = affine_map<(y, ky) -> (y + ky - 1)> overflow_value = 0.0 : f32 : (tensor<8xf32>) -> tensor<8x3xf32>
    ```
    After:
    ```mlir
    %padded = tensor.pad %x low[1] high[1] { … tensor.yield %cst : f32 } : tensor<8xf32> to tensor<10xf32>
    %1 = linalg.generic {indexing_maps = [affine_map<(y, ky) -> (y + ky)>, affine_map<(y, ky) -> (y, ky)>],
                         iterator_types = ["parallel", "parallel"]} ins(%padded : tensor<10xf32>) outs(%empty : tensor<8x3xf32>) { … }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def LinalgFuseMeta : Pass<"linalg-fuse-meta", "::mlir::func::FuncOp"> {
  let summary = "fuse what came from meta-operators into contractions, reductions and element-wise operations";
  let description = [{
    Upstream's element-wise fusion under four rules: what only moves data is fused into contractions and reductions, and
    into element-wise operations if it repeats (a bias) but not if it permutes or strides; what computes is fused only
    where each of its elements is used once; a reduction is not fused into what follows; what has several users is not
    duplicated unless it only moves data. Then loops and operands get their usual order: the dimensions of the result,
    the window, the input channel; activation before filter.

    Before: `reindex(x)`, `broadcast(w)`, `mul`, `sum` as four `linalg.generic`.

    After:
    ```mlir
    #x = affine_map<(n, y, x, o, ky, kx, c) -> (n, y + ky, x + kx, c)>
    #w = affine_map<(n, y, x, o, ky, kx, c) -> (o, ky, kx, c)>
    #out = affine_map<(n, y, x, o, ky, kx, c) -> (n, y, x, o)>
    %0 = linalg.generic {indexing_maps = [#x, #w, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel",
                         "reduction", "reduction", "reduction"]} ins(%padded, %w : …) outs(%zero : …) { mulf, addf }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::affine::AffineDialect", "::mlir::math::MathDialect"];
}

#endif // METABANG_CONVERSION_METATOLINALG_PASSES_TD
