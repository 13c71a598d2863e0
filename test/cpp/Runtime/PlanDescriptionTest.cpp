//===- PlanDescriptionTest.cpp - A bad plan is refused with a reason ------===//

#include "metabang/Runtime/PlanDescription.h"
#include "Check.h"

using namespace metabang::runtime;

namespace {

const std::string good = R"({"version": 1, "target": "mtp_270",
 "buffers": [{"bytes": 64, "kind": "input", "index": 0, "dtype": "float32", "shape": [2, 3]},
             {"bytes": 128, "kind": "constant"},
             {"bytes": 512, "kind": "temp", "offset": 1024},
             {"bytes": 24, "kind": "output", "index": 0, "dtype": "float16", "shape": [12]}],
 "preparations": [{"kind": "pad_vector", "input": 4, "outputs": [1]}],
 "launches": [{"kernel": "k", "dim": [16, 1, 1], "type": "union1", "args": [0, 1, 2, 3]}],
 "kernels": [{"name": "k", "text": "...", "min_cncc": "2.12.0", "source": "net.py:12"}]})";

/// The good plan with one text replaced by another.
std::string with(const std::string &from, const std::string &to) {
  std::string text = good;
  size_t at = text.find(from);
  CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

} // namespace

int main() {
  PlanDescription plan = PlanDescription::parse(good);
  CHECK_EQ(plan.target, "mtp_270");
  CHECK_EQ(plan.arenaBytes, 1536u);
  CHECK_EQ(plan.argumentCount, 5);
  CHECK_EQ(plan.results, std::vector<int>{3});
  CHECK_EQ(plan.buffers[0].hostBytes(), 24u);
  CHECK(plan.buffers[1].prepared);
  CHECK(plan.launches[0].type == JobType::Union1);
  CHECK_EQ(plan.launches[0].dim.x, 16u);
  CHECK_EQ(plan.kernels[0].source, "net.py:12");

  const char *bad[][3] = {
      {"\"version\": 1", "\"version\": 2", "version 2"},
      {"\"input\", \"index\": 0", "\"input\"", "no argument number"},
      {"\"bytes\": 64", "\"bytes\": 20", "cannot hold"},
      {"\"bytes\": 64", "\"bytes\": -1", "out of range"},
      {"float32", "float33", "unknown dtype"},
      {"\"temp\"", "\"scratch\"", "unknown kind of buffer"},
      {"\"offset\": 1024", "\"offset\": 99999999999999999", "out of range"},
      {"[0, 1, 2, 3]", "[0, 1, 2, 4]", "buffer 4 is not one of 4"},
      {"[0, 1, 2, 3]", "[0, 1, 2, -1]", "not one of"},
      {"\"kernel\": \"k\"", "\"kernel\": \"j\"", "not among the kernels"},
      {"[16, 1, 1]", "[16, 1]", "three numbers"},
      {"[16, 1, 1]", "[0, 1, 1]", "out of range"},
      {"union1", "union3", "unknown launch type"},
      {"\"outputs\": [1]", "\"outputs\": [0]", "no constant"},
      {"\"output\", \"index\": 0", "\"output\", \"index\": 1", "not numbered"},
      {"\"target\"", "\"goal\"", "\"target\" is missing"},
  };
  for (const auto &change : bad)
    CHECK_THROWS(PlanError, change[2], PlanDescription::parse(with(change[0], change[1])));
  return check::failures != 0;
}
