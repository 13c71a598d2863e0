// What __bang_taylor3_ and __bang_taylor4_ answer outside of (-7.75, 7.75) (tables 3.42 to 3.57 of Cambricon BANG C
// 4.7.2). tanh has no table and stays as it is.
#include "Half.h"
#include "Loops.h"
#include "Numerics.h"

#include <cmath>

namespace metabang::sim {

void applyTaylorEnds(const Op &op, int code, int type, const float *x, float *r, size_t n) {
  if (code == __MLU_TAYLOR_TANH)
    return;
  bool half = type == __MLU_F16;
  for (size_t i = 0; i < n; ++i) {
    if (std::fabs(x[i]) < 7.75f)
      continue;
    if (!op.is2xx && !std::isfinite(x[i])) {
      r[i] = floatOf(0x7fc00000);
      continue;
    }
    bool below = std::signbit(x[i]);
    if (code == __MLU_TAYLOR_SIGMOID)
      r[i] = below ? (half ? 0x1p-24f : 0x1p-149f) : half ? 1.0f : 0x1.fffffep-1f;
    else if (code == __MLU_TAYLOR_SOFTPLUS)
      r[i] = below                 ? (half ? 2.15292e-4f : 2.1532489e-4f)
             : std::isfinite(x[i]) ? (half ? x[i] : x[i] + 4.76837e-7f)
                                   : largest(type);
    else
      r[i] = 0;
  }
}

} // namespace metabang::sim
