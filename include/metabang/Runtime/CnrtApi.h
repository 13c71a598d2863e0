//===- CnrtApi.h - The table of CNRT functions ------------------*- C++ -*-===//
//
// CNRT has two generations of names: 4.x (cnrtCreateQueue, a parameter buffer
// and an init parameter per launch) and 5.x/6.x (cnrtQueueCreate, an array of
// argument pointers). Both fill this one table; only selecting a device and
// launching a kernel differ in shape, and those have a slot per generation.
//
//===----------------------------------------------------------------------===//

#ifndef METABANG_RUNTIME_CNRTAPI_H
#define METABANG_RUNTIME_CNRTAPI_H

#include <cstddef>
#include <cstdint>

namespace metabang::runtime {

/// cnrtRet_t; 0 is success in both generations.
using Ret = int;

/// cnrtDim3_t.
struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
};

/// cnrtFunctionType_t: how many clusters one scheduling unit takes.
enum class JobType : int { Block = 1, Union1 = 4, Union2 = 8, Union4 = 16, Union8 = 32, Union16 = 64 };

/// cnrtMemTransDir_t.
enum class CopyDirection : int { HostToDevice = 0, DeviceToDevice = 1, DeviceToHost = 2 };

/// cnrtDeviceInfo_t of CNRT 4.x.
struct DeviceInfo4 {
  char name[64];
  int coreVersion;
  int coreCount;
};

enum class Generation { V4, V6 };

/// One function of the library: its name there and its address (null if the
/// library has none and the function is optional).
template <typename... Args> struct Function {
  const char *name = nullptr;
  Ret (*address)(Args...) = nullptr;
  explicit operator bool() const { return address != nullptr; }
};

struct CnrtApi {
  Generation generation = Generation::V6;

  // The same in both generations but for the name.
  Function<unsigned *> getDeviceCount;
  Function<void **> queueCreate;
  Function<void *> queueDestroy;
  Function<void *> queueSync;
  Function<void **> notifierCreate;
  Function<void *> notifierDestroy;
  Function<void *, void *> notifierPlace;
  Function<void *> notifierWait;
  Function<void *, void *, float *> notifierMicroseconds;
  Function<void **, size_t> memoryAllocate;
  Function<void *> memoryFree;
  Function<void *, void *, size_t, int> memoryCopy;
  Function<void *, int, size_t> memorySet;

  // 5.x and 6.x.
  Function<int> setDevice;
  Function<const void *, Dim3, int, void **, size_t, void *> invokeKernel;
  Function<int *, int, int> deviceGetAttribute;            // optional
  Function<int *, int *, int *> driverVersion, libVersion; // optional

  // 4.x.
  Function<unsigned> init;
  void (*destroy)() = nullptr;
  Function<int64_t *, int> getDeviceHandle;
  Function<int64_t> setCurrentDevice;
  Function<void **> paramsCreate;
  Function<void *, void *, size_t> paramsAdd;
  Function<void *> paramsDestroy;
  Function<void **> initParamCreate;
  Function<const void *, void *> initParamFill;
  Function<void *> initParamDestroy;
  Function<const void *, void *, Dim3, void *, int, void *, void *> invokeKernelV3;
  Function<DeviceInfo4 *, int> getDeviceInfo; // optional
  Function<unsigned *> version4;              // optional

  // The simulator's own (metabang/Simulator/Simulator.h); null in Neuware's.
  int (*simSetDevice)(const char *) = nullptr;
  const char *(*simGetDevice)() = nullptr;
  const char *(*simLastReport)() = nullptr;
  void (*simClearReport)() = nullptr;
  const char *(*simProfiles)() = nullptr;
  void (*simClearProfiles)() = nullptr;

  // Both optional.
  const char *(*errorName)(Ret) = nullptr;
  const char *(*errorString)(Ret) = nullptr;
};

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_CNRTAPI_H
