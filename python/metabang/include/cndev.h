// The part of the device management interface (CNDev) that programs with kernels use: what the device is and can do.
// Power, temperature and load are not modelled and have no functions here.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CNDEV_VERSION_1 = 1, CNDEV_VERSION_2, CNDEV_VERSION_3, CNDEV_VERSION_4, CNDEV_VERSION_5, CNDEV_VERSION_6 };

typedef enum {
  CNDEV_SUCCESS = 0,
  CNDEV_ERROR_NO_DRIVER = 1,
  CNDEV_ERROR_LOW_DRIVER_VERSION = 2,
  CNDEV_ERROR_UNSUPPORTED_API_VERSION = 3,
  CNDEV_ERROR_UNINITIALIZED = 4,
  CNDEV_ERROR_INVALID_ARGUMENT = 5,
  CNDEV_ERROR_INVALID_DEVICE_ID = 6,
  CNDEV_ERROR_UNKNOWN = 7,
  CNDEV_ERROR_MALLOC = 8,
  CNDEV_ERROR_INSUFFICIENT_SPACE = 9,
  CNDEV_ERROR_NOT_SUPPORTED = 10,
  CNDEV_ERROR_INVALID_LINK = 11,
  CNDEV_ERROR_NO_DEVICES = 12,
  CNDEV_ERROR_NO_PERMISSION = 13
} cndevRet_t;

typedef int cndevDevice_t;

// `version` of each structure is the caller's: one of CNDEV_VERSION_*.
typedef struct {
  int version;
  unsigned number; // of devices
} cndevCardInfo_t;

typedef struct {
  int version;
  int count;
} cndevCardCoreCount_t, cndevCardClusterCount_t;

typedef struct {
  int version;
  int64_t physicalMemoryTotal; // all in MB
  int64_t physicalMemoryUsed;
  int64_t virtualMemoryTotal;
  int64_t virtualMemoryUsed;
  int64_t channelNumber;
  int64_t channelMemoryUsed[20];
} cndevMemoryInfo_t;

typedef struct {
  int version;
  int boardFreq; // MHz
  int ddrFreq;   // MHz
  uint8_t overtempDfsFlag;
  uint8_t fastDfsFlag;
} cndevFrequencyInfo_t;

typedef struct {
  int version;
  uint32_t dataWidth;        // bits
  uint32_t bandWidth;        // GB/s, before the decimal point
  uint32_t bandWidthDecimal; // and behind it
} cndevDDRInfo_t;

typedef struct {
  int32_t version;
  uint64_t int4Tensor; // multiply-adds of a core in a cycle
  uint64_t int8Tensor;
  uint64_t int16Tensor;
  uint64_t fp16Tensor;
  uint64_t bf16Tensor;
  uint64_t fp32Tensor;
  uint64_t fp16Vector; // operations of a core in a cycle; a multiply-add is two
  uint64_t bf16Vector;
  uint64_t fp32Vector;
  uint64_t int8Vector;
  uint64_t int16Vector;
} cndevDeviceMaxPerformance_t;

typedef struct {
  int version;
  unsigned libMajorVersion;
  unsigned libMinorVersion;
  unsigned libBuildVersion;
} cndevLibVersionInfo_t;

typedef struct {
  int version;
  unsigned mcuMajorVersion;
  unsigned mcuMinorVersion;
  unsigned mcuBuildVersion;
  unsigned driverMajorVersion;
  unsigned driverMinorVersion;
  unsigned driverBuildVersion;
} cndevVersionInfo_t;

typedef struct {
  int version;
  unsigned pid;
  uint64_t physicalMemoryUsed; // KiB
  uint64_t virtualMemoryUsed;
} cndevProcessInfo_t;

const char *cndevGetErrorString(cndevRet_t error);
cndevRet_t cndevInit(int reserved); // every other function needs it first
cndevRet_t cndevRelease();
cndevRet_t cndevGetLibVersion(cndevLibVersionInfo_t *version);
cndevRet_t cndevGetDeviceCount(cndevCardInfo_t *count);
cndevRet_t cndevGetDeviceHandleByIndex(int index, cndevDevice_t *device);
cndevRet_t cndevGetVersionInfo(cndevVersionInfo_t *version, cndevDevice_t device);
const char *cndevGetCardNameStringByDevId(cndevDevice_t device);
cndevRet_t cndevGetCoreCount(cndevCardCoreCount_t *count, cndevDevice_t device);
cndevRet_t cndevGetClusterCount(cndevCardClusterCount_t *count, cndevDevice_t device);
cndevRet_t cndevGetMemoryUsage(cndevMemoryInfo_t *memory, cndevDevice_t device);
cndevRet_t cndevGetFrequencyInfo(cndevFrequencyInfo_t *frequency, cndevDevice_t device);
cndevRet_t cndevGetDDRInfo(cndevDDRInfo_t *memory, cndevDevice_t device);
cndevRet_t cndevGetDeviceMaxPerformance(cndevDeviceMaxPerformance_t *peak, cndevDevice_t device);
/// `count` is the room in `processes` before, and how many there are after: this one.
cndevRet_t cndevGetProcessInfo(unsigned *count, cndevProcessInfo_t *processes, cndevDevice_t device);

#ifdef __cplusplus
}
#endif

#ifndef cndevCheckErrors
#define cndevCheckErrors(call)                                                                                          \
  do {                                                                                                                 \
    cndevRet_t cndev_status = (call);                                                                                  \
    if (cndev_status != CNDEV_SUCCESS) {                                                                               \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cndevGetErrorString(cndev_status));                \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)
#endif
