//===- Expressions.cpp - Values as C expressions ---------------------------===//
#include "Emitter.h"

#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "llvm/ADT/TypeSwitch.h"

#include <array>
#include <charconv>

using namespace mlir;
using namespace metabang;
using namespace metabang::bangc;

std::string bangc::parenthesize(const Expr &expr, Precedence outer) {
  return expr.precedence < outer ? "(" + expr.text + ")" : expr.text;
}

Expr bangc::binary(const Expr &lhs, StringRef op, const Expr &rhs, Precedence precedence) {
  // The right side of an equal operator needs parentheses, but for chains of + and * of the same kind.
  bool isChain = rhs.precedence == precedence && (op == "+" || op == "*") && !StringRef(rhs.text).contains(" - ") &&
                 !StringRef(rhs.text).contains(" / ") && !StringRef(rhs.text).contains(" % ");
  Precedence right = isChain ? precedence : static_cast<Precedence>(precedence + 1);
  // Mixed && and ||, bits beside comparisons and sums beside shifts are legal C that compilers warn about.
  Precedence clear = precedence == Shift ? Product : precedence <= BitAnd ? Equality : precedence;
  Precedence left = std::max(precedence, clear);
  right = std::max(right, clear);
  return {parenthesize(lhs, left) + " " + op.str() + " " + parenthesize(rhs, right), precedence, false};
}

std::string bangc::getCType(Type type) {
  if (auto memref = dyn_cast<MemRefType>(type))
    type = memref.getElementType();
  if (type.isIndex())
    return "int";
  if (type.isF16())
    return "half";
  if (type.isBF16())
    return "bfloat16_t";
  if (type.isF32())
    return "float";
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return {};
  unsigned bits = integer.getWidth();
  if (bits == 1)
    return "bool";
  if (bits == 32)
    return integer.isUnsigned() ? "unsigned int" : "int";
  if (bits == 8 || bits == 16 || bits == 64)
    return (integer.isUnsigned() ? "uint" : "int") + std::to_string(bits) + "_t";
  return {};
}

Expr bangc::literal(TypedAttr value) {
  Type type = value.getType();
  if (auto integer = dyn_cast<IntegerAttr>(value)) {
    if (type.isInteger(1))
      return {integer.getValue().isZero() ? "false" : "true"};
    int64_t number = type.isUnsignedInteger() ? static_cast<int64_t>(integer.getValue().getZExtValue())
                                              : integer.getValue().getSExtValue();
    if (number == INT32_MIN)
      return {"(-2147483647 - 1)"}; // 2147483648 is no int
    std::string text = std::to_string(number);
    if (type.isInteger(64) && (number > INT32_MAX || number < INT32_MIN))
      text += "LL";
    return {text, number < 0 ? Unary : Primary, true};
  }
  APFloat number = cast<FloatAttr>(value).getValue();
  std::string text;
  if (number.isNaN() || number.isInfinity()) {
    text = number.isNaN() ? "__builtin_nanf(\"\")" : "__builtin_inff()";
    if (number.isNegative())
      text.insert(0, "-");
  } else {
    // The fewest digits that read back as the same number, by way of the float that the literal is.
    const llvm::fltSemantics &semantics = number.getSemantics();
    bool losesInfo;
    APFloat wide = number;
    wide.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &losesInfo);
    std::array<char, 32> digits;
    for (int precision = 1; precision <= 9; ++precision) {
      char *end =
          std::to_chars(digits.begin(), digits.end(), wide.convertToFloat(), std::chars_format::general, precision).ptr;
      text.assign(digits.data(), end);
      APFloat back(APFloat::IEEEsingle(), text);
      back.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
      if (back.bitwiseIsEqual(number))
        break;
    }
    if (!StringRef(text).contains('.') && !StringRef(text).contains('e'))
      text += ".0";
    text += "f"; // 0.1 alone would be a half
  }
  Precedence precedence = text.front() == '-' ? Unary : Primary;
  if (!type.isF32()) {
    text = "(" + getCType(type) + ")" + text;
    precedence = Unary;
  }
  return {text, precedence, true};
}

bool bangc::isExpression(Operation *op) {
  if (op->getNumResults() != 1 || op->getNumRegions() != 0)
    return false;
  if (isa<mlu::TaskIdOp, mlu::TaskDimOp, memref::DimOp>(op) || isa<ViewLikeOpInterface>(op))
    return true;
  return isa<arith::ArithDialect, math::MathDialect>(op->getDialect()) && isMemoryEffectFree(op);
}

Expr Emitter::expr(Value value) {
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    return literal(constant.getValue());
  auto it = values.find(value);
  assert(it != values.end() && "checkPrintable lets no other value through");
  return it->second;
}

/// A name or literal for `value`, declared here if it has none yet.
Expr Emitter::atom(Value value, StringRef name) {
  Expr result = expr(value);
  if (result.isAtom)
    return result;
  std::string variable = names.forValue(value, name);
  line(getCType(value.getType()) + " " + variable + " = " + result.text + ";");
  return values[value] = {variable};
}

Expr Emitter::ternary(StringRef condition, Value a, Value b) {
  return {condition.str() + " ? " + parenthesize(expr(a), LogicalOr) + " : " + parenthesize(expr(b), Conditional),
          Conditional, false};
}

Expr Emitter::convert(StringRef type, Value value) {
  return {"(" + type.str() + ")" + parenthesize(expr(value), Unary), Unary, false};
}

Expr Emitter::buildCompare(arith::CmpFOp op) {
  using P = arith::CmpFPredicate;
  P predicate = op.getPredicate();
  Value lhs = op.getLhs(), rhs = op.getRhs();
  auto compare = [&](StringRef sign, Precedence p = Relation) { return binary(expr(lhs), sign, expr(rhs), p); };
  auto negate = [&](Expr e) { return Expr{"!(" + e.text + ")", Unary, false}; };
  switch (predicate) {
  case P::AlwaysFalse:
    return {"false"};
  case P::AlwaysTrue:
    return {"true"};
  case P::OEQ:
    return compare("==", Equality);
  case P::UNE:
    return compare("!=", Equality);
  case P::OGT:
    return compare(">");
  case P::OGE:
    return compare(">=");
  case P::OLT:
    return compare("<");
  case P::OLE:
    return compare("<=");
  case P::UGT:
    return negate(compare("<="));
  case P::UGE:
    return negate(compare("<"));
  case P::ULT:
    return negate(compare(">="));
  case P::ULE:
    return negate(compare(">"));
  default:
    break;
  }
  Expr a = atom(lhs, "a"), b = atom(rhs, "b");
  Expr differ = binary(binary(a, "<", b, Relation), "||", binary(a, ">", b, Relation), LogicalOr);
  Expr ordered = binary(binary(a, "==", a, Equality), "&&", binary(b, "==", b, Equality), LogicalAnd);
  if (predicate == P::ONE)
    return differ;
  if (predicate == P::UEQ)
    return negate(differ);
  return predicate == P::ORD ? ordered : negate(ordered);
}

Expr Emitter::callF32(StringRef function, Operation *op) {
  bool isFloat = op->getResult(0).getType().isF32();
  std::string text = function.str() + "(";
  for (auto [number, operand] : llvm::enumerate(op->getOperands())) {
    text += number == 0 ? "" : ", ";
    text += isFloat ? expr(operand).text : convert("float", operand).text;
  }
  text += ")";
  return isFloat ? Expr{text, Primary, false}
                 : Expr{"(" + getCType(op->getResult(0).getType()) + ")" + text, Unary, false};
}

Expr Emitter::buildMath(Operation *op) {
  if (isa<math::AbsIOp>(op))
    return {"abs(" + expr(op->getOperand(0)).text + ")", Primary, false};
  if (isa<math::RsqrtOp>(op))
    return {"1.0f / " + callF32("sqrtf", op).text, Product, false};
  StringRef function = llvm::TypeSwitch<Operation *, StringRef>(op)
                           .Case<math::AbsFOp>([](auto) { return "fabsf"; })
                           .Case<math::CeilOp>([](auto) { return "ceilf"; })
                           .Case<math::CosOp>([](auto) { return "cosf"; })
                           .Case<math::ExpOp>([](auto) { return "expf"; })
                           .Case<math::Exp2Op>([](auto) { return "exp2f"; })
                           .Case<math::FloorOp>([](auto) { return "floorf"; })
                           .Case<math::LogOp>([](auto) { return "logf"; })
                           .Case<math::Log2Op>([](auto) { return "log2f"; })
                           .Case<math::PowFOp>([](auto) { return "powf"; })
                           .Case<math::RoundOp>([](auto) { return "roundf"; })
                           .Case<math::SinOp>([](auto) { return "sinf"; })
                           .Case<math::SqrtOp>([](auto) { return "sqrtf"; })
                           .Case<math::TanhOp>([](auto) { return "tanhf"; })
                           .Default([](auto) { return ""; });
  assert(!function.empty() && "checkPrintable lets no other through");
  return callF32(function, op);
}

/// The cast that reads an integer as unsigned: narrow ones would be extended by their sign.
static std::string unsignedCast(Type type) {
  bool isPlain = type.isIndex() || type.isInteger(1) || type.isInteger(32);
  return isPlain ? "(unsigned)" : "(uint" + std::to_string(type.getIntOrFloatBitWidth()) + "_t)";
}

/// Whether C computes in int what has to wrap in a narrow type: int8_t products compared or converted at once. A store
/// narrows by itself.
static bool wrapsInInt(Operation *op) {
  auto type = dyn_cast<IntegerType>(op->getResult(0).getType());
  return type && type.getWidth() > 1 && type.getWidth() < 32 &&
         isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::DivSIOp, arith::ShLIOp>(op) &&
         !llvm::all_of(op->getUsers(), [](Operation *user) { return isa<memref::StoreOp>(user); });
}

Expr Emitter::buildArith(Operation *op) {
  Value a = op->getOperand(0), b = op->getNumOperands() > 1 ? op->getOperand(1) : Value();
  std::string type = getCType(op->getResult(0).getType());
  auto two = [&](StringRef sign, Precedence p) { return binary(expr(a), sign, expr(b), p); };
  // One unsigned operand makes the operator unsigned.
  auto asUnsigned = [&](StringRef sign, Precedence p) {
    std::optional<int64_t> constant = getConstantIntValue(b);
    std::string cast = unsignedCast(a.getType());
    Expr lhs{cast + parenthesize(expr(a), Unary), Unary};
    Expr rhs = constant && *constant >= 0 ? expr(b) : Expr{cast + parenthesize(expr(b), Unary), Unary};
    return binary(lhs, sign, rhs, p);
  };
  // Indices are not negative where a kernel divides them, and an unsigned result would spoil what it meets later.
  auto divide = [&](StringRef sign, Precedence p) {
    if (a.getType().isIndex())
      return two(sign, p);
    return Expr{"(" + type + ")(" + asUnsigned(sign, p).text + ")", Unary, false};
  };
  auto choose = [&](StringRef sign) {
    Expr x = atom(a, sign == "<" ? "left" : "begin"), y = atom(b, "limit");
    return ternary(binary(x, sign, y, Relation).text, a, b);
  };
  // NaN wins: of two numbers the comparison decides, and x != x catches the first operand.
  auto chooseFloat = [&](StringRef sign) {
    Expr x = atom(a, "a"), y = atom(b, "b");
    return ternary(x.text + " " + sign.str() + " " + y.text + " || " + x.text + " != " + x.text, a, b);
  };
  return llvm::TypeSwitch<Operation *, Expr>(op)
      .Case<arith::AddIOp, arith::AddFOp>([&](auto) {
        auto constant = getConstantIntValue(b); // x + -4 reads better as x - 4
        if (constant && *constant < 0)
          return binary(expr(a), "-", Expr{std::to_string(-*constant)}, Sum);
        auto product = a.getDefiningOp<arith::MulIOp>(); // i * -4 + x as x - i * 4
        auto factor = product && !expr(a).isAtom ? getConstantIntValue(product.getRhs()) : std::nullopt;
        if (factor && *factor < 0) {
          Expr positive = *factor == -1 ? expr(product.getLhs())
                                        : binary(expr(product.getLhs()), "*", Expr{std::to_string(-*factor)}, Product);
          return binary(expr(b), "-", positive, Sum);
        }
        return two("+", Sum);
      })
      .Case<arith::SubIOp, arith::SubFOp>([&](auto) { return two("-", Sum); })
      .Case<arith::MulIOp, arith::MulFOp>([&](auto) { return two("*", Product); })
      .Case<arith::DivSIOp, arith::DivFOp>([&](auto) { return two("/", Product); })
      .Case<arith::RemSIOp>([&](auto) { return two("%", Product); })
      .Case<arith::DivUIOp>([&](auto) { return divide("/", Product); })
      .Case<arith::RemUIOp>([&](auto) { return divide("%", Product); })
      .Case<arith::CeilDivUIOp>([&](auto) {
        return binary(Expr{binary(expr(a), "+", expr(b), Sum).text + " - 1", Sum}, "/", expr(b), Product);
      })
      .Case<arith::CeilDivSIOp>([&](auto) { // b is a positive constant
        Expr x = atom(a, "a");
        std::string d = expr(b).text;
        return Expr{x.text + " > 0 ? (" + x.text + " - 1) / " + d + " + 1 : " + x.text + " / " + d, Conditional, false};
      })
      .Case<arith::FloorDivSIOp>([&](auto) {
        Expr x = atom(a, "a");
        std::string d = expr(b).text;
        return Expr{x.text + " >= 0 ? " + x.text + " / " + d + " : (" + x.text + " + 1) / " + d + " - 1", Conditional,
                    false};
      })
      .Case<arith::AndIOp>([&](auto) { return type == "bool" ? two("&&", LogicalAnd) : two("&", BitAnd); })
      .Case<arith::OrIOp>([&](auto) { return type == "bool" ? two("||", LogicalOr) : two("|", BitOr); })
      .Case<arith::XOrIOp>([&](auto) {
        if (type == "bool" && getConstantIntValue(b)) // not
          return Expr{"!" + parenthesize(expr(a), Unary), Unary, false};
        return type == "bool" ? two("!=", Equality) : two("^", BitXor);
      })
      .Case<arith::ShLIOp>([&](auto) { return two("<<", Shift); })
      .Case<arith::ShRSIOp>([&](auto) { return two(">>", Shift); })
      .Case<arith::ShRUIOp>([&](auto) { return divide(">>", Shift); })
      .Case<arith::MinSIOp>([&](auto) { return choose("<"); })
      .Case<arith::MaxSIOp>([&](auto) { return choose(">"); })
      .Case<arith::MinimumFOp>([&](auto) { return chooseFloat("<"); })
      .Case<arith::MaximumFOp>([&](auto) { return chooseFloat(">"); })
      .Case<arith::MinNumFOp>([&](auto) { return callF32("fminf", op); })
      .Case<arith::MaxNumFOp>([&](auto) { return callF32("fmaxf", op); })
      .Case<arith::NegFOp>([&](auto) { return Expr{"-" + parenthesize(expr(a), Primary), Unary, false}; })
      .Case<arith::CmpIOp>([&](arith::CmpIOp cmp) {
        using P = arith::CmpIPredicate;
        switch (cmp.getPredicate()) {
        case P::eq:
          return two("==", Equality);
        case P::ne:
          return two("!=", Equality);
        case P::slt:
          return two("<", Relation);
        case P::sle:
          return two("<=", Relation);
        case P::sgt:
          return two(">", Relation);
        case P::sge:
          return two(">=", Relation);
        case P::ult:
          return asUnsigned("<", Relation);
        case P::ule:
          return asUnsigned("<=", Relation);
        case P::ugt:
          return asUnsigned(">", Relation);
        case P::uge:
          return asUnsigned(">=", Relation);
        }
        llvm_unreachable("all predicates are handled");
      })
      .Case<arith::CmpFOp>([&](arith::CmpFOp cmp) { return buildCompare(cmp); })
      .Case<arith::SelectOp>([&](arith::SelectOp select) {
        return ternary(parenthesize(expr(select.getCondition()), LogicalOr), select.getTrueValue(),
                       select.getFalseValue());
      })
      .Default([&](Operation *op) { // conversions
        bool extends = isa<arith::UIToFPOp, arith::ExtUIOp>(op) ||
                       (isa<arith::IndexCastUIOp>(op) && isa<IntegerType>(a.getType()));
        bool isUnsigned = extends && !a.getType().isInteger(1);
        if (isUnsigned)
          return Expr{"(" + type + (type == "half" ? ")(float)" : ")") + unsignedCast(a.getType()) +
                          parenthesize(expr(a), Unary),
                      Unary, false};
        if (isa<arith::FPToUIOp>(op))
          return Expr{"(" + type + ")" + unsignedCast(op->getResult(0).getType()) + parenthesize(expr(a), Unary), Unary,
                      false};
        bool isSameType = getCType(a.getType()) == type;
        return isSameType ? expr(a) : convert(type, a);
      });
}

Expr Emitter::buildExpression(Operation *op) {
  if (isa<mlu::TaskIdOp>(op))
    return {"taskId", Primary, false}; // the built-in variable may be unsigned: give it an int
  if (isa<mlu::TaskDimOp>(op))
    return {"taskDim", Primary, false};
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    auto type = cast<MemRefType>(dim.getSource().getType());
    return {std::to_string(type.getDimSize(*dim.getConstantIndex()))};
  }
  if (isa<ViewLikeOpInterface>(op))
    return buildPointer(op);
  if (isa<math::MathDialect>(op->getDialect()))
    return buildMath(op);
  Expr result = buildArith(op);
  if (!wrapsInInt(op))
    return result;
  return {"(" + getCType(op->getResult(0).getType()) + ")(" + result.text + ")", Unary, false};
}
