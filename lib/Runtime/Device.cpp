//===- Device.cpp - Device, queue, memory and notifier --------------------===//

#include "metabang/Runtime/Device.h"

#include <cstring>

using namespace metabang::runtime;

namespace {

/// Creates a handle with one function of the table and owns it with another.
Handle create(const LibraryRef &library, const Function<void **> &make, const Function<void *> &release) {
  void *value = nullptr;
  library->call(make, &value);
  return Handle(library, value, release);
}

/// cnrtCoreVersion_t of CNRT 4.x to the instruction set's number.
int isaOfCoreVersion(int version) {
  switch (version) {
  case 5: // MLU270
  case 9: // 1M70
    return 270;
  case 6: // MLU220
  case 8: // 1M20
    return 220;
  case 7:
    return 290;
  case 11:
    return 372;
  default:
    return 0;
  }
}

// cnrtDeviceAttr_t
enum Attribute {
  ClusterCount = 0x205,
  CoresPerCluster = 0x206,
  IsaVersion = 0x20a,
  NramSize = 0x302,
  WramSize = 0x303,
  SramSize = 0x306,
};

} // namespace

unsigned Device::count(const Library &library) {
  unsigned devices = 0;
  library.call(library.api().getDeviceCount, &devices);
  return devices;
}

Device::Device(LibraryRef library, int ordinal) : lib(std::move(library)), number(ordinal) {
  if (lib->generation() == Generation::V4)
    lib->call(lib->api().getDeviceHandle, &handle4, number);
  use();
}

const Device &Device::use() const {
  if (lib->generation() == Generation::V4)
    lib->call(lib->api().setCurrentDevice, handle4);
  else
    lib->call(lib->api().setDevice, number);
  return *this;
}

DeviceProperties Device::properties() const {
  DeviceProperties result;
  const CnrtApi &api = lib->api();
  if (api.getDeviceInfo) {
    DeviceInfo4 info{};
    lib->call(api.getDeviceInfo, &info, number);
    result.name.assign(info.name, strnlen(info.name, sizeof info.name));
    result.isa = isaOfCoreVersion(info.coreVersion);
    result.cores = info.coreCount;
  }
  if (api.deviceGetAttribute) {
    auto attribute = [&](Attribute which) {
      int value = 0; // an attribute a version does not know stays 0
      return api.deviceGetAttribute.address(&value, which, number) == 0 ? value : 0;
    };
    result.isa = attribute(IsaVersion);
    result.clusters = attribute(ClusterCount);
    result.coresPerCluster = attribute(CoresPerCluster);
    result.cores = result.clusters * result.coresPerCluster;
    result.nramBytes = attribute(NramSize);
    result.wramBytes = attribute(WramSize);
    result.sramBytes = attribute(SramSize);
  }
  if (api.simGetDevice)
    result.name = std::string(api.simGetDevice()) + " (simulated)";
  return result;
}

Queue::Queue(const Device &device)
    : handle(create(device.library(), device.library()->api().queueCreate, device.library()->api().queueDestroy)) {}

void Queue::sync() { library()->call(library()->api().queueSync, get()); }

Memory::Memory(const Device &device, size_t count) : bytes(count) {
  if (!count)
    return;
  const LibraryRef &library = device.library();
  void *pointer = nullptr;
  library->call(library->api().memoryAllocate, &pointer, count);
  handle = Handle(library, pointer, library->api().memoryFree);
}

void Memory::checkRange(size_t count, size_t offset) const {
  if (offset > bytes || count > bytes - offset)
    throw std::out_of_range("copy of " + std::to_string(count) + " bytes at " + std::to_string(offset) +
                            " leaves a device buffer of " + std::to_string(bytes));
}

void Memory::copyFromHost(const void *host, size_t count, size_t offset) {
  checkRange(count, offset);
  if (count)
    handle.lib()->call(handle.lib()->api().memoryCopy, static_cast<void *>(static_cast<char *>(data()) + offset),
                       const_cast<void *>(host), count, static_cast<int>(CopyDirection::HostToDevice));
}

void Memory::copyToHost(void *host, size_t count, size_t offset) const {
  checkRange(count, offset);
  if (count)
    handle.lib()->call(handle.lib()->api().memoryCopy, host, static_cast<void *>(static_cast<char *>(data()) + offset),
                       count, static_cast<int>(CopyDirection::DeviceToHost));
}

void Memory::fill(int value) {
  if (bytes)
    handle.lib()->call(handle.lib()->api().memorySet, data(), value, bytes);
}

Notifier::Notifier(const Device &device)
    : handle(
          create(device.library(), device.library()->api().notifierCreate, device.library()->api().notifierDestroy)) {}

void Notifier::place(const Queue &queue) {
  handle.lib()->call(handle.lib()->api().notifierPlace, handle.get(), queue.get());
}

void Notifier::wait() { handle.lib()->call(handle.lib()->api().notifierWait, handle.get()); }

float Notifier::microseconds(const Notifier &start, const Notifier &end) {
  float us = 0;
  const LibraryRef &library = start.handle.lib();
  library->call(library->api().notifierMicroseconds, start.handle.get(), end.handle.get(), &us);
  return us;
}
