//===- BuiltinsMove.td - Copies, fills, barriers ------------*- tablegen -*-===//

defvar AnySpace = ["gdram", "ldram", "sram", "nram", "wram"];

class CopyDst<list<string> elements> : Pointer<"dst", "Dst", AnySpace, elements, "void", Arg<AnyMemRef, "written", [MemWrite]>>;
class CopySrc<list<string> elements> : Pointer<"src", "Src", AnySpace, elements, "void", Arg<AnyMemRef, "read", [MemRead]>>;

class Copy<string mnemonic, string cName, string since, int min, list<Param> params>
    : Builtin<mnemonic, [Spelling<cName, since, min>], params> {
  let pipe = "Direction";
  let cost = "Copy";
}

class Copy1D<string mnemonic, string cName, string since>
    : Copy<mnemonic, cName, since, 200, [CopyDst<["size"]>, CopySrc<["size"]>, Bytes<>, Direction]> {
  let rules = [Between<"size", 1, 2147483647>, Multiple<["size"], 128, "", 200, 299, "nram2nram">,
               Aligned<["dst", "src"], 64, 200, 299, "nram2nram">, Multiple<["size"], 64, "", 200, 299, "wram">,
               Multiple<["size"], 16, "", 300, 999, "wram">, Aligned<["dst", "src"], 8, 200, 999, "wram">];
  let simulate = "__mluSimCopy($site, dir, $async, false, dst, src, size, nullptr, nullptr);";
}
def MemcpyOp : Copy1D<"memcpy", "__memcpy", "2.8.0"> {
  let semantics = "copies `size` bytes and waits for the end of the copy";
}
def MemcpyAsyncOp : Copy1D<"memcpy_async", "__memcpy_async", "2.12.0"> {
  let async = 1;
  let semantics = "starts a copy of `size` bytes; a sync of its pipeline makes the bytes visible to the others";
}

def MemcpyToClusterAsyncOp : Copy<"memcpy_to_cluster_async", "__memcpy_async", "2.12.0", 200,
                                  [Pointer<"dst", "Dst", ["sram"], ["size"], "void", Arg<AnyMemRef, "written", [MemWrite]>>,
                                   Pointer<"src", "Src", ["sram"], ["size"], "void", Arg<AnyMemRef, "read", [MemRead]>>,
                                   Bytes<>, Direction, Count<"id_dst_cluster">]> {
  let async = 1;
  let rules = [Between<"size", 1, 2147483647>];
  let semantics = "starts a copy from SRAM to the SRAM of cluster `id_dst_cluster` of the union, by the memory core; not on MLU5xx";
  let simulate = "__mluSimCopyToCluster($site, dir, $async, dst, src, size, nullptr, nullptr, id_dst_cluster);";
}

class Copy2D<string mnemonic, string cName, string since>
    : Copy<mnemonic, cName, since, 200, [CopyDst<[]>, CopySrc<[]>, Bytes<>, Direction, Stride<"dst_stride">,
                                        Stride<"src_stride">, Segments<>]> {
  let rules = [Between<"size", 1, 2147483647>, Between<"segments", 1, 65536>,
               Multiple<["dst_stride"], 8, "", 200, 999, "wram">, Aligned<["dst", "src"], 8, 200, 999, "wram">];
  let simulate = "__mlu_walk __dw = {(long)dst_stride, segnum + 1, 0, 1}, __sw = {(long)src_stride, segnum + 1, 0, 1}; "
                 "__mluSimCopy($site, dir, $async, false, dst, src, size, &__dw, &__sw);";
}
def Memcpy2DOp : Copy2D<"memcpy_2d", "__memcpy", "2.8.0"> {
  let semantics = "for each i < segments copies `size` bytes from `src + i * src_stride` to `dst + i * dst_stride`, then waits; strides in bytes, `src_stride` may be 0";
}
def Memcpy2DAsyncOp : Copy2D<"memcpy_2d_async", "__memcpy_async", "2.12.0"> {
  let async = 1;
  let semantics = "`bang.memcpy_2d` without the wait";
}

class Copy3D<string mnemonic, string cName, string since>
    : Copy<mnemonic, cName, since, 322,
           [CopyDst<[]>, CopySrc<[]>, Bytes<>, Direction, Stride<"dst_stride0">, Segments<"dst_segments1">,
            Stride<"dst_stride1">, Segments<"dst_segments2">, Stride<"src_stride0">, Segments<"src_segments1">,
            Stride<"src_stride1">, Segments<"src_segments2">]> {
  let rules = [Between<"size", 1, 2147483647>, Aligned<["dst", "src"], 8, 200, 999, "wram">];
  let simulate = "__mlu_walk __dw = {dst_stride0, dst_segnum1 + 1, dst_stride1, dst_segnum2 + 1}; "
                 "__mlu_walk __sw = {src_stride0, src_segnum1 + 1, src_stride1, src_segnum2 + 1}; "
                 "__mluSimCopy($site, dir, $async, false, dst, src, size, &__dw, &__sw);";
  let instead = "a loop of bang.memcpy_2d";
}
def Memcpy3DOp : Copy3D<"memcpy_3d", "__memcpy", "3.0.0"> {
  let semantics = "a 2-D walk on either side (segments1 inner steps of stride0, segments2 outer steps of stride1) of the same number of segments; segment k of the source goes to segment k of the destination; waits";
}
def Memcpy3DAsyncOp : Copy3D<"memcpy_3d_async", "__memcpy_async", "3.2.0"> {
  let async = 1;
  let semantics = "`bang.memcpy_3d` without the wait";
}

defvar ExtensionParams = [CopyDst<[]>, CopySrc<[]>, Src<"repeat", ["count"], "u8">, Bytes<>, Direction, Count<"count">];
def ExtensionOp : Builtin<"extension", [Spelling<"__extension", "4.6.0", 322>], ExtensionParams> {
  let pipe = "Direction";
  let cost = "Copy";
  let overlap = "Forbidden";
  let semantics = "repeats item k of src, of 1, 2 or 4 bytes, repeat[k] times, side by side";
  let simulate = "__mluSimExtension($site, $async, dst, src, repeat, size, dir, count);";
}
def ScatterOp : Builtin<"scatter", [Spelling<"__scatter", "4.0.0", 592>],
                        [CopyDst<[]>, CopySrc<[]>, Src<"offset", ["count"], "u32">, Bytes<>, Direction, Count<"stride">, Count<"count">]> {
  let pipe = "Direction";
  let cost = "Copy";
  let overlap = "Forbidden";
  let semantics = "copies `count` segments of `size` bytes, `stride` bytes apart in src, to the byte offsets in dst";
  let simulate = "__mlu_gather_args __a = {true, $async, dir, dst, src, offset, nullptr, sizeof(*offset), size, stride, count}; "
                 "__mluSimGather($site, &__a);";
}

//===----------------------------------------------------------------------===//
// Fills
//===----------------------------------------------------------------------===//

defvar FillTypes = [Types<200, ["f16", "f32", "s8", "u8", "s16", "u16", "s32", "u32"]>, Types<500, ["bf16"]>];

class Fill<string mnemonic, list<Spelling> names, string how, list<Param> params> : Builtin<mnemonic, names, params, FillTypes> {
  let simulate = "__mluSimFill($site, __MLU_FILL_" # how # ", $async, dst, n, &value, $code, nullptr);";
  let cost = "Fill";
  let overlap = "Free";
}
class FillDst<list<string> legal> : Pointer<"dst", "Dst", legal, ["n"], "void", Arg<AnyMemRef, "written", [MemWrite]>>;

def WriteValueOp : Fill<"write_value", [Spelling<"__bang_write_value", "3.2.0">, Spelling<"__nramset", "2.12.0">],
                        "COMPUTE", [FillDst<["nram"]>, Count<>, Scalar<>]> {
  let rules = [Between<"n", 1, 2147483647>, Aligned<["dst"], 64>, Multiple<["n"], 64, "value">];
  let semantics = "dst[i] = value for i < n; the type of `value` selects the element size";
}
def WriteZeroOp : Builtin<"write_zero", [Spelling<"__bang_write_zero", "2.12.0">], [Dst<>, Count<>], FillTypes> {
  let cost = "Fill";
  let overlap = "Free";
  let rules = [Between<"n", 1, 2147483647>, Aligned<["dst"], 64>, Multiple<["n"], 128, "dst">];
  let semantics = "dst[i] = 0 for i < n";
  let simulate = "unsigned __zero = 0; __mluSimFill($site, __MLU_FILL_COMPUTE, false, dst, n, &__zero, $code, nullptr);";
}
def MemsetNramOp : Fill<"memset_nram", [Spelling<"__memset_nram", "2.16.0">], "NRAM_MOVE", [FillDst<["nram"]>, Count<>, Scalar<>]> {
  let pipe = "Move";
  let rules = [Between<"n", 1, 2147483647>];
  let semantics = "dst[i] = value for i < n, on the Move pipeline; no rule of alignment";
}
def GdramsetOp : Fill<"gdramset", [Spelling<"__gdramset", "2.12.0">], "GDRAM", [FillDst<["gdram"]>, Count<>, Scalar<>]> {
  let pipe = "IO";
  let rules = [Between<"n", 1, 2147483647>];
  let semantics = "dst[i] = value for i < n, dst in GDRAM";
}

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

class Barrier<string mnemonic, list<Spelling> names, string call> : Builtin<mnemonic, names, []> {
  let simulate = call;
  let pipe = "None";
  let cost = "Sync";
  let overlap = "Free";
}
class Text<string text, string since> : Spelling<text, since> { let isText = 1; }

def SyncOp : Barrier<"sync", [Spelling<"__sync", "4.1.0">, Text<"__asm__ volatile(\"sync;\\n\\t\")", "2.8.0">],
                     "__mluSimSync($site, __MLU_PIPE_ALL);"> {
  let semantics = "waits for all pipelines of the core";
}
def SyncComputeOp : Barrier<"sync_compute", [Spelling<"__sync_compute", "2.12.0">], "__mluSimSync($site, __MLU_PIPE_COMPUTE);"> {
  let semantics = "waits for the Compute pipeline";
}
def SyncIOOp : Barrier<"sync_io", [Spelling<"__sync_io", "4.0.0">], "__mluSimSync($site, __MLU_PIPE_IO);"> { let semantics = "waits for the IO pipeline"; }
def SyncMoveOp : Barrier<"sync_move", [Spelling<"__sync_move", "4.0.0">], "__mluSimSync($site, __MLU_PIPE_MOVE);"> {
  let semantics = "waits for the Move pipeline";
}
def SyncClusterOp : Barrier<"sync_cluster", [Spelling<"__sync_cluster", "2.12.0">], "__mluSimBarrier($site, __MLU_SYNC_CLUSTER);"> {
  let semantics = "barrier of the cores and the memory core of one cluster";
}
def SyncAllOp : Barrier<"sync_all", [Spelling<"__sync_all", "2.12.0">], "__mluSimBarrier($site, __MLU_SYNC_ALL);"> {
  let semantics = "barrier of all cores and memory cores of the union";
}
def SyncAllIpuOp : Barrier<"sync_all_ipu", [Spelling<"__sync_all_ipu", "2.12.0">], "__mluSimBarrier($site, __MLU_SYNC_ALL_IPU);"> {
  let semantics = "barrier of all cores of the union, memory cores excepted";
}
