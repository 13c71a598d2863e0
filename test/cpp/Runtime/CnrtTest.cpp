//===- CnrtTest.cpp - The wrapper against a CNRT that fails on demand -----===//

#include "Fake.h"
#include "metabang/Runtime/Launch.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <type_traits>

using namespace metabang::runtime;

static_assert(!std::is_copy_constructible_v<Queue> && std::is_nothrow_move_constructible_v<Queue>);
static_assert(!std::is_copy_constructible_v<Memory> && std::is_nothrow_move_constructible_v<Memory>);
static_assert(!std::is_copy_constructible_v<Notifier> && std::is_nothrow_move_constructible_v<Notifier>);
static_assert(!std::is_copy_constructible_v<Launch> && std::is_move_constructible_v<Launch>);

namespace {

/// Everything the wrapper can do, once. Returns the sum the kernel made.
float useEverything(const Fake &fake) {
  auto library = Library::open(fake.path);
  Device device(library, 0);
  Queue queue(device);
  Notifier start(device), end(device);
  float host[4] = {1, 2, 3, 4}, sum[4] = {};
  Memory a(device, sizeof host), b(device, sizeof host), c(device, sizeof host), none(device, 0);
  a.copyFromHost(host, sizeof host);
  b.fill(0);
  none.copyFromHost(nullptr, 0);
  auto module = std::make_shared<Module>(library, FAKE_KERNELS);
  auto kernel = std::make_shared<Kernel>(device, module, "add4");
  Launch launch(kernel, {4, 1, 1}, JobType::Block, {a.data(), b.data(), c.data()});
  Launch moved = std::move(launch);
  start.place(queue);
  moved.enqueue(queue);
  end.place(queue);
  queue.sync();
  end.wait();
  CHECK_EQ(Notifier::microseconds(start, end), 10.0f);
  c.copyToHost(sum, sizeof sum);
  Memory stolen = std::move(c);
  CHECK(c.data() == nullptr);
  return sum[0] + sum[1] + sum[2] + sum[3];
}

void failsCleanly(const Fake &fake) {
  fake.failEveryCall([&] {
    try {
      CHECK_EQ(useEverything(fake), 10.0f);
      return false;
    } catch (const CnrtError &error) {
      CHECK_EQ(error.code(), 632008);
      CHECK_EQ(error.name(), "CNRT_RET_ERR_NOMEM");
      std::vector<std::string> calls = fake.calls();
      CHECK(std::find(calls.begin(), calls.end(), error.call()) != calls.end());
      CHECK(std::strstr(error.what(), "CNRT_RET_ERR_NOMEM (632008): a failure made for the test"));
      return true;
    }
  });
}

void knowsTheDevice(const Fake &fake, Generation generation) {
  fake.reset(0, nullptr, 0);
  auto library = Library::open(fake.path);
  CHECK(library->generation() == generation);
  CHECK(!library->isSimulator());
  DeviceProperties properties = Device(library).properties();
  CHECK_EQ(properties.isa, 270);
  CHECK_EQ(properties.cores, 16);
  CHECK_EQ(properties.name, generation == Generation::V4 ? "MLU270" : "");
  CHECK_EQ(library->libraryVersion(), generation == Generation::V4 ? "4.10.4" : "6.14.1");
}

void namesWhatIsMissing(const Fake &fake) {
  CHECK_THROWS(CnrtError, "dlopen(/nowhere/libcnrt.so)", Library::open("/nowhere/libcnrt.so"));
  CHECK_THROWS(CnrtError, "not a CNRT library", Library::open(FAKE_KERNELS));
  fake.reset(0, nullptr, 0);
  auto library = Library::open(fake.path);
  CHECK_THROWS(CnrtError, "/nowhere/k.so", Module(library, "/nowhere/k.so"));
  CHECK_THROWS(CnrtError, "does not define extern \"C\" kernel sub4", Module(library, FAKE_KERNELS).symbol("sub4"));
  Device device(library);
  Memory memory(device, 16);
  CHECK_THROWS(std::out_of_range, "leaves a device buffer of 16", memory.fill(0); memory.copyFromHost("", 8, 9));
  CHECK_THROWS(std::out_of_range, "leaves a device buffer of 16", memory.copyFromHost("", 1, ~size_t(0)));
}

void findsLibraries(const Fake &fake) {
  setenv("METABANG_CNRT", fake.path.c_str(), 1);
  CHECK_EQ(Library::find()->path(), fake.path);
  setenv("METABANG_CNRT", "/nowhere/libcnrt.so", 1); // an explicit choice is never passed over
  CHECK_THROWS(CnrtError, "/nowhere", Library::find());
  unsetenv("METABANG_CNRT");

  // NEUWARE_HOME comes first; one without a device is passed over with the reason.
  std::string home = "cnrt_test_home";
  CHECK_EQ(
      std::system(("mkdir -p " + home + "/lib64 && ln -sf " + fake.path + " " + home + "/lib64/libcnrt.so").c_str()),
      0);
  CHECK_EQ(std::system(("ln -sf " + fake.path + " " + home + "/libcnrt_sim.so").c_str()), 0);
  setenv("NEUWARE_HOME", home.c_str(), 1);
  fake.reset(0, nullptr, 0);
  CHECK(Library::find()->passedOver().empty());
  fake.reset(0, "cnrtGetDeviceCount", 100004);
  CHECK_THROWS(CnrtError, home + "/lib64/libcnrt.so: cnrtGetDeviceCount failed", Library::find({home}));
  unsetenv("NEUWARE_HOME");
  fake.reset(0, nullptr, 0);
  auto library = Library::find({home});
  CHECK_EQ(library->passedOver().size(), 1u); // the loader's libcnrt.so, which no test machine has
  CHECK(library->passedOver()[0].find("libcnrt.so: dlopen") == 0);
}

} // namespace

int main() {
  Fake fake4(FAKE_CNRT4), fake6(FAKE_CNRT6);
  failsCleanly(fake4);
  failsCleanly(fake6);
  knowsTheDevice(fake4, Generation::V4);
  knowsTheDevice(fake6, Generation::V6);
  namesWhatIsMissing(fake6);
  namesWhatIsMissing(fake4);
  findsLibraries(fake6);
  return check::failures != 0;
}
