// The driver's interface as far as programs for CNRT ask it about device and context.
#pragma GCC visibility push(default)
#include "cn_api.h"
#pragma GCC visibility pop
#include "Launch.h"

#include <cstdio>

using namespace metabang::sim;

/// The one context; nothing hangs on it.
static CNcontext theContext() {
  static char context;
  return reinterpret_cast<CNcontext>(&context);
}

template <typename T> static CNresult answer(T *to, T value) {
  if (!to)
    return CN_ERROR_INVALID_VALUE;
  *to = value;
  return CN_SUCCESS;
}

static CNresult asDriver(cnrtRet_t status) {
  return status == cnrtSuccess            ? CN_SUCCESS
         : status == cnrtErrorArgsInvalid ? CN_ERROR_INVALID_VALUE
                                          : CN_ERROR_UNKNOWN;
}
static void *pointer(CNaddr address) { return reinterpret_cast<void *>(address); }

extern "C" {

CNresult cnInit(unsigned int) { return CN_SUCCESS; }

CNresult cnGetErrorName(CNresult error, const char **name) {
  switch (error) {
  case CN_SUCCESS:
    return answer(name, "CN_SUCCESS");
  case CN_ERROR_NOT_INITIALIZED:
    return answer(name, "CN_ERROR_NOT_INITIALIZED");
  case CN_ERROR_INVALID_VALUE:
    return answer(name, "CN_ERROR_INVALID_VALUE");
  case CN_ERROR_INVALID_DEVICE:
    return answer(name, "CN_ERROR_INVALID_DEVICE");
  case CN_OPS_ERROR_NOT_SUPPORTED:
    return answer(name, "CN_OPS_ERROR_NOT_SUPPORTED");
  case CN_ERROR_UNKNOWN:
    return answer(name, "CN_ERROR_UNKNOWN");
  }
  return CN_ERROR_INVALID_VALUE;
}

CNresult cnGetErrorString(CNresult error, const char **text) {
  switch (error) {
  case CN_SUCCESS:
    return answer(text, "no error");
  case CN_ERROR_NOT_INITIALIZED:
    return answer(text, "the driver is not initialized");
  case CN_ERROR_INVALID_VALUE:
    return answer(text, "invalid argument");
  case CN_ERROR_INVALID_DEVICE:
    return answer(text, "invalid device");
  case CN_OPS_ERROR_NOT_SUPPORTED:
    return answer(text, "not supported by the simulator");
  case CN_ERROR_UNKNOWN:
    return answer(text, cnrtGetErrorStr(cnrtPeekAtLastError()));
  }
  return CN_ERROR_INVALID_VALUE;
}

CNresult cnGetLibVersion(int *major, int *minor, int *patch) {
  return cnrtDriverGetVersion(major, minor, patch) == cnrtSuccess ? CN_SUCCESS : CN_ERROR_INVALID_VALUE;
}

CNresult cnDeviceGetCount(int *count) { return answer(count, 1); }

CNresult cnDeviceGet(CNdev *device, int ordinal) {
  return ordinal == 0 ? answer(device, CNdev(0)) : CN_ERROR_INVALID_DEVICE;
}

CNresult cnDeviceGetName(char *name, int bytes, CNdev device) {
  if (device != 0)
    return CN_ERROR_INVALID_DEVICE;
  if (!name || bytes <= 0)
    return CN_ERROR_INVALID_VALUE;
  snprintf(name, size_t(bytes), "%s", currentDevice().product);
  return CN_SUCCESS;
}

CNresult cnDeviceGetAttribute(int *value, CNdevice_attribute attribute, CNdev device) {
  if (device != 0)
    return CN_ERROR_INVALID_DEVICE;
  const metabang::Device &d = currentDevice();
  constexpr int busBits = 256; // the simulator knows the bandwidth alone; a clock that gives it goes with this width
  switch (attribute) {
  case CN_DEVICE_ATTRIBUTE_MAX_BLOCK_TASK_DIM_X:
  case CN_DEVICE_ATTRIBUTE_MAX_BLOCK_TASK_DIM_Y:
  case CN_DEVICE_ATTRIBUTE_MAX_BLOCK_TASK_DIM_Z:
    return answer(value, int(d.maxTaskDim));
  case CN_DEVICE_ATTRIBUTE_MAX_CLUSTER_COUNT:
    return answer(value, int(d.clusters));
  case CN_DEVICE_ATTRIBUTE_MAX_CORE_COUNT_PER_CLUSTER:
    return answer(value, int(d.coresPerCluster));
  case CN_DEVICE_ATTRIBUTE_MAX_CLUSTER_COUNT_PER_UNION_TASK:
    return answer(value, int(d.maxUnionClusters));
  case CN_DEVICE_ATTRIBUTE_NRAM_SIZE_PER_CORE:
    return answer(value, int(d.nramBytes));
  case CN_DEVICE_ATTRIBUTE_WEIGHT_RAM_SIZE_PER_CORE:
    return answer(value, int(d.wramBytes));
  case CN_DEVICE_ATTRIBUTE_MAX_SHARED_RAM_SIZE_PER_CLUSTER:
    return answer(value, int(d.sramBytes));
  case CN_DEVICE_ATTRIBUTE_CLUSTER_CLOCK_RATE:
    return answer(value, int(d.clockMhz * 1000));
  case CN_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
    return answer(value, busBits);
  case CN_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE: // two transfers a cycle
    return answer(value, int(d.dramGbPerS * 1e6 * 8 / 2 / busBits));
  case CN_DEVICE_ATTRIBUTE_TOTAL_MEMORY_SIZE:
    return answer(value, int(d.gdramBytes >> 20));
  case CN_DEVICE_ATTRIBUTE_MAX_L2_CACHE_SIZE: // not modelled
  case CN_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE:
    return answer(value, 0);
  case CN_DEVICE_ATTRIBUTE_MLU_ISA_VERSION:
    return answer(value, int(d.arch));
  default:
    return CN_OPS_ERROR_NOT_SUPPORTED;
  }
}

CNresult cnCtxCreate(CNcontext *context, unsigned int, CNdev device) {
  return device == 0 ? answer(context, theContext()) : CN_ERROR_INVALID_DEVICE;
}
CNresult cnCtxDestroy(CNcontext) { return CN_SUCCESS; }
CNresult cnCtxSync() { return asDriver(cnrtSyncDevice()); }
CNresult cnSharedContextAcquire(CNcontext *context, CNdev device) {
  return device == 0 ? answer(context, theContext()) : CN_ERROR_INVALID_DEVICE;
}
CNresult cnSharedContextRelease(CNdev device) { return device == 0 ? CN_SUCCESS : CN_ERROR_INVALID_DEVICE; }
CNresult cnCtxGetCurrent(CNcontext *context) { return answer(context, theContext()); }
CNresult cnCtxSetCurrent(CNcontext) { return CN_SUCCESS; }
CNresult cnCtxGetDevice(CNdev *device) { return answer(device, CNdev(0)); }
CNresult cnQueueGetContext(CNqueue, CNcontext *context) { return answer(context, theContext()); }

CNresult cnGetCtxConfigParam(CNcontext, CNctxConfigParamType which, CNctxConfigParam *value) {
  if (!value)
    return CN_ERROR_INVALID_VALUE;
  const metabang::Device &d = currentDevice();
  if (which == CN_CTX_CONFIG_VISIBLE_CLUSTER_NUM)
    value->visibleClusterNumber = unsigned(d.clusters);
  else
    value->unionLimit = KernelClass(CN_KERNEL_CLASS_UNION * d.maxUnionClusters);
  return CN_SUCCESS;
}

CNresult cnGetCtxMaxParallelUnionTasks(CNcontext, KernelClass kind, int *count) {
  const metabang::Device &d = currentDevice();
  if (kind == CN_KERNEL_CLASS_BLOCK)
    return answer(count, int(d.cores()));
  if (kind < CN_KERNEL_CLASS_UNION || kind > CN_KERNEL_CLASS_UNION16)
    return CN_ERROR_INVALID_VALUE;
  return answer(count, int(d.clusters / (kind / CN_KERNEL_CLASS_UNION)));
}

CNresult cnMalloc(CNaddr *address, cn_uint64_t bytes) {
  return asDriver(cnrtMalloc(reinterpret_cast<void **>(address), bytes));
}
CNresult cnFree(CNaddr address) { return asDriver(cnrtFree(pointer(address))); }
CNresult cnMemcpyHtoD(CNaddr to, const void *from, cn_uint64_t bytes) {
  return asDriver(cnrtMemcpy(pointer(to), const_cast<void *>(from), bytes, cnrtMemcpyHostToDev));
}
CNresult cnMemcpyDtoH(void *to, CNaddr from, cn_uint64_t bytes) {
  return asDriver(cnrtMemcpy(to, pointer(from), bytes, cnrtMemcpyDevToHost));
}
CNresult cnMemcpyDtoD(CNaddr to, CNaddr from, cn_uint64_t bytes) {
  return asDriver(cnrtMemcpy(pointer(to), pointer(from), bytes, cnrtMemcpyDevToDev));
}
CNresult cnMemsetD8(CNaddr to, unsigned char value, cn_uint64_t bytes) {
  return asDriver(cnrtMemset(pointer(to), value, bytes));
}
CNresult cnQueueCreate(CNqueue *queue, unsigned int) { return asDriver(cnrtQueueCreate(queue)); }
CNresult cnQueueDestroy(CNqueue queue) { return asDriver(cnrtQueueDestroy(queue)); }
CNresult cnQueueSync(CNqueue queue) { return asDriver(cnrtQueueSync(queue)); }
}
