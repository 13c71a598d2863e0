//===- Extreme.h - Maxima and minima that keep NaN ---------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_EXTREME_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_EXTREME_H

#include "Emit.h"

namespace metabang::l2b {

/// How the maximum of numbers and NaN is computed: MLU2xx has no NaN, mtp_372 has builtins that answer their first
/// operand where one is a NaN, from 520 on there are builtins that answer NaN.
enum class NaNForm { None, FirstOperand, Builtin };
NaNForm nanForm(const Device &device, mlir::Type type);

/// The element-wise builtin: "maxequal", "nan_maximum", …
llvm::StringRef extremeName(const Device &device, mlir::Type type, bool larger);

/// dst[i] = the larger (or smaller) of x[i] and y[i], NaN if one of them is. dst may be x or y.
void emitExtreme(Emit &e, bool larger, mlir::Value dst, mlir::Value x, mlir::Value y, mlir::OpFoldResult count,
                 int64_t bound);

/// dst[i] = a NaN where numbers[i] is 0, 0 where it is 1.
void emitNaNWhereZero(Emit &e, mlir::Value dst, mlir::Value numbers, mlir::OpFoldResult count);

/// Maximum or minimum pooling with NaN kept; `window` are the operands behind src: c, h, w, kh, kw, stride_w, stride_h.
/// src and dst have at most `srcBound` and `dstBound` elements, and the counts given.
struct PoolCounts {
  mlir::OpFoldResult src, dst;
  int64_t srcBound, dstBound;
};
void emitExtremePool(Emit &e, bool larger, mlir::Value dst, mlir::Value src, mlir::ValueRange window,
                     const PoolCounts &counts);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_EXTREME_H
