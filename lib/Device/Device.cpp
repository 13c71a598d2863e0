#include "metabang/Device/Device.h"

using namespace metabang;

namespace {
#include "metabang/Device/Devices.inc"
} // namespace

const Device *metabang::lookupDevice(std::string_view name) {
  for (const Device *device : allDevices)
    if (name == device->name)
      return device;
  return nullptr;
}

std::string metabang::knownDevices() {
  std::string names;
  for (const Device *device : allDevices)
    names += (names.empty() ? "" : ", ") + std::string(device->name);
  return names;
}
