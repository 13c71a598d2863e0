//===- BuiltinInfo.cpp - Questions to the table of builtins ----------------===//
#include "metabang/Dialect/Bang/IR/BuiltinInfo.h"

#include "metabang/Dialect/Bang/IR/BangDialect.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::bang;
using llvm::ArrayRef;

#include "metabang/Dialect/Bang/IR/BuiltinTable.inc"

std::string Version::str() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

ArrayRef<BuiltinInfo> bang::getBuiltins() { return builtins; }

const BuiltinInfo *bang::lookupBuiltin(StringRef name) {
  ArrayRef<BuiltinInfo> all = builtins;
  const BuiltinInfo *it = llvm::lower_bound(all, name, [](const BuiltinInfo &b, StringRef n) { return b.name < n; });
  return it != all.end() && it->name == name ? it : nullptr;
}

const BuiltinInfo &bang::getBuiltinInfo(Operation *op) {
  const BuiltinInfo *info = lookupBuiltin(op->getName().stripDialect());
  assert(info && "every operation of the dialect comes from a record");
  return *info;
}

static bool isOn(int arch, int minArch, ArrayRef<int> notOn) {
  return arch == 0 || (arch >= minArch && !llvm::is_contained(notOn, arch));
}

static StringRef findAncestorString(Operation *op, StringRef name) {
  for (; op; op = op->getParentOp())
    if (auto attr = op->getAttrOfType<StringAttr>(name))
      return attr.getValue();
  return {};
}

int bang::getArch(Operation *op) {
  StringRef digits = mlu::getTarget(op).rsplit('_').second;
  int arch = 0;
  return digits.getAsInteger(10, arch) ? 0 : arch;
}

Version bang::getToolchain(Operation *op) {
  StringRef text = findAncestorString(op, "mlu.cncc");
  if (!text.empty()) {
    Version v;
    auto [major, rest] = text.split('.');
    auto [minor, patch] = rest.split('.');
    major.getAsInteger(10, v.major);
    minor.getAsInteger(10, v.minor);
    patch.getAsInteger(10, v.patch);
    return v;
  }
  int arch = getArch(op);
  return arch >= 200 && arch < 300 ? Version{2, 12, 0} : Version{4, 1, 0};
}

static const SpellingInfo *findSpelling(Operation *at, const BuiltinInfo &info) {
  int arch = getArch(at);
  Version toolchain = getToolchain(at);
  const SpellingInfo *oldest = nullptr;
  for (const SpellingInfo &spelling : info.spellings) {
    if (!isOn(arch, spelling.minArch, spelling.notOn))
      continue;
    if (!(toolchain < spelling.cncc))
      return &spelling;
    if (!oldest || spelling.cncc < oldest->cncc)
      oldest = &spelling;
  }
  return oldest;
}

const SpellingInfo *bang::getSpelling(Operation *op) { return findSpelling(op, getBuiltinInfo(op)); }

bool bang::hasSpelling(Operation *at, StringRef builtin) {
  const BuiltinInfo *info = lookupBuiltin(builtin);
  const SpellingInfo *spelling = info ? findSpelling(at, *info) : nullptr;
  return spelling && !(getToolchain(at) < spelling->cncc);
}

/// The rounding mode of `op`, or null.
static const ModeInfo *findMode(Operation *op) {
  auto mode = op->getAttrOfType<StringAttr>("mode");
  if (mode)
    for (const ModeInfo &info : getBuiltinInfo(op).modes)
      if (info.name == mode.getValue())
        return &info;
  return nullptr;
}

std::string bang::getBuiltinName(Operation *op) {
  const SpellingInfo *spelling = getSpelling(op);
  if (!spelling)
    return {};
  std::string name = spelling->cName.str();
  if (const ModeInfo *mode = findMode(op); mode && !mode->name.empty())
    name += "_" + mode->name.str();
  return name;
}

Version bang::getMinCncc(Operation *op) {
  Version version;
  if (const SpellingInfo *spelling = getSpelling(op))
    version = spelling->cncc;
  if (const ModeInfo *mode = findMode(op); mode && version < mode->cncc)
    version = mode->cncc;
  return version;
}

Role bang::getOperandRole(Operation *op, unsigned operand) {
  for (const ParamInfo &param : getBuiltinInfo(op).params)
    if (param.operand == static_cast<int>(operand))
      return param.role;
  llvm_unreachable("an operand without a parameter");
}

Pipe bang::getCopyPipe(mlu::Space dst, mlu::Space src, bool is1D) {
  auto isDram = [](mlu::Space s) { return s == mlu::Space::GDRAM || s == mlu::Space::LDRAM; };
  if (isDram(dst) || isDram(src))
    return Pipe::IO;
  if (is1D && dst == mlu::Space::NRAM && src == mlu::Space::NRAM)
    return Pipe::Compute;
  return Pipe::Move;
}

Pipe bang::getPipe(Operation *op) {
  const BuiltinInfo &info = getBuiltinInfo(op);
  if (info.pipe != Pipe::Direction)
    return info.pipe;
  auto space = [&](unsigned i) { return mlu::getSpace(cast<BaseMemRefType>(op->getOperand(i).getType())); };
  // Strided copies, and those whose places or repetitions are data, take the Move pipe inside of a core.
  bool is1D = llvm::none_of(info.params, [](const ParamInfo &p) { return p.role == Role::Segments; }) &&
              llvm::count_if(info.params, [](const ParamInfo &p) { return p.isPointer(); }) == 2;
  return getCopyPipe(space(0), space(1), is1D);
}

StringRef bang::getDirection(mlu::Space dst, mlu::Space src) {
  // Rows: source; columns: destination; both in the order of mlu::Space.
  static constexpr llvm::StringLiteral directions[5][5] = {
      {"GDRAM2GDRAM", "GDRAM2LDRAM", "GDRAM2SRAM", "GDRAM2NRAM", "GDRAM2WRAM"},
      {"LDRAM2GDRAM", "LDRAM2LDRAM", "LDRAM2SRAM", "LDRAM2NRAM", "LDRAM2WRAM"},
      {"SRAM2GDRAM", "SRAM2LDRAM", "SRAM2SRAM", "SRAM2NRAM", "SRAM2WRAM"},
      {"NRAM2GDRAM", "NRAM2LDRAM", "NRAM2SRAM", "NRAM2NRAM", "NRAM2WRAM"},
      {"WRAM2GDRAM", "WRAM2LDRAM", "WRAM2SRAM", "WRAM2NRAM", ""},
  };
  return directions[static_cast<int>(src)][static_cast<int>(dst)];
}
