//===- DeclaredInteger.td - Look-ups, products, bits, sequences -*- tablegen -*-===//

defvar Integers = ["s8", "u8", "s16", "u16", "s32", "u32"];

//===----------------------------------------------------------------------===//
// Look-ups: dst keeps its element where the index is past the table
//===----------------------------------------------------------------------===//

class Lut<string cName, string since, list<Types> types>
    : Declared<[Spelling<cName, since, 220, [270, 290]>],
               [Dst<>, Src<"index">, Src<"table", ["table_length"]>, Count<>, Count<"table_length">], types> {
  let semantics = "dst[i] = table[index[i]] where index[i] < table_length";
  let simulate = "__mluSimLut($site, $code:dst, $code:index, dst, index, table, n, table_length);";
}
def : Lut<"__bang_lut", "4.2.0", [Types<220, ["i32/u32/i32", "i16/u16/i16"]>,
                                  Types<520, ["i32/u16/i32", "i32/u8/i32", "i16/u8/i16"], [592]>]>; // tp_520 alone
def : Lut<"__bang_lut_s16", "3.2.0", [Types<220, ["i16"]>]>;
def : Lut<"__bang_lut_s32", "3.2.0", [Types<220, ["i32"]>]>;

//===----------------------------------------------------------------------===//
// Wide and high products
//===----------------------------------------------------------------------===//

class IntForm<string cName, list<int> except, list<Param> params, list<Types> types, string call>
    : Declared<[Spelling<cName, "3.8.0", 322, except>], params, types> {
  let simulate = "__mluSimIntOp($site, " # call # ");";
}
defvar WideTypes = [Types<322, ["u16/u8/u8", "u32/u16/u16", "s16/s8/s8", "s32/s16/s16"]>];
defvar WideScalarTypes = [Types<322, ["u16/u8", "u32/u16", "s16/s8", "s32/s16"]>];
foreach product = ["muls", "mulh"] in {
  defvar productCode = "__MLU_" # !toupper(product);
  defvar vectors = !if(!eq(product, "muls"), WideTypes, [Types<322, Integers>]);
  def : IntForm<"__bang_" # product, [520], [Dst<>, Src<"src0">, Src<"src1">, Count<>], vectors,
                productCode # ", $code:src0, dst, src0, src1, 0, n, n"> {
    let overlap = !if(!eq(product, "muls"), "Forbidden", "InPlace");
    let semantics = "dst[i] = the " # !if(!eq(product, "muls"), "whole", "upper half of the") # " product src0[i] * src1[i]";
  }
  def : IntForm<"__bang_cycle_" # product, [520], [Dst<>, Src<>, Src<"seg", ["seg_n"]>, Count<>, Count<"seg_n">], vectors,
                productCode # ", $code:src, dst, src, seg, 0, n, seg_n"> {
    let rules = [Divides<"n", "seg_n">];
    let overlap = !if(!eq(product, "muls"), "Forbidden", "InPlace");
    let semantics = "`__bang_" # product # "` with a second operand that repeats";
  }
}
def : IntForm<"__bang_mulh_scalar", [520], [Dst<>, Src<>, Scalar<>, Count<>], [Types<322, Integers>],
              "__MLU_MULH, $code, dst, src, nullptr, (long)value, n, n"> {
  let semantics = "dst[i] = the upper half of src[i] * value";
}
foreach wide = [["u16", "unsigned char", "u8"], ["u32", "unsigned short", "u16"], ["s16", "char", "s8"], ["s32", "short", "s16"]] in
  def : IntForm<"__bang_muls_scalar", [520], [Dst<>, Src<>, Plain<"value", wide[1]>, Count<>],
                [Types<322, [wide[0] # "/" # wide[2]]>], "__MLU_MULS, $code:src, dst, src, nullptr, (long)value, n, n"> {
    let overlap = "Forbidden";
    let semantics = "dst[i] = src[i] * value, twice as wide";
  }

//===----------------------------------------------------------------------===//
// Bits
//===----------------------------------------------------------------------===//

def : IntForm<"__bang_nsa", [372, 520], [Dst<>, Src<>, Count<>], [Types<322, Integers>],
              "__MLU_NSA, $code, dst, src, nullptr, 0, n, n"> {
  let semantics = "leading zeros; of signed numbers the leading bits that equal the sign, less one";
}
foreach side = ["rol", "ror"] in
  def : IntForm<"__bang_" # side, [372, 520], [Dst<>, Src<>, Plain<"shift_bits", "unsigned int">, Count<>],
                [Types<322, ["u8", "u16", "u32"]>],
                "__MLU_" # !toupper(side) # ", $code, dst, src, nullptr, (long)shift_bits, n, n"> {
    let semantics = "rotates every element";
  }
foreach digit = ["0", "1"] in
  def : IntForm<"__bang_set" # digit # "in32", [520], [Dst<[], "void">, Src<"src", [], "void">, Plain<"position", "int">, Count<>], [],
                "__MLU_SET" # digit # ", __MLU_U32, dst, src, nullptr, position, n, n"> {
    let semantics = "bit `position` of every 32-bit element becomes " # digit;
  }
class SetBits<string cName, string since, list<string> types, list<string> later, string result>
    : Declared<[Spelling<cName, since>], [Src<>, Count<>], [Types<200, types>, Types<500, later>]> {
  let returns = result;
  let semantics = "how many bits of n elements are 1";
  let simulate = "return __mluSimPopulation($site, $code, src, n);";
}
def : SetBits<"__bang_popcnt", "3.4.0", Integers, [], "s32">;
def : SetBits<"__bang_count_bitindex", "4.0.0", ["s16", "s32", "u16", "u32", "f16", "f32"], ["bf16"], "u32">;

//===----------------------------------------------------------------------===//
// Vectors of nothing, 64-bit fills
//===----------------------------------------------------------------------===//

def : Declared<[Spelling<"__bang_incseq", "4.5.0", 500>], [Dst<>, Count<>], [Types<500, ["s32", "s64", "u32", "u64"]>]> {
  let semantics = "dst[i] = i; not in the documents, used by the vendor's kernels";
  let simulate = "__mluSimSequence($site, sizeof(*dst), dst, n);";
}
def : Declared<[Spelling<"__bang_rand", "2.12.0", 200, [520]>], [Dst<>, Count<>], [Types<200, ["s16"]>]> {
  let rules = [Aligned<["dst"], 64>];
  let semantics = "uniform random numbers; in the simulator they depend on the seed, the task and how far it is";
  let simulate = "__mluSimRandom($site, dst, n);";
}
foreach fill = [["__bang_write_value", "COMPUTE"], ["__nramset", "COMPUTE"], ["__memset_nram", "NRAM_MOVE"]] in
  def : Declared<[Spelling<fill[0], "3.2.0">], [Pointer<"dst", "Dst", ["nram"], [], "void", Arg<AnyMemRef>>, Count<>, Scalar<>],
                 [Types<200, ["s64", "u64"]>]> {
    let cost = "Fill";
    let overlap = "Free";
    let semantics = "dst[i] = value, elements of 64 bits; not in the documents, used by public kernels";
    let simulate = "__mluSimFill($site, __MLU_FILL_" # fill[1] # ", false, dst, n, &value, $code, nullptr);";
  }
