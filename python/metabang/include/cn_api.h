// The part of the driver's interface (CNDrv) that programs use next to CNRT: what the device is, what a context may
// launch. Work goes through cnrt.h; handles of queues are the same in both.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t cn_uint64_t;
typedef int64_t cn_int64_t;
typedef int CNdev;
typedef uint64_t CNaddr;
typedef struct CNctx_st *CNcontext;
typedef struct cnrtQueue *CNqueue;

typedef enum {
  CN_SUCCESS = 0,
  CN_ERROR_NOT_INITIALIZED = 100002,
  CN_ERROR_INVALID_VALUE = 100003,
  CN_ERROR_INVALID_DEVICE = 100004,
  CN_OPS_ERROR_NOT_SUPPORTED = 100005,
  CN_ERROR_UNKNOWN = 100006 // what CNRT refuses; cnrtGetLastError says more
} CNresult;

typedef enum {
  CN_KERNEL_CLASS_BLOCK = 1,
  CN_KERNEL_CLASS_UNION = 4,
  CN_KERNEL_CLASS_UNION1 = 4,
  CN_KERNEL_CLASS_UNION2 = 8,
  CN_KERNEL_CLASS_UNION4 = 16,
  CN_KERNEL_CLASS_UNION8 = 32,
  CN_KERNEL_CLASS_UNION16 = 64,
  CN_KERNEL_CLASS_NONE = 0xFF
} KernelClass;

typedef enum {
  CN_DEVICE_ATTRIBUTE_MAX_BLOCK_TASK_DIM_X,
  CN_DEVICE_ATTRIBUTE_MAX_BLOCK_TASK_DIM_Y,
  CN_DEVICE_ATTRIBUTE_MAX_BLOCK_TASK_DIM_Z,
  CN_DEVICE_ATTRIBUTE_MAX_CLUSTER_COUNT,
  CN_DEVICE_ATTRIBUTE_MAX_CORE_COUNT_PER_CLUSTER,
  CN_DEVICE_ATTRIBUTE_MAX_CLUSTER_COUNT_PER_UNION_TASK,
  CN_DEVICE_ATTRIBUTE_NRAM_SIZE_PER_CORE,
  CN_DEVICE_ATTRIBUTE_WEIGHT_RAM_SIZE_PER_CORE,
  CN_DEVICE_ATTRIBUTE_MAX_SHARED_RAM_SIZE_PER_CLUSTER,
  CN_DEVICE_ATTRIBUTE_CLUSTER_CLOCK_RATE,       // kHz
  CN_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE,        // kHz
  CN_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH,  // bits
  CN_DEVICE_ATTRIBUTE_TOTAL_MEMORY_SIZE,        // MB
  CN_DEVICE_ATTRIBUTE_MAX_L2_CACHE_SIZE,
  CN_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE,
  CN_DEVICE_ATTRIBUTE_MLU_ISA_VERSION
} CNdevice_attribute;
typedef CNdevice_attribute CNdevice_attr;

typedef enum { CN_CTX_CONFIG_VISIBLE_CLUSTER_NUM, CN_CTX_CONFIG_UNION_LIMIT } CNctxConfigParamType;
typedef union {
  unsigned int visibleClusterNumber;
  KernelClass unionLimit;
} CNctxConfigParam;

CNresult cnInit(unsigned int flags);
CNresult cnGetErrorName(CNresult error, const char **name);
CNresult cnGetErrorString(CNresult error, const char **text);
CNresult cnGetLibVersion(int *major, int *minor, int *patch);
CNresult cnDeviceGetCount(int *count);
CNresult cnDeviceGet(CNdev *device, int ordinal);
CNresult cnDeviceGetName(char *name, int bytes, CNdev device);
CNresult cnDeviceGetAttribute(int *value, CNdevice_attribute attribute, CNdev device);
CNresult cnCtxCreate(CNcontext *context, unsigned int flags, CNdev device);
CNresult cnCtxDestroy(CNcontext context);
CNresult cnCtxSync(void);
CNresult cnSharedContextAcquire(CNcontext *context, CNdev device);
CNresult cnSharedContextRelease(CNdev device);
CNresult cnCtxGetCurrent(CNcontext *context);
CNresult cnCtxSetCurrent(CNcontext context);
CNresult cnCtxGetDevice(CNdev *device);
CNresult cnQueueGetContext(CNqueue queue, CNcontext *context);
CNresult cnGetCtxConfigParam(CNcontext context, CNctxConfigParamType which, CNctxConfigParam *value);
/// How many Block tasks, or UnionN jobs, run at one time.
CNresult cnGetCtxMaxParallelUnionTasks(CNcontext context, KernelClass kind, int *count);

CNresult cnMalloc(CNaddr *address, cn_uint64_t bytes);
CNresult cnFree(CNaddr address);
CNresult cnMemcpyHtoD(CNaddr to, const void *from, cn_uint64_t bytes);
CNresult cnMemcpyDtoH(void *to, CNaddr from, cn_uint64_t bytes);
CNresult cnMemcpyDtoD(CNaddr to, CNaddr from, cn_uint64_t bytes);
CNresult cnMemsetD8(CNaddr to, unsigned char value, cn_uint64_t bytes);
CNresult cnQueueCreate(CNqueue *queue, unsigned int flags);
CNresult cnQueueDestroy(CNqueue queue);
CNresult cnQueueSync(CNqueue queue);

#ifdef __cplusplus
}
#endif
