#include "CnrtInternal.h"
#include "Half.h"
#include "Launch.h"
#include "Queues.h"
#include "Races.h"

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

struct cnrtParamsSt {
  std::vector<uint64_t> slots; // each parameter takes one slot of 8 bytes
};
struct cnrtInitParamSt {
  const void *function = nullptr;
};

using namespace metabang::sim;

/// Whether the device runs a job of this type with these tasks; otherwise the report says why not.
static cnrtRet_t checkJob(const Kernel &kernel, const metabang::Device &device, cnrtDim3_t dim,
                          cnrtFunctionType_t type) {
  std::string name = std::string("kernel '") + kernel.info->name + "' was launched as ";
  switch (type) {
  case cnrtFuncTypeBlock:
    return cnrtSuccess;
  case cnrtFuncTypeUnion1:
  case cnrtFuncTypeUnion2:
  case cnrtFuncTypeUnion4:
  case cnrtFuncTypeUnion8:
  case cnrtFuncTypeUnion16:
    break;
  default:
    setLastReport(name + "a job of type " + std::to_string(type) +
                  ", which does not exist. Use cnrtFuncTypeBlock or cnrtFuncTypeUnion1, 2, 4, 8, 16.");
    return cnrtErrorArgsInvalid;
  }
  int64_t clusters = type / 4, cores = clusters * device.coresPerCluster;
  name += "Union" + std::to_string(clusters);
  if (clusters > device.maxUnionClusters) {
    setLastReport(name + " but " + device.name + " has unions of at most " + std::to_string(device.maxUnionClusters) +
                  " clusters. Launch a smaller union.");
    return cnrtErrorNotSupport;
  }
  if (dim.x % cores) {
    setLastReport(name + " with dim.x = " + std::to_string(dim.x) + ", which is no multiple of its " +
                  std::to_string(cores) + " cores. Make dim.x a multiple of " + std::to_string(cores) + ".");
    return cnrtErrorArgsInvalid;
  }
  return cnrtSuccess;
}

/// What a launch that has begun to wait needs until it runs: CNRT copies the arguments.
struct Waiting {
  Launch launch;
  std::vector<std::unique_ptr<max_align_t[]>> values;
  std::vector<void *> arguments;

  void copyArguments(void **args) {
    const __mlu_kernel_info &info = *launch.kernel.info;
    for (unsigned i = 0; i < info.nparams; ++i) {
      values.emplace_back(new max_align_t[info.sizes[i] / sizeof(max_align_t) + 1]);
      memcpy(values.back().get(), args[i], info.sizes[i]);
      arguments.push_back(values.back().get());
    }
    launch.args = arguments.data();
  }
};

/// Looks for races of what the kernel did with other queues and with the host; false if there is one.
static bool touchAll(const Launch &l, const OperationRef &operation) {
  bool right = true;
  l.races->forEach([&](uintptr_t begin, uintptr_t end, bool write, bool atomic, const __mlu_site &site, uintptr_t pc) {
    if (right && findAllocation(reinterpret_cast<void *>(begin)).size)
      right = touchDevice({operation, write, atomic, site, pc, l.kernel.module}, begin, end - begin);
  });
  return right;
}

static void perform(Launch &l, cnrtQueueSt *q, const OperationRef &operation) {
  double us = runLaunch(l);
  if (!l.report.empty()) {
    failQueue(q, cnrtErrorKernelTrap); // as on a card, a launch succeeds and the next synchronisation fails
    return;
  }
  advanceQueue(q, us);
  if (operation && l.races && !touchAll(l, operation))
    failQueue(q, cnrtErrorQueue);
}

static cnrtRet_t launch(const void *handle, cnrtDim3_t dim, cnrtFunctionType_t type, void **args, cnrtQueue_t queue) {
  cnrtQueueSt *q = liveQueue(queue);
  if (!q)
    return remember(cnrtErrorInvalidResourceHandle);
  Kernel kernel = findKernel(handle);
  if (!kernel.info)
    return remember(cnrtErrorInvalidKernel);
  RunningLaunch running;
  const metabang::Device &device = *running.device;
  uint64_t limit = uint64_t(device.maxTaskDim);
  if (!dim.x || !dim.y || !dim.z || dim.x > limit || dim.y > limit || dim.z > limit ||
      uint64_t(dim.x) * dim.y * dim.z > INT32_MAX || (kernel.info->nparams && !args))
    return remember(cnrtErrorArgsInvalid);
  if (kernel.info->arch && kernel.info->arch != device.arch) {
    setLastReport(std::string("kernel '") + kernel.info->name + "' was compiled for architecture " +
                  std::to_string(kernel.info->arch) + " but the simulated device is " + device.name +
                  ". Compile it for this device, or choose the device with MLU_SIM_DEVICE or mluSimSetDevice.");
    return remember(cnrtErrorUnsupportedKernelVersion);
  }
  cnrtRet_t shape = checkJob(kernel, device, dim, type);
  if (shape != cnrtSuccess)
    return remember(shape);
  auto fill = [&](Launch &l) {
    l.device = &device;
    l.kernel = kernel;
    l.args = args;
    l.dim[0] = dim.x;
    l.dim[1] = dim.y;
    l.dim[2] = dim.z;
    l.type = type;
    l.sanitize = sanitizing();
    l.schedule = currentSchedule();
  };
  if (!queuesMatter()) {
    Launch l;
    fill(l);
    perform(l, q, nullptr);
    return cnrtSuccess;
  }
  auto waiting = std::make_shared<Waiting>();
  fill(waiting->launch);
  waiting->copyArguments(args);
  submit(q, std::string("kernel '") + kernel.info->name + "'", 0,
         [waiting, q](const OperationRef &operation) { perform(waiting->launch, q, operation); });
  return cnrtSuccess;
}

extern "C" {

cnrtRet_t cnrtInvokeKernel(const void *kernel, cnrtDim3_t dim, cnrtFunctionType_t type, void **args, size_t,
                           cnrtQueue_t queue) {
  return launch(kernel, dim, type, args, queue);
}

cnrtRet_t cnrtGetKernelParamsBuffer(cnrtKernelParamsBuffer_t *params) {
  if (!params)
    return remember(cnrtErrorArgsInvalid);
  *params = new cnrtParamsSt;
  return cnrtSuccess;
}

cnrtRet_t cnrtKernelParamsBufferAddParam(cnrtKernelParamsBuffer_t params, void *data, size_t bytes) {
  if (!params || !data || bytes == 0 || bytes > 8 || params->slots.size() >= 3072)
    return remember(cnrtErrorArgsInvalid);
  uint64_t slot = 0;
  memcpy(&slot, data, bytes);
  params->slots.push_back(slot);
  return cnrtSuccess;
}

cnrtRet_t cnrtKernelParamsBufferMarkInput(cnrtKernelParamsBuffer_t) { return cnrtSuccess; }
cnrtRet_t cnrtKernelParamsBufferMarkOutput(cnrtKernelParamsBuffer_t) { return cnrtSuccess; }
cnrtRet_t cnrtKernelParamsBufferMarkStatic(cnrtKernelParamsBuffer_t) { return cnrtSuccess; }

cnrtRet_t cnrtDestroyKernelParamsBuffer(cnrtKernelParamsBuffer_t params) {
  delete params;
  return cnrtSuccess;
}

cnrtRet_t cnrtInvokeKernel_V2(const void *function, cnrtDim3_t dim, cnrtKernelParamsBuffer_t params,
                              cnrtFunctionType_t type, cnrtQueue_t queue) {
  Kernel kernel = findKernel(function);
  if (!kernel.info)
    return remember(cnrtErrorInvalidKernel);
  if (!params || params->slots.size() != kernel.info->nparams)
    return remember(cnrtErrorArgsInvalid);
  std::vector<void *> args;
  for (uint64_t &slot : params->slots)
    args.push_back(&slot);
  return launch(function, dim, type, args.data(), queue);
}

cnrtRet_t cnrtCreateKernelInitParam(cnrtKernelInitParam_t *param) {
  if (!param)
    return remember(cnrtErrorArgsInvalid);
  *param = new cnrtInitParamSt;
  return cnrtSuccess;
}

cnrtRet_t cnrtInitKernelMemory(const void *function, cnrtKernelInitParam_t param) {
  if (!param)
    return remember(cnrtErrorArgsInvalid);
  if (!findKernel(function).info)
    return remember(cnrtErrorInvalidKernel);
  param->function = function;
  return cnrtSuccess;
}

cnrtRet_t cnrtInvokeKernel_V3(const void *function, cnrtKernelInitParam_t init, cnrtDim3_t dim,
                              cnrtKernelParamsBuffer_t params, cnrtFunctionType_t type, cnrtQueue_t queue, void *) {
  if (!init || init->function != function)
    return remember(cnrtErrorArgsInvalid);
  return cnrtInvokeKernel_V2(function, dim, params, type, queue);
}

cnrtRet_t cnrtDestroyKernelInitParamAndMemory(cnrtKernelInitParam_t param) {
  delete param;
  return cnrtSuccess;
}

/// [n][h][w][c] to the image of a contiguous copy to WRAM: [64 banks][n / 64][h * w * c]; n is a multiple of 64.
cnrtRet_t cnrtFilterReshape(void *dst, void *src, int n, int h, int w, int c, cnrtDataType_t type) {
  size_t bytes = type == CNRT_INT8 ? 1 : type == CNRT_INT16 || type == CNRT_FLOAT16 ? 2 : 4;
  if (!dst || !src || n <= 0 || n % 64 || h <= 0 || w <= 0 || c <= 0)
    return remember(cnrtErrorArgsInvalid);
  size_t row = size_t(h) * w * c * bytes, slots = size_t(n) / 64;
  for (size_t f = 0; f < size_t(n); ++f)
    memcpy(static_cast<char *>(dst) + (f % 64 * slots + f / 64) * row, static_cast<char *>(src) + f * row, row);
  return cnrtSuccess;
}

cnrtRet_t cnrtConvertFloatToHalf(uint16_t *dst, float value) {
  if (!dst)
    return remember(cnrtErrorArgsInvalid);
  *dst = halfFromFloat(value);
  return cnrtSuccess;
}

cnrtRet_t cnrtConvertHalfToFloat(float *dst, uint16_t value) {
  if (!dst)
    return remember(cnrtErrorArgsInvalid);
  *dst = floatFromHalf(value);
  return cnrtSuccess;
}
}
