// Atomic operations on GDRAM: one vector, segments of two or three dimensions, and discrete places.
#include "Half.h"
#include "Loops.h"
#include "Op.h"
#include "Sanitizer.h"

#include <cmath>
#include <cstring>
#include <mutex>

namespace metabang::sim {
namespace {

std::mutex &atomicMutex() {
  static auto *m = new std::mutex;
  return *m;
}

template <typename T> T apply(int op, T a, T b, T compare) {
  using U = std::make_unsigned_t<T>;
  switch (op) {
  case __MLU_ATOMIC_ADD:
    return T(U(a) + U(b));
  case __MLU_ATOMIC_MAX:
    return b > a ? b : a;
  case __MLU_ATOMIC_MIN:
    return b < a ? b : a;
  case __MLU_ATOMIC_AND:
    return T(a & b);
  case __MLU_ATOMIC_OR:
    return T(a | b);
  case __MLU_ATOMIC_XOR:
    return T(a ^ b);
  case __MLU_ATOMIC_INC:
    return a >= b ? T(0) : T(a + 1);
  case __MLU_ATOMIC_DEC:
    return a == 0 || a > b ? b : T(a - 1);
  case __MLU_ATOMIC_CAS:
    return a == compare ? b : a;
  default:
    return b;
  }
}

float applyFloat(int op, float a, float b) {
  bool more = op == __MLU_ATOMIC_MAX || op == __MLU_ATOMIC_NUMBER_MAX || op == __MLU_ATOMIC_NAN_MAX;
  if (op == __MLU_ATOMIC_ADD)
    return a + b;
  if (op == __MLU_ATOMIC_NUMBER_MAX || op == __MLU_ATOMIC_NUMBER_MIN) {
    if (a != a)
      return b;
  } else if (op == __MLU_ATOMIC_NAN_MAX || op == __MLU_ATOMIC_NAN_MIN) {
    if (b != b)
      return b;
  }
  return (more ? b > a : b < a) ? b : a;
}

template <typename T> void updateInt(int op, char *target, const char *operand, const char *compare) {
  T a, b, c;
  memcpy(&a, target, sizeof(T));
  memcpy(&b, operand, sizeof(T));
  memcpy(&c, compare, sizeof(T));
  a = apply<T>(op, a, b, c);
  memcpy(target, &a, sizeof(T));
}

void updateFloat(bool finite, int op, int type, char *target, const char *operand, const char *compare) {
  float a, b, c;
  toFloat(type, &a, target, 1);
  toFloat(type, &b, operand, 1);
  toFloat(type, &c, compare, 1);
  if (op == __MLU_ATOMIC_EXCH || (op == __MLU_ATOMIC_CAS && a == c)) {
    memcpy(target, operand, typeBytes(type)); // all bits, also of a NaN
    return;
  }
  if (op == __MLU_ATOMIC_CAS)
    return;
  float r = applyFloat(op, a, b);
  if (finite)
    saturate(&r, &a, &b, 1, largest(type));
  fromFloat(type, target, &r, 1);
}

void update(bool finite, int op, int type, char *target, const char *operand, const char *compare) {
  switch (type) {
  case __MLU_I16:
    return updateInt<int16_t>(op, target, operand, compare);
  case __MLU_U16:
    return updateInt<uint16_t>(op, target, operand, compare);
  case __MLU_I32:
    return updateInt<int32_t>(op, target, operand, compare);
  case __MLU_U32:
    return updateInt<uint32_t>(op, target, operand, compare);
  default:
    return updateFloat(finite, op, type, target, operand, compare);
  }
}

/// A number as an element of `type`.
uint32_t elementOf(int type, double number) {
  uint32_t value = 0;
  if (!isFloatType(type))
    return uint32_t(int64_t(number));
  float f = float(number);
  fromFloat(type, &value, &f, 1);
  return value;
}

long offsetOf(const __mlu_walk &w, size_t k) {
  return w.stride1 * long(k / w.segments1) + w.stride0 * long(k % w.segments1);
}

void checkType(Op &op, const __mlu_atomic_args &a) {
  bool bits = a.op >= __MLU_ATOMIC_AND && a.op <= __MLU_ATOMIC_DEC;
  bool nan = a.op >= __MLU_ATOMIC_NUMBER_MAX && a.op <= __MLU_ATOMIC_NAN_MIN;
  if (typeBytes(a.type) == 1 || (isFloatType(a.type) ? bits : nan))
    op.fail(std::string("there is no form for ") + typeName(a.type), bits  ? "Use 16-bit or 32-bit integers."
                                                                     : nan ? "Use float or half."
                                                                           : "Use 16-bit or 32-bit elements.");
  if (a.type == __MLU_BF16)
    op.needs(op.device.hasBf16Vector, "bfloat16_t atomic operations", "Use float.");
  if (!a.old)
    op.needsArch(372, "Use the form that returns the old value.");
}

/// Elements at one place after the other: k-th element of the target, of the old values, of the operands.
struct Places {
  __mlu_atomic_args a;
  bool finite;
  std::vector<size_t> offsets; // discrete: of the places; empty otherwise
  std::vector<size_t> chosen;

  void update() const {
    size_t size = typeBytes(a.type);
    uint32_t value = elementOf(a.type, a.scalar), compare = elementOf(a.type, a.compare);
    auto one = [&](char *target, char *old, const char *operand) {
      uint32_t element = value; // kernels let the old value take the operand's place
      if (operand)
        memcpy(&element, operand, size);
      if (old)
        memcpy(old, target, size);
      sim::update(finite, a.op, a.type, target, reinterpret_cast<const char *>(&element),
                  reinterpret_cast<const char *>(&compare));
    };
    auto *old = static_cast<char *>(a.old), *target = static_cast<char *>(a.target);
    auto *operands = static_cast<const char *>(a.vector);
    std::lock_guard<std::mutex> lock(atomicMutex());
    if (a.offset) {
      for (size_t i : chosen)
        one(target + offsets[i], old + i * size, operands ? operands + i * size : nullptr);
      return;
    }
    for (size_t k = 0; k < size_t(a.target_walk.segments1) * a.target_walk.segments2; ++k)
      for (size_t i = 0; i < a.n; ++i)
        one(target + offsetOf(a.target_walk, k) + i * size, old ? old + offsetOf(a.old_walk, k) + i * size : nullptr,
            operands ? operands + offsetOf(a.vector_walk, k) + i * size : nullptr);
  }
};

/// The places of a discrete operation.
void findPlaces(Op &op, Places &p) {
  const __mlu_atomic_args &a = p.a;
  op.in("src1_offset", a.offset, size_t(a.n) * a.offset_bytes);
  if (a.mask)
    op.in("mask", a.mask, (a.n + 7) / 8);
  if (a.mask && op.core.sanitizer)
    op.core.sanitizer->checkBits(op.operands[op.count - 1], a.n);
  for (size_t i = 0; i < a.n; ++i) {
    uint64_t offset = 0;
    memcpy(&offset, static_cast<const char *>(a.offset) + i * a.offset_bytes, a.offset_bytes);
    p.offsets.push_back(offset);
    if (!a.mask || (static_cast<const uint8_t *>(a.mask)[i / 8] >> (i % 8) & 1))
      p.chosen.push_back(i);
  }
}

void atomic(const __mlu_site &site, const __mlu_atomic_args &a) {
  Op op(site, IO);
  checkType(op, a);
  op.positive(a.n, "the element count");
  size_t size = typeBytes(a.type), bytes = a.n * size, elements = a.n;
  Places places{a, op.device.saturatesFloat, {}, {}};
  if (a.offset) {
    op.needs(op.core.arch >= 592, "discrete atomic operations", "Call the vector form for each place.");
    findPlaces(op, places);
    for (size_t i : places.chosen) {
      Op place(site, IO); // checks that it is inside of an allocation, and aligned
      place.walk("src1", static_cast<char *>(a.target) + places.offsets[i], {0, size, {0, 1, 0, 1}}, Space::GDRAM,
                 true);
      place.multiple(place.operands[0].at.base, size, "the address of an element of src1");
      place.check(Unwritten::Refuse, true);
    }
    op.walk("dst", a.old, {0, bytes, {0, 1, 0, 1}}, Space::NRAM, true);
  } else {
    if (a.target_walk.segments1 > 1 || a.target_walk.segments2 > 1)
      op.needs(op.core.arch >= 500, "strided atomic operations", "Call the vector form for each segment.");
    elements *= size_t(a.target_walk.segments1) * a.target_walk.segments2;
    const Operand &target = op.walk("src1", a.target, {0, bytes, a.target_walk}, Space::GDRAM, true);
    op.multiple(target.at.base, size, "the address of src1");
    if (a.old)
      op.walk("dst", a.old, {0, bytes, a.old_walk}, Space::NRAM, true);
  }
  if (a.vector)
    op.walk("src2", a.vector, {0, bytes, a.offset ? __mlu_walk{0, 1, 0, 1} : a.vector_walk}, Space::NRAM, false);
  op.core.clock.bytes += 2.0 * double(elements * size);
  double ns = op.device.dmaStartupNs + double(elements) * op.device.scalarGdramNs / 8;
  op.start(ns, Unwritten::Refuse, !a.async);
  if (a.async)
    return op.core.complete(IO, [places] { places.update(); });
  op.core.clock.wait(IO);
  places.update();
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimAtomic(__mlu_site site, int code, int type, void *old, void *target, const void *vector, double scalar,
                    unsigned n) {
  constexpr __mlu_walk one = {0, 1, 0, 1};
  atomic(site, {code, type, false, old, target, vector, scalar, 0, n, one, one, one, nullptr, 0, nullptr});
}

void __mluSimAtomicForm(__mlu_site site, const __mlu_atomic_args *args) { atomic(site, *args); }
}
