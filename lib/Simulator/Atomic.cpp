// Atomic operations on GDRAM.
#include "Half.h"
#include "Loops.h"
#include "Op.h"

#include <cstring>
#include <mutex>

namespace metabang::sim {
namespace {

std::mutex &atomicMutex() {
  static auto *m = new std::mutex;
  return *m;
}

template <typename T> T apply(int op, T a, T b) {
  switch (op) {
  case __MLU_ATOMIC_ADD: return T(a + b);
  case __MLU_ATOMIC_MAX: return b > a ? b : a;
  case __MLU_ATOMIC_MIN: return b < a ? b : a;
  default: return b;
  }
}

template <typename T> void update(int op, char *target, const char *operand) {
  T a, b;
  memcpy(&a, target, sizeof(T));
  memcpy(&b, operand, sizeof(T));
  a = apply<T>(op, a, b);
  memcpy(target, &a, sizeof(T));
}

void updateFloat(int op, int type, char *target, const char *operand) {
  float a, b;
  toFloat(type, &a, target, 1);
  toFloat(type, &b, operand, 1);
  a = apply<float>(op, a, b);
  fromFloat(type, target, &a, 1);
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" void __mluSimAtomic(__mlu_site site, int code, int type, void *old, void *target, const void *vector,
                               double scalar, unsigned n) {
  Op op(site, IO);
  size_t size = typeBytes(type);
  if (size == 1)
    op.fail(std::string("there is no form for ") + typeName(type), "Use 16-bit or 32-bit elements.");
  if (!old)
    op.needsArch(372, "Use the form that returns the old value.");
  op.positive(n, "the element count");
  op.walk("src1", target, {0, n * size, {0, 1, 0, 1}}, Space::GDRAM, true);
  op.multiple(op.operands[0].at.base, size, "the address of src1");
  if (old)
    op.walk("dst", old, {0, n * size, {0, 1, 0, 1}}, Space::NRAM, true);
  if (vector)
    op.walk("src2", vector, {0, n * size, {0, 1, 0, 1}}, Space::NRAM, false);
  op.core.clock.bytes += 2.0 * double(n * size);
  op.start(op.device.dmaStartupNs + double(n) * op.device.scalarGdramNs / 8, Unwritten::Refuse, true);
  op.core.clock.wait(IO);
  uint32_t value = 0;
  if (isFloatType(type)) {
    float f = float(scalar);
    fromFloat(type, &value, &f, 1);
  } else {
    value = uint32_t(int64_t(scalar));
  }
  std::lock_guard<std::mutex> lock(atomicMutex());
  for (size_t i = 0; i < n; ++i) {
    char *at = static_cast<char *>(target) + i * size;
    const char *operand =
        vector ? static_cast<const char *>(vector) + i * size : reinterpret_cast<const char *>(&value);
    if (old)
      memcpy(static_cast<char *>(old) + i * size, at, size);
    switch (type) {
    case __MLU_I16: update<int16_t>(code, at, operand); break;
    case __MLU_U16: update<uint16_t>(code, at, operand); break;
    case __MLU_I32: update<int32_t>(code, at, operand); break;
    case __MLU_U32: update<uint32_t>(code, at, operand); break;
    default: updateFloat(code, type, at, operand);
    }
  }
}
