//===- BuiltinsVector.td - Element-wise and reducing builtins -*- tablegen -*-===//

defvar Ints = ["s8", "s16", "s32", "u8", "u16", "u32"];
defvar FloatTypes = [Types<200, ["f16", "f32"]>, Types<500, ["bf16"]>];
defvar ArithTypes = [Types<200, ["f16", "f32"]>, Types<322, Ints, [520]>, Types<500, ["bf16"]>];
defvar TableTypes = [Types<200, ["f16", "f32"]>];
defvar HardwareTypes = [Types<322, ["f32"]>, Types<500, ["bf16"]>];
defvar Positive = Between<"n", 1, 2147483647>;

//===----------------------------------------------------------------------===//
// dst[i] = op(src[i] …)
//===----------------------------------------------------------------------===//

class Unary<string mnemonic, list<Spelling> names, list<Types> types, string does>
    : Builtin<mnemonic, names, [Dst<>, Src<>, Count<>], types> {
  let rules = [Positive, Aligned<["dst", "src"], 64>, Multiple<["n"], 128, "src">];
  let semantics = does;
  let simulate = "__mluSimUnary($site, __MLU_" # !toupper(mnemonic) # ", $code, $code, dst, src, n, 0);";
}
class Binary<string mnemonic, list<Spelling> names, list<Types> types, string does>
    : Builtin<mnemonic, names, [Dst<>, Src<"src0">, Src<"src1">, Count<>], types> {
  let rules = [Positive, Aligned<["dst", "src0", "src1"], 64>, Multiple<["n"], 128, "src0">];
  let semantics = does;
  let simulate = "__mluSimBinary($site, __MLU_" # !toupper(mnemonic) # ", $code, dst, src0, src1, n);";
}
/// `operation`: of the simulator, where it is not the mnemonic less `_scalar`.
class BinaryScalar<string mnemonic, list<Spelling> names, list<Types> types, string does,
                   string operation = !substr(mnemonic, 0, !sub(!size(mnemonic), 7))>
    : Builtin<mnemonic, names, [Dst<>, Src<>, Scalar<>, Count<>], types> {
  let rules = [Positive, Aligned<["dst", "src"], 64>, Multiple<["n"], 128, "src">];
  let semantics = does;
  let simulate = "__mluSimScalar($site, __MLU_" # !toupper(operation) # ", $code, dst, src, (double)value, n);";
}
class Cycle<string mnemonic, string cName, string since, list<Types> types, string does>
    : Builtin<mnemonic, [Spelling<cName, since>],
              [Dst<>, Src<>, Src<"seg", ["seg_n"]>, Count<>, Count<"seg_n">], types> {
  let rules = [Positive, Between<"seg_n", 1, 2147483647>, Divides<"n", "seg_n">, Aligned<["dst", "src", "seg"], 64>,
               Multiple<["n"], 128, "src">, Multiple<["seg_n"], 128, "seg">];
  let semantics = does;
  let simulate = "__mluSimCycle($site, __MLU_" # !toupper(!substr(mnemonic, 6)) # ", $code, dst, src, seg, n, seg_n);";
}

// Arithmetic
def AddOp : Binary<"add", [Spelling<"__bang_add", "2.8.0">], ArithTypes, "dst[i] = src0[i] + src1[i]">;
def SubOp : Binary<"sub", [Spelling<"__bang_sub", "2.8.0">], ArithTypes, "dst[i] = src0[i] - src1[i]">;
def MulOp : Binary<"mul", [Spelling<"__bang_mul", "2.8.0">], ArithTypes, "dst[i] = src0[i] * src1[i]">;
def AddScalarOp : BinaryScalar<"add_scalar", [Spelling<"__bang_add_scalar", "3.0.0">, Spelling<"__bang_add_const", "2.8.0", 200>],
                               ArithTypes, "dst[i] = src[i] + value">;
def SubScalarOp : BinaryScalar<"sub_scalar", [Spelling<"__bang_sub_scalar", "3.0.0">, Spelling<"__bang_sub_const", "2.8.0", 200>],
                               ArithTypes, "dst[i] = src[i] - value">;
def MulScalarOp : BinaryScalar<"mul_scalar", [Spelling<"__bang_mul_scalar", "3.0.0">, Spelling<"__bang_mul_const", "2.8.0", 200>],
                               ArithTypes, "dst[i] = src[i] * value">;
def CycleAddOp : Cycle<"cycle_add", "__bang_cycle_add", "2.8.0", ArithTypes, "dst[i] = src[i] + seg[i % seg_n]">;
def CycleSubOp : Cycle<"cycle_sub", "__bang_cycle_sub", "2.8.0", ArithTypes, "dst[i] = src[i] - seg[i % seg_n]">;
def CycleMulOp : Cycle<"cycle_mul", "__bang_cycle_mul", "2.8.0", ArithTypes, "dst[i] = src[i] * seg[i % seg_n]">;
def SquareOp : Unary<"square", [Spelling<"__bang_square", "2.8.0">], FloatTypes, "dst[i] = src[i] * src[i]">;

def DivOp : Binary<"div", [Spelling<"__bang_div", "3.0.0", 322, [372]>],
                   [Types<322, ["f16", "f32", "s16", "s32", "u16", "u32"], [372]>, Types<500, ["bf16"]>],
                   "dst[i] = src0[i] / src1[i]"> {
  let overlap = "Free";
  let instead = "bang.recip and bang.mul (mtp_372), bang.active_reciphp and bang.mul or bang.div_software (MLU2xx)";
}
def DivSoftwareOp : Builtin<"div_software", [Spelling<"__bang_div", "2.8.0">],
                            [Dst<>, Src<"src0">, Src<"src1">, Aux<"scratch">, Count<>], TableTypes> {
  let rules = [Positive, Aligned<["dst", "src0", "src1", "scratch"], 64>, Multiple<["n"], 128, "src0">];
  let overlap = "Forbidden";
  let cost = "Table";
  let semantics = "dst[i] = src0[i] / src1[i] in software; `scratch` is as large as dst";
  let simulate = "__mluSimSoftDiv($site, $code, dst, src0, src1, scratch, n);";
}

class Fusion<string mnemonic, list<Param> params, string operands, string does>
    : Builtin<mnemonic, [Spelling<"__bang_fusion", "3.0.0", 322>], params,
              [Types<322, ["f16", "f32"]>, Types<322, ["u8", "i8", "u16", "i16", "u32", "i32"], [520]>, Types<500, ["bf16"]>]> {
  let instead = "bang.mul and bang.add";
  let semantics = does;
  let simulate = "__mluSimFusion($site, op_code, $code, dst, src0, " # operands # ", n, n);";
  let rules = [Positive];
}
def FusionOp : Fusion<"fusion", [Enumerator<"op_code">, Dst<>, Src<"src0">, Src<"src1">, Src<"src2">, Count<>],
                      "src1, 0, src2, 0",
                      "`op_code` fma: s0*s1+s2, fms: s0*s1-s2, fam: (s0+s1)*s2, fsm: (s0-s1)*s2, faa: s0+s1+s2, fas: s0+s1-s2, fss: s0-s1-s2, fsa: s0-s1+s2">;
def FusionScalarOp : Fusion<"fusion_scalar", [Enumerator<"op_code">, Dst<>, Src<"src0">, Scalar<"value1">, Scalar<"value2">, Count<>],
                            "nullptr, (double)value1, nullptr, (double)value2", "`bang.fusion` with two scalars">;
def FusionVectorScalarOp : Fusion<"fusion_vector_scalar",
                                  [Enumerator<"op_code">, Dst<>, Src<"src0">, Src<"src1">, Scalar<"value2">, Count<>],
                                  "src1, 0, nullptr, (double)value2", "`bang.fusion` with a scalar third operand">;

// Minimum, maximum
def MaxequalOp : Binary<"maxequal", [Spelling<"__bang_maxequal", "2.8.0">], ArithTypes, "dst[i] = max(src0[i], src1[i]); src0[i] if either is NaN">;
def MinequalOp : Binary<"minequal", [Spelling<"__bang_minequal", "2.8.0">], ArithTypes, "dst[i] = min(src0[i], src1[i]); src0[i] if either is NaN">;
def CycleMaxequalOp : Cycle<"cycle_maxequal", "__bang_cycle_maxequal", "2.8.0", ArithTypes, "dst[i] = max(src[i], seg[i % seg_n])">;
def CycleMinequalOp : Cycle<"cycle_minequal", "__bang_cycle_minequal", "2.8.0", ArithTypes, "dst[i] = min(src[i], seg[i % seg_n])">;
def MaxeqScalarOp : BinaryScalar<"maxeq_scalar", [Spelling<"__bang_maxeq_scalar", "3.0.0", 322>], ArithTypes, "dst[i] = max(src[i], value)", "maxequal"> {
  let instead = "bang.write_value and bang.maxequal or bang.cycle_maxequal";
}
def MineqScalarOp : BinaryScalar<"mineq_scalar", [Spelling<"__bang_mineq_scalar", "3.0.0", 322>], ArithTypes, "dst[i] = min(src[i], value)", "minequal"> {
  let instead = "bang.write_value and bang.minequal or bang.cycle_minequal";
}

// The same, NaN where an operand is one.
defvar NaNTypes = [Types<520, ["f16", "f32", "bf16"]>];
class NaNExtreme<string kind, string does>
    : Binary<"nan_" # kind, [Spelling<"__bang_nan_" # kind, "4.0.0", 520>], NaNTypes, does> {
  let instead = "bang.maxequal or bang.minequal with the operands in both orders, and bang.bor of the two";
}
class CycleNaNExtreme<string kind, string does>
    : Builtin<"cycle_nan_" # kind, [Spelling<"__bang_cycle_nan_" # kind, "4.0.0", 520>],
              [Dst<>, Src<>, Src<"seg", ["seg_n"]>, Count<>, Count<"seg_n">], NaNTypes> {
  let rules = [Positive, Between<"seg_n", 1, 2147483647>, Divides<"n", "seg_n">];
  let semantics = does;
  let simulate = "__mluSimCycle($site, __MLU_NAN_" # !toupper(kind) # ", $code, dst, src, seg, n, seg_n);";
}
class NaNExtremeScalar<string kind, string does>
    : BinaryScalar<"nan_" # kind # "_scalar", [Spelling<"__bang_nan_" # kind # "_scalar", "4.3.0", 520>], NaNTypes, does>;
def NanMaximumOp : NaNExtreme<"maximum", "dst[i] = max(src0[i], src1[i]); NaN if either is">;
def NanMinimumOp : NaNExtreme<"minimum", "dst[i] = min(src0[i], src1[i]); NaN if either is">;
def CycleNanMaximumOp : CycleNaNExtreme<"maximum", "dst[i] = max(src[i], seg[i % seg_n]); NaN if either is">;
def CycleNanMinimumOp : CycleNaNExtreme<"minimum", "dst[i] = min(src[i], seg[i % seg_n]); NaN if either is">;
def NanMaximumScalarOp : NaNExtremeScalar<"maximum", "dst[i] = max(src[i], value); NaN if either is">;
def NanMinimumScalarOp : NaNExtremeScalar<"minimum", "dst[i] = min(src[i], value); NaN if either is">;

// Comparisons: 1 or 0 in the element type. gt and le have no integer form.
class CompareScalar<string mnemonic, list<Types> types, string does>
    : BinaryScalar<mnemonic # "_scalar", [Spelling<"__bang_" # mnemonic # "_scalar", "3.0.0", 322>], types, does> {
  let instead = "bang.write_value and bang." # mnemonic # " or bang.cycle_" # mnemonic;
}
def EqOp : Binary<"eq", [Spelling<"__bang_eq", "2.12.0">], ArithTypes, "dst[i] = src0[i] == src1[i]">;
def NeOp : Binary<"ne", [Spelling<"__bang_ne", "2.8.0">], ArithTypes, "dst[i] = src0[i] != src1[i]; 0 for NaN on MLU2xx and mtp_372">;
def GtOp : Binary<"gt", [Spelling<"__bang_gt", "2.8.0">], FloatTypes, "dst[i] = src0[i] > src1[i]">;
def GeOp : Binary<"ge", [Spelling<"__bang_ge", "2.8.0">], ArithTypes, "dst[i] = src0[i] >= src1[i]">;
def LtOp : Binary<"lt", [Spelling<"__bang_lt", "2.8.0">], ArithTypes, "dst[i] = src0[i] < src1[i]">;
def LeOp : Binary<"le", [Spelling<"__bang_le", "2.8.0">], FloatTypes, "dst[i] = src0[i] <= src1[i]">;
def CycleEqOp : Cycle<"cycle_eq", "__bang_cycle_eq", "2.8.0", ArithTypes, "dst[i] = src[i] == seg[i % seg_n]">;
def CycleNeOp : Cycle<"cycle_ne", "__bang_cycle_ne", "2.8.0", ArithTypes, "dst[i] = src[i] != seg[i % seg_n]">;
def CycleGtOp : Cycle<"cycle_gt", "__bang_cycle_gt", "2.8.0", FloatTypes, "dst[i] = src[i] > seg[i % seg_n]">;
def CycleGeOp : Cycle<"cycle_ge", "__bang_cycle_ge", "2.12.0", ArithTypes, "dst[i] = src[i] >= seg[i % seg_n]">;
def CycleLtOp : Cycle<"cycle_lt", "__bang_cycle_lt", "2.12.0", ArithTypes, "dst[i] = src[i] < seg[i % seg_n]">;
def CycleLeOp : Cycle<"cycle_le", "__bang_cycle_le", "2.8.0", FloatTypes, "dst[i] = src[i] <= seg[i % seg_n]">;
def EqScalarOp : CompareScalar<"eq", ArithTypes, "dst[i] = src[i] == value">;
def NeScalarOp : CompareScalar<"ne", ArithTypes, "dst[i] = src[i] != value">;
def GtScalarOp : CompareScalar<"gt", FloatTypes, "dst[i] = src[i] > value">;
def LtScalarOp : CompareScalar<"lt", ArithTypes, "dst[i] = src[i] < value">;
def LeScalarOp : CompareScalar<"le", FloatTypes, "dst[i] = src[i] <= value">;
def GeScalarOp : BinaryScalar<"ge_scalar", [Spelling<"__bang_ge_scalar", "3.0.0">, Spelling<"__bang_ge_const", "2.8.0", 200>],
                              ArithTypes, "dst[i] = src[i] >= value">;

// Logic on truth values, bits
def AndOp : Binary<"and", [Spelling<"__bang_and", "2.8.0">], ArithTypes, "dst[i] = src0[i] && src1[i]">;
def OrOp : Binary<"or", [Spelling<"__bang_or", "2.8.0">], ArithTypes, "dst[i] = src0[i] || src1[i]">;
def XorOp : Binary<"xor", [Spelling<"__bang_xor", "2.8.0">], ArithTypes, "dst[i] = !src0[i] != !src1[i]">;
def NotOp : Unary<"not", [Spelling<"__bang_not", "2.12.0">], ArithTypes, "dst[i] = !src[i]">;
def CycleAndOp : Cycle<"cycle_and", "__bang_cycle_and", "2.8.0", ArithTypes, "dst[i] = src[i] && seg[i % seg_n]">;
def CycleOrOp : Cycle<"cycle_or", "__bang_cycle_or", "2.8.0", ArithTypes, "dst[i] = src[i] || seg[i % seg_n]">;
def CycleXorOp : Cycle<"cycle_xor", "__bang_cycle_xor", "2.8.0", ArithTypes, "dst[i] = !src[i] != !seg[i % seg_n]">;

def LutOp : Builtin<"lut", [Spelling<"__bang_lut_s32", "3.2.0", 220, [270, 290]>],
                    [Dst<["n"], "s32">, Src<"index", ["n"], "s32">, Src<"table", ["table_n"], "s32">, Count<>, Count<"table_n">]> {
  let rules = [Positive, Between<"table_n", 1, 2147483647>, Multiple<["table_n"], 64, "", 200, 999>];
  let overlap = "Forbidden";
  let semantics = "dst[i] = table[index[i]] of elements of 32 bits of any type; where index[i], without a sign, is not in the table, dst[i] stays";
  let instead = "a copy of each element";
  let simulate = "__mluSimLut($site, __MLU_I32, __MLU_I32, dst, index, table, n, table_n);";
}

class Bits<string mnemonic, string since, string does>
    : Builtin<mnemonic, [Spelling<"__bang_" # mnemonic, since>],
              [Dst<["size"], "s8">, Src<"src0", ["size"], "s8">, Src<"src1", ["size"], "s8">, Bytes<>]> {
  let rules = [Between<"size", 1, 2147483647>, Aligned<["dst", "src0", "src1"], 64>, Multiple<["size"], 128>];
  let semantics = does;
  let simulate = "__mluSimBinary($site, __MLU_" # !toupper(mnemonic) # ", __MLU_I8, dst, src0, src1, size);";
}
def BandOp : Bits<"band", "2.8.0", "dst[i] = src0[i] & src1[i] over `size` bytes of any element type">;
def BorOp : Bits<"bor", "2.12.0", "dst[i] = src0[i] | src1[i] over `size` bytes of any element type">;
def BxorOp : Bits<"bxor", "2.12.0", "dst[i] = src0[i] ^ src1[i] over `size` bytes of any element type">;
def BnotOp : Builtin<"bnot", [Spelling<"__bang_bnot", "2.12.0">], [Dst<["size"], "s8">, Src<"src", ["size"], "s8">, Bytes<>]> {
  let rules = [Between<"size", 1, 2147483647>, Aligned<["dst", "src"], 64>, Multiple<["size"], 128>];
  let semantics = "dst[i] = ~src[i] over `size` bytes of any element type";
  let simulate = "__mluSimUnary($site, __MLU_BNOT, __MLU_I8, __MLU_I8, dst, src, size, 0);";
}

// Shifts
class Shift<string mnemonic, list<string> elements, string does>
    : Builtin<mnemonic, [Spelling<"__bang_" # mnemonic, "3.8.0", 322, [520]>],
              [Dst<>, Src<>, Count<"bits">, Count<>], [Types<322, elements, [520]>]> {
  let rules = [Positive];
  let semantics = does;
  let simulate = "__mluSimScalar($site, __MLU_" # !toupper(mnemonic) # ", $code, dst, src, (double)bits, n);";
}
def SllOp : Shift<"sll", ["s8", "s16", "s32"], "dst[i] = src[i] << bits">;
def SraOp : Shift<"sra", ["s8", "s16", "s32"], "dst[i] = src[i] >> bits, the sign repeated">;
def SrlOp : Shift<"srl", ["u8", "u16", "u32"], "dst[i] = src[i] >> bits">;

//===----------------------------------------------------------------------===//
// Functions of one variable
//===----------------------------------------------------------------------===//

/// By interpolation in a table the compiler keeps in NRAM; undefined outside the range in `does`.
class Active<string function, string does>
    : Unary<"active_" # function, [Spelling<"__bang_active_" # function, "2.12.0">], TableTypes, does> {
  let cost = "Table";
}
def ActiveReluOp : Active<"relu", "dst[i] = max(src[i], 0)">;
def ActiveAbsOp : Active<"abs", "dst[i] = |src[i]|">;
def ActiveSignOp : Active<"sign", "dst[i] = src[i] >= 0 ? 1 : -1">;
def ActiveSigmoidOp : Active<"sigmoid", "dst[i] = 1 / (1 + exp(-src[i])), relative error <= 1e-2">;
def ActiveTanhOp : Active<"tanh", "dst[i] = tanh(src[i]), relative error <= 1e-2">;
def ActiveGeluOp : Active<"gelu", "dst[i] = gelu(src[i]), relative error <= 3e-3">;
def ActiveGelupOp : Active<"gelup", "dst[i] = gelu(src[i]), relative error <= 3e-3, larger table">;
def ActiveExpOp : Active<"exp", "dst[i] = exp(src[i]) for float src <= 11, relative error <= 1e-2">;
def ActiveExphpOp : Active<"exphp", "dst[i] = exp(src[i]) for float src <= 16, relative error <= 3e-3">;
def ActiveExpLess0Op : Active<"exp_less_0", "dst[i] = exp(src[i]) for src < 0, relative error <= 3e-3 (float)">;
def ActiveLogOp : Active<"log", "dst[i] = ln(src[i]) for 6.1e-5 <= src <= 63484, relative error <= 1e-2">;
def ActiveLoghpOp : Active<"loghp", "dst[i] = ln(src[i]) for float 7.2e-9 <= src <= 507903, relative error <= 1e-3">;
def ActiveRecipOp : Active<"recip", "dst[i] = 1 / src[i] for 0.0078125 <= src <= 65472, relative error <= 3e-3 (float)">;
def ActiveRecipGreater1Op : Active<"recip_greater_1", "dst[i] = 1 / src[i] for 1 <= src <= 63487">;
def ActiveReciphpOp : Active<"reciphp", "dst[i] = 1 / src[i] for float 2.2e-16 <= src <= 2e6, relative error <= 4e-4">;
def ActiveSqrtOp : Active<"sqrt", "dst[i] = sqrt(src[i]) for 0 <= src <= 63487, relative error <= 1e-2">;
def ActiveSqrthpOp : Active<"sqrthp", "dst[i] = sqrt(src[i]) for float 0 <= src <= 677268, relative error <= 3e-3">;
def ActiveRsqrtOp : Active<"rsqrt", "dst[i] = 1 / sqrt(src[i]) for 0.005 <= src <= 63487, relative error <= 1e-2">;
def ActiveRsqrthpOp : Active<"rsqrthp", "dst[i] = 1 / sqrt(src[i]) for float 3.67e-4 <= src <= 1e6, relative error <= 5e-4">;
def ActiveSinOp : Active<"sin", "dst[i] = sin(src[i]) for |src| <= 2 pi, relative error <= 1e-2">;
def ActiveCosOp : Active<"cos", "dst[i] = cos(src[i]) for |src| <= 2 pi, relative error <= 1e-2">;
def ActivePow2Op : Active<"pow2", "dst[i] = 2^src[i] for integers, float -31 <= src <= 31">;

/// By a polynomial, for |src| < 7.75; the two scratch buffers are as large as dst.
class Taylor<string function, string does>
    : Builtin<"taylor4_" # function, [Spelling<"__bang_taylor4_" # function, "2.8.0">],
              [Dst<>, Src<>, Aux<"aux1">, Aux<"aux2">, Count<>], TableTypes> {
  let rules = [Positive, Aligned<["dst", "src", "aux1", "aux2"], 64>, Multiple<["n"], 128, "src">];
  let overlap = "Forbidden";
  let cost = "Table";
  let semantics = does # " for |src| < 7.75, relative error 1e-7 (float); aux1 and aux2 are as large as dst";
  let simulate = "__mluSimTaylor($site, __MLU_TAYLOR_" # !toupper(function) # ", $code, dst, src, aux1, aux2, n);";
}
def Taylor4SinOp : Taylor<"sin", "dst[i] = sin(src[i])">;
def Taylor4CosOp : Taylor<"cos", "dst[i] = cos(src[i])">;
def Taylor4TanhOp : Taylor<"tanh", "dst[i] = tanh(src[i])">;
def Taylor4SigmoidOp : Taylor<"sigmoid", "dst[i] = 1 / (1 + exp(-src[i]))">;
def Taylor4SoftplusOp : Taylor<"softplus", "dst[i] = ln(1 + exp(src[i]))">;

/// In hardware, from MLU3xx on.
class Hardware<string function, string does, string other = "bang.active_" # function>
    : Unary<function, [Spelling<"__bang_" # function, "3.0.0", 322>], HardwareTypes, does> {
  let instead = other;
}
def SqrtOp : Hardware<"sqrt", "dst[i] = sqrt(src[i])", "bang.active_sqrthp">;
def RsqrtOp : Hardware<"rsqrt", "dst[i] = 1 / sqrt(src[i])", "bang.active_rsqrthp">;
def RecipOp : Hardware<"recip", "dst[i] = 1 / src[i]", "bang.active_reciphp">;
def Pow2Op : Hardware<"pow2", "dst[i] = 2^src[i]", "bang.active_exphp">;
def Log2Op : Hardware<"log2", "dst[i] = log2(src[i])", "bang.active_loghp">;
def SinOp : Hardware<"sin", "dst[i] = sin(src[i])">;
def CosOp : Hardware<"cos", "dst[i] = cos(src[i])">;
defvar SignedTypes = [Types<322, ["f16", "f32"]>, Types<322, ["s8", "s16", "s32"], [520]>, Types<500, ["bf16"]>];
def ReluOp : Unary<"relu", [Spelling<"__bang_relu", "3.0.0", 322>], SignedTypes, "dst[i] = max(src[i], 0)"> {
  let instead = "bang.active_relu";
}
def AbsOp : Unary<"abs", [Spelling<"__bang_abs", "3.8.0", 322>], SignedTypes, "dst[i] = |src[i]|"> {
  let instead = "bang.active_abs";
}
class Rounding<string function, string does>
    : Unary<function, [Spelling<"__bang_" # function, "3.7.0", 322, [520]>], [Types<322, ["f32"], [520]>], does> {
  let overlap = "Forbidden";
  let instead = "a conversion to int16 and back";
}
def FloorOp : Rounding<"floor", "dst[i] = floor(src[i])">;
def RoundOp : Rounding<"round", "dst[i] = src[i] rounded to the nearest integer, ties away from zero">;

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

def ReduceSumOp : Unary<"reduce_sum", [Spelling<"__bang_reduce_sum", "2.8.0">], FloatTypes,
    "sums each chunk of 128 bytes of src into the first element of that chunk of dst; the rest of the chunk becomes 0 on MLU2xx, stays on others"> {
  let rules = [Positive, Aligned<["dst", "src"], 64>, Multiple<["n"], 128, "src", 200, 999>];
  let cost = "Reduce";
  let simulate = "__mluSimReduceSum($site, $code, dst, src, n);";
}
def SumOp : Builtin<"sum", [Spelling<"__bang_sum", "3.5.0", 520>], [Src<>, Count<>], [Types<520, ["f16", "bf16", "f32"]>]> {
  let returns = "T";
  let rules = [Positive];
  let cost = "Reduce";
  let overlap = "Free";
  let instead = "bang.sumpool or bang.reduce_sum";
  let semantics = "returns the sum of n elements";
  let simulate = "return ($type)(float)__mluSimSum($site, $code, src, n);";
}
class ArgExtreme<string extreme, string does>
    : Builtin<"arg" # extreme, [Spelling<"__bang_arg" # extreme, "3.0.0", 322>, Spelling<"__bang_" # extreme, "2.8.0", 200>],
              [Dst<[]>, Src<>, Count<>], FloatTypes> {
  let rules = [Positive, Aligned<["dst", "src"], 64>, Multiple<["n"], 128, "src">];
  let overlap = "Forbidden";
  let cost = "Reduce";
  let semantics = does;
  // Only the newer name may work in place.
  let simulate = "__mluSimArg($site, $code, " # !if(!eq(extreme, "max"), "true", "false") # ", false, $newest, dst, src, n);";
}
def ArgmaxOp : ArgExtreme<"max", "dst[0] = largest of src, then its index as a 32-bit word right behind the value; dst holds 128 bytes">;
def ArgminOp : ArgExtreme<"min", "dst[0] = smallest of src, then its index as a 32-bit word right behind the value; dst holds 128 bytes">;
def CountOp : Builtin<"count", [Spelling<"__bang_count", "4.0.0">], [Src<>, Count<>],
                      [Types<200, ["f16", "f32"]>, Types<322, ["s16", "s32", "u16", "u32"]>, Types<500, ["bf16"]>]> {
  let returns = "u32";
  let rules = [Positive, Aligned<["src"], 64>, Multiple<["n"], 128, "src">];
  let cost = "Reduce";
  let overlap = "Free";
  let semantics = "returns the number of elements of src that are not 0";
  let simulate = "return __mluSimCount($site, $code, src, n, nullptr);";
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

def SelectOp : Builtin<"select", [Spelling<"__bang_select", "2.8.0">], [Dst<[]>, Src<>, Src<"index">, Count<>], TableTypes> {
  let rules = [Positive, Aligned<["dst", "src", "index"], 64>, Multiple<["n"], 128, "src">];
  let overlap = "Free";
  let semantics = "packs the elements of src where index is not 0; dst = count as a 32-bit word, 124 bytes of 0, the elements";
  let simulate = "__mluSimCompact($site, __MLU_SELECT, false, $code, dst, src, index, n);";
}
def CollectOp : Builtin<"collect", [Spelling<"__bang_collect", "2.8.0">], [Dst<[]>, Src<>, Src<"mask">, Count<>], TableTypes> {
  let rules = [Positive, Aligned<["dst", "src", "mask"], 64>, Multiple<["n"], 128, "src">];
  let overlap = "Free";
  let semantics = "packs the elements of src where mask is not 0 into dst";
  let simulate = "__mluSimCompact($site, __MLU_COLLECT, false, $code, dst, src, mask, n);";
}
def FilterOp : Builtin<"filter", [Spelling<"__bang_filter", "4.1.0">], [Dst<[]>, Src<>, Src<"index">, Count<>], FloatTypes> {
  let returns = "u32";
  let rules = [Positive, Aligned<["dst", "src", "index"], 64>, Multiple<["n"], 128, "src">];
  let overlap = "Free";
  let semantics = "packs the elements of src where index is not 0 into dst, returns their number";
  let simulate = "return __mluSimCompact($site, __MLU_FILTER, false, $code, dst, src, index, n);";
}
def MaskmoveOp : Builtin<"maskmove", [Spelling<"__bang_maskmove", "4.0.0">],
                         [Pointer<"dst", "Aux", ["nram"], ["size"], "void", Arg<AnyMemRef, "updated", [MemRead, MemWrite]>>,
                          Src<"src", ["size"], "void">, Src<"mask", [], "void">, Bytes<>]> {
  let rules = [Between<"size", 1, 2147483647>, Aligned<["dst", "src", "mask"], 64>, Multiple<["size"], 1024>,
               Multiple<["size"], 8, "", 300, 999>];
  let semantics = "byte i of dst becomes byte i of src where bit i of mask is 1 (bit 0 of byte 0 first)";
  let simulate = "__mluSimMaskMove($site, dst, src, mask, size);";
}
