//===- LayoutAssignment.cpp - which tensor gets which layout --------------===//
#include "LayoutAssignment.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"
#include "metabang/Dialect/Meta/IR/Movement.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace metabang::meta;

static int64_t rankOf(Value value) { return cast<RankedTensorType>(value.getType()).getRank(); }
static bool isElementwise(Operation *op) { return isa_and_present<UnaryOp, CastOp, BinaryOp, CompareOp, SelectOp>(op); }
static bool isReduction(Operation *op) { return isa<SumOp, ProdOp, MaxOp, MinOp, MeanOp>(op); }

bool metabang::meta::isFree(Operation *op) { return isa_and_present<ConstantOp, IndexOp, BroadcastOp>(op); }

LayoutAssignment::LayoutAssignment(func::FuncOp func) {
  findTails(func);
  formGroups(func);
  func.walk([&](Operation *op) {
    if (isReduction(op) && (rankOf(op->getResult(0)) == 4 || rankOf(op->getResult(0)) == 5))
      seed(op);
  });
  // Through movements, as long as a layout reaches a tensor that has none.
  size_t before;
  do {
    before = layouts.size();
    func.walk([&](ReindexOp op) { passThroughReindex(op); });
    func.walk([&](TransposeOp op) { passThroughTranspose(op); });
    func.walk([&](Operation *op) {
      if (isReduction(op))
        passThroughDiagonal(op);
    });
  } while (layouts.size() != before);
}

SmallVector<int64_t> LayoutAssignment::layoutOf(Value value) const {
  auto leader = groups.findLeader(value.getAsOpaquePointer());
  auto it = layouts.find(leader == groups.member_end() ? value.getAsOpaquePointer() : *leader);
  return it != layouts.end() ? it->second : llvm::to_vector(llvm::seq<int64_t>(0, rankOf(value)));
}

void LayoutAssignment::assign(Value value, ArrayRef<int64_t> layout) {
  auto leader = groups.findLeader(value.getAsOpaquePointer());
  if (!isIdentity(layout) && !isFree(value.getDefiningOp()))
    layouts.try_emplace(leader == groups.member_end() ? value.getAsOpaquePointer() : *leader, layout);
}

void LayoutAssignment::formGroups(func::FuncOp func) {
  func.walk([&](Operation *op) {
    if (!isElementwise(op) && !isa<PadOp, SliceOp>(op))
      return;
    for (Value operand : op->getOperands())
      if (!isFree(operand.getDefiningOp()) && (!tails.contains(op) || tails.contains(operand.getDefiningOp())))
        groups.unionSets(op->getResult(0).getAsOpaquePointer(), operand.getAsOpaquePointer());
  });
}

// A tail is a connected set of element-wise operators from which only results of the function follow: an optimiser's
// update of a filter. In the filter's layout each argument and each result of it costs a transpose, in the user's
// layout only what the network computes for it, the gradient. Two transposes have to be saved, because a tail in the
// layout of what it reads may run in the kernel that computes it.
void LayoutAssignment::findTails(func::FuncOp func) {
  llvm::SetVector<Operation *> candidates; // users first
  for (Operation &op : llvm::reverse(func.getBody().front()))
    if (isElementwise(&op) && llvm::all_of(op.getUsers(), [&](Operation *user) {
          return isa<func::ReturnOp>(user) || candidates.contains(user);
        }))
      candidates.insert(&op);
  llvm::EquivalenceClasses<Operation *> connected;
  DenseMap<Value, Operation *> argumentReaders;
  for (Operation *op : candidates) {
    connected.insert(op);
    for (Value operand : op->getOperands()) {
      if (candidates.contains(operand.getDefiningOp()))
        connected.unionSets(op, operand.getDefiningOp());
      else if (auto [it, isNew] = argumentReaders.try_emplace(operand, op); !isNew)
        connected.unionSets(op, it->second);
    }
  }
  struct Tail {
    SmallVector<Operation *> operators;
    int64_t saved = 0; // transposes
  };
  llvm::MapVector<Operation *, Tail> found;
  llvm::DenseSet<Value> seen;
  for (Operation *op : candidates) {
    Tail &tail = found[connected.getLeaderValue(op)];
    tail.operators.push_back(op);
    tail.saved += llvm::any_of(op->getUsers(), llvm::IsaPred<func::ReturnOp>);
    for (Value operand : op->getOperands()) {
      if (candidates.contains(operand.getDefiningOp()) || isFree(operand.getDefiningOp()) ||
          !seen.insert(operand).second)
        continue;
      if (operand.getDefiningOp())
        --tail.saved;
      else if (llvm::all_of(operand.getUsers(), [&](Operation *user) { return candidates.contains(user); }))
        ++tail.saved;
    }
  }
  for (const Tail &tail : llvm::make_second_range(found))
    if (tail.saved >= 2)
      tails.insert_range(tail.operators);
}

/// The movements that feed `value` through element-wise operators.
static void collectMovements(Value value, llvm::SmallSetVector<Operation *, 4> &movements, unsigned depth = 0) {
  Operation *op = value.getDefiningOp();
  if (isa_and_present<ReindexOp, BroadcastOp>(op))
    movements.insert(op);
  else if (isElementwise(op) && depth < 8)
    for (Value operand : op->getOperands())
      collectMovements(operand, movements, depth + 1);
}

namespace {
/// The dimensions of a product whose reduction gives an image (n, channels…, h, w); two dimensions of channels if it is
/// grouped.
struct Product {
  SmallVector<int64_t> channels, reduced;
  int64_t batch, rows, columns;

  Product(Value x, ArrayRef<int64_t> dims) : reduced(dims) {
    SmallVector<int64_t> kept;
    for (int64_t dim = 0; dim < rankOf(x); ++dim)
      if (!llvm::is_contained(dims, dim))
        kept.push_back(dim);
    columns = kept.pop_back_val();
    rows = kept.pop_back_val();
    batch = kept.front();
    channels.assign(kept.begin() + 1, kept.end());
  }

  bool readsChannelsOnly(AffineExpr expr) const {
    for (int64_t dim : {batch, rows, columns})
      if (expr.isFunctionOfDim(dim))
        return false;
    return !readsReduced(expr) && llvm::any_of(channels, [&](int64_t dim) { return expr.isFunctionOfDim(dim); });
  }

  bool readsReduced(AffineExpr expr) const {
    return llvm::any_of(reduced, [&](int64_t dim) { return expr.isFunctionOfDim(dim); });
  }
};

/// How a movement reads an activation (n, c, h, w) in any order of dimensions.
struct ActivationRead {
  SmallVector<int64_t> layout;     // to NHWC
  SmallVector<int64_t> windowDims; // reduced dims of the window, rows before columns
  static std::optional<ActivationRead> match(AffineMap map, const Product &product);
};
} // namespace

std::optional<ActivationRead> ActivationRead::match(AffineMap map, const Product &product) {
  if (map.getNumResults() != 4)
    return std::nullopt;
  int64_t n = -1, h = -1, w = -1;
  for (auto [k, expr] : llvm::enumerate(map.getResults())) {
    bool readsH = expr.isFunctionOfDim(product.rows), readsW = expr.isFunctionOfDim(product.columns);
    if (readsH && readsW)
      return std::nullopt;
    if (readsH)
      h = k;
    else if (readsW)
      w = k;
    else if (expr == getAffineDimExpr(product.batch, map.getContext()))
      n = k;
  }
  if (n < 0 || h < 0 || w < 0)
    return std::nullopt;
  int64_t c = 6 - n - h - w;
  if (llvm::none_of(map.getResults(), [&](AffineExpr e) { return product.readsReduced(e); }))
    return std::nullopt;
  ActivationRead read{{n, h, w, c}, {}};
  for (int64_t position : {h, w})
    for (int64_t dim : product.reduced)
      if (map.getResult(position).isFunctionOfDim(dim))
        read.windowDims.push_back(dim);
  return read;
}

/// (co, kh, kw, ci) of a convolution's filter, (kh, kw, 1, c) of a depthwise one.
static std::optional<SmallVector<int64_t>> filterLayout(AffineMap map, const Product &product,
                                                        ArrayRef<int64_t> windowDims) {
  SmallVector<int64_t> channel, unit, input, window(windowDims.size(), -1);
  for (auto [k, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (isa<AffineConstantExpr>(expr))
      unit.push_back(k);
    else if (product.readsChannelsOnly(expr))
      channel.push_back(k);
    else if (!dim)
      return std::nullopt;
    else if (auto *it = llvm::find(windowDims, dim.getPosition()); it != windowDims.end())
      window[it - windowDims.begin()] = k;
    else if (llvm::is_contained(product.reduced, dim.getPosition()))
      input.push_back(k);
    else
      return std::nullopt;
  }
  if (channel.size() != 1 || input.size() > 1)
    return std::nullopt;
  llvm::erase(window, -1);
  SmallVector<int64_t> layout;
  if (!input.empty())
    layout.append(channel);
  layout.append(window);
  layout.append(unit);
  layout.append(input.empty() ? channel : input);
  return layout;
}

/// The gradient towards a depthwise filter reads like a convolution, too: its images are the channels, its window the
/// result's size, and the result a filter.
static bool isDepthwiseFilterGradient(Operation *reader, const llvm::SmallSetVector<Operation *, 4> &movements,
                                      const Product &product, const ActivationRead &read) {
  ArrayRef<int64_t> sizes = cast<RankedTensorType>(reader->getResult(0).getType()).getShape();
  int64_t window = 1;
  for (int64_t dim : read.windowDims)
    window *= sizes[dim];
  return window > sizes[product.rows] * sizes[product.columns] && llvm::any_of(movements, [&](Operation *op) {
           auto movement = op == reader ? std::nullopt : movementOf(op);
           return movement && movement->map.isFunctionOfDim(product.batch);
         });
}

void LayoutAssignment::seed(Operation *reduction) {
  Value x = reduction->getOperand(0);
  Product product(x, reduction->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef());
  llvm::SmallSetVector<Operation *, 4> movements;
  collectMovements(x, movements);

  std::optional<ActivationRead> activation;
  Operation *reader = nullptr;
  for (Operation *op : movements) {
    auto movement = movementOf(op);
    auto read = movement ? ActivationRead::match(movement->map, product) : std::nullopt;
    if (!read)
      continue;
    if (isDepthwiseFilterGradient(op, movements, product, *read))
      return;
    assign(movement->source, read->layout);
    if (!activation) {
      activation = read;
      reader = op;
    }
  }
  if (!activation)
    return;
  int64_t rank = rankOf(reduction->getResult(0));
  SmallVector<int64_t> image{0, rank - 2, rank - 1};
  llvm::append_range(image, llvm::seq<int64_t>(1, rank - 2));
  assign(reduction->getResult(0), image);

  // Windows that are kept in memory, for a maximum's gradient, have channels last, too.
  SmallVector<int64_t> order{product.batch, product.rows, product.columns};
  order.append(activation->windowDims);
  order.append(product.channels);
  for (int64_t dim : product.reduced)
    if (!llvm::is_contained(activation->windowDims, dim))
      order.push_back(dim);
  assign(x, order);

  for (Operation *op : movements) {
    auto movement = op == reader ? std::nullopt : movementOf(op);
    if (!movement)
      continue;
    if (auto layout = filterLayout(movement->map, product, activation->windowDims))
      assign(movement->source, *layout);
  }
}

/// Runs of dimensions with equal products of sizes, of the one shape and of the other.
static std::optional<SmallVector<std::pair<SmallVector<int64_t>, SmallVector<int64_t>>>>
matchShapes(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  SmallVector<std::pair<SmallVector<int64_t>, SmallVector<int64_t>>> groups;
  if (llvm::is_contained(from, 0))
    return std::nullopt;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    int64_t left = from[i], right = to[j];
    SmallVector<int64_t> lefts{static_cast<int64_t>(i++)}, rights{static_cast<int64_t>(j++)};
    while (left != right) {
      if (left < right) {
        left *= from[i];
        lefts.push_back(i++);
      } else {
        right *= to[j];
        rights.push_back(j++);
      }
    }
    groups.push_back({lefts, rights});
  }
  // Trailing dimensions of size 1 belong to no run.
  if (i < from.size() || j < to.size())
    return std::nullopt;
  return groups;
}

/// Whether each dimension is read along itself: a pad or a slice that composition made a reindex.
static bool keepsDimensions(ReindexOp op) {
  AffineMap map = op.getMap();
  if (op.getConditions() || !op.getExtras().empty() || map.getNumDims() != map.getNumResults())
    return false;
  for (auto [k, expr] : llvm::enumerate(map.getResults()))
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
      if (dim != k && expr.isFunctionOfDim(dim))
        return false;
  return true;
}

void LayoutAssignment::passThroughReindex(ReindexOp op) {
  if (keepsDimensions(op)) {
    if (SmallVector<int64_t> layout = layoutOf(op.getX()); !isIdentity(layout))
      assign(op.getResult(), layout);
    else
      assign(op.getX(), layoutOf(op.getResult()));
    return;
  }
  ArrayRef<int64_t> shape = op.getType().getShape(), source = op.getX().getType().getShape();
  SmallVector<int64_t> sourceLayout = layoutOf(op.getX()), resultLayout = layoutOf(op.getResult());
  if (isIdentity(sourceLayout) == isIdentity(resultLayout) || op.getConditions() ||
      !isRowMajorReshape(op.getMap(), shape, source))
    return;
  bool forward = isIdentity(resultLayout);
  auto groups = forward ? matchShapes(source, shape) : matchShapes(shape, source);
  if (!groups)
    return;
  // The dimensions of a run must stay neighbours, in order.
  ArrayRef<int64_t> known = forward ? sourceLayout : resultLayout;
  SmallVector<int64_t> layout;
  for (size_t k = 0; k < known.size();) {
    auto *group = llvm::find_if(*groups, [&](const auto &group) { return group.first.front() == known[k]; });
    if (group == groups->end() || known.slice(k).take_front(group->first.size()) != ArrayRef<int64_t>(group->first))
      return;
    layout.append(group->second);
    k += group->first.size();
  }
  assign(forward ? op.getResult() : op.getX(), layout);
}

/// What lies last stays last, whatever the order of the others.
void LayoutAssignment::passThroughTranspose(TransposeOp op) {
  SmallVector<int64_t> layout = layoutOf(op.getX());
  if (isIdentity(layout) || !isIdentity(layoutOf(op.getResult())))
    return;
  SmallVector<int64_t> order, last;
  for (auto [dim, from] : llvm::enumerate(op.getPerm()))
    (from == layout.back() ? last : order).push_back(dim);
  order.append(last);
  assign(op.getResult(), order);
}

/// A sum along a diagonal, of a tensor whose innermost dimension is not the result's: it is computed in the order of
/// that tensor, and turned then. Rows of it would be read element by element else.
void LayoutAssignment::passThroughDiagonal(Operation *reduction) {
  auto read = reduction->getOperand(0).getDefiningOp<ReindexOp>();
  if (!read || read.getConditions() || !read.getExtras().empty() || !isLinear(read.getMap()))
    return;
  ArrayRef<int64_t> reduced = reduction->getAttrOfType<DenseI64ArrayAttr>("dims").asArrayRef();
  SmallVector<int64_t> kept, order, layout;
  for (int64_t dim = 0; dim < rankOf(read); ++dim)
    if (!llvm::is_contained(reduced, dim))
      kept.push_back(dim);
  bool isDiagonal = false;
  SmallVector<int64_t> source = layoutOf(read.getX());
  for (int64_t position : source) {
    AffineExpr expr = read.getMap().getResult(position);
    auto isRead = [&](int64_t dim) { return expr.isFunctionOfDim(dim); };
    isDiagonal |= llvm::any_of(kept, isRead) && llvm::any_of(reduced, isRead);
    for (int64_t dim : llvm::make_filter_range(kept, isRead))
      if (!llvm::is_contained(order, dim))
        order.push_back(dim);
  }
  if (!isDiagonal || order.size() != kept.size() || order.back() == kept.back())
    return;
  auto last = dyn_cast<AffineDimExpr>(read.getMap().getResult(source.back()));
  if (!last || last.getPosition() != unsigned(order.back()))
    return;
  for (int64_t dim : order)
    layout.push_back(llvm::find(kept, dim) - kept.begin());
  assign(reduction->getResult(0), layout);
  order.append(reduced.begin(), reduced.end());
  assign(read, order);
}
