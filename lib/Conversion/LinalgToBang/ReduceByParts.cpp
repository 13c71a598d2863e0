//===- ReduceByParts.cpp - Reductions that no pooling computes -------------===//
//
// No unit pools integers, truth values or bfloat16, or multiplies along rows. What is reduced is therefore moved to a
// dense buffer, cut into eight parts which a loop combines, and so on until one element is left. Each part is moved to
// a vector of its own (an MLU2xx computes from multiples of 64 bytes only), and combining them is an element-wise
// operation, which takes any type: integers as limbs. Halves would be fewer vectors, but a long body more often in the
// text: a sum of 64 bits over 131 elements has 9 bodies by halves, 4 by eighths.
//
//===----------------------------------------------------------------------===//
#include "Families.h"
#include "Loops.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// Elements that are a legal vector length of any type.
constexpr int64_t kUnit = 128;
/// Into which a row is cut at once.
constexpr int64_t kParts = 8;

struct Parts {
  Emit &e;
  Operation *combine;
  Value neutral;

  Type type() const { return combine->getResult(0).getType(); }
  Value vector(int64_t count) { return splatOf(e, neutral, llvm::alignTo(count, kUnit)); }

  /// `rows` rows of `count` elements, `from` and `to` elements apart.
  void copyRows(Value src, int64_t from, Value dst, int64_t to, int64_t rows, int64_t count) {
    auto access = [&](Value memref, int64_t pitch) {
      AffineExpr place = e.b.getAffineDimExpr(0) * pitch + e.b.getAffineDimExpr(1);
      return Access{memref, AffineMap::get(2, 0, place), {pitch, 1}, 0};
    };
    emitCopy(e, access(src, from), access(dst, to), {e.attr(rows), e.attr(count)}, {rows, count});
  }

  /// into = combine(into, from), element by element.
  LogicalResult join(Value from, Value into) {
    AffineMap identity = e.b.getMultiDimIdentityMap(1);
    auto generic = linalg::GenericOp::create(
        e.b, e.loc, ValueRange{from}, ValueRange{into}, ArrayRef<AffineMap>{identity, identity},
        ArrayRef<utils::IteratorType>{utils::IteratorType::parallel}, [&](OpBuilder &b, Location loc, ValueRange args) {
          IRMapping mapping;
          mapping.map(combine->getOperand(0), args[1]);
          mapping.map(combine->getOperand(1), args[0]);
          linalg::YieldOp::create(b, loc, b.clone(*combine, mapping)->getResult(0));
        });
    return lowerLinalg(e.device, cast<linalg::LinalgOp>(generic.getOperation()));
  }

  /// [rows][count][inner] elements at `x`, `pitch` elements from row to row, to [rows][inner], in the vector that is
  /// returned.
  FailureOr<Value> fold(Value x, int64_t pitch, int64_t rows, int64_t count, int64_t inner) {
    while (count > 1) {
      int64_t parts = std::min(count, kParts), kept = llvm::divideCeil(count, parts), width = kept * inner;
      if (pitch != parts * width) { // the last part becomes a whole one
        Value wide = vector(rows * parts * width);
        copyRows(x, pitch, wide, parts * width, rows, count * inner);
        x = wide, pitch = parts * width;
      }
      Value sum = vector(rows * width), part = vector(rows * width);
      copyRows(x, pitch, sum, width, rows, width);
      LogicalResult result = success();
      e.loops({e.attr(parts - 1)}, [&](ArrayRef<OpFoldResult> k) {
        copyRows(e.behind(x, e.add(e.attr(width), e.mul(k[0], e.attr(width)))), pitch, part, width, rows, width);
        result = join(part, sum);
      });
      if (failed(result))
        return failure();
      x = sum, pitch = width, count = kept;
    }
    return x;
  }
};

/// What leaves any value as it is; arith has none for unsigned extremes.
TypedAttr neutralOf(OpBuilder &b, Operation *combine) {
  auto type = combine->getResult(0).getType();
  if (isa<arith::MaxUIOp>(combine))
    return b.getIntegerAttr(type, 0);
  if (isa<arith::MinUIOp>(combine))
    return b.getIntegerAttr(type, APInt::getAllOnes(type.getIntOrFloatBitWidth()));
  return arith::getNeutralElement(combine).value_or(nullptr);
}

/// The loops of a reduction as its input lies in memory: loops around, rows, what is reduced, and what is kept inside.
struct Order {
  SmallVector<unsigned> outer, reduced, inner;
  std::optional<unsigned> rows;

  Order(ArrayRef<unsigned> order, ArrayRef<int64_t> bounds, ArrayRef<utils::IteratorType> kinds) {
    SmallVector<unsigned> left = llvm::filter_to_vector(order, [&](unsigned loop) { return bounds[loop] != 1; });
    auto take = [&](utils::IteratorType kind, SmallVector<unsigned> &into) {
      while (!left.empty() && kinds[left.back()] == kind)
        into.insert(into.begin(), left.pop_back_val());
    };
    take(utils::IteratorType::parallel, inner);
    take(utils::IteratorType::reduction, reduced);
    if (!left.empty())
      rows = left.pop_back_val();
    outer = left;
  }
};

} // namespace

LogicalResult l2b::reduceByParts(Emit &e, linalg::LinalgOp op, Operation *combine, const Access &x,
                                 ArrayRef<unsigned> given) {
  OpOperand *init = op.getDpsInitOperand(0);
  FailureOr<Access> out = Access::get(init->get(), op.getMatchingIndexingMap(init));
  TypedAttr neutral = neutralOf(e.b, combine);
  if (failed(out) || !inNRAM(out->memref) || !neutral)
    return failure();
  Sizes sizes = loopSizes(e, op), around;
  SmallVector<int64_t> bounds = loopBounds(op);
  unsigned loops = bounds.size();
  Order order(given, bounds, op.getIteratorTypesArray());
  Parts parts{e, combine, arith::ConstantOp::create(e.b, e.loc, neutral)};
  for (unsigned loop : order.outer)
    around.push_back(sizes[loop]);
  LogicalResult result = success();
  e.loops(around, [&](ArrayRef<OpFoldResult> ivs) {
    Sizes at(loops, e.attr(0));
    for (auto [loop, iv] : llvm::zip(order.outer, ivs))
      at[loop] = iv;
    // A dense view of some of the loops, and copies of them to it and from it.
    struct Dense {
      SmallVector<int64_t> strides, bounds;
      Sizes sizes;
      AffineExpr place;
      int64_t elements = 1;
    };
    auto dense = [&](ArrayRef<unsigned> walked) {
      Dense d{SmallVector<int64_t>(loops, 0), SmallVector<int64_t>(loops, 1), Sizes(loops, e.attr(1)),
              e.b.getAffineConstantExpr(0)};
      for (unsigned loop : llvm::reverse(walked)) {
        d.strides[loop] = d.elements, d.bounds[loop] = bounds[loop], d.sizes[loop] = sizes[loop];
        d.place = d.place + e.b.getAffineDimExpr(loop) * d.elements;
        d.elements *= bounds[loop];
      }
      return d;
    };
    auto from = [&](const Access &access) {
      Access moved = access;
      moved.memref = e.at(access.memref, access.map, at);
      return moved;
    };
    auto in = [&](Value vector, const Dense &d) {
      return Access{vector, AffineMap::get(loops, 0, d.place), d.strides, d.elements};
    };
    SmallVector<unsigned> kept = order.inner, all = order.reduced;
    if (order.rows) {
      kept.insert(kept.begin(), *order.rows);
      all.insert(all.begin(), *order.rows);
    }
    all.append(order.inner);
    Dense read = dense(all), written = dense(kept);
    Value rows = parts.vector(read.elements), before = parts.vector(written.elements);
    emitCopy(e, from(x), in(rows, read), read.sizes, read.bounds);
    int64_t count = 1, inner = 1;
    for (unsigned loop : order.reduced)
      count *= bounds[loop];
    for (unsigned loop : order.inner)
      inner *= bounds[loop];
    FailureOr<Value> reduced = parts.fold(rows, count * inner, order.rows ? bounds[*order.rows] : 1, count, inner);
    if (failed(reduced)) {
      result = failure();
      return;
    }
    emitCopy(e, from(*out), in(before, written), written.sizes, written.bounds);
    if (failed(parts.join(*reduced, before)))
      result = failure();
    emitCopy(e, in(before, written), from(*out), written.sizes, written.bounds);
  });
  return result;
}
