//===- DeclaredTensor.td - Forms of conv, matmul, pools, pad the compiler does not emit -*- tablegen -*-===//

//===----------------------------------------------------------------------===//
// Convolution, matrix product
//===----------------------------------------------------------------------===//

class ConvForm<string cName, list<Param> extra, list<Param> tail, list<Types> types, string text>
    : Declared<[Spelling<cName, "3.0.0", 322>], !listconcat([ConvDst, ConvSrc, Weight<>], extra, ConvSizes, tail), types> {
  let overlap = "Free";
  let cost = "Tensor";
  let semantics = "`bang.conv` with a dilation of the window";
  let simulate = text;
}
defvar Int4Wide = [Types<322, ["f16/i8/i8/f16", "f32/i8/i8/f32", "i16/i8/i8/i16", "f16/i16/i8/f16", "f32/i16/i8/f32",
                               "i16/i16/i8/i16", "f16/i16/i16/f16", "f32/i16/i16/f32", "i16/i16/i16/i16", "f16/i8/i16/f16",
                               "f32/i8/i16/f32"]>];
def : ConvForm<"__bang_conv", [Src<"bias", []>], !listconcat([Position<>], Dilation), Int4Wide,
               ConvCall<"bias", "nullptr", "fix_position", DilatedCall>.text>;
def : ConvForm<"__bang_conv_partial", [Src<"partial", []>], !listconcat([Position<>], Dilation), IntPartialTensor,
               ConvCall<"nullptr", "partial", "fix_position", DilatedCall>.text>;

def : Declared<[Spelling<"__bang_mlp", "2.8.0">],
               [Dst<["co"]>, Src<"src", ["ci"]>, Src<"bias", ["co"]>, Weight<>, Count<"co">, Count<"ci">, Position<>],
               [Types<200, ["f16/i8/f16/i8", "f32/i8/f32/i8", "i16/i8/i16/i8", "f16/i16/f16/i8", "f32/i16/f32/i8",
                            "i16/i16/i16/i8", "f16/i16/f16/i16", "f32/i16/f32/i16", "i16/i16/i16/i16"]>,
                Types<322, ["f16/i8/f16/i16", "f32/i8/f32/i16"]>]> {
  let overlap = "Forbidden";
  let cost = "Tensor";
  let semantics = "dst[o] = bias[o] + sum over c of src[c] * kernel[o][c]; the bias stands before the filter";
  let simulate = "__mlu_conv_args __a = {dst, src, kernel, bias, nullptr, $code:dst, $code:src, $code:kernel, "
                 "ci, 1, 1, 1, 1, 1, 1, co, fix_position, 1, 1, false}; __mluSimMlp($site, &__a);";
}
def : Declared<[Spelling<"__bang_matmul", "4.5.0">],
               [Dst<["m", "n"]>, Src<"src", ["m", "k"]>, Weight<>, Src<"partial", ["m", "n"]>, Count<"m">, Count<"k">, Count<"n">, Position<>],
               IntPartialTensor> {
  let overlap = "Free";
  let cost = "Tensor";
  let semantics = "`bang.matmul` plus partial[m][n], which may be dst";
  let simulate = "__mlu_conv_args __a = {dst, src, kernel, nullptr, partial, $code:dst, $code:src, $code:kernel, "
                 "k, m, 1, 1, 1, 1, 1, n, fix_position, 1, 1, false}; __mluSimMatmul($site, &__a);";
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

defvar PoolSizes = [Count<"c">, Count<"h">, Count<"w">, Count<"kh">, Count<"kw">];
defvar PoolStrides = [Count<"stride_w">, Count<"stride_h">];
/// A call of a pool's entry point; `rest` are its arguments after the description.
class PoolCall<string entry, string kind, string element, string rest = ""> {
  string text = "__mlu_pool_args __a = {dst, src, " # element # ", __MLU_POOL_" # !toupper(kind) #
                ", c, h, w, kh, kw, stride_w, stride_h, 1, 1}; " # entry # "($site, &__a" # rest # ");";
}

class PoolForm<string cName, list<Param> head, list<Param> tail, string since, list<Types> types, int min = 200>
    : Declared<[Spelling<cName, since, min>], !listconcat(head, PoolSizes, tail), types> {
  let overlap = "Forbidden";
  let cost = "Pool";
  let rules = [Multiple<["c"], 128, "src">, Aligned<["dst", "src"], 64>];
}
foreach kind = ["max", "min", "sum", "avg"] in {
  defvar poolCode = "__MLU_POOL_" # !toupper(kind);
  def : PoolForm<"__bang_" # kind # "pool", [Dst<[]>, Src<"src", []>], [], "2.8.0", [Types<200, ["f16"]>]> {
    let semantics = "`bang." # kind # "pool` with the window as stride";
    let simulate = "__mlu_pool_args __a = {dst, src, $code, " # poolCode # ", c, h, w, kh, kw, kw, kh, 1, 1}; __mluSimPool($site, &__a);";
  }
  def : PoolForm<"__bang_" # kind # "pool", [Dst<[]>, Src<"src", []>],
                 !listconcat(PoolStrides, [Count<"in_dh">, Count<"in_dw">, Count<"out_dh">, Count<"out_dw">]), "3.0.0", FloatTypes, 322> {
    let semantics = "`bang." # kind # "pool` with a dilation of the window";
    let simulate = "__mluSimOutputDilation($site, out_dh, out_dw); __mlu_pool_args __a = {dst, src, $code, " # poolCode #
                   ", c, h, w, kh, kw, stride_w, stride_h, in_dh, in_dw}; __mluSimPool($site, &__a);";
  }
}
foreach kind = ["max", "min"] in
  def : PoolForm<"__bang_" # kind # "pool_index", [Dst<[]>, Src<"src", []>], PoolStrides, "2.8.0",
                 [Types<200, ["u16/f16", "u32/f32"]>, Types<500, ["u16/bf16"]>]> {
    let semantics = "the position ky * kw + kx in the window of its first " # kind # "imum";
    let simulate = PoolCall<"__mluSimPoolIndex", kind, "$code:src">.text;
  }
foreach kind = ["max", "min"] in
  def : PoolForm<"__bang_nan_" # kind # "pool", [Dst<[]>, Src<"src", []>], PoolStrides, "4.3.0", [Types<520, ["f16", "f32", "bf16"]>]> {
    let semantics = "`bang.nan_" # kind # "pool` without dilation";
    let simulate = PoolCall<"__mluSimNanPool", kind, "$code", ", false">.text;
  }
foreach kind = ["sum", "avg"] in
  def : PoolForm<"__bang_" # kind # "pool_bp", [Dst<[]>, Src<"src", []>],
                 !listconcat(PoolStrides, [Plain<"overlapping", "mluPoolBPOverlap", "OVERLAP_ACC">]), "2.8.0", FloatTypes> {
    let semantics = "the gradient of `bang." # kind # "pool`: h and w are of dst, windows that overlap add or cover";
    let simulate = PoolCall<"__mluSimPoolBackward", kind, "$code", ", nullptr, overlapping">.text;
  }
def : PoolForm<"__bang_maxpool_bp", [Dst<[]>, Src<"src", []>, Src<"index", []>],
               !listconcat(PoolStrides, [Plain<"overlapping", "mluPoolBPOverlap", "OVERLAP_ACC">]), "2.8.0",
               [Types<200, ["f16/f16/u16", "f32/f32/u32", "f16/f16/s16", "f32/f32/s32"]>, Types<500, ["bf16/bf16/u16"]>]> {
  let semantics = "the gradient of `bang.maxpool`, each to the position that `__bang_maxpool_index` told";
  let simulate = PoolCall<"__mluSimPoolBackward", "max", "$code:src", ", index, overlapping">.text;
}

defvar PoolDilation = [Count<"in_dh">, Count<"in_dw">, Count<"out_dh">, Count<"out_dw">];
/// `front` are parameters between the strides and the dilation, `rest` arguments after the description.
multiclass PoolOfIndex<string cName, string since, int min, list<Types> types, string entry, string kind, list<Param> front,
                       string rest, string does> {
  foreach dilated = [0, 1] in
    def : PoolForm<cName, [Dst<[]>, Src<"src", []>], !listconcat(PoolStrides, front, !if(dilated, PoolDilation, []<Param>)), since, types, min> {
      let semantics = does # !if(dilated, ", with a dilation of the window", "");
      let simulate = !if(dilated, "__mluSimOutputDilation($site, out_dh, out_dw); ", "") # "__mlu_pool_args __a = {dst, src, $code:src, __MLU_POOL_" #
                     !toupper(kind) # ", c, h, w, kh, kw, stride_w, stride_h, " # !if(dilated, "in_dh, in_dw", "1, 1") # "}; " #
                     entry # "($site, &__a" # rest # ");";
    }
}
foreach kind = ["max", "min"] in {
  defm : PoolOfIndex<"__bang_" # kind # "pool_value_index", "3.0.0", 322, FloatTypes, "__mluSimPoolValueIndex", kind,
                     [Bytes<"value_index_stride">], ", value_index_stride, false",
                     "values of the windows at dst, their positions value_index_stride bytes later">;
  defm : PoolOfIndex<"__bang_nan_" # kind # "pool_value_index", "4.3.0", 520, [Types<520, ["f16", "bf16", "f32"]>],
                     "__mluSimPoolValueIndex", kind, [Bytes<"value_index_stride">], ", value_index_stride, true",
                     "`__bang_" # kind # "pool_value_index`; a NaN wins">;
  defm : PoolOfIndex<"__bang_nan_" # kind # "pool_index", "4.3.0", 520, [Types<520, ["u16/f16", "u16/bf16", "u32/f32"]>],
                     "__mluSimNanPool", kind, [], ", true", "`__bang_" # kind # "pool_index`; a NaN wins">;
}
def : PoolForm<"__bang_unpool", [Dst<[]>, Src<"src", []>], !listconcat(PoolStrides, [Count<"index">]), "2.8.0", FloatTypes> {
  let semantics = "each element to position `index` of its window, 0 to the rest of it";
  let simulate = PoolCall<"__mluSimUnpool", "sum", "$code", ", index">.text;
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

defvar PadHead = [Dst<[]>, Src<"src", ["h", "w", "c"]>, Count<"c">, Count<"h">, Count<"w">];
class PadForm<list<Param> tail, list<Types> types, string text, int min = 200>
    : Declared<[Spelling<"__bang_pad", "2.8.0", min>], !listconcat(PadHead, tail), types> {
  let overlap = "Forbidden";
  let cost = "Layout";
  let simulate = "__mluSimPad($site, $code, dst, src, c, h, w, " # text # ");";
  let semantics = "`bang.pad` with other borders";
}
def : PadForm<[Count<"top">, Count<"bottom">, Count<"left">, Count<"right">, Scalar<>], LayoutTypes, "top, bottom, left, right, &value", 500>;
def : PadForm<[Count<"pad_h">, Count<"pad_w">], LayoutTypes, "pad_h, pad_h, pad_w, pad_w, nullptr">;
def : PadForm<[Count<"pad_h">, Count<"pad_w">, Scalar<>], LayoutTypes, "pad_h, pad_h, pad_w, pad_w, &value", 500>;
