//===- Views.h - Where a memref begins inside its buffer ---------*- C++ -*-===//
#ifndef METABANG_DIALECT_BANG_IR_VIEWS_H
#define METABANG_DIALECT_BANG_IR_VIEWS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace metabang::bang {

/// Where buffers begin: NRAM is read in rows of 128 bytes; that also covers the 64 bytes MLU2xx wants.
inline constexpr int64_t kNRAMAlignment = 128;

/// A memref traced through views to the allocation or argument it lies in.
struct View {
  mlir::Value root;              // memref.alloc result, block argument, or the value tracing stopped at
  std::optional<int64_t> offset; // bytes from root's first element, where static
};

/// Follows subview, reinterpret_cast, reshapes, casts and memref.view.
View traceView(mlir::Value memref);

/// Every buffer `memref` may lie in: as traceView, and through select, loop-carried values and the results of scf.if.
llvm::SmallVector<mlir::Value> getRoots(mlir::Value memref);

/// Bytes of one element; i1 takes one.
int64_t getElementBytes(mlir::Type elementType);

/// Bytes of a static buffer, or nothing.
std::optional<int64_t> getBufferBytes(mlir::Value root);

} // namespace metabang::bang

#endif // METABANG_DIALECT_BANG_IR_VIEWS_H
