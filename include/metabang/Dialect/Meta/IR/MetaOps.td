//===- MetaOps.td - the 18 meta-operators ---------------------------------===//
#ifndef METABANG_DIALECT_META_IR_METAOPS_TD
#define METABANG_DIALECT_META_IR_METAOPS_TD

include "metabang/Dialect/Meta/IR/MetaDialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

def Meta_Tensor : StaticShapeTensorOf<[AnyInteger, AnyFloat]>;
def Meta_BoolTensor : StaticShapeTensorOf<[I1]>;
def Meta_IntTensor : StaticShapeTensorOf<[AnyInteger]>;

class Meta_Op<string mnemonic, list<Trait> traits = []> : Op<Meta_Dialect, mnemonic, !listconcat([Pure], traits)>;

//===----------------------------------------------------------------------===//
// Element-wise
//===----------------------------------------------------------------------===//

def Meta_ConstantOp : Meta_Op<"constant", [ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "a literal tensor";
  let description = [{
    ```mlir
    %0 = meta.constant dense<1.0> : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Meta_UnaryOp : Meta_Op<"unary", [SameOperandsAndResultType]> {
  let summary = "y = f(x), element by element";
  let description = "`kind` is one of " # !cast<Meta_KindAttr>("Meta_UnaryKind").doc # [{.

    `round` rounds halves to even, `trunc` towards zero, `sign` of a zero is zero, `relu` keeps NaN, `not` inverts the bits (of an i1: the truth value).

    ```mlir
    %1 = meta.unary "exp" %0 : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$x, Meta_UnaryKind:$kind);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$kind $x attr-dict `:` type($result)";
  let hasVerifier = 1;
  let extraClassDeclaration = "static bool isFloatOnly(::llvm::StringRef k) { return isOneOf(k, " # !cast<Meta_KindAttr>("Meta_UnaryFloatKind").braces # [{); }
    static bool isIntOnly(::llvm::StringRef k) { return isOneOf(k, }] # !cast<Meta_KindAttr>("Meta_UnaryIntKind").braces # "); }";
}

def Meta_CastOp : Meta_Op<"cast", [SameOperandsAndResultShape]> {
  let summary = "convert the element type";
  let description = [{
    Float to integer truncates towards zero; to i1 it asks whether the element is not zero.

    ```mlir
    %1 = meta.cast %0 : tensor<4xf32> to tensor<4xf16>
    ```
  }];
  let arguments = (ins Meta_Tensor:$x);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($result)";
  let hasFolder = 1;
}

def Meta_BinaryOp : Meta_Op<"binary", [SameOperandsAndResultType]> {
  let summary = "element-wise operation of two tensors of one shape";
  let description = "`kind` is one of " # !cast<Meta_KindAttr>("Meta_BinaryKind").doc # [{.

    `max` and `min` propagate NaN. On integers `div` truncates towards zero as C does, `floordiv` and `mod` follow NumPy (the remainder
    has the divisor's sign). A shift (`shl`, `shr`) by a number of bits outside of [0, width) gives 0, or -1 for
    a negative number shifted right. `atan2` has y on the left. There is no implicit broadcast: see `meta.broadcast`.

    ```mlir
    %2 = meta.binary "add" %0, %1 : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$lhs, Meta_Tensor:$rhs, Meta_BinaryKind:$kind);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$kind $lhs `,` $rhs attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = "static bool isFloatOnly(::llvm::StringRef k) { return isOneOf(k, " # !cast<Meta_KindAttr>("Meta_BinaryFloatKind").braces # [{); }
    static bool isIntOnly(::llvm::StringRef k) { return isOneOf(k, }] # !cast<Meta_KindAttr>("Meta_BinaryIntKind").braces # "); }";
}

def Meta_CompareOp : Meta_Op<"compare", [SameTypeOperands, SameOperandsAndResultShape]> {
  let summary = "element-wise comparison, result i1";
  let description = "`kind` is one of " # !cast<Meta_KindAttr>("Meta_CompareKind").doc # [{. A comparison with NaN is false, but `ne` is true.

    ```mlir
    %2 = meta.compare "lt" %0, %1 : tensor<4xf32> to tensor<4xi1>
    ```
  }];
  let arguments = (ins Meta_Tensor:$lhs, Meta_Tensor:$rhs, Meta_CompareKind:$kind);
  let results = (outs Meta_BoolTensor:$result);
  let assemblyFormat = "$kind $lhs `,` $rhs attr-dict `:` type($lhs) `to` type($result)";
}

def Meta_SelectOp : Meta_Op<"select", [SameOperandsAndResultShape, AllTypesMatch<["lhs", "rhs", "result"]>]> {
  let summary = "condition ? a : b, element by element";
  let description = [{
    ```mlir
    %3 = meta.select %c, %a, %b : tensor<4xi1>, tensor<4xf32>
    ```
  }];
  let arguments = (ins Meta_BoolTensor:$condition, Meta_Tensor:$lhs, Meta_Tensor:$rhs);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$condition `,` $lhs `,` $rhs attr-dict `:` type($condition) `,` type($result)";
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Reindex: one to many
//===----------------------------------------------------------------------===//

def Meta_BroadcastOp : Meta_Op<"broadcast"> {
  let summary = "repeat along new or unit dimensions";
  let description = [{
    Operand dimension `k` becomes result dimension `dims[k]`; its size is the result's or 1. `dims` need not ascend, but
    names each result dimension at most once.

    ```mlir
    %1 = meta.broadcast %bias dims = [1] : tensor<8xf32> to tensor<2x8x4x4xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$x, DenseI64ArrayAttr:$dims);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$x `dims` `=` $dims attr-dict `:` type($x) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Meta_PadOp : Meta_Op<"pad"> {
  let summary = "add a border of one value";
  let description = [{
    ```mlir
    %1 = meta.pad %0 low = [0, 1] high = [0, 2] value = 0.0 : f32 : tensor<4x8xf32> to tensor<4x11xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$x, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high, TypedAttrInterface:$value);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$x `low` `=` $low `high` `=` $high `value` `=` $value attr-dict `:` type($x) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Meta_SliceOp : Meta_Op<"slice"> {
  let summary = "every strides[k]-th element from offsets[k]";
  let description = [{
    The sizes are those of the result type.

    ```mlir
    %1 = meta.slice %0 offsets = [0, 1] strides = [1, 2] : tensor<4x8xf32> to tensor<4x4xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$x, DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$strides);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$x `offsets` `=` $offsets `strides` `=` $strides attr-dict `:` type($x) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Meta_TransposeOp : Meta_Op<"transpose"> {
  let summary = "permute the dimensions";
  let description = [{
    `result.shape[k] == x.shape[perm[k]]`.

    ```mlir
    %1 = meta.transpose %0 perm = [0, 2, 3, 1] : tensor<1x8x4x4xf32> to tensor<1x4x4x8xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$x, DenseI64ArrayAttr:$perm);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$x `perm` `=` $perm attr-dict `:` type($x) `to` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Value":$x, "::llvm::ArrayRef<int64_t>":$perm)>];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Meta_IndexOp : Meta_Op<"index"> {
  let summary = "the index along one dimension";
  let description = [{
    `y[i] = i[dim]`, in the element type of the result.

    ```mlir
    %0 = meta.index dim = 1 : tensor<4x8xi32>
    ```
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "`dim` `=` $dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Meta_ReindexOp : Meta_Op<"reindex"> {
  let summary = "y[i] = x[map(i)], or a value where the map leaves x";
  let description = [{
    `map` takes an index of the result to an index of `x`. Where a component leaves `x`, or `conditions` does *not*
    hold, the result is `overflow_value`. `extras` are integer tensors of the result's shape; the map and the conditions
    read them as symbols `s0`, `s1`, … (gather).

    ```mlir
    // The windows of a 3x3 convolution with padding 1: element (oh, ow, kh, kw) is x[oh + kh - 1, ow + kw - 1].
    %1 = meta.reindex %x map = affine_map<(a, b, c, d) -> (a + c - 1, b + d - 1)> overflow_value = 0.0 : f32
       : (tensor<8x8xf32>) -> tensor<8x8x3x3xf32>
    // Rows of an embedding.
    %2 = meta.reindex %table, %ids map = affine_map<(i, j)[s0] -> (s0, j)> overflow_value = 0.0 : f32
       : (tensor<100x16xf32>, tensor<5x16xi32>) -> tensor<5x16xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$x, Variadic<Meta_IntTensor>:$extras, AffineMapAttr:$map, TypedAttrInterface:$overflow_value,
                       OptionalAttr<IntegerSetAttr>:$conditions);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = [{
    $x (`,` $extras^)? `map` `=` $map `overflow_value` `=` $overflow_value (`conditions` `=` $conditions^)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Reindex-reduce: many to one
//===----------------------------------------------------------------------===//

def Meta_ReindexReduceOp : Meta_Op<"reindex_reduce"> {
  let summary = "x = init(kind); x[map(i)] = kind(x[map(i)], y[i]) for every i of y";
  let description = "`kind` is one of " # !cast<Meta_KindAttr>("Meta_ReduceKind").doc # [{; the result starts as its neutral element. Elements whose
    target leaves the result, or for which `conditions` does not hold, are dropped. `extras` have the shape of `y`.

    ```mlir
    // A histogram.
    %1 = meta.reindex_reduce "add" %ones, %bins map = affine_map<(i)[s0] -> (s0)> : (tensor<100xf32>, tensor<100xi32>) -> tensor<10xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$y, Variadic<Meta_IntTensor>:$extras, Meta_ReduceKind:$kind, AffineMapAttr:$map,
                       OptionalAttr<IntegerSetAttr>:$conditions);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = [{
    $kind $y (`,` $extras^)? `map` `=` $map (`conditions` `=` $conditions^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

class Meta_ReductionOp<string mnemonic, string what, string extra = ""> : Meta_Op<mnemonic> {
  let summary = what # " over dims";
  let description = "Reduced dimensions are dropped from the result. " # extra # [{

    ```mlir
    %1 = meta.}] # mnemonic # [{ %0 dims = [2, 3] : tensor<1x8x4x4xf32> to tensor<1x8xf32>
    ```
  }];
  let arguments = (ins Meta_Tensor:$x, DenseI64ArrayAttr:$dims);
  let results = (outs Meta_Tensor:$result);
  let assemblyFormat = "$x `dims` `=` $dims attr-dict `:` type($x) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Meta_SumOp : Meta_ReductionOp<"sum", "sum">;
def Meta_ProdOp : Meta_ReductionOp<"prod", "product">;
def Meta_MaxOp : Meta_ReductionOp<"max", "maximum", "NaN propagates.">;
def Meta_MinOp : Meta_ReductionOp<"min", "minimum", "NaN propagates.">;
def Meta_MeanOp : Meta_ReductionOp<"mean", "arithmetic mean", "On integers the quotient truncates towards zero.">;

#endif // METABANG_DIALECT_META_IR_METAOPS_TD
