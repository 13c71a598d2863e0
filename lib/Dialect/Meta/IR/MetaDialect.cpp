//===- MetaDialect.cpp - registration of the meta dialect -----------------===//
#include "metabang/Dialect/Meta/IR/Meta.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace metabang::meta;

#include "metabang/Dialect/Meta/IR/MetaDialect.cpp.inc"

void MetaDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "metabang/Dialect/Meta/IR/MetaOps.cpp.inc"
      >();
}

Operation *MetaDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements.getShapedType(), elements);
}

#define GET_OP_CLASSES
#include "metabang/Dialect/Meta/IR/MetaOps.cpp.inc"
