//===- Names.cpp - Names of variables --------------------------------------===//
#include "Names.h"

#include "metabang/Dialect/Bang/IR/BangDialect.h"
#include "metabang/Dialect/Bang/IR/Views.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::bangc;

/// Words a variable cannot be called: of C++, and names every kernel sees.
static constexpr llvm::StringLiteral reservedWords[] = {
    "alignas", "alignof", "and", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "class",
    "clusterDim", "clusterId", "compl", "const", "constexpr", "const_cast", "continue", "coreDim", "coreId", "decltype",
    "default", "delete", "do", "double", "else", "enum", "explicit", "export", "extern", "false", "float", "for",
    "friend", "goto", "half", "if", "inline", "int", "long", "main", "mutable", "namespace", "new", "noexcept", "not",
    "nram", "nullptr", "operator", "or", "private", "protected", "public", "register", "return", "short", "signed",
    "sizeof", "sram", "static", "struct", "switch", "taskDim", "taskDimX", "taskDimY", "taskDimZ", "taskId", "taskIdX",
    "taskIdY", "taskIdZ", "template", "this", "throw", "true", "try", "typedef", "typeid", "typename", "union",
    "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "wram", "xor", "bfloat16_t", "int8_t",
    "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "size_t", "NULL", "INFINITY", "NAN",
    // Functions that scalar code calls, and constants that copies take: a variable would hide them.
    "fabsf", "ceilf", "cosf", "expf", "exp2f", "floorf", "logf", "log2f", "powf", "roundf", "sinf", "sqrtf", "tanhf",
    "fminf", "fmaxf", "abs", "GDRAM2NRAM", "NRAM2GDRAM", "GDRAM2WRAM", "NRAM2WRAM", "NRAM2NRAM", "NRAM2SRAM",
    "SRAM2NRAM", "SRAM2SRAM"};

std::string bangc::sanitize(StringRef text) {
  std::string name;
  for (char c : text)
    if (llvm::isAlnum(c) || (c == '_' && !name.empty())) // the language keeps names that begin with _
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  while (!name.empty() && name.back() == '_')
    name.pop_back();
  if (name.empty() || llvm::isDigit(name.front()))
    name.insert(0, "v");
  return name.substr(0, 40);
}

/// The first name in a location.
static StringRef findName(Location loc) {
  StringRef name;
  loc->walk([&](Location l) {
    auto named = dyn_cast<NameLoc>(l);
    if (!named || named.getName().empty())
      return WalkResult::advance();
    name = named.getName();
    return WalkResult::interrupt();
  });
  return name;
}

std::string bangc::getSourceLine(Location loc) {
  std::string line;
  loc->walk([&](Location l) {
    auto file = dyn_cast<FileLineColLoc>(l);
    if (!file)
      return WalkResult::advance();
    line = (llvm::sys::path::filename(file.getFilename()) + ":" + Twine(file.getLine())).str();
    return WalkResult::interrupt();
  });
  return line;
}

/// Whether something writes to the buffer `root`.
static bool isWritten(Value root) {
  SmallVector<Value> worklist{root};
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (auto builtin = dyn_cast<bang::BuiltinOpInterface>(user)) {
        bang::Role role = builtin.getOperandRole(use.getOperandNumber());
        if (role == bang::Role::Dst || role == bang::Role::Aux)
          return true;
      } else if (isa<memref::StoreOp>(user)) {
        return true;
      } else if (isa<ViewLikeOpInterface>(user)) {
        llvm::append_range(worklist, user->getResults());
      }
    }
  }
  return false;
}

/// The name of the vector that `cycle_` builtins repeat, by what they do with it.
static StringRef nameSegment(StringRef builtin) {
  return builtin == "cycle_mul" ? "scale" : builtin == "cycle_add" || builtin == "cycle_sub" ? "bias" : "";
}

/// What a kernel reads `arg` for: "filter" (it goes to WRAM), "scale", "bias", or "" for data.
static StringRef findRole(BlockArgument arg) {
  StringRef role;
  SmallVector<std::pair<Value, bool>> worklist{{arg, false}}; // value, whether it is a copy of the argument
  while (!worklist.empty()) {
    auto [value, isCopy] = worklist.pop_back_val();
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (isa<ViewLikeOpInterface>(user)) {
        worklist.emplace_back(user->getResult(0), isCopy);
        continue;
      }
      auto builtin = dyn_cast<bang::BuiltinOpInterface>(user);
      if (!builtin || builtin.getOperandRole(use.getOperandNumber()) != bang::Role::Src)
        continue;
      if (builtin.getInfo().pipe == bang::Pipe::Direction && !isCopy) {
        Value buffer = bang::traceView(user->getOperand(0)).root;
        if (mlu::getSpace(cast<MemRefType>(buffer.getType())) == mlu::Space::WRAM)
          return "filter";
        worklist.emplace_back(buffer, true);
      } else if (isCopy && use.getOperandNumber() == 2 && role.empty()) {
        role = nameSegment(builtin.getInfo().name);
      }
    }
  }
  return role;
}

Names::Names(func::FuncOp kernel) {
  for (StringRef word : reservedWords)
    used.insert(word);
  used.insert(kernel.getName());
  for (BlockArgument arg : kernel.getArguments()) {
    StringRef name;
    for (StringRef attr : {"bang.name", "meta.name"})
      if (auto text = kernel.getArgAttrOfType<StringAttr>(arg.getArgNumber(), attr); text && name.empty())
        name = text.getValue();
    if (name.empty())
      name = findName(arg.getLoc());
    StringRef role = findRole(arg);
    std::string wish = !name.empty() ? sanitize(name) : isWritten(arg) ? "out" : role.empty() ? "in" : role.str();
    arguments[arg] = reserve(wish);
  }
}

std::string Names::reserve(StringRef wish) {
  std::string name = wish.str();
  for (unsigned i = 2; !used.insert(name).second; ++i)
    name = (wish + "_" + Twine(i)).str();
  scopes.back().push_back(name);
  return name;
}

void Names::leaveScope() {
  for (const std::string &name : scopes.pop_back_val())
    used.erase(name);
}

std::string Names::forArgument(BlockArgument arg) { return arguments.lookup(arg); }

std::string Names::forLoop(Value induction) {
  StringRef name = findName(induction.getLoc());
  if (name.empty())
    name = findName(induction.getParentBlock()->getParentOp()->getLoc());
  if (!name.empty())
    return reserve(sanitize(name));
  for (StringRef letter : {"i", "j", "k", "l", "m", "n"})
    if (!used.contains(letter))
      return reserve(letter);
  return reserve("i");
}

std::string Names::forValue(Value value, StringRef fallback) {
  StringRef name = findName(value.getLoc());
  // What a pass builds at the location of a loop is not the loop's variable.
  Operation *def = value.getDefiningOp();
  for (Operation *op = def ? def->getParentOp() : value.getParentBlock()->getParentOp(); op; op = op->getParentOp())
    if (isa<scf::ForOp>(op) && findName(op->getLoc()) == name)
      name = {};
  return reserve(name.empty() ? fallback.str() : sanitize(name));
}

std::string Names::forBuffer(Value alloc) {
  if (auto attr = alloc.getDefiningOp()->getAttrOfType<StringAttr>("bang.name"))
    return reserve(sanitize(attr.getValue()));

  // The other side of the copies that fill or drain it says whose tile it is; else what a builtin uses it for.
  std::string filled, drained, used;
  SmallVector<Value> worklist{alloc};
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      if (isa<ViewLikeOpInterface>(user)) {
        llvm::append_range(worklist, user->getResults());
        continue;
      }
      auto builtin = dyn_cast<bang::BuiltinOpInterface>(user);
      if (!builtin)
        continue;
      bang::Role role = builtin.getOperandRole(use.getOperandNumber());
      if (builtin.getInfo().pipe == bang::Pipe::Direction) {
        if (use.getOperandNumber() > 1) // offsets, repetitions
          continue;
        Value other = user->getOperand(1 - use.getOperandNumber());
        SmallVector<Value> roots = bang::getRoots(other);
        if (roots.size() == 1 && arguments.contains(roots[0]))
          (role == bang::Role::Dst ? filled : drained) = arguments.lookup(roots[0]);
      } else if (role == bang::Role::Aux) {
        used = "scratch";
      } else if (role == bang::Role::Weight) {
        used = "filter";
      } else if (role == bang::Role::Dst && builtin.getInfo().cost == "Tensor") {
        used = "acc";
      }
    }
  }
  // The name of an argument that says something, the name the placing pass gave, the rest.
  StringRef given = findName(alloc.getLoc());
  std::string owner = !filled.empty() ? filled : drained;
  auto isRole = [&](StringRef role) { return owner == role || StringRef(owner).starts_with(role.str() + "_"); };
  bool isPlain = isRole("in") || isRole("out");
  if (!owner.empty() && (!isPlain || given.empty()))
    return reserve(owner + "_tile");
  return reserve(!given.empty() ? sanitize(given) : !used.empty() ? used : "tmp");
}
