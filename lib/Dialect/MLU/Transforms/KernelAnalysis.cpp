//===- KernelAnalysis.cpp - What kind of kernel an operation makes --------===//
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "metabang/Dialect/MLU/Transforms/Exchange.h"
#include "metabang/Dialect/MLU/Transforms/Resampling.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <numeric>

using namespace mlir;
using namespace metabang::mlu;

/// Sums of dims times constants. Upstream tiling of maps with floordiv or mod is wrong (DESIGN.md, section 3).
static bool isLinear(AffineExpr expr) {
  bool linear = true;
  expr.walk([&](AffineExpr e) {
    AffineExprKind kind = e.getKind();
    linear &= kind != AffineExprKind::FloorDiv && kind != AffineExprKind::CeilDiv && kind != AffineExprKind::Mod &&
              kind != AffineExprKind::SymbolId;
  });
  return linear;
}

static bool usesDim(AffineMap map, unsigned dim) {
  return llvm::any_of(map.getResults(), [&](AffineExpr e) { return e.isFunctionOfDim(dim); });
}

/// Whether the body is acc + a * b, with conversions of a and b allowed.
static bool isMultiplyAccumulate(linalg::LinalgOp op) {
  int multiplies = 0, adds = 0, others = 0;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (isa<arith::MulFOp, arith::MulIOp>(inner))
      ++multiplies;
    else if (isa<arith::AddFOp, arith::AddIOp>(inner))
      ++adds;
    else if (!isa<arith::SIToFPOp, arith::ExtFOp, arith::ExtSIOp>(inner))
      ++others;
  }
  return multiplies == 1 && adds == 1 && others == 0;
}

/// Whether any element of operand `i` is read (a pooling window is a shape only).
static bool isRead(linalg::LinalgOp op, OpOperand *operand) { return op.payloadUsesValueFromOperand(operand); }

KernelKind metabang::mlu::classify(linalg::LinalgOp op) {
  if (op->hasAttr(kGatherAttrName) || op->hasAttr(kScalarAttrName) || op->hasAttr(kExchangeAttrName) ||
      op.getNumDpsInits() != 1 || op->getNumRegions() != 1)
    return KernelKind::Scalar;
  for (Operation &inner : *op.getBlock())
    if (isa<linalg::IndexOp, tensor::ExtractOp>(inner))
      return KernelKind::Scalar;
  for (AffineMap map : op.getIndexingMapsArray())
    if (!llvm::all_of(map.getResults(), isLinear))
      return KernelKind::Scalar;

  // Loops come as parallel first, and the result is indexed by them in order.
  unsigned parallel = op.getNumParallelLoops(), loops = op.getNumLoops();
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  for (unsigned i = 0; i < parallel; ++i)
    if (iterators[i] != utils::IteratorType::parallel)
      return KernelKind::Scalar;
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (out != AffineMap::getMultiDimIdentityMap(loops, op.getContext()).getMajorSubMap(parallel))
    return KernelKind::Scalar;
  if (parallel == loops)
    return parallel == 0 ? KernelKind::Scalar : KernelKind::Elementwise;
  if (parallel == 0)
    return KernelKind::Scalar;

  SmallVector<OpOperand *> inputs;
  for (OpOperand *operand : op.getDpsInputOperands())
    if (isRead(op, operand))
      inputs.push_back(operand);
  if (inputs.size() == 2 && isMultiplyAccumulate(op)) {
    AffineMap x = op.getMatchingIndexingMap(inputs[0]), w = op.getMatchingIndexingMap(inputs[1]);
    unsigned channel = parallel - 1;
    if (!w.isProjectedPermutation() || !usesDim(w, channel))
      return KernelKind::Scalar;
    if (usesDim(x, channel))
      return x.isProjectedPermutation() ? KernelKind::Scalar : KernelKind::Depthwise;
    if (x.isProjectedPermutation() && loops == parallel + 1)
      return usesDim(x, parallel) && usesDim(w, parallel) ? KernelKind::MatMul : KernelKind::Scalar;
    // Rows and columns at most, with the input channels behind them.
    bool isImage = x.getNumResults() >= 2 && w.getNumResults() >= 3 && usesDim(x, loops - 1) && usesDim(w, loops - 1);
    return isImage && loops - parallel <= 3 ? KernelKind::Convolution : KernelKind::Scalar;
  }
  if (inputs.size() != 1)
    return KernelKind::Scalar;
  AffineMap x = op.getMatchingIndexingMap(inputs[0]);
  return x.isProjectedPermutation() ? KernelKind::Reduction : KernelKind::Pool;
}

SmallVector<int64_t> metabang::mlu::padEnd(ArrayRef<int64_t> shape, int64_t multiple) {
  SmallVector<int64_t> best;
  for (size_t dim = 0; dim + 1 < shape.size(); ++dim) {
    if (shape[dim] == 1 && dim + 2 < shape.size())
      continue;
    SmallVector<int64_t> grown(shape);
    int64_t inner = ShapedType::getNumElements(shape.drop_front(dim + 1));
    grown[dim] = llvm::alignTo(shape[dim], multiple / std::gcd(multiple, inner));
    if (best.empty() || ShapedType::getNumElements(grown) * 2 < ShapedType::getNumElements(best))
      best = grown;
  }
  return best;
}

bool metabang::mlu::movesRows(linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic || op.getNumReductionLoops() > 0 || op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 ||
      op.getNumLoops() == 0 || classify(op) != KernelKind::Elementwise)
    return false;
  Block *body = op.getBlock();
  AffineMap from = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  AffineMap to = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!llvm::hasSingleElement(*body) || body->getTerminator()->getOperand(0) != body->getArgument(0) ||
      !to.isIdentity() || from.getNumResults() == 0)
    return false;
  return llvm::none_of(from.getResults().drop_back(),
                       [&](AffineExpr expr) { return expr.isFunctionOfDim(to.getNumDims() - 1); });
}

bool metabang::mlu::isHeavy(KernelKind kind) { return kind != KernelKind::Elementwise && kind != KernelKind::Scalar; }

static StringRef accumulatorName(linalg::LinalgOp op) {
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (isa<arith::MaximumFOp, arith::MaxNumFOp, arith::MaxSIOp, arith::MaxUIOp>(inner))
      return "max";
    if (isa<arith::MinimumFOp, arith::MinNumFOp, arith::MinSIOp, arith::MinUIOp>(inner))
      return "min";
    if (isa<arith::MulFOp, arith::MulIOp>(inner))
      return "prod";
  }
  return "sum";
}

/// "addf" of arith becomes "add"; at most three words.
static std::string describeBody(linalg::LinalgOp op) {
  SmallVector<std::string> words;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (isa<arith::ConstantOp>(inner))
      continue;
    std::string word = inner.getName().stripDialect().str();
    static constexpr std::pair<StringLiteral, StringLiteral> names[] = {
        {"addf", "add"},     {"addi", "add"}, {"subf", "sub"},     {"subi", "sub"},     {"mulf", "mul"},
        {"muli", "mul"},     {"divf", "div"}, {"maximumf", "max"}, {"minimumf", "min"}, {"cmpf", "compare"},
        {"cmpi", "compare"}, {"negf", "neg"}, {"sitofp", "cast"},  {"fptosi", "cast"},  {"truncf", "cast"},
        {"extf", "cast"},    {"absf", "abs"}, {"maxsi", "max"},    {"minsi", "min"}};
    for (auto [from, to] : names)
      if (word == from)
        word = to.str();
    if (words.empty() || words.back() != word)
      words.push_back(word);
    if (words.size() == 3)
      break;
  }
  if (words.empty()) {
    bool permutes =
        llvm::any_of(op.getIndexingMapsArray(), [](AffineMap m) { return m.isPermutation() && !m.isIdentity(); });
    return isa<linalg::TransposeOp>(op) || permutes ? "transpose" : "copy";
  }
  return llvm::join(words, "_");
}

std::string metabang::mlu::describe(linalg::LinalgOp op) {
  switch (classify(op)) {
  case KernelKind::Convolution:
    return "conv2d";
  case KernelKind::MatMul:
    return "matmul";
  case KernelKind::Depthwise:
    return "depthwise_conv2d";
  case KernelKind::Pool:
    return (accumulatorName(op) + "_pool").str();
  case KernelKind::Reduction:
    return accumulatorName(op).str();
  case KernelKind::Elementwise:
    return describeBody(op);
  case KernelKind::Scalar: // which tells of the analysis, not of the code: much of it becomes vectors
    if (op->hasAttr(kResampleAttrName))
      return "resample";
    if (op->hasAttr(kExchangeAttrName))
      return "transpose";
    return op->hasAttr(kGatherAttrName) ? "gather" : describeBody(op);
  }
  llvm_unreachable("covered switch");
}

FailureOr<KernelRoot> metabang::mlu::findRoot(func::FuncOp kernel) {
  KernelRoot result;
  for (auto op : kernel.getOps<linalg::LinalgOp>()) {
    if (isa<linalg::FillOp>(op))
      continue;
    KernelKind kind = classify(op);
    if (!result.root || isHeavy(kind)) {
      result.root = op;
      result.kind = kind;
    }
    result.last = op;
  }
  if (!result.root)
    return failure();
  return result;
}

bool metabang::mlu::packsFilter(linalg::LinalgOp op) { return op->hasAttr(kPackFilterAttrName); }

OpOperand *metabang::mlu::getFilterOperand(linalg::LinalgOp op, KernelKind kind) {
  if (kind != KernelKind::Convolution && kind != KernelKind::MatMul)
    return nullptr;
  return op.getDpsInputOperand(1);
}
