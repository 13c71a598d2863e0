#ifndef METABANG_SIMULATOR_GEMM_H
#define METABANG_SIMULATOR_GEMM_H

#include <cstddef>
#include <vector>

namespace metabang::sim {

/// out[p][f] = sum over taps and channels of rows[p][taps[t] + c] * filter f's [t][c]: a convolution without an im2col
/// matrix, and with one tap a matrix product. T is float or double.
template <typename T> class Contraction {
public:
  /// Filters are packed in panels of this many; it depends on the processor.
  static size_t panelWidth();
  /// `load(filter, k)` answers weight k = tap * channels + c of a filter; missing filters of the last panel are 0.
  template <typename F> void pack(size_t filters, size_t k, F &&load) {
    size_t width = panelWidth(), panels = (filters + width - 1) / width;
    weights.assign(panels * width * k, T(0));
    for (size_t f = 0; f < filters; ++f) {
      T *column = weights.data() + f / width * width * k + f % width;
      for (size_t i = 0; i < k; ++i)
        column[i * width] = load(f, i);
    }
  }
  /// `out` has one row of `stride` elements a pixel, at least the filters rounded up to whole panels.
  void run(const T *const *rows, size_t pixels, const ptrdiff_t *taps, size_t tapCount, size_t channels, size_t filters,
           T *out, size_t stride) const;

private:
  std::vector<T> weights; // [panel][tap][channel][width]
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_GEMM_H
