//===- Preparations.h - Host work on constant arguments ---------*- C++ -*-===//
//
// A preparation turns one constant argument of @main into constant buffers,
// once for every version of the argument. Kinds (attributes beside kind, input
// and outputs; a missing one has the default in parentheses):
//
// quantize_filter  float32 filter to fixed point, one scale a filter.
//   bits (16)            8 or 16
//   layout ("OHWI")      order of the argument's dimensions: letters of O, H, W, I;
//                        a letter that is absent has size 1 ("IO" for a matmul)
//   out_layout ("OHWI")  order of the output's dimensions, all four letters
//   pad_co (1), pad_ci (1)  O and I are rounded up to a multiple of these with zeros
//   outputs [q, scale]   q: int8/int16; scale: float32 [co padded]
//   For filter o: scale[o] = max|w| / (2^(bits-1) - 1), or 1 if that is 0 (and in
//   the padding); q = w / scale rounded to nearest, ties to even.
// pad_filter       the same change of layout and padding without quantisation.
//   layout, out_layout, pad_co, pad_ci as above; outputs [filter], dtype unchanged
// pad_vector       the argument's elements in order, then zeros up to the output's
//   size; outputs [vector], dtype unchanged
//
//===----------------------------------------------------------------------===//

#ifndef METABANG_RUNTIME_PREPARATIONS_H
#define METABANG_RUNTIME_PREPARATIONS_H

#include "metabang/Runtime/PlanDescription.h"

#include <functional>

namespace metabang::runtime {

/// A dense row-major tensor of the caller's. Null data means "not given",
/// which is allowed for a constant that has not changed.
struct HostArray {
  const void *data = nullptr;
  const char *dtype = "";
  const int64_t *shape = nullptr;
  size_t rank = 0;

  int64_t elements() const;
};

/// What a preparation fills: zeroed bytes of the size of the buffer.
struct PreparedBuffer {
  const BufferDescription &description;
  std::vector<unsigned char> bytes;
};

using Preparation = std::function<void(const HostArray &, const Json &attributes, std::vector<PreparedBuffer> &)>;

/// Adds a kind or replaces one.
void registerPreparation(std::string kind, Preparation function);
/// Throws PlanError for an unknown kind.
const Preparation &findPreparation(const std::string &kind);

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_PREPARATIONS_H
