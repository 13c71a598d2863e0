// What host code asks of a device or a pointer beside attributes, and settings that the simulator has no use for.
#include "CnrtInternal.h"
#include "Launch.h"

#include <cstdio>
#include <cstring>

using namespace metabang::sim;

extern "C" {

cnrtRet_t cnrtGetDeviceProperties(cnrtDeviceProp_t *p, int ordinal) {
  if (!p)
    return remember(cnrtErrorArgsInvalid);
  if (ordinal != 0)
    return remember(cnrtErrorDeviceInvalid);
  const metabang::Device &d = currentDevice();
  memset(p, 0, sizeof *p);
  snprintf(p->name, sizeof p->name, "%s (simulated)", d.product);
  p->totalMem = p->availableGlobalMemorySize = int(d.gdramBytes >> 20);
  p->totalGlobalMemSize = uint64_t(d.gdramBytes);
  for (int &dim : p->maxDim)
    dim = int(d.maxTaskDim);
  p->ipuClockRate = int(d.clockMhz * 1000);
  p->major = int(d.arch / 100);
  p->clusterCount = int(d.clusters);
  p->McorePerCluster = int(d.coresPerCluster);
  p->maxClusterCountPerUnionTask = int(d.maxUnionClusters);
  p->ISAVersion = int(d.arch);
  p->NramSizePerMcore = int(d.nramBytes);
  p->WramSizePerMcore = int(d.wramBytes);
  p->SramSizePerMcore = int(d.sramBytes);
  return cnrtSuccess;
}

cnrtRet_t cnrtDeviceGetPCIBusId(char *text, int length, int ordinal) {
  if (!text || length <= 0)
    return remember(cnrtErrorArgsInvalid);
  if (ordinal != 0)
    return remember(cnrtErrorDeviceInvalid);
  snprintf(text, size_t(length), "0000:00:00.0");
  return cnrtSuccess;
}

cnrtRet_t cnrtPointerGetAttributes(cnrtPointerAttributes_t *attributes, const void *pointer) {
  if (!attributes || !pointer)
    return remember(cnrtErrorArgsInvalid);
  Allocation a = findAllocation(pointer);
  memset(attributes, 0, sizeof *attributes);
  if (!a.contains(reinterpret_cast<uintptr_t>(pointer))) {
    attributes->type = cnrtMemTypeUnregistered;
    attributes->hostPointer = const_cast<void *>(pointer);
    return cnrtSuccess;
  }
  attributes->type = cnrtMemTypeDevice;
  attributes->size = a.size;
  attributes->devicePointer = const_cast<void *>(pointer);
  attributes->deviceBasePointer = reinterpret_cast<void *>(a.begin);
  return cnrtSuccess;
}

cnrtRet_t cnrtDeviceGetQueuePriorityRange(int *least, int *greatest) {
  if (!least || !greatest)
    return remember(cnrtErrorArgsInvalid);
  *least = 0; // one queue is as good as another
  *greatest = 0;
  return cnrtSuccess;
}

cnrtRet_t cnrtSetCurrentChannel(cnrtChannelType_t) { return cnrtSuccess; }
}
