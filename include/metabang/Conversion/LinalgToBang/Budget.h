//===- Budget.h - On-chip bytes the builtins need besides operands -*- C++ -*-===//
#ifndef METABANG_CONVERSION_LINALGTOBANG_BUDGET_H
#define METABANG_CONVERSION_LINALGTOBANG_BUDGET_H

#include "metabang/Device/Device.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace metabang {

/// An upper bound of the NRAM bytes that convert-linalg-to-bang allocates to lower `op`, besides its operands, if its
/// loops have the sizes `tile` (one a loop, in the order of the operation's loops). Operands may still be tensors.
///
/// convolution     the tile of x in the filter's integers, two words for its extremes; with dilation one tap's part
///                 of x and, above 64 filters, 64 channels of the output
/// depthwise       two rows of the output (more rows at once where NRAM is free)
/// pooling         the output, where it is accumulated into
/// element-wise    temporaries of at most 4096 elements (or one row): 2 for arithmetic, 8 for functions of an MLU2xx
/// other reduction 3 buffers of at most 8192 elements, and one a temporary of the body
int64_t onChipTempBytes(mlir::linalg::LinalgOp op, llvm::ArrayRef<int64_t> tile, const Device &device);

} // namespace metabang

#endif // METABANG_CONVERSION_LINALGTOBANG_BUDGET_H
