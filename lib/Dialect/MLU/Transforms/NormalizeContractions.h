//===- NormalizeContractions.h - Sums of products in one form ----*- C++ -*-===//
// Shared by the files of mlu-legalize-contractions.
#ifndef METABANG_LIB_DIALECT_MLU_TRANSFORMS_NORMALIZECONTRACTIONS_H
#define METABANG_LIB_DIALECT_MLU_TRANSFORMS_NORMALIZECONTRACTIONS_H

#include "metabang/Device/Device.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace metabang::mlu {

/// Whether `op` is out += a * b over linear indices, with conversions of a and b allowed.
bool isSumOfProducts(mlir::linalg::GenericOp op);

/// Fusion keeps a product that nothing reads where the sum's loops of size 1 show in no other operand. Returns the
/// operation without it and without those loops; null if `op` is no such one.
mlir::linalg::GenericOp dropUnusedProduct(mlir::linalg::GenericOp op, mlir::RewriterBase &rewriter);

/// Rewrites a sum of products in place so that `classify` and the tensor unit see its dimensions plainly:
/// * loops of size 1 that reshapes left in the index of a matrix disappear from it;
/// * an index group * size + channel becomes two dimensions (a view), in x through its padding;
/// * the operand that has the last dimension of the result, the filter, is the second.
void normalizeContraction(mlir::linalg::GenericOp op, mlir::RewriterBase &rewriter);

/// What became of a sum of products: nothing, if it is not `formed`; else a product of matrices, or null where each
/// product is one of elements.
struct MatrixProduct {
  bool formed = false;
  mlir::linalg::GenericOp product;
};

/// Replaces a sum of products that is no convolution, whatever its windows and the order of its dimensions, by a
/// product of matrices (of one for each batch) between movements of data. The gradient towards a convolution's filter
/// is one: windows of x, side by side, times y's gradient. A long depth is cut into parts for all cores of `device`.
MatrixProduct formMatrixProduct(mlir::linalg::GenericOp op, const Device &device, mlir::RewriterBase &rewriter);

} // namespace metabang::mlu

#endif // METABANG_LIB_DIALECT_MLU_TRANSFORMS_NORMALIZECONTRACTIONS_H
