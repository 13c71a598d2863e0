//===- BuiltinInfo.h - The table of builtins in C++ --------------*- C++ -*-===//
//
// One BuiltinInfo for each record of Builtins.td, which documents the fields.
//
//===----------------------------------------------------------------------===//
#ifndef METABANG_DIALECT_BANG_IR_BUILTININFO_H
#define METABANG_DIALECT_BANG_IR_BUILTININFO_H

#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <tuple>

namespace metabang::bang {

/// A version of cncc.
struct Version {
  unsigned major = 0, minor = 0, patch = 0;
  bool operator<(const Version &o) const { return std::tie(major, minor, patch) < std::tie(o.major, o.minor, o.patch); }
  std::string str() const;
};

enum class Pipe { IO, Move, Compute, Scalar, Direction, None };
enum class Overlap { InPlace, Forbidden, Free };
enum class RuleKind { Multiple, Aligned, Divides, Between };
enum class Role { Dst, Src, Aux, Weight, Count, Bytes, Stride, Segments, Position, Scalar, Enumerator, Direction };

struct SpellingInfo {
  llvm::StringLiteral cName;
  Version cncc;
  int minArch;
  llvm::ArrayRef<int> notOn;
  bool isText;
};

struct ParamInfo {
  llvm::StringLiteral name;
  Role role;
  unsigned spaces; // bit s: mlu::Space s is legal
  llvm::StringLiteral type;
  llvm::ArrayRef<unsigned> extent; // parameters whose product is the number of elements touched
  int operand;                     // operand number of the operation, or -1
  int slot;                        // position in a combination of element types, or -1

  bool isPointer() const { return role <= Role::Weight; }
};

struct TypesInfo {
  int minArch;
  llvm::ArrayRef<int> notOn;
  llvm::ArrayRef<llvm::StringLiteral> combinations;
};

struct ModeInfo {
  llvm::StringLiteral name;
  int minArch;
  Version cncc;
};

struct RuleInfo {
  RuleKind kind;
  llvm::ArrayRef<unsigned> params;
  int64_t value, low;
  int minArch, maxArch;
  int sizeOf; // parameter, or -1
  llvm::StringLiteral condition;
};

struct BuiltinInfo {
  llvm::StringLiteral name; // of the operation, without the dialect
  llvm::ArrayRef<SpellingInfo> spellings;
  llvm::ArrayRef<ParamInfo> params;
  llvm::ArrayRef<TypesInfo> types;
  llvm::ArrayRef<ModeInfo> modes;
  llvm::ArrayRef<RuleInfo> rules;
  Pipe pipe;
  Overlap overlap;
  llvm::StringLiteral cost;
  bool async;
  llvm::StringLiteral returns, semantics, instead;
};

/// All records, in alphabetical order.
llvm::ArrayRef<BuiltinInfo> getBuiltins();

/// The record called `name` (an operation without its dialect), or null.
const BuiltinInfo *lookupBuiltin(llvm::StringRef name);

// Of an operation of the bang dialect:
const BuiltinInfo &getBuiltinInfo(mlir::Operation *op);
std::string getBuiltinName(mlir::Operation *op);
Pipe getPipe(mlir::Operation *op);
Role getOperandRole(mlir::Operation *op, unsigned operand);
llvm::LogicalResult verifyBuiltin(mlir::Operation *op);

/// `__BANG_ARCH__` of the target in force at `op` (270 for mtp_270), or 0 without a target.
int getArch(mlir::Operation *op);

/// The cncc to write for: the attribute `mlu.cncc` of the nearest ancestor ("3.8.0"), else the oldest tool chain in
/// use with the architecture: 2.12.0 for MLU2xx, 4.1.0 for later ones and without a target.
Version getToolchain(mlir::Operation *op);

/// The spelling to print at `op`: the first the architecture and the tool chain have, else the oldest the
/// architecture has, else null.
const SpellingInfo *getSpelling(mlir::Operation *op);

/// The oldest cncc that accepts `op` as it is printed.
Version getMinCncc(mlir::Operation *op);

/// Whether `op`, an operation of the bang dialect, can be printed for its target without a later tool chain.
bool hasSpelling(mlir::Operation *at, llvm::StringRef builtin);

/// The pipeline of a copy between two memories.
Pipe getCopyPipe(mlu::Space dst, mlu::Space src, bool is1D);

/// "GDRAM2NRAM" …, or "" if BANG C has no such direction.
llvm::StringRef getDirection(mlu::Space dst, mlu::Space src);

} // namespace metabang::bang

#endif // METABANG_DIALECT_BANG_IR_BUILTININFO_H
