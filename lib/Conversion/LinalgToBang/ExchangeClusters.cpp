//===- ExchangeClusters.cpp - Transposes through the SRAM of all clusters -===//
//
// The steps that metabang/Dialect/MLU/Transforms/Exchange.h describes, as a union of all clusters. The memory core runs
// the same text: of the copies it performs those from SRAM to SRAM, and nothing that touches NRAM.
//
// In SRAM, of a strip of a cluster: [cluster it goes to][column][row], and where it arrives: [strip][column][row].
//
//===----------------------------------------------------------------------===//
#include "ExchangeClusters.h"
#include "Memory.h"

#include "metabang/Dialect/MLU/Transforms/Exchange.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

class ExchangeLowering {
public:
  ExchangeLowering(Emit &e, linalg::TransposeOp op, const mlu::Exchange &x) : e(e), op(op), x(x) {}

  void run();

private:
  Type type() { return typeOf(op.getInput()).getElementType(); }
  OpFoldResult mod(OpFoldResult value, int64_t by) {
    return arith::RemUIOp::create(e.b, e.loc, e.index(value), e.index(by)).getResult();
  }
  /// Where piece `number` of `count` begins in `extent`: those that would end behind it move back.
  OpFoldResult startOf(OpFoldResult number, int64_t count, int64_t size, int64_t extent) {
    OpFoldResult start = e.mul(number, e.attr(size));
    return count * size == extent ? start : e.min(start, e.attr(extent - size));
  }
  Value buffer(StringRef name, mlu::Space space, int64_t slots, int64_t elements);
  Value slotOf(Value slots, OpFoldResult slot);
  int64_t parts() const { return llvm::divideCeil(x.coreColumns(), x.part); } ///< that a core stores one by one
  /// The number of the cluster's strip `strip` among those of all.
  OpFoldResult numberOf(OpFoldResult strip) { return e.add(e.mul(cluster, e.attr(x.strips)), strip); }
  void load(OpFoldResult strip, OpFoldResult slot);
  void turn(OpFoldResult slot);
  void send(OpFoldResult strip, OpFoldResult slot);
  void collect(OpFoldResult part, OpFoldResult slot);
  void store(OpFoldResult part, OpFoldResult slot);
  /// `body(i, slot, other slot)` for all i but the last, as a loop, and then for the last.
  void inTurn(int64_t count, function_ref<void(OpFoldResult, OpFoldResult, OpFoldResult, bool)> body);
  void turnPanel();

  Emit &e;
  linalg::TransposeOp op;
  mlu::Exchange x;
  Value source, result, rows, turned, out, sent, received;
  OpFoldResult cluster, core;
  OpFoldResult matrix, firstColumn; // of the panel
  OpFoldResult column;              // of a cluster's columns: this core's first
};

Value ExchangeLowering::buffer(StringRef name, mlu::Space space, int64_t slots, int64_t elements) {
  auto attr = mlu::SpaceAttr::get(e.b.getContext(), space);
  SmallVector<int64_t> shape{elements};
  if (slots > 1)
    shape.insert(shape.begin(), slots);
  return memref::AllocOp::create(e.b, NameLoc::get(e.b.getStringAttr(name), e.loc),
                                 MemRefType::get(shape, type(), MemRefLayoutAttrInterface(), attr));
}

Value ExchangeLowering::slotOf(Value slots, OpFoldResult slot) {
  int64_t elements = typeOf(slots).getDimSize(1);
  Sizes offsets = {slot, e.attr(0)}, sizes = {e.attr(1), e.attr(elements)}, ones = {e.attr(1), e.attr(1)};
  MemRefType slice = memref::SubViewOp::inferRankReducedResultType({elements}, typeOf(slots), offsets, sizes, ones);
  return memref::SubViewOp::create(e.b, e.loc, slice, slots, offsets, sizes, ones);
}

/// Brings this core's rows of a strip, of the panel's columns, to the chip.
void ExchangeLowering::load(OpFoldResult strip, OpFoldResult slot) {
  OpFoldResult row = startOf(numberOf(strip), x.clusters * x.strips, x.blockRows(), x.rows);
  row = e.add(row, e.mul(core, e.attr(x.strip)));
  OpFoldResult from =
      e.add(e.mul(matrix, e.attr(x.rows * x.columns)), e.add(e.mul(row, e.attr(x.columns)), firstColumn));
  Value to = slotOf(rows, slot), at = e.at(source, Sizes{from});
  int64_t bytes = x.panel * x.elementBytes;
  if (x.panel == x.columns)
    e.op("memcpy_async", {to, at, e.index(x.strip * bytes)});
  else
    e.op("memcpy_2d_async",
         {to, at, e.index(bytes), e.index(bytes), e.index(x.columns * x.elementBytes), e.index(x.strip)});
}

/// Turns them and puts them beside those of the cluster's other cores.
void ExchangeLowering::turn(OpFoldResult slot) {
  e.op("transpose", {turned, slotOf(rows, slot), e.index(x.strip), e.index(x.panel)});
  int64_t bytes = x.strip * x.elementBytes;
  auto put = [&](OpFoldResult from, OpFoldResult to, int64_t columns) {
    to = e.add(e.mul(to, e.attr(x.blockRows())), e.mul(core, e.attr(x.strip)));
    e.op("memcpy_2d", {e.at(slotOf(sent, slot), Sizes{to}), e.at(turned, Sizes{e.mul(from, e.attr(x.strip))}),
                       e.index(bytes), e.index(x.blockRows() * x.elementBytes), e.index(bytes), e.index(columns)});
  };
  if (x.clusters * x.clusterColumns() == x.panel)
    return put(e.attr(0), e.attr(0), x.panel);
  e.loops({e.attr(x.clusters)}, [&](ArrayRef<OpFoldResult> to) {
    put(startOf(to[0], x.clusters, x.clusterColumns(), x.panel), e.mul(to[0], e.attr(x.clusterColumns())),
        x.clusterColumns());
  });
}

/// The memory core sends to each cluster what belongs to it, beginning with its own, so that all receive at once.
void ExchangeLowering::send(OpFoldResult strip, OpFoldResult slot) {
  OpFoldResult block = e.attr(x.blockElements());
  Value from = slotOf(sent, slot), to = e.at(received, Sizes{e.mul(numberOf(strip), block)});
  Value bytes = e.index(x.blockElements() * x.elementBytes);
  e.op("memcpy_async", {to, e.at(from, Sizes{e.mul(cluster, block)}), bytes});
  e.loops({e.attr(x.clusters - 1)}, [&](ArrayRef<OpFoldResult> step) {
    OpFoldResult other = mod(e.add(e.add(cluster, step[0]), e.attr(1)), x.clusters);
    e.op("memcpy_to_cluster_async", {to, e.at(from, Sizes{e.mul(other, block)}), bytes, e.index(other)});
  });
}

/// Lays rows of the result together from what has arrived.
void ExchangeLowering::collect(OpFoldResult part, OpFoldResult slot) {
  OpFoldResult from = e.add(column, startOf(part, parts(), x.part, x.coreColumns()));
  int64_t bytes = x.blockRows() * x.elementBytes;
  e.loops({e.attr(x.clusters * x.strips)}, [&](ArrayRef<OpFoldResult> number) {
    OpFoldResult at = e.add(e.mul(number[0], e.attr(x.blockElements())), e.mul(from, e.attr(x.blockRows())));
    e.op("memcpy_2d_async",
         {e.at(slotOf(out, slot), Sizes{startOf(number[0], x.clusters * x.strips, x.blockRows(), x.rows)}),
          e.at(received, Sizes{at}), e.index(bytes), e.index(x.rows * x.elementBytes), e.index(bytes),
          e.index(x.part)});
  });
}

void ExchangeLowering::store(OpFoldResult part, OpFoldResult slot) {
  OpFoldResult row = e.add(firstColumn, startOf(cluster, x.clusters, x.clusterColumns(), x.panel));
  row = e.add(row, e.add(column, startOf(part, parts(), x.part, x.coreColumns())));
  OpFoldResult to = e.add(e.mul(matrix, e.attr(x.rows * x.columns)), e.mul(row, e.attr(x.rows)));
  e.op("memcpy_async", {e.at(result, Sizes{to}), slotOf(out, slot), e.index(x.part * x.rows * x.elementBytes)});
}

void ExchangeLowering::inTurn(int64_t count, function_ref<void(OpFoldResult, OpFoldResult, OpFoldResult, bool)> body) {
  if (count > 1)
    e.loops(Sizes{e.attr(count - 1)}, [&](ArrayRef<OpFoldResult> index) {
      OpFoldResult slot = count > 2 ? mod(index[0], 2) : index[0];
      body(index[0], slot, e.sub(e.attr(1), slot), /*isLast=*/false);
    });
  body(e.attr(count - 1), e.attr((count - 1) % 2), e.attr(count % 2), /*isLast=*/true);
}

void ExchangeLowering::turnPanel() {
  load(e.attr(0), e.attr(0));
  e.op("sync", {});
  inTurn(x.strips, [&](OpFoldResult strip, OpFoldResult slot, OpFoldResult other, bool isLast) {
    if (!isLast)
      load(e.add(strip, e.attr(1)), other);
    turn(slot);
    e.op("sync_cluster", {});
    send(strip, slot); // while the cores turn the next strip
  });
  e.op("sync_all", {});
  collect(e.attr(0), e.attr(0));
  e.op("sync", {});
  inTurn(parts(), [&](OpFoldResult part, OpFoldResult slot, OpFoldResult other, bool isLast) {
    store(part, slot);
    if (!isLast)
      collect(e.add(part, e.attr(1)), other);
    e.op("sync", {});
  });
  if (x.matrices * x.panels() > 1)
    e.op("sync_all", {});
}

void ExchangeLowering::run() {
  auto kernel = op->getParentOfType<func::FuncOp>();
  kernel->setAttr("mlu.dim", e.b.getDenseI64ArrayAttr({x.clusters * x.cores, 1, 1}));
  kernel->setAttr(mlu::kUnionAttrName, e.b.getI64IntegerAttr(x.clusters));
  source = e.flat(op.getInput()), result = e.flat(op.getInit());
  rows = buffer("rows", mlu::Space::NRAM, 2, x.strip * x.panel);
  turned = buffer("turned", mlu::Space::NRAM, 1, x.strip * x.panel);
  out = buffer("out", mlu::Space::NRAM, 2, x.part * x.rows);
  sent = buffer("sent", mlu::Space::SRAM, 2, x.clusters * x.blockElements());
  received = buffer("received", mlu::Space::SRAM, 1, x.clusters * x.strips * x.blockElements());
  Value task = mlu::TaskIdOp::create(e.b, e.loc);
  cluster = arith::DivUIOp::create(e.b, e.loc, task, e.index(x.cores))
                .getResult(); // the memory core has its cluster's first task
  core = mod(task, x.cores);
  column = startOf(core, x.cores, x.coreColumns(), x.clusterColumns());
  e.loops({e.attr(x.matrices), e.attr(x.panels())}, [&](ArrayRef<OpFoldResult> ivs) {
    matrix = ivs[0], firstColumn = startOf(ivs[1], x.panels(), x.panel, x.columns);
    turnPanel();
  });
}

} // namespace

LogicalResult l2b::lowerExchange(Emit &e, linalg::LinalgOp op) {
  auto transpose = dyn_cast<linalg::TransposeOp>(op.getOperation());
  if (!transpose || !op->hasAttr(mlu::kExchangeAttrName))
    return failure();
  MemRefType from = typeOf(transpose.getInput()), to = typeOf(transpose.getInit());
  bool isWhole = from.getLayout().isIdentity() && to.getLayout().isIdentity() &&
                 mlu::getSpace(from) == mlu::Space::GDRAM && mlu::getSpace(to) == mlu::Space::GDRAM;
  std::optional<mlu::Exchange> plan = mlu::planExchange(to.getShape(), elementBytes(from.getElementType()), e.device);
  if (!isWhole || !plan)
    return failure();
  ExchangeLowering(e, transpose, *plan).run();
  return success();
}
