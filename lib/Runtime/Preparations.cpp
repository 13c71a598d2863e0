//===- Preparations.cpp - Host work on constant arguments -----------------===//

#include "metabang/Runtime/Preparations.h"

#include <algorithm>
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

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// A transposition into a larger, zeroed tensor: by output dimension the number
/// of elements, where they are in the argument, and the padded size.
struct Transposition {
  std::vector<int64_t> size, from, padded, to;

  /// Reads "perm" or "layout" of a preparation; nothing is padded yet.
  Transposition(const HostArray &array, const Json &attributes) {
    std::vector<int> perm = readPermutation(attributes, array.rank);
    std::vector<int64_t> strides(array.rank, 1);
    for (size_t i = array.rank; i-- > 1;)
      strides[i - 1] = strides[i] * array.shape[i];
    for (int dim : perm) {
      size.push_back(dim < 0 ? 1 : array.shape[dim]);
      from.push_back(dim < 0 ? 0 : strides[dim]);
    }
    padded = size;
  }

  /// Lays the output out densely; returns its number of elements.
  int64_t finish() {
    to.assign(padded.size(), 1);
    for (size_t i = padded.size(); i-- > 1;)
      to[i - 1] = to[i] * padded[i];
    return padded.empty() ? 1 : to[0] * padded[0];
  }

  /// Calls f(offset in the argument, offset in the output) for every element,
  /// or for those with a given index in the first dimension.
  template <typename F> void each(F f) const { visit(0, 0, 0, f); }
  template <typename F> void eachOf(int64_t first, F f) const { visit(1, first * from[0], first * to[0], f); }

private:
  template <typename F> void visit(size_t dim, int64_t source, int64_t target, F &f) const {
    if (dim == size.size())
      return f(source, target);
    for (int64_t i = 0; i < size[dim]; ++i)
      visit(dim + 1, source + i * from[dim], target + i * to[dim], f);
  }

  /// Argument dimension of every output dimension, -1 for one of size 1.
  static std::vector<int> readPermutation(const Json &attributes, size_t rank) {
    std::vector<int> perm;
    std::vector<bool> seen(rank, false);
    const Json *explicitly = attributes.find("perm");
    std::string layout = attributes.stringOr("layout", "");
    if (explicitly)
      for (const Json &dim : explicitly->asArray())
        perm.push_back(static_cast<int>(dim.asInt()));
    else if (!layout.empty())
      for (char letter : letters) {
        size_t dim = layout.find(letter);
        perm.push_back(dim == std::string::npos ? -1 : static_cast<int>(dim));
      }
    else
      for (size_t dim = 0; dim < rank; ++dim)
        perm.push_back(static_cast<int>(dim));
    size_t found = 0;
    for (int dim : perm)
      if (dim >= 0 && static_cast<size_t>(dim) < rank && !seen[dim])
        seen[dim] = true, ++found;
    bool absent = !explicitly && !layout.empty(); // a layout may lack letters
    if (found != rank || (!absent && perm.size() != rank) || (absent && layout.size() != rank))
      throw PlanError("plan: " + (layout.empty() ? "perm" : "layout \"" + layout + "\"") + " does not order the " +
                      std::to_string(rank) + " dimensions of the argument");
    return perm;
  }
};

/// A filter: outputs first, inputs last, both padded to multiples.
struct Filter : Transposition {
  int64_t elements = 0;
  Filter(const HostArray &array, const Json &attributes) : Transposition(array, attributes) {
    int64_t padO = attributes.intOr("pad_co", 1), padI = attributes.intOr("pad_ci", 1);
    if (padO < 1 || padI < 1)
      throw PlanError("plan: pad_co and pad_ci are at least 1");
    if (size.size() < 2)
      throw PlanError("plan: a filter has at least two dimensions");
    padded.front() = roundUp(size.front(), padO);
    padded.back() = roundUp(size.back(), padI);
    elements = finish();
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

/// `scales` has room for at least the filters; what is left of it gets 1.
template <typename T>
void quantize(const Filter &filter, const float *weights, int bits, T *quantised, float *scales, int64_t scaleCount) {
  const double limit = (1 << (bits - 1)) - 1;
  std::fill(scales, scales + scaleCount, 1.0f);
  for (int64_t o = 0; o < filter.size[0]; ++o) {
    float absmax = 0;
    filter.eachOf(o, [&](int64_t source, int64_t) {
      if (!std::isfinite(weights[source]))
        throw PlanError("filter " + std::to_string(o) + " holds NaN or infinity, which int" + std::to_string(bits) +
                        " cannot represent; check the weights");
      absmax = std::max(absmax, std::fabs(weights[source]));
    });
    float scale = static_cast<float>(absmax / limit);
    if (scale > 0) // also guards against the underflow of a tiny absmax
      scales[o] = scale;
    const double unit = scales[o];
    filter.eachOf(o, [&](int64_t source, int64_t target) {
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
  Filter filter(array, attributes);
  expectRoom(outputs[0], filter.elements, static_cast<size_t>(bits / 8), "quantize_filter");
  expectRoom(outputs[1], filter.size[0], sizeof(float), "quantize_filter");
  const float *weights = static_cast<const float *>(array.data);
  float *scales = reinterpret_cast<float *>(outputs[1].bytes.data());
  int64_t scaleCount = static_cast<int64_t>(outputs[1].bytes.size() / sizeof(float));
  if (bits == 8)
    quantize(filter, weights, 8, reinterpret_cast<int8_t *>(outputs[0].bytes.data()), scales, scaleCount);
  else
    quantize(filter, weights, 16, reinterpret_cast<int16_t *>(outputs[0].bytes.data()), scales, scaleCount);
}

void expectSameDtype(const HostArray &array, const PreparedBuffer &output, const char *kind) {
  bool bits = output.description.dtype == "bfloat16" && std::string_view(array.dtype) == "uint16"; // NumPy has no bfloat16
  if (output.description.dtype != array.dtype && !bits)
    throw PlanError(std::string("plan: ") + kind + " keeps the dtype, but the argument is " + array.dtype +
                    " and the buffer " + output.description.dtype);
}

void copyElements(const HostArray &array, const Transposition &change, PreparedBuffer &output) {
  const size_t size = itemSize(array.dtype);
  const char *source = static_cast<const char *>(array.data);
  unsigned char *target = output.bytes.data();
  change.each([&](int64_t from, int64_t to) { std::memcpy(target + to * size, source + from * size, size); });
}

void padFilter(const HostArray &array, const Json &attributes, std::vector<PreparedBuffer> &outputs) {
  expectOutputs(outputs, 1, "pad_filter");
  expectSameDtype(array, outputs[0], "pad_filter");
  Filter filter(array, attributes);
  expectRoom(outputs[0], filter.elements, itemSize(array.dtype), "pad_filter");
  copyElements(array, filter, outputs[0]);
}

void prepare(const HostArray &array, const Json &attributes, std::vector<PreparedBuffer> &outputs) {
  expectOutputs(outputs, 1, "prepare");
  expectSameDtype(array, outputs[0], "prepare");
  Transposition change(array, attributes);
  const std::vector<int64_t> &shape = outputs[0].description.shape;
  bool fits = shape.size() == change.size.size();
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits = shape[i] >= change.size[i];
  if (!fits)
    throw PlanError("plan: the argument of prepare does not fit the shape of its buffer");
  change.padded = shape;
  expectRoom(outputs[0], change.finish(), itemSize(array.dtype), "prepare");
  copyElements(array, change, outputs[0]);
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
      {"quantize_filter", quantizeFilter}, {"pad_filter", padFilter}, {"prepare", prepare}, {"pad_vector", padVector}};
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
