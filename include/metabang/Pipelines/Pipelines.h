//===- Pipelines.h - The stages of the compiler ------------------*- C++ -*-===//
#ifndef METABANG_PIPELINES_PIPELINES_H
#define METABANG_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassOptions.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace metabang {

/// Options of the whole compiler.
struct CompilerOptions : mlir::PassPipelineOptions<CompilerOptions> {
  Option<int64_t> bits{*this, "bits", llvm::cl::desc("width of fixed-point operands of convolutions: 8 or 16"),
                       llvm::cl::init(16)};
};

// The stages in order; each is a pipeline of metabang-opt and runs alone on the text of the one before.
void buildMetaStage(mlir::OpPassManager &pm);                                    ///< metabang-meta
void buildKernelsStage(mlir::OpPassManager &pm, const CompilerOptions &options); ///< metabang-kernels
void buildScheduleStage(mlir::OpPassManager &pm);                                ///< metabang-schedule
void buildPlaceStage(mlir::OpPassManager &pm);                                   ///< metabang-place
void buildBufferizeStage(mlir::OpPassManager &pm);                               ///< metabang-bufferize
void buildMLUStage(mlir::OpPassManager &pm);                                     ///< metabang-mlu

/// All of them: metabang-compile.
void buildCompiler(mlir::OpPassManager &pm, const CompilerOptions &options);

void registerPipelines();

} // namespace metabang

#endif // METABANG_PIPELINES_PIPELINES_H
