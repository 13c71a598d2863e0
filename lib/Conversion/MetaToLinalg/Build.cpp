//===- Build.cpp - building blocks of convert-meta-to-linalg --------------===//
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace metabang;

Type metabang::signless(Type type) {
  if (type.isUnsignedInteger() || type.isSignedInteger())
    return IntegerType::get(type.getContext(), type.getIntOrFloatBitWidth());
  return type;
}

TypedAttr metabang::signless(TypedAttr value) {
  if (auto number = dyn_cast<IntegerAttr>(value))
    return IntegerAttr::get(signless(number.getType()), number.getValue());
  if (auto elements = dyn_cast<DenseElementsAttr>(value))
    return elements.bitcast(signless(elements.getElementType()));
  return value;
}

Extras::Extras(ValueRange converted, ValueRange original) : values(converted) {
  for (Value extra : original) {
    Type type = cast<RankedTensorType>(extra.getType()).getElementType();
    isUnsigned.push_back(type.isUnsignedInteger() || type.isInteger(1));
  }
}

ArrayRef<int64_t> metabang::shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

Value metabang::emptyTensor(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Type elementType) {
  return tensor::EmptyOp::create(b, loc, shape, elementType);
}

Value metabang::filledTensor(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, TypedAttr value) {
  Value scalar = arith::ConstantOp::create(b, loc, value);
  return linalg::FillOp::create(b, loc, scalar, emptyTensor(b, loc, shape, value.getType())).getResult(0);
}

Value metabang::reshape(OpBuilder &b, Location loc, Value value, ArrayRef<int64_t> shape) {
  ArrayRef<int64_t> from = shapeOf(value);
  if (from == shape)
    return value;
  // The finest groups of dimensions with equal products. Trailing dimensions of size 1 join the last group.
  SmallVector<ReassociationIndices> source, target;
  SmallVector<int64_t> middle;
  size_t i = 0, j = 0;
  while (i < from.size() && j < shape.size()) {
    int64_t left = from[i], right = shape[j];
    ReassociationIndices sources{static_cast<int64_t>(i++)}, targets{static_cast<int64_t>(j++)};
    while (left != right) {
      if (left < right) {
        left *= from[i];
        sources.push_back(i++);
      } else {
        right *= shape[j];
        targets.push_back(j++);
      }
    }
    source.push_back(sources);
    target.push_back(targets);
    middle.push_back(left);
  }
  if (!source.empty()) {
    for (; i < from.size(); ++i)
      source.back().push_back(i);
    for (; j < shape.size(); ++j)
      target.back().push_back(j);
  }
  auto type = cast<RankedTensorType>(value.getType());
  if (middle.size() < from.size() || middle.empty())
    value = tensor::CollapseShapeOp::create(b, loc, type.clone(middle), value, source);
  if (middle.size() < shape.size())
    value = tensor::ExpandShapeOp::create(b, loc, type.clone(shape), value, target);
  return value;
}

linalg::GenericOp metabang::parallelGeneric(OpBuilder &b, Location loc, ArrayRef<int64_t> shape, Type elementType,
                                            ValueRange inputs, ArrayRef<AffineMap> maps,
                                            llvm::function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  SmallVector<AffineMap> all(maps);
  all.push_back(b.getMultiDimIdentityMap(shape.size()));
  SmallVector<utils::IteratorType> iterators(shape.size(), utils::IteratorType::parallel);
  Value init = emptyTensor(b, loc, shape, elementType);
  return linalg::GenericOp::create(b, loc, init.getType(), inputs, init, all, iterators,
                                   [&](OpBuilder &b, Location loc, ValueRange args) {
                                     linalg::YieldOp::create(b, loc, body(b, loc, args.drop_back()));
                                   });
}
