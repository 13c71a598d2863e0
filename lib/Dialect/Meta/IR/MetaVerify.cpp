//===- MetaVerify.cpp - what each meta-operator demands -------------------===//
#include "metabang/Dialect/Meta/IR/Meta.h"

#include "metabang/Dialect/Meta/IR/IndexMap.h"

using namespace mlir;
using namespace metabang::meta;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }
static int64_t rankOf(Value value) { return typeOf(value).getRank(); }
static ArrayRef<int64_t> shapeOf(Value value) { return typeOf(value).getShape(); }

static LogicalResult sameElementType(Operation *op, Value x, Value result) {
  if (typeOf(x).getElementType() == typeOf(result).getElementType())
    return success();
  return op->emitOpError("has operand element type ") << typeOf(x).getElementType() << " but result element type "
                                                      << typeOf(result).getElementType() << "; convert with meta.cast";
}

static LogicalResult lengthIs(Operation *op, StringRef name, ArrayRef<int64_t> values, int64_t rank) {
  if (static_cast<int64_t>(values.size()) == rank)
    return success();
  return op->emitOpError("needs one entry of '")
         << name << "' for each of the operand's " << rank << " dimensions, but has " << values.size();
}

/// Distinct and inside [0, rank).
static LogicalResult areDistinctDims(Operation *op, StringRef name, ArrayRef<int64_t> dims, int64_t rank) {
  SmallVector<bool> seen(rank, false);
  for (int64_t dim : dims) {
    if (dim < 0 || dim >= rank)
      return op->emitOpError("has ") << dim << " in '" << name << "', which is outside of [0, " << rank << ")";
    if (seen[dim])
      return op->emitOpError("names dimension ") << dim << " twice in '" << name << "'";
    seen[dim] = true;
  }
  return success();
}

static LogicalResult shapeIs(Operation *op, Value result, ArrayRef<int64_t> expected) {
  if (shapeOf(result) == expected)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError("has result shape [");
  llvm::interleaveComma(shapeOf(result), diagnostic);
  diagnostic << "], expected [";
  llvm::interleaveComma(expected, diagnostic);
  return diagnostic << "]";
}

static LogicalResult valueHasType(Operation *op, StringRef name, TypedAttr value, Type type) {
  if (value.getType() == type && isa<IntegerAttr, FloatAttr>(value))
    return success();
  return op->emitOpError("needs '") << name << "' of the element type " << type << ", but it has type "
                                    << value.getType();
}

/// Unary and binary operations: whether the kind is one of the operand's element type.
template <typename Op> static LogicalResult kindTakes(Op op, Value operand) {
  Type type = typeOf(operand).getElementType();
  if (op.isFloatOnly(op.getKind()) && !isa<FloatType>(type))
    return op.emitOpError("of kind '") << op.getKind() << "' needs floating-point elements, not " << type
                                       << "; convert with meta.cast";
  if (op.isIntOnly(op.getKind()) && !isa<IntegerType>(type))
    return op.emitOpError("of kind '") << op.getKind() << "' needs integer elements, not " << type;
  return success();
}

LogicalResult UnaryOp::verify() { return kindTakes(*this, getX()); }

LogicalResult BinaryOp::verify() { return kindTakes(*this, getLhs()); }

LogicalResult BroadcastOp::verify() {
  if (failed(sameElementType(*this, getX(), getResult())) ||
      failed(lengthIs(*this, "dims", getDims(), rankOf(getX()))) ||
      failed(areDistinctDims(*this, "dims", getDims(), rankOf(getResult()))))
    return failure();
  for (auto [k, dim] : llvm::enumerate(getDims())) {
    int64_t from = shapeOf(getX())[k], to = shapeOf(getResult())[dim];
    if (from != to && from != 1)
      return emitOpError("cannot broadcast operand dimension ")
             << k << " of size " << from << " to result dimension " << dim << " of size " << to
             << "; sizes must be equal or the operand's 1";
  }
  return success();
}

LogicalResult PadOp::verify() {
  int64_t rank = rankOf(getX());
  if (failed(sameElementType(*this, getX(), getResult())) || failed(lengthIs(*this, "low", getLow(), rank)) ||
      failed(lengthIs(*this, "high", getHigh(), rank)) ||
      failed(valueHasType(*this, "value", getValue(), typeOf(getX()).getElementType())))
    return failure();
  SmallVector<int64_t> expected;
  for (auto [size, low, high] : llvm::zip(shapeOf(getX()), getLow(), getHigh())) {
    if (low < 0 || high < 0)
      return emitOpError("has a negative border; use meta.slice to cut");
    expected.push_back(low + size + high);
  }
  return shapeIs(*this, getResult(), expected);
}

LogicalResult SliceOp::verify() {
  int64_t rank = rankOf(getX());
  if (failed(sameElementType(*this, getX(), getResult())) || failed(lengthIs(*this, "offsets", getOffsets(), rank)) ||
      failed(lengthIs(*this, "strides", getStrides(), rank)))
    return failure();
  if (rankOf(getResult()) != rank)
    return emitOpError("has a result of rank ") << rankOf(getResult()) << " but an operand of rank " << rank;
  for (int64_t k = 0; k < rank; ++k) {
    int64_t size = shapeOf(getResult())[k], first = getOffsets()[k], last = first + (size - 1) * getStrides()[k];
    if (getStrides()[k] == 0)
      return emitOpError("has stride 0 in dimension ") << k;
    if (size > 0 && (std::min(first, last) < 0 || std::max(first, last) >= shapeOf(getX())[k]))
      return emitOpError("reads indices ")
             << first << " to " << last << " of dimension " << k << ", which has size " << shapeOf(getX())[k];
  }
  return success();
}

LogicalResult TransposeOp::verify() {
  int64_t rank = rankOf(getX());
  if (failed(sameElementType(*this, getX(), getResult())) || failed(lengthIs(*this, "perm", getPerm(), rank)) ||
      failed(areDistinctDims(*this, "perm", getPerm(), rank)))
    return failure();
  return shapeIs(*this, getResult(), permute(shapeOf(getX()), getPerm()));
}

LogicalResult IndexOp::verify() {
  int64_t dim = getDim(), rank = rankOf(getResult());
  if (dim < 0 || dim >= rank)
    return emitOpError("has dim ") << dim << ", which is outside of [0, " << rank << ")";
  return success();
}

/// `iteration` is the tensor whose indices the map reads, `target` the one that it points into.
static LogicalResult verifyMap(Operation *op, AffineMap map, std::optional<IntegerSet> conditions, ValueRange extras,
                               Value iteration, StringRef iterationName, Value target, StringRef targetName) {
  int64_t rank = rankOf(iteration);
  if (map.getNumDims() != rank)
    return op->emitOpError("has a map of ")
           << map.getNumDims() << " dimensions, but " << iterationName << " has rank " << rank;
  if (map.getNumResults() != rankOf(target))
    return op->emitOpError("has a map of ")
           << map.getNumResults() << " results, but " << targetName << " has rank " << rankOf(target);
  if (map.getNumSymbols() > extras.size())
    return op->emitOpError("has a map of ") << map.getNumSymbols() << " symbols, but " << extras.size() << " extras";
  if (conditions && (conditions->getNumDims() != rank || conditions->getNumSymbols() > extras.size()))
    return op->emitOpError("needs conditions on ") << rank << " dimensions and at most " << extras.size() << " symbols";
  for (auto [k, extra] : llvm::enumerate(extras))
    if (shapeOf(extra) != shapeOf(iteration))
      return op->emitOpError("needs extra ") << k << " of the shape of " << iterationName;
  return sameElementType(op, op->getOperand(0), op->getResult(0));
}

LogicalResult ReindexOp::verify() {
  if (failed(
          verifyMap(*this, getMap(), getConditions(), getExtras(), getResult(), "the result", getX(), "the operand")))
    return failure();
  return valueHasType(*this, "overflow_value", getOverflowValue(), typeOf(getX()).getElementType());
}

LogicalResult ReindexReduceOp::verify() {
  return verifyMap(*this, getMap(), getConditions(), getExtras(), getY(), "the operand", getResult(), "the result");
}

static LogicalResult verifyReduction(Operation *op, Value x, ArrayRef<int64_t> dims, Value result) {
  if (failed(sameElementType(op, x, result)) || failed(areDistinctDims(op, "dims", dims, rankOf(x))))
    return failure();
  SmallVector<int64_t> expected;
  for (auto [k, size] : llvm::enumerate(shapeOf(x)))
    if (!llvm::is_contained(dims, static_cast<int64_t>(k)))
      expected.push_back(size);
  return shapeIs(op, result, expected);
}

LogicalResult SumOp::verify() { return verifyReduction(*this, getX(), getDims(), getResult()); }
LogicalResult ProdOp::verify() { return verifyReduction(*this, getX(), getDims(), getResult()); }
LogicalResult MaxOp::verify() { return verifyReduction(*this, getX(), getDims(), getResult()); }
LogicalResult MinOp::verify() { return verifyReduction(*this, getX(), getDims(), getResult()); }
LogicalResult MeanOp::verify() { return verifyReduction(*this, getX(), getDims(), getResult()); }
