//===- DeclaredAtomic.td - Atomic operations on GDRAM -------*- tablegen -*-===//

defvar AtomicTypes = [Types<200, ["u16", "s16", "u32", "s32", "f16", "f32"]>, Types<592, ["bf16"]>];

class AtomicBase<string name, string since, int min, list<int> except, list<Param> params, list<Types> types>
    : Declared<[Spelling<"__bang_atomic_" # name, since, min, except>], params, types> {
  let pipe = "IO";
  let cost = "Atomic";
  let overlap = "Free";
  let rules = [Between<"size", 1, 2147483647>];
}
class Old<list<string> elements = ["size"]> : Pointer<"dst", "Dst", ["nram"], elements, "T", Arg<AnyMemRef>>;
class Target<string name, list<string> elements = ["size"]> : Pointer<name, "Aux", ["gdram"], elements, "T", Arg<AnyMemRef>>;

defvar AtomicInts = [Types<200, ["u16", "s16", "u32", "s32"]>];
defvar AtomicFloats = [Types<200, ["f16", "f32"]>, Types<592, ["bf16"]>];
class Vector<string name> : Src<name, ["size"]>;
defvar Once = Plain<"size", "unsigned int", "1">;

/// The description that the simulator's general entry point takes.
class AtomicCall<string op, string old, string target, string vector, string scalar, string compare, string size,
                 string walks = "{0, 1, 0, 1}, {0, 1, 0, 1}, {0, 1, 0, 1}", string places = "nullptr, 0, nullptr"> {
  string text = "__mlu_atomic_args __a = {__MLU_ATOMIC_" # !toupper(op) # ", $code, $async, " # old # ", " # target # ", " #
                vector # ", " # scalar # ", " # compare # ", " # size # ", " # walks # ", " # places #
                "}; __mluSimAtomicForm($site, &__a);";
}
class AtomicWalk<string name> {
  string text = "{(long)" # name # "_stride0, segnum1 + 1, (long)" # name # "_stride1, segnum2 + 1}";
}
defvar Deep = [Segments<"segments1">, Segments<"segments2">];

/// All forms of one operation, at once and asynchronous. `reduced` is its name in the forms that return nothing.
multiclass Atomics<string op, string reduced, list<Types> types, list<Types> deep, list<string> places> {
  foreach late = [0, 1] in {
    defvar suffix = !if(late, "_async", "");
    defvar newer = !if(late, "4.5.0", "2.12.0");
    def : AtomicBase<op # suffix, newer, 200, [322, 520], [Old<>, Target<"src1">, Scalar<"src2">, Once], types> {
      let async = late;
      let semantics = "dst[i] = src1[i], then src1[i] = " # op # " of it and src2";
      let simulate = AtomicCall<op, "dst", "src1", "nullptr", "(double)src2", "0", "size">.text;
    }
    def : AtomicBase<op # suffix, newer, 200, [322, 520], [Old<>, Target<"src1">, Vector<"src2">, Count<"size">], types> {
      let async = late;
      let semantics = "dst[i] = src1[i], then src1[i] = " # op # " of it and src2[i]";
      let simulate = AtomicCall<op, "dst", "src1", "src2", "0", "0", "size">.text;
    }
    def : AtomicBase<op # suffix, "4.5.0", 500, [520],
                     !listconcat([Old<>, Target<"src0">, Vector<"src1">, Count<"size">], Deep,
                                 [Stride<"dst_stride0">, Stride<"dst_stride1">, Stride<"src0_stride0">, Stride<"src0_stride1">,
                                  Stride<"src1_stride0">, Stride<"src1_stride1">]), deep> {
      let async = late;
      let semantics = "`__bang_atomic_" # op # "` over segments in two dimensions, strides in bytes";
      let simulate = AtomicCall<op, "dst", "src0", "src1", "0", "0", "size",
                                AtomicWalk<"dst">.text # ", " # AtomicWalk<"src0">.text # ", " # AtomicWalk<"src1">.text>.text;
    }
    def : AtomicBase<reduced # suffix, !if(late, "4.5.0", "3.7.0"), 372, [520], [Target<"dst">, Scalar<"src">, Once], types> {
      let async = late;
      let semantics = "dst[i] = " # op # " of it and a scalar";
      let simulate = AtomicCall<op, "nullptr", "dst", "nullptr", "(double)src", "0", "size">.text;
    }
    def : AtomicBase<reduced # suffix, !if(late, "4.5.0", "3.7.0"), 372, [520], [Target<"dst">, Vector<"src">, Count<"size">], types> {
      let async = late;
      let semantics = "dst[i] = " # op # " of it and src[i]";
      let simulate = AtomicCall<op, "nullptr", "dst", "src", "0", "0", "size">.text;
    }
    def : AtomicBase<reduced # suffix, "4.5.0", 500, [520],
                     !listconcat([Target<"dst">, Vector<"src">, Count<"size">], Deep,
                                 [Stride<"dst_stride0">, Stride<"dst_stride1">, Stride<"src_stride0">, Stride<"src_stride1">]),
                     deep> {
      let async = late;
      let semantics = "`__bang_atomic_" # reduced # "` over segments in two dimensions, strides in bytes";
      let simulate = AtomicCall<op, "nullptr", "dst", "src", "0", "0", "size",
                                "{0, 1, 0, 1}, " # AtomicWalk<"dst">.text # ", " # AtomicWalk<"src">.text>.text;
    }
  }
  foreach masked = [0, 1] in
    def : Declared<[Spelling<"__bang_discrete_atomic_" # op, "4.0.0", 592>],
                   !listconcat([Old<>, Pointer<"src1_base", "Src", ["gdram"], [], "T", Arg<AnyMemRef>>,
                                Src<"src1_offset", ["size"]>, Vector<"src2">],
                               !if(masked, [Src<"mask", [], "void">], []<Param>), [Count<"size">]),
                   [Types<592, places>]> {
      let pipe = "IO";
      let cost = "Atomic";
      let overlap = "Free";
      let semantics = "`__bang_atomic_" # op # "` of elements at byte offsets" # !if(masked, " where the bit of mask is 1", "");
      let simulate = AtomicCall<op, "dst", "const_cast<$type *>(src1_base)", "src2", "0", "0", "size",
                                "{0, 1, 0, 1}, {0, 1, 0, 1}, {0, 1, 0, 1}",
                                "src1_offset, sizeof(*src1_offset), " # !if(masked, "mask", "nullptr")>.text;
    }
}
/// Element types of the discrete forms: dst/src1_base/src1_offset/src2.
class Places<list<string> elements, list<string> wide = []> {
  list<string> all = !listconcat(
      !foldl([]<string>, elements, found, e, !listconcat(found, !foreach(o, ["u8", "u16", "u32"], e # "/" # e # "/" # o # "/" # e))),
      !foreach(e, wide, e # "/" # e # "/u64/" # e));
}
defvar DeepFloats = [Types<500, ["f16", "bf16", "f32"]>];
defvar DeepMixed = [Types<500, ["s16", "s32", "f16", "bf16", "f32"]>];
defvar DeepAll = [Types<500, ["u16", "u32", "s16", "s32", "f16", "bf16", "f32"]>];
defvar Signed = ["s16", "s32", "f16", "f32", "bf16"];
defvar Unsigned = ["u16", "u32"];
defm : Atomics<"add", "reduce_add", AtomicTypes, DeepMixed, Places<Signed>.all>;
defm : Atomics<"exch", "reduce_exch", AtomicTypes, DeepMixed, Places<Signed>.all>;
defm : Atomics<"max", "reduce_max", AtomicTypes, DeepAll, Places<!listconcat(Signed, Unsigned), Unsigned>.all>;
defm : Atomics<"min", "reduce_min", AtomicTypes, DeepAll, Places<!listconcat(Signed, Unsigned), Unsigned>.all>;
foreach op = ["and", "or", "xor"] in
  defm : Atomics<op, "reduce_" # op, AtomicInts, [Types<500, ["s16", "s32"]>], Places<["s16", "s32"]>.all>;
foreach op = ["inc", "dec"] in
  defm : Atomics<op, "reduce_" # op, AtomicInts, [Types<500, ["u16", "u32", "s16", "s32"]>],
                 Places<["s16", "s32", "u16", "u32"], Unsigned>.all>;
foreach which = ["number", "nan"] in
  foreach extreme = ["max", "min"] in
    defm : Atomics<which # "_" # extreme, which # "_reduce_" # extreme, AtomicFloats, DeepFloats, Places<["f16", "f32", "bf16"]>.all>;

foreach late = [0, 1] in {
  defvar casSuffix = !if(late, "_async", "");
  def : AtomicBase<"cas" # casSuffix, !if(late, "4.5.0", "2.12.0"), 200, [322, 520],
                   [Old<[]>, Target<"src1", []>, Scalar<"src2">, Scalar<"src3">], AtomicTypes> {
    let async = late;
    let rules = []<Rule>;
    let semantics = "dst[0] = src1[0], then src1[0] = src3 if it was src2";
    let simulate = AtomicCall<"cas", "dst", "src1", "nullptr", "(double)src3", "(double)src2", "1">.text;
  }
  def : AtomicBase<"reduce_cas" # casSuffix, !if(late, "4.5.0", "3.7.0"), 372, [520],
                   [Target<"dst", []>, Scalar<"src1">, Scalar<"src2">], AtomicTypes> {
    let async = late;
    let rules = []<Rule>;
    let semantics = "dst[0] = src2 if it is src1";
    let simulate = AtomicCall<"cas", "nullptr", "dst", "nullptr", "(double)src2", "(double)src1", "1">.text;
  }
}
foreach masked = [0, 1] in
  def : Declared<[Spelling<"__bang_discrete_atomic_cas", "4.0.0", 592>],
                 !listconcat([Old<>, Pointer<"src1_base", "Src", ["gdram"], [], "T", Arg<AnyMemRef>>,
                              Src<"src1_offset", ["size"]>, Vector<"src2">],
                             !if(masked, [Src<"mask", [], "void">], []<Param>), [Scalar<"src3">, Count<"size">]),
                 [Types<592, Places<Signed>.all>]> {
    let pipe = "IO";
    let cost = "Atomic";
    let overlap = "Free";
    let semantics = "dst[i] = the element at byte offset i, which becomes src2[i] if it was src3" #
                    !if(masked, ", where the bit of mask is 1", "");
    let simulate = AtomicCall<"cas", "dst", "const_cast<$type *>(src1_base)", "src2", "0", "(double)src3", "size",
                              "{0, 1, 0, 1}, {0, 1, 0, 1}, {0, 1, 0, 1}",
                              "src1_offset, sizeof(*src1_offset), " # !if(masked, "mask", "nullptr")>.text;
  }
