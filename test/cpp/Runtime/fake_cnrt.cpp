//===- fake_cnrt.cpp - A CNRT that records calls and fails on demand ------===//
//
// Built twice: FAKE_GENERATION=4 exports CNRT 4.x's names, 6 those of 6.x.
// A kernel is a host function `void kernel(void **args)`, run at once.
//
//===----------------------------------------------------------------------===//

#include "fake_cnrt.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace {

struct State {
  std::vector<std::string> calls;
  int failAt = 0, failCode = 0, count = 0;
  std::string failName;
  std::map<void *, std::string> live; // handle to kind
  int strayReleases = 0;
  double clock = 0;
};

State &state() {
  static State instance = [] {
    State initial;
    if (const char *at = std::getenv("FAKE_CNRT_FAIL_AT"))
      initial.failAt = std::atoi(at);
    if (const char *name = std::getenv("FAKE_CNRT_FAIL_NAME"))
      initial.failName = name;
    initial.failCode = 632008;
    return initial;
  }();
  return instance;
}

/// Records a call; returns the code it has to fail with or 0.
int enter(const char *name) {
  State &s = state();
  s.calls.push_back(name);
  bool fails = ++s.count == s.failAt || (!s.failName.empty() && s.failName == name);
  return fails ? s.failCode : 0;
}

int make(const char *name, const char *kind, void **out, size_t bytes = 16) {
  if (int code = enter(name)) {
    *out = reinterpret_cast<void *>(0xdead); // a wrapper that keeps this releases garbage
    return code;
  }
  *out = std::calloc(1, bytes ? bytes : 1);
  state().live[*out] = kind;
  return 0;
}

/// A release counts even when it reports an error: the caller cannot do more.
int drop(const char *name, const char *kind, void *handle) {
  int code = enter(name);
  auto it = state().live.find(handle);
  if (it == state().live.end() || it->second != kind) {
    ++state().strayReleases;
    return code;
  }
  state().live.erase(it);
  std::free(handle);
  return code;
}

int run(const void *kernel, void **args) {
  state().clock += 10;
  reinterpret_cast<void (*)(void **)>(const_cast<void *>(kernel))(args);
  return 0;
}

} // namespace

struct Dim3 {
  unsigned x, y, z;
};

#define CNRT extern "C" __attribute__((visibility("default")))

CNRT void fakeReset(int failAt, const char *failName, int code) {
  State &s = state();
  s.calls.clear();
  s.count = 0;
  s.failAt = failAt;
  s.failName = failName ? failName : "";
  s.failCode = code;
  s.strayReleases = 0;
}
CNRT int fakeCallCount() { return state().count; }
CNRT const char *fakeCall(int index) { return state().calls.at(static_cast<size_t>(index)).c_str(); }
CNRT int fakeLive(const char *kind) {
  int count = 0;
  for (auto &entry : state().live)
    count += entry.second == kind;
  return count;
}
CNRT int fakeStrayReleases() { return state().strayReleases; }

CNRT int cnrtGetDeviceCount(unsigned *count) {
  *count = 1;
  return enter("cnrtGetDeviceCount");
}
CNRT int cnrtMalloc(void **out, size_t bytes) { return make("cnrtMalloc", "memory", out, bytes); }
CNRT int cnrtFree(void *pointer) { return drop("cnrtFree", "memory", pointer); }
CNRT int cnrtMemcpy(void *to, void *from, size_t bytes, int) {
  if (int code = enter("cnrtMemcpy"))
    return code;
  std::memcpy(to, from, bytes);
  return 0;
}
CNRT int cnrtMemset(void *to, int value, size_t bytes) {
  if (int code = enter("cnrtMemset"))
    return code;
  std::memset(to, value, bytes);
  return 0;
}
CNRT int cnrtPlaceNotifier(void *notifier, void *) {
  *static_cast<double *>(notifier) = state().clock;
  return enter("cnrtPlaceNotifier");
}
CNRT int cnrtWaitNotifier(void *) { return enter("cnrtWaitNotifier"); }
CNRT int cnrtNotifierDuration(void *start, void *end, float *us) {
  *us = static_cast<float>(*static_cast<double *>(end) - *static_cast<double *>(start));
  return enter("cnrtNotifierDuration");
}
CNRT const char *cnrtGetErrorStr(int) { return "a failure made for the test"; }
CNRT const char *cnrtGetErrorName(int code) { return code == 632008 ? "CNRT_RET_ERR_NOMEM" : nullptr; }

#if FAKE_GENERATION == 6

CNRT int cnrtQueueCreate(void **out) { return make("cnrtQueueCreate", "queue", out); }
CNRT int cnrtQueueDestroy(void *queue) { return drop("cnrtQueueDestroy", "queue", queue); }
CNRT int cnrtQueueSync(void *) { return enter("cnrtQueueSync"); }
CNRT int cnrtNotifierCreate(void **out) { return make("cnrtNotifierCreate", "notifier", out); }
CNRT int cnrtNotifierDestroy(void *notifier) { return drop("cnrtNotifierDestroy", "notifier", notifier); }
CNRT int cnrtSetDevice(int) { return enter("cnrtSetDevice"); }
CNRT int cnrtDeviceGetAttribute(int *value, int attribute, int) {
  *value = attribute == 0x20a ? 270 : attribute == 0x205 ? 4 : attribute == 0x206 ? 4 : 0;
  return enter("cnrtDeviceGetAttribute");
}
CNRT int cnrtGetLibVersion(int *major, int *minor, int *patch) {
  *major = 6, *minor = 14, *patch = 1;
  return enter("cnrtGetLibVersion");
}
CNRT int cnrtInvokeKernel(const void *kernel, Dim3, int, void **args, size_t, void *) {
  int code = enter("cnrtInvokeKernel");
  return code ? code : run(kernel, args);
}

#else

CNRT int cnrtInit(unsigned) {
  int code = enter("cnrtInit");
  static int inits;
  if (!code)
    state().live[&inits] = "init";
  return code;
}
CNRT void cnrtDestroy() {
  enter("cnrtDestroy");
  for (auto it = state().live.begin(); it != state().live.end(); ++it)
    if (it->second == "init") {
      state().live.erase(it);
      return;
    }
  ++state().strayReleases;
}
CNRT int cnrtGetDeviceHandle(int64_t *device, int) {
  *device = 7;
  return enter("cnrtGetDeviceHandle");
}
CNRT int cnrtSetCurrentDevice(int64_t device) {
  int code = enter("cnrtSetCurrentDevice");
  return code ? code : device == 7 ? 0 : 632007;
}
CNRT int cnrtCreateQueue(void **out) { return make("cnrtCreateQueue", "queue", out); }
CNRT int cnrtDestroyQueue(void *queue) { return drop("cnrtDestroyQueue", "queue", queue); }
CNRT int cnrtSyncQueue(void *) { return enter("cnrtSyncQueue"); }
CNRT int cnrtCreateNotifier(void **out) { return make("cnrtCreateNotifier", "notifier", out); }
CNRT int cnrtDestroyNotifier(void *notifier) { return drop("cnrtDestroyNotifier", "notifier", notifier); }

CNRT int cnrtGetDeviceInfo(void *info, int) {
  std::strcpy(static_cast<char *>(info), "MLU270");
  static_cast<int *>(info)[16] = 5;
  static_cast<int *>(info)[17] = 16;
  return enter("cnrtGetDeviceInfo");
}
CNRT int cnrtGetVersion(unsigned *version) {
  *version = 41004;
  return enter("cnrtGetVersion");
}

/// One 8-byte slot for each of at most 60 parameters.
struct Params {
  size_t count;
  void *slots[60];
};
CNRT int cnrtGetKernelParamsBuffer(void **out) {
  return make("cnrtGetKernelParamsBuffer", "params", out, sizeof(Params));
}
CNRT int cnrtKernelParamsBufferAddParam(void *buffer, void *data, size_t bytes) {
  if (int code = enter("cnrtKernelParamsBufferAddParam"))
    return code;
  Params *params = static_cast<Params *>(buffer);
  if (params->count == 60 || bytes > 8)
    return 632007;
  std::memcpy(&params->slots[params->count++], data, bytes);
  return 0;
}
CNRT int cnrtDestroyKernelParamsBuffer(void *buffer) { return drop("cnrtDestroyKernelParamsBuffer", "params", buffer); }
CNRT int cnrtCreateKernelInitParam(void **out) { return make("cnrtCreateKernelInitParam", "initparam", out); }
CNRT int cnrtInitKernelMemory(const void *kernel, void *param) {
  if (int code = enter("cnrtInitKernelMemory"))
    return code;
  *static_cast<const void **>(param) = kernel;
  return 0;
}
CNRT int cnrtDestroyKernelInitParamAndMemory(void *param) {
  return drop("cnrtDestroyKernelInitParamAndMemory", "initparam", param);
}
CNRT int cnrtInvokeKernel_V3(const void *kernel, void *param, Dim3, void *buffer, int, void *, void *) {
  if (int code = enter("cnrtInvokeKernel_V3"))
    return code;
  if (*static_cast<const void **>(param) != kernel)
    return 632007; // not initialised
  Params *params = static_cast<Params *>(buffer);
  void *args[60];
  for (size_t i = 0; i < params->count; ++i)
    args[i] = &params->slots[i];
  return run(kernel, args);
}

#endif
