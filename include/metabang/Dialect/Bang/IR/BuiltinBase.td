//===- BuiltinBase.td - Classes of the table of builtins ----*- tablegen -*-===//
//
// The fields below are read by mlir-tblgen (arguments, results, assembly) and, through `llvm-tblgen --dump-json`,
// by tools/gen_builtins.py, which writes everything else.
//
//===----------------------------------------------------------------------===//
#ifndef METABANG_DIALECT_BANG_IR_BUILTINBASE_TD
#define METABANG_DIALECT_BANG_IR_BUILTINBASE_TD

include "metabang/Dialect/Bang/IR/BangBase.td"

//===----------------------------------------------------------------------===//
// Where and since when: architectures are values of __BANG_ARCH__.
//===----------------------------------------------------------------------===//

/// A C name, the first cncc that has it, and the architectures that have it. The first that fits is emitted;
/// `asm` marks text that is not a call.
class Spelling<string name, string since, int min = 200, list<int> except = []> {
  string cName = name;
  string cncc = since;
  int minArch = min;
  list<int> notOn = except;
  bit isText = 0;
}

/// Element types from `min` on. A combination with `/` names the type of every typed pointer in order.
/// f16 bf16 f32; s8 s16 s32 u8 u16 u32 are char, short, int, unsigned …; i8 i16 i32 carry a position (intN_t).
class Types<int min, list<string> combinationList, list<int> except = []> {
  int minArch = min;
  list<int> notOn = except;
  list<string> combinations = combinationList;
}

/// A suffix of the name (`_rd`) and since when it exists. The empty mode is the plain name.
class Mode<string suffix, int min, string since> {
  string name = suffix;
  int minArch = min;
  string cncc = since;
}

//===----------------------------------------------------------------------===//
// Parameters, in the order of the C signature
//===----------------------------------------------------------------------===//

class Param<string paramName, string paramRole, OpVariable variable = Arg<Bang_Count>> {
  string name = paramName;
  string role = paramRole;
  OpVariable ods = variable;
  bit isOperand = 1;
  /// Pointers: legal memory spaces, the C element type ("T": of the combination, "void", or a fixed one), and the
  /// parameters whose product is the number of elements (bytes behind `void`) touched from the pointer on.
  list<string> spaces = [];
  string type = "";
  list<string> extent = [];
  string defaultValue = "";
}

class Pointer<string name, string role, list<string> legal, list<string> elements, string elementType,
              OpVariable variable> : Param<name, role, variable> {
  let spaces = legal;
  let type = elementType;
  let extent = elements;
}
class Dst<list<string> extent = ["n"], string type = "T", string name = "dst">
  : Pointer<name, "Dst", ["nram"], extent, type, Arg<AnyMemRef, "written", [MemWrite]>>;
class Src<string name = "src", list<string> extent = ["n"], string type = "T">
  : Pointer<name, "Src", ["nram"], extent, type, Arg<AnyMemRef, "read", [MemRead]>>;
/// Scratch or accumulator: read and written.
class Aux<string name, list<string> extent = ["n"], string type = "T">
  : Pointer<name, "Aux", ["nram"], extent, type, Arg<AnyMemRef, "scratch", [MemRead, MemWrite]>>;
class Weight<string name = "kernel"> : Pointer<name, "Weight", ["wram"], [], "T", Arg<AnyMemRef, "read", [MemRead]>>;

class Count<string name = "n"> : Param<name, "Count">;
/// A number of bytes.
class Bytes<string name = "size"> : Param<name, "Bytes">;
/// A distance in bytes; may be 0 on the side that is read.
class Stride<string name> : Param<name, "Stride">;
/// A number of segments. The operand is the number; BANG C wants it less one, and the emitter subtracts.
class Segments<string name = "segments"> : Param<name, "Segments">;
/// A power of two of fixed-point numbers.
class Position<string name = "fix_position"> : Param<name, "Position">;
/// A value of the element type; with `elementType` "Own", of the type a combination lists for it after the pointers.
class Scalar<string name = "value", string elementType = "T"> : Param<name, "Scalar", Arg<Bang_Scalar>> {
  let type = elementType;
}
/// A parameter of a fixed C type, with a default value if there is one.
class Plain<string name, string cType, string preset = ""> : Param<name, "Plain"> {
  let type = cType;
  let defaultValue = preset;
}
/// An enumerator of BANG C, an attribute of the operation.
class Enumerator<string name> : Param<name, "Enumerator", Arg<StrAttr>> { let isOperand = 0; }
/// The direction of a copy: printed, but derived from the memory spaces.
def Direction : Param<"dir", "Direction"> { let isOperand = 0; }

//===----------------------------------------------------------------------===//
// Rules, each for a range of architectures; those for MLU2xx are the default
//===----------------------------------------------------------------------===//

class Rule<string ruleKind, list<string> names, int modulus, int min, int max> {
  string kind = ruleKind;
  list<string> params = names;
  int value = modulus;
  int low = 0;
  int minArch = min;
  int maxArch = max;
  /// Parameter whose element size multiplies the product; "" for none.
  string sizeOf = "";
  /// "": always; "wram": a pointer is in WRAM; "nram2nram": both pointers are in NRAM.
  string condition = "";
}
/// product(names) * sizeof(element of `scale`) is a multiple of `modulus`.
class Multiple<list<string> names, int modulus, string scale = "", int min = 200, int max = 299, string when = "">
  : Rule<"Multiple", names, modulus, min, max> {
  let sizeOf = scale;
  let condition = when;
}
/// The address of every named pointer is a multiple of `bytes`.
class Aligned<list<string> names, int bytes, int min = 200, int max = 299, string when = "">
  : Rule<"Aligned", names, bytes, min, max> {
  let condition = when;
}
/// The first parameter is a multiple of the second.
class Divides<string total, string part> : Rule<"Divides", [total, part], 0, 200, 999>;
/// lowest <= parameter <= highest.
class Between<string name, int lowest, int highest> : Rule<"Between", [name], highest, 200, 999> { let low = lowest; }

//===----------------------------------------------------------------------===//
// The record
//===----------------------------------------------------------------------===//

/// What is known of one signature (with its element types) of one builtin.
class Signature<list<Spelling> spellingList, list<Param> paramList, list<Types> typeList = []> {
  list<Spelling> spellings = spellingList;
  list<Param> params = paramList;
  list<Types> types = typeList;
  list<Mode> modes = [];
  list<Rule> rules = [];
  /// IO, Move, Compute, Scalar, Direction (follows from the memory spaces), or None (a barrier).
  string pipe = "Compute";
  /// InPlace: dst may equal a source; Forbidden: no byte in common; Free: nothing to check.
  string overlap = "InPlace";
  /// Class of the simulator's time model.
  string cost = "Vector";
  bit async = 0;
  /// Type of the result: "", "T" or a type of a parameter; operations have "", "u32" or "T".
  string returns = "";
  /// What the builtin computes, for the documentation.
  string semantics = "";
  /// What to use where an architecture lacks the builtin.
  string instead = "";
  /// How the simulator computes it: C++ statements over the parameters by their C names. $site is the caller, $type
  /// the element type and $type:name that of a parameter, $code and $code:name their codes, $mode the rounding.
  /// Empty: the simulator does not; a call is a compile error that says so.
  string simulate = "";
  /// $mode under the empty suffix.
  string plainMode = "__MLU_NOROUND";
}

/// A builtin that the compiler may emit: an operation of the dialect.
class Builtin<string mnemonic, list<Spelling> spellingList, list<Param> paramList, list<Types> typeList = [],
              list<Trait> traits = []>
    : Op<Bang_Dialect, mnemonic, !listconcat([BuiltinOpInterface], traits)>,
      Signature<spellingList, paramList, typeList> {
  list<Param> odsParams = !filter(p, params, !or(p.isOperand, !eq(p.role, "Enumerator")));
  let arguments = !con(!dag(ins, !foreach(p, odsParams, p.ods), !foreach(p, odsParams, p.name)),
                       !if(!empty(modes), (ins), (ins StrAttr:$mode)));
  let results = !cond(!eq(returns, "u32") : (outs I32:$result), !eq(returns, "T") : (outs AnyFloat:$result),
                      true : (outs));
  let assemblyFormat = !cond(!empty(params) : "attr-dict",
                             !empty(returns) : "operands attr-dict `:` type(operands)",
                             true : "operands attr-dict `:` functional-type(operands, results)");
  let summary = !if(!empty(semantics), "`" # !head(spellings).cName # "`", semantics);
}

/// A builtin, or a further signature of one, that the compiler never emits: declared for kernels written by hand.
class Declared<list<Spelling> spellingList, list<Param> paramList, list<Types> typeList = []>
    : Signature<spellingList, paramList, typeList> {
  string opName = "";
}

#endif // METABANG_DIALECT_BANG_IR_BUILTINBASE_TD
