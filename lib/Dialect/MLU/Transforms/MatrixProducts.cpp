//===- MatrixProducts.cpp - Sums of products as products of matrices ------===//
#include "NormalizeContractions.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"
#include <numeric>

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

/// Reduced loops that a product takes whole when it transposes its operands on chip, and what longer ones are multiples
/// of.
static constexpr int64_t kWholeDepth = 192, kDepthUnit = 64;

/// The shortest part that a depth is cut into, and how many parts a core computes at most.
static constexpr int64_t kShortestPart = 16, kMostRounds = 4;

/// So many times as many columns as rows: the rows may be transposed for the columns' sake.
static constexpr int64_t kFewRows = 8;

/// Bytes of a float, and columns that a tile takes at least.
static constexpr int64_t kFloatBytes = 4;

/// Elements that are worth a second kernel for all cores to reduce them.
static constexpr int64_t kOneCore = 16384;

namespace {

using LoopList = SmallVector<unsigned>;

/// Rewrites one sum of products. Its loops of more than one step are of these kinds: those that both factors and the
/// sum have (batch), those of one factor and the sum (own), and those of both factors only (depth).
class Former {
public:
  Former(linalg::GenericOp op, const Device &device, RewriterBase &rewriter)
      : op(op), device(device), cores(device.cores()), b(rewriter), loc(op.getLoc()), sizes(op.getStaticLoopRanges()) {}

  MatrixProduct run();

private:
  struct Factor {
    Value value;
    AffineMap map;       ///< without loops of one step
    LoopList loops;      ///< of the map, in order of its dimensions
    bool isPlain = true; ///< each loop is a dimension
  };

  bool readFactor(unsigned number);
  void sliceConstants(Factor &factor);
  bool sortLoops();
  bool isTap(const Factor &factor, unsigned loop) const {
    return !llvm::is_contained(factor.map.getResults(), b.getAffineDimExpr(loop));
  }

  void cutUnread(Factor &factor, AffineMap map, ArrayRef<unsigned> order);
  void spreadWindows(Factor &factor, ArrayRef<unsigned> rows, const LoopList &order);
  void dropUnitDimensions(Factor &factor);
  /// Whether rows of memory are summed over.
  bool isDepthLast(const Factor &factor) const {
    auto last = dyn_cast<AffineDimExpr>(factor.map.getResults().back());
    return last && llvm::is_contained(depth, last.getPosition());
  }
  /// The factor with one dimension for each of its loops, depth first or last.
  std::pair<Value, LoopList> arrange(Factor &factor, const LoopList &own, bool depthFirst = false);
  /// Puts dimensions that are loops of `last` behind all others, so that windows are rows of memory.
  void moveBehind(Factor &factor, ArrayRef<unsigned> last);
  /// The map of a factor over `order`, which are the loops of another operation.
  AffineMap mapOver(const Factor &factor, ArrayRef<unsigned> order) const;
  Value permuted(Value value, ArrayRef<unsigned> from, ArrayRef<unsigned> to);
  Value transposed(Value value, ArrayRef<int64_t> perm);
  Value reshaped(Value value, ArrayRef<int64_t> shape);

  linalg::GenericOp multiplyMatrices(std::pair<Value, LoopList> x, std::pair<Value, LoopList> w, int64_t parts);
  Value multiplyElements(LoopList &order);
  Value sum(Value value, LoopList &order, ArrayRef<unsigned> over);
  bool fitsWhole(int64_t part) const;
  int64_t partsOfDepth(bool byRows) const;

  int64_t extent(ArrayRef<unsigned> loops) const {
    return std::accumulate(loops.begin(), loops.end(), int64_t(1),
                           [&](int64_t product, unsigned loop) { return product * sizes[loop]; });
  }
  SmallVector<int64_t> extents(ArrayRef<unsigned> loops) const {
    return llvm::map_to_vector(loops, [&](unsigned loop) { return sizes[loop]; });
  }
  static LoopList joined(std::initializer_list<ArrayRef<unsigned>> parts) {
    LoopList all;
    for (ArrayRef<unsigned> part : parts)
      all.append(part.begin(), part.end());
    return all;
  }
  Type elementType() const { return cast<RankedTensorType>(op->getResult(0).getType()).getElementType(); }
  Value empty(ArrayRef<int64_t> shape) { return tensor::EmptyOp::create(b, loc, shape, elementType()); }
  Value zeros(ArrayRef<int64_t> shape) {
    Value zero = arith::ConstantOp::create(b, loc, b.getFloatAttr(elementType(), 0));
    return linalg::FillOp::create(b, loc, zero, empty(shape)).getResult(0);
  }

  linalg::GenericOp op;
  const Device &device;
  int64_t cores;
  RewriterBase &b;
  Location loc;
  SmallVector<int64_t> sizes;
  Factor factors[2];
  LoopList batch, own[2], depth, result; ///< result: the sum's loops of more than one step, in its order
};

} // namespace

bool Former::readFactor(unsigned number) {
  Factor &factor = factors[number];
  factor.value = op->getOperand(number);
  if (cast<RankedTensorType>(factor.value.getType()).getElementType() != elementType())
    return false;
  SmallVector<AffineExpr> steps;
  for (auto [loop, size] : llvm::enumerate(sizes))
    steps.push_back(size == 1 ? b.getAffineConstantExpr(0) : b.getAffineDimExpr(loop));
  AffineMap map = op.getMatchingIndexingMap(&op->getOpOperand(number));
  factor.map = simplifyAffineMap(map.replaceDimsAndSymbols(steps, {}, sizes.size(), 0));
  for (auto [dim, expr] : llvm::enumerate(factor.map.getResults())) {
    int64_t size = shapeOf(factor.value)[dim];
    if (auto index = dyn_cast<AffineConstantExpr>(expr)) {
      if (index.getValue() != 0)
        return false;
      continue;
    }
    auto loop = dyn_cast<AffineDimExpr>(expr);
    factor.isPlain &=
        loop && !llvm::is_contained(factor.loops, loop.getPosition()) && size == sizes[loop.getPosition()];
    for (unsigned each = 0; each < sizes.size(); ++each)
      if (expr.isFunctionOfDim(each) && !llvm::is_contained(factor.loops, each))
        factor.loops.push_back(each);
  }
  return true;
}

/// Of dimensions that no loop walks, the first element alone.
void Former::sliceConstants(Factor &factor) {
  SmallVector<int64_t> shape(shapeOf(factor.value));
  SmallVector<OpFoldResult> offsets(shape.size(), b.getIndexAttr(0)), steps(shape.size(), b.getIndexAttr(1)), sizes;
  for (auto [dim, expr] : llvm::enumerate(factor.map.getResults())) {
    if (isa<AffineConstantExpr>(expr))
      shape[dim] = 1;
    sizes.push_back(b.getIndexAttr(shape[dim]));
  }
  if (ArrayRef(shape) != shapeOf(factor.value))
    factor.value = tensor::ExtractSliceOp::create(b, loc, factor.value, offsets, sizes, steps);
}

bool Former::sortLoops() {
  for (AffineExpr expr : op.getMatchingIndexingMap(op.getDpsInitOperand(0)).getResults())
    if (unsigned loop = cast<AffineDimExpr>(expr).getPosition(); sizes[loop] != 1)
      result.push_back(loop);
  // What lies plainly in memory says the order: it then stays as it is.
  const Factor &first = factors[factors[0].isPlain ? 0 : 1], &second = factors[factors[0].isPlain ? 1 : 0];
  llvm::SmallSetVector<unsigned, 8> all(first.loops.begin(), first.loops.end());
  all.insert(second.loops.begin(), second.loops.end());
  all.insert(result.begin(), result.end());
  for (unsigned loop : all) {
    bool left = llvm::is_contained(factors[0].loops, loop), right = llvm::is_contained(factors[1].loops, loop);
    bool kept = llvm::is_contained(result, loop);
    if (left && right)
      (kept ? batch : depth).push_back(loop);
    else if (left != right && kept)
      own[right].push_back(loop);
    else
      return false;
  }
  // Taps of a window stand before what is a row of memory.
  for (unsigned number : {0u, 1u})
    if (!isDepthLast(factors[number]))
      llvm::stable_sort(
          own[number], [&](unsigned p, unsigned q) { return isTap(factors[number], p) && !isTap(factors[number], q); });
  return !depth.empty();
}

Value Former::reshaped(Value value, ArrayRef<int64_t> shape) {
  if (shapeOf(value) == shape)
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  auto whole = [](size_t rank) {
    SmallVector<ReassociationIndices> groups;
    if (rank > 0)
      groups.push_back(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
    return groups;
  };
  if (type.getRank() != 1)
    value = tensor::CollapseShapeOp::create(b, loc, type.clone({type.getNumElements()}), value, whole(type.getRank()));
  if (shape.size() != 1)
    value = tensor::ExpandShapeOp::create(b, loc, type.clone(shape), value, whole(shape.size()));
  return value;
}

Value Former::transposed(Value value, ArrayRef<int64_t> perm) {
  SmallVector<int64_t> shape;
  for (int64_t dim : perm)
    shape.push_back(shapeOf(value)[dim]);
  return linalg::TransposeOp::create(b, loc, value, empty(shape), perm)->getResult(0);
}

Value Former::permuted(Value value, ArrayRef<unsigned> from, ArrayRef<unsigned> to) {
  if (from == to)
    return value;
  return transposed(
      value, llvm::map_to_vector(to, [&](unsigned loop) -> int64_t { return llvm::find(from, loop) - from.begin(); }));
}

void Former::moveBehind(Factor &factor, ArrayRef<unsigned> last) {
  SmallVector<int64_t> perm, behind;
  for (auto [dim, expr] : llvm::enumerate(factor.map.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(expr);
    (loop && llvm::is_contained(last, loop.getPosition()) ? behind : perm).push_back(dim);
  }
  llvm::append_range(perm, behind);
  if (llvm::is_sorted(perm))
    return;
  auto pad = factor.value.getDefiningOp<tensor::PadOp>();
  if (Value padding = pad ? pad.getConstantPaddingValue() : Value()) {
    SmallVector<OpFoldResult> low, high, lowOf = pad.getMixedLowPad(), highOf = pad.getMixedHighPad();
    SmallVector<int64_t> shape;
    for (int64_t dim : perm) {
      low.push_back(lowOf[dim]);
      high.push_back(highOf[dim]);
      shape.push_back(shapeOf(pad.getResult())[dim]);
    }
    auto type = pad.getResultType().clone(shape);
    factor.value = tensor::PadOp::create(b, loc, type, transposed(pad.getSource(), perm), low, high, padding);
  } else {
    factor.value = transposed(factor.value, perm);
  }
  factor.map = factor.map.getSubMap(SmallVector<unsigned>(perm.begin(), perm.end()));
}

AffineMap Former::mapOver(const Factor &factor, ArrayRef<unsigned> order) const {
  SmallVector<AffineExpr> positions(sizes.size(), b.getAffineConstantExpr(0));
  for (auto [position, loop] : llvm::enumerate(order))
    positions[loop] = b.getAffineDimExpr(position);
  return factor.map.replaceDimsAndSymbols(positions, {}, order.size(), 0);
}

/// A window of one tap may leave the end of a dimension unread, but a dimension that a loop alone walks is walked
/// whole.
void Former::cutUnread(Factor &factor, AffineMap map, ArrayRef<unsigned> order) {
  SmallVector<int64_t> sizesRead(shapeOf(factor.value));
  for (auto [dim, expr] : llvm::enumerate(map.getResults()))
    if (auto loop = dyn_cast<AffineDimExpr>(expr))
      sizesRead[dim] = sizes[order[loop.getPosition()]];
  if (ArrayRef<int64_t>(sizesRead) == shapeOf(factor.value))
    return;
  SmallVector<OpFoldResult> offsets(sizesRead.size(), b.getIndexAttr(0)), ones(sizesRead.size(), b.getIndexAttr(1));
  factor.value = tensor::ExtractSliceOp::create(b, loc, factor.value, offsets,
                                                getAsIndexOpFoldResult(b.getContext(), sizesRead), ones);
}

/// Makes each element of the windows one of memory, over the loops `order`; its last are rows of what is read.
void Former::spreadWindows(Factor &factor, ArrayRef<unsigned> rows, const LoopList &order) {
  moveBehind(factor, llvm::filter_to_vector(rows, [&](unsigned loop) { return !isTap(factor, loop); }));
  SmallVector<utils::IteratorType> iterators(order.size(), utils::IteratorType::parallel);
  SmallVector<AffineMap> maps = {mapOver(factor, order), b.getMultiDimIdentityMap(order.size())};
  cutUnread(factor, maps.front(), order);
  Value init = empty(extents(order));
  auto windows = linalg::GenericOp::create(
      b, loc, TypeRange{init.getType()}, factor.value, init, maps, iterators,
      [](OpBuilder &nested, Location inner, ValueRange args) { linalg::YieldOp::create(nested, inner, args[0]); });
  windows->setAttr("mlu.spread", b.getUnitAttr()); // read in place they would be a convolution again
  factor.value = windows.getResult(0);
  factor.loops = order;
}

void Former::dropUnitDimensions(Factor &factor) {
  factor.value = reshaped(factor.value, extents(factor.loops));
  factor.map = b.getMultiDimIdentityMap(sizes.size()).getSubMap(factor.loops);
}

std::pair<Value, LoopList> Former::arrange(Factor &factor, const LoopList &own, bool depthFirst) {
  LoopList order = joined({batch, depth, own});
  if (!factor.isPlain) {
    bool rowsAreDepth = isDepthLast(factor);
    if (rowsAreDepth)
      order = joined({batch, own, depth});
    spreadWindows(factor, rowsAreDepth ? depth : own, order);
    return {factor.value, order};
  }
  // Rows along the depth stay rows; what has to be transposed becomes what can be cut along the depth.
  dropUnitDimensions(factor);
  if (LoopList rows = joined({batch, own, depth}); factor.loops == rows && !depthFirst)
    order = rows;
  return {permuted(factor.value, factor.loops, order), order};
}

/// Whether a part of the depth, both its operands and its result fit NRAM in one piece, quantised and packed copies
/// included. All of them are stretches of memory then, and strided copies cost more than bytes.
bool Former::fitsWhole(int64_t part) const {
  int64_t rows = extent(own[0]), columns = llvm::alignTo(extent(own[1]), kFilterGroup);
  int64_t word = device.hasFloatConv ? 4 : 2;
  int64_t ofRow = 3 * kFloatBytes + word, ofColumn = 2 * kFloatBytes + 2 * word;
  return part * (rows * ofRow + columns * ofColumn) + 2 * kFloatBytes * rows * columns <= device.nramBudget();
}

/// Into how many products over a part of the depth each is cut, so that all cores have work: as long as their results
/// are not more than the operands, and a product takes its depth whole. A few more parts may fit NRAM whole. With
/// `byRows`, each core takes some rows of the large operand, which lie side by side.
int64_t Former::partsOfDepth(bool byRows) const {
  int64_t rows = extent(own[0]), columns = extent(own[1]), length = extent(depth), best = 1;
  if (!elementType().isF32() || extent(batch) >= cores)
    return 1;
  int64_t most = length * (rows + columns) / (rows * columns), unit = byRows ? kShortestPart : kDepthUnit;
  auto isLegal = [&](int64_t parts) {
    int64_t part = length / parts;
    return length % parts == 0 && part >= unit && (part <= kWholeDepth || part % kDepthUnit == 0);
  };
  auto rounds = [&](int64_t parts) { return double(llvm::divideCeil(parts, cores)) / parts; };
  for (int64_t parts = 2; parts <= std::min(most, 2 * cores); ++parts)
    if (isLegal(parts) && rounds(parts) < rounds(best))
      best = parts;
  for (int64_t parts = best; parts <= std::min(most, kMostRounds * cores) && !fitsWhole(length / best); ++parts)
    if (isLegal(parts) && fitsWhole(length / parts) && rounds(parts) <= rounds(best))
      best = parts;
  return best;
}

linalg::GenericOp Former::multiplyMatrices(std::pair<Value, LoopList> x, std::pair<Value, LoopList> w, int64_t parts) {
  int64_t matrices = extent(batch) * parts, length = extent(depth) / parts;
  int64_t rows = extent(own[0]), columns = extent(own[1]);
  unsigned lead = matrices > 1, rank = lead + 3;
  AffineExpr m = b.getAffineDimExpr(lead), n = b.getAffineDimExpr(lead + 1), k = b.getAffineDimExpr(lead + 2);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  auto add = [&](std::pair<Value, LoopList> &factor, int64_t size, AffineExpr loop) {
    bool isDepthLast = llvm::is_contained(depth, factor.second.back());
    SmallVector<int64_t> shape = {isDepthLast ? size : length, isDepthLast ? length : size};
    SmallVector<AffineExpr> exprs = {isDepthLast ? loop : k, isDepthLast ? k : loop};
    if (lead) {
      shape.insert(shape.begin(), matrices);
      exprs.insert(exprs.begin(), b.getAffineDimExpr(0));
    }
    inputs.push_back(reshaped(factor.first, shape));
    maps.push_back(AffineMap::get(rank, 0, exprs, op.getContext()));
  };
  add(x, rows, m);
  add(w, columns, n);
  maps.push_back(b.getMultiDimIdentityMap(rank).getMajorSubMap(lead + 2));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  SmallVector<int64_t> shape = {rows, columns};
  if (lead)
    shape.insert(shape.begin(), matrices);
  Value init = zeros(shape);
  return linalg::GenericOp::create(b, loc, TypeRange{init.getType()}, inputs, ValueRange{init}, maps, iterators,
                                   [](OpBuilder &nested, Location inner, ValueRange args) {
                                     Value product = arith::MulFOp::create(nested, inner, args[0], args[1]);
                                     Value sum = arith::AddFOp::create(nested, inner, args[2], product);
                                     linalg::YieldOp::create(nested, inner, sum);
                                   });
}

/// Without rows or columns there are no matrices: the products element by element, over the loops `order`.
Value Former::multiplyElements(LoopList &order) {
  Factor &large = factors[own[0].empty() ? 1 : 0], &small = factors[own[0].empty() ? 0 : 1];
  if (!large.isPlain)
    spreadWindows(large, batch, joined({depth, own[0], own[1], batch}));
  dropUnitDimensions(large);
  dropUnitDimensions(small);
  order = large.loops;
  SmallVector<AffineMap> maps = {mapOver(large, order), mapOver(small, order), b.getMultiDimIdentityMap(order.size())};
  SmallVector<utils::IteratorType> iterators(order.size(), utils::IteratorType::parallel);
  Value init = empty(extents(order));
  auto product = linalg::GenericOp::create(
      b, loc, TypeRange{init.getType()}, ValueRange{large.value, small.value}, ValueRange{init}, maps, iterators,
      [](OpBuilder &nested, Location inner, ValueRange args) {
        linalg::YieldOp::create(nested, inner, Value(arith::MulFOp::create(nested, inner, args[0], args[1])));
      });
  return product.getResult(0);
}

/// The sum of `value`, whose dimensions are the loops `order`, over some of these.
Value Former::sum(Value value, LoopList &order, ArrayRef<unsigned> over) {
  LoopList kept = llvm::filter_to_vector(order, [&](unsigned loop) { return !llvm::is_contained(over, loop); });
  SmallVector<AffineExpr> read(order.size());
  for (auto [position, loop] : llvm::enumerate(joined({kept, over})))
    read[llvm::find(order, loop) - order.begin()] = b.getAffineDimExpr(position);
  SmallVector<AffineMap> maps = {AffineMap::get(order.size(), 0, read, op.getContext()),
                                 b.getMultiDimIdentityMap(order.size()).getMajorSubMap(kept.size())};
  SmallVector<utils::IteratorType> iterators(order.size(), utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), kept.size(), utils::IteratorType::parallel);
  Value init = zeros(extents(kept));
  auto total = linalg::GenericOp::create(
      b, loc, TypeRange{init.getType()}, value, init, maps, iterators,
      [](OpBuilder &nested, Location inner, ValueRange args) {
        linalg::YieldOp::create(nested, inner, Value(arith::AddFOp::create(nested, inner, args[1], args[0])));
      });
  order = kept;
  return total.getResult(0);
}

MatrixProduct Former::run() {
  auto fill = op.getOutputs()[0].getDefiningOp<linalg::FillOp>();
  if (!fill || !matchPattern(fill.getInputs()[0], m_AnyZeroFloat()) || !readFactor(0) || !readFactor(1) || !sortLoops())
    return {};
  bool isVector = own[0].empty() || own[1].empty();
  // The elements of the other factor are repeated then, so they must lie plainly; and a sum of nothing but depth is a
  // reduction of all.
  if (isVector && (!factors[own[0].empty() ? 0 : 1].isPlain || result.empty()))
    return {};
  b.setInsertionPoint(op);
  sliceConstants(factors[0]);
  sliceConstants(factors[1]);
  MatrixProduct formed{true, nullptr};
  Value value;
  LoopList order;
  if (isVector) {
    value = multiplyElements(order);
    // Few columns are summed by all cores in two steps.
    if (depth.size() > 1 && extent(order) > kOneCore && extent(result) < kOneCore)
      value = sum(value, order, ArrayRef(depth).drop_front());
    value = sum(value, order, llvm::filter_to_vector(order, [&](unsigned l) { return llvm::is_contained(depth, l); }));
  } else {
    // A few rows are worth a transpose of their own, so that the depth may be cut.
    auto w = arrange(factors[1], own[1]);
    bool isCutAcross = !llvm::is_contained(depth, w.second.back()) && extent(own[0]) * kFewRows <= extent(own[1]);
    auto x = arrange(factors[0], own[0], isCutAcross && partsOfDepth(true) > 1);
    bool isCuttable = !llvm::is_contained(depth, x.second.back()) && !llvm::is_contained(depth, w.second.back());
    int64_t parts = isCuttable ? partsOfDepth(isCutAcross) : 1;
    formed.product = multiplyMatrices(x, w, parts);
    value = formed.product.getResult(0);
    order = joined({batch, own[0], own[1]});
    if (parts > 1) {
      // Results are summed as three dimensions, whatever loops they have.
      sizes.append({extent(batch), parts, extent(own[0]) * extent(own[1])});
      unsigned first = sizes.size() - 3;
      LoopList flat = extent(batch) > 1 ? LoopList{first, first + 1, first + 2} : LoopList{first + 1, first + 2};
      value = sum(reshaped(value, extents(flat)), flat, first + 1);
    }
    value = reshaped(value, extents(order));
  }
  value = reshaped(permuted(value, order, result), shapeOf(op->getResult(0)));
  b.replaceOp(op, value);
  return formed;
}

MatrixProduct metabang::mlu::formMatrixProduct(linalg::GenericOp op, const Device &device, RewriterBase &rewriter) {
  return Former(op, device, rewriter).run();
}
