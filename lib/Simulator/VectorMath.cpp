// Functions of the device's mathematics library on vectors (__cn_vector_*); their count comes first.
#include "Op.h"

#include <cmath>
#include <cstring>

using namespace metabang::sim;

extern "C" void __mluSimVectorMath(__mlu_site site, int function, unsigned n, void *dst, const void *a, const void *b,
                                   unsigned long long scalar) {
  Op op(site, Compute);
  size_t size = function == __MLU_MATH_MOD ? 8 : 4, bytes = n * size;
  op.positive(n, "the element count");
  op.out("dst", dst, bytes);
  op.in("src0", a, bytes);
  if (b)
    op.in("src1", b, bytes);
  op.destinationApart(true);
  op.start(8 * op.vectorCost(bytes), Unwritten::Propagate);
  if (function == __MLU_MATH_MOD) {
    if (scalar == 0)
      op.fail("the divisor is 0", "Divide by something else.");
    for (size_t i = 0; i < n; ++i)
      static_cast<uint64_t *>(dst)[i] = static_cast<const uint64_t *>(a)[i] % scalar;
    return;
  }
  auto *x = static_cast<const float *>(a), *y = static_cast<const float *>(b);
  for (size_t i = 0; i < n; ++i) {
    double v = double(x[i]);
    if (function == __MLU_MATH_CAST) { // toward zero, as a cast
      double whole = v != v ? 0 : std::fmax(-2147483648.0, std::fmin(2147483647.0, std::trunc(v)));
      static_cast<int32_t *>(dst)[i] = int32_t(whole);
      continue;
    }
    double r = function == __MLU_MATH_SIN   ? std::sin(v)
               : function == __MLU_MATH_COS ? std::cos(v)
                                            : std::hypot(v, double(y[i]));
    static_cast<float *>(dst)[i] = float(r);
  }
}
