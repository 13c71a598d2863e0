//===- DeclaredVector.td - Element-wise builtins the compiler does not emit -*- tablegen -*-===//
//
// Names of the simulator's operations are those of the builtin in capitals (`__mlu_binary_op`, `__mlu_unary_op`).
//
//===----------------------------------------------------------------------===//

defvar Byte512 = [Positive, Aligned<["dst", "src0", "src1"], 64>, Multiple<["n"], 512>, Multiple<["n"], 8, "", 300, 999>];
defvar Saturating = [Types<322, Ints, [372, 520]>];
defvar Since5xx = [Types<520, ["f16", "bf16", "f32"]>];

class BinaryForm<string name, string since, list<Types> types, string operation = name, int min = 200>
    : Declared<[Spelling<"__bang_" # name, since, min>], [Dst<>, Src<"src0">, Src<"src1">, Count<>], types> {
  let rules = [Positive, Aligned<["dst", "src0", "src1"], 64>, Multiple<["n"], 128, "src0">];
  let simulate = "__mluSimBinary($site, __MLU_" # !toupper(operation) # ", $code, dst, src0, src1, n);";
}
class ScalarForm<string name, string since, list<Types> types, string operation, int min = 200>
    : Declared<[Spelling<"__bang_" # name, since, min>], [Dst<>, Src<>, Scalar<>, Count<>], types> {
  let rules = [Positive, Aligned<["dst", "src"], 64>, Multiple<["n"], 128, "src">];
  let simulate = "__mluSimScalar($site, __MLU_" # !toupper(operation) # ", $code, dst, src, (double)value, n);";
}
class CycleForm<string name, string since, list<Types> types, string operation = name>
    : Declared<[Spelling<"__bang_cycle_" # name, since>], [Dst<>, Src<>, Src<"seg", ["seg_n"]>, Count<>, Count<"seg_n">], types> {
  let rules = [Positive, Between<"seg_n", 1, 2147483647>, Divides<"n", "seg_n">, Aligned<["dst", "src", "seg"], 64>,
               Multiple<["n"], 128, "src">, Multiple<["seg_n"], 128, "seg">];
  let simulate = "__mluSimCycle($site, __MLU_" # !toupper(operation) # ", $code, dst, src, seg, n, seg_n);";
}
class UnaryForm<string name, string since, list<Types> types, int min = 200>
    : Declared<[Spelling<"__bang_" # name, since, min>], [Dst<>, Src<>, Count<>], types> {
  let rules = [Positive, Aligned<["dst", "src"], 64>, Multiple<["n"], 128, "src">];
  let simulate = "__mluSimUnary($site, __MLU_" # !toupper(name) # ", $code:dst, $code:src, dst, src, n, 0);";
}

// Arithmetic
foreach op = ["add", "sub", "mul"] in {
  def : BinaryForm<op # "_tz", "3.7.0", FloatTypes> { let semantics = "`__bang_" # op # "`, rounded toward zero"; }
  def : CycleForm<op # "_tz", "3.6.0", FloatTypes> { let semantics = "`__bang_cycle_" # op # "`, rounded toward zero"; }
}
foreach op = ["adds", "subs"] in {
  def : BinaryForm<op, "3.8.0", Saturating> { let semantics = "adds or subtracts integers, saturating"; }
  def : ScalarForm<op # "_scalar", "3.8.0", Saturating, op> { let semantics = "`__bang_" # op # "` with a scalar"; }
  def : CycleForm<op, "3.8.0", Saturating> { let semantics = "`__bang_" # op # "` with a repeating operand"; }
}
def : UnaryForm<"square", "3.0.0", [Types<322, ["u16/u8", "u32/u16", "s16/s8", "s32/s16"], [520]>]> {
  let semantics = "dst[i] = src[i] * src[i] in twice the width";
}
// The documents have no float forms of neg and no bfloat16 forms of the table activations; InfiniCore calls both.
def : UnaryForm<"neg", "3.8.0", [Types<322, ["s8", "s16", "s32"], [372, 520]>, Types<322, ["f16", "f32"], [372, 520]>, Types<592, ["bf16"]>]> { let semantics = "dst[i] = -src[i]"; }
def : UnaryForm<"nearbyint", "4.0.0", [Types<322, ["f32"], [520]>]> {
  let semantics = "dst[i] = src[i] rounded to an integer, ties to even";
  let overlap = "Forbidden";
}
def : Declared<[Spelling<"__bang_log", "3.0.0", 322>], [Dst<>, Src<>, Count<>], HardwareTypes> {
  let semantics = "dst[i] = log2(src[i]), like `__bang_log2`";
  let rules = [Positive];
  let simulate = "__mluSimUnary($site, __MLU_LOG2, $code, $code, dst, src, n, 0);";
}
def : Declared<[Spelling<"__bang_relun", "3.0.0", 322>], [Dst<>, Src<>, Count<>, Scalar<>], SignedTypes> {
  let semantics = "dst[i] = min(max(src[i], 0), value)";
  let rules = [Positive];
  let simulate = "__mluSimUnary($site, __MLU_RELUN, $code, $code, dst, src, n, (double)value);";
}
def : Declared<[Spelling<"__bang_div", "4.0.0", 520>], [Dst<>, Src<>, Scalar<>, Count<>],
               [Types<520, ["f16", "f32", "s16", "s32", "u16", "u32", "bf16"]>]> {
  let semantics = "dst[i] = src[i] / value";
  let rules = [Positive];
  let overlap = "Free";
  let simulate = "__mluSimScalar($site, __MLU_DIV, $code, dst, src, (double)value, n);";
}
def : BinaryForm<"rem", "3.0.0", [Types<322, ["s16", "s32", "u16", "u32"], [372]>]> {
  let semantics = "dst[i] = src0[i] % src1[i]";
  let overlap = "Free";
}
// The documents have no form of float; mlu-ops' fft calls one on numbers that are not negative.
def : ScalarForm<"rem", "4.0.0", [Types<520, ["s16", "s32", "u16", "u32", "f32"]>], "rem"> {
  let semantics = "dst[i] = src[i] % value; of floats as fmod in C";
  let overlap = "Free";
}

// Comparisons
foreach op = ["eq", "ne", "gt", "ge", "lt", "le"] in
  def : Declared<[Spelling<"__bang_" # op # "_bitindex", "2.8.0">],
                 [Dst<[], "void">, Src<"src0">, Src<"src1">, Count<>], FloatTypes> {
    let semantics = "bit i of dst = `__bang_" # op # "` of element i, bit 0 of byte 0 first";
    let rules = Byte512;
    let simulate = "__mluSimBitIndex($site, __MLU_" # !toupper(op) # ", $code, dst, src0, src1, n);";
  }

// Minimum, maximum of IEEE 754
// True also where an operand is a NaN.
foreach op = ["eq", "ne", "gt", "ge", "lt", "le"] in {
  defvar unordered = "as `__bang_" # op # "`, and 1 where an operand is a NaN";
  def : BinaryForm<op # "u", "4.0.0", Since5xx> { let semantics = unordered; }
  def : ScalarForm<op # "u_scalar", "4.0.0", Since5xx, op # "u"> { let semantics = unordered; }
  def : CycleForm<op # "u", "4.0.0", Since5xx> { let semantics = unordered; }
  def : Declared<[Spelling<"__bang_" # op # "u_bitindex", "4.0.0">], [Dst<[], "void">, Src<"src0">, Src<"src1">, Count<>], Since5xx> {
    let semantics = "bit i of dst = `__bang_" # op # "u` of element i, bit 0 of byte 0 first";
    let rules = Byte512;
    let simulate = "__mluSimBitIndex($site, __MLU_" # !toupper(op) # "U, $code, dst, src0, src1, n);";
  }
}

foreach op = ["maximum", "minimum"] in {
  def : BinaryForm<op, "4.0.0", Since5xx> { let semantics = "the larger or smaller element; a number wins over a NaN"; }
  def : ScalarForm<op # "_scalar", "4.3.0", Since5xx, op> { let semantics = "`__bang_" # op # "` with a scalar"; }
  def : CycleForm<op, "4.0.0", Since5xx> { let semantics = "`__bang_" # op # "` with a repeating operand"; }
}

// Logic and bits
foreach op = ["and", "or", "xor"] in
  def : ScalarForm<op # "_scalar", "3.0.0", [Types<322, ["f16", "f32"]>, Types<322, Ints, [520]>, Types<500, ["bf16"]>], op> {
    let semantics = "`__bang_" # op # "` of truth values with a scalar";
  }
defvar BitTypes = [Types<322, ["u8", "u16", "u32", "s16", "s32"], [520]>];
foreach op = ["band", "bor", "bxor"] in {
  // The documents have no forms of float; mlu-ops' adam_w calls one on masks in float buffers.
  def : BinaryForm<op, "3.0.0", BitTypes # [Types<322, ["f16", "f32"], [520]>]> { let semantics = "`__bang_" # op # "` over n elements"; }
  def : ScalarForm<op # "_scalar", "3.8.0", [Types<322, ["f16", "f32"]>, Types<322, Ints, [520]>, Types<500, ["bf16"]>], op> {
    let semantics = "bits of each element with those of a scalar";
  }
  def : CycleForm<op, "2.12.0", [Types<200, ["s8"]>, Types<322, ["u8", "u16", "u32", "s16", "s32"], [520]>]> {
    let semantics = "`__bang_" # op # "` with a repeating operand";
  }
}
def : UnaryForm<"bnot", "3.0.0", BitTypes> { let semantics = "dst[i] = ~src[i]"; }

foreach function = ["sigmoid", "tanh", "gelu", "exp", "exphp", "relu"] in
  def : Declared<[Spelling<"__bang_active_" # function, "4.0.0", 592>], [Dst<>, Src<>, Count<>], [Types<592, ["bf16"]>]> {
    let semantics = "`__bang_active_" # function # "` of bfloat16, as public kernels call it";
    let rules = [Positive];
    let cost = "Table";
    let simulate = "__mluSimUnary($site, __MLU_ACTIVE_" # !toupper(function) # ", $code, $code, dst, src, n, 0);";
  }

/// Polynomials of a lower degree than `__bang_taylor4_*`.
foreach function = ["sin", "cos", "tanh", "sigmoid", "softplus"] in
  def : Declared<[Spelling<"__bang_taylor3_" # function, "2.8.0">], [Dst<>, Src<>, Aux<"aux1">, Aux<"aux2">, Count<>], TableTypes> {
    let semantics = "`__bang_taylor4_" # function # "` with less precision: relative error 3e-4";
    let rules = [Positive, Aligned<["dst", "src", "aux1", "aux2"], 64>, Multiple<["n"], 128, "src">];
    let overlap = "Forbidden";
    let cost = "Table";
    let simulate = "__mluSimTaylor($site, __MLU_TAYLOR_" # !toupper(function) # ", $code, dst, src, aux1, aux2, n);";
  }

/// The other forms of `__bang_fusion`: b and c are a vector or a scalar, and repeat where there is a seg_n.
class FusionForm<list<Param> b, list<Param> c, bit cycle, string operands>
    : Declared<[Spelling<"__bang_fusion", "3.0.0", 322>],
               !listconcat([Enumerator<"op_code">, Dst<>, Src<"src0">], b, c, [Count<>], !if(cycle, [Count<"seg_n">], [])),
               [Types<322, ["f16", "f32"]>, Types<322, ["u8", "i8", "u16", "i16", "u32", "i32"], [520]>, Types<500, ["bf16"]>]> {
  let rules = [Positive];
  let semantics = "src0, b and c combined by op_code as `bang.fusion` says";
  let simulate = "__mluSimFusion($site, op_code, $code, dst, src0, " # operands # ", n, " # !if(cycle, "seg_n", "n") # ");";
}
def : FusionForm<[Scalar<"value1">], [Src<"src2">], 0, "nullptr, (double)value1, src2, 0">;
def : FusionForm<[Src<"src1">], [Src<"src2">], 1, "src1, 0, src2, 0">;
def : FusionForm<[Scalar<"value1">], [Src<"src2">], 1, "nullptr, (double)value1, src2, 0">;
def : FusionForm<[Src<"src1">], [Scalar<"value2">], 1, "src1, 0, nullptr, (double)value2">;

//===----------------------------------------------------------------------===//
// Reductions, selection
//===----------------------------------------------------------------------===//

class Extreme<string name, string flags, string does> : Declared<[Spelling<"__bang_" # name, "3.0.0", 322>], [Dst<[]>, Src<>, Count<>], FloatTypes> {
  let cost = "Reduce";
  let rules = [Positive];
  let semantics = does # ", then its index as a 32-bit word";
  let simulate = "__mluSimArg($site, $code, " # flags # ", true, dst, src, n);";
}
def : Extreme<"fabsmax", "true, true", "dst[0] = the largest |src[i]|">;
def : Extreme<"fabsmin", "false, true", "dst[0] = the smallest |src[i]|">;

foreach extreme = ["max", "min"] in
  def : Declared<[Spelling<"__bang_nan_arg" # extreme, "4.2.0", 520>], [Dst<[]>, Src<>, Count<>], Since5xx> {
    let cost = "Reduce";
    let rules = [Positive];
    let overlap = "Free";
    let semantics = "`__bang_arg" # extreme # "`; the first NaN if there is one";
    let simulate = "__mluSimNanArg($site, $code, " # !if(!eq(extreme, "max"), "true", "false") # ", dst, src, n);";
  }

class Counting<string name, list<Types> types, string how> : Declared<[Spelling<"__bang_" # name, "4.0.0">], [Src<>, Count<>], types> {
  let returns = "u32";
  let cost = "Reduce";
  let overlap = "Free";
  let rules = [Positive, Aligned<["src"], 64>, Multiple<["n"], 128, "src">];
  let simulate = "return " # how # ", src, n, nullptr);";
}
class CountingInto<string name, string how>
    : Declared<[Spelling<"__bang_" # name, "2.8.0">], [Dst<[], "u32">, Src<>, Count<>], TableTypes> {
  let cost = "Reduce";
  let rules = [Positive, Aligned<["dst", "src"], 64>, Multiple<["n"], 128, "src">];
  let semantics = "`__bang_" # name # "` with the result in dst[0]; on MLU2xx the other 124 bytes become 0";
  let simulate = how # ", src, n, dst);";
}
def : CountingInto<"count", "__mluSimCount($site, $code">;
foreach which = ["first", "last"] in {
  defvar find = "__mluSimFind($site, $code, " # !if(!eq(which, "last"), "true", "false");
  def : Counting<"find" # which # "1", FloatTypes, find> {
    let semantics = "the index of the " # which # " element that is not 0, 0xffffffff if all are";
  }
  def : CountingInto<"find" # which # "1", find>;
}
class ByBits<string name, string since, list<Types> types, string result>
    : Declared<[Spelling<"__bang_" # name # "_bitindex", since>], [Dst<[]>, Src<>, Src<"bits", [], "void">, Count<>], types> {
  let overlap = "Free";
  let returns = result;
  let rules = [Positive, Aligned<["dst", "src", "bits"], 64>, Multiple<["n"], 512>, Multiple<["n"], 8, "", 300, 399>];
  let semantics = "`__bang_" # name # "` where bit i of the mask is 1";
  let simulate = !if(!empty(result), "", "return ") # "__mluSimCompact($site, __MLU_" # !toupper(name) #
                 ", true, $code, dst, src, bits, n);";
}
def : ByBits<"select", "2.8.0", TableTypes, "">;
def : ByBits<"collect", "2.8.0", TableTypes, "">;
def : ByBits<"filter", "4.1.0", [Types<200, ["f16", "f32", "s16", "u16", "s32", "u32"]>, Types<500, ["bf16"]>], "u32">;
def : Declared<[Spelling<"__bang_maskmove_bitindex", "2.8.0">], [Dst<[]>, Src<>, Src<"bits", [], "void">, Count<>], TableTypes> {
  let overlap = "Free";
  let rules = [Positive, Aligned<["dst", "src", "bits"], 64>, Multiple<["n"], 1024>, Multiple<["n"], 8, "", 300, 399>];
  let semantics = "the old name of `__bang_collect_bitindex`";
  let simulate = "__mluSimCompact($site, __MLU_COLLECT, true, $code, dst, src, bits, n);";
}
