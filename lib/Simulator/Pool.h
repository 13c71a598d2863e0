#ifndef METABANG_SIMULATOR_POOL_H
#define METABANG_SIMULATOR_POOL_H

#include "Op.h"

namespace metabang::sim {

struct PoolShape {
  size_t oh, ow, pixels;
};

/// The rules that all pools share, and the size of the result.
PoolShape checkPool(Op &op, const __mlu_pool_args &a);

/// A channel of the result is unwritten if the channel is unwritten anywhere in the source.
void markChannels(Op &op, size_t rowBytes);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_POOL_H
