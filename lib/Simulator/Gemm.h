#ifndef METABANG_SIMULATOR_GEMM_H
#define METABANG_SIMULATOR_GEMM_H

#include <algorithm>
#include <cstddef>
#include <vector>

namespace metabang::sim {

/// out[p][f] = sum over taps and channels of rows[p][taps[t] + c] * filter f's [t][c]: a convolution without an im2col
/// matrix, and with one tap a matrix product. T is float or double.
template <typename T> class Contraction {
public:
  /// Filters are packed in panels of this many; it depends on the processor.
  static size_t panelWidth();
  /// `load(filter, to)` writes the k weights [tap][c] of a filter; missing filters of the last panel are 0.
  template <typename F> void pack(size_t filters, size_t k, F &&load) {
    size_t width = panelWidth(), panels = (filters + width - 1) / width;
    weights.resize(panels * width * k);
    rows.resize(width * k);
    for (size_t q = 0; q < panels; ++q) {
      for (size_t f = 0; f < width; ++f)
        if (q * width + f < filters)
          load(q * width + f, rows.data() + f * k);
        else
          std::fill_n(rows.data() + f * k, k, T(0));
      T *to = weights.data() + q * width * k;
      for (size_t i = 0; i < k; ++i)
        for (size_t f = 0; f < width; ++f)
          *to++ = rows[f * k + i];
    }
  }
  /// `out` has one row of `stride` elements a pixel, at least the filters rounded up to whole panels.
  void run(const T *const *rows, size_t pixels, const ptrdiff_t *taps, size_t tapCount, size_t channels, size_t filters,
           T *out, size_t stride) const;

private:
  std::vector<T> weights; // [panel][tap][channel][width]
  std::vector<T> rows;    // the filters of one panel
};

} // namespace metabang::sim

#endif // METABANG_SIMULATOR_GEMM_H
