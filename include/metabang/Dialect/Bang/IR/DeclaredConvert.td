//===- DeclaredConvert.td - Conversions the compiler does not emit -*- tablegen -*-===//
//
// Without a suffix a conversion rounds toward zero, of half to uint8 and uint16 down (`plainMode`).
//
//===----------------------------------------------------------------------===//

class Modes<list<string> names, int min, string since> {
  list<Mode> modes = !foreach(m, names, Mode<m, min, since>);
}
/// The plain name and all seven suffixes.
class Every<int min, string since> {
  list<Mode> modes = !listconcat([Mode<"", min, since>], ModesSince<min, since>.modes);
}
/// On every architecture, but for rm and rn.
class Late<string since, list<string> plain = []> {
  list<Mode> modes = !listconcat(Modes<!listconcat(plain, ["tz", "oz", "up", "dn", "rd"]), 200, since>.modes,
                                 Modes<["rm", "rn"], 322, since>.modes);
}

/// `kind`: None (no position), To (of the integers written), From (of the integers read), Both (dst, then src),
/// Swapped (From, in front of the count).
class ConvertForm<string base, string elements, string kind, list<Mode> some, string overlapRule,
                  string plain = "__MLU_TZ", list<int> except = []>
    : Declared<[Spelling<"__bang_" # base, "2.8.0">],
               !listconcat([Dst<>, Src<>], !if(!eq(kind, "Swapped"), [Position<>], []<Param>), [Count<>],
                           !cond(!or(!eq(kind, "To"), !eq(kind, "From")) : [Position<>],
                                 !eq(kind, "Both") : [Position<"dst_position">, Position<"src_position">],
                                 true : []<Param>)),
               [Types<200, [elements], except>]> {
  let modes = some;
  let overlap = overlapRule;
  let cost = "Convert";
  let plainMode = plain;
  let rules = [Positive];
  let semantics = !cond(!eq(kind, "None") : "dst[i] = src[i], rounded and saturated",
                        !eq(kind, "To") : "dst[i] = saturate(round(src[i] * 2^-fix_position))",
                        !eq(kind, "Both") : "dst[i] = saturate(round(src[i] * 2^(src_position - dst_position)))",
                        true : "dst[i] = round(src[i] * 2^fix_position)");
  let simulate = "__mluSimConvert($site, $mode, $code:dst, $code:src, dst, src, n, " #
                 !cond(!eq(kind, "None") : "0, 0", !eq(kind, "To") : "fix_position, 0",
                       !eq(kind, "Both") : "dst_position, src_position", true : "0, fix_position") #
                 ", nullptr, nullptr);";
}
def : ConvertForm<"char2int", "i32/i8", "Both", [Mode<"", 322, "3.0.0">], "Forbidden">;
def : ConvertForm<"char2short", "i16/i8", "Both", [Mode<"", 322, "3.0.0">], "Forbidden">;
def : ConvertForm<"fix82half", "f16/i8", "From", [Mode<"", 200, "3.5.0">], "Forbidden", "__MLU_NOROUND">;
def : ConvertForm<"float2int", "i32/f32", "To", ModesSince<322, "3.0.0">.modes, "InPlace">;
def : ConvertForm<"half2char", "i8/f16", "None", [Mode<"dn", 200, "2.12.0">], "InPlace">;
def : ConvertForm<"int2char", "i8/i32", "Both", [Mode<"", 322, "3.0.0">], "InPlace">;
def : ConvertForm<"int2float", "f32/i32", "From", [Mode<"", 322, "3.0.0">], "InPlace">;
def : ConvertForm<"int2short", "i16/i32", "Both", [Mode<"", 322, "3.0.0">], "InPlace">;
def : ConvertForm<"short2char", "i8/i16", "Both", [Mode<"", 322, "3.0.0">], "InPlace">;
def : ConvertForm<"short2int", "i32/i16", "Both", [Mode<"", 322, "3.0.0">], "Forbidden">;
def : ConvertForm<"bfloat162half", "f16/bf16", "None", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"bfloat162int16", "i16/bf16", "To", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"bfloat162int32", "i32/bf16", "To", Every<520, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"bfloat162int8", "i8/bf16", "To", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"bfloat162uchar", "u8/bf16", "None", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"bfloat162uint16", "u16/bf16", "To", Every<591, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"bfloat162uint32", "u32/bf16", "To", Every<591, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"bfloat162uint8", "u8/bf16", "To", Every<591, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"float2int32", "i32/f32", "To", [Mode<"", 322, "4.0.0">], "InPlace">;
def : ConvertForm<"float2uchar", "u8/f32", "None", [Mode<"", 322, "4.0.0">], "InPlace">;
def : ConvertForm<"float2uint16", "u16/f32", "To", ModesSince<322, "4.6.0">.modes, "InPlace">;
def : ConvertForm<"float2uint32", "u32/f32", "To", ModesSince<322, "4.6.0">.modes, "InPlace">;
def : ConvertForm<"float2uint8", "u8/f32", "To", ModesSince<322, "4.6.0">.modes, "InPlace">;
def : ConvertForm<"half2bfloat16", "bf16/f16", "None", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"half2int32", "i32/f16", "To", [Mode<"", 322, "4.0.0">], "Forbidden">;
def : ConvertForm<"half2uint16", "u16/f16", "To", Every<300, "4.0.0">.modes, "InPlace", "__MLU_DN">;
def : ConvertForm<"half2uint32", "u32/f16", "To", Every<300, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"half2uint8", "u8/f16", "To", Every<300, "4.0.0">.modes, "InPlace", "__MLU_DN">;
def : ConvertForm<"int162bfloat16", "bf16/i16", "From", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"int162half", "f16/i16", "From", Late<"4.1.0">.modes, "InPlace">;
def : ConvertForm<"int162uchar", "u8/i16", "From", Every<322, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"int322bfloat16", "bf16/i32", "From", Every<520, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"int322float", "f32/i32", "From", [Mode<"", 322, "4.0.0">], "InPlace">;
def : ConvertForm<"int322half", "f16/i32", "From", [Mode<"", 322, "4.0.0">], "InPlace">;
def : ConvertForm<"int322uchar", "u8/i32", "From", [Mode<"", 322, "4.0.0">], "Forbidden">;
def : ConvertForm<"int322uchar", "u8/i32", "From", ModesSince<322, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"int82bfloat16", "bf16/i8", "Swapped", [Mode<"", 520, "4.0.0">], "Forbidden", "__MLU_NOROUND">;
def : ConvertForm<"int82bfloat16", "bf16/i8", "From", ModesSince<520, "4.0.0">.modes, "Forbidden", "__MLU_NOROUND">;
def : ConvertForm<"int82uchar", "u8/i8", "From", Every<322, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"uchar2bfloat16", "bf16/u8", "None", [Mode<"", 520, "4.0.0">], "Forbidden", "__MLU_NOROUND">;
def : ConvertForm<"uchar2int16", "i16/u8", "To", Every<322, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"uchar2int32", "i32/u8", "To", Every<322, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"uchar2int8", "i8/u8", "To", Every<322, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"uint162bfloat16", "bf16/u16", "From", Every<591, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"uint162float", "f32/u16", "From", [Mode<"", 322, "4.6.0">], "Forbidden", "__MLU_NOROUND", [520]>;
def : ConvertForm<"uint162half", "f16/u16", "From", Every<300, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"uint322bfloat16", "bf16/u32", "From", Every<591, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"uint322float", "f32/u32", "From", [Mode<"", 322, "4.6.0">], "Forbidden", "__MLU_TZ", [520]>;
def : ConvertForm<"uint322half", "f16/u32", "From", Every<300, "4.0.0">.modes, "InPlace">;
def : ConvertForm<"uint82bfloat16", "bf16/u8", "Swapped", [Mode<"", 591, "4.0.0">], "Forbidden">;
def : ConvertForm<"uint82bfloat16", "bf16/u8", "From", ModesSince<591, "4.0.0">.modes, "Forbidden">;
def : ConvertForm<"uint82float", "f32/u8", "From", [Mode<"", 322, "4.6.0">], "Forbidden", "__MLU_NOROUND">;
def : ConvertForm<"uint82half", "f16/u8", "From", Every<300, "4.0.0">.modes, "InPlace">;
// Called by public kernels, not in the documents: as the documented names without a suffix, toward zero.
def : ConvertForm<"float2half", "f16/f32", "None", [Mode<"", 322, "4.5.0">], "InPlace">;
def : ConvertForm<"float2bfloat16", "bf16/f32", "None", [Mode<"", 322, "4.5.0">], "InPlace">;
def : Declared<[Spelling<"__bang_half2uchar_dn", "2.12.0">], [Dst<["n"], "i8">, Src<"src", ["n"], "f16">, Count<>]> {
  let cost = "Convert";
  let semantics = "the old spelling of its unsigned result as signed char";
  let simulate = "__mluSimConvert($site, __MLU_DN, __MLU_U8, __MLU_F16, dst, src, n, 0, 0, nullptr, nullptr);";
}
def : Declared<[Spelling<"__bang_half2uchar_dn", "2.12.0">],
               [Dst<["n"], "u8">, Src<"src", ["n"], "f16">, Aux<"src_addition", ["n"], "f16">, Count<>]> {
  let cost = "Convert";
  let semantics = "dst[i] = floor(src[i]) for 0 <= src <= 255; src_addition is scratch";
  let simulate = "(void)src_addition; __mluSimConvert($site, __MLU_DN, __MLU_U8, __MLU_F16, dst, src, n, 0, 0, nullptr, nullptr);";
}

/// Segments of n elements, strides in bytes; on the Move pipeline.
class ConvertStrided<string base, string elements, string kind, list<Mode> some, string plain = "__MLU_TZ">
    : Declared<[Spelling<"__bang_" # base, "2.8.0">],
               !listconcat([Dst<[]>, Src<"src", []>, Count<>], !if(!eq(kind, "None"), []<Param>, [Position<>]), FlatParams),
               [Types<200, [elements]>]> {
  let modes = some;
  let pipe = "Move";
  let overlap = "Free";
  let cost = "Convert";
  let plainMode = plain;
  let rules = [Positive];
  let semantics = "`__bang_" # base # "` of segments of n elements, strides in bytes";
  let simulate = FlatWalks # "__mluSimConvert($site, $mode, $code:dst, $code:src, dst, src, n, " #
                 !cond(!eq(kind, "None") : "0, 0", !eq(kind, "To") : "fix_position, 0", true : "0, fix_position") #
                 ", &__dw, &__sw);";
}
def : ConvertStrided<"fix82half", "f16/i8", "From", [Mode<"", 200, "3.5.0">], "__MLU_NOROUND">;
def : ConvertStrided<"float2half", "f16/f32", "None", Late<"3.0.0">.modes>;
def : ConvertStrided<"half2float", "f32/f16", "None", [Mode<"", 200, "2.12.0">], "__MLU_NOROUND">;
def : ConvertStrided<"half2int8", "i8/f16", "To", Late<"3.0.0">.modes>;
def : ConvertStrided<"half2short", "s16/f16", "None", Late<"3.0.0">.modes>;
def : ConvertStrided<"int82half", "f16/i8", "From", [Mode<"", 200, "2.12.0">], "__MLU_NOROUND">;
def : ConvertStrided<"short2half", "f16/s16", "None", [Mode<"", 200, "2.12.0">], "__MLU_TZ">;
def : ConvertStrided<"uchar2half", "f16/u8", "None", [Mode<"", 200, "2.8.0">], "__MLU_NOROUND">;
