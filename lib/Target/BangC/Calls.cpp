//===- Calls.cpp - Builtins as calls ---------------------------------------===//
#include "Emitter.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::bangc;
using metabang::bang::ParamInfo;
using metabang::bang::Role;

StringRef bangc::getTableCType(StringRef name) {
  static constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> types[] = {
      {"f16", "half"},         {"bf16", "bfloat16_t"}, {"f32", "float"},        {"s8", "char"},
      {"s16", "short"},        {"s32", "int"},         {"u8", "unsigned char"}, {"u16", "unsigned short"},
      {"u32", "unsigned int"}, {"i8", "int8_t"},       {"i16", "int16_t"},      {"i32", "int32_t"}};
  for (auto [key, type] : types)
    if (key == name)
      return type;
  llvm_unreachable("gen_builtins.py lets no other name through");
}

/// Whether two C types are one: int16_t is short, but int8_t is not char.
static bool isSameCType(StringRef a, StringRef b) {
  auto canonical = [](StringRef t) -> StringRef {
    if (t == "int16_t")
      return "short";
    if (t == "int32_t")
      return "int";
    if (t == "uint8_t")
      return "unsigned char";
    if (t == "uint16_t")
      return "unsigned short";
    return t;
  };
  return canonical(a) == canonical(b);
}

/// head, the items with commas between them, and tail, broken before column 100 and continued below the first item.
std::string Emitter::wrapList(StringRef head, ArrayRef<std::string> items, StringRef tail) const {
  constexpr size_t width = 100;
  std::string text = head.str();
  size_t start = indent + head.size(), column = start;
  for (auto [i, item] : llvm::enumerate(items)) {
    bool isLast = i + 1 == items.size();
    size_t length = item.size() + (isLast ? tail.size() : 1);
    if (i != 0 && column + 1 + length > width) {
      text += "\n" + std::string(start, ' ');
      column = start;
    } else if (i != 0) {
      text += " ";
      ++column;
    }
    text += item + (isLast ? "" : ",");
    column += length;
  }
  return text + tail.str();
}

/// A number of bytes as a programmer writes it: elements * sizeof(type), where `value` is made like that.
std::string Emitter::bytes(Operation *op, Value value) {
  // The element type of the copy; bytes of bytes need no sizeof.
  auto type = cast<MemRefType>(op->getOperand(0).getType());
  int64_t size = bang::getElementBytes(type.getElementType());
  std::string sizeOf = " * sizeof(" + getCType(type) + ")";
  if (std::optional<int64_t> constant = getConstantIntValue(value)) {
    if (size == 1 || *constant == 0 || *constant % size != 0)
      return std::to_string(*constant);
    return std::to_string(*constant / size) + sizeOf;
  }
  // A product that became a name stays one.
  auto product = value.getDefiningOp<arith::MulIOp>();
  std::optional<int64_t> factor = product && !expr(value).isAtom ? getConstantIntValue(product.getRhs()) : std::nullopt;
  if (size == 1 || !factor || *factor % size != 0)
    return expr(value).text;
  std::string count = parenthesize(expr(product.getLhs()), Product);
  return count + (*factor == size ? "" : " * " + std::to_string(*factor / size)) + sizeOf;
}

std::string Emitter::argument(Operation *op, const ParamInfo &param, StringRef combination) {
  if (param.role == Role::Direction) {
    auto space = [&](unsigned i) { return mlu::getSpace(cast<MemRefType>(op->getOperand(i).getType())); };
    return bang::getDirection(space(0), space(1)).str();
  }
  if (param.role == Role::Enumerator)
    return "FUSION_" + op->getAttrOfType<StringAttr>(param.name).getValue().upper();

  Value value = op->getOperand(param.operand);
  if (param.isPointer()) {
    Expr pointer = expr(value);
    StringRef type = bang::getTypeName(param, combination);
    if (type == "void" || isSameCType(getTableCType(type), getCType(value.getType())))
      return pointer.text;
    return "(" + getTableCType(type).str() + " *)" + parenthesize(pointer, Unary);
  }
  switch (param.role) {
  case Role::Bytes:
  case Role::Stride:
    return bytes(op, value);
  case Role::Segments: { // BANG C wants one less
    if (std::optional<int64_t> constant = getConstantIntValue(value))
      return std::to_string(*constant - 1);
    auto sum = value.getDefiningOp<arith::AddIOp>();
    if (sum && getConstantIntValue(sum.getRhs()) == 1 && !expr(value).isAtom)
      return expr(sum.getLhs()).text;
    return binary(expr(value), "-", Expr{"1"}, Sum).text;
  }
  default: {
    Expr scalar = expr(value);
    // A literal is an int: the overload of a narrower element would not be found.
    Type type = value.getType();
    bool isNarrow = type.isInteger(8) || type.isInteger(16);
    if (isNarrow && (!scalar.isAtom || getConstantIntValue(value)))
      return "(" + getCType(type) + ")" + parenthesize(scalar, Unary);
    return scalar.text;
  }
  }
}

void Emitter::printBuiltin(Operation *op) {
  const bang::BuiltinInfo &info = bang::getBuiltinInfo(op);
  const bang::SpellingInfo *spelling = bang::getSpelling(op);
  if (spelling->isText)
    return line(spelling->cName + Twine(";"));

  std::string head;
  if (op->getNumResults() == 1) {
    std::string type = info.returns == "u32" ? "int" : getCType(op->getResult(0).getType());
    std::string name = names.forValue(op->getResult(0), info.returns == "u32" ? "count" : "sum");
    values[op->getResult(0)] = {name};
    head = type + " " + name + " = ";
  }
  head += bang::getBuiltinName(op) + "(";

  StringRef combination = bang::findCombination(op).value_or("");
  SmallVector<std::string> arguments;
  for (const ParamInfo &param : info.params)
    arguments.push_back(argument(op, param, combination));
  line(wrapList(head, arguments, ");"));
}
