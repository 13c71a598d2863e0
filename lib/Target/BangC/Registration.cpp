//===- Registration.cpp - metabang-translate --mlu-to-bangc ----------------===//
#include "metabang/Target/BangC/BangC.h"

#include "metabang/Dialect/Bang/IR/BangDialect.h"
#include "metabang/Dialect/MLU/IR/MLUDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Tools/mlir-translate/Translation.h"

using namespace mlir;

void metabang::registerBangCTranslation() {
  static TranslateFromMLIRRegistration registration(
      "mlu-to-bangc", "print kernels as BANG C",
      [](ModuleOp module, raw_ostream &os) { return translateToBangC(module, os); },
      [](DialectRegistry &registry) {
        // tensor: the entry function that launches the kernels stands in the same module.
        registry.insert<arith::ArithDialect, func::FuncDialect, math::MathDialect, memref::MemRefDialect,
                        scf::SCFDialect, tensor::TensorDialect, mlu::MLUDialect, bang::BangDialect>();
      });
}
