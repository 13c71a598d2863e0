//===- ScatterLoop.cpp - The loops of a scatter ---------------------------===//
#include "ScatterLoop.h"
#include "Extreme.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

std::optional<unsigned> ScatterLoop::loopOf(Value value) {
  for (auto [position, loop] : llvm::enumerate(loops))
    if (value == loop.getInductionVar())
      return position;
  return std::nullopt;
}

bool ScatterLoop::dependsOnlyOn(Value value, int64_t first, int64_t last) {
  if (auto loop = loopOf(value))
    return first <= int64_t(*loop) && int64_t(*loop) < last;
  Operation *def = value.getDefiningOp();
  return !def || !outermost->isAncestor(def) ||
         llvm::all_of(def->getOperands(), [&](Value operand) { return dependsOnlyOn(operand, first, last); });
}

static bool liesFlat(Value memref) {
  MemRefType type = typeOf(memref);
  return mlu::getSpace(type) == mlu::Space::GDRAM && type.hasStaticShape() && type.getLayout().isIdentity();
}

bool ScatterLoop::walks(memref::LoadOp load, int64_t first, int64_t count) {
  if (!liesFlat(load.getMemRef()) || int64_t(load.getIndices().size()) != count)
    return false;
  for (auto [position, index] : llvm::enumerate(load.getIndices()))
    if (loopOf(index) != first + position || load.getMemRefType().getDimSize(position) != sizes[first + position])
      return false;
  return true;
}

LogicalResult ScatterLoop::match() {
  if (!isa<func::FuncOp>(outermost->getParentOp()))
    return failure();
  for (scf::ForOp loop = outermost;;) {
    std::optional<int64_t> low = getConstantIntValue(loop.getLowerBound()),
                           high = getConstantIntValue(loop.getUpperBound());
    if (!low || *low != 0 || !high || *high < 1 || !isConstantIntValue(loop.getStep(), 1) || loop.getNumResults() != 0)
      return failure();
    loops.push_back(loop);
    sizes.push_back(*high);
    auto inner = dyn_cast<scf::ForOp>(loop.getBody()->front());
    if (!inner || inner->getNextNode() != loop.getBody()->getTerminator())
      break;
    loop = inner;
  }
  for (Operation &op : loops.back().getBody()->without_terminator()) {
    if (auto each = dyn_cast<memref::StoreOp>(op); each && !store)
      store = each;
    else if (op.getNumRegions() != 0 || !(isa<memref::LoadOp>(op) || isPure(&op)))
      return failure();
  }
  if (!store || !liesFlat(out()))
    return failure();
  value = store.getValueToStore();
  if (auto select = value.getDefiningOp<arith::SelectOp>())
    if (auto old = select.getFalseValue().getDefiningOp<memref::LoadOp>();
        old && old.getMemRef() == out() && old.getIndices() == store.getIndices() &&
        select.getTrueValue() != select.getFalseValue()) {
      // Of a maximum that is a selection itself, the true value is no combination.
      Operation *combined = select.getTrueValue().getDefiningOp();
      if (combined && combined->getBlock() == loops.back().getBody() &&
          llvm::is_contained(combined->getOperands(), old.getResult())) {
        condition = select.getCondition();
        value = select.getTrueValue();
      }
    }
  init = initOf(outermost, out());
  return success(init);
}

LogicalResult ScatterLoop::matchBuiltin(const Device &device) {
  combine = value.getDefiningOp();
  Type t = type();
  bool isFloat = t.isF32() || t.isF16() || (t.isBF16() && device.hasBf16Vector);
  bool isInt = device.hasIntegerVector && (t.isInteger(16) || t.isInteger(32));
  bool hasBuiltin =
      isFloat ? isa_and_nonnull<arith::AddFOp, arith::MulFOp, arith::MaximumFOp, arith::MinimumFOp>(combine)
              : isInt && isa_and_nonnull<arith::AddIOp, arith::MulIOp, arith::MaxSIOp, arith::MinSIOp>(combine);
  if (!hasBuiltin)
    return failure();
  for (unsigned k : {0, 1}) {
    auto here = combine->getOperand(k).getDefiningOp<memref::LoadOp>();
    if (!here || here.getMemRef() != out() || here.getIndices() != store.getIndices())
      continue;
    Value other = combine->getOperand(1 - k);
    auto there = other.getDefiningOp<memref::LoadOp>();
    if (there && there.getMemRef() != out())
      old = here, y = there;
    else if (other.getDefiningOp<arith::ConstantOp>())
      old = here, number = other;
  }
  return success(old);
}

void ScatterLoop::emitCombine(Emit &e, Value dst, Value x, Value y, OpFoldResult count, int64_t bound) {
  if (isa<arith::AddFOp, arith::AddIOp>(combine))
    e.op("add", {dst, x, y, e.index(count)});
  else if (isa<arith::MulFOp, arith::MulIOp>(combine))
    e.op("mul", {dst, x, y, e.index(count)});
  else
    emitExtreme(e, isa<arith::MaximumFOp, arith::MaxSIOp>(combine), dst, x, y, count, bound);
}

Value ScatterLoop::ivOf(Emit &e, OpFoldResult number, unsigned loop, unsigned first, unsigned last) {
  for (unsigned k = last - 1; k > loop; --k)
    number = arith::DivUIOp::create(e.b, e.loc, e.index(number), e.index(sizes[k])).getResult();
  if (loop > first)
    number = arith::RemUIOp::create(e.b, e.loc, e.index(number), e.index(sizes[loop])).getResult();
  return e.index(number);
}

Value ScatterLoop::materialise(Emit &e, Value value, IRMapping &known, llvm::function_ref<Value(unsigned)> iv,
                               llvm::function_ref<Value(memref::LoadOp)> replace) {
  if (Value made = known.lookupOrNull(value))
    return made;
  Value made;
  Operation *def = value.getDefiningOp();
  if (auto loop = loopOf(value)) {
    made = iv(*loop);
  } else if (!def || !outermost->isAncestor(def)) {
    return value;
  } else {
    if (auto load = dyn_cast<memref::LoadOp>(def))
      made = replace(load);
    if (!made) {
      for (Value operand : def->getOperands())
        if (!isa<MemRefType>(operand.getType()))
          materialise(e, operand, known, iv, replace);
      made = e.b.clone(*def, known)->getResult(0);
    }
  }
  known.map(value, made);
  return made;
}

linalg::FillOp l2b::initOf(scf::ForOp loop, Value out) {
  for (Operation *before = loop->getPrevNode(); before; before = before->getPrevNode())
    if (auto fill = dyn_cast<linalg::FillOp>(before); fill && fill.getOutputs()[0] == out)
      return fill;
  return {};
}

int64_t l2b::takeOver(Emit &e, scf::ForOp loop, linalg::FillOp init, int64_t blocks) {
  int64_t tasks = std::min(e.device.cores(), blocks);
  loop->getParentOfType<func::FuncOp>()->setAttr("mlu.dim", e.b.getDenseI64ArrayAttr({tasks, 1, 1}));
  init->setAttr(kTakenOverAttr, e.b.getUnitAttr());
  return tasks;
}
