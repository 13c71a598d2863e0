// Registers what is MetaBANG's own.
#include "metabang/Pipelines/Register.h"

#include "mlir/IR/DialectRegistry.h"

void metabang::registerOwnDialects(mlir::DialectRegistry &registry) { (void)registry; }

void metabang::registerOwnPasses() {}
