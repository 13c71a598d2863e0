// The vendor's template library for fused element-wise chains:
// `bang::experimental::fusor<float>(dst, src, n).mul(a).sqrt().add(b);`
#pragma once
#include "bang.h"
#include "mlu_sim/mlisa.h"

namespace bang {
namespace experimental {

template <typename __T> struct fusor : ::mlu_sim::FuseChain<__mlu_type<__T>::code> {
  fusor(__T *dst, const __T *src, unsigned n, __MLU_LOC)
      : ::mlu_sim::FuseChain<__mlu_type<__T>::code>(dst, src, n, "bang::experimental::fusor", {__f, __l}) {}
};

} // namespace experimental
} // namespace bang
