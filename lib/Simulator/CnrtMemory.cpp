#include "CnrtInternal.h"
#include "Launch.h"
#include "ProgramLog.h"

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

static cnrtRet_t copy(void *dst, const void *src, size_t bytes, cnrtMemTransDir_t direction, cnrtQueueSt *queue) {
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
  if (toDevice != fromDevice)
    logCopy(fromDevice, src, bytes);
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

cnrtRet_t cnrtMemcpy(void *dst, const void *src, size_t bytes, cnrtMemTransDir_t direction) {
  return copy(dst, src, bytes, direction, liveQueue(nullptr));
}
cnrtRet_t cnrtMemcpyAsync(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  cnrtQueueSt *q = liveQueue(queue);
  return q ? copy(dst, src, bytes, direction, q) : remember(cnrtErrorInvalidResourceHandle);
}
cnrtRet_t cnrtMemcpyAsync_V2(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  return cnrtMemcpyAsync(dst, src, bytes, queue, direction);
}
cnrtRet_t cnrtMemcpyAsync_V3(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  return cnrtMemcpyAsync(dst, src, bytes, queue, direction);
}
cnrtRet_t cnrtMemset(void *pointer, int value, size_t bytes) {
  return fill(pointer, value, bytes, liveQueue(nullptr));
}
cnrtRet_t cnrtMemsetAsync(void *pointer, int value, size_t bytes, cnrtQueue_t queue) {
  cnrtQueueSt *q = liveQueue(queue);
  return q ? fill(pointer, value, bytes, q) : remember(cnrtErrorInvalidResourceHandle);
}

cnrtRet_t cnrtMallocConstant(void **pointer, size_t bytes) { return cnrtMalloc(pointer, bytes); }

cnrtRet_t cnrtMemcpy2D(void *dst, size_t dst_pitch, const void *src, size_t src_pitch, size_t width, size_t height,
                       cnrtMemTransDir_t direction) {
  if (width > dst_pitch || width > src_pitch)
    return remember(cnrtErrorArgsInvalid);
  for (size_t row = 0; row < height; ++row) {
    cnrtRet_t ret = cnrtMemcpy(static_cast<char *>(dst) + row * dst_pitch,
                               static_cast<const char *>(src) + row * src_pitch, width, direction);
    if (ret != cnrtSuccess)
      return ret;
  }
  return cnrtSuccess;
}

cnrtRet_t cnrtGetSymbolSize(size_t *bytes, const void *symbol) {
  if (!bytes || !symbol)
    return remember(cnrtErrorArgsInvalid);
  Allocation a = findAllocation(symbol);
  if (!a.contains(reinterpret_cast<uintptr_t>(symbol)))
    return remember(cnrtErrorInvalidSymbol);
  *bytes = a.size;
  return cnrtSuccess;
}

cnrtRet_t cnrtGetSymbolAddress(void **pointer, const void *symbol) {
  size_t bytes;
  if (!pointer)
    return remember(cnrtErrorArgsInvalid);
  *pointer = const_cast<void *>(symbol);
  return cnrtGetSymbolSize(&bytes, symbol);
}

cnrtRet_t cnrtMemcpyToSymbol(const void *symbol, const void *src, size_t bytes, size_t offset,
                             cnrtMemTransDir_t direction) {
  return cnrtMemcpy(static_cast<char *>(const_cast<void *>(symbol)) + offset, src, bytes, direction);
}

cnrtRet_t cnrtMemcpyFromSymbol(void *dst, const void *symbol, size_t bytes, size_t offset,
                               cnrtMemTransDir_t direction) {
  return cnrtMemcpy(dst, static_cast<const char *>(symbol) + offset, bytes, direction);
}
}
