//===- DeclaredInteger.td - Products, bits, look-ups, sequences -*- tablegen -*-===//

class IntegerBase<string name, string since, int min, list<int> except, list<Param> params, list<Types> types>
    : Declared<[Spelling<"__bang_" # name, since, min, except>], params, types> {
  let rules = [Positive];
}
defvar Wide = [Types<322, ["s16/s8/s8", "u16/u8/u8", "s32/s16/s16", "u32/u16/u16"]>];
defvar High = [Types<322, ["s8", "u8", "s16", "u16", "s32", "u32"]>];

/// Of vectors, with a scalar, with a repeating operand.
multiclass Products<string name, list<Types> types, string does> {
  defvar entry = "__mluSimIntOp($site, __MLU_" # !toupper(name) # ", $code:";
  def : IntegerBase<name, "3.8.0", 322, [520], [Dst<>, Src<"src0">, Src<"src1">, Count<>], types> {
    let semantics = does;
    let simulate = entry # "src0, dst, src0, src1, 0, n, n);";
  }
  def : IntegerBase<name # "_scalar", "3.8.0", 322, [520], [Dst<>, Src<>, Scalar<"value", "Own">, Count<>], types> {
    let semantics = "`__bang_" # name # "` with a scalar";
    let simulate = entry # "src, dst, src, nullptr, (long)value, n, n);";
  }
  def : IntegerBase<"cycle_" # name, "3.8.0", 322, [520], [Dst<>, Src<>, Src<"seg", ["seg_n"]>, Count<>, Count<"seg_n">], types> {
    let semantics = "`__bang_" # name # "` with a repeating operand";
    let simulate = entry # "src, dst, src, seg, 0, n, seg_n);";
  }
}
defm : Products<"muls", Wide, "dst[i] = src0[i] * src1[i] in twice the width">;
defm : Products<"mulh", High, "dst[i] = the upper half of src0[i] * src1[i]">;

def : IntegerBase<"nsa", "3.8.0", 322, [372, 520], [Dst<>, Src<>, Count<>], High> {
  let semantics = "dst[i] = by how many bits src[i] may be shifted left without overflow";
  let simulate = "__mluSimIntOp($site, __MLU_NSA, $code, dst, src, nullptr, 0, n, n);";
}
foreach op = ["rol", "ror"] in
  def : IntegerBase<op, "3.8.0", 322, [372, 520], [Dst<>, Src<>, Count<"bits">, Count<>], [Types<322, ["u8", "u16", "u32"]>]> {
    let semantics = "dst[i] = src[i] rotated by `bits`";
    let simulate = "__mluSimIntOp($site, __MLU_" # !toupper(op) # ", $code, dst, src, nullptr, bits, n, n);";
  }
foreach digit = ["0", "1"] in
  def : IntegerBase<"set" # digit # "in32", "3.8.0", 322, [520], [Dst<[], "void">, Src<"src", [], "void">, Plain<"position", "int">, Count<>], []> {
    let semantics = "dst[i] = src[i], 32 bits wide, with the bit at `position` set to " # digit;
    let simulate = "__mluSimIntOp($site, __MLU_SET" # digit # ", __MLU_U32, dst, src, nullptr, position, n, n);";
  }
def : IntegerBase<"popcnt", "3.4.0", 200, [], [Src<>, Count<>], [Types<200, ["s32", "s16", "s8", "u32", "u16", "u8"]>]> {
  let returns = "s32";
  let overlap = "Free";
  let cost = "Reduce";
  let semantics = "returns the number of bits that are 1 in all elements";
  let simulate = "return (int)__mluSimPopulation($site, $code, src, n);";
}
def : IntegerBase<"count_bitindex", "4.0.0", 200, [], [Src<>, Count<>],
                  [Types<200, ["s16", "s32", "u16", "u32", "f16", "f32"]>, Types<500, ["bf16"]>]> {
  let returns = "u32";
  let overlap = "Free";
  let cost = "Reduce";
  let semantics = "returns the number of bits that are 1 in all elements";
  let simulate = "return __mluSimPopulation($site, $code, src, n);";
}
def : IntegerBase<"incseq", "4.5.0", 520, [], [Dst<>, Count<>], [Types<520, ["s32", "u32", "s64", "u64"]>]> {
  let overlap = "Free";
  let semantics = "dst[i] = i; not in the documents";
  let simulate = "__mluSimSequence($site, sizeof($type), dst, n);";
}
def : IntegerBase<"rand", "2.12.0", 200, [520], [Dst<["n"], "s16">, Count<>], []> {
  let overlap = "Free";
  let rules = [Positive, Aligned<["dst"], 64>, Multiple<["n"], 64, "", 200, 999>];
  let semantics = "n random numbers of 16 bits; here a generator seeded by the task";
  let simulate = "__mluSimRandom($site, dst, n);";
}

/// dst[i] = table[index[i]].
class Lookup<string name, string since, list<Types> types>
    : IntegerBase<name, since, 220, [270, 290], [Dst<>, Src<"index">, Src<"table", ["table_n"]>, Count<>, Count<"table_n">], types> {
  let overlap = "Forbidden";
  let semantics = "dst[i] = table[index[i]], the table has table_n elements";
  let simulate = "__mluSimLut($site, $code:dst, $code:index, dst, index, table, n, table_n);";
}
def : Lookup<"lut", "4.2.0", [Types<220, ["i32/u32/i32", "i16/u16/i16"]>,
                              Types<520, ["i32/u16/i32", "i32/u8/i32", "i16/u8/i16"], [592]>]>;
def : Lookup<"lut_s16", "3.2.0", [Types<220, ["i16"]>]>;

class HistogramForm<string name, int min, list<int> except, list<Types> types, list<Param> tail, string position>
    : IntegerBase<name, "2.8.0", min, except,
                  !listconcat([Dst<[]>, Src<>, Pointer<"kernel", "Weight", ["wram"], [], "T", Arg<AnyMemRef>>, Count<>], tail), types> {
  let overlap = "Forbidden";
  let cost = "Tensor";
  let simulate = "__mluSim" # !if(!eq(name, "histogram"), "Histogram", "Integral") #
                 "($site, $code:dst, $code:src, dst, src, kernel, n" # position # ");";
}
def : HistogramForm<"histogram", 220, [270, 290],
                    [Types<220, ["f16/i8/i8", "f32/i8/i8", "i16/i8/i8", "i32/i8/i8", "f16/i16/i16", "f32/i16/i16", "i16",
                                 "i32/i16/i16", "f32/f16/f16", "f32/bf16/bf16"]>], [], ""> {
  let semantics = "counts of the values of src, through a matrix in WRAM";
}
def : HistogramForm<"integral", 322, [],
                    [Types<322, ["s32/s16/s16", "s16", "s32/s8/s8", "s16/s8/s8", "f32/f16/f16", "f32", "f32/bf16/bf16"]>], [], ", 0"> {
  let semantics = "prefix sums of src, through a triangle of ones in WRAM";
}
def : HistogramForm<"integral", 322, [], [Types<322, ["f16/i16/i16", "f32/i16/i16", "f16/i8/i8", "f32/i8/i8"]>],
                    [Position<>], ", fix_position"> {
  let semantics = "prefix sums of fixed-point numbers";
}

// Not in the documents: an outer product through the tensor unit, as the vendor's kernels call it.
defvar ExpandHead = [Dst<[]>, Src<"weight", []>, Pointer<"ones", "Weight", ["wram"], [], "T", Arg<AnyMemRef>>, Src<"src", []>];
class Expand<string name, list<Param> add, string added>
    : IntegerBase<"expand_channel_" # name, "4.5.0", 592, [], !listconcat(ExpandHead, add, [Count<>, Count<"channels">]),
                  [Types<592, ["f16", "f32", "bf16"]>]> {
  let overlap = "Free";
  let cost = "Tensor";
  let simulate = "__mluSimExpandChannel($site, $code, dst, weight, ones, src, " # added # ", n, channels);";
}
def : Expand<"mul", [], "nullptr"> { let semantics = "dst[i][c] = weight[i] * src[i][c]"; }
def : Expand<"mul_add", [Src<"add", []>], "add"> { let semantics = "dst[i][c] = weight[i] * src[i][c] + add[i][c]"; }
