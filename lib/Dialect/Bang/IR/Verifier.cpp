//===- Verifier.cpp - One verifier for every builtin -----------------------===//
//
// Checks an operation against its record as far as values are static; the simulator checks the rest when it runs.
// Rules of an architecture apply under a module with `mlu.target`.
//
//===----------------------------------------------------------------------===//
#include "metabang/Dialect/Bang/IR/BangDialect.h"
#include "metabang/Dialect/Bang/IR/Types.h"
#include "metabang/Dialect/Bang/IR/Views.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace metabang;
using namespace metabang::bang;

namespace {
struct Verifier {
  Operation *op;
  const BuiltinInfo &info = getBuiltinInfo(op);
  int arch = getArch(op);
  std::string target = mlu::getTarget(op).str();

  Value operand(const ParamInfo &param) const { return op->getOperand(param.operand); }
  Value operand(unsigned param) const { return operand(info.params[param]); }
  std::optional<int64_t> constant(unsigned param) const { return getConstantIntValue(operand(param)); }
  MemRefType memref(const ParamInfo &param) const { return cast<MemRefType>(operand(param).getType()); }
  mlu::Space space(const ParamInfo &param) const { return mlu::getSpace(memref(param)); }
  bool isOn(int minArch, ArrayRef<int> notOn) const {
    return arch == 0 || (arch >= minArch && !llvm::is_contained(notOn, arch));
  }
  auto pointers() const {
    return llvm::make_filter_range(info.params, [](const ParamInfo &p) { return p.isPointer(); });
  }
  std::string instead() const { return info.instead.empty() ? std::string() : "; use " + info.instead.str(); }

  LogicalResult checkArchitecture() const;
  LogicalResult checkSpaces() const;
  LogicalResult checkTypes() const;
  LogicalResult checkScalars() const;
  LogicalResult checkMode() const;
  LogicalResult checkRule(const RuleInfo &rule) const;
  LogicalResult checkMultiple(const RuleInfo &rule) const;
  LogicalResult checkAligned(const RuleInfo &rule) const;
  LogicalResult checkExtent(const ParamInfo &param) const;
  LogicalResult checkOverlap() const;
  bool holds(StringRef condition) const;
  std::optional<int64_t> touchedBytes(const ParamInfo &param) const;
};
} // namespace

LogicalResult Verifier::checkArchitecture() const {
  if (getSpelling(op))
    return success();
  return op->emitOpError() << "does not exist on " << target << instead();
}

LogicalResult Verifier::checkSpaces() const {
  for (const ParamInfo &param : pointers()) {
    if (param.spaces & (1u << static_cast<unsigned>(space(param))))
      continue;
    SmallVector<StringRef> legal;
    for (unsigned s = 0; s <= static_cast<unsigned>(mlu::Space::WRAM); ++s)
      if (param.spaces & (1u << s))
        legal.push_back(mlu::stringifySpace(static_cast<mlu::Space>(s)));
    return op->emitOpError() << "operand '" << param.name << "' lives in " << mlu::stringifySpace(space(param))
                             << ", but " << info.spellings.front().cName << " wants it in " << llvm::join(legal, " or ")
                             << "; copy it there first (bang.memcpy)";
  }
  if (info.pipe == Pipe::Direction && getDirection(space(info.params[0]), space(info.params[1])).empty())
    return op->emitOpError() << "cannot copy from " << mlu::stringifySpace(space(info.params[1])) << " to "
                             << mlu::stringifySpace(space(info.params[0])) << "; copy through nram";
  return success();
}

LogicalResult Verifier::checkTypes() const {
  if (info.types.empty() || findCombination(op))
    return success();
  SmallVector<std::string> found, legal;
  for (const ParamInfo &param : pointers())
    if (param.slot >= 0)
      found.push_back(llvm::formatv("{0} ({1})", memref(param).getElementType(), param.name));
  if (found.empty())
    for (const ParamInfo &param : info.params)
      if (param.role == Role::Scalar)
        found.push_back(llvm::formatv("{0} ({1})", operand(param).getType(), param.name));
  for (const TypesInfo &types : info.types)
    if (isOn(types.minArch, types.notOn))
      for (StringRef combination : types.combinations)
        legal.push_back(combination.str());
  InFlightDiagnostic diag = op->emitOpError() << "does not take element types " << llvm::join(found, ", ");
  if (arch)
    diag << " on " << target;
  diag << "; legal: " << llvm::join(legal, " ") << "; convert the operands first";
  return diag << instead();
}

LogicalResult Verifier::checkScalars() const {
  Type element;
  for (const ParamInfo &param : pointers())
    if (param.slot >= 0 || param.role == Role::Dst) {
      element = memref(param).getElementType();
      break;
    }
  for (const ParamInfo &param : info.params)
    if (param.role == Role::Scalar && element && operand(param).getType() != element)
      return op->emitOpError() << "scalar '" << param.name << "' is " << operand(param).getType()
                               << ", but the elements are " << element << "; convert the scalar to that type";
  return success();
}

LogicalResult Verifier::checkMode() const {
  if (auto code = op->getAttrOfType<StringAttr>("op_code"))
    if (!llvm::is_contained({"fma", "fms", "fam", "fsm", "faa", "fas", "fss", "fsa"}, code.getValue()))
      return op->emitOpError() << "has no op_code \"" << code.getValue()
                               << "\"; it is one of fma fms fam fsm faa fas fss fsa";
  auto mode = op->getAttrOfType<StringAttr>("mode");
  if (!mode)
    return success();
  SmallVector<StringRef> legal;
  for (const ModeInfo &m : info.modes) {
    if (!isOn(m.minArch, {}))
      continue;
    if (m.name == mode.getValue())
      return success();
    legal.push_back(m.name);
  }
  InFlightDiagnostic diag = op->emitOpError() << "has no rounding mode \"" << mode.getValue() << '"';
  if (arch)
    diag << " on " << target;
  return diag << "; use one of " << llvm::join(legal, " ");
}

bool Verifier::holds(StringRef condition) const {
  if (condition == "wram")
    return llvm::any_of(pointers(), [&](const ParamInfo &p) { return space(p) == mlu::Space::WRAM; });
  if (condition == "nram2nram")
    return llvm::all_of(pointers(), [&](const ParamInfo &p) { return space(p) == mlu::Space::NRAM; });
  return true;
}

LogicalResult Verifier::checkMultiple(const RuleInfo &rule) const {
  int64_t size = 1;
  if (rule.sizeOf >= 0) {
    Type type = operand(rule.sizeOf).getType();
    auto memrefType = dyn_cast<MemRefType>(type);
    size = getElementBytes(memrefType ? memrefType.getElementType() : type);
  }
  int64_t product = size;
  std::string text;
  for (unsigned param : rule.params) {
    std::optional<int64_t> value = constant(param);
    if (!value)
      return success();
    product *= *value;
    text += (text.empty() ? "" : " * ") + info.params[param].name.str();
  }
  if (product % rule.value == 0)
    return success();
  if (rule.sizeOf >= 0)
    text += " * sizeof(" + info.params[rule.sizeOf].name.str() + ")";
  InFlightDiagnostic diag = op->emitOpError() << text << " is " << product << ", but ";
  diag << (arch ? target : std::string("every architecture")) << " wants a multiple of " << rule.value;
  // The next legal value of a single parameter; of a product there is no single answer.
  if (rule.params.size() == 1) {
    int64_t step = rule.value / std::gcd(rule.value, size);
    diag << "; round " << info.params[rule.params[0]].name << " up to "
         << llvm::divideCeil(*constant(rule.params[0]), step) * step << " and pad the buffers to it";
  } else {
    diag << "; pad one of them";
  }
  return diag;
}

LogicalResult Verifier::checkAligned(const RuleInfo &rule) const {
  for (unsigned param : rule.params) {
    View view = traceView(operand(param));
    if (!view.offset)
      continue;
    int64_t address = *view.offset;
    if (auto alloc = view.root.getDefiningOp<memref::AllocOp>())
      if (auto offset = alloc->getAttrOfType<IntegerAttr>("bang.offset"))
        address += offset.getInt();
    if (address % rule.value == 0)
      continue;
    return op->emitOpError() << "operand '" << info.params[param].name << "' starts at byte " << address << " of "
                             << mlu::stringifySpace(space(info.params[param])) << ", but "
                             << (arch ? target : std::string("every architecture")) << " wants a multiple of "
                             << rule.value << "; start it at byte " << llvm::alignTo(address, rule.value)
                             << " or copy it to a buffer of its own";
  }
  return success();
}

LogicalResult Verifier::checkRule(const RuleInfo &rule) const {
  // A rule of some architectures is checked on them only; one of all architectures always.
  bool isUniversal = rule.minArch <= 200 && rule.maxArch >= 999;
  if (!isUniversal && (arch < rule.minArch || arch > rule.maxArch))
    return success();
  if (!holds(rule.condition))
    return success();
  switch (rule.kind) {
  case RuleKind::Multiple:
    return checkMultiple(rule);
  case RuleKind::Aligned:
    return checkAligned(rule);
  case RuleKind::Divides: {
    std::optional<int64_t> total = constant(rule.params[0]), part = constant(rule.params[1]);
    if (total && part && *part > 0 && *total % *part != 0)
      return op->emitOpError() << info.params[rule.params[0]].name << " is " << *total
                               << ", which is not a multiple of " << info.params[rule.params[1]].name << " = " << *part
                               << "; pad it to " << llvm::divideCeil(*total, *part) * *part;
    return success();
  }
  case RuleKind::Between: {
    std::optional<int64_t> value = constant(rule.params[0]);
    if (!value || (*value >= rule.low && *value <= rule.value))
      return success();
    return op->emitOpError() << info.params[rule.params[0]].name << " is " << *value << ", but must be from "
                             << rule.low << " to " << rule.value << "; split the operation or skip it";
  }
  }
  llvm_unreachable("all kinds are handled");
}

std::optional<int64_t> Verifier::touchedBytes(const ParamInfo &param) const {
  if (param.extent.empty())
    return std::nullopt;
  bool inBytes = llvm::any_of(param.extent, [&](unsigned p) { return info.params[p].role == Role::Bytes; });
  int64_t bytes = inBytes ? 1 : getElementBytes(memref(param).getElementType());
  for (unsigned factor : param.extent) {
    std::optional<int64_t> value = constant(factor);
    if (!value)
      return std::nullopt;
    bytes *= *value;
  }
  return bytes;
}

LogicalResult Verifier::checkExtent(const ParamInfo &param) const {
  if (space(param) == mlu::Space::WRAM) // spread over the banks
    return success();
  View view = traceView(operand(param));
  std::optional<int64_t> bytes = touchedBytes(param), room = getBufferBytes(view.root);
  if (!bytes || !room || *bytes + view.offset.value_or(0) <= *room)
    return success();
  return op->emitOpError() << "touches " << *bytes << " bytes of operand '" << param.name << "' from byte "
                           << view.offset.value_or(0) << " on, but its buffer has " << *room
                           << "; make the buffer larger or the count smaller";
}

LogicalResult Verifier::checkOverlap() const {
  if (info.overlap == Overlap::Free)
    return success();
  for (const ParamInfo &dst : pointers()) {
    if (dst.role != Role::Dst)
      continue;
    View written = traceView(operand(dst));
    std::optional<int64_t> size = touchedBytes(dst);
    for (const ParamInfo &src : pointers()) {
      if (&src == &dst)
        continue;
      View read = traceView(operand(src));
      if (read.root != written.root || !read.offset || !written.offset)
        continue;
      bool isSame = *read.offset == *written.offset;
      std::optional<int64_t> readSize = touchedBytes(src);
      int64_t end = *written.offset + size.value_or(1), readEnd = *read.offset + readSize.value_or(1);
      bool meets = *read.offset < end && *written.offset < readEnd;
      if (!meets || (isSame && info.overlap == Overlap::InPlace))
        continue;
      return op->emitOpError() << "operands 'dst' and '" << src.name << "' overlap, but "
                               << info.spellings.front().cName
                               << (info.overlap == Overlap::InPlace ? " allows exactly the same address only"
                                                                    : " wants them apart")
                               << "; write to a buffer of its own";
    }
  }
  return success();
}

LogicalResult bang::verifyBuiltin(Operation *op) {
  Verifier verifier{op};
  if (failed(verifier.checkArchitecture()) || failed(verifier.checkSpaces()) || failed(verifier.checkTypes()) ||
      failed(verifier.checkScalars()) || failed(verifier.checkMode()))
    return failure();
  for (const RuleInfo &rule : verifier.info.rules)
    if (failed(verifier.checkRule(rule)))
      return failure();
  for (const ParamInfo &param : verifier.pointers())
    if (failed(verifier.checkExtent(param)))
      return failure();
  return verifier.checkOverlap();
}
