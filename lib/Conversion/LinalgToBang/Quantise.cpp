//===- Quantise.cpp - Float tiles to fixed point --------------------------===//
#include "Quantise.h"
#include "Memory.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

/// The extreme of a vector, as a float.
static Value extreme(Emit &e, StringRef name, Value src, Value n) {
  Type type = typeOf(src).getElementType();
  Value result = e.temp(type, kVectorBytes / elementBytes(type));
  e.op(name, {result, src, n});
  Value value = memref::LoadOp::create(e.b, e.loc, result, e.index(0));
  return type.isF32() ? value : arith::ExtFOp::create(e.b, e.loc, e.b.getF32Type(), value).getResult();
}

/// ceil(log2(magnitude / (2^(bits-1) - 1))), from the float's bits: with magnitude = 1.f * 2^E and 2^(bits-1) - 1 =
/// 1.g * 2^(bits-2), it is E - (bits - 2), one more if f > g. Adding the distance of g to the next power of two
/// carries into the exponent exactly then.
static Value positionFor(Emit &e, Value magnitude, unsigned bits) {
  int64_t carry = (int64_t(1) << (24 - (bits - 1))) - 1; // 2^23 - 1 - g
  Value pattern = arith::BitcastOp::create(e.b, e.loc, e.b.getI32Type(), magnitude);
  Value carried = arith::AddIOp::create(e.b, e.loc, pattern, e.i32(carry));
  Value exponent = arith::ShRUIOp::create(e.b, e.loc, carried, e.i32(23));
  Value position = arith::SubIOp::create(e.b, e.loc, exponent, e.i32(127 + bits - 2));
  return arith::MaxSIOp::create(e.b, e.loc, position, e.i32(-127));
}

Quantised l2b::quantise(Emit &e, Value src, OpFoldResult count, int64_t bound, IntegerType type) {
  Value n = e.index(count);
  Value high = extreme(e, "argmax", src, n), low = extreme(e, "argmin", src, n);
  Value negated = arith::NegFOp::create(e.b, e.loc, low);
  Value magnitude = arith::MaximumFOp::create(e.b, e.loc, high, negated);
  Value position = positionFor(e, magnitude, type.getWidth());
  Value values = e.temp(type, bound);
  std::string from = typeOf(src).getElementType().isF32() ? "float" : "half";
  e.op(from + "2int" + std::to_string(type.getWidth()), {values, src, n, position}, e.device.hasRnRounding ? "rn" : "rd");
  return {values, position};
}
