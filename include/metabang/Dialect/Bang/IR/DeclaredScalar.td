//===- DeclaredScalar.td - Functions of scalar code ---------*- tablegen -*-===//

/// `__<from>2<to>`: without a suffix toward zero, saturated.
class ScalarConvert<string base, string to, string from, list<Mode> some>
    : Declared<[Spelling<"__" # base, "2.12.0">], [Scalar<"a", from>], [Types<200, [to]>]> {
  let modes = some;
  let pipe = "Scalar";
  let cost = "Scalar";
  let overlap = "Free";
  let returns = "T";
  let plainMode = "__MLU_TZ";
  let semantics = "the argument in the other type, rounded and saturated";
  let simulate = "return ($type)__mluSimScalarConvert($mode, $code, $code:a, (double)a);";
}
def : ScalarConvert<"bfloat162char", "s8", "bf16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"bfloat162float", "f32", "bf16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"bfloat162half", "f16", "bf16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"bfloat162int", "s32", "bf16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"bfloat162short", "s16", "bf16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"char2bfloat16", "bf16", "s8", [Mode<"", 520, "4.0.0">]>;
def : ScalarConvert<"char2float", "f32", "s8", [Mode<"", 200, "3.8.0">]>;
def : ScalarConvert<"char2half", "f16", "s8", [Mode<"", 200, "2.12.0">]>;
def : ScalarConvert<"float2bfloat16", "bf16", "f32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"float2char", "s8", "f32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"float2half", "f16", "f32", Late<"3.0.0", [""]>.modes>;
def : ScalarConvert<"float2int", "s32", "f32", Late<"3.0.0", [""]>.modes>;
def : ScalarConvert<"float2short", "s16", "f32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"float2uchar", "u8", "f32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"float2uint", "u32", "f32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"float2ushort", "u16", "f32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"half2bfloat16", "bf16", "f16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"half2char", "s8", "f16", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"half2float", "f32", "f16", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"half2int", "s32", "f16", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"half2short", "s16", "f16", Late<"3.0.0", [""]>.modes>;
def : ScalarConvert<"half2uchar", "u8", "f16", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"half2uint", "u32", "f16", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"half2ushort", "u16", "f16", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"int2bfloat16", "bf16", "s32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"int2float", "f32", "s32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"int2half", "f16", "s32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"short2bfloat16", "bf16", "s16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"short2float", "f32", "s16", [Mode<"", 200, "3.5.0">]>;
def : ScalarConvert<"short2half", "f16", "s16", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"uchar2bfloat16", "bf16", "u8", [Mode<"", 520, "4.0.0">]>;
def : ScalarConvert<"uchar2float", "f32", "u8", [Mode<"", 200, "3.8.0">]>;
def : ScalarConvert<"uchar2half", "f16", "u8", [Mode<"", 200, "2.12.0">]>;
def : ScalarConvert<"uint2bfloat16", "bf16", "u32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"uint2float", "f32", "u32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"uint2half", "f16", "u32", Late<"3.8.0", [""]>.modes>;
def : ScalarConvert<"ushort2bfloat16", "bf16", "u16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"ushort2float", "f32", "u16", [Mode<"", 200, "3.5.0">]>;
def : ScalarConvert<"ushort2half", "f16", "u16", Every<200, "4.0.0">.modes>;
// Called by public kernels, not in the documents.
def : ScalarConvert<"float2int32", "s32", "f32", Late<"4.0.0", [""]>.modes>;
def : ScalarConvert<"half2int32", "s32", "f16", Late<"4.0.0", [""]>.modes>;

def : Declared<[Spelling<"__popcnt", "3.4.0">], [Scalar<"a">], [Types<200, ["u8", "u16", "u32"]>]> {
  let pipe = "Scalar";
  let cost = "Scalar";
  let overlap = "Free";
  let returns = "T";
  let semantics = "the number of bits that are 1";
  let simulate = "return ($type)__builtin_popcount(a);";
}
