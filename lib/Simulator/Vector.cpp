// Element-wise builtins of two operands: vector, scalar, cycle and bit-index forms.
#include "Half.h"
#include "Loops.h"
#include "Narrow.h"
#include "Numerics.h"
#include "Op.h"
#include "Sanitizer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace metabang::sim {
namespace {

bool isCompare(int op) { return (op >= __MLU_EQ && op <= __MLU_LE) || (op >= __MLU_EQU && op <= __MLU_LEU); }
bool isBitwise(int op) { return op == __MLU_BAND || op == __MLU_BOR || op == __MLU_BXOR; }
bool isTz(int op) { return op == __MLU_ADD_TZ || op == __MLU_SUB_TZ || op == __MLU_MUL_TZ; }
bool divides(int op) { return op == __MLU_DIV || op == __MLU_REM; }
bool isExtreme(int op) { return op >= __MLU_MAXEQUAL && op <= __MLU_NAN_MINIMUM; }
bool makesNumbers(int op) { return op <= __MLU_DIV || isExtreme(op); }

/// The larger or smaller of two operands may be Inf on 2xx; a NaN operand makes the largest number of its sign.
MLU_CLONES void saturateNaN(float *d, const float *a, const float *b, size_t n, float max) {
  for (size_t i = 0; i < n; ++i) {
    float nan = a[i] != a[i] ? a[i] : b[i];
    float limit = std::copysign(max, nan);
    d[i] = nan != nan ? limit : d[i];
  }
}

/// The rules about types and architectures that all forms share.
void checkType(Op &op, int code, int type, bool scalarForm) {
  if (code >= __MLU_MAXIMUM && code <= __MLU_NAN_MINIMUM)
    op.needsArch(520, "Use __bang_maxequal or __bang_minequal.");
  if (code == __MLU_REM || code == __MLU_ADDS || code == __MLU_SUBS || code == __MLU_DIV)
    op.needs(op.device.hasVectorDivide, "such vector operation",
             code == __MLU_DIV ? "Multiply by __bang_recip, or call the form with src_addition." : "Use another one.");
  if (isBitwise(code)) { // works on bytes, whatever the type
    if (scalarForm || typeBytes(type) > 1)
      op.needsArch(322, "On 2xx bitwise operations take char vectors.");
    return;
  }
  if (scalarForm && code != __MLU_ADD && code != __MLU_SUB && code != __MLU_MUL && code != __MLU_GE)
    op.needs(op.device.hasScalarForms, "scalar form of this builtin", "Fill a vector with __nramset and use it.");
  op.type(type, true);
  if (!isFloatType(type) && (code == __MLU_GT || code == __MLU_LE))
    op.fail("there is no form for integers", "Swap the operands and use __bang_lt or __bang_ge.");
  if (isFloatType(type) ? !floatBinary(code) : !intBinary(code, type))
    op.fail(std::string("there is no form for ") + typeName(type), "Convert the operands first.");
}

/// n elements; b may be a vector that is as long.
void compute(const Op &op, int code, int type, void *dst, const void *a, const void *b, size_t n) {
  if (isBitwise(code)) {
    intBinary(code, __MLU_U8)(dst, a, b, n * typeBytes(type));
    return;
  }
  if (!isFloatType(type)) {
    intBinary(code, type)(dst, a, b, n);
    return;
  }
  FloatBinary f = floatBinary(code);
  bool clamp = op.device.saturatesFloat && makesNumbers(code);
  if (type == __MLU_F32 && !clamp) {
    f(static_cast<float *>(dst), static_cast<const float *>(a), static_cast<const float *>(b), n);
    return;
  }
  float x[kBlock], y[kBlock], r[kBlock];
  size_t size = typeBytes(type);
  for (size_t i = 0; i < n; i += kBlock) {
    size_t m = std::min(kBlock, n - i);
    toFloat(type, x, static_cast<const char *>(a) + i * size, m);
    toFloat(type, y, static_cast<const char *>(b) + i * size, m);
    f(r, x, y, m);
    if (clamp)
      (isExtreme(code) ? saturateNaN : saturate)(r, x, y, m, largest(type));
    (isTz(code) ? fromFloatTz : fromFloat)(type, static_cast<char *>(dst) + i * size, r, m);
  }
}

/// Writes `value` as one element of `type`.
void storeScalar(int type, void *dst, double value) {
  float f = float(value);
  int64_t i = int64_t(value);
  if (isFloatType(type))
    fromFloat(type, dst, &f, 1);
  else
    memcpy(dst, &i, typeBytes(type));
}

/// b repeats after `period` elements.
void computeRepeated(const Op &op, int code, int type, void *dst, const void *a, const void *b, size_t n,
                     size_t period) {
  size_t size = typeBytes(type);
  alignas(64) char repeated[kBlock * 4];
  if (period < kBlock / 2) { // make a block of whole periods
    size_t whole = kBlock / period * period;
    memcpy(repeated, b, period * size);
    for (size_t done = period * size, all = whole * size; done < all; done *= 2)
      memcpy(repeated + done, repeated, std::min(done, all - done));
    b = repeated;
    period = whole;
  }
  for (size_t i = 0; i < n; i += period)
    compute(op, code, type, static_cast<char *>(dst) + i * size, static_cast<const char *>(a) + i * size, b,
            std::min(period, n - i));
}

template <typename T> T fuse(int code, T a, T b, T c) {
  switch (code) {
  case FUSION_FMA:
    return a * b + c;
  case FUSION_FMS:
    return a * b - c;
  case FUSION_FAM:
    return (a + b) * c;
  case FUSION_FSM:
    return (a - b) * c;
  case FUSION_FAA:
    return a + b + c;
  case FUSION_FAS:
    return a + b - c;
  case FUSION_FSS:
    return a - b - c;
  default:
    return a - b + c;
  }
}

/// a + b = sum + rest exactly.
inline void addExactly(double a, double b, double &sum, double &rest) {
  sum = a + b;
  double t = sum - a;
  rest = (a - (sum - t)) + (b - t);
}

/// v + rest, rounded to odd, so that a later rounding to fewer bits is as if there had been only one.
inline double toOdd(double v, double rest) {
  int64_t bits;
  memcpy(&bits, &v, 8);
  bool inexact = rest != 0 && (bits & 1) == 0 && std::fabs(v) < INFINITY;
  int64_t step = (rest > 0) == (v > 0) ? 1 : -1;
  bits += inexact ? step : 0;
  memcpy(&v, &bits, 8);
  return v;
}

/// The result is rounded once: the parts that double cannot hold decide between its neighbours. ODD: another rounding
/// to 16 bits follows.
template <int CODE, bool ODD>
MLU_CLONES void fuseLoop(float *d, const float *x, const float *y, const float *z, size_t n) {
  constexpr bool product = CODE == FUSION_FMA || CODE == FUSION_FMS,
                 productOfSum = CODE == FUSION_FAM || CODE == FUSION_FSM;
  constexpr bool minusB = CODE == FUSION_FSM || CODE == FUSION_FSS || CODE == FUSION_FSA;
  constexpr bool minusC = CODE == FUSION_FMS || CODE == FUSION_FAS || CODE == FUSION_FSS;
  for (size_t i = 0; i < n; ++i) {
    double a = double(x[i]), b = minusB ? -double(y[i]) : double(y[i]), c = minusC ? -double(z[i]) : double(z[i]);
    double r, rest;
    if (product) { // the product of two floats is exact
      addExactly(a * b, c, r, rest);
    } else if (productOfSum) {
      double sum, low;
      addExactly(a, b, sum, low);
      r = sum * c;
      rest = __builtin_fma(sum, c, -r) + low * c;
    } else {
      double sum, low;
      addExactly(a, b, sum, low);
      double total;
      addExactly(sum, c, total, rest);
      double more = rest + low;
      addExactly(total, more, r, rest);
      r = std::fabs(total) < INFINITY && more != 0 ? r : total; // the rest of Inf is NaN, and -0 + 0 would be 0
    }
    double odd = toOdd(r, rest);
    d[i] = ODD ? toOddFloat(odd) : float(odd);
  }
}
using FuseLoop = void (*)(float *d, const float *a, const float *b, const float *c, size_t n);
template <bool ODD>
constexpr FuseLoop fuseLoops[] = {fuseLoop<FUSION_FMA, ODD>, fuseLoop<FUSION_FMS, ODD>, fuseLoop<FUSION_FAM, ODD>,
                                  fuseLoop<FUSION_FSM, ODD>, fuseLoop<FUSION_FAA, ODD>, fuseLoop<FUSION_FAS, ODD>,
                                  fuseLoop<FUSION_FSS, ODD>, fuseLoop<FUSION_FSA, ODD>};

/// m elements from position `at` of a vector that repeats after `period`; a constant if there is no vector.
void loadRepeated(int type, float *to, const char *from, float constant, size_t at, size_t m, size_t period) {
  if (!from) {
    std::fill_n(to, m, constant);
    return;
  }
  for (size_t k = 0; k < m;) {
    size_t start = (at + k) % period, length = std::min(period - start, m - k);
    toFloat(type, to + k, from + start * typeBytes(type), length);
    k += length;
  }
}

void fuseFloats(const Op &op, int code, int type, char *dst, const char *a, const char *b, float scalarB, const char *c,
                float scalarC, size_t n, size_t period) {
  float x[kBlock], y[kBlock], z[kBlock];
  size_t size = typeBytes(type);
  for (size_t i = 0; i < n; i += kBlock) {
    size_t m = std::min(kBlock, n - i);
    toFloat(type, x, a + i * size, m);
    loadRepeated(type, y, b, scalarB, i, m, period);
    loadRepeated(type, z, c, scalarC, i, m, period);
    (type == __MLU_F32 ? fuseLoops<false> : fuseLoops<true>)[code](x, x, y, z, m);
    if (op.device.saturatesFloat)
      saturate(x, x, nullptr, m, largest(type));
    fromFloat(type, dst + i * size, x, m);
  }
}

int64_t loadInt(int type, const char *p) {
  uint32_t u = 0;
  memcpy(&u, p, typeBytes(type));
  switch (type) {
  case __MLU_I8:
    return int8_t(u);
  case __MLU_I16:
    return int16_t(u);
  case __MLU_I32:
    return int32_t(u);
  default:
    return u;
  }
}

} // namespace
} // namespace metabang::sim

using namespace metabang::sim;

extern "C" {

void __mluSimBinary(__mlu_site site, int code, int type, void *dst, const void *a, const void *b, unsigned n) {
  Op op(site, Compute);
  checkType(op, code, type, false);
  size_t size = typeBytes(type), bytes = size_t(n) * size;
  op.vectorLength(n, size);
  op.out("dst", dst, bytes);
  op.in("src0", a, bytes);
  op.in("src1", b, bytes);
  op.destinationApart(true);
  op.start(op.vectorCost(bytes), Unwritten::Propagate);
  std::vector<size_t> zeros;
  if (divides(code) && numerics().documented)
    zeros = zerosOf(type, b, n);
  compute(op, code, type, dst, a, b, n);
  undefineQuotients(op, type, dst, zeros);
}

void __mluSimScalar(__mlu_site site, int code, int type, void *dst, const void *a, double value, unsigned n) {
  Op op(site, Compute);
  checkType(op, code, type, true);
  size_t size = typeBytes(type), bytes = size_t(n) * size;
  op.vectorLength(n, size);
  op.out("dst", dst, bytes);
  op.in("src", a, bytes);
  op.destinationApart(true);
  op.start(op.vectorCost(bytes), Unwritten::Propagate);
  uint32_t element;
  storeScalar(type, &element, value);
  computeRepeated(op, code, type, dst, a, &element, n, 1);
  if (divides(code) && numerics().documented && !zerosOf(type, &element, 1).empty()) {
    std::vector<size_t> all(n);
    std::iota(all.begin(), all.end(), size_t(0));
    undefineQuotients(op, type, dst, all);
  }
}

void __mluSimCycle(__mlu_site site, int code, int type, void *dst, const void *a, const void *seg, unsigned n,
                   unsigned period) {
  Op op(site, Compute);
  checkType(op, code, type, false);
  size_t size = typeBytes(type), bytes = size_t(n) * size;
  op.vectorLength(n, size);
  op.vectorLength(period, size);
  op.multiple(n, period, "src_elem_count, which holds whole segments of seg_elem_count,");
  op.out("dst", dst, bytes);
  op.in("src", a, bytes);
  op.in("seg", seg, size_t(period) * size);
  op.destinationApart(true);
  op.start(op.vectorCost(bytes), Unwritten::Propagate);
  computeRepeated(op, code, type, dst, a, seg, n, period);
}

void __mluSimBitIndex(__mlu_site site, int code, int type, void *dst, const void *a, const void *b, unsigned n) {
  Op op(site, Compute);
  if (!isCompare(code) || !isFloatType(type))
    op.fail(std::string("there is no form for ") + typeName(type), "Compare float or half vectors.");
  op.type(type, false);
  size_t size = typeBytes(type), bytes = size_t(n) * size;
  op.positive(n, "the element count");
  op.multiple(n, op.is2xx ? 512 : 8, "the element count");
  op.out("dst", dst, n / 8);
  op.in("src0", a, bytes);
  op.in("src1", b, bytes);
  op.destinationApart(true);
  std::vector<bool> written;
  if (op.core.sanitizer)
    written = op.core.sanitizer->writtenElements(op, size, n);
  op.start(op.vectorCost(bytes), Unwritten::Ignore);
  if (!written.empty())
    op.core.sanitizer->setBits(op.operands[0], written);
  // dst may be a source: a byte of result is written after the eight elements it stands for were read
  float x[kBlock], y[kBlock], r[kBlock];
  for (size_t i = 0; i < n; i += kBlock) {
    size_t m = std::min<size_t>(kBlock, n - i);
    toFloat(type, x, static_cast<const char *>(a) + i * size, m);
    toFloat(type, y, static_cast<const char *>(b) + i * size, m);
    floatBinary(code)(r, x, y, m);
    for (size_t k = 0; k < m; k += 8) {
      unsigned char bits = 0;
      for (size_t j = 0; j < 8; ++j)
        bits = (unsigned char)(bits | (r[k + j] != 0) << j);
      static_cast<unsigned char *>(dst)[(i + k) / 8] = bits;
    }
  }
}

void __mluSimSoftDiv(__mlu_site site, int type, void *dst, const void *a, const void *b, void *scratch, unsigned n) {
  Op op(site, Compute);
  op.type(type, false);
  size_t size = typeBytes(type), bytes = size_t(n) * size;
  op.positive(n, "the element count");
  op.multiple(bytes, 128, "the vector's size in bytes");
  op.out("dst", dst, bytes);
  op.in("src0", a, bytes);
  op.in("src1", b, bytes);
  op.out("src_addition", scratch, bytes);
  op.destinationApart(false);
  op.start(8 * op.vectorCost(bytes), Unwritten::Propagate);
  compute(op, __MLU_DIV, type, dst, a, b, n);
}

void __mluSimFusion(__mlu_site site, int code, int type, void *dst, const void *a, const void *b, double scalar_b,
                    const void *c, double scalar_c, unsigned n, unsigned period) {
  Op op(site, Compute);
  op.needs(op.device.hasFusion, "__bang_fusion", "Use two builtins.");
  op.type(type, true);
  if (code < FUSION_FMA || code > FUSION_FSA)
    op.fail("the operation code is unknown", "Use one of FUSION_FMA to FUSION_FSA.");
  size_t size = typeBytes(type), bytes = size_t(n) * size;
  op.vectorLength(n, size);
  op.positive(period, "seg_elem_count");
  op.multiple(n, period, "src_elem_count, which holds whole segments of seg_elem_count,");
  op.out("dst", dst, bytes);
  op.in("src0", a, bytes);
  if (b)
    op.in("src1", b, size_t(period) * size);
  if (c)
    op.in("src2", c, size_t(period) * size);
  op.destinationApart(true);
  op.start(op.vectorCost(bytes), Unwritten::Propagate);
  char *out = static_cast<char *>(dst);
  const char *x = static_cast<const char *>(a), *y = static_cast<const char *>(b), *z = static_cast<const char *>(c);
  if (isFloatType(type)) {
    fuseFloats(op, code, type, out, x, y, float(scalar_b), z, float(scalar_c), n, period);
    return;
  }
  uint32_t second = 0, third = 0;
  storeScalar(type, &second, scalar_b);
  storeScalar(type, &third, scalar_c);
  for (size_t i = 0; i < n; ++i) {
    int64_t r = fuse<int64_t>(code, loadInt(type, x + i * size),
                              loadInt(type, y ? y + i % period * size : reinterpret_cast<char *>(&second)),
                              loadInt(type, z ? z + i % period * size : reinterpret_cast<char *>(&third)));
    memcpy(out + i * size, &r, size);
  }
}
}
