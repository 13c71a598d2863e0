//===- Reals.h - Building float arithmetic in a body -------------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_REALS_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_REALS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace metabang::l2b {

// Steps of a body that arith has no operation for are casts with one of these attributes:
/// from an integer, or a truth value, to the float of its limb `limb` (see Limbs.h);
constexpr llvm::StringLiteral kLimbAttr = "bang.limb";
/// from the floats of all limbs to the integer;
constexpr llvm::StringLiteral kJoinAttr = "bang.join";
/// from two floats to that with their bits combined by the builtin that the attribute names.
constexpr llvm::StringLiteral kBitsAttr = "bang.bits";
/// from a truth value to whether it holds for any element, which is the same for all.
constexpr llvm::StringLiteral kAnyAttr = "bang.any";

/// On a power of integers: the exponent has no sign (convert-meta-to-linalg sets it).
constexpr llvm::StringLiteral kUnsignedPower = "meta.unsigned";

/// float32 arithmetic at a place of a body. What is constant folds.
struct Reals {
  mlir::ImplicitLocOpBuilder b;
  bool old; // an MLU2xx, on which a floor is ten builtins
  bool onScalars;

  Reals(mlir::ImplicitLocOpBuilder b, bool old, bool onScalars = false) : b(b), old(old), onScalars(onScalars) {}

  using Value = mlir::Value;
  using P = mlir::arith::CmpFPredicate;

  Value c(double value) { return mlir::arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(value))); }
  Value add(Value x, Value y) { return b.createOrFold<mlir::arith::AddFOp>(x, y); }
  Value add(Value x, double y) { return add(x, c(y)); }
  Value sub(Value x, Value y) { return b.createOrFold<mlir::arith::SubFOp>(x, y); }
  Value mul(Value x, Value y) { return b.createOrFold<mlir::arith::MulFOp>(x, y); }
  Value mul(Value x, double y) { return mul(x, c(y)); }
  Value div(Value x, Value y) { return b.createOrFold<mlir::arith::DivFOp>(x, y); }
  Value abs(Value x) { return b.createOrFold<mlir::math::AbsFOp>(x); }
  Value neg(Value x) { return b.createOrFold<mlir::arith::NegFOp>(x); }
  Value is(P predicate, Value x, Value y) { return b.createOrFold<mlir::arith::CmpFOp>(predicate, x, y); }
  Value is(P predicate, Value x, double y) { return is(predicate, x, c(y)); }
  Value less(Value x, double y) { return is(P::OLT, x, y); }
  Value least(Value x, double y) { return is(P::OGE, x, y); }
  Value both(Value x, Value y) { return b.createOrFold<mlir::arith::AndIOp>(x, y); }
  Value either(Value x, Value y) { return b.createOrFold<mlir::arith::OrIOp>(x, y); }
  Value select(Value condition, Value x, Value y) { return b.createOrFold<mlir::arith::SelectOp>(condition, x, y); }
  /// 1 where a truth value holds, 0 elsewhere.
  Value flag(Value truth) { return b.createOrFold<mlir::arith::UIToFPOp>(b.getF32Type(), truth); }
  Value truth(Value flag) { return is(P::UNE, flag, 0.0); }
  /// The largest integer not above x, for |x| < 2^22 (and no NaN).
  Value floor(Value x) {
    if (!old)
      return b.createOrFold<mlir::math::FloorOp>(x);
    Value nearest = add(add(x, 12582912.0), -12582912.0); // 1.5 * 2^23: no room for a fraction
    return sub(nearest, flag(is(P::OGT, nearest, x)));
  }
  /// `values`, all floats, after `rounds` of `step`, which gets them and gives as many.
  llvm::SmallVector<Value> repeat(int64_t rounds, mlir::ValueRange values,
                                  llvm::function_ref<llvm::SmallVector<Value>(mlir::ValueRange)> step) {
    auto number = [&](int64_t n) -> Value { return mlir::arith::ConstantIndexOp::create(b, n); };
    auto loop = mlir::scf::ForOp::create(b, number(0), number(rounds), number(1), values);
    mlir::OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    mlir::scf::YieldOp::create(b, step(loop.getRegionIterArgs()));
    return llvm::SmallVector<Value>(loop.getResults());
  }
  /// `values`, all floats; what `then` gives if `truth` holds for any element of the vector. It is for steps that most
  /// vectors do not need: `then` leaves elements as they are of which the truth value does not hold.
  llvm::SmallVector<Value> ifAny(Value truth, mlir::ValueRange values,
                                 llvm::function_ref<llvm::SmallVector<Value>()> then) {
    Value any = truth;
    if (!onScalars) {
      auto cast = mlir::UnrealizedConversionCastOp::create(b, mlir::TypeRange{b.getI1Type()}, mlir::ValueRange{truth});
      cast->setAttr(kAnyAttr, b.getUnitAttr());
      any = cast.getResult(0);
    }
    auto branch = mlir::scf::IfOp::create(b, values.getTypes(), any, /*withElseRegion=*/true);
    mlir::OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.elseBlock());
    mlir::scf::YieldOp::create(b, values);
    b.setInsertionPointToStart(branch.thenBlock());
    mlir::scf::YieldOp::create(b, then());
    return llvm::SmallVector<Value>(branch.getResults());
  }
  /// The float with the bits of two others combined, which are integers below 2^24 (on scalars they are computed as
  /// such: `bxor`, which loses the exponent, gives the integer there, and needs a `bor` with 2^23 on either).
  Value bitwise(llvm::StringRef builtin, Value x, Value y) {
    auto cast = mlir::UnrealizedConversionCastOp::create(b, mlir::TypeRange{b.getF32Type()}, mlir::ValueRange{x, y});
    cast->setAttr(kBitsAttr, b.getStringAttr(builtin));
    return cast.getResult(0);
  }
};

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_REALS_H
