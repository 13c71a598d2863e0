//===- BangDialect.cpp - The bang dialect and its operations ---------------===//
#include "metabang/Dialect/Bang/IR/BangOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace metabang::bang;

#include "metabang/Dialect/Bang/IR/BangDialect.cpp.inc"
#include "metabang/Dialect/Bang/IR/BangInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "metabang/Dialect/Bang/IR/BangOps.cpp.inc"

namespace {
/// A buffer whose bytes are read as elements of another type is a cast, which BANG C writes as one of the pointer:
/// memref.view does it for whole buffers of bytes only. Passes have to see that it is the same memory.
struct ElementCast : ViewLikeOpInterface::ExternalModel<ElementCast, UnrealizedConversionCastOp> {
  Value getViewSource(Operation *op) const { return op->getOperand(0); }
};
} // namespace

void BangDialect::initialize() {
  UnrealizedConversionCastOp::attachInterface<ElementCast>(*getContext());
  addOperations<
#define GET_OP_LIST
#include "metabang/Dialect/Bang/IR/BangOps.cpp.inc"
      >();
}
