// Device management (CNDev), as far as programs with kernels ask it: the numbers of the device description.
#pragma GCC visibility push(default)
#include "cndev.h"
#include "cn_api.h"
#include "cnrt.h"
#pragma GCC visibility pop
#include "Launch.h"

#include <atomic>
#include <cmath>
#include <unistd.h>

using namespace metabang::sim;

static std::atomic<bool> initialized{false};

/// Whether `to` can be filled for `device`; every query begins with it.
static cndevRet_t check(const void *to, cndevDevice_t device) {
  if (!initialized)
    return CNDEV_ERROR_UNINITIALIZED;
  if (!to)
    return CNDEV_ERROR_INVALID_ARGUMENT;
  return device == 0 ? CNDEV_SUCCESS : CNDEV_ERROR_INVALID_DEVICE_ID;
}

static int64_t usedBytes() {
  size_t available = 0, total = 0;
  cnrtMemGetInfo(&available, &total);
  return int64_t(total - available);
}

extern "C" {

const char *cndevGetErrorString(cndevRet_t error) {
  static const char *const names[] = {"no error",
                                      "no driver",
                                      "the driver is too old",
                                      "unsupported version of the API",
                                      "cndevInit was not called",
                                      "invalid argument",
                                      "invalid device",
                                      "unknown error",
                                      "out of host memory",
                                      "not enough space",
                                      "not supported",
                                      "invalid link",
                                      "no device",
                                      "no permission"};
  return error >= 0 && size_t(error) < sizeof(names) / sizeof(*names) ? names[error] : "no error of CNDev";
}

cndevRet_t cndevInit(int) {
  initialized = true;
  return CNDEV_SUCCESS;
}

cndevRet_t cndevRelease() {
  initialized = false;
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetLibVersion(cndevLibVersionInfo_t *version) {
  if (cndevRet_t status = check(version, 0))
    return status;
  version->libMajorVersion = 1; // of the interface, without which older programs do not start
  version->libMinorVersion = version->libBuildVersion = 0;
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetDeviceCount(cndevCardInfo_t *count) {
  if (cndevRet_t status = check(count, 0))
    return status;
  count->number = 1;
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetDeviceHandleByIndex(int index, cndevDevice_t *device) {
  if (cndevRet_t status = check(device, index))
    return status;
  *device = index;
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetVersionInfo(cndevVersionInfo_t *version, cndevDevice_t device) {
  if (cndevRet_t status = check(version, device))
    return status;
  int major = 0, minor = 0, patch = 0;
  cnrtDriverGetVersion(&major, &minor, &patch);
  version->mcuMajorVersion = version->mcuMinorVersion = version->mcuBuildVersion = 0;
  version->driverMajorVersion = unsigned(major);
  version->driverMinorVersion = unsigned(minor);
  version->driverBuildVersion = unsigned(patch);
  return CNDEV_SUCCESS;
}

const char *cndevGetCardNameStringByDevId(cndevDevice_t device) {
  return device == 0 ? currentDevice().product : "unknown";
}

cndevRet_t cndevGetCoreCount(cndevCardCoreCount_t *count, cndevDevice_t device) {
  if (cndevRet_t status = check(count, device))
    return status;
  count->count = int(currentDevice().cores());
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetClusterCount(cndevCardClusterCount_t *count, cndevDevice_t device) {
  if (cndevRet_t status = check(count, device))
    return status;
  count->count = int(currentDevice().clusters);
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetMemoryUsage(cndevMemoryInfo_t *memory, cndevDevice_t device) {
  if (cndevRet_t status = check(memory, device))
    return status;
  const int version = memory->version;
  *memory = {};
  memory->version = version;
  memory->physicalMemoryTotal = memory->virtualMemoryTotal = currentDevice().gdramBytes >> 20;
  memory->physicalMemoryUsed = memory->virtualMemoryUsed = usedBytes() >> 20;
  memory->channelNumber = 1;
  memory->channelMemoryUsed[0] = memory->physicalMemoryUsed;
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetFrequencyInfo(cndevFrequencyInfo_t *frequency, cndevDevice_t device) {
  if (cndevRet_t status = check(frequency, device))
    return status;
  int memory = 0;
  cnDeviceGetAttribute(&memory, CN_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, device);
  frequency->boardFreq = int(currentDevice().clockMhz);
  frequency->ddrFreq = memory / 1000;
  frequency->overtempDfsFlag = frequency->fastDfsFlag = 0;
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetDDRInfo(cndevDDRInfo_t *memory, cndevDevice_t device) {
  if (cndevRet_t status = check(memory, device))
    return status;
  int bits = 0;
  cnDeviceGetAttribute(&bits, CN_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, device);
  const double gbPerS = currentDevice().dramGbPerS;
  memory->dataWidth = unsigned(bits);
  memory->bandWidth = unsigned(gbPerS);
  memory->bandWidthDecimal = unsigned(std::lround((gbPerS - std::floor(gbPerS)) * 10));
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetDeviceMaxPerformance(cndevDeviceMaxPerformance_t *peak, cndevDevice_t device) {
  if (cndevRet_t status = check(peak, device))
    return status;
  const metabang::Device &d = currentDevice();
  peak->int4Tensor = uint64_t(d.macsPerCycleInt4);
  peak->int8Tensor = uint64_t(d.macsPerCycleInt8);
  peak->int16Tensor = uint64_t(d.macsPerCycleInt16);
  peak->fp16Tensor = uint64_t(d.macsPerCycleF16);
  peak->bf16Tensor = uint64_t(d.macsPerCycleBf16);
  peak->fp32Tensor = uint64_t(d.macsPerCycleF32);
  // a result for each element that the vector unit reads in a cycle, and a multiply-add counts twice where there is one
  const double operations = (d.hasFusion ? 2 : 1) * d.vectorBytesPerCycle;
  peak->fp16Vector = uint64_t(operations / 2);
  peak->bf16Vector = d.hasBf16Vector ? peak->fp16Vector : 0;
  peak->fp32Vector = uint64_t(operations / 4);
  peak->int8Vector = d.hasIntegerVector ? uint64_t(operations) : 0;
  peak->int16Vector = d.hasIntegerVector ? peak->fp16Vector : 0;
  return CNDEV_SUCCESS;
}

cndevRet_t cndevGetProcessInfo(unsigned *count, cndevProcessInfo_t *processes, cndevDevice_t device) {
  if (cndevRet_t status = check(count, device))
    return status;
  const unsigned room = *count;
  *count = 1;
  if (room == 0)
    return CNDEV_ERROR_INSUFFICIENT_SPACE;
  if (!processes)
    return CNDEV_ERROR_INVALID_ARGUMENT;
  processes->pid = unsigned(getpid());
  processes->physicalMemoryUsed = processes->virtualMemoryUsed = uint64_t(usedBytes()) >> 10;
  return CNDEV_SUCCESS;
}
}
