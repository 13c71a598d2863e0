// The inner loops of convolutions and matrix products. This file is compiled with -ffp-contract=fast: products are
// added without a rounding between. Integer inputs stay exact in either way.
#include "Gemm.h"

#include <cstring>

namespace metabang::sim {
namespace {

constexpr size_t kMaxRows = 8;

/// ROWS pixels by VECTORS registers of BYTES: the accumulators stay in registers over all taps and channels.
template <typename T, size_t BYTES, size_t ROWS, size_t VECTORS> struct Tile {
  typedef T V __attribute__((vector_size(BYTES), aligned(sizeof(T)), may_alias));
  static constexpr size_t lanes = BYTES / sizeof(T), width = lanes * VECTORS, rows = ROWS;

  static inline __attribute__((always_inline)) void run(const T *const *pixels, const ptrdiff_t *taps, size_t tapCount,
                                                        size_t channels, const T *panel, T *const *out) {
    V acc[ROWS][VECTORS] = {};
    for (size_t t = 0; t < tapCount; ++t) {
      const T *in[ROWS];
#pragma GCC unroll 8
      for (size_t r = 0; r < ROWS; ++r)
        in[r] = pixels[r] + taps[t];
      for (size_t c = 0; c < channels; ++c, panel += width) {
        V b[VECTORS];
#pragma GCC unroll 4
        for (size_t v = 0; v < VECTORS; ++v)
          b[v] = *reinterpret_cast<const V *>(panel + v * lanes);
#pragma GCC unroll 8
        for (size_t r = 0; r < ROWS; ++r) {
          T a = in[r][c];
#pragma GCC unroll 4
          for (size_t v = 0; v < VECTORS; ++v)
            acc[r][v] += a * b[v];
        }
      }
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < ROWS; ++r)
#pragma GCC unroll 4
      for (size_t v = 0; v < VECTORS; ++v)
        *reinterpret_cast<V *>(out[r] + v * lanes) = acc[r][v];
  }
};

template <typename T> struct Kernel {
  size_t width, rows;
  void (*run)(const T *const *pixels, const ptrdiff_t *taps, size_t tapCount, size_t channels, const T *panel,
              T *const *out);
};

#if defined(__x86_64__)
template <typename T>
__attribute__((target("avx512f,avx512dq,avx512vl,fma"))) void runAvx512(const T *const *p, const ptrdiff_t *t, size_t n,
                                                                       size_t c, const T *w, T *const *o) {
  Tile<T, 64, 8, 2>::run(p, t, n, c, w, o);
}
template <typename T>
__attribute__((target("avx2,fma"))) void runAvx2(const T *const *p, const ptrdiff_t *t, size_t n, size_t c, const T *w,
                                                 T *const *o) {
  Tile<T, 32, 6, 2>::run(p, t, n, c, w, o);
}
#endif
template <typename T>
void runPlain(const T *const *p, const ptrdiff_t *t, size_t n, size_t c, const T *w, T *const *o) {
  Tile<T, 16, 4, 2>::run(p, t, n, c, w, o);
}

template <typename T> const Kernel<T> &kernel() {
  static const Kernel<T> chosen = [] {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
      return Kernel<T>{Tile<T, 64, 8, 2>::width, 8, runAvx512<T>};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      return Kernel<T>{Tile<T, 32, 6, 2>::width, 6, runAvx2<T>};
#endif
    return Kernel<T>{Tile<T, 16, 4, 2>::width, 4, runPlain<T>};
  }();
  return chosen;
}

} // namespace

template <typename T> size_t Contraction<T>::panelWidth() { return kernel<T>().width; }

template <typename T>
void Contraction<T>::run(const T *const *rows, size_t pixels, const ptrdiff_t *taps, size_t tapCount, size_t channels,
                         size_t filters, T *out, size_t stride) const {
  const Kernel<T> &k = kernel<T>();
  size_t panels = (filters + k.width - 1) / k.width;
  for (size_t q = 0; q < panels; ++q) {
    const T *panel = weights.data() + q * k.width * tapCount * channels;
    for (size_t p = 0; p < pixels; p += k.rows) {
      const T *in[kMaxRows];
      T *to[kMaxRows];
      for (size_t r = 0; r < k.rows; ++r) { // the last pixel stands in for those past the end
        size_t at = p + r < pixels ? p + r : pixels - 1;
        in[r] = rows[at];
        to[r] = out + at * stride + q * k.width;
      }
      k.run(in, taps, tapCount, channels, panel, to);
    }
  }
}

template class Contraction<float>;
template class Contraction<double>;

} // namespace metabang::sim
