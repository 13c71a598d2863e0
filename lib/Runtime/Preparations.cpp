//===- Preparations.cpp - Host work on constant arguments -----------------===//

#include "metabang/Runtime/Preparations.h"

#include <array>
#include <cmath>
#include <cstring>

using namespace metabang::runtime;

int64_t HostArray::elements() const {
  int64_t count = 1;
  for (size_t i = 0; i < rank; ++i)
    count *= shape[i];
  return count;
}

namespace {

constexpr std::string_view letters = "OHWI";

/// Where the elements of a filter are: sizes and strides by O, H, W, I.
struct FilterView {
  std::array<int64_t, 4> size{1, 1, 1, 1}, stride{0, 0, 0, 0};
  int64_t elements = 1;

  FilterView(const std::string &layout, const std::array<int64_t, 4> &sizes) : size(sizes) {
    std::array<bool, 4> seen{};
    for (size_t i = layout.size(); i-- > 0;) {
      size_t dim = letters.find(layout[i]);
      if (dim == std::string_view::npos || seen[dim])
        throw PlanError("plan: \"" + layout + "\" is not a layout of a filter (letters O, H, W, I)");
      seen[dim] = true;
      stride[dim] = elements;
      elements *= size[dim];
    }
    for (size_t dim = 0; dim < 4; ++dim)
      if (!seen[dim] && size[dim] != 1)
        throw PlanError("plan: layout \"" + layout + "\" lacks " + letters[dim] + ", whose size is not 1");
  }

  int64_t offset(int64_t o, int64_t h, int64_t w, int64_t i) const {
    return o * stride[0] + h * stride[1] + w * stride[2] + i * stride[3];
  }
};

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// The argument's view and that of the padded output.
struct FilterChange {
  FilterView from, to;

  static FilterChange read(const HostArray &array, const Json &attributes) {
    std::string layout = attributes.stringOr("layout", "OHWI");
    if (layout.size() != array.rank)
      throw PlanError("plan: layout \"" + layout + "\" for a filter of " + std::to_string(array.rank) + " dimensions");
    std::array<int64_t, 4> sizes{1, 1, 1, 1};
    for (size_t i = 0; i < layout.size(); ++i)
      if (size_t dim = letters.find(layout[i]); dim != std::string_view::npos)
        sizes[dim] = array.shape[i];
    int64_t padO = attributes.intOr("pad_co", 1), padI = attributes.intOr("pad_ci", 1);
    if (padO < 1 || padI < 1)
      throw PlanError("plan: pad_co and pad_ci are at least 1");
    std::array<int64_t, 4> padded{roundUp(sizes[0], padO), sizes[1], sizes[2], roundUp(sizes[3], padI)};
    return {FilterView(layout, sizes), FilterView(attributes.stringOr("out_layout", "OHWI"), padded)};
  }

  /// Calls f(from offset, to offset) for every element of filter o.
  template <typename F> void forFilter(int64_t o, F f) const {
    for (int64_t h = 0; h < from.size[1]; ++h)
      for (int64_t w = 0; w < from.size[2]; ++w)
        for (int64_t i = 0; i < from.size[3]; ++i)
          f(from.offset(o, h, w, i), to.offset(o, h, w, i));
  }
};

void expectOutputs(const std::vector<PreparedBuffer> &outputs, size_t count, const char *kind) {
  if (outputs.size() != count)
    throw PlanError(std::string("plan: ") + kind + " fills " + std::to_string(count) + " buffer(s), not " +
                    std::to_string(outputs.size()));
}

void expectRoom(const PreparedBuffer &output, int64_t elements, size_t elementBytes, const char *kind) {
  if (output.bytes.size() < static_cast<size_t>(elements) * elementBytes)
    throw PlanError(std::string("plan: ") + kind + " makes " + std::to_string(elements * elementBytes) +
                    " bytes for a buffer of " + std::to_string(output.bytes.size()));
}

template <typename T>
void quantize(const FilterChange &change, const float *weights, int bits, T *quantised, float *scales) {
  const double limit = (1 << (bits - 1)) - 1;
  for (int64_t o = 0; o < change.to.size[0]; ++o) {
    scales[o] = 1.0f;
    if (o >= change.from.size[0])
      continue;
    float absmax = 0;
    change.forFilter(o, [&](int64_t source, int64_t) {
      if (!std::isfinite(weights[source]))
        throw PlanError("filter " + std::to_string(o) + " holds NaN or infinity, which int" + std::to_string(bits) +
                        " cannot represent; check the weights");
      absmax = std::max(absmax, std::fabs(weights[source]));
    });
    float scale = static_cast<float>(absmax / limit);
    if (scale > 0) // also guards against the underflow of a tiny absmax
      scales[o] = scale;
    const double unit = scales[o];
    change.forFilter(o, [&](int64_t source, int64_t target) {
      double value = std::rint(weights[source] / unit);
      quantised[target] = static_cast<T>(std::min(std::max(value, -limit), limit));
    });
  }
}

void quantizeFilter(const HostArray &array, const Json &attributes, std::vector<PreparedBuffer> &outputs) {
  expectOutputs(outputs, 2, "quantize_filter");
  if (std::string_view(array.dtype) != "float32")
    throw PlanError(std::string("plan: quantize_filter takes float32, not ") + array.dtype);
  int64_t bits = attributes.intOr("bits", 16);
  if (bits != 8 && bits != 16)
    throw PlanError("plan: quantize_filter knows 8 and 16 bits, not " + std::to_string(bits));
  FilterChange change = FilterChange::read(array, attributes);
  expectRoom(outputs[0], change.to.elements, static_cast<size_t>(bits / 8), "quantize_filter");
  expectRoom(outputs[1], change.to.size[0], sizeof(float), "quantize_filter");
  const float *weights = static_cast<const float *>(array.data);
  float *scales = reinterpret_cast<float *>(outputs[1].bytes.data());
  if (bits == 8)
    quantize(change, weights, 8, reinterpret_cast<int8_t *>(outputs[0].bytes.data()), scales);
  else
    quantize(change, weights, 16, reinterpret_cast<int16_t *>(outputs[0].bytes.data()), scales);
}

void expectSameDtype(const HostArray &array, const PreparedBuffer &output, const char *kind) {
  if (output.description.dtype != array.dtype)
    throw PlanError(std::string("plan: ") + kind + " keeps the dtype, but the argument is " + array.dtype +
                    " and the buffer " + output.description.dtype);
}

void padFilter(const HostArray &array, const Json &attributes, std::vector<PreparedBuffer> &outputs) {
  expectOutputs(outputs, 1, "pad_filter");
  expectSameDtype(array, outputs[0], "pad_filter");
  FilterChange change = FilterChange::read(array, attributes);
  const size_t size = itemSize(array.dtype);
  expectRoom(outputs[0], change.to.elements, size, "pad_filter");
  const char *source = static_cast<const char *>(array.data);
  unsigned char *target = outputs[0].bytes.data();
  for (int64_t o = 0; o < change.from.size[0]; ++o)
    change.forFilter(o, [&](int64_t from, int64_t to) { std::memcpy(target + to * size, source + from * size, size); });
}

void padVector(const HostArray &array, const Json &, std::vector<PreparedBuffer> &outputs) {
  expectOutputs(outputs, 1, "pad_vector");
  expectSameDtype(array, outputs[0], "pad_vector");
  const size_t size = itemSize(array.dtype);
  expectRoom(outputs[0], array.elements(), size, "pad_vector");
  if (array.elements())
    std::memcpy(outputs[0].bytes.data(), array.data, static_cast<size_t>(array.elements()) * size);
}

std::map<std::string, Preparation> &registry() {
  static std::map<std::string, Preparation> kinds = {
      {"quantize_filter", quantizeFilter}, {"pad_filter", padFilter}, {"pad_vector", padVector}};
  return kinds;
}

} // namespace

void metabang::runtime::registerPreparation(std::string kind, Preparation function) {
  registry()[std::move(kind)] = std::move(function);
}

const Preparation &metabang::runtime::findPreparation(const std::string &kind) {
  auto it = registry().find(kind);
  if (it == registry().end())
    throw PlanError("plan: unknown preparation \"" + kind + "\"; this runtime is older than the plan");
  return it->second;
}
