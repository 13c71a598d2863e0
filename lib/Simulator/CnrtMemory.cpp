// Memory of the device and of the host.
#include "HostMemory.h"
#include "Launch.h"
#include "Queues.h"

#include <cstdlib>

using namespace metabang::sim;

#define CALLER __builtin_return_address(0)

extern "C" {

cnrtRet_t cnrtMalloc(void **pointer, size_t bytes) {
  if (!pointer || bytes == 0)
    return remember(cnrtErrorArgsInvalid);
  *pointer = allocateDevice(bytes, size_t(currentDevice().gdramBytes));
  return *pointer ? cnrtSuccess : remember(cnrtErrorNoMem);
}

cnrtRet_t cnrtFree(void *pointer) {
  if (!pointer)
    return cnrtSuccess;
  unsigned races = racesFound();
  Allocation a = findAllocation(pointer);
  if (a.begin == reinterpret_cast<uintptr_t>(pointer) && queuesMatter()) {
    runPending(); // what uses the memory has its last chance
    if (sanitizing())
      touchDevice({hostOperation("cnrtFree", reinterpret_cast<uintptr_t>(CALLER)),
                   true,
                   false,
                   {nullptr, nullptr, 0},
                   0,
                   nullptr},
                  a.begin, a.size);
    forgetDevice(a.begin, a.size);
  }
  if (!freeDevice(pointer))
    return remember(cnrtErrorArgsInvalid);
  return racesFound() == races ? cnrtSuccess : remember(cnrtErrorQueue);
}

cnrtRet_t cnrtHostMalloc(void **pointer, size_t bytes) {
  if (!pointer || bytes == 0)
    return remember(cnrtErrorArgsInvalid);
  *pointer = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  if (!*pointer)
    return remember(cnrtErrorSysNoMem);
  addLocked(*pointer, bytes);
  return cnrtSuccess;
}
cnrtRet_t cnrtMallocHost(void **pointer, size_t bytes, cnrtMemType_t) { return cnrtHostMalloc(pointer, bytes); }
cnrtRet_t cnrtFreeHost(void *pointer) {
  unsigned races = racesFound();
  if (watchingHost()) {
    runPending();
    accept(touchHost(*hostOperation("cnrtFreeHost", reinterpret_cast<uintptr_t>(CALLER)),
                     reinterpret_cast<uintptr_t>(pointer), 1, true));
  }
  removeLocked(pointer);
  free(pointer);
  return racesFound() == races ? cnrtSuccess : remember(cnrtErrorQueue);
}

cnrtRet_t cnrtMemGetInfo(size_t *free_bytes, size_t *total_bytes) {
  if (!free_bytes || !total_bytes)
    return remember(cnrtErrorArgsInvalid);
  *total_bytes = size_t(currentDevice().gdramBytes);
  size_t used = allocatedBytes(); // may be more than this device has, if it was allocated for another one
  *free_bytes = *total_bytes > used ? *total_bytes - used : 0;
  return cnrtSuccess;
}

cnrtRet_t cnrtMallocConstant(void **pointer, size_t bytes) { return cnrtMalloc(pointer, bytes); }

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
}
