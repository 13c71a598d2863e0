#include "CnrtInternal.h"
#include "Launch.h"
#include "Queues.h"

#include <atomic>
#include <climits>
#include <cstdio>

using namespace metabang::sim;

// How much LDRAM a core has is the driver's choice. That a program finds 8 MB is assumed; __MLU_LDRAM_SIZE__ of
// metabang-cncc says the same.
static std::atomic<size_t> localMemory{8 << 20}, stackMemory{0};
size_t metabang::sim::localMemoryBytes() { return localMemory; }
size_t metabang::sim::stackMemoryBytes() { return stackMemory; }

static cnrtRet_t onlyDevice(int64_t ordinal) {
  return ordinal == 0 ? cnrtSuccess : remember(cnrtErrorDeviceInvalid);
}

extern "C" {

cnrtRet_t cnrtInit(unsigned int) { return cnrtSuccess; }
void cnrtDestroy(void) {}

cnrtRet_t cnrtGetDeviceCount(unsigned int *count) {
  if (!count)
    return remember(cnrtErrorArgsInvalid);
  *count = 1;
  return cnrtSuccess;
}

cnrtRet_t cnrtGetDeviceHandle(cnrtDev_t *device, int ordinal) {
  if (!device)
    return remember(cnrtErrorArgsInvalid);
  *device = 0;
  return onlyDevice(ordinal);
}

cnrtRet_t cnrtSetCurrentDevice(cnrtDev_t device) { return onlyDevice(int64_t(device)); }
cnrtRet_t cnrtSetDevice(int ordinal) { return onlyDevice(ordinal); }

cnrtRet_t cnrtGetDevice(int *ordinal) {
  if (!ordinal)
    return remember(cnrtErrorArgsInvalid);
  *ordinal = 0;
  return cnrtSuccess;
}

cnrtRet_t cnrtGetDeviceInfo(cnrtDeviceInfo_t *info, int ordinal) {
  if (!info)
    return remember(cnrtErrorArgsInvalid);
  const metabang::Device &device = currentDevice();
  snprintf(info->device_name, sizeof info->device_name, "%s (simulated)", device.product);
  info->core_version = int(device.arch);
  info->core_num = int(device.cores());
  return onlyDevice(ordinal);
}

cnrtRet_t cnrtDeviceGetAttribute(int *value, cnrtDeviceAttr_t attribute, int ordinal) {
  if (!value)
    return remember(cnrtErrorArgsInvalid);
  const metabang::Device &d = currentDevice();
  int64_t v = 0;
  switch (attribute) {
  case cnrtAttrMaxDimX:
  case cnrtAttrMaxDimY:
  case cnrtAttrMaxDimZ:
    v = d.maxTaskDim;
    break;
  case cnrtAttrClusterCount:
    v = d.clusters;
    break;
  case cnrtAttrMcorePerCluster:
    v = d.coresPerCluster;
    break;
  case cnrtAttrMaxClusterPerUnionLimitTask:
    v = d.maxUnionClusters;
    break;
  case cnrtAttrISAVersion:
    v = d.arch;
    break;
  case cnrtAttrNramSizePerMcore:
    v = d.nramBytes;
    break;
  case cnrtAttrWramSizePerMcore:
    v = d.wramBytes;
    break;
  case cnrtAttrSramSizePerMcore: // of a cluster, despite the name
    v = d.sramBytes;
    break;
  case cnrtAttrLmemSizePerMcore: // MB
    v = int64_t(localMemoryBytes() >> 20);
    break;
  case cnrtAttrIpuClockRate: // kHz
    v = d.clockMhz * 1000;
    break;
  case cnrtAttrTotalMemSize: // MB
    v = d.gdramBytes >> 20;
    break;
  default:
    return remember(cnrtErrorNotSupport);
  }
  *value = int(v > INT_MAX ? INT_MAX : v);
  return onlyDevice(ordinal);
}

static cnrtRet_t version(int *major, int *minor, int *patch) {
  if (!major || !minor || !patch)
    return remember(cnrtErrorArgsInvalid);
  *major = CNRT_MAJOR_VERSION;
  *minor = CNRT_MINOR_VERSION;
  *patch = CNRT_PATCH_VERSION;
  return cnrtSuccess;
}
cnrtRet_t cnrtDriverGetVersion(int *major, int *minor, int *patch) { return version(major, minor, patch); }
cnrtRet_t cnrtGetLibVersion(int *major, int *minor, int *patch) { return version(major, minor, patch); }
cnrtRet_t cnrtGetVersion(unsigned int *v) {
  if (!v)
    return remember(cnrtErrorArgsInvalid);
  *v = CNRT_VERSION;
  return cnrtSuccess;
}
cnrtRet_t cnrtSetLocalMem(unsigned int megabytes) {
  runPending(); // launches before this have what was set before
  localMemory = size_t(megabytes) << 20;
  return cnrtSuccess;
}
cnrtRet_t cnrtSetStackMem(unsigned int megabytes) {
  runPending();
  stackMemory = size_t(megabytes) << 20;
  return cnrtSuccess;
}
}
