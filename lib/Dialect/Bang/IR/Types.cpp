//===- Types.cpp - Element types of builtins -------------------------------===//
#include "metabang/Dialect/Bang/IR/Types.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace metabang::bang;

bool metabang::bang::isNamed(Type type, StringRef name) {
  if (name == "f16")
    return type.isF16();
  if (name == "bf16")
    return type.isBF16();
  if (name == "f32")
    return type.isF32();
  unsigned bits = 0;
  if (name.drop_front().getAsInteger(10, bits) || !type.isInteger(bits))
    return false;
  return name.front() == 'u' ? !type.isSignedInteger() : !type.isUnsignedInteger();
}

StringRef metabang::bang::getTypeName(const ParamInfo &param, StringRef combination) {
  if (param.type != "T")
    return param.type;
  SmallVector<StringRef> parts;
  combination.split(parts, '/');
  return parts.size() > 1 && param.slot >= 0 ? parts[param.slot] : parts[0];
}

std::optional<StringRef> metabang::bang::findCombination(Operation *op) {
  const BuiltinInfo &info = getBuiltinInfo(op);
  int arch = getArch(op);
  bool hasSlots = llvm::any_of(info.params, [](const ParamInfo &p) { return p.slot >= 0; });
  auto matches = [&](StringRef combination) {
    return llvm::all_of(info.params, [&](const ParamInfo &param) {
      if (param.slot >= 0)
        return isNamed(cast<MemRefType>(op->getOperand(param.operand).getType()).getElementType(),
                       getTypeName(param, combination));
      if (param.role == Role::Scalar && !hasSlots)
        return isNamed(op->getOperand(param.operand).getType(), getTypeName(param, combination));
      return true;
    });
  };
  for (const TypesInfo &types : info.types) {
    if (arch != 0 && (arch < types.minArch || llvm::is_contained(types.notOn, arch)))
      continue;
    for (StringRef combination : types.combinations)
      if (matches(combination))
        return combination;
  }
  return std::nullopt;
}
