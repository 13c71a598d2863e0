//===- DeclaredDiscrete.td - Places by offset, masks, tiling -*- tablegen -*-===//

defvar Offsets = [Types<592, ["u8", "u16", "u32"]>];

multiclass Discrete<string name, string scatters> {
  foreach late = [0, 1] in
    foreach masked = [0, 1] in
      def : Declared<[Spelling<"__" # name # !if(late, "_async", ""), "4.0.0", 592>],
                     !listconcat([CopyDst<[]>, CopySrc<[]>, Src<"offset", ["count"]>], !if(masked, [Src<"mask", [], "void">], []<Param>),
                                 [Bytes<>, Direction, Count<"stride">, Count<"count">]),
                     // bang.scatter has the one that is left out.
                     !if(!or(!ne(name, "scatter"), !or(late, masked)), Offsets, [Types<592, ["u8", "u16"]>])> {
        let pipe = "Direction";
        let cost = "Copy";
        let overlap = "Forbidden";
        let async = late;
        let semantics = "copies `count` segments of `size` bytes " #
                        !if(!eq(scatters, "true"), "to byte offsets; they lie `stride` bytes apart in src",
                            "from byte offsets; they come to lie `stride` bytes apart in dst") #
                        !if(masked, ", where the bit of mask is 1", "");
        let simulate = "__mlu_gather_args __a = {" # scatters # ", $async, dir, dst, src, offset, " #
                       !if(masked, "mask", "nullptr") # ", sizeof(*offset), size, stride, count}; __mluSimGather($site, &__a);";
      }
}
defm : Discrete<"gather", "false">;
defm : Discrete<"scatter", "true">;
def : Declared<[Spelling<"__bang_gather_async", "4.5.0", 592>],
               [CopyDst<[]>, CopySrc<[]>, Src<"offset", ["count"]>, Src<"mask", [], "void">, Bytes<>, Count<"stride">, Count<"count">], Offsets> {
  let pipe = "IO";
  let cost = "Copy";
  let async = 1;
  let semantics = "`__gather_async` from GDRAM to NRAM; not in the documents";
  let simulate = "__mlu_gather_args __a = {false, true, GDRAM2NRAM, dst, src, offset, mask, sizeof(*offset), size, stride, count}; "
                 "__mluSimGather($site, &__a);";
}
def : Declared<[Spelling<"__extension_async", "4.6.0", 322>], ExtensionParams> {
  let pipe = "Direction";
  let cost = "Copy";
  let overlap = "Forbidden";
  let async = 1;
  let semantics = "`__extension` without the wait";
  let simulate = "__mluSimExtension($site, $async, dst, src, repeat, size, dir, count);";
}
def : Declared<[Spelling<"__prefetch_smmu", "4.0.0", 592>], [CopySrc<[]>, Bytes<>]> {
  let pipe = "IO";
  let cost = "Sync";
  let overlap = "Free";
  let semantics = "a hint to address translation: no effect on results";
  let simulate = "(void)src, (void)size;";
}

//===----------------------------------------------------------------------===//
// Compare and pack, bits and elements, tiles
//===----------------------------------------------------------------------===//

class CompareFilter<Param right, string operands>
    : Declared<[Spelling<"__bang_fcmpfilter", "3.0.0", 322>], [Plain<"mode", "CompareMode">, Dst<[]>, Src<"src0">, right, Count<>], FloatTypes> {
  let rules = [Positive];
  let overlap = "Free";
  let semantics = "packs the elements of src0 for which the comparison with src1 holds, behind their number in 128 bytes";
  let simulate = "__mluSimCompareFilter($site, mode, $code, dst, src0, " # operands # ", n);";
}
def : CompareFilter<Src<"src1">, "src1, 0">;
def : CompareFilter<Scalar<"src1">, "nullptr, (double)src1">;
defvar Nhwc4 = [Count<"n">, Count<"h">, Count<"w">, Count<"c">];
def : Declared<[Spelling<"__bang_bexpand", "4.0.0", 592>], !listconcat([Dst<[]>, Src<"src", [], "void">], Nhwc4), [Types<592, ["s8", "s16", "s32"]>]> {
  let overlap = "Forbidden";
  let semantics = "an element 0 or 1 for each bit";
  let simulate = "__mluSimBitExpand($site, $code, dst, src, n, h, w, c);";
}
def : Declared<[Spelling<"__bang_breduce", "4.0.0", 592>], !listconcat([Dst<[], "void">, Src<"src", []>], Nhwc4), [Types<592, ["s8", "s16", "s32"]>]> {
  let overlap = "Forbidden";
  let semantics = "a bit for each element";
  let simulate = "__mluSimBitReduce($site, $code, dst, src, n, h, w, c);";
}
foreach wide = [8, 16, 32, 64, 128, 256] in
  def : Declared<[Spelling<"__bang_tiling_2d_b" # wide, "2.8.0">],
                 [Dst<[], "void">, Src<"src", [], "void">, Count<"n2">, Count<"s2">, Count<"n1">, Count<"s1">, Count<"n7">, Count<"s7">,
                  Count<"n6">, Count<"s6">]> {
    let overlap = "Forbidden";
    let cost = "Layout";
    let semantics = "transposes a square of elements of " # wide # " bits between rows of 64 bytes; strides count 64 bytes";
    let simulate = "__mluSimTiling2d($site, " # wide # ", dst, src, n2, s2, n1, s1, n7, s7, n6, s6);";
  }
def : Declared<[Spelling<"__bang_tiling_3d_b1024", "2.8.0">],
               [Dst<[], "void">, Src<"src", [], "void">, Count<"n5">, Count<"s5">, Count<"n4">, Count<"s4">, Count<"n3">, Count<"s3">,
                Count<"n10">, Count<"s10">, Count<"n9">, Count<"s9">, Count<"n8">, Count<"s8">, Count<"op">]> {
  let overlap = "Forbidden";
  let cost = "Layout";
  let semantics = "copies units of `op` * 128 bytes, three loops on either side; strides count 64 bytes";
  let simulate = "unsigned __loops[] = {n5, s5, n4, s4, n3, s3, n10, s10, n9, s9, n8, s8}; __mluSimTiling3d($site, dst, src, __loops, op);";
}

//===----------------------------------------------------------------------===//
// The device's library of mathematics; the count is the first parameter
//===----------------------------------------------------------------------===//

class VectorMath<string name, string function, list<Param> params, string operands>
    : Declared<[Spelling<"__cn_vector_" # name, "4.0.0", 322>], !listconcat([Plain<"count", "int">], params)> {
  let semantics = "`" # name # "` of each element; not in the documents";
  let overlap = "Free";
  let simulate = "__mluSimVectorMath($site, __MLU_MATH_" # function # ", (unsigned)count, dst, " # operands # ");";
}
def : VectorMath<"sin_f32", "SIN", [Dst<[], "f32">, Src<"src", [], "f32">], "src, nullptr, 0">;
def : VectorMath<"cos_f32", "COS", [Dst<[], "f32">, Src<"src", [], "f32">], "src, nullptr, 0">;
def : VectorMath<"hypot_f32", "HYPOT", [Dst<[], "f32">, Src<"src0", [], "f32">, Src<"src1", [], "f32">], "src0, src1, 0">;
def : VectorMath<"cast_f32_to_s32", "CAST", [Dst<[], "s32">, Src<"src", [], "f32">], "src, nullptr, 0">;
def : VectorMath<"mod_scalar_u64", "MOD", [Dst<[], "u64">, Src<"src", [], "u64">, Scalar<"divisor", "u64">], "src, nullptr, divisor">;
foreach function = ["sin", "cos"] in
  foreach element = ["f32", "f16"] in
    def : Declared<[Spelling<"__cn_scalar_" # function # "_" # element, "4.0.0", 322>], [Scalar<"x", element>]> {
      let pipe = "Scalar";
      let cost = "Scalar";
      let overlap = "Free";
      let returns = element;
      let semantics = function # "(x); not in the documents";
      let simulate = "return $type:x(__builtin_" # function # "f((float)x));";
    }
