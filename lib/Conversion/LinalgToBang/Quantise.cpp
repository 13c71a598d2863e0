//===- Quantise.cpp - Float tiles to fixed point --------------------------===//
#include "Quantise.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

namespace {

/// A word of NRAM that is read as a float and as the integer of the same bits.
struct Word {
  Value asFloat, asInt;

  Word(Emit &e, FloatType type) {
    Value bytes = e.temp(e.b.getI8Type(), kVectorBytes), zero = e.index(0);
    auto view = [&](Type element) -> Value {
      auto viewType = MemRefType::get({kVectorBytes / elementBytes(element)}, element, AffineMap(), typeOf(bytes).getMemorySpace());
      return memref::ViewOp::create(e.b, e.loc, viewType, bytes, zero, ValueRange());
    };
    asFloat = view(type), asInt = view(e.b.getI32Type());
  }
};

/// The bits, as a float, of the largest magnitude among `n` elements of `src`. Bits of floats that are not negative
/// compare like the floats.
Value magnitudeBits(Emit &e, Value src, Value n) {
  auto type = cast<FloatType>(typeOf(src).getElementType());
  Word high(e, type), low(e, type);
  e.op("argmax", {high.asFloat, src, n});
  e.op("argmin", {low.asFloat, src, n});
  Value zero = e.index(0);
  if (!type.isF32()) { // widen both, then read the bits
    Word wide(e, e.b.getF32Type());
    auto load = [&](Value from) -> Value {
      Value narrow = memref::LoadOp::create(e.b, e.loc, from, zero);
      return arith::ExtFOp::create(e.b, e.loc, e.b.getF32Type(), narrow);
    };
    Value negated = arith::NegFOp::create(e.b, e.loc, load(low.asFloat));
    memref::StoreOp::create(e.b, e.loc, arith::MaximumFOp::create(e.b, e.loc, load(high.asFloat), negated), wide.asFloat, zero);
    return memref::LoadOp::create(e.b, e.loc, wide.asInt, zero);
  }
  Value highBits = memref::LoadOp::create(e.b, e.loc, high.asInt, zero);
  Value lowBits = memref::LoadOp::create(e.b, e.loc, low.asInt, zero);
  Value negated = arith::XOrIOp::create(e.b, e.loc, lowBits, e.i32(std::numeric_limits<int32_t>::min()));
  return arith::MaxSIOp::create(e.b, e.loc, highBits, negated);
}

/// ceil(log2(magnitude / (2^(bits-1) - 1))), from the float's bits: with magnitude = 1.f * 2^E and 2^(bits-1) - 1 =
/// 1.g * 2^(bits-2), it is E - (bits - 2), one more if f > g. Adding the distance of g to the next power of two
/// carries into the exponent exactly then.
Value positionFor(Emit &e, Value magnitude, unsigned bits, int64_t lowest) {
  int64_t carry = (int64_t(1) << (24 - (bits - 1))) - 1; // 2^23 - 1 - g
  Value carried = arith::AddIOp::create(e.b, e.loc, magnitude, e.i32(carry));
  Value exponent = arith::ShRSIOp::create(e.b, e.loc, carried, e.i32(23));
  Value position = arith::SubIOp::create(e.b, e.loc, exponent, e.i32(127 + bits - 2));
  return arith::MaxSIOp::create(e.b, e.loc, position, e.i32(lowest));
}

} // namespace

Quantised l2b::quantise(Emit &e, Value src, OpFoldResult count, int64_t bound, IntegerType type,
                        int64_t lowest) {
  Value n = e.index(count);
  Value position = positionFor(e, magnitudeBits(e, src, n), type.getWidth(), lowest);
  Value values = e.temp(type, bound);
  std::string from = typeOf(src).getElementType().isF32() ? "float" : "half";
  e.op(from + "2int" + std::to_string(type.getWidth()), {values, src, n, position}, e.device.hasRnRounding ? "rn" : "rd");
  return {values, position};
}
