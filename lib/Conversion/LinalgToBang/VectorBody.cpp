//===- VectorBody.cpp - The body of an operation, by builtins -------------===//
#include "VectorBody.h"
#include "Extreme.h"
#include "Families.h"
#include "Memory.h"
#include "Reals.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cfloat>

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

Type Vec::type() const {
  if (auto memref = dyn_cast<MemRefType>(value.getType()))
    return memref.getElementType();
  return value.getType();
}

//===----------------------------------------------------------------------===//
// What builtins compute
//===----------------------------------------------------------------------===//

static bool isVectorFloat(Type type, const Device &device) {
  return type.isF32() || type.isF16() || (type.isBF16() && device.hasBf16Vector);
}

/// The builtin of an operation of two operands, or "".
static StringRef binaryName(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case<arith::AddFOp, arith::AddIOp>([](auto) { return "add"; })
      .Case<arith::SubFOp, arith::SubIOp>([](auto) { return "sub"; })
      .Case<arith::MulFOp, arith::MulIOp>([](auto) { return "mul"; })
      .Case<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp>([](auto) { return "maxequal"; })
      .Case<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp>([](auto) { return "minequal"; })
      .Case<arith::AndIOp>([](auto) { return "and"; })
      .Case<arith::OrIOp>([](auto) { return "or"; })
      .Case<arith::XOrIOp>([](auto) { return "xor"; })
      .Default([](Operation *) { return ""; });
}

static bool isLogic(Operation *op) { return isa<arith::AndIOp, arith::OrIOp, arith::XOrIOp>(op); }

/// Loops and branches of Reals.h: their values are floats.
static bool isControl(Operation *op) {
  return isa<scf::ForOp, scf::IfOp>(op) && llvm::all_of(op->getResultTypes(), [](Type type) { return type.isF32(); });
}

/// Whether builtins compute the operations of `body`; `uniform` are those values that are the same for all elements.
static bool supportsSteps(Block &body, const Device &device, llvm::DenseSet<Value> &uniform) {
  auto isVectorInt = [&](Type type) {
    return device.hasIntegerVector && (type.isInteger(8) || type.isInteger(16) || type.isInteger(32));
  };
  // Values that are the same for all elements are computed once, whatever they are.
  auto isOutside = [&](Value v) { return !body.getParent()->isAncestor(v.getParentRegion()); };
  for (Operation &op : body.without_terminator()) {
    if (isControl(&op)) {
      if (!llvm::all_of(op.getRegions(),
                        [&](Region &region) { return supportsSteps(region.front(), device, uniform); }))
        return false;
      continue;
    }
    if (op.getNumRegions() != 0 || op.getNumResults() != 1)
      return false;
    if (op.getNumOperands() == 0 && isa<arith::ConstantOp>(op)) {
      uniform.insert(op.getResult(0));
      continue;
    }
    if (isPure(&op) && op.getNumOperands() != 0 &&
        llvm::all_of(op.getOperands(), [&](Value v) { return uniform.contains(v) || isOutside(v); })) {
      uniform.insert(op.getResult(0));
      continue;
    }
    if (op.getNumOperands() == 0) // linalg.index
      return false;
    Type type = op.getResult(0).getType(), in = op.getOperand(0).getType();
    if (isVectorCast(&op, device) || isVectorFunction(&op, device) || isBodyStep(&op))
      continue;
    if (isa<arith::CmpFOp>(op) && isVectorFloat(in, device))
      continue;
    if (isa<arith::SelectOp>(op) && (type.isF32() || type.isF16()))
      continue;
    if (isa<arith::DivFOp>(op) && (type.isF32() || type.isF16()))
      continue;
    bool legal = !binaryName(&op).empty() &&
                 (isLogic(&op) ? type.isInteger(1) : isVectorFloat(type, device) || isVectorInt(type));
    if (!legal)
      return false;
  }
  return true;
}

bool VectorBody::supports(Block &body, const Device &device) {
  llvm::DenseSet<Value> uniform;
  if (!supportsSteps(body, device, uniform))
    return false;
  for (Value result :
       body.getTerminator()->getOperands()) { // truth values and limbs are floats: they have to be joined
    Type type = result.getType();
    bool plain = isVectorFloat(type, device) || type.isInteger(8) || type.isInteger(16) || type.isInteger(32);
    if (!plain && !(result.getDefiningOp() && isBodyStep(result.getDefiningOp())))
      return false;
  }
  return llvm::all_of(body.getArguments(), [&](BlockArgument argument) {
    Type type = argument.getType();
    return isVectorFloat(type, device) || type.isInteger(8) || type.isInteger(16) || type.isInteger(32) ||
           (type.isInteger() && llvm::all_of(argument.getUsers(), isBodyStep));
  });
}

//===----------------------------------------------------------------------===//
// Vectors and temporaries
//===----------------------------------------------------------------------===//

Value VectorBody::n(int64_t period) { return period ? e.index(period) : e.index(count); }

Value VectorBody::temp(Type type, int64_t period) {
  int64_t elements = period ? period : capacity;
  for (auto it = pool.begin(); it != pool.end(); ++it)
    if (it->second == period && typeOf(it->first).getElementType() == type) {
      Value free = it->first;
      pool.erase(it);
      return free;
    }
  OpBuilder::InsertionGuard guard(e.b);
  e.b.restoreInsertionPoint(allocations);
  allocated += period == 0;
  return e.temp(type, elements);
}

void VectorBody::release(Value memref, int64_t period) { pool.push_back({memref, period}); }

Value VectorBody::segment(Value scalar) {
  int64_t lanes = kVectorBytes / elementBytes(scalar.getType());
  Attribute constant;
  if (!matchPattern(scalar, m_Constant(&constant)))
    return e.splat(scalar, lanes);
  Value &known = segments[constant];
  if (!known) { // filled once, before all loops
    OpBuilder::InsertionGuard guard(e.b);
    e.b.restoreInsertionPoint(e.outsideLoops());
    known = e.splat(arith::ConstantOp::create(e.b, e.loc, cast<TypedAttr>(constant)), lanes);
  }
  return known;
}

Vec VectorBody::get(Value bodyValue) {
  if (auto it = values.find(bodyValue); it != values.end())
    return it->second;
  // Defined outside of the body, or a constant.
  return Vec{bodyValue, /*isScalar=*/true};
}

/// Whether the result of `op` may lie in the output until the output's own value is computed.
bool VectorBody::isFree(const Output &output, Operation *op) {
  unsigned left = output.holder ? usesLeft[output.holder] : 0;
  if (left > 1 || (left == 1 && !llvm::is_contained(op->getOperands(), output.holder)))
    return false;
  Block *block = op->getBlock();
  auto ended = [&](Operation *user) {
    Operation *step = block->findAncestorOpInBlock(*user);
    return step == output.last || step->isBeforeInBlock(output.last);
  };
  bool consumed = llvm::all_of(op->getResult(0).getUsers(), [&](Operation *user) {
    // What a truth value becomes lies where the truth value does.
    return ended(user) && (!isa<arith::UIToFPOp>(user) || llvm::all_of(user->getUsers(), ended));
  });
  return consumed && llvm::all_of(block->getArguments(), [&](BlockArgument argument) {
           auto bound = values.find(argument);
           if (bound == values.end() || bound->second.isScalar || !mayAlias(bound->second.value, output.memref))
             return true;
           // Every lowering writes its destination last, so it may be the operand itself.
           return llvm::all_of(argument.getUsers(), [&](Operation *user) {
             Operation *step = block->findAncestorOpInBlock(*user);
             return step->isBeforeInBlock(op) || (step == op && bound->second.value == output.memref);
           });
         });
}

/// The memref an operation's result goes to: the output that wants it, an operand that dies here, an output that is
/// free so far, or a temporary.
Value VectorBody::destination(Operation *op, Type type, int64_t period) {
  if (Value output = wanted.lookup(op->getResult(0)); output && period == 0 && typeOf(output).getElementType() == type)
    return output;
  for (Value operand : op->getOperands()) {
    Vec vec = get(operand);
    if (vec.owned && usesLeft[operand] == 1 && vec.period == period && vec.type() == type) {
      values[operand].owned = false; // now the result's
      return vec.value;
    }
  }
  for (Output &output : outputs)
    if (period == 0 && typeOf(output.memref).getElementType() == type && isFree(output, op)) {
      output.holder = op->getResult(0);
      return output.memref;
    }
  return temp(type, period);
}

void VectorBody::releaseOperands(Operation *op) {
  for (Value operand : op->getOperands())
    if (--usesLeft[operand] == 0) {
      Vec vec = get(operand);
      if (vec.owned)
        release(vec.value, vec.period);
    }
}

Value VectorBody::materialise(Vec vec, int64_t period, bool &owned) {
  owned = true;
  if (vec.isScalar) {
    Value dst = temp(vec.type(), period);
    e.op("write_value", {dst, n(period), vec.value});
    return dst;
  }
  if (vec.period != period) {
    Value dst = temp(vec.type(), period);
    expand(dst, vec.value, vec.period, period);
    return dst;
  }
  owned = false;
  return vec.value;
}

Vec VectorBody::truthItself(Operation *cast) {
  Value truth = cast->getOperand(0);
  Vec vec = get(truth);
  Output *output = llvm::find_if(outputs, [&](const Output &each) { return each.holder == truth; });
  bool isHolder = output != outputs.end();
  if (!vec.owned && !isHolder) // nothing overwrites it
    return vec;
  if (usesLeft[truth] > 1) {
    Value copy = temp(vec.type(), vec.period);
    move(copy, vec.value, vec.period);
    return Vec{copy, false, vec.period, true};
  }
  values[truth].owned = false;
  if (isHolder)
    output->holder = cast->getResult(0);
  return vec;
}

Vec VectorBody::truthAs(Type type, Vec truth) {
  Value converted = temp(type, truth.period);
  emitFloatCast(*this, converted, truth.value, truth.period);
  return Vec{converted, false, truth.period, true};
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void VectorBody::unary(StringRef name, Value dst, Value src, int64_t period) { e.op(name, {dst, src, n(period)}); }

void VectorBody::withScalar(StringRef name, Value dst, Value src, Value scalar, int64_t period) {
  bool direct = e.device.hasScalarForms || name == "add" || name == "sub" || name == "mul" || name == "ge";
  if (name == "and" || name == "or" || name == "xor")
    direct = false;
  if (direct) {
    std::string form = name == "maxequal"   ? "maxeq_scalar"
                       : name == "minequal" ? "mineq_scalar"
                                            : (name + "_scalar").str();
    e.op(form, {dst, src, scalar, n(period)});
    return;
  }
  int64_t lanes = kVectorBytes / elementBytes(src);
  std::optional<int64_t> constant = getConstantIntValue(period ? e.attr(period) : count);
  if (e.is2xx() || (constant && *constant % lanes == 0)) {
    e.op(("cycle_" + name).str(), {dst, src, segment(scalar), n(period), e.index(lanes)});
    return;
  }
  Value full = temp(scalar.getType(), period);
  e.op("write_value", {full, n(period), scalar});
  e.op(name, {dst, src, full, n(period)});
  release(full, period);
}

void VectorBody::withScalar(StringRef name, Value dst, Value src, double scalar, int64_t period) {
  withScalar(name, dst, src, e.scalar(typeOf(src).getElementType(), scalar), period);
}

/// The operation with its operands exchanged, or "" if that is another computation.
static StringRef swapped(StringRef name) {
  return llvm::StringSwitch<StringRef>(name)
      .Case("lt", "gt")
      .Case("le", "ge")
      .Case("gt", "lt")
      .Case("ge", "le")
      .Case("sub", "")
      .Default(name);
}

void VectorBody::extreme(bool larger, Value dst, Vec x, Vec y, int64_t period) {
  StringRef name = extremeName(e.device, typeOf(dst).getElementType(), larger);
  bool isFirst = nanForm(e.device, typeOf(dst).getElementType()) == NaNForm::FirstOperand;
  auto isNumber = [](Vec vec) { return vec.isScalar && matchPattern(vec.value, m_Constant()); };
  if (!isFirst || isNumber(x) || isNumber(y))
    return binary(name, dst, x, y, period);
  bool ownX = false, ownY = false;
  Value vx = materialise(x, period, ownX), vy = materialise(y, period, ownY);
  emitExtreme(e, larger, dst, vx, vy, n(period), period ? period : capacity);
  if (ownX)
    release(vx, period);
  if (ownY)
    release(vy, period);
}

void VectorBody::binary(StringRef name, Value dst, Vec x, Vec y, int64_t period) {
  bool xWhole = !x.isScalar && x.period == period, yWhole = !y.isScalar && y.period == period;
  if (xWhole && yWhole) {
    e.op(name, {dst, x.value, y.value, n(period)});
    return;
  }
  if (!xWhole) {
    assert(yWhole && "one operand has the period of the result");
    if (swapped(name).empty()) { // c - y = -y + c; -(y - c) would make -0 of c - c
      withScalar("mul", dst, y.value, -1.0, period);
      return binary("add", dst, Vec{dst, false, period}, x, period);
    }
    return binary(swapped(name), dst, y, x, period);
  }
  if (y.isScalar)
    return withScalar(name, dst, x.value, y.value, period);
  e.op(("cycle_" + name).str(), {dst, x.value, y.value, n(period), e.index(y.period)});
}

Value VectorBody::any(Value mask, int64_t period) {
  if (!isExact) // what lies between the elements may not be read
    return arith::ConstantOp::create(e.b, e.loc, e.b.getBoolAttr(true));
  Value found = e.value("count", {mask, n(period)}, e.b.getI32Type());
  return arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::ne, found, e.i32(0));
}

void VectorBody::move(Value dst, Value src, int64_t period) {
  if (dst != src)
    e.copyBytes(dst, src, e.mul(period ? e.attr(period) : count, e.attr(elementBytes(dst))));
}

void VectorBody::expand(Value dst, Value src, int64_t from, int64_t to) {
  Value bytes = e.index(from * elementBytes(dst));
  OpFoldResult total = to ? e.attr(to) : count;
  Value copies;
  if (auto constant = getConstantIntValue(total))
    copies = e.index(*constant / from);
  else
    copies = arith::DivUIOp::create(e.b, e.loc, e.index(total), e.index(from));
  e.op("memcpy_2d", {dst, src, bytes, bytes, e.index(0), copies});
}

/// 1 and 0 to all bits and no bits, in place: the float 1 times constants gives every bit but the sign.
static void toBits(VectorBody &v, Value mask, int64_t period) {
  Type type = typeOf(mask).getElementType();
  Value part = v.temp(type, period);
  Value size = v.e.index(v.e.mul(v.n(period), v.e.attr(elementBytes(mask))));
  bool single = type.isF32();
  // The largest float holds every bit of the fraction and all of the exponent but its lowest, the smallest normal
  // float that one, and 0 - 1 the sign.
  v.withScalar("mul", part, mask, single ? double(FLT_MAX) : 65504.0, period);
  Value low = v.temp(type, period);
  v.withScalar("mul", low, mask, single ? double(FLT_MIN) : 6.103515625e-05, period);
  v.e.op("bor", {part, part, low, size});
  v.release(low, period);
  v.withScalar("mul", mask, mask, -1.0, period);
  v.withScalar("add", mask, mask, 0.0, period); // -0 to 0
  v.e.op("bor", {mask, mask, part, size});
  v.release(part, period);
}

void VectorBody::blend(Value dst, Value mask, Vec x, Vec y, int64_t period) {
  toBits(*this, mask, period);
  Value size = e.index(e.mul(n(period), e.attr(elementBytes(mask))));
  auto isZero = [](Vec vec) { return vec.isScalar && matchPattern(vec.value, m_PosZeroFloat()); };
  bool ownX = false, ownY = false;
  if (isZero(y)) {
    Value vx = materialise(x, period, ownX);
    e.op("band", {dst, vx, mask, size});
    if (ownX)
      release(vx, period);
    return;
  }
  Value vy = materialise(y, period, ownY);
  Value part = temp(typeOf(dst).getElementType(), period);
  if (isZero(x)) {
    e.op("bnot", {mask, mask, size});
    e.op("band", {dst, vy, mask, size});
  } else {
    Value vx = materialise(x, period, ownX);
    e.op("band", {part, vx, mask, size});
    e.op("bnot", {mask, mask, size});
    e.op("band", {mask, vy, mask, size});
    e.op("bor", {dst, part, mask, size});
    if (ownX)
      release(vx, period);
  }
  release(part, period);
  if (ownY)
    release(vy, period);
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// dst = x `predicate` y. Every comparison with NaN gives 0 on the device, so the unordered predicates are the
/// negations of ordered ones.
static void emitCompare(VectorBody &v, arith::CmpFPredicate predicate, Value dst, Vec x, Vec y, int64_t period) {
  using P = arith::CmpFPredicate;
  auto negated = [&](StringRef name) {
    v.binary(name, dst, x, y, period);
    v.unary("not", dst, dst, period);
  };
  auto differs = [&](Value into) { // ordered and not equal
    Value less = v.temp(typeOf(dst).getElementType(), period);
    v.binary("lt", less, x, y, period);
    v.binary("gt", into, x, y, period);
    v.e.op("or", {into, into, less, v.n(period)});
    v.release(less, period);
  };
  auto ordered = [&] {
    bool ownX = false, ownY = false;
    Value vx = v.materialise(x, period, ownX), vy = v.materialise(y, period, ownY);
    Value other = v.temp(typeOf(dst).getElementType(), period);
    v.e.op("eq", {other, vy, vy, v.n(period)});
    v.e.op("eq", {dst, vx, vx, v.n(period)});
    v.e.op("and", {dst, dst, other, v.n(period)});
    v.release(other, period);
    if (ownX)
      v.release(vx, period);
    if (ownY)
      v.release(vy, period);
  };
  switch (predicate) {
  case P::OEQ:
    return v.binary("eq", dst, x, y, period);
  case P::OGT:
    return v.binary("gt", dst, x, y, period);
  case P::OGE:
    return v.binary("ge", dst, x, y, period);
  case P::OLT:
    return v.binary("lt", dst, x, y, period);
  case P::OLE:
    return v.binary("le", dst, x, y, period);
  case P::UNE:
    return negated("eq");
  case P::ULT:
    return negated("ge");
  case P::ULE:
    return negated("gt");
  case P::UGT:
    return negated("le");
  case P::UGE:
    return negated("lt");
  case P::ONE:
    return differs(dst);
  case P::UEQ:
    differs(dst);
    return v.unary("not", dst, dst, period);
  case P::ORD:
    return ordered();
  case P::UNO:
    ordered();
    return v.unary("not", dst, dst, period);
  case P::AlwaysFalse:
    return v.e.fill(dst, v.e.scalar(typeOf(dst).getElementType(), 0), v.n(period));
  case P::AlwaysTrue:
    return v.e.fill(dst, v.e.scalar(typeOf(dst).getElementType(), 1), v.n(period));
  }
}

/// The type in which the result of `op` is held: that of what was compared for truth values.
static Type heldType(Operation *op, ArrayRef<Vec> operands) {
  Type type = op->getResult(0).getType();
  if (!type.isInteger(1))
    return type;
  for (const Vec &vec : operands)
    if (!vec.isScalar)
      return vec.type();
  return type;
}

Vec VectorBody::lower(Operation *op) {
  SmallVector<Vec> operands;
  for (Value operand : op->getOperands())
    operands.push_back(get(operand));
  // The same for all elements: a scalar operation, but for what builtins cannot fill a vector with.
  if (!op->hasAttr(kJoinAttr) && llvm::all_of(operands, [](const Vec &vec) { return vec.isScalar; })) {
    IRMapping mapping;
    for (auto [operand, vec] : llvm::zip(op->getOperands(), operands))
      mapping.map(operand, vec.value);
    if (isBodyStep(op)) {
      SmallVector<Value> scalars;
      for (const Vec &vec : operands)
        scalars.push_back(vec.value);
      return Vec{stepOnScalars(e.b, op, scalars), /*isScalar=*/true};
    }
    return Vec{expandScalar(e.b.clone(*op, mapping)), /*isScalar=*/true};
  }
  // The chunk's size if one operand has it, else the largest period.
  int64_t period = 0;
  bool whole = false;
  for (const Vec &vec : operands)
    if (!vec.isScalar) {
      whole |= vec.period == 0;
      period = std::max(period, vec.period);
    }
  if (whole)
    period = 0;

  if (auto select = dyn_cast<arith::SelectOp>(op)) {
    Vec mask = operands[0];
    if (mask.isScalar) { // one branch for all: chosen by the scalar, lane by lane the same
      Value wide = temp(op->getResult(0).getType(), period);
      Value one = arith::UIToFPOp::create(e.b, e.loc, op->getResult(0).getType(), mask.value);
      e.op("write_value", {wide, n(period), one});
      mask = Vec{wide, false, period, true};
    } else if (mask.type() != op->getResult(0).getType()) { // what was compared has another type
      Vec converted = truthAs(op->getResult(0).getType(), mask);
      mask = converted;
      if (mask.period != period) {
        mask = Vec{temp(mask.type(), period), false, period, true};
        expand(mask.value, converted.value, converted.period, period);
        release(converted.value, converted.period);
      }
    } else if (!mask.owned || usesLeft[op->getOperand(0)] > 1 || mask.period != period) {
      Value copy = temp(mask.type(), period);
      if (mask.period == period)
        move(copy, mask.value, period);
      else
        expand(copy, mask.value, mask.period, period);
      mask = Vec{copy, false, period, true};
    } else {
      values[op->getOperand(0)].owned = false; // consumed here
    }
    Type type = op->getResult(0).getType();
    Value dst = destination(op, type, period);
    blend(dst, mask.value, operands[1], operands[2], period);
    release(mask.value, period);
    return Vec{dst, false, period, !isOutput(dst)};
  }
  if (isBodyStep(op))
    return lowerStep(op, operands, period);
  Type held = heldType(op, operands);
  Value dst;
  if (isVectorCast(op, e.device)) {
    if (held == operands[0].type())
      return truthItself(op);
    dst = wanted.lookup(op->getResult(0));
    if (!dst || period != 0)
      dst = temp(held, period);
    emitCast(*this, op, dst, operands[0].value, period);
  } else {
    dst = destination(op, held, period);
    if (isVectorFunction(op, e.device))
      emitFunction(*this, op, dst, operands[0].value, period);
    else if (auto compare = dyn_cast<arith::CmpFOp>(op))
      emitCompare(*this, compare.getPredicate(), dst, operands[0], operands[1], period);
    else if (isa<arith::DivFOp>(op))
      emitDivide(*this, dst, operands[0], operands[1], period);
    else if (matchPattern(op->getOperand(1), m_PosZeroFloat()) && isa<arith::MaximumFOp, arith::MaxNumFOp>(op) &&
             !operands[0].isScalar)
      unary(e.is2xx() ? "active_relu" : "relu", dst, operands[0].value, period);
    else if (isa<arith::MaximumFOp, arith::MinimumFOp>(op))
      extreme(isa<arith::MaximumFOp>(op), dst, operands[0], operands[1], period);
    else if (isLogic(op)) { // truth values that are the same for all elements take the type of the others
      SmallVector<Vec, 2> converted;
      for (Vec &vec : operands) {
        if (vec.isScalar)
          vec.value = arith::UIToFPOp::create(e.b, e.loc, held, vec.value);
        else if (vec.type() != held) // its operands have another type than those of the other comparison
          converted.push_back(vec = truthAs(held, vec));
      }
      bool ownX = false, ownY = false;
      Value x = materialise(operands[0], period, ownX), y = materialise(operands[1], period, ownY);
      e.op(binaryName(op), {dst, x, y, n(period)});
      if (ownX)
        release(x, period);
      if (ownY)
        release(y, period);
      for (const Vec &vec : converted)
        release(vec.value, vec.period);
    } else {
      binary(binaryName(op), dst, operands[0], operands[1], period);
    }
  }
  return Vec{dst, false, period, !isOutput(dst)};
}

Vec VectorBody::lowerStep(Operation *op, ArrayRef<Vec> operands, int64_t period) {
  Type type = op->getResult(0).getType();
  if (op->hasAttr(kLimbAttr)) {
    Value dst = temp(type, period);
    emitLoadLimb(*this, op, dst, operands[0].value, period);
    return Vec{dst, false, period, true};
  }
  if (op->hasAttr(kAnyAttr)) {
    return Vec{any(operands[0].value, period), /*isScalar=*/true};
  }
  SmallVector<Value> vectors;
  SmallVector<Value> own;
  for (const Vec &vec : operands) {
    bool owned;
    vectors.push_back(materialise(vec, period, owned));
    if (owned)
      own.push_back(vectors.back());
  }
  Value dst = destination(op, type, period);
  if (op->hasAttr(kJoinAttr))
    emitJoinLimbs(*this, dst, vectors, period);
  else
    e.op(op->getAttrOfType<StringAttr>(kBitsAttr).getValue(),
         {dst, vectors[0], vectors[1], e.index(e.mul(n(period), e.attr(elementBytes(dst))))});
  for (Value each : own)
    release(each, period);
  return Vec{dst, false, period, !isOutput(dst)};
}

void VectorBody::runOps(Block &body, ArrayRef<Value> memrefs) {
  Operation *yield = body.getTerminator();
  body.walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      ++usesLeft[operand];
  });
  // An operation may write its result to the output at once if nothing behind it reads what the output overwrites.
  for (auto [value, memref] : llvm::zip(yield->getOperands(), memrefs)) {
    Operation *last = value.getDefiningOp();
    if (!memref || !last || last->getBlock() != &body || isControl(last) || wanted.count(value) || isOutput(memref))
      continue;
    Output output{memref, last, Value()};
    bool safe = llvm::all_of(body.getArguments(), [&](BlockArgument argument) {
      auto bound = values.find(argument);
      return bound == values.end() || bound->second.isScalar || !mayAlias(bound->second.value, memref) ||
             llvm::all_of(argument.getUsers(), [&](Operation *user) {
               Operation *step = body.findAncestorOpInBlock(*user);
               return step->isBeforeInBlock(last) || (step == last && bound->second.value == memref);
             });
    });
    if (safe) {
      wanted[value] = memref;
      outputs.push_back(output);
    }
  }
  runSteps(body);
}

void VectorBody::runSteps(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (isControl(&op))
      lowerControl(&op);
    else
      values[op.getResult(0)] = lower(&op);
    releaseOperands(&op);
    for (Value result : op.getResults())
      if (Vec vec = values[result]; usesLeft[result] == 0 && vec.owned)
        release(vec.value, vec.period);
  }
}

void VectorBody::put(Value dst, Vec vec) {
  if (vec.isScalar)
    e.fill(dst, vec.value, n(0));
  else if (vec.period)
    expand(dst, vec.value, vec.period, 0);
  else
    move(dst, vec.value, 0);
}

/// Each value that the loop or branch carries has a vector of its own. A branch writes them first as they are without
/// it.
void VectorBody::lowerControl(Operation *op) {
  auto loop = dyn_cast<scf::ForOp>(op);
  auto branch = dyn_cast<scf::IfOp>(op);
  // What is used inside and defined before stays for the next round, and no output is there to be overwritten.
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value value : captured)
    ++usesLeft[value];
  SmallVector<Output> suspended = std::exchange(outputs, {});

  SmallVector<Value> held;
  SmallVector<Vec> copies;
  for (Value value : loop ? loop.getInitArgs() : branch.elseYield().getOperands()) {
    held.push_back(temp(value.getType(), 0));
    put(held.back(), get(value));
  }
  if (branch)
    releaseOperands(branch.elseYield());
  Block &inside = op->getRegion(0).front();
  {
    auto scalar = [&](Value value) { return get(value).value; };
    Operation *emitted;
    if (loop) {
      auto made = scf::ForOp::create(e.b, e.loc, scalar(loop.getLowerBound()), scalar(loop.getUpperBound()),
                                     scalar(loop.getStep()));
      emitted = made;
      values[loop.getInductionVar()] = Vec{made.getInductionVar(), /*isScalar=*/true};
      for (auto [argument, vector] : llvm::zip(loop.getRegionIterArgs(), held))
        values[argument] = Vec{vector};
    } else {
      emitted = scf::IfOp::create(e.b, e.loc, scalar(branch.getCondition()), /*withElseRegion=*/false);
    }
    Inside region(*this, emitted);
    runSteps(inside);
    // All results are there before the first of them is written.
    Operation *yield = inside.getTerminator();
    SmallVector<Vec> results;
    for (auto [value, vector] : llvm::zip(yield->getOperands(), held)) {
      Vec vec = get(value);
      if (vec.value != vector && llvm::is_contained(held, vec.value)) {
        Vec copy{temp(vec.type(), 0)};
        move(copy.value, vec.value, 0);
        copies.push_back(vec = copy);
      }
      results.push_back(vec);
    }
    for (auto [vec, vector] : llvm::zip(results, held))
      put(vector, vec);
    releaseOperands(yield);
  }
  for (const Vec &copy : copies)
    release(copy.value, 0);
  for (Value value : captured)
    if (Vec vec = get(value); --usesLeft[value] == 0 && vec.owned)
      release(vec.value, vec.period);
  outputs = suspended;
  for (auto [result, vector] : llvm::zip(op->getResults(), held))
    values[result] = Vec{vector, false, 0, true};
}

void VectorBody::run(Block &body, ArrayRef<Value> memrefs) {
  runOps(body, memrefs);
  for (auto [value, output] : llvm::zip(body.getTerminator()->getOperands(), memrefs)) {
    if (!output)
      continue;
    Vec vec = get(value);
    put(output, vec);
  }
}

Vec VectorBody::compute(Block &body, unsigned position) {
  runOps(body, SmallVector<Value>(body.getTerminator()->getNumOperands()));
  Vec vec = get(body.getTerminator()->getOperand(position));
  bool owned;
  return Vec{materialise(vec, 0, owned), false, 0, owned || vec.owned};
}
