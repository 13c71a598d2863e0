//===- DeclaredAtomic.td - Atomic operations on GDRAM -------*- tablegen -*-===//

defvar AtomicTypes = [Types<200, ["u16", "s16", "u32", "s32", "f16", "f32"]>, Types<592, ["bf16"]>];

class AtomicBase<string name, string since, int min, list<int> except, list<Param> params, list<Types> types>
    : Declared<[Spelling<"__bang_atomic_" # name, since, min, except>], params, types> {
  let pipe = "IO";
  let cost = "Atomic";
  let overlap = "Free";
  let rules = [Between<"size", 1, 2147483647>];
}
class Old<string name = "dst"> : Pointer<name, "Dst", ["nram"], ["size"], "T", Arg<AnyMemRef>>;
class Target<string name> : Pointer<name, "Aux", ["gdram"], ["size"], "T", Arg<AnyMemRef>>;

foreach op = ["add", "max", "min", "exch"] in {
  defvar atomicCode = "__MLU_ATOMIC_" # !toupper(op);
  def : AtomicBase<op, "2.12.0", 200, [322, 520],
                   [Old<>, Target<"src1">, Scalar<"src2">, Plain<"size", "unsigned int", "1">], AtomicTypes> {
    let semantics = "dst[i] = src1[i], then src1[i] = " # op # " of it and src2";
    let simulate = "__mluSimAtomic($site, " # atomicCode # ", $code, dst, src1, nullptr, (double)src2, size);";
  }
  def : AtomicBase<op, "2.12.0", 200, [322, 520], [Old<>, Target<"src1">, Src<"src2", ["size"]>, Count<"size">], AtomicTypes> {
    let semantics = "dst[i] = src1[i], then src1[i] = " # op # " of it and src2[i]";
    let simulate = "__mluSimAtomic($site, " # atomicCode # ", $code, dst, src1, src2, 0, size);";
  }
}
foreach op = ["add", "max", "min", "exch"] in {
  defvar reduceCode = "__MLU_ATOMIC_" # !toupper(op);
  def : AtomicBase<"reduce_" # op, "3.7.0", 372, [520], [Target<"dst">, Src<"src", ["size"]>, Count<"size">], AtomicTypes> {
    let semantics = "dst[i] = " # op # " of it and src[i]";
    let simulate = "__mluSimAtomic($site, " # reduceCode # ", $code, nullptr, dst, src, 0, size);";
  }
  def : AtomicBase<"reduce_" # op, "3.7.0", 372, [520],
                   [Target<"dst">, Scalar<"src">, Plain<"size", "unsigned int", "1">], AtomicTypes> {
    let semantics = "dst[i] = " # op # " of it and a scalar";
    let simulate = "__mluSimAtomic($site, " # reduceCode # ", $code, nullptr, dst, nullptr, (double)src, size);";
  }
}
