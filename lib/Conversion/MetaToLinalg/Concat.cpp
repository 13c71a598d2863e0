//===- Concat.cpp - Selections by an index are joins ----------------------===//
//
// select(index(d) < c, a, b) has the first c of a and the rest of b along d: a join of two windows, which is copies and
// no comparison. Pads that only make room for the other side, as a concatenation is written, are looked through.
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "metabang/Dialect/Meta/IR/Movement.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::meta;

namespace {

/// `size` elements of `source` along the joined dimension, from `start` on, that lie at `at` of the result.
struct Piece {
  Value source;
  int64_t start, size, at;
};

/// The pieces of `value` in [start, start + size) of dimension `dim`.
void collect(Value value, int64_t dim, int64_t start, int64_t size, int64_t at, SmallVectorImpl<Piece> &pieces) {
  if (size <= 0)
    return;
  if (auto insert = value.getDefiningOp<tensor::InsertSliceOp>()) {
    int64_t offset = insert.getStaticOffsets()[dim], length = insert.getStaticSizes()[dim];
    bool isPart = true; // whole in all other dimensions
    for (auto [k, extent] : llvm::enumerate(shapeOf(value)))
      isPart &= insert.getStaticStrides()[k] == 1 && (int64_t(k) == dim || insert.getStaticSizes()[k] == extent);
    if (isPart && insert.getSourceType().getRank() == insert.getDestType().getRank()) {
      int64_t first = std::max(start, offset), end = std::min(start + size, offset + length);
      collect(insert.getDest(), dim, start, std::min(start + size, offset) - start, at, pieces);
      collect(insert.getSource(), dim, first - offset, end - first, at + first - start, pieces);
      int64_t behind = std::max(start, offset + length);
      collect(insert.getDest(), dim, behind, start + size - behind, at + behind - start, pieces);
      return;
    }
  }
  if (auto pad = value.getDefiningOp<tensor::PadOp>()) {
    int64_t low = pad.getStaticLow()[dim], end = low + pad.getSourceType().getDimSize(dim);
    bool isPart = std::max(start, low) < std::min(start + size, end);
    for (size_t k = 0; k < pad.getStaticLow().size(); ++k)
      isPart &= int64_t(k) == dim || (pad.getStaticLow()[k] == 0 && pad.getStaticHigh()[k] == 0);
    if (isPart) { // what is padding here may lie under the other side of a join further out
      int64_t first = std::max(start, low), last = std::min(start + size, end);
      if (start < first)
        pieces.push_back({value, start, first - start, at});
      collect(pad.getSource(), dim, first - low, last - first, at + first - start, pieces);
      if (last < start + size)
        pieces.push_back({value, last, start + size - last, at + last - start});
      return;
    }
  }
  if (auto part = value.getDefiningOp<tensor::ExtractSliceOp>()) {
    bool isPart = part.getSourceType().getRank() == part.getType().getRank();
    for (size_t k = 0; isPart && k < part.getStaticSizes().size(); ++k)
      isPart = part.getStaticStrides()[k] == 1 &&
               (int64_t(k) == dim || part.getStaticSizes()[k] == part.getSourceType().getDimSize(k));
    if (isPart)
      return collect(part.getSource(), dim, start + part.getStaticOffsets()[dim], size, at, pieces);
  }
  if (!value.getDefiningOp<tensor::EmptyOp>())
    pieces.push_back({value, start, size, at});
}

SmallVector<OpFoldResult> indices(OpBuilder &b, ArrayRef<int64_t> values) {
  return getAsIndexOpFoldResult(b.getContext(), values);
}

struct JoinPattern : OpConversionPattern<SelectOp> {
  JoinPattern(const TypeConverter &converter, MLIRContext *context)
      : OpConversionPattern<SelectOp>(converter, context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(SelectOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    std::optional<Border> border = borderOf(op);
    if (!border)
      return failure();
    int64_t dim = border->dim, first = border->first;
    ArrayRef<int64_t> shape = op.getType().getShape();
    SmallVector<Piece> pieces;
    collect(adaptor.getLhs(), dim, 0, first, 0, pieces);
    collect(adaptor.getRhs(), dim, first, shape[dim] - first, first, pieces);
    Location loc = op.getLoc();
    Value result = emptyTensor(rewriter, loc, shape, signless(op.getType().getElementType()));
    SmallVector<int64_t> offsets(shape.size(), 0), ones(shape.size(), 1), sizes(shape);
    for (const Piece &piece : pieces) {
      sizes[dim] = piece.size, offsets[dim] = piece.start;
      Value part = piece.source;
      if (shapeOf(part) != ArrayRef<int64_t>(sizes))
        part = tensor::ExtractSliceOp::create(rewriter, loc, part, indices(rewriter, offsets), indices(rewriter, sizes),
                                              indices(rewriter, ones));
      offsets[dim] = piece.at;
      result = tensor::InsertSliceOp::create(rewriter, loc, part, result, indices(rewriter, offsets),
                                             indices(rewriter, sizes), indices(rewriter, ones));
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void metabang::populateJoinPatterns(const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<JoinPattern>(converter, patterns.getContext());
}
