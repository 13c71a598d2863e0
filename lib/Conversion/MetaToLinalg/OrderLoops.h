//===- OrderLoops.h - the usual order of loops and operands ---------------===//
#ifndef METABANG_LIB_CONVERSION_METATOLINALG_ORDERLOOPS_H
#define METABANG_LIB_CONVERSION_METATOLINALG_ORDERLOOPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace metabang {

/// Puts the operand that has the result's first dimension first (activation before filter) unless it alone has the last
/// one too, and the loops in the order: dimensions of the result, then those of the last operand (window, then input
/// channel), then the rest.
void orderReduction(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp op);

} // namespace metabang

#endif // METABANG_LIB_CONVERSION_METATOLINALG_ORDERLOOPS_H
