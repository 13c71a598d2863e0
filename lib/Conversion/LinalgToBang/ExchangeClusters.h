//===- ExchangeClusters.h - Transposes through SRAM --------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_EXCHANGECLUSTERS_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_EXCHANGECLUSTERS_H

#include "Emit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace metabang::l2b {

/// Lowers a linalg.transpose that `mlu.exchange` marks, as one of the families of Families.h does.
mlir::LogicalResult lowerExchange(Emit &e, mlir::linalg::LinalgOp op);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_EXCHANGECLUSTERS_H
