//===- LimbVectors.cpp - Integers in memory to limbs and back -------------===//
//
// Integers of 8 and 16 bits, and truth values, have builtins that convert them from and to float; from MLU3xx on so
// have those of 32 bits, of which shifts leave one limb. Other limbs move to a vector of their own first: a strided
// copy.
//
//===----------------------------------------------------------------------===//
#include "Memory.h"
#include "Reals.h"
#include "VectorBody.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::l2b;

bool l2b::isBodyStep(Operation *op) {
  return isa<UnrealizedConversionCastOp>(op) &&
         (op->hasAttr(kLimbAttr) || op->hasAttr(kJoinAttr) || op->hasAttr(kBitsAttr) || op->hasAttr(kAnyAttr));
}

Value l2b::viewAs(Emit &e, Value memref, Type element, int64_t bytes) {
  auto layout = StridedLayoutAttr::get(e.b.getContext(), ShapedType::kDynamic, {1});
  auto type = MemRefType::get({std::max<int64_t>(1, bytes / elementBytes(element))}, element, layout,
                              typeOf(memref).getMemorySpace());
  return UnrealizedConversionCastOp::create(e.b, e.loc, TypeRange{type}, ValueRange{memref}).getResult(0);
}

namespace {

struct LimbMover {
  VectorBody &v;
  Value memory; // the vector of integers
  int64_t period;
  Emit &e = v.e;
  int64_t bytes = elementBytes(memory);
  Type i8 = e.b.getI8Type(), i16 = e.b.getI16Type(), i32 = e.b.getI32Type(), f32 = e.b.getF32Type();

  Value n() { return v.n(period); }
  Value part(unsigned k) {
    Value words = viewAs(e, memory, i16, v.bytes(period, bytes));
    return e.at(words, {e.attr(k)});
  }
  bool direct() const { return bytes == 4 && !e.is2xx(); }
  void shift(StringRef name, Value y, Value x) { e.op(name, {y, x, e.i32(16), n()}); }

  void load(unsigned k, Value limb) {
    if (bytes == 1)
      return (void)e.op("int82float", {limb, viewAs(e, memory, i8, v.bytes(period, 1)), n(), e.i32(0)});
    if (bytes == 2)
      return (void)e.op("int162float", {limb, memory, n(), e.i32(0)});
    if (direct()) {
      Value t = v.temp(i32, period);
      shift("sra", t, memory);
      if (k == 0) {
        shift("sll", t, t);
        e.op("sub", {t, memory, t, n()});
      }
      e.op("int322float", {limb, t, n(), e.i32(0)}, "rn");
      return v.release(t, period);
    }
    Value t = v.temp(i16, period);
    e.op("memcpy_2d", {t, part(k), e.index(2), e.index(2), e.index(bytes), n()});
    e.op("int162float", {limb, t, n(), e.i32(0)});
    v.release(t, period);
    if (2 * (k + 1) == bytes)
      return;
    Value negative = v.temp(f32, period);
    v.withScalar("lt", negative, limb, 0.0, period);
    v.withScalar("mul", negative, negative, 65536.0, period);
    e.op("add", {limb, limb, negative, n()});
    v.release(negative, period);
  }

  void store(ArrayRef<Value> limbs) {
    if (bytes == 1)
      return (void)e.op("float2int8", {viewAs(e, memory, i8, v.bytes(period, 1)), limbs[0], n(), e.i32(0)}, "tz");
    if (bytes == 2)
      return (void)e.op("float2int16", {memory, limbs[0], n(), e.i32(0)}, "tz");
    if (direct()) {
      Value high = v.temp(i32, period), low = v.temp(i32, period);
      e.op("float2int32", {high, limbs[1], n(), e.i32(0)}, "tz");
      shift("sll", high, high);
      e.op("float2int32", {low, limbs[0], n(), e.i32(0)}, "tz");
      e.op("add", {memory, high, low, n()});
      return v.release(high, period), v.release(low, period);
    }
    Value t = v.temp(i16, period), wrapped = v.temp(f32, period);
    for (auto [k, limb] : llvm::enumerate(limbs)) {
      Value from = limb;
      if (k + 1 < limbs.size()) { // as an integer with a sign
        from = wrapped;
        v.withScalar("ge", wrapped, limb, 32768.0, period);
        v.withScalar("mul", wrapped, wrapped, -65536.0, period);
        e.op("add", {wrapped, wrapped, limb, n()});
      }
      e.op("float2int16", {t, from, n(), e.i32(0)}, "tz");
      e.op("memcpy_2d", {part(k), t, e.index(2), e.index(bytes), e.index(2), n()});
    }
    v.release(t, period), v.release(wrapped, period);
  }
};

} // namespace

void l2b::emitLoadLimb(VectorBody &v, Operation *op, Value limb, Value memory, int64_t period) {
  LimbMover{v, memory, period}.load(op->getAttrOfType<IntegerAttr>(kLimbAttr).getInt(), limb);
}

void l2b::emitJoinLimbs(VectorBody &v, Value memory, ArrayRef<Value> limbs, int64_t period) {
  LimbMover{v, memory, period}.store(limbs);
}

/// The same on scalars.
Value l2b::stepOnScalars(OpBuilder &builder, Operation *op, ValueRange x) {
  ImplicitLocOpBuilder b(op->getLoc(), builder);
  Type i32 = b.getI32Type(), f32 = b.getF32Type();
  if (op->hasAttr(kAnyAttr))
    return x[0];
  if (auto name = op->getAttrOfType<StringAttr>(kBitsAttr)) {
    // Numbers from 2^23 to 2^24, or xor's below: what is in the bits of the fraction is the number.
    Value u = arith::FPToSIOp::create(b, i32, x[0]), w = arith::FPToSIOp::create(b, i32, x[1]), r;
    if (name == "band")
      r = arith::AndIOp::create(b, u, w);
    else
      r = name == "bor" ? arith::OrIOp::create(b, u, w).getResult() : arith::XOrIOp::create(b, u, w).getResult();
    return arith::SIToFPOp::create(b, f32, r);
  }
  Type from = x[0].getType();
  if (from.isInteger(1))
    return arith::UIToFPOp::create(b, f32, x[0]);
  unsigned width = from.getIntOrFloatBitWidth(), limb = op->getAttrOfType<IntegerAttr>(kLimbAttr).getInt();
  if (width <= 16)
    return arith::SIToFPOp::create(b, f32, x[0]);
  auto number = [&](int64_t n) { return arith::ConstantOp::create(b, b.getIntegerAttr(from, n)); };
  Value high = arith::ShRSIOp::create(b, x[0], number(16 * limb));
  if (16 * (limb + 1) < width)
    high = arith::AndIOp::create(b, high, number(65535));
  return arith::SIToFPOp::create(b, f32, high);
}
