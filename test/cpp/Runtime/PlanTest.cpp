//===- PlanTest.cpp - Plans on the fake CNRT, every call failing once -----===//

#include "metabang/Runtime/Plan.h"
#include "Fake.h"

#include <fstream>

using namespace metabang::runtime;

namespace {

// y = (x + w) + v: w is raw, v is padded from three elements; the sum goes through the arena.
const char *text = R"({"version": 1, "target": "mtp_270",
 "buffers": [{"bytes": 16, "kind": "input", "index": 0, "dtype": "float32", "shape": [4]},
             {"bytes": 16, "kind": "constant", "index": 1, "dtype": "float32", "shape": [2, 2]},
             {"bytes": 16, "kind": "constant", "dtype": "float32", "shape": [4]},
             {"bytes": 16, "kind": "temp", "offset": 512},
             {"bytes": 16, "kind": "output", "index": 0, "dtype": "float32", "shape": [4]}],
 "preparations": [{"kind": "pad_vector", "input": 2, "outputs": [2]}],
 "launches": [{"kernel": "add4", "dim": [1, 1, 1], "type": "block", "args": [0, 1, 3]},
              {"kernel": "add4", "dim": [1, 1, 1], "type": "block", "args": [3, 2, 4]}],
 "kernels": [{"name": "add4", "text": "", "source": "net.py:12"}]})";

using Floats = std::vector<float>;

struct Arguments {
  Floats x{1, 2, 3, 4}, w{10, 20, 30, 40}, v{100, 200, 300};
  std::vector<int64_t> four{4}, twoByTwo{2, 2}, three{3};

  std::vector<HostArray> arrays() const {
    return {{x.data(), "float32", four.data(), 1},
            {w.data(), "float32", twoByTwo.data(), 2},
            {v.data(), "float32", three.data(), 1}};
  }
};

std::unique_ptr<Plan> makePlan(const Fake &fake) {
  auto context = std::make_shared<Context>(Library::open(fake.path));
  return std::make_unique<Plan>(context, PlanDescription::parse(text),
                                std::map<std::string, std::string>{{"add4", FAKE_KERNELS}});
}

void runs(const Fake &fake) {
  fake.reset(0, nullptr, 0);
  auto plan = makePlan(fake);
  Arguments arguments;
  Floats y(4);
  plan->run(arguments.arrays(), {y.data()}, {}, true);
  CHECK_EQ(y, (Floats{111, 222, 333, 44}));
  CHECK_EQ(plan->deviceMicroseconds(), 20.0);
  CHECK_EQ(plan->launchMicroseconds(), (Floats{10, 10}));

  // Constants stay until their version changes; then the old data may be gone.
  arguments.w.assign(4, 0);
  arguments.x.assign(4, 0);
  plan->run(arguments.arrays(), {y.data()}, {0, 0, 0});
  CHECK_EQ(y, (Floats{110, 220, 330, 40}));
  CHECK(plan->needs(0, 0) && !plan->needs(1, 0) && plan->needs(1, 1) && !plan->needs(7, 0));
  std::vector<HostArray> only = arguments.arrays();
  only[2].data = nullptr;
  plan->run(only, {y.data()}, {0, 1, 0});
  CHECK_EQ(y, (Floats{100, 200, 300, 0}));
  CHECK_THROWS(PlanError, "argument 2 is missing", plan->run(only, {y.data()}, {0, 1, 1}));
}

void refuses(const Fake &fake) {
  fake.reset(0, nullptr, 0);
  auto plan = makePlan(fake);
  Arguments arguments;
  Floats y(4);
  std::vector<HostArray> arrays = arguments.arrays();
  CHECK_THROWS(PlanError, "takes 3 arguments, not 1", plan->run({arrays[0]}, {y.data()}));
  CHECK_THROWS(PlanError, "has 1 results, not 0", plan->run(arrays, {}));
  arrays[0].dtype = "int32";
  CHECK_THROWS(PlanError, "argument 0 is int32 (4,); the program takes float32 (4,)", plan->run(arrays, {y.data()}));
  arrays = arguments.arrays();
  arrays[1].rank = 1;
  CHECK_THROWS(PlanError, "argument 1 is float32 (2,); the program takes float32 (2, 2)",
               makePlan(fake)->run(arrays, {y.data()}));
  auto context = std::make_shared<Context>(Library::open(fake.path));
  PlanDescription other = PlanDescription::parse(text);
  other.target = "mtp_372";
  CHECK_THROWS(PlanError, "compiled for mtp_372 but the card is mtp_270", Plan(context, other, {}));
  CHECK_THROWS(PlanError, "no shared object for kernel \"add4\"", Plan(context, PlanDescription::parse(text), {}));
}

void recovers(const Fake &fake) {
  fake.reset(0, nullptr, 0);
  auto plan = makePlan(fake);
  Arguments arguments;
  Floats y(4);
  plan->run(arguments.arrays(), {y.data()});
  const char *invoke = fake.path.find("cnrt4") == std::string::npos ? "cnrtInvokeKernel" : "cnrtInvokeKernel_V3";
  fake.reset(0, invoke, 100132);
  CHECK_THROWS(CnrtError, "launch of kernel add4 (net.py:12)", plan->run(arguments.arrays(), {y.data()}));
  CHECK(fake.calls().back().find("Sync") != std::string::npos); // the queue is empty again
  fake.reset(0, nullptr, 0);
  y.assign(4, 0);
  plan->run(arguments.arrays(), {y.data()});
  CHECK_EQ(y, (Floats{111, 222, 333, 44}));
}

void failsCleanly(const Fake &fake) {
  fake.failEveryCall([&] {
    try {
      Arguments arguments;
      Floats y(4);
      auto plan = makePlan(fake);
      plan->run(arguments.arrays(), {y.data()}, {}, true);
      CHECK_EQ(y, (Floats{111, 222, 333, 44}));
      return false;
    } catch (const CnrtError &error) {
      CHECK_EQ(error.code(), 632008);
      return true;
    }
  });
}

void loadsFromDisk(const Fake &fake) {
  fake.reset(0, nullptr, 0);
  CHECK_EQ(std::system("mkdir -p plan_test_dir && ln -sf " FAKE_KERNELS " plan_test_dir/add4.so"), 0);
  std::ofstream("plan_test_dir/plan.json") << text;
  auto plan = Plan::load(std::make_shared<Context>(Library::open(fake.path)), "plan_test_dir");
  Arguments arguments;
  Floats y(4);
  plan->run(arguments.arrays(), {y.data()});
  CHECK_EQ(y, (Floats{111, 222, 333, 44}));
  auto context = std::make_shared<Context>(Library::open(fake.path));
  CHECK_THROWS(PlanError, "nowhere/plan.json cannot be read", Plan::load(context, "nowhere"));
}

} // namespace

int main() {
  for (const char *path : {FAKE_CNRT4, FAKE_CNRT6}) {
    Fake fake(path);
    runs(fake);
    refuses(fake);
    recovers(fake);
    failsCleanly(fake);
    loadsFromDisk(fake);
    CHECK_EQ(fake.liveOfAnyKind(), 0);
  }
  return check::failures != 0;
}
