//===- BuiltinsTensor.td - Tensor units, pooling, layout ----*- tablegen -*-===//

defvar Int2xx = ["f16/i8/i8", "f32/i8/i8", "i16/i8/i8", "f16/i16/i8", "f32/i16/i8", "i16/i16/i8", "f16/i16/i16",
                 "f32/i16/i16", "i16/i16/i16"];
defvar IntTensor = [Types<200, Int2xx>, Types<322, ["f16/i8/i16", "f32/i8/i16"]>];
defvar IntBiasTensor = [
  Types<200, ["f16/i8/i8/f16", "f32/i8/i8/f32", "i16/i8/i8/i16", "f16/i16/i8/f16", "f32/i16/i8/f32", "i16/i16/i8/i16",
              "f16/i16/i16/f16", "f32/i16/i16/f32", "i16/i16/i16/i16"]>,
  Types<322, ["f16/i8/i16/f16", "f32/i8/i16/f32"]>];
defvar IntPartialTensor = [
  Types<200, ["f16/i8/i8/f16", "f32/i8/i8/f32", "f16/i16/i8/f16", "f32/i16/i8/f32", "f16/i16/i16/f16", "f32/i16/i16/f32"]>,
  Types<322, ["f16/i8/i16/f16", "f32/i8/i16/f32"]>];
// Float tensors: mtp_372 also mixes, mtp_592 does not; both write float.
defvar Float3xx = [322, 520];
defvar FloatTensor = [Types<322, ["f32/f32/f32", "f32/f16/f16", "f32/bf16/bf16"], Float3xx>,
                      Types<322, ["f32/f32/f16", "f32/f16/f32", "f32/bf16/f32", "f32/f32/bf16"], [322, 520, 592]>];
defvar FloatPartialTensor = [
  Types<322, ["f32/f32/f32/f32", "f32/f16/f16/f32", "f32/bf16/bf16/f32"], Float3xx>,
  Types<322, ["f32/f32/f16/f32", "f32/f16/f32/f32", "f32/bf16/f32/f32", "f32/f32/bf16/f32"], [322, 520, 592]>];

defvar ConvSizes = [Count<"ci">, Count<"h">, Count<"w">, Count<"kh">, Count<"kw">, Count<"stride_w">, Count<"stride_h">, Count<"co">];
defvar ConvRules = [Multiple<["ci"], 64, "src">, Multiple<["co"], 64>, Aligned<["dst", "src"], 64>,
                    Aligned<["kernel"], 32, 200, 999>, Between<"stride_w", 1, 1023>, Between<"stride_h", 1, 1023>];
defvar PositionRule = Between<"fix_position", -127, 127>;

/// The simulator's convolution: operands "nullptr" that a form lacks, a position of 0, a dilation of 1.
class ConvCall<string bias = "nullptr", string partial = "nullptr", string position = "0", string dilation = "1, 1, false"> {
  string text = "__mlu_conv_args __a = {dst, src, kernel, " # bias # ", " # partial #
                ", $code:dst, $code:src, $code:kernel, ci, h, w, kh, kw, stride_w, stride_h, co, " # position # ", " #
                dilation # "}; __mluSimConv($site, &__a);";
}
defvar DilatedCall = "dilation_w, dilation_h, true";

class Conv<string mnemonic, string cName, string since, list<Param> head, list<Param> tail, list<Types> types, ConvCall call,
           int min = 200>
    : Builtin<mnemonic, [Spelling<cName, since, min>], !listconcat(head, ConvSizes, tail), types> {
  let rules = ConvRules;
  let simulate = call.text;
  let overlap = "Forbidden";
  let cost = "Tensor";
  let semantics = "dst[y][x][o] = sum over (ky, kx, c) of src[y*stride_h + ky][x*stride_w + kx][c] * kernel[o][ky][kx][c], VALID, HWC; dst is [(h-kh)/stride_h+1][(w-kw)/stride_w+1][co]";
}
defvar ConvSrc = Src<"src", ["h", "w", "ci"]>;
defvar ConvDst = Dst<[]>;
defvar Dilation = [Count<"dilation_w">, Count<"dilation_h">];

def ConvOp : Conv<"conv", "__bang_conv", "2.8.0", [ConvDst, ConvSrc, Weight<>], [Position<>], IntTensor,
                  ConvCall<"nullptr", "nullptr", "fix_position">> {
  let rules = !listconcat(ConvRules, [PositionRule]);
}
def ConvBiasOp : Conv<"conv_bias", "__bang_conv", "2.8.0", [ConvDst, ConvSrc, Weight<>, Src<"bias", ["co"]>], [Position<>],
                      IntBiasTensor, ConvCall<"bias", "nullptr", "fix_position">> {
  let rules = !listconcat(ConvRules, [PositionRule, Aligned<["bias"], 64>]);
}
def ConvPartialOp : Conv<"conv_partial", "__bang_conv_partial", "2.8.0", [ConvDst, ConvSrc, Weight<>, Src<"partial", []>],
                         [Position<>], IntPartialTensor, ConvCall<"nullptr", "partial", "fix_position">> {
  let rules = !listconcat(ConvRules, [PositionRule, Aligned<["partial"], 64>]);
  let overlap = "Free"; // partial may be dst
}
def ConvDilatedOp : Conv<"conv_dilated", "__bang_conv", "3.0.0", [ConvDst, ConvSrc, Weight<>],
                         !listconcat([Position<>], Dilation), [Types<322, !listconcat(Int2xx, ["f16/i8/i16", "f32/i8/i16"])>],
                         ConvCall<"nullptr", "nullptr", "fix_position", DilatedCall>, 322> {
  let rules = !listconcat(ConvRules, [PositionRule, Between<"dilation_w", 1, 1023>, Between<"dilation_h", 1, 1023>]);
  let instead = "one bang.conv for each kernel row, or a kernel with zeros";
}
def ConvFloatOp : Conv<"conv_float", "__bang_conv", "3.0.0", [ConvDst, ConvSrc, Weight<>], [], FloatTensor, ConvCall<>, 322> {
  let instead = "bang.conv on int16 or int8";
}
def ConvPartialFloatOp : Conv<"conv_partial_float", "__bang_conv_partial", "3.0.0",
                              [ConvDst, ConvSrc, Weight<>, Src<"partial", []>], [], FloatPartialTensor, ConvCall<"nullptr", "partial">, 322> {
  let overlap = "Free";
  let instead = "bang.conv_partial on int16 or int8";
}

/// A matrix product as a convolution of 1 x 1: m rows of k values with n filters.
class DenseCall<string entry, string shape, string position = "0"> {
  string text = "__mlu_conv_args __a = {dst, src, kernel, nullptr, nullptr, $code:dst, $code:src, $code:kernel, " # shape #
                ", " # position # ", 1, 1, false}; " # entry # "($site, &__a);";
}

class Mlp<string mnemonic, list<Param> head, list<Param> tail, list<Types> types, int min = 200>
    : Builtin<mnemonic, [Spelling<"__bang_mlp", "2.8.0", min>], !listconcat(head, [Count<"co">, Count<"ci">], tail), types> {
  let rules = [Multiple<["co"], 64>, Multiple<["ci"], 64, "src">, Aligned<["dst", "src"], 64>, Aligned<["kernel"], 32, 200, 999>];
  let overlap = "Forbidden";
  let cost = "Tensor";
  let semantics = "dst[o] = sum over c of src[c] * kernel[o][c]";
  let simulate = DenseCall<"__mluSimMlp", "ci, 1, 1, 1, 1, 1, 1, co", !if(!empty(tail), "0", "fix_position")>.text;
}
def MlpOp : Mlp<"mlp", [Dst<["co"]>, Src<"src", ["ci"]>, Weight<>], [Position<>], IntTensor>;
def MlpFloatOp : Mlp<"mlp_float", [Dst<["co"]>, Src<"src", ["ci"]>, Weight<>], [], FloatTensor, 322> {
  let instead = "bang.mlp on int16 or int8";
}

class Matmul<string mnemonic, list<Param> head, list<Param> tail, list<Types> types, int min = 200>
    : Builtin<mnemonic, [Spelling<"__bang_matmul", "4.5.0", min>],
              !listconcat(head, [Count<"m">, Count<"k">, Count<"n">], tail), types> {
  let rules = [Multiple<["k"], 64, "src">, Multiple<["n"], 64>, Aligned<["dst", "src"], 64>, Aligned<["kernel"], 32, 200, 999>];
  let overlap = "Forbidden";
  let cost = "Tensor";
  let semantics = "dst[m][n] = sum over k of src[m][k] * kernel[n][k]: the second matrix is stored transposed, in the layout of a filter";
  let simulate = DenseCall<"__mluSimMatmul", "k, m, 1, 1, 1, 1, 1, n", !if(!empty(tail), "0", "fix_position")>.text;
}
def MatmulOp : Matmul<"matmul", [Dst<["m", "n"]>, Src<"src", ["m", "k"]>, Weight<>], [Position<>], IntTensor>;
def MatmulFloatOp : Matmul<"matmul_float", [Dst<["m", "n"]>, Src<"src", ["m", "k"]>, Weight<>], [],
                           [Types<322, ["f32/f32/f32", "f32/f16/f16", "f32/bf16/bf16"], Float3xx>], 322> {
  let instead = "bang.conv on int16 or int8";
}

//===----------------------------------------------------------------------===//
// Pooling: HWC, VALID windows
//===----------------------------------------------------------------------===//

class Pool<string kind, string does>
    : Builtin<kind # "pool", [Spelling<"__bang_" # kind # "pool", !if(!eq(kind, "min"), "2.12.0", "2.8.0")>],
              [Dst<[]>, Src<"src", ["h", "w", "c"]>, Count<"c">, Count<"h">, Count<"w">, Count<"kh">, Count<"kw">,
               Count<"stride_w">, Count<"stride_h">], FloatTypes> {
  let rules = [Multiple<["c"], 128, "src">, Aligned<["dst", "src"], 64>, Between<"kh", 1, 65535>, Between<"kw", 1, 65535>,
               Between<"stride_w", 1, 65535>, Between<"stride_h", 1, 65535>];
  let overlap = "Forbidden";
  let cost = "Pool";
  let semantics = does # " of each kh x kw window of src[h][w][c]; dst is [(h-kh)/stride_h+1][(w-kw)/stride_w+1][c]";
  let simulate = "__mlu_pool_args __a = {dst, src, $code, __MLU_POOL_" # !toupper(kind) #
                 ", c, h, w, kh, kw, stride_w, stride_h, 1, 1}; __mluSimPool($site, &__a);";
}
def MaxpoolOp : Pool<"max", "maximum">;
def MinpoolOp : Pool<"min", "minimum">;
class NaNPool<string kind, string does>
    : Builtin<"nan_" # kind # "pool", [Spelling<"__bang_nan_" # kind # "pool", "4.3.0", 520>],
              [Dst<[]>, Src<"src", ["h", "w", "c"]>, Count<"c">, Count<"h">, Count<"w">, Count<"kh">, Count<"kw">,
               Count<"stride_w">, Count<"stride_h">, Count<"in_dh">, Count<"in_dw">, Count<"out_dh">, Count<"out_dw">],
              [Types<520, ["f16", "f32", "bf16"]>]> {
  let rules = [Between<"kh", 1, 65535>, Between<"kw", 1, 65535>, Between<"stride_w", 1, 65535>, Between<"stride_h", 1, 65535>];
  let overlap = "Forbidden";
  let cost = "Pool";
  let semantics = does # " of each window as the pooling without NaN has it; NaN if the window holds one; dilations of 1 are none";
  let simulate = "__mluSimOutputDilation($site, out_dh, out_dw); __mlu_pool_args __a = {dst, src, $code, __MLU_POOL_" # !toupper(kind) #
                 ", c, h, w, kh, kw, stride_w, stride_h, in_dh, in_dw}; __mluSimNanPool($site, &__a, false);";
}
def NanMaxpoolOp : NaNPool<"max", "maximum">;
def NanMinpoolOp : NaNPool<"min", "minimum">;
def SumpoolOp : Pool<"sum", "sum">;
def AvgpoolOp : Pool<"avg", "mean">;

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

defvar LayoutTypes = [Types<200, ["f16", "f32", "s8", "u8", "s16", "u16", "s32", "u32"]>, Types<500, ["bf16"]>];

class Layout<string mnemonic, list<Param> params, string does>
    : Builtin<mnemonic, [Spelling<"__bang_" # mnemonic, "2.8.0">], params, LayoutTypes> {
  let overlap = "Forbidden";
  let cost = "Layout";
  let semantics = does;
  let simulate = "__mluSimLayout($site, __MLU_" # !toupper(mnemonic) # ", $code, dst, src, 1, h, w, 1);";
}
def TransposeOp : Layout<"transpose", [Dst<["h", "w"]>, Src<"src", ["h", "w"]>, Count<"h">, Count<"w">], "dst[w][h] = src[h][w]"> {
  let rules = [Multiple<["h"], 64, "src">, Multiple<["w"], 64, "src">, Aligned<["dst", "src"], 64>];
}
class Nhwc<string mnemonic, string does>
    : Layout<mnemonic, [Dst<["n", "h", "w", "c"]>, Src<"src", ["n", "h", "w", "c"]>, Count<"n">, Count<"h">, Count<"w">, Count<"c">], does> {
  let simulate = "__mluSimLayout($site, __MLU_" # !toupper(!subst("reshape_n", "n", mnemonic)) # ", $code, dst, src, n, h, w, c);";
}
def ReshapeNhwc2NchwOp : Nhwc<"reshape_nhwc2nchw", "dst[n][c][h][w] = src[n][h][w][c]"> {
  let rules = [Multiple<["h", "w"], 64, "src", 200, 999>, Multiple<["c"], 64, "src", 200, 999>, Aligned<["dst", "src"], 64>];
}
def ReshapeNchw2NhwcOp : Nhwc<"reshape_nchw2nhwc", "dst[n][h][w][c] = src[n][c][h][w]"> {
  let rules = [Multiple<["h", "w"], 64, "src", 200, 999>, Multiple<["c"], 64, "src", 200, 999>, Aligned<["dst", "src"], 64>];
}
def ReshapeFilterOp : Nhwc<"reshape_filter", "the filter [n][h][w][c] in the order in which one contiguous copy into WRAM puts filter f into bank f % 64"> {
  let rules = [Multiple<["n"], 64, "", 200, 999>, Multiple<["h", "w", "c"], 128, "src">, Multiple<["h", "w", "c"], 32, "src", 300, 999>,
               Aligned<["dst", "src"], 64>];
}
def PadOp : Layout<"pad", [Dst<[]>, Src<"src", ["h", "w", "c"]>, Count<"c">, Count<"h">, Count<"w">, Count<"top">,
                           Count<"bottom">, Count<"left">, Count<"right">],
                   "dst is src[h][w][c] with rows and columns of 0 around it"> {
  let rules = [Aligned<["dst", "src"], 64>, Multiple<["c", "w"], 128, "src">, Multiple<["left", "c"], 128, "src">,
               Multiple<["right", "c"], 128, "src">];
  let simulate = "__mluSimPad($site, $code, dst, src, c, h, w, top, bottom, left, right, nullptr);";
}
class Image<string mnemonic, string does>
    : Layout<mnemonic, [Dst<["h", "w"]>, Src<"src", ["h", "w"]>, Count<"h">, Count<"w">], does> {
  let rules = [Multiple<["h"], 128, "src">, Multiple<["w"], 128, "src">, Aligned<["dst", "src"], 64>];
}
def MirrorOp : Image<"mirror", "reverses each row of src[h][w]"> {
  let rules = [Multiple<["h"], 64, "src">, Multiple<["w"], 128, "src">, Aligned<["dst", "src"], 64>];
}
def Rotate90Op : Image<"rotate90", "dst[i][j] = src[h-1-j][i]">;
def Rotate180Op : Image<"rotate180", "dst[i][j] = src[h-1-i][w-1-j]">;
def Rotate270Op : Image<"rotate270", "dst[i][j] = src[j][w-1-i]">;
