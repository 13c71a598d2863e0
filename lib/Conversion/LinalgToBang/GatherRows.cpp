//===- GatherRows.cpp - Rows that an index names, by DMA ------------------===//
//
// y[i…, j…] = x[f(i…), j…] where f comes from tensors of indices (an embedding) or from arithmetic: the j are whole
// rows in memory, which DMA brings one by one; rows outside x are a constant. Rows are dealt out to all cores in chunks
// that lie side by side in y and are stored at once.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Memory.h"

#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Bytes of the rows that are stored at once.
constexpr int64_t kChunkBytes = 64 * 1024;

struct GatherRows {
  Emit &e;
  linalg::LinalgOp op;
  memref::LoadOp load;
  arith::SelectOp select; // null: every row is in x
  Value out;
  TypedAttr outside;
  int64_t leading = 0;       // loops around a row
  int64_t rows = 1, row = 1; // rows of y, elements of one

  LogicalResult analyse();
  bool dependsOnRow(Value value);
  void emit();
  Value emitRow(Value index, Value into, Value constant);
};

/// Whether a value of the body changes inside a row.
bool GatherRows::dependsOnRow(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value); argument && argument.getOwner() == op.getBlock()) {
    AffineMap map = op.getMatchingIndexingMap(op.getMatchingOpOperand(argument));
    return llvm::any_of(llvm::seq<int64_t>(leading, op.getNumLoops()),
                        [&](unsigned loop) { return map.isFunctionOfDim(loop); });
  }
  Operation *def = value.getDefiningOp();
  if (!def || def->getBlock() != op.getBlock())
    return false;
  if (auto index = dyn_cast<linalg::IndexOp>(def))
    return int64_t(index.getDim()) >= leading;
  return def == load || llvm::any_of(def->getOperands(), [&](Value operand) { return dependsOnRow(operand); });
}

LogicalResult GatherRows::analyse() {
  if (op.getNumDpsInits() != 1 || op.getNumLoops() != op.getNumParallelLoops() || op.getNumLoops() == 0)
    return failure();
  out = op.getDpsInits().front();
  if (!isa<MemRefType>(out.getType()) || spaceOf(out) != mlu::Space::GDRAM || !typeOf(out).hasStaticShape() ||
      !typeOf(out).getLayout().isIdentity() || !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return failure();
  Value result = op.getBlock()->getTerminator()->getOperand(0);
  select = result.getDefiningOp<arith::SelectOp>();
  load = (select ? select.getTrueValue() : result).getDefiningOp<memref::LoadOp>();
  if (!load || llvm::range_size(op.getBlock()->getOps<memref::LoadOp>()) != 1)
    return failure();
  MemRefType x = load.getMemRefType();
  if (mlu::getSpace(x) != mlu::Space::GDRAM || !x.hasStaticShape() || !x.getLayout().isIdentity() || x.getRank() == 0 ||
      (select && !matchPattern(select.getFalseValue(), m_Constant(&outside))))
    return failure();
  // The last dimensions of x are walked whole, by the last loops.
  int64_t loops = op.getNumLoops(), whole = 0;
  ArrayRef<int64_t> shape = typeOf(out).getShape();
  while (whole < std::min(loops, x.getRank())) {
    auto index = load.getIndices()[x.getRank() - 1 - whole].getDefiningOp<linalg::IndexOp>();
    int64_t loop = loops - 1 - whole;
    if (!index || int64_t(index.getDim()) != loop || x.getDimSize(x.getRank() - 1 - whole) != shape[loop])
      break;
    row *= shape[loop], ++whole;
  }
  leading = loops - whole;
  for (int64_t loop = 0; loop < leading; ++loop)
    rows *= shape[loop];
  if (whole == 0 || row * elementBytes(out) > kChunkBytes || row * elementBytes(out) < 16)
    return failure();
  for (Value index : ArrayRef<Value>(SmallVector<Value>(load.getIndices())).drop_back(whole))
    if (dependsOnRow(index))
      return failure();
  if (select && (dependsOnRow(select.getCondition()) || elementBytes(out) > 4 || x.getElementType().isInteger(1)))
    return failure();
  return success();
}

/// Brings the row `index` of y to `into`.
Value GatherRows::emitRow(Value index, Value into, Value constant) {
  // The loops' indices, and the scalars of the body.
  ArrayRef<int64_t> shape = typeOf(out).getShape();
  Sizes ivs(op.getNumLoops(), e.attr(0));
  Value rest = index;
  for (int64_t loop = leading - 1; loop >= 0; --loop) {
    ivs[loop] = loop == 0 ? rest : arith::RemUIOp::create(e.b, e.loc, rest, e.index(shape[loop])).getResult();
    if (loop > 0)
      rest = arith::DivUIOp::create(e.b, e.loc, rest, e.index(shape[loop])).getResult();
  }
  IRMapping mapping;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(operand);
    if (!isa<MemRefType>(operand->get().getType()) || dependsOnRow(argument)) {
      mapping.map(argument, operand->get());
      continue;
    }
    SmallVector<Value> at;
    for (AffineExpr expr : op.getMatchingIndexingMap(operand).getResults())
      at.push_back(e.index(e.apply(expr, ivs)));
    mapping.map(argument, memref::LoadOp::create(e.b, e.loc, operand->get(), at));
  }
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (auto loop = dyn_cast<linalg::IndexOp>(inner))
      mapping.map(loop.getResult(), e.index(ivs[loop.getDim()]));
    else if (&inner != load && &inner != select)
      e.b.clone(inner, mapping);
  }
  OpFoldResult bytes = e.attr(row * elementBytes(out));
  auto copy = [&] {
    Sizes from;
    int64_t rank = load.getMemRefType().getRank(), whole = op.getNumLoops() - leading;
    for (int64_t dim = 0; dim < rank; ++dim)
      from.push_back(dim < rank - whole ? OpFoldResult(mapping.lookupOrDefault(load.getIndices()[dim])) : e.attr(0));
    e.op("memcpy", {into, e.at(load.getMemRef(), from), e.index(bytes)});
  };
  if (!select) {
    copy();
    return into;
  }
  auto inside = scf::IfOp::create(e.b, e.loc, mapping.lookupOrDefault(select.getCondition()), /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPoint(inside.thenYield());
  copy();
  e.b.setInsertionPoint(inside.elseYield());
  e.copyBytes(into, constant, bytes);
  return into;
}

void GatherRows::emit() {
  auto kernel = op->getParentOfType<func::FuncOp>();
  int64_t cores = e.device.cores(), bytes = row * elementBytes(out);
  int64_t chunk = std::max<int64_t>(1, std::min(kChunkBytes / bytes, (rows + cores - 1) / cores));
  int64_t chunks = (rows + chunk - 1) / chunk, tasks = std::min(cores, chunks);
  Type type = typeOf(out).getElementType();
  Value buffer = e.temp(type, chunk * row), constant;
  if (select) {
    constant = e.temp(type, row);
    e.fill(constant, arith::ConstantOp::create(e.b, e.loc, outside), e.attr(typeOf(constant).getNumElements()));
  }
  kernel->setAttr("mlu.dim", e.b.getDenseI64ArrayAttr({tasks, 1, 1}));
  Value task = mlu::TaskIdOp::create(e.b, e.loc);
  auto loop = scf::ForOp::create(e.b, e.loc, task, e.index(chunks), e.index(tasks));
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  OpFoldResult first = e.mul(loop.getInductionVar(), e.attr(chunk));
  OpFoldResult count = rows % chunk == 0 ? e.attr(chunk) : e.min(e.attr(chunk), e.sub(e.attr(rows), first));
  e.loops({count}, [&](ArrayRef<OpFoldResult> ivs) {
    emitRow(e.index(e.add(first, ivs[0])), e.at(buffer, Sizes{e.mul(ivs[0], e.attr(row))}), constant);
  });
  // Chunks lie side by side in y.
  Value flat = memref::ReinterpretCastOp::create(e.b, e.loc, MemRefType::get({rows * row}, type), out, e.attr(0),
                                                 Sizes{e.attr(rows * row)}, Sizes{e.attr(1)});
  e.op("memcpy", {e.at(flat, Sizes{e.mul(first, e.attr(row))}), buffer, e.index(e.mul(count, e.attr(bytes)))});
}

} // namespace

LogicalResult l2b::lowerGatherRows(Emit &e, linalg::LinalgOp op) {
  if (!op->hasAttr(mlu::kGatherAttrName))
    return failure();
  GatherRows gather{e, op, {}, {}, {}, {}};
  if (failed(gather.analyse()))
    return failure();
  gather.emit();
  return success();
}
