//===- LegalizeContractions.cpp - Operand types of the tensor unit --------===//
#include "metabang/Device/Device.h"
#include "metabang/Dialect/MLU/Transforms/KernelAnalysis.h"
#include "metabang/Dialect/MLU/Transforms/Passes.h"

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

/// Whether a window of `x` has gaps between its taps, which no builtin takes: x[i + 2 * tap].
bool isDilated(linalg::GenericOp op, AffineMap x) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  bool dilated = false;
  for (AffineExpr result : x.getResults())
    result.walk([&](AffineExpr e) {
      auto product = dyn_cast<AffineBinaryOpExpr>(e);
      auto dim = product && e.getKind() == AffineExprKind::Mul ? dyn_cast<AffineDimExpr>(product.getLHS())
                                                               : AffineDimExpr(nullptr);
      dilated |= dim && dim.getPosition() >= op.getNumParallelLoops() && sizes[dim.getPosition()] > 1;
    });
  return dilated;
}

class Legalizer {
public:
  Legalizer(func::FuncOp main, const Device &device, int64_t bits)
      : main(main), device(device), bits(bits), b(main.getContext()) {}

  void run() {
    SmallVector<std::pair<linalg::GenericOp, KernelKind>> contractions;
    main.walk([&](linalg::GenericOp op) {
      KernelKind kind = classify(op);
      if (kind == KernelKind::Convolution || kind == KernelKind::MatMul)
        contractions.push_back({op, kind});
    });
    for (auto [op, kind] : contractions)
      legalize(op, kind);
  }

private:
  void legalize(linalg::GenericOp op, KernelKind kind) {
    OpOperand *filter = getFilterOperand(op, kind);
    AffineMap map = op.getMatchingIndexingMap(filter);
    unsigned channel = op.getNumParallelLoops() - 1, depth = op.getNumLoops() - 1;
    bool imageOrder =
        map.getResult(0).isFunctionOfDim(channel) && map.getResult(map.getNumResults() - 1).isFunctionOfDim(depth);
    if (isDilated(op, op.getMatchingIndexingMap(op.getDpsInputOperand(0)))) {
      op->setAttr(kScalarAttrName, b.getUnitAttr());
      op.emitRemark() << "no builtin computes a dilated convolution; it runs as scalar code";
      return;
    }
    std::optional<Parameter> parameter = findParameter(main, filter->get());
    bool isFloat = cast<RankedTensorType>(op->getResult(0).getType()).getElementType().isF32();
    if (!imageOrder || !isFloat || !parameter) {
      op->setAttr(kScalarAttrName, b.getUnitAttr());
      op.emitRemark() << "this product has no filter that is known before the launch; it runs as scalar code";
      return;
    }
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
      Value padded = PrepareOp::create(b, loc, type, parameter->argument, parameter->perm);
      filter->set(logicalPart(padded, logical.getShape()));
      return;
    }
    auto quantizedType = RankedTensorType::get(shape, b.getIntegerType(bits));
    auto scaleType = RankedTensorType::get({logical.getDimSize(0)}, logical.getElementType());
    auto quantize = QuantizeFilterOp::create(b, loc, TypeRange{quantizedType, scaleType}, parameter->argument,
                                             b.getI64IntegerAttr(bits), b.getDenseI64ArrayAttr(parameter->perm),
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
  OpBuilder b;
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
