#include "CnrtInternal.h"
#include "Launch.h"

#include <cstdlib>
#include <cstring>

using namespace metabang::sim;

/// True if the bytes lie in one device allocation.
static bool onDevice(const void *p, size_t bytes) {
  Allocation a = findAllocation(p);
  return a.size != 0 && reinterpret_cast<uintptr_t>(p) + bytes <= a.begin + a.size;
}
static bool touchesDevice(const void *p) {
  Allocation a = findAllocation(p);
  return a.size != 0 && a.contains(reinterpret_cast<uintptr_t>(p));
}

static cnrtRet_t copy(void *dst, void *src, size_t bytes, cnrtMemTransDir_t direction, cnrtQueueSt *queue) {
  if (!dst || !src)
    return remember(cnrtErrorArgsInvalid);
  bool dstDevice = touchesDevice(dst), srcDevice = touchesDevice(src);
  bool toDevice = direction == cnrtMemcpyHostToDev || direction == cnrtMemcpyDevToDev;
  bool fromDevice = direction == cnrtMemcpyDevToHost || direction == cnrtMemcpyDevToDev;
  if (direction == cnrtMemcpyNoDirection) {
    toDevice = dstDevice;
    fromDevice = srcDevice;
  } else if (direction < cnrtMemcpyHostToDev || direction > cnrtMemcpyHostToHost || toDevice != dstDevice ||
             fromDevice != srcDevice) {
    return remember(cnrtErrorMemcpyDirectionInvalid);
  }
  if ((toDevice && !onDevice(dst, bytes)) || (fromDevice && !onDevice(src, bytes)))
    return remember(cnrtErrorArgsInvalid);
  memmove(dst, src, bytes);
  const metabang::Device &device = currentDevice();
  if (toDevice && fromDevice) // read and written at the memory's bandwidth; copies from and to the host are not modelled
    advanceQueue(queue, 2e-3 * double(bytes) / (device.dramGbPerS * device.dramEfficiency));
  return cnrtSuccess;
}

static cnrtRet_t fill(void *p, int value, size_t bytes, cnrtQueueSt *queue) {
  if (!p || !onDevice(p, bytes))
    return remember(cnrtErrorArgsInvalid);
  memset(p, value, bytes);
  const metabang::Device &device = currentDevice();
  advanceQueue(queue, 1e-3 * double(bytes) / (device.dramGbPerS * device.dramEfficiency));
  return cnrtSuccess;
}

extern "C" {

cnrtRet_t cnrtMalloc(void **pointer, size_t bytes) {
  if (!pointer || bytes == 0)
    return remember(cnrtErrorArgsInvalid);
  *pointer = allocateDevice(bytes, size_t(currentDevice().gdramBytes));
  return *pointer ? cnrtSuccess : remember(cnrtErrorNoMem);
}

cnrtRet_t cnrtFree(void *pointer) {
  return !pointer || freeDevice(pointer) ? cnrtSuccess : remember(cnrtErrorArgsInvalid);
}

cnrtRet_t cnrtHostMalloc(void **pointer, size_t bytes) {
  if (!pointer || bytes == 0)
    return remember(cnrtErrorArgsInvalid);
  *pointer = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  return *pointer ? cnrtSuccess : remember(cnrtErrorSysNoMem);
}
cnrtRet_t cnrtMallocHost(void **pointer, size_t bytes, cnrtMemType_t) { return cnrtHostMalloc(pointer, bytes); }
cnrtRet_t cnrtFreeHost(void *pointer) {
  free(pointer);
  return cnrtSuccess;
}

cnrtRet_t cnrtMemGetInfo(size_t *free_bytes, size_t *total_bytes) {
  if (!free_bytes || !total_bytes)
    return remember(cnrtErrorArgsInvalid);
  *total_bytes = size_t(currentDevice().gdramBytes);
  size_t used = allocatedBytes(); // may be more than this device has, if it was allocated for another one
  *free_bytes = *total_bytes > used ? *total_bytes - used : 0;
  return cnrtSuccess;
}

cnrtRet_t cnrtMemcpy(void *dst, void *src, size_t bytes, cnrtMemTransDir_t direction) {
  return copy(dst, src, bytes, direction, liveQueue(nullptr));
}
cnrtRet_t cnrtMemcpyAsync(void *dst, void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  cnrtQueueSt *q = liveQueue(queue);
  return q ? copy(dst, src, bytes, direction, q) : remember(cnrtErrorInvalidResourceHandle);
}
cnrtRet_t cnrtMemcpyAsync_V2(void *dst, void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  return cnrtMemcpyAsync(dst, src, bytes, queue, direction);
}
cnrtRet_t cnrtMemcpyAsync_V3(void *dst, void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  return cnrtMemcpyAsync(dst, src, bytes, queue, direction);
}
cnrtRet_t cnrtMemset(void *pointer, int value, size_t bytes) {
  return fill(pointer, value, bytes, liveQueue(nullptr));
}
cnrtRet_t cnrtMemsetAsync(void *pointer, int value, size_t bytes, cnrtQueue_t queue) {
  cnrtQueueSt *q = liveQueue(queue);
  return q ? fill(pointer, value, bytes, q) : remember(cnrtErrorInvalidResourceHandle);
}
}
