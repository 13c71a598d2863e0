//===- DeclaredDiscrete.td - Segments whose places are data -*- tablegen -*-===//

class DiscreteArgs<string scatter, string dir, string mask> {
  string text = "__mlu_gather_args __a = {" # scatter # ", $async, " # dir # ", dst, src, offset, " # mask #
                ", sizeof(*offset), size, (unsigned)stride, count}; __mluSimGather($site, &__a);";
}
defvar OffsetTypes = [Types<592, ["u8", "u16", "u32"]>];
defvar MaskOperand = [Src<"mask", [], "void">];
foreach move = ["gather", "scatter"] in
  foreach late = [0, 1] in
    foreach masked = [0, 1] in
      def : Declared<[Spelling<"__" # move # !if(late, "_async", ""), "4.0.0", 592>],
                     !listconcat([CopyDst<[]>, CopySrc<[]>, Src<"offset", ["count"]>], !if(masked, MaskOperand, []<Param>),
                                 [Bytes<>, Direction, Plain<"stride", "unsigned int">, Plain<"count", "unsigned short">]), OffsetTypes> {
        let pipe = "Direction";
        let cost = "Copy";
        let overlap = "Forbidden";
        let async = late;
        let instead = "__memcpy";
        let semantics = !if(!eq(move, "gather"), "copies `size` bytes from src + offset[k] to dst + k * stride",
                            "copies `size` bytes from src + k * stride to dst + offset[k]") #
                        !if(masked, " where bit k of the mask is 1", "");
        let simulate = DiscreteArgs<!if(!eq(move, "scatter"), "true", "false"), "dir", !if(masked, "mask", "nullptr")>.text;
      }
def : Declared<[Spelling<"__bang_gather_async", "4.0.0", 592>],
               [CopyDst<[]>, CopySrc<[]>, Src<"offset", ["count"]>, Src<"mask", [], "void">, Bytes<>, Plain<"stride", "unsigned int">,
                Plain<"count", "unsigned short">], OffsetTypes> {
  let pipe = "IO";
  let cost = "Copy";
  let overlap = "Forbidden";
  let async = 1;
  let semantics = "`__gather_async` from GDRAM to NRAM; not in the documents, used by the vendor's kernels";
  let simulate = DiscreteArgs<"false", "GDRAM2NRAM", "mask">.text;
}
foreach late = [0, 1] in
  def : Declared<[Spelling<"__extension" # !if(late, "_async", ""), "4.6.0", 322>],
                 [CopyDst<[]>, CopySrc<[]>, Src<"repeat", ["count"], "u8">, Plain<"transfer_size", "unsigned int">, Direction,
                  Plain<"count", "unsigned int">]> {
    let pipe = "Direction";
    let cost = "Copy";
    let overlap = "Forbidden";
    let async = late;
    let semantics = "item k of 1, 2 or 4 bytes is written repeat[k] times, one after the other";
    let simulate = "__mluSimExtension($site, $async, dst, src, repeat, transfer_size, dir, count);";
  }
def : Declared<[Spelling<"__prefetch_smmu", "4.0.0", 592>], [Plain<"src", "const void *">, Plain<"size", "unsigned int">]> {
  let semantics = "a hint without effect on results";
  let simulate = "(void)src, (void)size;";
}

defvar ChannelTypes = [Types<592, ["f16", "bf16", "f32"]>];
defvar ChannelHead = [Dst<["n", "channels"]>, Src<"weight">, Weight<>, Src<"src", ["n", "channels"]>];
defvar ChannelTail = [Count<>, Count<"channels">];
def : Declared<[Spelling<"__bang_expand_channel_mul", "4.5.0", 592>], !listconcat(ChannelHead, ChannelTail), ChannelTypes> {
  let semantics = "dst[i][c] = weight[i] * kernel[c] * src[i][c]; not in the documents, used by the vendor's kernels";
  let simulate = "__mluSimExpandChannel($site, $code, dst, weight, kernel, src, nullptr, n, channels);";
}
def : Declared<[Spelling<"__bang_expand_channel_mul_add", "4.5.0", 592>],
               !listconcat(ChannelHead, [Src<"add", ["n", "channels"]>], ChannelTail), ChannelTypes> {
  let semantics = "`__bang_expand_channel_mul` plus add[i][c]";
  let simulate = "__mluSimExpandChannel($site, $code, dst, weight, kernel, src, add, n, channels);";
}
