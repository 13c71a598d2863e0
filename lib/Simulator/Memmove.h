#ifndef METABANG_SIMULATOR_MEMMOVE_H
#define METABANG_SIMULATOR_MEMMOVE_H

#include <cstddef>

namespace metabang::sim {

/// memmove; a store to a large allocation of device memory goes past the caches (`streams`), which nobody reads soon.
void moveBytes(void *dst, const void *src, size_t bytes, bool streams);

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_MEMMOVE_H
