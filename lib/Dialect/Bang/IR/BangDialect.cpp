//===- BangDialect.cpp - The bang dialect and its operations ---------------===//
#include "metabang/Dialect/Bang/IR/BangOps.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace metabang::bang;

#include "metabang/Dialect/Bang/IR/BangDialect.cpp.inc"
#include "metabang/Dialect/Bang/IR/BangInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "metabang/Dialect/Bang/IR/BangOps.cpp.inc"

void BangDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "metabang/Dialect/Bang/IR/BangOps.cpp.inc"
      >();
}
