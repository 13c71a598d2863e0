// MetaBANG's dialects and passes for the stock mlir-opt:
//   mlir-opt --load-dialect-plugin=MetaBANGPlugin.so --load-pass-plugin=MetaBANGPlugin.so ...
#include "metabang/Pipelines/Register.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Config/llvm-config.h"

extern "C" __attribute__((visibility("default"))) mlir::DialectPluginLibraryInfo mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "MetaBANG", LLVM_VERSION_STRING,
          [](mlir::DialectRegistry *registry) { metabang::registerOwnDialects(*registry); }};
}

extern "C" __attribute__((visibility("default"))) mlir::PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "MetaBANG", LLVM_VERSION_STRING, metabang::registerOwnPasses};
}
