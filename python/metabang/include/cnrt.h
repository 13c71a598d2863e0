/* CNRT, the runtime of Neuware, as libcnrt_sim.so offers it: the names of both generations (4.x of MLU270 and 5.x/6.x).
 * Codes and enumerators are those of 6.x; macros give the 4.x spellings. */
#ifndef METABANG_CNRT_H
#define METABANG_CNRT_H

#include "cn_api.h" /* kernels_light of mlu-ops includes CNRT and calls CNDrv */
#include <stddef.h>
#include <stdint.h>

#define CNRT_MAJOR_VERSION 6
#define CNRT_MINOR_VERSION 14
#define CNRT_PATCH_VERSION 1
#define CNRT_VERSION (CNRT_MAJOR_VERSION * 10000 + CNRT_MINOR_VERSION * 100 + CNRT_PATCH_VERSION)

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  cnrtSuccess = 0,
  cnrtErrorNotReady = 1,
  cnrtErrorInit = 100002,
  cnrtErrorNoDevice = 100004,
  cnrtErrorDeviceInvalid = 100005,
  cnrtErrorArgsInvalid = 100006,
  cnrtErrorSys = 100007,
  cnrtErrorSysNoMem = 100010,
  cnrtErrorInvalidResourceHandle = 100014,
  cnrtErrorIllegalState = 100015,
  cnrtErrorNotSupport = 100050,
  cnrtErrorQueue = 100060,
  cnrtErrorNoMem = 100100,
  cnrtErrorAssert = 100128,
  cnrtErrorKernelTrap = 100132,
  cnrtErrorNotFound = 100301,
  cnrtErrorInvalidKernel = 100302,
  cnrtErrorUnsupportedKernelVersion = 100303,
  cnrtErrorNoKernel = 101312,
  cnrtErrorNoModule = 101315,
  cnrtErrorMemcpyDirectionInvalid = 632013,
  cnrtErrorBusy = 632014,
  cnrtErrorCndrvFuncCall = 632015,
  cnrtErrorInvalidSymbol = 632100,
  cnrtErrorUnknown = 999991
} cnrtRet_t;
#define CNRT_RET_SUCCESS cnrtSuccess
#define CNRT_RET_ERR_NOT_READY cnrtErrorNotReady
#define CNRT_RET_ERR_INVALID cnrtErrorArgsInvalid
#define CNRT_RET_ERR_NOMEM cnrtErrorNoMem
#define CNRT_RET_ERR_NODEV cnrtErrorNoDevice
#define CNRT_RET_ERR_SYS cnrtErrorSys
#define CNRT_RET_ERR_INIT cnrtErrorInit
#define CNRT_RET_ERR_UNKNOWN cnrtErrorUnknown
typedef cnrtRet_t cnrtError_t;

typedef enum {
  cnrtMemcpyHostToDev = 0,
  cnrtMemcpyDevToDev = 1,
  cnrtMemcpyDevToHost = 2,
  cnrtMemcpyHostToHost = 3,
  cnrtMemcpyPeerToPeer = 4,
  cnrtMemcpyNoDirection = 5
} cnrtMemTransDir_t;
#define CNRT_MEM_TRANS_DIR_HOST2DEV cnrtMemcpyHostToDev
#define CNRT_MEM_TRANS_DIR_DEV2DEV cnrtMemcpyDevToDev
#define CNRT_MEM_TRANS_DIR_DEV2HOST cnrtMemcpyDevToHost
#define CNRT_MEM_TRANS_DIR_HOST2HOST cnrtMemcpyHostToHost
#define CNRT_MEM_TRANS_DIR_PEER2PEER cnrtMemcpyPeerToPeer
#define CNRT_MEM_TRANS_DIR_NODIR cnrtMemcpyNoDirection

typedef enum {
  cnrtFuncTypeBlock = 1,
  cnrtFuncTypeUnion1 = 4,
  cnrtFuncTypeUnion2 = 8,
  cnrtFuncTypeUnion4 = 16,
  cnrtFuncTypeUnion8 = 32,
  cnrtFuncTypeUnion16 = 64,
  cnrtFuncTypeMutable = -1
} cnrtFunctionType_t;
typedef cnrtFunctionType_t cnrtJobType_t;
#define CNRT_FUNC_TYPE_BLOCK cnrtFuncTypeBlock
#define CNRT_FUNC_TYPE_UNION1 cnrtFuncTypeUnion1
#define CNRT_FUNC_TYPE_UNION2 cnrtFuncTypeUnion2
#define CNRT_FUNC_TYPE_UNION4 cnrtFuncTypeUnion4
#define CNRT_FUNC_TYPE_UNION8 cnrtFuncTypeUnion8
#define CNRT_FUNC_TYPE_UNION16 cnrtFuncTypeUnion16
#define CNRT_FUNC_TYPE_MUTABLE cnrtFuncTypeMutable

typedef enum {
  cnrtAttrMaxDimX = 0x201,
  cnrtAttrMaxDimY = 0x202,
  cnrtAttrMaxDimZ = 0x203,
  cnrtAttrClusterCount = 0x205,
  cnrtAttrMcorePerCluster = 0x206,
  cnrtAttrMaxQuadrantCount = 0x207,
  cnrtAttrMaxUnionTypePerQuadrant = 0x208,
  cnrtAttrMaxClusterPerUnionLimitTask = 0x209,
  cnrtAttrISAVersion = 0x20a,
  cnrtAttrNramSizePerMcore = 0x302,
  cnrtAttrWramSizePerMcore = 0x303,
  cnrtAttrTotalConstMemorySize = 0x304,
  cnrtAttrLmemSizePerMcore = 0x305,
  cnrtAttrSramSizePerMcore = 0x306,
  cnrtAttrGlobalMemoryNodeCount = 0x307,
  cnrtAttrIpuClockRate = 0x402,
  cnrtAttrMemClockRate = 0x403,
  cnrtAttrGmemBusWidth = 0x404,
  cnrtAttrTotalMemSize = 0x405
} cnrtDeviceAttr_t;

/* 4.x: how host memory is allocated; 6.x: what a pointer points to. */
typedef enum {
  CNRT_MEMTYPE_DEFAULT = 0,
  CNRT_MEMTYPE_LOCKED = 1,
  cnrtMemTypeUnregistered = 0,
  cnrtMemTypeHost = 1,
  cnrtMemTypeDevice = 2
} cnrtMemType_t;
typedef enum {
  CNRT_INVALID = 0x0,
  CNRT_FLOAT16 = 0x12,
  CNRT_FLOAT32 = 0x13,
  CNRT_FLOAT64 = 0x14,
  CNRT_INT8 = 0x21,
  CNRT_INT16 = 0x22,
  CNRT_INT32 = 0x23,
  CNRT_UINT8 = 0x31,
  CNRT_UINT32 = 0x33,
  CNRT_FIX8 = 0x41,
  CNRT_QUANT8 = 0x51,
  CNRT_BOOL = 0x61
} cnrtDataType_t;
typedef enum {
  cnrtUnknown = 0,
  cnrtDouble = 0x1,
  cnrtFloat = 0x2,
  cnrtHalf = 0x3,
  cnrtBfloat = 0x4,
  cnrtUlonglong = 0x11,
  cnrtUint = 0x12,
  cnrtUshort = 0x13,
  cnrtUchar = 0x14,
  cnrtLonglong = 0x21,
  cnrtInt = 0x22,
  cnrtShort = 0x23,
  cnrtChar = 0x24,
  cnrtBoolean = 0x31
} cnrtDataType_V2_t;
typedef enum {
  cnrtRounding_rn = 0, /* nearest, ties to even */
  cnrtRounding_rz = 1,
  cnrtRounding_rd = 2,
  cnrtRounding_ru = 3,
  cnrtRounding_ro = 4, /* nearest, ties away from zero */
  cnrtRounding_rm = 5  /* nearest, ties up */
} cnrtRoundingMode_t;
typedef enum {
  CNRT_CHANNEL_TYPE_DUPLICATE = -2,
  CNRT_CHANNEL_TYPE_NONE = -1,
  CNRT_CHANNEL_TYPE_0 = 0,
  CNRT_CHANNEL_TYPE_1,
  CNRT_CHANNEL_TYPE_2,
  CNRT_CHANNEL_TYPE_3
} cnrtChannelType_t;

typedef struct {
  unsigned int x, y, z;
} cnrtDim3_t;
typedef struct cnrtQueue *cnrtQueue_t;
typedef struct cnrtNotifier *cnrtNotifier_t;
typedef struct cnrtParamsSt *cnrtKernelParamsBuffer_t;
typedef struct cnrtInitParamSt *cnrtKernelInitParam_t;
typedef struct cnrtQuantizedParam *cnrtQuantizedParam_t;
typedef uint64_t cnrtDev_t;
typedef void (*cnrtHostFn_t)(void *);
typedef struct {
  char device_name[64];
  int core_version;
  int core_num;
} cnrtDeviceInfo_t;
typedef struct {
  char name[256];
  int totalMem; /* MB */
  int maxDim[3];
  int ipuClockRate, memClockRate; /* kHz */
  int major, minor;               /* compute capability */
  int clusterCount, McorePerCluster, maxClusterCountPerUnionTask, ISAVersion;
  int NramSizePerMcore, WramSizePerMcore, SramSizePerMcore; /* bytes */
  int GmemBusWidth;                                         /* bits */
  int availableGlobalMemorySize;                            /* MB */
  uint64_t totalGlobalMemSize;                              /* bytes */
} cnrtDeviceProp_t;
typedef struct {
  cnrtMemType_t type;
  int device;
  size_t size;
  void *devicePointer, *hostPointer, *deviceBasePointer;
} cnrtPointerAttributes_t;
/* How an invocation of 4.x may choose clusters; the simulator's are all alike. */
typedef struct {
  int *data_parallelism;
  unsigned int *affinity;
  void *end;
} cnrtInvokeFuncParam_t;
typedef enum { CNRT_INVOKE_PARAM_TYPE_0 = 0 } cnrtInvokeParamType_t;
typedef struct {
  unsigned int *affinity;
} cnrtClusterAffinity_t;
typedef struct {
  cnrtInvokeParamType_t invoke_param_type;
  cnrtClusterAffinity_t cluster_affinity;
} cnrtInvokeParam_t;
#define CNRT_NOTIFIER_DEFAULT 0
#define CNRT_NOTIFIER_DISABLE_TIMING_SW 2
#define CNRT_NOTIFIER_DISABLE_TIMING_ALL 4
#define CNRT_NOTIFIER_INTERPROCESS 8

/* Device. */
cnrtRet_t cnrtInit(unsigned int flags);
void cnrtDestroy(void);
cnrtRet_t cnrtGetDeviceCount(unsigned int *count);
cnrtRet_t cnrtGetDeviceHandle(cnrtDev_t *device, int ordinal);
cnrtRet_t cnrtSetCurrentDevice(cnrtDev_t device);
cnrtRet_t cnrtGetDeviceInfo(cnrtDeviceInfo_t *info, int ordinal);
cnrtRet_t cnrtSetDevice(int ordinal);
cnrtRet_t cnrtGetDevice(int *ordinal);
cnrtRet_t cnrtSyncDevice(void);
cnrtRet_t cnrtDeviceReset(void);
cnrtRet_t cnrtDeviceGetAttribute(int *value, cnrtDeviceAttr_t attribute, int ordinal);
cnrtRet_t cnrtDriverGetVersion(int *major, int *minor, int *patch);
cnrtRet_t cnrtGetLibVersion(int *major, int *minor, int *patch);
cnrtRet_t cnrtGetVersion(unsigned int *version);
cnrtRet_t cnrtSetLocalMem(unsigned int megabytes);
cnrtRet_t cnrtSetStackMem(unsigned int megabytes);
cnrtRet_t cnrtSetCurrentChannel(cnrtChannelType_t channel);
cnrtRet_t cnrtGetDeviceProperties(cnrtDeviceProp_t *properties, int ordinal);
cnrtRet_t cnrtDeviceGetPCIBusId(char *text, int length, int ordinal);
cnrtRet_t cnrtDeviceGetQueuePriorityRange(int *least, int *greatest);

/* Queues and notifiers. */
cnrtRet_t cnrtCreateQueue(cnrtQueue_t *queue);
cnrtRet_t cnrtDestroyQueue(cnrtQueue_t queue);
cnrtRet_t cnrtSyncQueue(cnrtQueue_t queue);
cnrtRet_t cnrtQueueCreate(cnrtQueue_t *queue);
cnrtRet_t cnrtQueueCreateWithPriority(cnrtQueue_t *queue, unsigned int flags, int priority);
cnrtRet_t cnrtQueueDestroy(cnrtQueue_t queue);
cnrtRet_t cnrtQueueSync(cnrtQueue_t queue);
cnrtRet_t cnrtQueueQuery(cnrtQueue_t queue);
cnrtRet_t cnrtCreateNotifier(cnrtNotifier_t *notifier);
cnrtRet_t cnrtDestroyNotifier(cnrtNotifier_t notifier);
cnrtRet_t cnrtNotifierCreate(cnrtNotifier_t *notifier);
cnrtRet_t cnrtNotifierCreateWithFlags(cnrtNotifier_t *notifier, unsigned int flags);
cnrtRet_t cnrtNotifierDestroy(cnrtNotifier_t notifier);
cnrtRet_t cnrtPlaceNotifier(cnrtNotifier_t notifier, cnrtQueue_t queue);
cnrtRet_t cnrtWaitNotifier(cnrtNotifier_t notifier);
cnrtRet_t cnrtQueryNotifier(cnrtNotifier_t notifier);
cnrtRet_t cnrtQueueWaitNotifier(cnrtNotifier_t notifier, cnrtQueue_t queue, unsigned int flag);
cnrtRet_t cnrtNotifierDuration(cnrtNotifier_t start, cnrtNotifier_t end, float *microseconds);
cnrtRet_t cnrtNotifierElapsedTime(cnrtNotifier_t start, cnrtNotifier_t end, float *milliseconds);
cnrtRet_t cnrtInvokeHostFunc(cnrtQueue_t queue, cnrtHostFn_t function, void *argument);

/* Memory. */
cnrtRet_t cnrtMalloc(void **pointer, size_t bytes);
cnrtRet_t cnrtFree(void *pointer);
cnrtRet_t cnrtHostMalloc(void **pointer, size_t bytes);
#ifdef __cplusplus
} /* C++ callers may leave the type of host memory out */
extern "C" {
cnrtRet_t cnrtMallocHost(void **pointer, size_t bytes, cnrtMemType_t type = CNRT_MEMTYPE_DEFAULT);
#else
cnrtRet_t cnrtMallocHost(void **pointer, size_t bytes, cnrtMemType_t type);
#endif
cnrtRet_t cnrtFreeHost(void *pointer);
cnrtRet_t cnrtMemGetInfo(size_t *free_bytes, size_t *total_bytes);
cnrtRet_t cnrtMemcpy(void *dst, const void *src, size_t bytes, cnrtMemTransDir_t direction);
cnrtRet_t cnrtMemcpyAsync(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction);
cnrtRet_t cnrtMemcpyAsync_V2(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction);
cnrtRet_t cnrtMemcpyAsync_V3(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction);
cnrtRet_t cnrtMemset(void *pointer, int value, size_t bytes);
cnrtRet_t cnrtMemsetAsync(void *pointer, int value, size_t bytes, cnrtQueue_t queue);

cnrtRet_t cnrtMallocConstant(void **pointer, size_t bytes);
cnrtRet_t cnrtMemcpy2D(void *dst, size_t dst_pitch, const void *src, size_t src_pitch, size_t width, size_t height,
                       cnrtMemTransDir_t direction);
cnrtRet_t cnrtPointerGetAttributes(cnrtPointerAttributes_t *attributes, const void *pointer);
/* `symbol` is a variable declared with __mlu_device__ or __mlu_const__. */
cnrtRet_t cnrtGetSymbolAddress(void **pointer, const void *symbol);
cnrtRet_t cnrtGetSymbolSize(size_t *bytes, const void *symbol);
cnrtRet_t cnrtMemcpyToSymbol(const void *symbol, const void *src, size_t bytes, size_t offset,
                             cnrtMemTransDir_t direction);
cnrtRet_t cnrtMemcpyFromSymbol(void *dst, const void *symbol, size_t bytes, size_t offset,
                               cnrtMemTransDir_t direction);

/* Conversions on the host. */
cnrtRet_t cnrtCreateQuantizedParam(cnrtQuantizedParam_t *param, int position, float scale, int offset);
cnrtRet_t cnrtDestroyQuantizedParam(cnrtQuantizedParam_t param);
cnrtRet_t cnrtCastDataType(void *src, cnrtDataType_t src_type, void *dst, cnrtDataType_t dst_type, int count,
                           cnrtQuantizedParam_t param);
cnrtRet_t cnrtCastDataType_V2(void *src, cnrtDataType_V2_t src_type, void *dst, cnrtDataType_V2_t dst_type,
                              int count, cnrtQuantizedParam_t param, cnrtRoundingMode_t rounding);

/* Kernels. */
cnrtRet_t cnrtInvokeKernel(const void *kernel, cnrtDim3_t dim, cnrtFunctionType_t type, void **args, size_t reserved,
                           cnrtQueue_t queue);
cnrtRet_t cnrtGetKernelParamsBuffer(cnrtKernelParamsBuffer_t *params);
cnrtRet_t cnrtKernelParamsBufferAddParam(cnrtKernelParamsBuffer_t params, void *data, size_t bytes);
cnrtRet_t cnrtKernelParamsBufferMarkInput(cnrtKernelParamsBuffer_t params);
cnrtRet_t cnrtKernelParamsBufferMarkOutput(cnrtKernelParamsBuffer_t params);
cnrtRet_t cnrtKernelParamsBufferMarkStatic(cnrtKernelParamsBuffer_t params);
cnrtRet_t cnrtDestroyKernelParamsBuffer(cnrtKernelParamsBuffer_t params);
cnrtRet_t cnrtInvokeKernel_V2(const void *function, cnrtDim3_t dim, cnrtKernelParamsBuffer_t params,
                              cnrtFunctionType_t type, cnrtQueue_t queue);
cnrtRet_t cnrtCreateKernelInitParam(cnrtKernelInitParam_t *param);
cnrtRet_t cnrtInitKernelMemory(const void *function, cnrtKernelInitParam_t param);
cnrtRet_t cnrtInvokeKernel_V3(const void *function, cnrtKernelInitParam_t init, cnrtDim3_t dim,
                              cnrtKernelParamsBuffer_t params, cnrtFunctionType_t type, cnrtQueue_t queue, void *extra);
cnrtRet_t cnrtDestroyKernelInitParamAndMemory(cnrtKernelInitParam_t param);
cnrtRet_t cnrtFilterReshape(void *dst, void *src, int n, int h, int w, int c, cnrtDataType_t type);
cnrtRet_t cnrtConvertFloatToHalf(uint16_t *dst, float value);
cnrtRet_t cnrtConvertHalfToFloat(float *dst, uint16_t value);

/* Errors. */
cnrtRet_t cnrtGetLastError(void);
cnrtRet_t cnrtPeekAtLastError(void);
const char *cnrtGetErrorName(cnrtRet_t error);
const char *cnrtGetErrorStr(cnrtRet_t error);

#ifdef __cplusplus
}
/* 4.x takes a pointer to the notifier. */
template <typename T> cnrtRet_t cnrtGetSymbolAddress(void **pointer, const T &symbol) {
  return cnrtGetSymbolAddress(pointer, (const void *)&symbol);
}
template <typename T> cnrtRet_t cnrtGetSymbolSize(size_t *bytes, const T &symbol) {
  return cnrtGetSymbolSize(bytes, (const void *)&symbol);
}
template <typename T>
cnrtRet_t cnrtMemcpyToSymbol(const T &symbol, const void *src, size_t bytes, size_t offset = 0,
                             cnrtMemTransDir_t direction = cnrtMemcpyHostToDev) {
  return cnrtMemcpyToSymbol((const void *)&symbol, src, bytes, offset, direction);
}
template <typename T>
cnrtRet_t cnrtMemcpyFromSymbol(void *dst, const T &symbol, size_t bytes, size_t offset = 0,
                               cnrtMemTransDir_t direction = cnrtMemcpyDevToHost) {
  return cnrtMemcpyFromSymbol(dst, (const void *)&symbol, bytes, offset, direction);
}
static inline cnrtRet_t cnrtDestroyNotifier(cnrtNotifier_t *notifier) { return cnrtNotifierDestroy(*notifier); }
#endif

#ifndef CNRT_CHECK
#include <stdio.h>
#include <stdlib.h>
#define CNRT_CHECK(call)                                                                                               \
  do {                                                                                                                 \
    cnrtRet_t cnrt_check_ret = (call);                                                                                 \
    if (cnrt_check_ret != cnrtSuccess) {                                                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, cnrtGetErrorStr(cnrt_check_ret));                             \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)
#endif

#endif /* METABANG_CNRT_H */
