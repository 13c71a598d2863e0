//===- DeclaredMove.td - Copies, fills, syncs the compiler does not emit -*- tablegen -*-===//

defvar FlatWalks = "__mlu_walk __dw = {(long)dst_stride, segnum + 1, 0, 1}, __sw = {(long)src_stride, segnum + 1, 0, 1}; ";
defvar DeepWalks = "__mlu_walk __dw = {(long)dst_stride0, dst_segnum1 + 1, (long)dst_stride1, dst_segnum2 + 1}; "
                   "__mlu_walk __sw = {(long)src_stride0, src_segnum1 + 1, (long)src_stride1, src_segnum2 + 1}; ";
defvar FlatParams = [Stride<"dst_stride">, Stride<"src_stride">, Segments<>];
defvar DeepParams = [Stride<"dst_stride0">, Segments<"dst_segments1">, Stride<"dst_stride1">, Segments<"dst_segments2">,
                     Stride<"src_stride0">, Segments<"src_segments1">, Stride<"src_stride1">, Segments<"src_segments2">];

//===----------------------------------------------------------------------===//
// Moves inside NRAM
//===----------------------------------------------------------------------===//

class MoveInNram<list<Param> tail, string walks, string pointers, int min = 200, list<int> except = []>
    : Declared<[Spelling<"__bang_move", "4.0.0", min, except>],
               !listconcat([Dst<[], "void">, Src<"src", [], "void">, Bytes<>], tail)> {
  let cost = "Copy";
  let semantics = "copies `size` bytes of each segment inside NRAM, on the Compute pipeline";
  let simulate = walks # "__mluSimCopy($site, NRAM2NRAM, false, true, dst, src, size, " # pointers # ");";
}
def : MoveInNram<[], "", "nullptr, nullptr">;
def : MoveInNram<FlatParams, FlatWalks, "&__dw, &__sw">;
def : MoveInNram<DeepParams, DeepWalks, "&__dw, &__sw", 322, [372]>;

def : Declared<[Spelling<"__memcpy_nram_to_nram", "2.12.0">],
               [Dst<[], "void">, Src<"src", [], "void">, Bytes<>, Stride<"dst_stride">, Stride<"src_stride">,
                Plain<"count", "int">]> {
  let cost = "Copy";
  let semantics = "`__bang_move` with strides; `count` is the number of segments itself";
  let instead = "__bang_move";
  let simulate = "__mlu_walk __dw = {dst_stride, (unsigned)count, 0, 1}, __sw = {src_stride, (unsigned)count, 0, 1}; "
                 "__mluSimCopy($site, NRAM2NRAM, false, true, dst, src, size, &__dw, &__sw);";
}

/// Copies from SRAM to the SRAM of another cluster of the union.
class Push<bit late, list<Param> tail, string walks, string pointers, int min = 200>
    : Declared<[Spelling<"__memcpy" # !if(late, "_async", ""), "2.12.0", min>],
               !listconcat([CopyDst<[]>, CopySrc<[]>, Bytes<>, Direction], tail, [Plain<"id_dst_cluster", "unsigned int">])> {
  let pipe = "Direction";
  let cost = "Copy";
  let async = late;
  let semantics = "a copy from SRAM to the SRAM of cluster `id_dst_cluster`";
  let simulate = walks # "__mluSimCopyToCluster($site, dir, $async, dst, src, size, " # pointers # ", id_dst_cluster);";
}
def : Push<0, [], "", "nullptr, nullptr">;
foreach late = [0, 1] in {
  def : Push<late, FlatParams, FlatWalks, "&__dw, &__sw">;
  def : Push<late, DeepParams, DeepWalks, "&__dw, &__sw", 322>;
}

//===----------------------------------------------------------------------===//
// Fills
//===----------------------------------------------------------------------===//

class FillOf<string cName, string since, string how, string legal, bit late, list<Param> tail, int min = 200,
             list<int> except = [], list<Types> types = FillTypes>
    : Declared<[Spelling<cName, since, min, except>],
               !listconcat([Pointer<"dst", "Dst", [legal], [], "void", Arg<AnyMemRef>>, Count<>, Scalar<>], tail),
               types> {
  let cost = "Fill";
  let overlap = "Free";
  let pipe = !cond(!eq(how, "COMPUTE") : "Compute", !or(!eq(how, "GDRAM"), !eq(how, "LDRAM")) : "IO", true : "Move");
  let async = late;
  let semantics = "dst[i] = value for i < n, in every segment";
  let simulate =
      !cond(!empty(tail) : "__mlu_walk *__w = nullptr; ",
            !eq(!size(tail), 2) : "__mlu_walk __walk = {(long)stride, segnum + 1, 0, 1}, *__w = &__walk; ",
            true : "__mlu_walk __walk = {(long)stride0, segnum1 + 1, (long)stride1, segnum2 + 1}, *__w = &__walk; ") #
      "__mluSimFill($site, __MLU_FILL_" # how # ", $async, dst, n, &value, $code, __w);";
}
defvar FlatFill = [Stride<"stride">, Segments<>];
defvar DeepFill = [Stride<"stride0">, Segments<"segments1">, Stride<"stride1">, Segments<"segments2">];

def : FillOf<"__bang_write_value", "3.2.0", "COMPUTE", "nram", 0, DeepFill, 322>;
def : FillOf<"__nramset", "4.3.0", "NRAM_MOVE", "nram", 0, FlatFill, 322>;
def : FillOf<"__nramset", "3.8.0", "NRAM_MOVE", "nram", 0, DeepFill, 322>;
def : FillOf<"__nramset_async", "4.3.0", "NRAM_MOVE", "nram", 1, [], 322>; // called so by public kernels
def : FillOf<"__nramset_async", "4.3.0", "NRAM_MOVE", "nram", 1, FlatFill, 322>;
def : FillOf<"__nramset_async", "4.3.0", "NRAM_MOVE", "nram", 1, DeepFill, 322>;
def : FillOf<"__memset_nram_async", "4.3.0", "NRAM_MOVE", "nram", 1, []>;
def : FillOf<"__gdramset", "4.3.0", "GDRAM", "gdram", 0, FlatFill, 322>;
def : FillOf<"__gdramset", "3.8.0", "GDRAM", "gdram", 0, DeepFill, 322>;
def : FillOf<"__gdramset_async", "4.3.0", "GDRAM", "gdram", 1, DeepFill, 322>;
def : FillOf<"__ldramset", "2.12.0", "LDRAM", "ldram", 0, []>;
def : FillOf<"__ldramset", "4.3.0", "LDRAM", "ldram", 0, FlatFill, 322>;
def : FillOf<"__ldramset", "3.8.0", "LDRAM", "ldram", 0, DeepFill, 322>;
def : FillOf<"__ldramset_async", "4.3.0", "LDRAM", "ldram", 1, DeepFill, 322>;
def : FillOf<"__sramset", "2.12.0", "SRAM", "sram", 0, [], 200, [322, 520]>;
def : FillOf<"__sramset", "4.3.0", "SRAM", "sram", 0, FlatFill, 372, [520]>;
def : FillOf<"__sramset", "3.8.0", "SRAM", "sram", 0, DeepFill, 372, [520]>;
def : FillOf<"__sramset_async", "4.3.0", "SRAM", "sram", 1, [], 200, [322, 520]>;
def : FillOf<"__sramset_async", "4.3.0", "SRAM", "sram", 1, FlatFill, 372, [520]>;
def : FillOf<"__sramset_async", "4.3.0", "SRAM", "sram", 1, DeepFill, 372, [520]>;

// Of 64 bits: called by public kernels, not in the documents.
defvar WideWords = [Types<200, ["s64", "u64"]>];
def : FillOf<"__bang_write_value", "4.5.0", "COMPUTE", "nram", 0, [], 200, [], WideWords>;
def : FillOf<"__nramset", "4.5.0", "COMPUTE", "nram", 0, [], 200, [], WideWords>;
def : FillOf<"__memset_nram", "4.5.0", "NRAM_MOVE", "nram", 0, [], 200, [], WideWords>;
def : FillOf<"__gdramset", "4.5.0", "GDRAM", "gdram", 0, [], 200, [], WideWords>;

/// The names before overloading.
class FillNamed<string suffix, string since, string element>
    : Declared<[Spelling<"__nramset_" # suffix, since>], [Dst<["n"], element>, Count<>, Scalar<"value", element>]> {
  let cost = "Fill";
  let overlap = "Free";
  let semantics = "dst[i] = value for i < n";
  let instead = "__bang_write_value";
  let simulate = "__mluSimFill($site, __MLU_FILL_COMPUTE, false, dst, n, &value, $code:dst, nullptr);";
}
def : FillNamed<"half", "2.12.0", "f16">;
def : FillNamed<"float", "3.5.0", "f32">;
def : FillNamed<"int", "2.12.0", "s32">;
def : FillNamed<"short", "2.12.0", "s16">;
def : FillNamed<"unsigned_int", "3.5.0", "u32">;
def : FillNamed<"unsigned_short", "3.5.0", "u16">;

//===----------------------------------------------------------------------===//
// Waiting
//===----------------------------------------------------------------------===//

class Wait<string cName, string since, string how, string does, list<Param> params = [], int min = 200,
           list<int> except = []> : Declared<[Spelling<cName, since, min, except>], params> {
  let pipe = "None";
  let cost = "Sync";
  let overlap = "Free";
  let simulate = how;
  let semantics = does;
}
def : Wait<"__sync_io_move_compute", "4.0.0",
           "(void)io_consumer, (void)move_consumer, (void)compute_consumer; "
           "__mluSimSync($site, (io_producer ? __MLU_PIPE_IO : 0) | (move_producer ? __MLU_PIPE_MOVE : 0) | "
           "(compute_producer ? __MLU_PIPE_COMPUTE : 0));",
           "waits for the chosen producers; here all pipelines wait, also those not chosen as consumers",
           [Plain<"io_producer", "bool", "true">, Plain<"move_producer", "bool", "true">,
            Plain<"compute_producer", "bool", "true">, Plain<"io_consumer", "bool", "true">,
            Plain<"move_consumer", "bool", "true">, Plain<"compute_consumer", "bool", "true">]>;
def : Wait<"__sync_copy_dram_to_nram", "2.8.0", "__mluSimSync($site, __MLU_PIPE_IO);", "waits for the IO pipeline">;
def : Wait<"__sync_copy_nram_to_dram", "2.8.0", "__mluSimSync($site, __MLU_PIPE_IO);", "waits for the IO pipeline">;
def : Wait<"__sync_copy_nram_to_nram", "2.8.0", "__mluSimSync($site, __MLU_PIPE_COMPUTE | __MLU_PIPE_MOVE);",
           "waits for the Compute and the Move pipeline">;
def : Wait<"__sync_all_mpu", "2.12.0", "__mluSimBarrier($site, __MLU_SYNC_ALL_MPU);",
           "barrier of the memory cores of the union">;
def : Wait<"__sync_all_ipu_within_cluster", "4.1.0", "__mluSimBarrier($site, __MLU_SYNC_IPU_CLUSTER);",
           "barrier of the cores of one cluster, its memory core excepted">;
foreach scope = ["all", "cluster"] in
  foreach half = ["arrive", "wait"] in
    def : Wait<"__sync_" # scope # "_" # half, "4.3.0",
               "__mluSimSignal($site, " # !if(!eq(scope, "all"), "true", "false") # ", " #
               !if(!eq(half, "wait"), "true", "false") # ", id, count);",
               "a barrier in two halves: `arrive` counts, `wait` waits until `count` have arrived at `id`",
               [Count<"id">, Count<"count">], 372, [520]>;
defvar LockParams = [Plain<"lock_id_0", "int">, Plain<"lock_id_1", "int">];
defvar NoLock = "(void)lock_id_0, (void)lock_id_1;";
def : Wait<"__bang_lock", "2.12.0", NoLock, "controls contention on the memory bus: no effect on results", LockParams>;
def : Wait<"__bang_unlock", "2.12.0", NoLock, "the end of `__bang_lock`", LockParams>;

//===----------------------------------------------------------------------===//
// Which core, which memory; scalar access by memory space
//===----------------------------------------------------------------------===//

class Predicate<string cName, string since, list<Param> params, string how, string does>
    : Declared<[Spelling<cName, since>], params> {
  let pipe = "Scalar";
  let cost = "Scalar";
  let overlap = "Free";
  let returns = "bool";
  let simulate = how;
  let semantics = does;
}
def : Predicate<"__is_ipu", "3.4.0", [], "return coreId != 0x80;", "whether this is a core that computes">;
def : Predicate<"__is_mpu", "3.4.0", [], "return coreId == 0x80;", "whether this is the memory core of a cluster">;
class InSpace<string name, string since, string codes>
    : Predicate<"__is_" # name, since, [Plain<"ptr", "const void *">], "int __s = __mluSimSpaceOf(ptr); return " # codes # ";",
                "whether the address is in " # !toupper(name)>;
def : InSpace<"dram", "4.2.0", "__s == 0 || __s == 4">;
def : InSpace<"nram", "3.4.0", "__s == 1">;
def : InSpace<"wram", "3.4.0", "__s == 2">;
def : InSpace<"sram", "3.4.0", "__s == 3">;

defvar WordTypes = [Types<200, ["i32", "i8", "i16", "u32", "u8", "u16", "f32", "f16"]>, Types<500, ["bf16"]>];
foreach space = ["gdram", "ldram", "nram", "sram"] in {
  defvar without = !if(!eq(space, "sram"), [322, 520], []<int>);
  defvar where = !cond(!eq(space, "nram") : "Compute", !eq(space, "sram") : "Move", true : "IO");
  def : Declared<[Spelling<"__load_" # space, "4.1.0", 200, without>], [Src<"src", []>], WordTypes> {
    let pipe = where;
    let cost = "Scalar";
    let overlap = "Free";
    let returns = "T";
    let semantics = "the element at an address in " # !toupper(space);
    let simulate = "return *src;";
  }
  def : Declared<[Spelling<"__store_" # space, "4.1.0", 200, without>], [Dst<[]>, Scalar<>], WordTypes> {
    let pipe = where;
    let cost = "Scalar";
    let overlap = "Free";
    let semantics = "writes an element to an address in " # !toupper(space);
    let simulate = "*dst = value;";
  }
}
