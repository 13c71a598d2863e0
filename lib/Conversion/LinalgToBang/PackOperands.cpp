//===- PackOperands.cpp - Element-wise operations on operands in other orders -===//
//
// Operands that lie in different orders, or with gaps, have no vector in common. They are copied on the chip: into the
// order of the result, or, where that is not enough (a vector of an MLU2xx begins at a multiple of 64 bytes and has a
// multiple of 128), all of them and the result to dense vectors.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Loops.h"
#include "Memory.h"
#include "VectorBody.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Elements that are whole vectors of every type.
constexpr int64_t kWholeVectors = 128;

struct PackOperands {
  Emit &e;
  linalg::GenericOp op;
  Sizes sizes;
  SmallVector<int64_t> bounds;
  SmallVector<Access> accesses{}; // one an operand
  SmallVector<unsigned> order{};  // loops of more than one element, from the outermost in the last result on
  SmallVector<Operation *> built{};

  LogicalResult analyse();
  /// Inputs that lie in another order than the result are copied, each over the loops it depends on.
  LogicalResult inOrder();
  /// All operands are copied to vectors over all loops, and the results back.
  LogicalResult flat();
  /// Whether many short rows, with gaps between them in some input, are better closed up first.
  bool hasShortRows();

private:
  bool isOutput(OpOperand &operand) { return op.isDpsInit(&operand); }
  bool isUsed(OpOperand &operand) { return op.payloadUsesValueFromOperand(&operand) || isOutput(operand); }
  bool isStatic() {
    return llvm::all_of(order, [&](unsigned loop) { return getConstantIntValue(sizes[loop]).has_value(); });
  }
  SmallVector<unsigned> loopsOf(const Access &access) {
    return llvm::to_vector(llvm::make_filter_range(order, [&](unsigned loop) { return access.strides[loop] != 0; }));
  }
  SmallVector<int64_t> boundsOf(ArrayRef<unsigned> loops) {
    return llvm::map_to_vector(loops, [&](unsigned loop) { return bounds[loop]; });
  }
  /// The map of an operand over `loops`, the others at 0.
  AffineMap over(ArrayRef<unsigned> loops, AffineMap map);
  bool isDense(const Access &access);
  template <typename Op> Op track(Op made) {
    built.push_back(made);
    return made;
  }
  Value allocate(ArrayRef<int64_t> shape, Type type);
  /// `flat` as one dimension a loop, of the loops' sizes.
  Value viewOver(ArrayRef<unsigned> loops, Value flat);
  /// `memref` without the dimensions that its map has at 0.
  std::pair<Value, AffineMap> withoutUnits(Value memref, AffineMap map);
  linalg::LinalgOp copy(ArrayRef<unsigned> loops, Value from, AffineMap fromMap, Value to, AffineMap toMap);
  /// Lowers `op` on other operands, and the copies around it; if that fails, what was built is taken back.
  LogicalResult lower(ArrayRef<Value> operands, ArrayRef<AffineMap> maps, ArrayRef<utils::IteratorType> iterators,
                      ArrayRef<linalg::LinalgOp> before, function_ref<SmallVector<linalg::LinalgOp>()> after);
};

LogicalResult PackOperands::analyse() {
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    if (kind != utils::IteratorType::parallel && bounds[loop] != 1)
      return failure();
  bool copies = op.getBody()->getOperations().size() == 1; // what packing itself would need
  if (op.getNumDpsInits() == 0 || copies)
    return failure();
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()) || !inNRAM(operand.get()))
      return failure();
    FailureOr<Access> access = Access::get(operand.get(), op.getMatchingIndexingMap(&operand));
    if (failed(access))
      return failure();
    accesses.push_back(*access);
  }
  for (unsigned loop = 0; loop < sizes.size(); ++loop)
    if (!isConstantIntValue(sizes[loop], 1))
      order.push_back(loop);
  llvm::stable_sort(order,
                    [&](unsigned a, unsigned b) { return accesses.back().strides[a] > accesses.back().strides[b]; });
  return success(!order.empty());
}

AffineMap PackOperands::over(ArrayRef<unsigned> loops, AffineMap map) {
  SmallVector<AffineExpr> dims(map.getNumDims(), e.b.getAffineConstantExpr(0));
  for (auto [position, loop] : llvm::enumerate(loops))
    dims[loop] = e.b.getAffineDimExpr(position);
  return map.replaceDimsAndSymbols(dims, {}, loops.size(), 0);
}

/// Whether the operand's own loops walk it in order and without gaps.
bool PackOperands::isDense(const Access &access) {
  int64_t step = 1;
  for (unsigned loop : llvm::reverse(loopsOf(access))) {
    if (access.strides[loop] != step)
      return false;
    step *= bounds[loop];
  }
  return true;
}

Value PackOperands::allocate(ArrayRef<int64_t> shape, Type type) {
  auto space = mlu::SpaceAttr::get(e.b.getContext(), mlu::Space::NRAM);
  return track(memref::AllocOp::create(e.b, e.loc, MemRefType::get(shape, type, AffineMap(), space)));
}

Value PackOperands::viewOver(ArrayRef<unsigned> loops, Value flat) {
  SmallVector<int64_t> shape = boundsOf(loops);
  Sizes lengths, strides, offsets(loops.size(), e.attr(0)), ones(loops.size(), e.attr(1)), counts;
  for (int64_t size : shape)
    lengths.push_back(e.attr(size));
  for (int64_t stride : computeStrides(shape))
    strides.push_back(e.attr(stride));
  auto type = MemRefType::get(shape, typeOf(flat).getElementType(), AffineMap(), typeOf(flat).getMemorySpace());
  Value whole = track(memref::ReinterpretCastOp::create(e.b, e.loc, type, flat, e.attr(0), lengths, strides));
  if (isStatic())
    return whole;
  for (unsigned loop : loops)
    counts.push_back(sizes[loop]);
  return track(memref::SubViewOp::create(e.b, e.loc, whole, offsets, counts, ones));
}

std::pair<Value, AffineMap> PackOperands::withoutUnits(Value memref, AffineMap map) {
  SmallVector<OpFoldResult> sizes, zeros(map.getNumResults(), e.attr(0)), ones(map.getNumResults(), e.attr(1));
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> exprs;
  for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
    bool unit = isa<AffineConstantExpr>(expr);
    sizes.push_back(unit ? e.attr(1) : sizeOf(e.b, e.loc, memref, dim));
    if (unit)
      continue;
    exprs.push_back(expr);
    shape.push_back(typeOf(memref).getDimSize(dim));
  }
  if (exprs.size() == map.getNumResults())
    return {memref, map};
  MemRefType type = memref::SubViewOp::inferRankReducedResultType(shape, typeOf(memref), zeros, sizes, ones);
  return {track(memref::SubViewOp::create(e.b, e.loc, type, memref, zeros, sizes, ones)),
          AffineMap::get(map.getNumDims(), 0, exprs, e.b.getContext())};
}

linalg::LinalgOp PackOperands::copy(ArrayRef<unsigned> loops, Value from, AffineMap fromMap, Value to,
                                    AffineMap toMap) {
  std::tie(from, fromMap) = withoutUnits(from, fromMap);
  std::tie(to, toMap) = withoutUnits(to, toMap);
  SmallVector<utils::IteratorType> iterators(loops.size(), utils::IteratorType::parallel);
  return track(linalg::GenericOp::create(
      e.b, e.loc, from, to, ArrayRef<AffineMap>{fromMap, toMap}, iterators,
      [](OpBuilder &b, Location loc, ValueRange values) { linalg::YieldOp::create(b, loc, values.front()); }));
}

LogicalResult PackOperands::lower(ArrayRef<Value> operands, ArrayRef<AffineMap> maps,
                                  ArrayRef<utils::IteratorType> iterators, ArrayRef<linalg::LinalgOp> before,
                                  function_ref<SmallVector<linalg::LinalgOp>()> after) {
  auto work = linalg::GenericOp::create(e.b, e.loc, operands.take_front(op.getNumDpsInputs()),
                                        operands.drop_front(op.getNumDpsInputs()), maps, iterators);
  IRMapping mapping;
  op.getRegion().cloneInto(&work.getRegion(), mapping);
  linalg::GenericOp inFloat = computeInFloat(e.b, work, e.device);
  LogicalResult result = lowerElementwise(e, inFloat ? inFloat : work);
  if (inFloat)
    inFloat.erase();
  work.erase();
  if (failed(result)) {
    for (Operation *each : llvm::reverse(built))
      each->erase();
    built.clear();
    return failure();
  }
  SmallVector<linalg::LinalgOp> moves(before);
  llvm::append_range(moves, after());
  for (linalg::LinalgOp each : moves)
    if (failed(lowerLinalg(e.device, each)))
      return failure();
  return success();
}

LogicalResult PackOperands::inOrder() {
  if (!isStatic())
    return failure();
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  SmallVector<linalg::LinalgOp> copies;
  for (auto [operand, access] : llvm::zip(op->getOpOperands(), accesses)) {
    SmallVector<unsigned> own = loopsOf(access);
    if (isOutput(operand) || !isUsed(operand) || isDense(access)) {
      operands.push_back(access.memref);
      maps.push_back(over(order, access.map));
      continue;
    }
    operands.push_back(allocate(boundsOf(own), typeOf(access.memref).getElementType()));
    SmallVector<AffineExpr> dims;
    for (unsigned loop : own)
      dims.push_back(e.b.getAffineDimExpr(llvm::find(order, loop) - order.begin()));
    maps.push_back(AffineMap::get(order.size(), 0, dims, e.b.getContext()));
    copies.push_back(
        copy(own, access.memref, over(own, access.map), operands.back(), e.b.getMultiDimIdentityMap(own.size())));
  }
  if (copies.empty())
    return failure();
  return lower(operands, maps, SmallVector<utils::IteratorType>(order.size(), utils::IteratorType::parallel), copies,
               [] { return SmallVector<linalg::LinalgOp>(); });
}

LogicalResult PackOperands::flat() {
  int64_t total = 1;
  for (unsigned loop : order)
    total *= bounds[loop];
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  SmallVector<linalg::LinalgOp> copies;
  AffineMap identity = e.b.getMultiDimIdentityMap(order.size());
  SmallVector<std::pair<Value, const Access *>> results;
  for (auto [operand, access] : llvm::zip(op->getOpOperands(), accesses)) {
    if (!isUsed(operand) || (loopsOf(access).empty() && !isOutput(operand))) {
      operands.push_back(access.memref);
      maps.push_back(AffineMap::get(1, 0, over({}, access.map).getResults(), e.b.getContext()));
      continue;
    }
    Value room = allocate({llvm::alignTo(total, kWholeVectors)}, typeOf(access.memref).getElementType());
    operands.push_back(
        track(memref::SubViewOp::create(e.b, e.loc, room, Sizes{e.attr(0)}, Sizes{e.attr(total)}, Sizes{e.attr(1)})));
    maps.push_back(e.b.getMultiDimIdentityMap(1));
    if (!isStatic() && op.payloadUsesValueFromOperand(&operand)) // all of it is computed
      copies.push_back(track(linalg::FillOp::create(e.b, e.loc, e.scalar(typeOf(room).getElementType(), 0), room)));
    Value view = viewOver(order, room);
    if (op.payloadUsesValueFromOperand(&operand))
      copies.push_back(copy(order, access.memref, over(order, access.map), view, identity));
    if (isOutput(operand))
      results.push_back({view, &access});
  }
  return lower(operands, maps, utils::IteratorType::parallel, copies, [&] {
    SmallVector<linalg::LinalgOp> back;
    for (auto [view, access] : results)
      back.push_back(copy(order, view, identity, access->memref, over(order, access->map)));
    return back;
  });
}

bool PackOperands::hasShortRows() {
  constexpr int64_t shortest = 8, longest = 256, fewest = 16;
  if (!isStatic() || !llvm::all_of(ArrayRef(accesses).drop_front(op.getNumDpsInputs()),
                                   [&](const Access &access) { return isDense(access); }))
    return false;
  int64_t row = 1, total = 1, packed = 0;
  bool isRow = true;
  for (unsigned loop : llvm::reverse(order)) {
    isRow &= llvm::all_of(accesses, [&](const Access &access) { return access.strides[loop] == row; });
    row *= isRow ? bounds[loop] : 1, total *= bounds[loop];
  }
  for (const Access &access : accesses) {
    if (loopsOf(access).size() != order.size())
      return false; // repeated
    packed += isDense(access) ? 0 : total * elementBytes(access.memref);
  }
  return packed != 0 && row >= shortest && row <= longest && total / row >= fewest &&
         2 * packed <= freeNRAM(op, e.device);
}

} // namespace

LogicalResult l2b::lowerPackedRows(Emit &e, linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic || op.getNumLoops() == 0)
    return failure();
  PackOperands work{e, generic, loopSizes(e, op), loopBounds(op)};
  return success(succeeded(work.analyse()) && work.hasShortRows() && succeeded(work.inOrder()));
}

LogicalResult l2b::lowerPacked(Emit &e, linalg::LinalgOp op) {
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (!generic)
    return failure();
  PackOperands work{e, generic, loopSizes(e, op), loopBounds(op)};
  if (failed(work.analyse()))
    return failure();
  return success(succeeded(work.inOrder()) || succeeded(work.flat()));
}
