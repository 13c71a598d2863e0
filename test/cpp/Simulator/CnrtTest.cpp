// The C functions of libcnrt_sim.so in both generations, on a kernel that lives in this program.
#include "metabang/Simulator/Simulator.h"

#include <bang.h>
#include <cnrt.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

__nram__ int8_t nram[65536];

extern "C" __mlu_global__ void scale(float *x, float factor, int n) {
  float *a = (float *)nram;
  for (int i = taskId * 1024; i < n; i += taskDim * 1024) {
    int m = n - i < 1024 ? n - i : 1024;
    __memcpy(a, x + i, m * 4, GDRAM2NRAM);
    __bang_mul_const(a, a, factor, (m + 31) / 32 * 32);
    __memcpy(x + i, a, m * 4, NRAM2GDRAM);
  }
}
extern "C" __mlu_global__ void wrong(float *x) { __memcpy(nram, x, 1 << 20, GDRAM2NRAM); }
MLU_SIM_KERNEL(scale)
MLU_SIM_KERNEL(wrong)

static int failures = 0;
#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                  \
      ++failures;                                                                                                      \
    }                                                                                                                  \
  } while (0)

static const int kCount = 5000;

struct Buffer {
  void *device = nullptr;
  std::vector<float> host = std::vector<float>(kCount, 1.5f);
  Buffer() {
    CHECK(cnrtMalloc(&device, kCount * 4) == cnrtSuccess);
    CHECK(cnrtMemcpy(device, host.data(), kCount * 4, cnrtMemcpyHostToDev) == cnrtSuccess);
  }
  ~Buffer() { CHECK(cnrtFree(device) == cnrtSuccess); }
  bool holds(float value) {
    CHECK(cnrtMemcpy(host.data(), device, kCount * 4, cnrtMemcpyDevToHost) == cnrtSuccess);
    for (float v : host)
      if (v != value)
        return false;
    return true;
  }
};

static void newGeneration() {
  Buffer x;
  cnrtQueue_t queue;
  cnrtNotifier_t start, end;
  CHECK(cnrtSetDevice(0) == cnrtSuccess);
  CHECK(cnrtSetDevice(1) == cnrtErrorDeviceInvalid);
  CHECK(cnrtQueueCreate(&queue) == cnrtSuccess);
  CHECK(cnrtNotifierCreate(&start) == cnrtSuccess && cnrtNotifierCreate(&end) == cnrtSuccess);
  float us = 0;
  CHECK(cnrtNotifierDuration(start, end, &us) == cnrtErrorIllegalState); // not placed yet
  float factor = 4;
  int n = kCount;
  void *args[] = {&x.device, &factor, &n};
  CHECK(cnrtPlaceNotifier(start, queue) == cnrtSuccess);
  CHECK(cnrtInvokeKernel((void *)&scale, {16, 1, 1}, cnrtFuncTypeBlock, args, 0, queue) == cnrtSuccess);
  CHECK(cnrtPlaceNotifier(end, queue) == cnrtSuccess);
  CHECK(cnrtQueueSync(queue) == cnrtSuccess);
  CHECK(x.holds(6));
  CHECK(cnrtNotifierDuration(start, end, &us) == cnrtSuccess && us > 1 && us < 1000);
  std::string profile = mluSimLastProfile();
  CHECK(profile.find("\"kernel\": \"scale\"") != std::string::npos && profile.find("\"bytes\": 40000") != std::string::npos);
  float ms = 0;
  CHECK(cnrtNotifierElapsedTime(start, end, &ms) == cnrtSuccess && ms > us * 0.9e-3f && ms < us * 1.1e-3f);
  CHECK(cnrtNotifierDestroy(start) == cnrtSuccess && cnrtNotifierDestroy(end) == cnrtSuccess);
  CHECK(cnrtNotifierDestroy(end) == cnrtErrorInvalidResourceHandle);
  CHECK(cnrtQueueDestroy(queue) == cnrtSuccess);
  CHECK(cnrtQueueSync(queue) == cnrtErrorInvalidResourceHandle);
  CHECK(cnrtInvokeKernel((void *)&scale, {1, 1, 1}, cnrtFuncTypeBlock, args, 0, queue) == cnrtErrorInvalidResourceHandle);
}

static void oldGeneration() {
  Buffer x;
  cnrtQueue_t queue;
  cnrtDev_t device;
  CHECK(cnrtInit(0) == cnrtSuccess);
  CHECK(cnrtGetDeviceHandle(&device, 0) == cnrtSuccess && cnrtSetCurrentDevice(device) == cnrtSuccess);
  CHECK(cnrtCreateQueue(&queue) == cnrtSuccess);
  float factor = 2;
  int n = kCount;
  cnrtKernelParamsBuffer_t params;
  CHECK(cnrtGetKernelParamsBuffer(&params) == cnrtSuccess);
  CHECK(cnrtKernelParamsBufferAddParam(params, &x.device, sizeof x.device) == cnrtSuccess);
  CHECK(cnrtKernelParamsBufferAddParam(params, &factor, sizeof factor) == cnrtSuccess);
  CHECK(cnrtInvokeKernel_V2((void *)&scale, {4, 1, 1}, params, CNRT_FUNC_TYPE_BLOCK, queue) == cnrtErrorArgsInvalid);
  CHECK(cnrtKernelParamsBufferAddParam(params, &n, sizeof n) == cnrtSuccess);
  CHECK(cnrtKernelParamsBufferAddParam(params, &x, 9) == cnrtErrorArgsInvalid); // at most 8 bytes
  CHECK(cnrtInvokeKernel_V2((void *)&scale, {4, 1, 1}, params, CNRT_FUNC_TYPE_BLOCK, queue) == cnrtSuccess);
  cnrtKernelInitParam_t init;
  CHECK(cnrtCreateKernelInitParam(&init) == cnrtSuccess);
  CHECK(cnrtInvokeKernel_V3((void *)&scale, init, {4, 1, 1}, params, CNRT_FUNC_TYPE_BLOCK, queue, nullptr) ==
        cnrtErrorArgsInvalid); // not initialised
  CHECK(cnrtInitKernelMemory((void *)&newGeneration, init) == cnrtErrorInvalidKernel);
  CHECK(cnrtInitKernelMemory((void *)&scale, init) == cnrtSuccess);
  CHECK(cnrtInvokeKernel_V3((void *)&scale, init, {2, 2, 1}, params, CNRT_FUNC_TYPE_BLOCK, queue, nullptr) == cnrtSuccess);
  CHECK(cnrtSyncQueue(queue) == cnrtSuccess);
  CHECK(x.holds(6));
  CHECK(cnrtDestroyKernelInitParamAndMemory(init) == cnrtSuccess);
  CHECK(cnrtDestroyKernelParamsBuffer(params) == cnrtSuccess);
  CHECK(cnrtDestroyQueue(queue) == cnrtSuccess);
  cnrtDeviceInfo_t info;
  CHECK(cnrtGetDeviceInfo(&info, 0) == cnrtSuccess && strstr(info.device_name, "MLU270") && info.core_num == 16);
  cnrtDestroy();
}

static void errors() {
  Buffer x;
  int n = kCount;
  float factor = 1;
  void *args[] = {&x.device, &factor, &n};
  void *p = nullptr;
  float host[4];
  CHECK(cnrtMalloc(&p, size_t(1) << 50) == cnrtErrorNoMem && p == nullptr);
  CHECK(cnrtGetLastError() == cnrtErrorNoMem && cnrtPeekAtLastError() == cnrtSuccess);
  CHECK(cnrtMalloc(&p, 0) == cnrtErrorArgsInvalid);
  CHECK(cnrtFree(host) == cnrtErrorArgsInvalid);
  CHECK(cnrtFree((char *)x.device + 64) == cnrtErrorArgsInvalid);
  CHECK(cnrtMemcpy(host, host, 16, cnrtMemcpyHostToDev) == cnrtErrorMemcpyDirectionInvalid);
  CHECK(cnrtMemcpy(x.device, host, 16, cnrtMemcpyDevToHost) == cnrtErrorMemcpyDirectionInvalid);
  CHECK(cnrtMemcpy((char *)x.device + kCount * 4 - 8, host, 16, cnrtMemcpyHostToDev) == cnrtErrorArgsInvalid);
  CHECK(cnrtMemset(x.device, 0, kCount * 4 + 1) == cnrtErrorArgsInvalid);
  CHECK(cnrtInvokeKernel((void *)&errors, {1, 1, 1}, cnrtFuncTypeBlock, args, 0, nullptr) == cnrtErrorInvalidKernel);
  CHECK(cnrtInvokeKernel((void *)&scale, {0, 1, 1}, cnrtFuncTypeBlock, args, 0, nullptr) == cnrtErrorArgsInvalid);
  CHECK(cnrtInvokeKernel((void *)&scale, {70000, 1, 1}, cnrtFuncTypeBlock, args, 0, nullptr) == cnrtErrorArgsInvalid);
  CHECK(cnrtInvokeKernel((void *)&scale, {6, 1, 1}, cnrtFuncTypeUnion1, args, 0, nullptr) == cnrtErrorArgsInvalid);
  CHECK(strstr(mluSimLastReport(), "no multiple of its 4 cores"));
  mluSimClearReport();
  // A kernel that breaks a rule: the launch succeeds, the synchronisation says so, the process goes on.
  CHECK(cnrtInvokeKernel((void *)&wrong, {4, 1, 1}, cnrtFuncTypeBlock, args, 0, nullptr) == cnrtSuccess);
  CHECK(cnrtSyncDevice() == cnrtErrorKernelTrap);
  CHECK(strstr(mluSimLastReport(), "CnrtTest.cpp:") && strstr(mluSimLastReport(), "past the end of"));
  CHECK(cnrtSyncDevice() == cnrtSuccess);
  CHECK(cnrtInvokeKernel((void *)&scale, {4, 1, 1}, cnrtFuncTypeBlock, args, 0, nullptr) == cnrtSuccess);
  CHECK(cnrtSyncDevice() == cnrtSuccess);
  CHECK(!strcmp(cnrtGetErrorName(cnrtErrorKernelTrap), "cnrtErrorKernelTrap"));
  CHECK(!strcmp(cnrtGetErrorName((cnrtRet_t)4711), "cnrtErrorUnknown"));
}

static void devices() {
  int value = 0;
  CHECK(!strcmp(mluSimGetDevice(), "mtp_270"));
  CHECK(cnrtDeviceGetAttribute(&value, cnrtAttrISAVersion, 0) == cnrtSuccess && value == 270);
  CHECK(mluSimSetDevice("mtp_999") == -1);
  Buffer x; // stays where it is
  CHECK(mluSimSetDevice("mtp_592") == 0);
  CHECK(x.holds(1.5f));
  CHECK(cnrtDeviceGetAttribute(&value, cnrtAttrClusterCount, 0) == cnrtSuccess && value == 12);
  CHECK(cnrtDeviceGetAttribute(&value, cnrtAttrNramSizePerMcore, 0) == cnrtSuccess && value == 512 * 1024);
  CHECK(cnrtDeviceGetAttribute(&value, (cnrtDeviceAttr_t)1, 0) == cnrtErrorNotSupport);
  size_t available = 0, total = 0;
  CHECK(cnrtMemGetInfo(&available, &total) == cnrtSuccess && available == total - kCount * 4);
  unsigned count = 0;
  CHECK(cnrtGetDeviceCount(&count) == cnrtSuccess && count == 1);
  CHECK(mluSimSetDevice("mtp_270") == 0);
}

static void filterReshape() {
  std::vector<int16_t> src(128 * 6), dst(128 * 6);
  for (size_t i = 0; i < src.size(); ++i)
    src[i] = int16_t(i);
  CHECK(cnrtFilterReshape(dst.data(), src.data(), 128, 1, 2, 3, CNRT_INT16) == cnrtSuccess);
  CHECK(dst[0] == 0 && dst[6] == 64 * 6 && dst[12] == 6); // filters 0, 64, 1, 65, ...
  CHECK(cnrtFilterReshape(dst.data(), src.data(), 100, 1, 2, 3, CNRT_INT16) == cnrtErrorArgsInvalid);
}

int main() {
  for (int sanitize = 0; sanitize < 3; ++sanitize) {
    mluSimSetSanitize(sanitize);
    newGeneration();
    oldGeneration();
    errors();
  }
  devices();
  filterReshape();
  printf("%d failures\n", failures);
  return failures != 0;
}
