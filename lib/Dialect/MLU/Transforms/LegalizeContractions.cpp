//===- LegalizeContractions.cpp - Operand types of the tensor unit --------===//
#include "NormalizeContractions.h"
#include "metabang/Device/Device.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

namespace metabang::mlu {
#define GEN_PASS_DEF_MLULEGALIZECONTRACTIONS
#include "metabang/Dialect/MLU/Transforms/Passes.h.inc"
} // namespace metabang::mlu

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

namespace {

/// A filter that is a parameter, perhaps transposed.
struct Parameter {
  BlockArgument argument;
  SmallVector<int64_t> perm;
};

std::optional<Parameter> findParameter(func::FuncOp main, Value filter) {
  Parameter parameter;
  auto prepare = filter.getDefiningOp<PrepareOp>();
  Value source = prepare ? prepare.getSource() : filter;
  parameter.argument = dyn_cast<BlockArgument>(source);
  if (!parameter.argument || parameter.argument.getOwner() != &main.getBody().front() ||
      !main.getArgAttr(parameter.argument.getArgNumber(), "meta.constant"))
    return std::nullopt;
  if (prepare)
    parameter.perm.assign(prepare.getPerm().begin(), prepare.getPerm().end());
  else
    parameter.perm = llvm::to_vector(llvm::seq<int64_t>(0, cast<RankedTensorType>(source.getType()).getRank()));
  return parameter;
}

/// Reduced loops up to this length stay whole (half of it where x is transposed on chip too); longer ones are cut into
/// multiples of the unit, which schedules cut on.
constexpr int64_t kWholeDepth = 384, kDepthUnit = 64;

class Legalizer {
public:
  Legalizer(func::FuncOp main, const Device &device, int64_t bits)
      : main(main), device(device), bits(bits), b(main.getContext()) {}

  void run() {
    SmallVector<linalg::GenericOp> operations, candidates;
    main.walk([&](linalg::GenericOp op) { operations.push_back(op); });
    for (linalg::GenericOp op : operations) {
      if (linalg::GenericOp sum = dropUnusedProduct(op, b))
        op = sum;
      if (isSumOfProducts(op))
        candidates.push_back(op);
      else if (KernelKind kind = classify(op); kind == KernelKind::Convolution || kind == KernelKind::MatMul)
        refuse(op); // integers
    }
    for (linalg::GenericOp op : candidates) {
      normalizeContraction(op, b);
      KernelKind kind = classify(op);
      if (!hasDirectForm(op, kind) || isTooLargeToPack(op, kind)) {
        if (MatrixProduct matrices = formMatrixProduct(op, device, b); matrices.formed) {
          if (matrices.product)
            legalize(matrices.product, KernelKind::MatMul);
          continue;
        }
      }
      if (kind == KernelKind::Convolution || kind == KernelKind::MatMul)
        legalize(op, kind);
    }
  }

private:
  void legalize(linalg::GenericOp op, KernelKind kind) {
    if (!hasForm(op, kind))
      return refuse(op);
    op = accumulateInFloat(op);
    OpOperand *filter = getFilterOperand(op, kind);
    orderParameter(op, filter);
    if (kind == KernelKind::MatMul)
      orderParameter(op, op.getDpsInputOperand(0));
    std::optional<Parameter> parameter = findParameter(main, filter->get());
    auto type = cast<RankedTensorType>(filter->get().getType());
    if (parameter && type.getElementType().isF32() && !isBatched(op))
      return prepare(op, filter, *parameter);
    if (isReadyForWram(op, filter))
      return;
    int64_t depth = op.getStaticLoopRanges().back();
    bool isTurned = op.getMatchingIndexingMap(op.getDpsInputOperand(0)).getResults().back() !=
                    b.getAffineDimExpr(op.getNumLoops() - 1);
    if (kind == KernelKind::MatMul && depth > (isTurned ? kWholeDepth / 2 : kWholeDepth) && depth % kDepthUnit != 0) {
      auto [first, second] = splitDepth(op, depth / kDepthUnit * kDepthUnit);
      legalize(first, kind);
      return legalize(second, kind);
    }
    op->setAttr(kPackFilterAttrName, device.hasFloatConv ? Attribute(b.getUnitAttr()) : b.getI64IntegerAttr(bits));
  }

  /// Whether the operation is a convolution, a product or a depthwise convolution as it stands. Where a window is
  /// larger than the result, it is the gradient towards a filter.
  bool hasDirectForm(linalg::GenericOp op, KernelKind kind) {
    if (kind == KernelKind::Depthwise) {
      SmallVector<int64_t> sizes = op.getStaticLoopRanges();
      auto parallel = ArrayRef(sizes).take_front(op.getNumParallelLoops()).drop_back();
      auto reduced = ArrayRef(sizes).drop_front(op.getNumParallelLoops());
      return reduced.size() <= 2 && ShapedType::getNumElements(reduced) <= ShapedType::getNumElements(parallel);
    }
    return kind != KernelKind::Scalar && (kind != KernelKind::Convolution || hasForm(op, kind));
  }

  /// Whether a row of taps of 64 filters that the device packs takes half of NRAM: a convolution is cut along rows, a
  /// matrix product along its depth.
  bool isTooLargeToPack(linalg::GenericOp op, KernelKind kind) {
    if (kind != KernelKind::Convolution || findParameter(main, op->getOperand(1)))
      return false;
    SmallVector<int64_t> sizes = op.getStaticLoopRanges();
    int64_t row = ShapedType::getNumElements(ArrayRef(sizes).drop_front(op.getNumParallelLoops() + 1));
    return row * device.convCoAlignment * 4 >= device.nramBudget() / 2;
  }

  void refuse(linalg::GenericOp op) {
    op->setAttr(kScalarAttrName, b.getUnitAttr());
    op.emitRemark() << "the tensor unit has no form for this product; it runs as scalar code";
  }

  /// What Conv.cpp lowers: float elements; one loop of output channels and one of input channels, at most two of taps.
  bool hasForm(linalg::GenericOp op, KernelKind kind) {
    Type element = cast<RankedTensorType>(op->getOperand(1).getType()).getElementType();
    bool hasUnit = element.isF32() || element.isF16() || (element.isBF16() && device.hasBf16Vector);
    auto fill = op.getOutputs()[0].getDefiningOp<linalg::FillOp>();
    bool isZero = fill && matchPattern(fill.getInputs()[0], m_AnyZeroFloat());
    if (!hasUnit || cast<RankedTensorType>(op->getOperand(0).getType()).getElementType() != element ||
        (!isZero && cast<RankedTensorType>(op->getResult(0).getType()).getElementType() != b.getF32Type()))
      return false;
    AffineMap x = op.getMatchingIndexingMap(op.getDpsInputOperand(0)),
              w = op.getMatchingIndexingMap(op.getDpsInputOperand(1));
    if (kind == KernelKind::MatMul)
      return true;
    unsigned depth = op.getNumLoops() - 1;
    auto isLast = [&](AffineMap map) { return map.getResults().back() == b.getAffineDimExpr(depth); };
    auto isTap = [&](unsigned loop) { return !llvm::is_contained(x.getResults(), b.getAffineDimExpr(loop)); };
    return isLast(x) && isLast(w) && llvm::all_of(llvm::seq(op.getNumParallelLoops(), depth), isTap);
  }

  /// Whether there are several filters: one for each matrix of a batch, or for each group of channels.
  bool isBatched(linalg::GenericOp op) {
    AffineMap w = op.getMatchingIndexingMap(op.getDpsInputOperand(1));
    return llvm::any_of(llvm::seq<unsigned>(0, op.getNumParallelLoops() - 1),
                        [&](unsigned loop) { return w.isFunctionOfDim(loop); });
  }

  /// A product of halves is summed in float: the tensor unit knows no other sum. A conversion follows.
  linalg::GenericOp accumulateInFloat(linalg::GenericOp op) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (type.getElementType().isF32())
      return op;
    b.setInsertionPoint(op);
    Location loc = op.getLoc();
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
    Value empty = tensor::EmptyOp::create(b, loc, type.getShape(), b.getF32Type());
    Value init = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
    auto wide = linalg::GenericOp::create(
        b, loc, TypeRange{init.getType()}, op.getInputs(), ValueRange{init}, op.getIndexingMapsArray(),
        op.getIteratorTypesArray(), [](OpBuilder &nested, Location inner, ValueRange args) {
          Value x = arith::ExtFOp::create(nested, inner, nested.getF32Type(), args[0]);
          Value w = arith::ExtFOp::create(nested, inner, nested.getF32Type(), args[1]);
          Value product = arith::MulFOp::create(nested, inner, x, w);
          linalg::YieldOp::create(nested, inner, Value(arith::AddFOp::create(nested, inner, args[2], product)));
        });
    Value narrow = tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
    SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(type.getRank()));
    SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
    auto rounded = linalg::GenericOp::create(b, loc, TypeRange{type}, ValueRange{wide.getResult(0)}, ValueRange{narrow},
                                             maps, iterators, [&](OpBuilder &nested, Location inner, ValueRange args) {
                                               Value value = arith::TruncFOp::create(nested, inner,
                                                                                     type.getElementType(), args[0]);
                                               linalg::YieldOp::create(nested, inner, value);
                                             });
    b.replaceOp(op, rounded.getResults());
    return wide;
  }

  /// Transposes a parameter on the host: a filter to [output channel][taps][input channel], a matrix that each of a
  /// batch is multiplied by to [row][depth].
  void orderParameter(linalg::GenericOp op, OpOperand *operand) {
    std::optional<Parameter> parameter = findParameter(main, operand->get());
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (!parameter || !map.isProjectedPermutation() || (operand->getOperandNumber() == 1 && isBatched(op)))
      return;
    SmallVector<unsigned> order(map.getNumResults()); // dimensions of the parameter, in the order of its loops
    std::iota(order.begin(), order.end(), 0);
    llvm::sort(order, [&](unsigned p, unsigned q) { return map.getDimPosition(p) < map.getDimPosition(q); });
    if (llvm::is_sorted(order))
      return;
    SmallVector<int64_t> perm, shape;
    SmallVector<AffineExpr> results;
    auto type = cast<RankedTensorType>(operand->get().getType());
    for (unsigned dim : order) {
      perm.push_back(parameter->perm[dim]);
      shape.push_back(type.getDimSize(dim));
      results.push_back(map.getResult(dim));
    }
    b.setInsertionPoint(op);
    Value ordered = PrepareOp::create(b, op.getLoc(), RankedTensorType::get(shape, type.getElementType()),
                                      parameter->argument, perm);
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    maps[operand->getOperandNumber()] = AffineMap::get(op.getNumLoops(), 0, results, op.getContext());
    operand->set(ordered);
    op.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
  }

  /// a b = a' b' + a" b" with the first `depth` columns of a and rows of b, and the others.
  std::pair<linalg::GenericOp, linalg::GenericOp> splitDepth(linalg::GenericOp op, int64_t depth) {
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    int64_t whole = op.getStaticLoopRanges().back();
    auto part = [&](int64_t from, int64_t size) {
      SmallVector<Value> inputs;
      for (OpOperand *operand : op.getDpsInputOperands()) {
        auto source = cast<RankedTensorType>(operand->get().getType());
        SmallVector<OpFoldResult> offsets(source.getRank(), b.getIndexAttr(0)),
            steps(source.getRank(), b.getIndexAttr(1)), sizes;
        for (auto [dim, expr] : llvm::enumerate(op.getMatchingIndexingMap(operand).getResults())) {
          bool isDepth = expr == b.getAffineDimExpr(op.getNumLoops() - 1);
          offsets[dim] = b.getIndexAttr(isDepth ? from : 0);
          sizes.push_back(b.getIndexAttr(isDepth ? size : source.getDimSize(dim)));
        }
        inputs.push_back(tensor::ExtractSliceOp::create(b, loc, operand->get(), offsets, sizes, steps));
      }
      auto piece = cast<linalg::GenericOp>(b.clone(*op));
      piece->setOperands(0, 2, inputs);
      return piece;
    };
    b.setInsertionPoint(op);
    linalg::GenericOp first = part(0, depth), second = part(depth, whole - depth);
    Value empty = tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
    SmallVector<AffineMap> maps(3, b.getMultiDimIdentityMap(type.getRank()));
    SmallVector<utils::IteratorType> iterators(type.getRank(), utils::IteratorType::parallel);
    auto sum = linalg::GenericOp::create(b, loc, TypeRange{type}, ValueRange{first.getResult(0), second.getResult(0)},
                                         ValueRange{empty}, maps, iterators,
                                         [](OpBuilder &nested, Location inner, ValueRange args) {
                                           Value value = arith::AddFOp::create(nested, inner, args[0], args[1]);
                                           linalg::YieldOp::create(nested, inner, value);
                                         });
    b.replaceOp(op, sum.getResults());
    return {first, second};
  }

  /// Whether an activation already lies as WRAM wants its filters, so that DMA may bring it there at once.
  bool isReadyForWram(linalg::GenericOp op, OpOperand *filter) {
    auto type = cast<RankedTensorType>(filter->get().getType());
    AffineMap map = op.getMatchingIndexingMap(filter);
    unsigned channel = op.getNumParallelLoops() - 1, depth = op.getNumLoops() - 1;
    int64_t row = type.getShape().back() * type.getElementTypeBitWidth() / 8;
    return device.hasFloatConv && !isBatched(op) && filter->get() != op->getOperand(0) &&
           map.getResult(0) == b.getAffineDimExpr(channel) && map.getResults().back() == b.getAffineDimExpr(depth) &&
           type.getDimSize(0) % device.convCoAlignment == 0 && row % device.convCiBytesAlignment == 0;
  }

  void prepare(linalg::GenericOp op, OpOperand *filter, const Parameter &parameter) {
    unsigned channel = op.getNumParallelLoops() - 1;
    auto logical = cast<RankedTensorType>(filter->get().getType());
    SmallVector<int64_t> shape(logical.getShape());
    shape.front() = llvm::alignTo(shape.front(), device.convCoAlignment);
    int64_t elementBytes = device.hasFloatConv ? 4 : bits / 8;
    int64_t padCi = device.convCiBytesAlignment / elementBytes;
    shape.back() = llvm::alignTo(shape.back(), padCi);
    b.setInsertionPoint(op);
    Location loc = op.getLoc();
    if (device.hasFloatConv) {
      auto type = RankedTensorType::get(shape, logical.getElementType());
      Value padded = PrepareOp::create(b, loc, type, parameter.argument, parameter.perm);
      filter->set(logicalPart(padded, logical.getShape()));
      return;
    }
    auto quantizedType = RankedTensorType::get(shape, b.getIntegerType(bits));
    auto scaleType = RankedTensorType::get({logical.getDimSize(0)}, logical.getElementType());
    auto quantize = QuantizeFilterOp::create(b, loc, TypeRange{quantizedType, scaleType}, parameter.argument,
                                             b.getI64IntegerAttr(bits), b.getDenseI64ArrayAttr(parameter.perm),
                                             b.getI64IntegerAttr(device.convCoAlignment), b.getI64IntegerAttr(padCi));
    filter->set(logicalPart(quantize.getQuantized(), logical.getShape()));
    readAsInteger(op, filter->getOperandNumber());
    scaleResult(op, quantize.getScale(), channel);
  }

  Value logicalPart(Value padded, ArrayRef<int64_t> shape) {
    SmallVector<OpFoldResult> zeros(shape.size(), b.getIndexAttr(0)), ones(shape.size(), b.getIndexAttr(1)), sizes;
    for (int64_t size : shape)
      sizes.push_back(b.getIndexAttr(size));
    return tensor::ExtractSliceOp::create(b, padded.getLoc(), padded, zeros, sizes, ones);
  }

  /// The filter's element is an integer now; the body converts it.
  void readAsInteger(linalg::GenericOp op, unsigned operand) {
    BlockArgument element = op.getBody()->getArgument(operand);
    Type floatType = element.getType();
    element.setType(b.getIntegerType(bits));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.getBody());
    auto convert = arith::SIToFPOp::create(b, op.getLoc(), floatType, element);
    element.replaceAllUsesExcept(convert.getResult(), convert);
  }

  /// y[…, o] * scale[o]
  void scaleResult(linalg::GenericOp op, Value scale, unsigned channel) {
    b.setInsertionPointAfter(op);
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    unsigned rank = type.getRank();
    Value empty = tensor::EmptyOp::create(b, op.getLoc(), type.getShape(), type.getElementType());
    AffineMap identity = b.getMultiDimIdentityMap(rank);
    AffineMap vector = AffineMap::get(rank, 0, b.getAffineDimExpr(channel));
    SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
    auto scaled = linalg::GenericOp::create(b, op.getLoc(), TypeRange{type}, ValueRange{op->getResult(0), scale},
                                            ValueRange{empty}, ArrayRef<AffineMap>{identity, vector, identity},
                                            iterators, [](OpBuilder &nested, Location loc, ValueRange args) {
                                              Value product = arith::MulFOp::create(nested, loc, args[0], args[1]);
                                              linalg::YieldOp::create(nested, loc, product);
                                            });
    op->getResult(0).replaceAllUsesExcept(scaled.getResult(0), scaled);
  }

  func::FuncOp main;
  const Device &device;
  int64_t bits;
  IRRewriter b;
};

struct MLULegalizeContractions : metabang::mlu::impl::MLULegalizeContractionsBase<MLULegalizeContractions> {
  using MLULegalizeContractionsBase::MLULegalizeContractionsBase;

  void runOnOperation() override {
    func::FuncOp main = getOperation();
    if (main->hasAttr(MLUDialect::getKernelAttrName()))
      return;
    const Device *device = lookupDevice(getTarget(main).str());
    if (!device) {
      main.emitError() << "the target \"" << getTarget(main) << "\" is unknown; known targets are " << knownDevices();
      return signalPassFailure();
    }
    if (bits != 8 && bits != 16) {
      main.emitError() << "fixed-point operands have 8 or 16 bits, not " << bits.getValue();
      return signalPassFailure();
    }
    Legalizer(main, *device, bits).run();
  }
};

} // namespace
