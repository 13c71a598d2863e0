//===- Statements.cpp - Operations as C statements -------------------------===//
#include "Emitter.h"

#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

#include <array>

using namespace mlir;
using namespace metabang;
using namespace metabang::bangc;

void Emitter::line(const Twine &text) { os.indent(indent) << text << "\n"; }

void Emitter::printLocation(Location loc) {
  std::string source = getSourceLine(loc);
  if (source.empty() || source == lastLocation)
    return;
  line("// " + source);
  lastLocation = source;
}

void Emitter::declare(Value value, StringRef name, const Expr *init) {
  std::string text = getCType(value.getType()) + (isa<MemRefType>(value.getType()) ? " *" : " ") + name.str();
  line(init ? text + " = " + init->text + ";" : text + ";");
  values[value] = {name.str()};
}

/// A name for what a user does with `value`, or "".
static StringRef suggestByUse(OpOperand &use) {
  using bang::Role;
  unsigned number = use.getOperandNumber();
  if (isa<scf::ForOp>(use.getOwner()))
    return number < 3 ? std::array<StringRef, 3>{"first", "end", "step"}[number] : "";
  if (auto view = dyn_cast<memref::SubViewOp>(use.getOwner())) {
    unsigned offsets = view.getOffsets().size();
    return number <= offsets ? "offset" : number <= offsets + view.getSizes().size() ? "size" : "";
  }
  auto builtin = dyn_cast<bang::BuiltinOpInterface>(use.getOwner());
  if (!builtin)
    return "";
  switch (builtin.getOperandRole(number)) {
  case Role::Count:
    return "count";
  case Role::Bytes:
    return "bytes";
  case Role::Stride:
    return "stride";
  case Role::Segments:
    return "segments";
  case Role::Position:
    return "position";
  case Role::Scalar:
    return "value";
  default:
    return "";
  }
}

/// A name for a value that has none of its own.
static StringRef suggestName(Value value) {
  if (value.getDefiningOp<mlu::TaskIdOp>())
    return "task";
  if (value.getDefiningOp<mlu::TaskDimOp>())
    return "tasks";
  if (value.getType().isInteger(1))
    return "in_range";
  if (auto flip = value.getDefiningOp<arith::SubIOp>(); flip && getConstantIntValue(flip.getLhs()) == 1)
    return "other"; // slot of two
  for (OpOperand &use : value.getUses())
    if (StringRef name = suggestByUse(use); !name.empty())
      return name;
  // A factor of a size or an offset is named after it.
  for (Operation *user : value.getUsers())
    if (isa<arith::MulIOp>(user) && getConstantIntValue(user->getOperand(1)))
      for (OpOperand &use : user->getUses())
        if (StringRef name = suggestByUse(use); !name.empty())
          return name == "bytes" ? "size" : name;
  return isa<FloatType>(value.getType()) ? "x" : "t";
}

/// A name made of the first operand's: the parts of a number that is taken apart (tile_outer, tile_inner), the loop
/// variable of another iteration (next_tile).
static std::string suggestByOperand(Operation *op, const Expr &first) {
  if (op->getNumOperands() != 2 || !first.isAtom || !llvm::isAlpha(first.text.front()))
    return {};
  if (isa<arith::DivUIOp, arith::DivSIOp>(op))
    return first.text + "_outer";
  if (isa<arith::RemUIOp, arith::RemSIOp>(op))
    return first.text + "_inner";
  auto arg = dyn_cast<BlockArgument>(op->getOperand(0));
  auto loop = arg ? dyn_cast<scf::ForOp>(arg.getOwner()->getParentOp()) : scf::ForOp();
  if (!loop || arg != loop.getInductionVar() || op->getOperand(1) != loop.getStep())
    return {};
  return isa<arith::AddIOp>(op) ? "next_" + first.text : isa<arith::SubIOp>(op) ? "previous_" + first.text : "";
}

/// Whether `op` only scales a number to bytes for builtins of its block: each prints `n * sizeof(float)` itself.
static bool isByteCount(Operation *op) {
  return isa<arith::MulIOp>(op) && getConstantIntValue(op->getOperand(1)) &&
         llvm::all_of(op->getUses(), [&](OpOperand &use) {
           auto builtin = dyn_cast<bang::BuiltinOpInterface>(use.getOwner());
           if (!builtin || use.getOwner()->getBlock() != op->getBlock())
             return false;
           bang::Role role = builtin.getOperandRole(use.getOperandNumber());
           return role == bang::Role::Bytes || role == bang::Role::Stride;
         });
}

/// The uses of a value that the text shows: sizes of views are not, nor what only such uses need.
unsigned Emitter::countUses(Value value) {
  auto [it, isNew] = shownUses.try_emplace(value, 0);
  if (!isNew)
    return it->second;
  unsigned count = 0;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    auto view = dyn_cast<memref::SubViewOp>(user);
    bool isSize = view && use.getOperandNumber() > view.getOffsets().size();
    if (isSize || isa<memref::DimOp>(user) || (isExpression(user) && countUses(user->getResult(0)) == 0))
      continue;
    count += isByteCount(user) ? countUses(user->getResult(0)) : 1; // repeated where it is used
  }
  return shownUses[value] = count;
}

void Emitter::printExpression(Operation *op) {
  if (isa<arith::ConstantOp>(op))
    return;
  Value result = op->getResult(0);
  unsigned uses = countUses(result);
  if (uses == 0)
    return;
  Expr e = buildExpression(op);
  // Inline what is used once in the same block, if the line stays readable, and what costs nothing to repeat.
  constexpr size_t longest = 48;
  bool isUsedHere =
      uses == 1 && llvm::all_of(result.getUsers(), [&](Operation *user) { return user->getBlock() == op->getBlock(); });
  bool isCheap = e.isAtom || (!e.offset.empty() && llvm::all_of(e.offset, llvm::isDigit));
  bool isTask = isa<mlu::TaskIdOp, mlu::TaskDimOp>(op);
  if (!isTask && (isCheap || ((isUsedHere || isByteCount(op)) && e.text.size() <= longest))) {
    values[result] = e;
    return;
  }
  std::string name;
  if (isa<MemRefType>(result.getType())) {
    Value root = bang::traceView(result).root;
    std::string base = values.count(root) ? values[root].text : "p";
    name = names.forValue(result, StringRef(base).ends_with("_at") ? base : base + "_at");
  } else {
    std::string made = op->getNumOperands() > 0 ? suggestByOperand(op, expr(op->getOperand(0))) : "";
    name = names.forValue(result, made.empty() ? suggestName(result) : StringRef(made));
  }
  declare(result, name, &e);
}

/// variables = values, as if at once.
void Emitter::assignAll(ArrayRef<std::string> variables, ValueRange newValues) {
  SmallVector<std::string> texts;
  for (Value value : newValues)
    texts.push_back(expr(value).text);
  // An assignment needs a temporary if a later one reads what it overwrites.
  auto mentions = [](StringRef text, StringRef name) {
    for (size_t at = text.find(name); at != StringRef::npos; at = text.find(name, at + 1)) {
      auto isWord = [&](size_t i) { return i < text.size() && (llvm::isAlnum(text[i]) || text[i] == '_'); };
      if ((at == 0 || !isWord(at - 1)) && !isWord(at + name.size()))
        return true;
    }
    return false;
  };
  for (size_t i = 0; i < variables.size(); ++i)
    for (size_t j = i + 1; j < variables.size(); ++j)
      if (texts[i] != variables[i] && mentions(texts[j], variables[i])) {
        std::string name = names.reserve("next_" + variables[j]);
        Type type = newValues[j].getType();
        line(getCType(type) + (isa<MemRefType>(type) ? " *" : " ") + name + " = " + texts[j] + ";");
        texts[j] = name;
      }
  for (auto [variable, text] : llvm::zip_equal(variables, texts))
    if (variable != text)
      line(variable + " = " + text + ";");
}

void Emitter::printFor(scf::ForOp loop) {
  SmallVector<std::string> variables;
  for (auto [init, arg, result] : llvm::zip_equal(loop.getInitArgs(), loop.getRegionIterArgs(), loop.getResults())) {
    Expr value = expr(init);
    bool isPointer = isa<MemRefType>(arg.getType());
    variables.push_back(names.forValue(arg, isPointer ? value.text.substr(0, value.text.find(' ')) + "_now"
                                            : isa<FloatType>(arg.getType()) ? "acc"
                                                                            : "slot"));
    declare(arg, variables.back(), &value);
    values[result] = {variables.back()};
  }
  names.enterScope();
  std::string i = names.forLoop(loop.getInductionVar());
  values[loop.getInductionVar()] = {i};
  std::string step = getConstantIntValue(loop.getStep()) == 1 ? "++" + i : i + " += " + expr(loop.getStep()).text;
  open("for (int " + i + " = " + expr(loop.getLowerBound()).text + "; " + i + " < " +
       parenthesize(expr(loop.getUpperBound()), Sum) + "; " + step + ") {");
  printBlock(*loop.getBody());
  assignAll(variables, cast<scf::YieldOp>(loop.getBody()->getTerminator()).getResults());
  close();
  names.leaveScope();
}

void Emitter::printIf(scf::IfOp branch) {
  SmallVector<std::string> variables;
  for (Value result : branch.getResults()) {
    variables.push_back(names.forValue(result, isa<MemRefType>(result.getType()) ? "p" : "value"));
    declare(result, variables.back(), nullptr);
  }
  auto printRegion = [&](Region &region) {
    names.enterScope();
    printBlock(region.front());
    assignAll(variables, cast<scf::YieldOp>(region.front().getTerminator()).getResults());
    names.leaveScope();
  };
  open("if (" + expr(branch.getCondition()).text + ") {");
  printRegion(branch.getThenRegion());
  if (!branch.getElseRegion().empty()) {
    close("} else {");
    indent += 2;
    printRegion(branch.getElseRegion());
  }
  close();
}

void Emitter::printWhile(scf::WhileOp loop) {
  SmallVector<std::string> variables, results;
  for (auto [init, arg] : llvm::zip_equal(loop.getInits(), loop.getBeforeArguments())) {
    Expr value = expr(init);
    variables.push_back(names.forValue(arg, "state"));
    declare(arg, variables.back(), &value);
  }
  for (auto [result, arg] : llvm::zip_equal(loop.getResults(), loop.getAfterArguments())) {
    results.push_back(names.forValue(result, "state"));
    declare(result, results.back(), nullptr);
    values[arg] = {results.back()};
  }
  names.enterScope();
  open("while (true) {");
  printBlock(*loop.getBeforeBody());
  assignAll(results, loop.getConditionOp().getArgs());
  line("if (!" + parenthesize(expr(loop.getConditionOp().getCondition()), Unary) + ")");
  line("  break;");
  printBlock(*loop.getAfterBody());
  assignAll(variables, loop.getYieldOp().getResults());
  close();
  names.leaveScope();
}

void Emitter::printBlock(Block &block) {
  for (Operation &op : block)
    if (!op.hasTrait<OpTrait::IsTerminator>())
      printStatement(op);
}

void Emitter::printStatement(Operation &op) {
  if (isExpression(&op))
    return printExpression(&op);
  if (isa<memref::AllocOp, memref::DeallocOp, memref::AssumeAlignmentOp>(op))
    return; // buffers are declared at the head of the kernel
  printLocation(op.getLoc());
  llvm::TypeSwitch<Operation *>(&op)
      .Case<scf::ForOp>([&](auto loop) { printFor(loop); })
      .Case<scf::WhileOp>([&](auto loop) { printWhile(loop); })
      .Case<scf::IfOp>([&](auto branch) { printIf(branch); })
      .Case<memref::LoadOp>([&](memref::LoadOp load) {
        Expr value = element(load.getMemRef(), load.getIndices());
        declare(load.getResult(), names.forValue(load.getResult(), suggestName(load.getResult())), &value);
      })
      .Case<memref::StoreOp>([&](memref::StoreOp store) {
        line(element(store.getMemRef(), store.getIndices()).text + " = " + expr(store.getValueToStore()).text + ";");
      })
      .Default([&](Operation *builtin) { printBuiltin(builtin); });
}
