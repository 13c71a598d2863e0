//===- Preparations.h - Host work on constant arguments ---------*- C++ -*-===//
//
// A preparation turns one constant argument of @main into constant buffers,
// once for every version of the argument. Kinds (attributes beside kind, input
// and outputs; a missing one has the default in parentheses):
//
// quantize_filter  float32 filter to fixed point, one scale an output channel.
//   bits (16)            8 or 16
//   perm (identity)      output dimension k is dimension perm[k] of the argument;
//                        the first is the output channel, the last the input's
//   layout               instead of perm: the order of the argument's dimensions in
//                        letters of O, H, W, I; the output is OHWI, a letter that
//                        is absent has size 1 ("IO" for a matmul)
//   pad_co (1), pad_ci (1)  the first and last dimension are rounded up to a
//                        multiple of these with zeros
//   outputs [q, scale]   q: int8/int16; scale: float32, at least one a filter
//   For filter o: scale[o] = max|w| / (2^(bits-1) - 1), or 1 if that is 0 (and in
//   the padding); q = w / scale rounded to nearest, ties to even.
// pad_filter       the same transposition and padding without quantisation.
//   perm or layout, pad_co, pad_ci as above; outputs [filter], dtype unchanged
// prepare          a transposition, then zeros up to the shape of the buffer
//   (mlu.prepare). perm or layout as above; outputs [tensor], dtype unchanged
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
