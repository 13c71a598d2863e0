#include "metabang/Target/BangC/BangC.h"
#include "metabang/Tools/Tools.h"

#include "mlir/Support/LogicalResult.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"

int metabang::translateMain(int argc, char **argv) {
  registerBangCTranslation();
  return mlir::failed(mlir::mlirTranslateMain(argc, argv, "MetaBANG's translation driver"));
}
