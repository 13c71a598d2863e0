//===- DeclaredScan.td - Comparison filters, bits, histogram, integral, tiling -*- tablegen -*-===//

defvar FilterTypes = [Types<322, ["f16", "f32"]>, Types<500, ["bf16"]>];
def : Declared<[Spelling<"__bang_fcmpfilter", "3.0.0", 322>],
               [Plain<"mode", "CompareMode">, Dst<[]>, Src<"src0">, Src<"src1">, Count<>], FilterTypes> {
  let semantics = "the number of elements of src0 that compare to src1 as `mode` says (32 bits), then these elements";
  let simulate = "__mluSimCompareFilter($site, mode, $code, dst, src0, src1, 0, n);";
}
def : Declared<[Spelling<"__bang_fcmpfilter", "3.0.0", 322>],
               [Plain<"mode", "CompareMode">, Dst<[]>, Src<"src0">, Scalar<"src1">, Count<>], FilterTypes> {
  let semantics = "the number of elements of src0 that compare to a scalar as `mode` says (32 bits), then these elements";
  let simulate = "__mluSimCompareFilter($site, mode, $code, dst, src0, nullptr, (double)src1, n);";
}

defvar BitSizes = [Count<"m">, Count<"h">, Count<"w">, Count<"c">];
def : Declared<[Spelling<"__bang_bexpand", "4.0.0", 592>], !listconcat([Dst<[]>, Src<"src", [], "void">], BitSizes),
               [Types<592, ["s8", "s16", "s32"]>]> {
  let overlap = "Forbidden";
  let semantics = "dst[i] = bit i of src, the lowest bit of a byte first";
  let simulate = "__mluSimBitExpand($site, $code, dst, src, m, h, w, c);";
}
def : Declared<[Spelling<"__bang_breduce", "4.0.0", 592>], !listconcat([Dst<[], "void">, Src<"src", []>], BitSizes),
               [Types<592, ["s8", "s16", "s32"]>]> {
  let semantics = "bit i of dst = src[i] is not 0";
  let simulate = "__mluSimBitReduce($site, $code, dst, src, m, h, w, c);";
}

def : Declared<[Spelling<"__bang_histogram", "2.8.0", 220, [270, 290]>], [Dst<[]>, Src<>, Weight<>, Count<>],
               [Types<220, ["f16/i8/i8", "f32/i8/i8", "i16/i8/i8", "i32/i8/i8", "f16/i16/i16", "f32/i16/i16", "i16", "i32/i16/i16"]>,
                Types<372, ["f32/f16/f16", "f32/bf16/bf16"]>]> {
  let overlap = "Forbidden";
  let rules = [Aligned<["dst", "src"], 64>];
  let semantics = "dst[r] = how many elements of src equal the number in row r of the kernel; 64 rows of 64 bytes";
  let simulate = "__mluSimHistogram($site, $code:dst, $code:src, dst, src, kernel, n);";
}
class Integral<list<Param> tail, list<string> types, string position>
    : Declared<[Spelling<"__bang_integral", "3.2.0", 322>], !listconcat([Dst<>, Src<>, Weight<>, Count<>], tail), [Types<322, types>]> {
  let overlap = "Forbidden";
  let semantics = "dst[i] = the sum of src[0] to src[i], with ones on and below the diagonal of the kernel";
  let simulate = "__mluSimIntegral($site, $code:dst, $code:src, dst, src, kernel, n, " # position # ");";
}
def : Integral<[], ["s32/s16/s16", "s16", "s32/s8/s8", "s16/s8/s8", "f32/f16/f16", "f32", "f32/bf16/bf16"], "0">;
def : Integral<[Position<>], ["f16/i16/i16", "f32/i16/i16", "f16/i8/i8", "f32/i8/i8"], "fix_position">;

class TilingParams<list<string> names> {
  list<Param> params = !listconcat([Dst<[], "void">, Src<"src", [], "void">], !foreach(p, names, Plain<p, "unsigned int">));
}
foreach width = [8, 16, 32, 64, 128, 256] in
  def : Declared<[Spelling<"__bang_tiling_2d_b" # width, "2.8.0">],
                 TilingParams<["n2", "s2", "n1", "s1", "n7", "s7", "n6", "s6"]>.params> {
    let overlap = "Forbidden";
    let rules = [Aligned<["dst", "src"], 64>];
    let cost = "Layout";
    let semantics = "transposes rows of 64 bytes as a square matrix of " # width # "-bit elements; strides count 64 bytes";
    let simulate = "__mluSimTiling2d($site, " # width # ", dst, src, n2, s2, n1, s1, n7, s7, n6, s6);";
  }
def : Declared<[Spelling<"__bang_tiling_3d_b1024", "2.8.0">],
               TilingParams<["n5", "s5", "n4", "s4", "n3", "s3", "n10", "s10", "n9", "s9", "n8", "s8", "op"]>.params> {
  let overlap = "Forbidden";
  let rules = [Aligned<["dst", "src"], 64>];
  let cost = "Layout";
  let semantics = "copies units of op * 128 bytes between three-level walks; strides count 64 bytes";
  let simulate = "unsigned __loops[] = {n5, s5, n4, s4, n3, s3, n10, s10, n9, s9, n8, s8}; "
                 "__mluSimTiling3d($site, dst, src, __loops, op);";
}

//===----------------------------------------------------------------------===//
// Pools with values and indices, in which NaN wins, and their inverse
//===----------------------------------------------------------------------===//

defvar PoolHead = [Dst<[]>, Src<"src", []>];
defvar PoolDilation = [Count<"in_dh">, Count<"in_dw">, Count<"out_dh">, Count<"out_dw">];
class DilatedPool<string entry, string kind, string element, string rest> {
  string text = "(void)out_dh, (void)out_dw; __mlu_pool_args __a = {dst, src, " # element # ", __MLU_POOL_" # !toupper(kind) #
                ", c, h, w, kh, kw, stride_w, stride_h, in_dh, in_dw}; " # entry # "($site, &__a" # rest # ");";
}
foreach kind = ["max", "min"] in {
  foreach nan = [0, 1] in {
    defvar valueIndex = "__bang_" # !if(nan, "nan_", "") # kind # "pool_value_index";
    defvar since = !if(nan, 520, 322);
    defvar after = ", (unsigned)value_index_stride, " # !if(nan, "true", "false");
    defvar valueTypes = [Types<322, ["f16", "f32"]>, Types<500, ["bf16"]>];
    def : PoolForm<valueIndex, PoolHead, !listconcat(PoolStrides, [Stride<"value_index_stride">]), "3.0.0", valueTypes, since> {
      let semantics = "the " # kind # "ima, and value_index_stride bytes later their places; the last window ends at the right edge";
      let simulate = PoolCall<"__mluSimPoolValueIndex", kind, "$code", after>.text;
    }
    def : PoolForm<valueIndex, PoolHead, !listconcat(PoolStrides, [Stride<"value_index_stride">], PoolDilation), "3.0.0", valueTypes, since> {
      let semantics = "`" # valueIndex # "` with a dilation of the window";
      let simulate = DilatedPool<"__mluSimPoolValueIndex", kind, "$code", after>.text;
    }
  }
  defvar indexTypes = [Types<520, ["u16/f16", "u32/f32", "u16/bf16"]>];
  def : PoolForm<"__bang_nan_" # kind # "pool_index", PoolHead, PoolStrides, "4.3.0", indexTypes, 520> {
    let semantics = "`__bang_" # kind # "pool_index` in which the first NaN wins";
    let simulate = PoolCall<"__mluSimNanPool", kind, "$code:src", ", true">.text;
  }
  def : PoolForm<"__bang_nan_" # kind # "pool_index", PoolHead, !listconcat(PoolStrides, PoolDilation), "4.3.0", indexTypes, 520> {
    let semantics = "`__bang_nan_" # kind # "pool_index` with a dilation of the window";
    let simulate = DilatedPool<"__mluSimNanPool", kind, "$code:src", ", true">.text;
  }
}
def : PoolForm<"__bang_unpool", PoolHead, !listconcat(PoolStrides, [Plain<"index", "unsigned int">]), "2.8.0", FloatTypes> {
  let semantics = "each element goes to place `index` of its window of dst, the rest of the window becomes 0";
  let simulate = PoolCall<"__mluSimUnpool", "sum", "$code", ", index">.text;
}

//===----------------------------------------------------------------------===//
// The device's mathematics library: the count comes first
//===----------------------------------------------------------------------===//

class DeviceMath<string cName, string function, list<Param> operands, list<string> types, string args>
    : Declared<[Spelling<"__cn_vector_" # cName, "3.0.0", 322>], !listconcat([Plain<"n", "int">], operands), [Types<322, types>]> {
  let semantics = "of the device's mathematics library; not in the documents, used by the vendor's kernels";
  let simulate = "__mluSimVectorMath($site, __MLU_MATH_" # function # ", (unsigned)n, dst, " # args # ");";
}
def : DeviceMath<"sin_f32", "SIN", [Dst<>, Src<>], ["f32"], "src, nullptr, 0">;
def : DeviceMath<"cos_f32", "COS", [Dst<>, Src<>], ["f32"], "src, nullptr, 0">;
def : DeviceMath<"hypot_f32", "HYPOT", [Dst<>, Src<"src0">, Src<"src1">], ["f32"], "src0, src1, 0">;
def : DeviceMath<"cast_f32_to_s32", "CAST", [Dst<>, Src<>], ["s32/f32"], "src, nullptr, 0">;
def : DeviceMath<"mod_scalar_u64", "MOD", [Dst<>, Src<>, Scalar<>], ["u64"], "src, nullptr, value">;
