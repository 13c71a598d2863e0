//===- FuseResampling.cpp - Products that interpolate, as one operation ---===//
#include "NormalizeContractions.h"
#include "metabang/Device/Device.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"
#include "metabang/Dialect/MLU/Transforms/Resampling.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLUFUSERESAMPLING
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

namespace {

/// A matrix that a dimension is multiplied by: [outputs, inputs], or transposed.
struct Matrix {
  Value value;
  bool isTransposed = false;
  SparseElementsAttr entries; // [outputs, inputs]
};

/// y = matrix times x along one dimension: dimension d of y is dimension from[d] of x.
struct Product {
  Value x;
  Matrix matrix;
  int64_t dim = 0; // of y, which the matrix makes
  SmallVector<int64_t> from;
};

/// A result as a permuted x, of which some dimensions were multiplied by matrices.
struct Chain {
  Value x;
  SmallVector<int64_t> from;      // dimension of x, of each of the result
  SmallVector<Matrix> matrices;   // of each dimension of the result
  SmallVector<Operation *> steps; // last one first

  bool isComplete() const {
    for (auto [dim, source] : llvm::enumerate(from))
      if (int64_t(dim) != source || (matrices[dim].value && dim + 2 < from.size()))
        return false;
    return true;
  }
};

} // namespace

/// The entries with rows and columns exchanged.
static SparseElementsAttr transposed(SparseElementsAttr entries) {
  auto type = cast<RankedTensorType>(entries.getType());
  SmallVector<APInt> indices = llvm::to_vector(entries.getIndices().getValues<APInt>());
  for (size_t k = 0; k + 1 < indices.size(); k += 2)
    std::swap(indices[k], indices[k + 1]);
  auto swapped = DenseElementsAttr::get(entries.getIndices().getType(), indices);
  return SparseElementsAttr::get(type.clone({type.getDimSize(1), type.getDimSize(0)}),
                                 cast<DenseIntElementsAttr>(swapped), entries.getValues());
}

static std::optional<Product> productOf(func::FuncOp main, Operation *of) {
  auto op = dyn_cast_if_present<linalg::GenericOp>(of);
  if (!op || !isSumOfProducts(op) || op.getNumReductionLoops() != 1)
    return std::nullopt;
  unsigned loops = op.getNumLoops(), depth = loops - 1;
  OpOperand *init = op.getDpsInitOperand(0);
  if (!op.getMatchingIndexingMap(init).isIdentity() &&
      op.getMatchingIndexingMap(init) !=
          AffineMap::getMultiDimIdentityMap(loops, op.getContext()).getMajorSubMap(depth))
    return std::nullopt;
  for (int64_t side : {0, 1}) {
    OpOperand *filter = op.getDpsInputOperand(side), *image = op.getDpsInputOperand(1 - side);
    auto argument = dyn_cast<BlockArgument>(filter->get());
    if (!argument || argument.getOwner() != &main.getBody().front())
      continue;
    auto entries = main.getArgAttrOfType<SparseElementsAttr>(argument.getArgNumber(), kEntriesAttrName);
    AffineMap w = op.getMatchingIndexingMap(filter), x = op.getMatchingIndexingMap(image);
    if (!entries || w.getNumResults() != 2 || !w.isProjectedPermutation() || !x.isProjectedPermutation() ||
        x.getNumResults() != depth || !w.isFunctionOfDim(depth) || !x.isFunctionOfDim(depth) ||
        cast<RankedTensorType>(image->get().getType()).getElementType() !=
            cast<RankedTensorType>(op.getResult(0).getType()).getElementType() ||
        cast<RankedTensorType>(filter->get().getType()).getElementType() !=
            cast<RankedTensorType>(op.getResult(0).getType()).getElementType())
      continue;
    Product product;
    product.x = image->get();
    product.matrix.value = argument;
    product.matrix.isTransposed = w.getDimPosition(0) == depth;
    product.matrix.entries = product.matrix.isTransposed ? transposed(entries) : entries;
    product.dim = w.getDimPosition(product.matrix.isTransposed ? 1 : 0);
    for (unsigned d = 0; d < depth; ++d) {
      auto at = x.getResultPosition(getAffineDimExpr(int64_t(d) == product.dim ? depth : d, op.getContext()));
      if (!at || (int64_t(d) == product.dim && x.isFunctionOfDim(d)))
        return std::nullopt;
      product.from.push_back(*at);
    }
    return product;
  }
  return std::nullopt;
}

/// The longest chain that ends in `root` and takes rows and columns of x to rows and columns of the result.
static std::optional<Chain> chainOf(func::FuncOp main, Operation *root) {
  auto type = dyn_cast<RankedTensorType>(root->getResult(0).getType());
  if (!type || type.getRank() < 2)
    return std::nullopt;
  Chain chain;
  chain.x = root->getResult(0);
  chain.from = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  chain.matrices.resize(type.getRank());
  std::optional<Chain> longest;
  for (Operation *op = root; op && (op == root || op->hasOneUse()); op = chain.x.getDefiningOp()) {
    if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
      for (int64_t &dim : chain.from)
        dim = transpose.getPermutation()[dim];
      chain.x = transpose.getInput();
    } else if (auto product = productOf(main, op)) {
      auto dim = llvm::find(chain.from, product->dim) - chain.from.begin();
      if (chain.matrices[dim].value)
        break;
      chain.matrices[dim] = product->matrix;
      for (int64_t &each : chain.from)
        each = product->from[each];
      chain.x = product->x;
    } else {
      break;
    }
    chain.steps.push_back(op);
    if (chain.isComplete() && llvm::any_of(chain.matrices, [](const Matrix &m) { return bool(m.value); }))
      longest = chain;
  }
  return longest;
}

/// The chain as one operation.
static linalg::GenericOp fuse(const Chain &chain, RewriterBase &b) {
  Operation *root = chain.steps.front();
  Location loc = root->getLoc();
  auto type = cast<RankedTensorType>(root->getResult(0).getType());
  int64_t rank = type.getRank();
  MLIRContext *context = b.getContext();
  SmallVector<Value> inputs{chain.x};
  SmallVector<AffineExpr> image, result;
  SmallVector<AffineMap> maps{AffineMap()};
  SmallVector<std::pair<AffineExpr, AffineExpr>> factors;
  SmallVector<Attribute> matrices{b.getUnitAttr(), b.getUnitAttr()};
  unsigned loops = rank;
  for (int64_t dim = 0; dim < rank; ++dim) {
    AffineExpr at = getAffineDimExpr(dim, context);
    result.push_back(at);
    const Matrix &matrix = chain.matrices[dim];
    if (!matrix.value) {
      image.push_back(at);
      continue;
    }
    AffineExpr depth = getAffineDimExpr(loops++, context);
    image.push_back(depth);
    inputs.push_back(matrix.value);
    factors.push_back(matrix.isTransposed ? std::pair(depth, at) : std::pair(at, depth));
    matrices[dim - (rank - 2)] = matrix.entries;
  }
  maps[0] = AffineMap::get(loops, 0, image, context);
  for (auto [row, col] : factors)
    maps.push_back(AffineMap::get(loops, 0, {row, col}, context));
  maps.push_back(AffineMap::get(loops, 0, result, context));
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  iterators.resize(loops, utils::IteratorType::reduction);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type.getElementType()));
  Value empty = tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  Value init = linalg::FillOp::create(b, loc, zero, empty)->getResult(0);
  auto op = linalg::GenericOp::create(b, loc, TypeRange{type}, inputs, ValueRange{init}, maps, iterators,
                                      [](OpBuilder &b, Location loc, ValueRange args) {
                                        Value product = args[0];
                                        for (Value factor : args.drop_front().drop_back())
                                          product = arith::MulFOp::create(b, loc, product, factor);
                                        linalg::YieldOp::create(
                                            b, loc, arith::AddFOp::create(b, loc, args.back(), product).getResult());
                                      });
  op->setAttr(kGatherAttrName, b.getUnitAttr());
  op->setAttr(kResampleAttrName, b.getArrayAttr(matrices));
  return op;
}

namespace {

struct MLUFuseResampling : metabang::mlu::impl::MLUFuseResamplingBase<MLUFuseResampling> {
  void runOnOperation() override {
    func::FuncOp main = getOperation();
    auto isKnown = [&](unsigned argument) { return bool(main.getArgAttr(argument, kEntriesAttrName)); };
    if (main.isDeclaration() || llvm::none_of(llvm::seq(0u, main.getNumArguments()), isKnown))
      return;
    StringRef name = getTarget(main);
    const Device *device = lookupDevice({name.data(), name.size()});
    if (!device)
      return; // the next pass says so
    SmallVector<Operation *> work;
    main.walk([&](linalg::LinalgOp op) { work.push_back(op); });
    IRRewriter rewriter(main.getContext());
    for (Operation *root : llvm::reverse(work)) {
      if (root->getNumResults() != 1 || root->use_empty())
        continue;
      std::optional<Chain> chain = chainOf(main, root);
      Type element = cast<RankedTensorType>(root->getResult(0).getType()).getElementType();
      if (!chain || (!element.isF32() && !element.isF16()))
        continue;
      rewriter.setInsertionPointAfter(root);
      linalg::GenericOp fused = fuse(*chain, rewriter);
      auto resampling = Resampling::of(cast<linalg::LinalgOp>(fused.getOperation()));
      if (!resampling || !resampling->chooseBlock(*device, element.getIntOrFloatBitWidth() / 8)) {
        rewriter.eraseOp(fused);
        continue;
      }
      rewriter.replaceOp(root, fused);
    }
  }
};

} // namespace
