//===- DeclaredKnown.td - What the simulator does not compute -*- tablegen -*-===//
//
// Builtins of the documents that they do not describe well enough to compute, and no public kernel we know calls. A
// call is an error that says so by name.
//
//===----------------------------------------------------------------------===//

class Known<string cName, string since, int min, string what, list<Mode> some = []> : Declared<[Spelling<cName, since, min>], []> {
  let modes = some;
  let semantics = what;
}
def : Known<"__bang_float2half_sr", "4.0.0", 520, "float to half, rounded at random; the documents do not say how `srv` decides">;
def : Known<"__bang_float2tf32_sr", "4.0.0", 520, "float to TF32, rounded at random; the documents do not say how `srv` decides">;
foreach name = ["__bang_conv_sparse", "__bang_ssparse_filter_index", "__bang_ssparse_filter_sparse_index",
                "__bang_ssparse_filter_union", "__bang_ssparse_filter_union_index"] in
  def : Known<name, "4.0.0", 592, "filters of which two of four elements are kept; the documents do not say how an index is stored">;
