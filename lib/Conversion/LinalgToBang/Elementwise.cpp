//===- Elementwise.cpp - Element-wise operations over flat vectors --------===//
//
// The innermost loops that all operands walk without gaps are one vector; the others are loops around it. An operand
// that does not depend on the outer loops of the vector is cycled through (a bias over channels), one that does not
// depend on any of them is a scalar. Bodies that need temporaries are computed in chunks.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Loops.h"
#include "Memory.h"
#include "VectorBody.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include <algorithm>

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Elements of a chunk, so that the temporaries fit beside the buffers. Few fit always: the schedule leaves room for
/// them. Long bodies, such as the inverse functions on an MLU2xx with 30 temporaries, may need shorter chunks.
int64_t chunkElements(Emit &e, Operation *op, unsigned temporaries) {
  auto function = op->getParentOfType<func::FuncOp>();
  auto buffers = function ? function->getAttrOfType<IntegerAttr>(kBufferBytes) : nullptr;
  if (temporaries <= 8 || !buffers)
    return kChunkElements;
  constexpr int64_t others = 80 * 1024; // constants, tables, partial results, temporaries of a second attempt
  int64_t room = (e.device.nramBudget() - buffers.getInt() - others) / 4;
  return std::clamp<int64_t>(room / temporaries / 256 * 256, 256, kChunkElements);
}

struct Elementwise {
  Emit &e;
  linalg::LinalgOp op;
  LoopNest nest;
  SmallVector<Access> accesses; // one an operand
  OpBuilder::InsertPoint start;

  bool isOutput(size_t i) { return i >= op.getNumDpsInputs(); }

  /// Whether the run from `first` on is one vector for all operands, of a legal length.
  bool fits(unsigned first) {
    for (auto [i, access] : llvm::enumerate(accesses)) {
      if (!op.payloadUsesValueFromOperand(&op->getOpOperand(i)) && !isOutput(i))
        continue;
      Role role = nest.role(access, first);
      if (role.kind == Role::None || (isOutput(i) && role.kind != Role::Whole))
        return false;
      if (role.kind != Role::Scalar && !inNRAM(access.memref))
        return false;
      if (!e.is2xx())
        continue;
      if (role.kind == Role::Cycle && role.period % lanes(first) != 0)
        return false;
      if (role.kind != Role::Scalar && !legal2xx(access, first))
        return false;
    }
    return true;
  }

  /// On an MLU2xx: addresses and lengths are aligned, or the vector may run over to the next aligned length.
  bool legal2xx(const Access &access, unsigned first) {
    int64_t bytes = elementBytes(access.memref);
    for (unsigned i = 0; i < first; ++i)
      if (access.strides[nest.active[i]] * bytes % e.device.nramAddressAlignment != 0)
        return false;
    if (!isAligned(access.memref, e.device.nramAddressAlignment))
      return false;
    if (runIsAligned(first))
      return true;
    // A single row may be computed to the end of its padding.
    if (first + 1 == nest.active.size() && access.width >= llvm::alignTo(nest.bounds[nest.active.back()], lanes(first)))
      return true;
    // The whole of a buffer from its start: what lies behind it up to the next 128 bytes is nobody's.
    bool alone =
        llvm::all_of(llvm::seq<unsigned>(0, first), [&](unsigned i) { return access.strides[nest.active[i]] == 0; });
    return alone && vectorRoom(access.memref) >= llvm::alignTo(nest.boundElements(first), lanes(first));
  }

  /// Elements that are a legal vector length for every element type that the run from `first` on touches.
  int64_t lanes(unsigned first) {
    int64_t most = 1;
    for (const Access &access : accesses) {
      if (nest.role(access, first).kind == Role::Scalar)
        continue; // no vector
      Type type = typeOf(access.memref).getElementType();
      bool inHalves = isa<IntegerType>(type) && elementBytes(type) > 2; // converted 16 bits at a time
      most = std::max(most, inHalves ? e.lanes(e.b.getI16Type()) : e.lanes(type));
    }
    for (Operation &inner : *op.getBlock())
      for (Type type : inner.getResultTypes())
        if (type.isIntOrFloat() && !type.isInteger(1))
          most = std::max(most, e.lanes(type));
    return most;
  }
  bool runIsAligned(unsigned first) {
    if (first + 1 == nest.active.size())
      return nest.pitch > 0 && getConstantIntValue(nest.sizes[nest.active.back()]) && nest.pitch % lanes(first) == 0;
    return *nest.stepElements(first) % lanes(first) == 0;
  }

  /// Whether no vector of the run from `first` on has elements that the operation has not.
  bool isExact(unsigned first) {
    auto width = getConstantIntValue(nest.sizes[nest.active.back()]);
    if (!width)
      return !e.is2xx() && first + 1 == nest.active.size();
    auto run = getConstantIntValue(nest.runElements(e, first, nest.sizes[nest.active[first]]));
    return nest.pitch == *width && run.value_or(*width) % lanes(first) == 0;
  }

  /// Emits `count` elements of the run from loop `first` on, at the loop indices `ivs`; at most `bound`.
  unsigned emitVector(unsigned first, Sizes ivs, OpFoldResult count, int64_t bound) {
    if (first + 1 == nest.active.size() || *nest.stepElements(first) % lanes(first) != 0)
      count = e.roundUp(count, lanes(first));
    VectorBody body(e, count, llvm::alignTo(bound, lanes(first)), start);
    if (isExact(first))
      body.setExact();
    SmallVector<Value> outputs, pointers(accesses.size());
    for (auto [i, access] : llvm::enumerate(accesses)) {
      OpOperand &operand = op->getOpOperand(i);
      bool used = op.payloadUsesValueFromOperand(&operand);
      if (!used && !isOutput(i))
        continue;
      Role role = nest.role(access, first);
      Value pointer;
      if (role.kind == Role::Scalar && !isOutput(i)) {
        Sizes at;
        for (AffineExpr expr : access.map.getResults())
          at.push_back(e.apply(expr, ivs));
        SmallVector<Value> indices;
        for (OpFoldResult index : at)
          indices.push_back(e.index(index));
        pointer = memref::LoadOp::create(e.b, e.loc, access.memref, indices);
      } else {
        // The same place is the same value: a body may then work in place.
        for (size_t j = 0; j < i && !pointer; ++j)
          if (pointers[j] && accesses[j].memref == access.memref && accesses[j].map == access.map)
            pointer = pointers[j];
        if (!pointer)
          pointer = e.at(access.memref, access.map, ivs);
        pointers[i] = pointer;
      }
      if (isOutput(i))
        outputs.push_back(pointer);
      if (used)
        body.bind(op.getMatchingBlockArgument(&operand), Vec{pointer, role.kind == Role::Scalar, role.period, false});
    }
    body.run(*op.getBlock(), outputs);
    return body.temporaries();
  }

  /// The run from `first` on, in chunks if it needs temporaries.
  void emitRun(unsigned first, Sizes ivs) {
    unsigned loop = nest.active[first];
    OpFoldResult size = nest.sizes[loop];
    int64_t bound = nest.boundElements(first);
    // Try it in one piece.
    Operation *before =
        e.b.getInsertionPoint() == e.b.getInsertionBlock()->begin() ? nullptr : &*std::prev(e.b.getInsertionPoint());
    start = {e.b.getInsertionBlock(), e.b.getInsertionPoint()};
    OpFoldResult total = nest.runElements(e, first, size);
    unsigned temporaries = emitVector(first, ivs, total, bound);
    const int64_t chunk = chunkElements(e, op, temporaries);
    if (temporaries == 0 || bound <= chunk)
      return;
    // It needs large temporaries: take it back.
    auto point = e.b.getInsertionPoint();
    while (point != e.b.getInsertionBlock()->begin() && &*std::prev(point) != before)
      std::prev(point)->erase();

    auto outsideOfLoop = [&] {
      Operation *chunkLoop = e.b.getInsertionBlock()->getParentOp();
      start = {chunkLoop->getBlock(), Block::iterator(chunkLoop)};
    };
    bool cycles =
        llvm::any_of(accesses, [&](const Access &access) { return nest.role(access, first).kind == Role::Cycle; });
    if (!cycles) { // any number of elements may be a chunk
      total = nest.runElements(e, first, size);
      e.chunks(total, bound, chunk, [&](OpFoldResult iv, OpFoldResult count) {
        unsigned last = nest.active.back();
        ivs[last] = e.add(ivs[last], iv);
        outsideOfLoop();
        emitVector(first, ivs, count, chunk);
      });
      return;
    }
    // Whole periods: some steps of this loop, or those inside it.
    int64_t step = *nest.stepElements(first), rows = chunk / step;
    if (rows == 0 && fits(first + 1)) {
      e.loops({size}, [&](ArrayRef<OpFoldResult> inner) {
        ivs[loop] = inner[0];
        emitRun(first + 1, ivs);
      });
      return;
    }
    rows = std::max<int64_t>(rows, 1);
    e.chunks(size, nest.bounds[loop], rows, [&](OpFoldResult iv, OpFoldResult count) {
      ivs[loop] = e.add(ivs[loop], iv);
      if (nest.bounds[loop] > rows)
        outsideOfLoop();
      emitVector(first, ivs, nest.runElements(e, first, count), rows * step);
    });
  }
};

} // namespace

LogicalResult l2b::lowerElementwise(Emit &e, linalg::LinalgOp op) {
  // A reduction of a single element is none.
  SmallVector<int64_t> bounds = loopBounds(op);
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    if (kind != utils::IteratorType::parallel && bounds[loop] != 1)
      return failure();
  if (!VectorBody::supports(*op.getBlock(), e.device))
    return failure();
  Elementwise work{e, op, LoopNest(e, op), {}, {}};
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      return failure();
    FailureOr<Access> access = Access::get(operand.get(), op.getMatchingIndexingMap(&operand));
    if (failed(access))
      return failure();
    work.accesses.push_back(*access);
  }
  SmallVector<Access> written(work.accesses.begin() + op.getNumDpsInputs(), work.accesses.end());
  SmallVector<Access> read(work.accesses.begin(), work.accesses.begin() + op.getNumDpsInputs());
  work.nest.choosePitch(written, read);
  unsigned loops = work.nest.active.size();
  if (loops == 0)
    return failure(); // a single element: scalar code is right
  unsigned first = 0;
  while (first < loops && !work.fits(first))
    ++first;
  if (first == loops)
    return failure();
  Sizes outer;
  for (unsigned i = 0; i < first; ++i)
    outer.push_back(work.nest.sizes[work.nest.active[i]]);
  e.loops(outer, [&](ArrayRef<OpFoldResult> inner) {
    Sizes ivs(op.getNumLoops(), e.attr(0));
    for (unsigned i = 0; i < first; ++i)
      ivs[work.nest.active[i]] = inner[i];
    work.emitRun(first, ivs);
  });
  return success();
}
