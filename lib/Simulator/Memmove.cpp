#include "Memmove.h"

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace metabang::sim {

void moveBytes(void *dst, const void *src, size_t bytes, bool streams) {
#if defined(__SSE2__)
  if (streams && bytes >= 4096) {
    char *d = static_cast<char *>(dst);
    const char *s = static_cast<const char *>(src);
    size_t head = size_t(-reinterpret_cast<uintptr_t>(d)) & 63;
    memcpy(d, s, head);
    size_t end = head + (bytes - head) / 64 * 64;
    for (size_t i = head; i < end; i += 64)
      for (size_t k = 0; k < 64; k += 16)
        _mm_stream_si128(reinterpret_cast<__m128i *>(d + i + k),
                         _mm_loadu_si128(reinterpret_cast<const __m128i *>(s + i + k)));
    _mm_sfence();
    memcpy(d + end, s + end, bytes - end);
    return;
  }
#endif
  (void)streams;
  memmove(dst, src, bytes);
}

} // namespace metabang::sim
