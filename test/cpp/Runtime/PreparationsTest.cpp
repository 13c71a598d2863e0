//===- PreparationsTest.cpp - Constants as the kernels want them ----------===//

#include "metabang/Runtime/Preparations.h"
#include "Check.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace metabang::runtime;

namespace {

struct Case {
  std::vector<float> data;
  std::vector<int64_t> shape;
  std::string attributes;
  std::vector<BufferDescription> buffers;

  std::vector<std::vector<unsigned char>> run(const char *kind, const char *dtype = "float32") const {
    HostArray array{data.data(), dtype, shape.data(), shape.size()};
    std::vector<PreparedBuffer> outputs;
    for (const BufferDescription &buffer : buffers)
      outputs.push_back({buffer, std::vector<unsigned char>(buffer.bytes)});
    findPreparation(kind)(array, Json::parse(attributes), outputs);
    std::vector<std::vector<unsigned char>> bytes;
    for (PreparedBuffer &output : outputs)
      bytes.push_back(output.bytes);
    return bytes;
  }
};

BufferDescription buffer(size_t bytes, const char *dtype) {
  BufferDescription description;
  description.kind = BufferKind::Constant;
  description.bytes = bytes;
  description.dtype = dtype;
  return description;
}

template <typename T> std::vector<T> as(const std::vector<unsigned char> &bytes) {
  std::vector<T> result(bytes.size() / sizeof(T));
  std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

void roundsToNearestEven() {
  // absmax 127 makes the scale 1, so that halves are ties.
  Case test{{127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -127, 63.5f},
            {1, 2, 2, 2},
            R"({"bits": 8})",
            {buffer(8, "int8"), buffer(4, "float32")}};
  auto out = test.run("quantize_filter");
  CHECK_EQ(as<int8_t>(out[0]), (std::vector<int8_t>{127, 0, 2, 2, 0, -2, -127, 64}));
  CHECK_EQ(as<float>(out[1]), std::vector<float>{1.0f});
}

void changesLayoutAndPads() {
  // O=2, I=3, H=1, W=2 with value 100*o + 10*i + w, plus a zero filter's scale.
  Case test{{},
            {3, 3, 1, 2},
            R"({"bits": 16, "layout": "OIHW", "pad_co": 4, "pad_ci": 4})",
            {buffer(4 * 1 * 2 * 4 * 2, "int16"), buffer(16, "float32")}};
  for (int o = 0; o < 3; ++o)
    for (int i = 0; i < 3; ++i)
      for (int w = 0; w < 2; ++w)
        test.data.push_back(o == 2 ? 0.0f : static_cast<float>(100 * o + 10 * i + w));
  auto out = test.run("quantize_filter");
  std::vector<int16_t> q = as<int16_t>(out[0]);
  std::vector<float> scale = as<float>(out[1]);
  CHECK_EQ(scale[0], static_cast<float>(21.0 / 32767));
  CHECK_EQ(scale[1], static_cast<float>(121.0 / 32767));
  CHECK_EQ(scale[2], 1.0f); // a filter of zeros
  CHECK_EQ(scale[3], 1.0f); // padding
  for (int o = 0; o < 4; ++o)
    for (int w = 0; w < 2; ++w)
      for (int i = 0; i < 4; ++i) {
        double real = o < 2 && i < 3 ? 100 * o + 10 * i + w : 0;
        CHECK_EQ(q[(o * 2 + w) * 4 + i], std::nearbyint(real / scale[o]));
      }
}

void padsFilterForMatmul() {
  Case test{{1, 2, 3, 4, 5, 6}, {2, 3}, R"({"layout": "IO", "pad_co": 4, "pad_ci": 2})", {buffer(32, "float32")}};
  CHECK_EQ(as<float>(test.run("pad_filter")[0]), (std::vector<float>{1, 4, 2, 5, 3, 6, 0, 0}));
  test.attributes = R"({"perm": [1, 0]})";
  test.buffers = {buffer(24, "float32")};
  CHECK_EQ(as<float>(test.run("pad_filter")[0]), (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

void quantisesWithPermutation() {
  // The scale's buffer may have room for the filters alone.
  Case test{{1, -2, 3, 4, 5, -6},
            {2, 3},
            R"({"bits": 8, "perm": [1, 0], "pad_co": 4})",
            {buffer(8, "int8"), buffer(12, "float32")}};
  auto out = test.run("quantize_filter");
  CHECK_EQ(as<int8_t>(out[0]), (std::vector<int8_t>{32, 127, -51, 127, 64, -127, 0, 0}));
  CHECK_EQ(as<float>(out[1]), (std::vector<float>{4 / 127.0f, 5 / 127.0f, 6 / 127.0f}));
}

void transposesAndPads() {
  Case test{{1, 2, 3, 4, 5, 6}, {1, 2, 3}, R"({"perm": [2, 0, 1]})", {buffer(64, "float32")}};
  test.buffers[0].shape = {4, 2, 2};
  CHECK_EQ(as<float>(test.run("prepare")[0]), (std::vector<float>{1, 4, 0, 0, 2, 5, 0, 0, 3, 6, 0, 0, 0, 0, 0, 0}));
  test.buffers[0].shape = {2, 2, 4};
  CHECK_THROWS(PlanError, "does not fit the shape", test.run("prepare"));
  for (const char *bad : {R"({"perm": [2, 0]})", R"({"perm": [2, 0, 0]})", R"({"perm": [2, 0, 3]})",
                          R"({"perm": [0, 1, 2, 1]})", R"({"perm": [-1, 0, 1]})"})
    CHECK_THROWS(PlanError, "does not order the 3 dimensions", test.attributes = bad; test.run("prepare"));
}

void padsVector() {
  Case test{{1, 2, 3}, {3}, "{}", {buffer(20, "float32")}};
  CHECK_EQ(as<float>(test.run("pad_vector")[0]), (std::vector<float>{1, 2, 3, 0, 0}));
}

void refuses() {
  Case test{{1, 2}, {1, 2}, R"({"layout": "OI"})", {buffer(4, "int16"), buffer(4, "float32")}};
  test.run("quantize_filter");
  CHECK_THROWS(PlanError, "unknown preparation", findPreparation("conjure"));
  CHECK_THROWS(PlanError, "takes float32", test.run("quantize_filter", "int32"));
  test.data[1] = std::numeric_limits<float>::infinity();
  CHECK_THROWS(PlanError, "NaN or infinity", test.run("quantize_filter"));
  for (const char *bad :
       {R"({"layout": "OHWI"})", R"({"layout": "OO"})", R"({"layout": "OX"})", R"({"layout": "OI", "bits": 4})",
        R"({"layout": "OI", "pad_co": 0})", R"({"layout": "OI", "pad_ci": 64})", R"({"layout": "O"})"})
    CHECK_THROWS(PlanError, "plan: ", test.attributes = bad; test.run("quantize_filter"));
}

} // namespace

int main() {
  roundsToNearestEven();
  changesLayoutAndPads();
  padsFilterForMatmul();
  quantisesWithPermutation();
  transposesAndPads();
  padsVector();
  refuses();
  return check::failures != 0;
}
