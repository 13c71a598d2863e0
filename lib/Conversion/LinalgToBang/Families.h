//===- Families.h - The families of operations and their lowerings -*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_FAMILIES_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_FAMILIES_H

#include "Emit.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace metabang::l2b {

/// While a function is converted: the bytes of NRAM that its buffers take, without temporaries.
constexpr llvm::StringLiteral kBufferBytes = "mlu.nram_buffer_bytes";

// Each builds the builtins before `op` and succeeds, or builds nothing and fails because the operation is not of its
// family or not in a form its builtins take. The caller erases the operation.

mlir::LogicalResult lowerCopy(Emit &e, mlir::memref::CopyOp op);
mlir::LogicalResult lowerFill(Emit &e, mlir::linalg::FillOp op);
mlir::LogicalResult lowerGatherRows(Emit &e, mlir::linalg::LinalgOp op);
/// A gather of single elements that data names, by tables or columns where that beats a copy for each.
mlir::LogicalResult lowerGatherElements(Emit &e, mlir::linalg::LinalgOp op);
/// Modelled nanoseconds of a core's share of `count` single elements, each a copy by DMA.
double singleCopiesNs(const Emit &e, int64_t count);
/// Images interpolated by rows and columns, on the chip.
mlir::LogicalResult lowerResample(Emit &e, mlir::linalg::LinalgOp op);
mlir::LogicalResult lowerConv(Emit &e, mlir::linalg::LinalgOp op);
mlir::LogicalResult lowerDepthwise(Emit &e, mlir::linalg::LinalgOp op);
mlir::LogicalResult lowerPool(Emit &e, mlir::linalg::LinalgOp op);
mlir::LogicalResult lowerReduce(Emit &e, mlir::linalg::LinalgOp op);
mlir::LogicalResult lowerTranspose(Emit &e, mlir::linalg::LinalgOp op);
mlir::LogicalResult lowerElementwise(Emit &e, mlir::linalg::LinalgOp op);
/// The same where many short rows of an input have gaps between them, which are closed first: one vector for all.
mlir::LogicalResult lowerPackedRows(Emit &e, mlir::linalg::LinalgOp op);
/// The same where operands must be brought into one order before.
mlir::LogicalResult lowerPacked(Emit &e, mlir::linalg::LinalgOp op);

/// Windows that are added up where they lay in a tensor.
mlir::LogicalResult lowerScatterPlanes(Emit &e, mlir::scf::ForOp loop);
/// A scatter of whole rows, which a row's index names.
mlir::LogicalResult lowerScatterRows(Emit &e, mlir::scf::ForOp loop);
/// A scatter of columns: all rows have the same indices.
mlir::LogicalResult lowerScatterColumns(Emit &e, mlir::scf::ForOp loop);
/// A scatter of single elements whose sources vectors sort.
mlir::LogicalResult lowerScatterSorted(Emit &e, mlir::scf::ForOp loop);
/// A scatter of single elements: scalar code on the chip, and a remark.
mlir::LogicalResult lowerScatterElements(Emit &e, mlir::scf::ForOp loop);

/// A kernel that does nothing but copy between places of GDRAM, for all cores.
mlir::LogicalResult lowerJoin(mlir::func::FuncOp kernel, const Device &device);

/// Lowers `op` by the first family that takes it, else to scalars, and erases it.
mlir::LogicalResult lowerLinalg(const Device &device, mlir::linalg::LinalgOp op);

/// Where builtins do not compute the body of `op`: a copy of it, at the builder's place, whose body does the same in
/// float and is one they compute; null if there is none.
mlir::linalg::GenericOp computeInFloat(mlir::OpBuilder &b, mlir::linalg::LinalgOp op, const Device &device);

/// The value of `op`, a function of scalars with one result; if BANG C lacks it, it is written with those it has.
mlir::Value expandScalar(mlir::Operation *op);

/// Loops over scalars; always possible unless an operand is in WRAM.
mlir::LogicalResult lowerToScalars(mlir::linalg::LinalgOp op);

/// Emits the strided copies that move `src` to `dst` (same shape, any two memory spaces).
mlir::LogicalResult emitCopy(Emit &e, mlir::Value src, mlir::Value dst);
struct Access;
/// The same for two linear functions of common loops.
void emitCopy(Emit &e, const Access &src, const Access &dst, const Sizes &sizes, llvm::ArrayRef<int64_t> bounds);

/// Copies `filters` filters (at most `bound`), whose padded rows begin `srcRow` elements apart at `src`, to the banks of
/// WRAM from the first row of `dst` on.
void dealFilters(Emit &e, mlir::Value src, int64_t srcRow, mlir::Value dst, mlir::OpFoldResult filters, int64_t bound);

/// The transpose of [rows][columns] elements at `src`, `srcRow` elements from row to row, to [columns][paddedRows] at
/// the start of the buffer `dst`, which has room for whole units of columns. What is behind `rows` becomes zero.
/// `columns` are at most `bound`.
void emitTranspose(Emit &e, mlir::Value dst, mlir::Value src, int64_t rows, int64_t paddedRows,
                   mlir::OpFoldResult columns, int64_t bound, int64_t srcRow);
/// Columns that emitTranspose writes for `bound` of them.
int64_t transposedColumns(const Emit &e, mlir::Type type, int64_t bound);

/// Sizes of the loops of `op`, found from its operands' shapes, and their upper bounds.
Sizes loopSizes(Emit &e, mlir::linalg::LinalgOp op);
llvm::SmallVector<int64_t> loopBounds(mlir::linalg::LinalgOp op);

/// The fill that wrote all of `op`'s output `dst` just before, with nothing in between that touches it; null if none.
mlir::linalg::FillOp fillBefore(mlir::linalg::LinalgOp op, mlir::Value dst);

/// An NRAM vector of `count` elements of any type, all of them `value`.
mlir::Value splatOf(Emit &e, mlir::Value value, int64_t count);

/// A reduction of `x` by `combine`, whatever its type; `order` are the loops from the outermost in x on.
mlir::LogicalResult reduceByParts(Emit &e, mlir::linalg::LinalgOp op, mlir::Operation *combine, const Access &x,
                                   llvm::ArrayRef<unsigned> order);

/// The operation that combines the accumulator (the block argument of the only output) with something, where that
/// is all the body does with the accumulator; null otherwise.
mlir::Operation *accumulation(mlir::linalg::LinalgOp op);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_FAMILIES_H
