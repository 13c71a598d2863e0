//===- DeclaredNarrow.td - Conversions of 4-bit integers and TF32 -*- tablegen -*-===//
//
// A TF32 number lies in a float, of whose mantissa it has the first ten bits. Integers of 4 bits lie in pairs in a byte,
// the first in its low half; the count is of elements and even.
//
//===----------------------------------------------------------------------===//

def : ConvertForm<"bfloat162int4", "i4/bf16", "To", ModesSince<322, "3.7.0">.modes, "InPlace">;
def : ConvertForm<"int42bfloat16", "bf16/i4", "From", ModesSince<322, "3.7.0">.modes, "Forbidden">;
def : ConvertForm<"float2int4", "i4/f32", "To", ModesSince<322, "3.7.0">.modes, "InPlace">;
def : ConvertForm<"int42float", "f32/i4", "From", ModesSince<322, "3.7.0">.modes, "Forbidden">;
def : ConvertForm<"half2int4", "i4/f16", "To", ModesSince<322, "3.7.0">.modes, "InPlace">;
def : ConvertForm<"int42half", "f16/i4", "From", ModesSince<322, "3.7.0">.modes, "Forbidden">;
def : ConvertForm<"int162int4", "i4/i16", "Both", ModesSince<322, "3.7.0">.modes, "InPlace">;
def : ConvertForm<"int42int16", "i16/i4", "Both", ModesSince<322, "3.7.0">.modes, "Forbidden">;
def : ConvertForm<"int322int4", "i4/i32", "Both", ModesSince<322, "3.7.0">.modes, "InPlace">;
def : ConvertForm<"int42int32", "i32/i4", "Both", ModesSince<322, "3.7.0">.modes, "Forbidden">;
def : ConvertForm<"int82int4", "i4/i8", "Both", ModesSince<322, "3.7.0">.modes, "InPlace">;
def : ConvertForm<"int42int8", "i8/i4", "Both", ModesSince<322, "3.7.0">.modes, "Forbidden">;
def : ConvertForm<"int42uchar", "u8/i4", "From", Every<322, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"uchar2int4", "i4/u8", "To", Every<322, "4.0.0">.modes, "InPlace">;

def : ConvertForm<"float2tf32", "tf32/f32", "None", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"half2tf32", "tf32/f16", "None", [Mode<"", 520, "4.0.0">], "Forbidden">;
def : ConvertForm<"bfloat162tf32", "tf32/bf16", "None", [Mode<"", 520, "4.0.0">], "Forbidden">;
def : ConvertForm<"uchar2tf32", "tf32/u8", "None", [Mode<"", 520, "4.0.0">], "Forbidden">;
def : ConvertForm<"int162tf32", "tf32/i16", "From", Every<520, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"tf322int16", "i16/tf32", "To", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"int322tf32", "tf32/i32", "From", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"tf322int32", "i32/tf32", "To", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"int82tf32", "tf32/i8", "From", Every<520, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"tf322int8", "i8/tf32", "To", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"int42tf32", "tf32/i4", "From", Every<520, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"tf322int4", "i4/tf32", "To", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"tf322bfloat16", "bf16/tf32", "None", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"tf322float", "f32/tf32", "None", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"tf322half", "f16/tf32", "None", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"tf322uchar", "u8/tf32", "None", Every<520, "4.0.0">.modes, "InPlace">;

def : ScalarConvert<"bfloat162tf32", "tf32", "bf16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"char2tf32", "tf32", "s8", [Mode<"", 520, "4.0.0">]>;
def : ScalarConvert<"float2tf32", "tf32", "f32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"half2tf32", "tf32", "f16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"int2tf32", "tf32", "s32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"short2tf32", "tf32", "s16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"uchar2tf32", "tf32", "u8", [Mode<"", 520, "4.0.0">]>;
def : ScalarConvert<"uint2tf32", "tf32", "u32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"ushort2tf32", "tf32", "u16", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"tf322bfloat16", "bf16", "tf32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"tf322char", "s8", "tf32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"tf322float", "f32", "tf32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"tf322half", "f16", "tf32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"tf322int", "s32", "tf32", Every<520, "4.0.0">.modes>;
def : ScalarConvert<"tf322short", "s16", "tf32", Every<520, "4.0.0">.modes>;

defvar Tf32Tensor = [Types<592, ["f32"]>];
defvar TensorDilation = [Count<"in_dw">, Count<"in_dh">, Count<"out_dw">, Count<"out_dh">];
def : ConvForm<"__bang_conv_tf32", []<Param>, []<Param>, Tf32Tensor,
               !subst("$code:dst, $code:src, $code:kernel", "__MLU_F32, __MLU_TF32, __MLU_TF32",
                      ConvCall<"nullptr", "nullptr", "0", "1, 1, false">.text)> {
  let semantics = "`bang.conv_float` of TF32 numbers";
}
def : ConvForm<"__bang_conv_tf32", []<Param>, TensorDilation, Tf32Tensor,
               "__mluSimOutputDilation($site, out_dh, out_dw); " # !subst("$code:dst, $code:src, $code:kernel", "__MLU_F32, __MLU_TF32, __MLU_TF32",
                      ConvCall<"nullptr", "nullptr", "0", "in_dw, in_dh, true">.text)> {
  let semantics = "`bang.conv_float` of TF32 numbers, with a dilation of the window";
}
def : ConvForm<"__bang_conv_partial_tf32", [Src<"partial", []>], []<Param>, Tf32Tensor,
               !subst("$code:dst, $code:src, $code:kernel", "__MLU_F32, __MLU_TF32, __MLU_TF32",
                      ConvCall<"nullptr", "partial", "0", "1, 1, false">.text)> {
  let semantics = "`bang.conv_float` of TF32 numbers";
}
def : ConvForm<"__bang_conv_partial_tf32", [Src<"partial", []>], TensorDilation, Tf32Tensor,
               "__mluSimOutputDilation($site, out_dh, out_dw); " # !subst("$code:dst, $code:src, $code:kernel", "__MLU_F32, __MLU_TF32, __MLU_TF32",
                      ConvCall<"nullptr", "partial", "0", "in_dw, in_dh, true">.text)> {
  let semantics = "`bang.conv_float` of TF32 numbers, with a dilation of the window";
}
