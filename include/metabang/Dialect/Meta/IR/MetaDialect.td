//===- MetaDialect.td - the meta dialect and its lists of kinds ----------===//
#ifndef METABANG_DIALECT_META_IR_METADIALECT_TD
#define METABANG_DIALECT_META_IR_METADIALECT_TD

include "mlir/IR/OpBase.td"

def Meta_Dialect : Dialect {
  let name = "meta";
  let cppNamespace = "::metabang::meta";
  let summary = "the 18 meta-operators a network is written in";
  let hasConstantMaterializer = 1;
  let description = [{
    Value semantics on ranked tensors of static shape. Three classes: *reindex* (one to many), *reindex-reduce* (many to
    one) and *element-wise* (one to one). Everything a framework calls a layer is composed of these.

    `meta.name` (string) and `meta.constant` (unit) may stand on arguments of a function: the user's name, and that the
    value does not change between runs. `meta.kind` on a scalar operation below this level remembers which meta-operator
    it came from.
  }];
}

/// A string attribute that must be one of a list. The list is written here and nowhere else: the verifier, its message and the
/// documentation come from it.
class Meta_KindAttr<string what, list<string> kinds>
    : StringBasedAttr<CPred<"::metabang::meta::isOneOf(::llvm::cast<::mlir::StringAttr>($_self).getValue(), {"
                            # !interleave(!foreach(k, kinds, "\"" # k # "\""), ", ") # "})">,
                      what # " kind, one of: " # !interleave(kinds, ", ")> {
  list<string> names = kinds;
  string doc = "`" # !interleave(kinds, "`, `") # "`";
  string braces = "{" # !interleave(!foreach(k, kinds, "\"" # k # "\""), ", ") # "}";
}

/// Kinds of `meta.unary` by the element types they accept.
defvar Meta_UnaryAny = ["neg", "abs", "sign", "relu"];
defvar Meta_UnaryFloat = ["exp", "log", "sqrt", "rsqrt", "recip", "tanh", "sigmoid", "erf", "sin", "cos", "exp2", "log2", "expm1", "log1p",
                          "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "erfinv", "floor", "ceil", "round", "trunc"];
defvar Meta_UnaryInt = ["not"];
def Meta_UnaryKind : Meta_KindAttr<"unary", !listconcat(Meta_UnaryAny, Meta_UnaryFloat, Meta_UnaryInt)>;
def Meta_UnaryFloatKind : Meta_KindAttr<"floating-point unary", Meta_UnaryFloat>;
def Meta_UnaryIntKind : Meta_KindAttr<"integer unary", Meta_UnaryInt>;

/// Kinds of `meta.binary`.
defvar Meta_BinaryAny = ["add", "sub", "mul", "div", "floordiv", "mod", "pow", "max", "min"];
defvar Meta_BinaryInt = ["and", "or", "xor", "shl", "shr"];
defvar Meta_BinaryFloat = ["atan2"];
def Meta_BinaryKind : Meta_KindAttr<"binary", !listconcat(Meta_BinaryAny, Meta_BinaryFloat, Meta_BinaryInt)>;
def Meta_BinaryFloatKind : Meta_KindAttr<"floating-point binary", Meta_BinaryFloat>;
def Meta_BinaryIntKind : Meta_KindAttr<"integer binary", Meta_BinaryInt>;

def Meta_CompareKind : Meta_KindAttr<"compare", ["eq", "ne", "lt", "le", "gt", "ge"]>;
def Meta_ReduceKind : Meta_KindAttr<"reindex_reduce", ["add", "mul", "max", "min", "and", "or", "xor"]>;

#endif // METABANG_DIALECT_META_IR_METADIALECT_TD
