//===- BlockPipeline.h - Blocks that a core computes in turn -----*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_BLOCKPIPELINE_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_BLOCKPIPELINE_H

#include "Emit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace metabang::l2b {

/// What is done with a block of work, whose operands and results are in one of the slots of their buffers.
struct BlockSteps {
  llvm::function_ref<void(mlir::Value block, mlir::Value slot)> load; ///< starts copies
  llvm::function_ref<void()> clear;                                   ///< once, while the first block comes
  llvm::function_ref<void(mlir::Value block, mlir::Value slot)> compute;
  llvm::function_ref<void(mlir::Value block, mlir::Value slot, bool isAsync)> store;
};

/// What `body` builds is done where the comparison holds.
void when(Emit &e, mlir::arith::CmpIPredicate predicate, mlir::Value a, mlir::Value b, llvm::function_ref<void()> body);

/// A buffer in NRAM of `slots` times `count` elements, whole vectors each.
mlir::Value slotBuffer(Emit &e, mlir::Type type, int64_t slots, int64_t count);
mlir::Value slotOf(Emit &e, mlir::Value buffers, mlir::Value slot);

/// `count` segments of `size` elements within NRAM; steps in elements too.
void copySegments(Emit &e, mlir::Value to, mlir::Value from, int64_t size, int64_t toStep, int64_t fromStep,
                  int64_t count);

/// Builds what task does with blocks task, task + tasks, …: it loads the next one and stores the last one while this
/// one is computed, in two slots; with no more blocks than tasks only slot 0 is used.
void pipelineBlocks(Emit &e, int64_t blocks, int64_t tasks, const BlockSteps &steps);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_BLOCKPIPELINE_H
