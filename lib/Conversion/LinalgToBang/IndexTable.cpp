//===- IndexTable.cpp - Addresses that are known when compiling -----------===//
//
// A map with quotients, remainders and conditions is evaluated, index by index, while compiling. What comes out is
// almost always a few walks with constant steps, whatever the map looked like: a roll is two, an upsampling two nested
// ones.
//
//===----------------------------------------------------------------------===//
#include "IndexTable.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

Dependence l2b::dependenceOf(linalg::LinalgOp op, Value value) {
  Dependence result{llvm::SmallBitVector(op.getNumLoops())};
  if (auto argument = dyn_cast<BlockArgument>(value); argument && argument.getOwner() == op.getBlock()) {
    AffineMap map = op.getMatchingIndexingMap(op.getMatchingOpOperand(argument));
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
      if (map.isFunctionOfDim(loop))
        result.loops.set(loop);
    result.onData = true;
    return result;
  }
  Operation *def = value.getDefiningOp();
  if (!def || def->getBlock() != op.getBlock())
    return result;
  if (auto index = dyn_cast<linalg::IndexOp>(def)) {
    result.loops.set(index.getDim());
    return result;
  }
  result.onData = !isa<arith::ArithDialect>(def->getDialect());
  for (Value operand : def->getOperands()) {
    Dependence part = dependenceOf(op, operand);
    result.loops |= part.loops;
    result.onData |= part.onData;
  }
  return result;
}

static std::optional<int64_t> evaluate(Operation *op, ArrayRef<int64_t> x) {
  auto divides = [&](auto compute) -> std::optional<int64_t> {
    return x[1] == 0 ? std::nullopt : std::optional<int64_t>(compute());
  };
  return llvm::TypeSwitch<Operation *, std::optional<int64_t>>(op)
      .Case<arith::AddIOp>([&](auto) { return x[0] + x[1]; })
      .Case<arith::SubIOp>([&](auto) { return x[0] - x[1]; })
      .Case<arith::MulIOp>([&](auto) { return x[0] * x[1]; })
      .Case<arith::AndIOp>([&](auto) { return x[0] & x[1]; })
      .Case<arith::OrIOp>([&](auto) { return x[0] | x[1]; })
      .Case<arith::XOrIOp>([&](auto) { return x[0] ^ x[1]; })
      .Case<arith::DivSIOp>([&](auto) { return divides([&] { return x[0] / x[1]; }); })
      .Case<arith::RemSIOp>([&](auto) { return divides([&] { return x[0] % x[1]; }); })
      .Case<arith::FloorDivSIOp>([&](auto) { return divides([&] { return llvm::divideFloorSigned(x[0], x[1]); }); })
      .Case<arith::MaxSIOp>([&](auto) { return std::max(x[0], x[1]); })
      .Case<arith::MinSIOp>([&](auto) { return std::min(x[0], x[1]); })
      .Case<arith::IndexCastOp>([&](auto) { return x[0]; })
      .Case<arith::SelectOp>([&](auto) { return x[0] ? x[1] : x[2]; })
      .Case<arith::CmpIOp>([&](arith::CmpIOp compare) -> std::optional<int64_t> {
        switch (compare.getPredicate()) {
        case arith::CmpIPredicate::eq:
          return x[0] == x[1];
        case arith::CmpIPredicate::ne:
          return x[0] != x[1];
        case arith::CmpIPredicate::slt:
          return x[0] < x[1];
        case arith::CmpIPredicate::sle:
          return x[0] <= x[1];
        case arith::CmpIPredicate::sgt:
          return x[0] > x[1];
        case arith::CmpIPredicate::sge:
          return x[0] >= x[1];
        default:
          return std::nullopt;
        }
      })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<int64_t> l2b::evaluateAt(linalg::LinalgOp op, Value value, ArrayRef<int64_t> ivs) {
  Operation *def = value.getDefiningOp();
  if (!def)
    return std::nullopt;
  if (auto constant = dyn_cast<arith::ConstantOp>(def)) {
    auto integer = dyn_cast<IntegerAttr>(constant.getValue());
    if (!integer)
      return std::nullopt;
    return integer.getType().isInteger(1) ? int64_t(integer.getValue().getZExtValue()) : integer.getInt();
  }
  if (auto index = dyn_cast<linalg::IndexOp>(def))
    return ivs[index.getDim()];
  if (def->getBlock() != op.getBlock() || def->getNumOperands() > 3 || !isa<arith::ArithDialect>(def->getDialect()))
    return std::nullopt;
  SmallVector<int64_t, 3> operands;
  for (Value operand : def->getOperands()) {
    std::optional<int64_t> known = evaluateAt(op, operand, ivs);
    if (!known)
      return std::nullopt;
    operands.push_back(*known);
  }
  return evaluate(def, operands);
}

/// Joins neighbours of the same form at constant distances.
static SmallVector<Run> joined(ArrayRef<Run> runs) {
  SmallVector<Run> result;
  for (size_t first = 0; first < runs.size();) {
    size_t end = first + 1;
    auto alike = [&](size_t k) { return runs[k].steps == runs[first].steps; };
    if (end < runs.size() && alike(end)) {
      int64_t dst = runs[end].dst - runs[first].dst, src = runs[end].src - runs[first].src;
      while (end < runs.size() && alike(end) && runs[end].dst - runs[end - 1].dst == dst &&
             runs[end].src - runs[end - 1].src == src)
        ++end;
      Run run = runs[first];
      run.steps.insert(run.steps.begin(), {int64_t(end - first), dst, src});
      result.push_back(run);
    } else {
      result.push_back(runs[first]);
    }
    first = end;
  }
  return result;
}

/// One run for each residue of the index, where the table repeats itself at a distance.
static SmallVector<Run> periodic(ArrayRef<int64_t> table, size_t most) {
  for (size_t period = 2; period <= most && 2 * period <= table.size(); ++period) {
    int64_t distance = table[period] - table[0];
    bool repeats = true;
    for (size_t i = 0; i + period < table.size() && repeats; ++i)
      repeats = table[i] >= 0 && table[i + period] - table[i] == distance;
    if (!repeats)
      continue;
    SmallVector<Run> runs;
    for (size_t i = 0; i < period; ++i)
      runs.push_back(
          {int64_t(i), table[i], {{int64_t((table.size() - i + period - 1) / period), int64_t(period), distance}}});
    return runs;
  }
  return {};
}

std::optional<SmallVector<Run>> l2b::runsOf(ArrayRef<int64_t> table, size_t most) {
  SmallVector<Run> runs;
  for (auto [dst, src] : llvm::enumerate(table))
    if (src >= 0)
      runs.push_back({int64_t(dst), src, {}});
  for (size_t before = 0; runs.size() != before;) {
    before = runs.size();
    runs = joined(runs);
  }
  constexpr size_t kFew = 4;
  if (runs.size() > kFew) {
    SmallVector<Run> better = periodic(table, std::min(most, runs.size() - 1));
    if (!better.empty())
      runs = better;
  }
  return runs.size() <= most ? std::optional(runs) : std::nullopt;
}
