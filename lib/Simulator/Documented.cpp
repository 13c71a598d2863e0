// The documented numerics mode: results of table builtins as far off as the vendor allows, undefined outside of the
// documented range.
#include "Half.h"
#include "Loops.h"
#include "Numerics.h"
#include "Promise.h"
#include "Sanitizer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace metabang::sim {
namespace {

/// How far off the result of x may be.
Accuracy accuracyAt(const Promise &p, double x) {
  if (!(x >= p.exactBelow && x <= p.exactAbove)) // also a NaN
    return {x, 0, true};
  if (!p.pieces)
    return {x, p.relative, true};
  const Accuracy *a = p.pieces;
  while (x > a->high && a->high < p.high)
    ++a;
  return *a;
}

bool inRange(const Promise &p, double x) {
  if (x != x)
    return std::isinf(p.high); // a result is documented for everything
  bool above = p.openLow ? x > p.low : x >= p.low, below = p.openHigh ? x < p.high : x <= p.high;
  return above && below && (!p.integers || x == std::nearbyint(x));
}

/// Names the first operand whose result nobody documents.
std::string noteOf(const Op &op, const Promise &p, int type, float x, size_t index) {
  char text[320];
  snprintf(text, sizeof text,
           "%s at line %d was given %.9g (element %zu); documented for %s are %s%s%.6g, %.6g%s, so its result there is "
           "undefined",
           op.site.name, op.site.line, double(x), index, typeName(type),
           p.integers ? "the integers of " : "operands in ", p.openLow ? "(" : "[", p.low, p.high,
           p.openHigh ? ")" : "]");
  return text;
}

} // namespace

void applyPromise(Op &op, int code, int type, const float *x, float *r, size_t n, size_t first, uint64_t seed) {
  const Promise *promise = promiseOf(op.site.name, code, type);
  if (!promise)
    return;
  Sanitizer *sanitizer = op.core.sanitizer.get();
  // a result in half has lost half a unit in the last place already
  float rounding = type == __MLU_F16 ? 0x1p-11f : 0;
  for (size_t i = 0; i < n; ++i) {
    uint32_t bits = bitsOf(x[i]);
    double u = deviation(seed, code * 4 + type, bits);
    if (!inRange(*promise, double(x[i]))) {
      // a NaN where there are NaNs; otherwise any finite bits
      r[i] = op.device.saturatesFloat ? float(u * double(largest(type))) : floatOf(0x7fc00000u | (bits & 0x3fffff));
      if (sanitizer)
        sanitizer->undefine(op.operands[0], (first + i) * typeBytes(type), typeBytes(type), op.site.line,
                            [&] { return noteOf(op, *promise, type, x[i], first + i); });
      continue;
    }
    Accuracy a = accuracyAt(*promise, double(x[i]));
    if (a.error == 0 || !std::isfinite(r[i]))
      continue;
    double bound = a.relative ? double(std::max(0.0f, a.error - rounding)) * std::fabs(double(r[i]))
                              : std::max(0.0, double(a.error) - double(rounding) * std::fabs(double(r[i])));
    r[i] = float(double(r[i]) + u * bound);
  }
}

std::vector<size_t> zerosOf(int type, const void *divisor, size_t n) {
  std::vector<size_t> found;
  size_t size = typeBytes(type);
  for (size_t i = 0; i < n; ++i) {
    uint32_t bits = 0;
    memcpy(&bits, static_cast<const char *>(divisor) + i * size, size);
    uint32_t sign = isFloatType(type) ? 1u << (size * 8 - 1) : 0;
    if ((bits & ~sign) == 0)
      found.push_back(i);
  }
  return found;
}

void undefineQuotients(Op &op, int type, void *dst, const std::vector<size_t> &places) {
  size_t size = typeBytes(type);
  for (size_t i : places) {
    memset(static_cast<char *>(dst) + i * size, 0xff, size); // a NaN, or -1
    if (op.core.sanitizer)
      op.core.sanitizer->undefine(op.operands[0], i * size, size, op.site.line, [&] {
        return std::string(op.site.name) + " at line " + std::to_string(op.site.line) + " divides by 0 (element " +
               std::to_string(i) + "), which the documents exclude, so its result there is undefined";
      });
  }
}

} // namespace metabang::sim
