//===- VectorBody.h - The body of an operation, by builtins ------*- C++ -*-===//
#ifndef METABANG_LIB_CONVERSION_LINALGTOBANG_VECTORBODY_H
#define METABANG_LIB_CONVERSION_LINALGTOBANG_VECTORBODY_H

#include "Emit.h"

namespace metabang::l2b {

/// A value of the body while one chunk of the loops is computed: a scalar, or a vector in NRAM.
struct Vec {
  /// The scalar, or the memref whose first element is the vector's.
  mlir::Value value;
  bool isScalar = false;
  /// Elements after which the vector repeats; 0 if it has one element for each of the chunk.
  int64_t period = 0;
  /// A temporary of this body, which may be overwritten after its last use.
  bool owned = false;

  mlir::Type type() const;
};

/// Computes the body of a linalg operation over vectors, one operation of the body at a time. Truth values (i1) are
/// held as 1 and 0 in the type of what was compared.
class VectorBody {
public:
  /// `count` elements (a legal vector length), at most `capacity`. Temporaries are allocated at `allocations`.
  VectorBody(Emit &e, mlir::OpFoldResult count, int64_t capacity, mlir::OpBuilder::InsertPoint allocations)
      : e(e), count(count), capacity(capacity), allocations(allocations) {}

  /// Whether builtins compute every operation of `body`.
  static bool supports(mlir::Block &body, const Device &device);

  void bind(mlir::Value bodyValue, Vec vec) { values[bodyValue] = vec; }
  /// Computes `body` and writes what it yields to `memrefs` (null: not wanted).
  void run(mlir::Block &body, llvm::ArrayRef<mlir::Value> memrefs);
  /// As run, but hands out the value yielded at `position` as a vector of the whole chunk, in a temporary if need be.
  Vec compute(mlir::Block &body, unsigned position);

  /// Every element of the vectors is one of the operation's, none is padding.
  void setExact() { isExact = true; }
  /// How many temporaries of the chunk's size were allocated.
  unsigned temporaries() const { return allocated; }

  // For the functions of VectorMath.cpp. `n` is the count of a vector.
  mlir::Value n(int64_t period);
  /// Bytes that a vector of this period takes at most.
  int64_t bytes(int64_t period, int64_t elementBytes) const { return (period ? period : capacity) * elementBytes; }
  mlir::Value temp(mlir::Type type, int64_t period);
  void release(mlir::Value memref, int64_t period);
  /// A vector of one value, 128 bytes long, to be cycled through.
  mlir::Value segment(mlir::Value scalar);

  // dst = op(x …); dst may be one of the sources.
  void unary(llvm::StringRef name, mlir::Value dst, mlir::Value src, int64_t period);
  void binary(llvm::StringRef name, mlir::Value dst, Vec x, Vec y, int64_t period);
  /// The larger (or smaller) element, NaN if one is.
  void extreme(bool larger, mlir::Value dst, Vec x, Vec y, int64_t period);
  /// x op scalar for op in add, sub, mul, maxequal, minequal, eq, ne, lt, le, gt, ge.
  void withScalar(llvm::StringRef name, mlir::Value dst, mlir::Value src, mlir::Value scalar, int64_t period);
  void withScalar(llvm::StringRef name, mlir::Value dst, mlir::Value src, double scalar, int64_t period);
  void move(mlir::Value dst, mlir::Value src, int64_t period);
  /// Every lane of `src` (period `from`) into `dst` (period `to`).
  void expand(mlir::Value dst, mlir::Value src, int64_t from, int64_t to);
  /// dst = mask ? x : y bit by bit; mask is 1 or 0. `mask` is overwritten.
  void blend(mlir::Value dst, mlir::Value mask, Vec x, Vec y, int64_t period);
  /// A vector with the value of `vec` in each lane.
  mlir::Value materialise(Vec vec, int64_t period, bool &owned);
  /// Whether `mask` is 1 anywhere; true if padding hides it.
  mlir::Value any(mlir::Value mask, int64_t period);
  /// Truth values in another float type, in a temporary of their period.
  Vec truthAs(mlir::Type type, Vec truth);

  Emit &e;

  /// While it lives, what is built goes to the end of the first region of `control`, and temporaries before that.
  class Inside {
  public:
    Inside(VectorBody &v, mlir::Operation *control) : v(v), guard(v.e.b), allocations(v.allocations) {
      if (v.allocations.getBlock() == control->getBlock())
        v.allocations = {control->getBlock(), mlir::Block::iterator(control)};
      v.e.b.setInsertionPoint(control->getRegion(0).front().getTerminator());
    }
    ~Inside() { v.allocations = allocations; }

  private:
    VectorBody &v;
    mlir::OpBuilder::InsertionGuard guard;
    mlir::OpBuilder::InsertPoint allocations;
  };

private:
  Vec lower(mlir::Operation *op);
  /// The float that a truth value is held as, in the same place; the place is then the result's.
  Vec truthItself(mlir::Operation *cast);
  Vec lowerStep(mlir::Operation *op, llvm::ArrayRef<Vec> operands, int64_t period);
  Vec get(mlir::Value bodyValue);
  void releaseOperands(mlir::Operation *op);
  mlir::Value destination(mlir::Operation *op, mlir::Type type, int64_t period);
  void runOps(mlir::Block &body, llvm::ArrayRef<mlir::Value> memrefs);
  void runSteps(mlir::Block &block);
  void lowerControl(mlir::Operation *op);
  /// dst, a vector of the chunk, = vec in each lane.
  void put(mlir::Value dst, Vec vec);

  mlir::OpFoldResult count;
  int64_t capacity;
  mlir::OpBuilder::InsertPoint allocations;
  unsigned allocated = 0;
  bool isExact = false;
  llvm::DenseMap<mlir::Value, Vec> values;
  llvm::DenseMap<mlir::Value, unsigned> usesLeft;
  /// An output, the operation that computes what it finally gets, and the value of the body that lies in it now.
  struct Output {
    mlir::Value memref;
    mlir::Operation *last = nullptr;
    mlir::Value holder;
  };
  bool isOutput(mlir::Value memref) const {
    return llvm::any_of(outputs, [&](const Output &output) { return output.memref == memref; });
  }
  bool isFree(const Output &output, mlir::Operation *op);
  llvm::SmallVector<Output> outputs;
  llvm::DenseMap<mlir::Value, mlir::Value> wanted; // body value -> output it is written to
  llvm::SmallVector<std::pair<mlir::Value, int64_t>> pool;
  llvm::DenseMap<mlir::Attribute, mlir::Value> segments;
};

/// Whether the operation, on vectors, is one VectorMath.cpp computes.
bool isVectorFunction(mlir::Operation *op, const Device &device);
/// dst = f(src) for the function of one variable that `op` is. dst and src may be equal.
void emitFunction(VectorBody &v, mlir::Operation *op, mlir::Value dst, mlir::Value src, int64_t period);
/// dst = x / y.
void emitDivide(VectorBody &v, mlir::Value dst, Vec x, Vec y, int64_t period);
/// dst = the conversion `op` of src; dst != src.
void emitCast(VectorBody &v, mlir::Operation *op, mlir::Value dst, mlir::Value src, int64_t period);
/// y = x in another float type; y != x.
void emitFloatCast(VectorBody &v, mlir::Value y, mlir::Value x, int64_t period);
bool isVectorCast(mlir::Operation *op, const Device &device);

/// The bytes of an NRAM vector as elements of another type: a pointer cast in BANG C (see BangDialect.cpp).
mlir::Value viewAs(Emit &e, mlir::Value memref, mlir::Type element, int64_t bytes);
/// Whether the operation is one of the casts of Reals.h.
bool isBodyStep(mlir::Operation *op);
/// limb = the limb that the cast `op` takes from the integers in `memory`.
void emitLoadLimb(VectorBody &v, mlir::Operation *op, mlir::Value limb, mlir::Value memory, int64_t period);
/// memory = the integers of `limbs`.
void emitJoinLimbs(VectorBody &v, mlir::Value memory, llvm::ArrayRef<mlir::Value> limbs, int64_t period);
/// What the cast `op`, which is no join, computes of scalars.
mlir::Value stepOnScalars(mlir::OpBuilder &b, mlir::Operation *op, mlir::ValueRange operands);

} // namespace metabang::l2b

#endif // METABANG_LIB_CONVERSION_LINALGTOBANG_VECTORBODY_H
