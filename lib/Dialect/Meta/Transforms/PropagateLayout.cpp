//===- PropagateLayout.cpp - meta-propagate-layout ------------------------===//
#include "LayoutAssignment.h"
#include "ScatterMap.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "metabang/Dialect/Meta/IR/WindowSum.h"
#include "metabang/Dialect/Meta/Transforms/Passes.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/TypeSwitch.h"
#include <map>

namespace metabang::meta {
#define GEN_PASS_DEF_METAPROPAGATELAYOUT
#include "metabang/Dialect/Meta/Transforms/Passes.h.inc"
} // namespace metabang::meta

using namespace mlir;
using namespace metabang::meta;
using Layout = SmallVector<int64_t>;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }
static RankedTensorType typeIn(Value value, ArrayRef<int64_t> layout) {
  return typeOf(value).clone(permute(typeOf(value).getShape(), layout));
}

/// old.dim[...] in the terms of a tensor laid out as `layout`.
static Layout renamed(ArrayRef<int64_t> dims, ArrayRef<int64_t> layout) { return permute(inverse(layout), dims); }

static ElementsAttr transposed(ElementsAttr value, ArrayRef<int64_t> layout) {
  auto type = cast<RankedTensorType>(value.getShapedType());
  auto newType = type.clone(permute(type.getShape(), layout));
  auto dense = cast<DenseElementsAttr>(value);
  if (dense.isSplat())
    return dense.resizeSplat(newType);
  auto old = llvm::to_vector(dense.getValues<Attribute>());
  Layout strides = permute(rowMajorStrides(type.getShape()), layout), newStrides = rowMajorStrides(newType.getShape());
  SmallVector<Attribute> elements;
  for (int64_t i = 0, e = old.size(); i < e; ++i) {
    int64_t from = 0;
    for (auto [k, size] : llvm::enumerate(newType.getShape()))
      from += i / newStrides[k] % size * strides[k];
    elements.push_back(old[from]);
  }
  return DenseElementsAttr::get(newType, elements);
}

namespace {
/// Rewrites the operators of a function into the layouts of an assignment.
class Relayout {
public:
  Relayout(func::FuncOp func, const LayoutAssignment &assignment) : func(func), assignment(assignment), builder(func) {}

  void run();

private:
  Layout layoutOf(Value value) const { return assignment.layoutOf(value); }
  /// `value`, laid out as the assignment says.
  Value moved(Value value) const { return values.lookup(value); }
  /// `value`, laid out as `layout`.
  Value in(Value value, ArrayRef<int64_t> layout);
  Value original(Value value) { return in(value, llvm::to_vector(llvm::seq<int64_t>(0, typeOf(value).getRank()))); }

  /// The operator with its result laid out as `layout`.
  Value rewrite(Operation *op, ArrayRef<int64_t> layout);
  Value rewriteElementwise(Operation *op, ArrayRef<int64_t> layout);
  Value rewriteReindex(ReindexOp op, ArrayRef<int64_t> layout);
  Value rewriteReindexReduce(ReindexReduceOp op, ArrayRef<int64_t> layout);
  Value rewriteReduction(Operation *op, ArrayRef<int64_t> layout);
  Value transpose(Location loc, Value value, ArrayRef<int64_t> from, ArrayRef<int64_t> to);

  func::FuncOp func;
  const LayoutAssignment &assignment;
  OpBuilder builder;
  DenseMap<Value, Value> values;
  std::map<std::pair<void *, Layout>, Value> cache; // transposes and re-made free values
};
} // namespace

Value Relayout::transpose(Location loc, Value value, ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  Layout perm = renamed(to, from);
  return isIdentity(perm) ? value : TransposeOp::create(builder, loc, value, perm).getResult();
}

Value Relayout::in(Value value, ArrayRef<int64_t> layout) {
  Layout have = layoutOf(value);
  if (ArrayRef<int64_t>(have) == layout)
    return moved(value);
  if (isa<BlockArgument>(value) && isIdentity(layout))
    return value;
  Value &cached = cache[{value.getAsOpaquePointer(), Layout(layout)}];
  if (!cached) {
    // Beside the definition, so that every later use may share it.
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(moved(value));
    Operation *op = value.getDefiningOp();
    cached = isFree(op) ? rewrite(op, layout) : transpose(value.getLoc(), moved(value), have, layout);
  }
  return cached;
}

Value Relayout::rewriteElementwise(Operation *op, ArrayRef<int64_t> layout) {
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, in(operand, layout));
  Operation *copy = builder.clone(*op, mapping);
  copy->getResult(0).setType(typeIn(op->getResult(0), layout));
  return copy->getResult(0);
}

/// Whether each dimension is read along itself, and one backwards.
static bool isFlip(ReindexOp op) {
  AffineMap map = op.getMap();
  if (op.getConditions() || !op.getExtras().empty() || map.getNumDims() != map.getNumResults() || !isLinear(map))
    return false;
  bool runsBackwards = false;
  for (auto [k, expr] : llvm::enumerate(map.getResults())) {
    SmallVector<int64_t> coefficients = coefficientsOf(expr, map.getNumDims());
    runsBackwards |= coefficients[k] < 0;
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
      if (dim != k && coefficients[dim] != 0)
        return false;
  }
  return runsBackwards;
}

Value Relayout::rewriteReindex(ReindexOp op, ArrayRef<int64_t> layout) {
  Value x = op.getX(), result = op.getResult();
  auto build = [&](ArrayRef<int64_t> source, ArrayRef<int64_t> target) {
    SmallVector<AffineExpr> results;
    for (int64_t k : source)
      results.push_back(op.getMap().getResult(k));
    AffineMap map = AffineMap::get(op.getMap().getNumDims(), op.getMap().getNumSymbols(), results, op.getContext());
    return renameDims(map, inverse(target));
  };
  Layout source = layoutOf(x);
  AffineMap map = build(source, layout);
  RankedTensorType type = typeIn(result, layout);
  auto isReshape = [](AffineMap map, ArrayRef<int64_t> to, ArrayRef<int64_t> from) {
    return isRowMajorReshape(map, to, from);
  };
  // A reshape moves no data; in other layouts its map would be an address computed for each element.
  if (!isLinear(map) && isReshape(op.getMap(), typeOf(result).getShape(), typeOf(x).getShape()) &&
      !isReshape(map, type.getShape(), typeIn(x, source).getShape())) {
    Layout identity = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
    Value reshaped = ReindexOp::create(builder, op.getLoc(), op.getType(), original(x), ValueRange(), op.getMap(),
                                       op.getOverflowValue(), IntegerSetAttr());
    return transpose(op.getLoc(), reshaped, identity, layout);
  }
  // A flip moves whole rows where they lie; that and another order of dimensions would fetch single elements.
  if (ArrayRef<int64_t>(source) != layout && isFlip(op)) {
    Value flipped = ReindexOp::create(builder, op.getLoc(), typeIn(result, source), moved(x), ValueRange(),
                                      build(source, source), op.getOverflowValue(), IntegerSetAttr());
    return transpose(op.getLoc(), flipped, source, layout);
  }
  SmallVector<Value> extras;
  for (Value extra : op.getExtras())
    extras.push_back(in(extra, layout));
  IntegerSetAttr conditions;
  if (op.getConditions())
    conditions = IntegerSetAttr::get(renameDims(*op.getConditions(), inverse(layout)));
  return ReindexOp::create(builder, op.getLoc(), type, moved(x), extras, map, op.getOverflowValue(), conditions);
}

Value Relayout::rewriteReindexReduce(ReindexReduceOp op, ArrayRef<int64_t> layout) {
  if (windowSumOf(op)) { // has a kernel of its own, in this order of dimensions
    auto sum = ReindexReduceOp::create(builder, op.getLoc(), op.getType(), original(op.getY()), ValueRange(),
                                       op.getKind(), op.getMap(), IntegerSetAttr());
    return transpose(op.getLoc(), sum, llvm::to_vector(llvm::seq<int64_t>(0, op.getType().getRank())), layout);
  }
  Layout source = layoutOf(op.getY());
  SmallVector<AffineExpr> results;
  for (int64_t k : layout)
    results.push_back(op.getMap().getResult(k));
  AffineMap map = AffineMap::get(op.getMap().getNumDims(), op.getMap().getNumSymbols(), results, op.getContext());
  SmallVector<Value> extras;
  for (Value extra : op.getExtras())
    extras.push_back(in(extra, source));
  IntegerSetAttr conditions;
  if (op.getConditions())
    conditions = IntegerSetAttr::get(renameDims(*op.getConditions(), inverse(source)));
  return ReindexReduceOp::create(builder, op.getLoc(), typeIn(op.getResult(), layout), moved(op.getY()), extras,
                                 op.getKind(), renameDims(map, inverse(source)), conditions);
}

Value Relayout::rewriteReduction(Operation *op, ArrayRef<int64_t> layout) {
  Value x = op->getOperand(0);
  Layout source = layoutOf(x), dims = Layout(op->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef());
  Layout newDims = renamed(dims, source), kept, natural;
  llvm::sort(newDims);
  // The result's dimensions come in the order in which `source` has them.
  for (int64_t dim = 0; dim < typeOf(x).getRank(); ++dim)
    if (!llvm::is_contained(dims, dim))
      kept.push_back(dim);
  for (int64_t dim : source)
    if (auto *it = llvm::find(kept, dim); it != kept.end())
      natural.push_back(it - kept.begin());
  Operation *copy = builder.clone(*op);
  copy->setOperand(0, moved(x));
  copy->setAttr("dims", builder.getDenseI64ArrayAttr(newDims));
  copy->getResult(0).setType(typeIn(op->getResult(0), natural));
  return transpose(op->getLoc(), copy->getResult(0), natural, layout);
}

Value Relayout::rewrite(Operation *op, ArrayRef<int64_t> layout) {
  Location loc = op->getLoc();
  RankedTensorType type = typeIn(op->getResult(0), layout);
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](ConstantOp constant) -> Value {
        return ConstantOp::create(builder, loc, type, transposed(constant.getValue(), layout));
      })
      .Case([&](IndexOp index) -> Value {
        int64_t dim = index.getDim();
        return IndexOp::create(builder, loc, type, renamed({dim}, layout).front());
      })
      .Case([&](BroadcastOp broadcast) -> Value {
        Layout dims = permute(renamed(broadcast.getDims(), layout), layoutOf(broadcast.getX()));
        return BroadcastOp::create(builder, loc, type, moved(broadcast.getX()), dims);
      })
      .Case([&](TransposeOp op) -> Value {
        Layout perm = permute(op.getPerm(), layout);
        return transpose(loc, moved(op.getX()), layoutOf(op.getX()), perm);
      })
      .Case([&](PadOp pad) -> Value {
        return PadOp::create(builder, loc, type, in(pad.getX(), layout), permute(pad.getLow(), layout),
                             permute(pad.getHigh(), layout), pad.getValue());
      })
      .Case([&](SliceOp slice) -> Value {
        return SliceOp::create(builder, loc, type, in(slice.getX(), layout), permute(slice.getOffsets(), layout),
                               permute(slice.getStrides(), layout));
      })
      .Case([&](ReindexOp reindex) { return rewriteReindex(reindex, layout); })
      .Case([&](ReindexReduceOp reduce) { return rewriteReindexReduce(reduce, layout); })
      .Case<SumOp, ProdOp, MaxOp, MinOp, MeanOp>([&](Operation *op) { return rewriteReduction(op, layout); })
      .Default([&](Operation *op) { return rewriteElementwise(op, layout); });
}

void Relayout::run() {
  Block &body = func.getBody().front();
  SmallVector<Operation *> operations;
  for (Operation &op : body)
    operations.push_back(&op);
  builder.setInsertionPointToStart(&body);
  for (BlockArgument argument : body.getArguments())
    if (isa<RankedTensorType>(argument.getType())) {
      Layout layout = layoutOf(argument);
      values[argument] = isIdentity(layout)
                             ? Value(argument)
                             : TransposeOp::create(builder, argument.getLoc(), argument, layout).getResult();
    }
  for (Operation *op : operations) {
    builder.setInsertionPoint(op);
    if (isa<MetaDialect>(op->getDialect())) {
      values[op->getResult(0)] = rewrite(op, layoutOf(op->getResult(0)));
      continue;
    }
    for (OpOperand &operand : op->getOpOperands())
      if (values.contains(operand.get()))
        operand.set(original(operand.get()));
    for (Value result : op->getResults())
      if (isa<RankedTensorType>(result.getType())) {
        builder.setInsertionPointAfter(op);
        Layout identity = llvm::to_vector(llvm::seq<int64_t>(0, typeOf(result).getRank()));
        values[result] = transpose(op->getLoc(), result, identity, layoutOf(result));
      }
  }
  for (Operation *op : llvm::reverse(operations))
    if (isa<MetaDialect>(op->getDialect()))
      op->erase();
}

namespace {
struct MetaPropagateLayoutPass : metabang::meta::impl::MetaPropagateLayoutBase<MetaPropagateLayoutPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (!func.getBody().hasOneBlock())
      return;
    LayoutAssignment assignment(func);
    if (!assignment.empty())
      Relayout(func, assignment).run();
  }
};
} // namespace
