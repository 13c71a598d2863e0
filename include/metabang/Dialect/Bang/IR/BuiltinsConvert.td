//===- BuiltinsConvert.td - Conversions of element types ----*- tablegen -*-===//
//
// Rounding modes: tz toward zero, oz away from zero, up, dn, rd nearest with ties away from zero; rm and rn (ties to
// even) from MLU3xx on. A position p says that the integer q means q * 2^p.
//
//===----------------------------------------------------------------------===//

defvar OldModes = [Mode<"tz", 200, "2.12.0">, Mode<"oz", 200, "2.12.0">, Mode<"up", 200, "2.12.0">,
                   Mode<"dn", 200, "2.12.0">, Mode<"rd", 200, "2.12.0">];
defvar AllModes = !listconcat(OldModes, [Mode<"rm", 322, "3.0.0">, Mode<"rn", 322, "3.0.0">]);
class ModesSince<int min, string since> {
  list<Mode> modes = !foreach(m, ["tz", "oz", "up", "dn", "rd", "rm", "rn"], Mode<m, min, since>);
}

/// `positions`: of dst and of src.
class Convert<string from, string to, list<string> combination, list<Param> tail, string since, int multiple, int min = 200,
              string positions = "0, 0">
    : Builtin<from # "2" # to, [Spelling<"__bang_" # from # "2" # to, since, min>],
              !listconcat([Dst<>, Src<>, Count<>], tail), [Types<min, combination>]> {
  let rules = !listconcat([Between<"n", 1, 2147483647>, Aligned<["dst", "src"], 64>, Multiple<["n"], multiple>],
                          !if(!empty(tail), []<Rule>, [Between<"fix_position", -127, 127>]));
  let cost = "Convert";
  let simulate = "__mluSimConvert($site, $mode, $code:dst, $code:src, dst, src, n, " # positions # ", nullptr, nullptr);";
}
/// Float to fixed point: q = saturate(round(x * 2^-fix_position)).
class Quantize<string from, string to, list<string> combination, int multiple>
    : Convert<from, to, combination, [Position<>], "2.12.0", multiple, 200, "fix_position, 0"> {
  let modes = AllModes;
  let semantics = "dst[i] = saturate(round(src[i] * 2^-fix_position))";
}
/// Fixed point to float: x = q * 2^fix_position.
class Dequantize<string from, string to, list<string> combination, int multiple, string overlapRule>
    : Convert<from, to, combination, [Position<>], "2.12.0", multiple, 200, "0, fix_position"> {
  let overlap = overlapRule;
  let plainMode = "__MLU_TZ";
  let semantics = "dst[i] = src[i] * 2^fix_position";
}

def Float2HalfOp : Convert<"float", "half", ["f16/f32"], [], "2.12.0", 64> {
  let modes = AllModes;
  let semantics = "dst[i] = round(src[i])";
}
def Half2FloatOp : Convert<"half", "float", ["f32/f16"], [], "2.12.0", 64> {
  let overlap = "Forbidden";
  let semantics = "dst[i] = src[i]";
}
def Float2Int16Op : Quantize<"float", "int16", ["i16/f32"], 64>;
def Float2Int8Op : Quantize<"float", "int8", ["i8/f32"], 128>;
def Half2Int16Op : Quantize<"half", "int16", ["i16/f16"], 64>;
def Half2Int8Op : Quantize<"half", "int8", ["i8/f16"], 128>;
def Int162FloatOp : Dequantize<"int16", "float", ["f32/i16"], 64, "Forbidden"> {
  let plainMode = "__MLU_NOROUND"; // exact
}
def Int82FloatOp : Dequantize<"int8", "float", ["f32/i8"], 128, "Forbidden"> {
  let plainMode = "__MLU_NOROUND"; // exact
}
def Int162HalfOp : Dequantize<"int16", "half", ["f16/i16"], 64, "InPlace">;
def Int82HalfOp : Dequantize<"int8", "half", ["f16/i8"], 128, "Forbidden"> {
  let plainMode = "__MLU_NOROUND"; // exact
}

// Plain integers of the MLU270
def Half2ShortOp : Convert<"half", "short", ["s16/f16"], [], "2.12.0", 64> {
  let modes = AllModes;
  let semantics = "dst[i] = saturate(round(src[i]))";
}
def Short2HalfOp : Convert<"short", "half", ["f16/s16"], [], "2.12.0", 64> {
  let semantics = "dst[i] = src[i]";
  let plainMode = "__MLU_TZ";
}
def Uchar2HalfOp : Convert<"uchar", "half", ["f16/u8"], [], "2.8.0", 128> {
  let overlap = "Forbidden";
  let semantics = "dst[i] = src[i]";
}
def Half2UcharOp : Convert<"half", "uchar", ["u8/f16"], [], "2.12.0", 128> {
  let modes = [Mode<"dn", 200, "2.12.0">, Mode<"tz", 322, "4.2.0">, Mode<"oz", 322, "4.2.0">, Mode<"up", 322, "4.2.0">,
               Mode<"rd", 322, "4.2.0">, Mode<"rm", 322, "4.2.0">, Mode<"rn", 322, "4.2.0">];
  let semantics = "dst[i] = saturate(round(src[i])); on MLU2xx for 0 <= src <= 127";
}

// 32 bits and bfloat16, from MLU3xx on
class Convert3xx<string from, string to, list<string> combination, list<Param> tail, string since, string overlapRule,
                 string positions = "0, 0"> : Convert<from, to, combination, tail, since, 1, 322, positions> {
  let overlap = overlapRule;
  let modes = ModesSince<322, since>.modes;
}
def Float2Int32Op : Convert3xx<"float", "int32", ["i32/f32"], [Position<>], "4.0.0", "InPlace", "fix_position, 0"> {
  let semantics = "dst[i] = saturate(round(src[i] * 2^-fix_position))";
  let instead = "int16, or scalar code";
}
def Int322FloatOp : Convert3xx<"int32", "float", ["f32/i32"], [Position<>], "4.0.0", "InPlace", "0, fix_position"> {
  let semantics = "dst[i] = round(src[i] * 2^fix_position)";
  let instead = "int16, or scalar code";
}
def Half2Int32Op : Convert3xx<"half", "int32", ["i32/f16"], [Position<>], "4.0.0", "Forbidden", "fix_position, 0"> {
  let semantics = "dst[i] = saturate(round(src[i] * 2^-fix_position))";
}
def Int322HalfOp : Convert3xx<"int32", "half", ["f16/i32"], [Position<>], "4.0.0", "InPlace", "0, fix_position"> {
  let semantics = "dst[i] = round(src[i] * 2^fix_position)";
}
def Float2UcharOp : Convert3xx<"float", "uchar", ["u8/f32"], [], "4.0.0", "InPlace"> {
  let semantics = "dst[i] = saturate(round(src[i]))";
}
def Uchar2FloatOp : Convert<"uchar", "float", ["f32/u8"], [], "4.0.0", 1, 322> { let semantics = "dst[i] = src[i]"; }
def Float2Bfloat16Op : Convert3xx<"float", "bfloat16", ["bf16/f32"], [], "3.1.0", "InPlace"> {
  let semantics = "dst[i] = round(src[i])";
}
def Bfloat162FloatOp : Convert<"bfloat16", "float", ["f32/bf16"], [], "3.0.0", 1, 322> {
  let overlap = "Forbidden";
  let semantics = "dst[i] = src[i]";
}

class Integer<string from, string to, list<string> combination, string overlapRule>
    : Builtin<from # "2" # to, [Spelling<"__bang_" # from # "2" # to, "4.0.0", 322>],
              [Dst<>, Src<>, Count<>, Position<"dst_position">, Position<"src_position">], [Types<322, combination>]> {
  let rules = [Between<"n", 1, 2147483647>, Between<"dst_position", -127, 127>, Between<"src_position", -127, 127>];
  let overlap = overlapRule;
  let cost = "Convert";
  let semantics = "dst[i] = saturate(src[i] * 2^(src_position - dst_position))";
  let simulate = "__mluSimConvert($site, __MLU_RD, $code:dst, $code:src, dst, src, n, dst_position, src_position, nullptr, nullptr);";
}
def Int82Int16Op : Integer<"int8", "int16", ["i16/i8"], "Forbidden">;
def Int82Int32Op : Integer<"int8", "int32", ["i32/i8"], "Forbidden">;
def Int162Int8Op : Integer<"int16", "int8", ["i8/i16"], "InPlace">;
def Int162Int32Op : Integer<"int16", "int32", ["i32/i16"], "Forbidden">;
def Int322Int16Op : Integer<"int32", "int16", ["i16/i32"], "InPlace">;
def Int322Int8Op : Integer<"int32", "int8", ["i8/i32"], "InPlace">;
