// The generated device table: every device is found, and its numbers hang together.
#include "metabang/Device/Device.h"

#include <cstdio>
#include <cstdlib>

using namespace metabang;

static void check(bool ok, const char *what, const char *device) {
  if (ok)
    return;
  std::fprintf(stderr, "DeviceTest: %s: %s\n", device, what);
  std::exit(1);
}

int main() {
  for (const char *name : {"mtp_270", "mtp_372", "mtp_592"}) {
    const Device *d = lookupDevice(name);
    check(d && std::string_view(d->name) == name, "is not found under its name", name);
    check(knownDevices().find(name) != std::string::npos, "is missing in knownDevices()", name);
    check(d->nramBudget() > 0 && d->nramBudget() < d->nramBytes, "stack reserve leaves no NRAM", name);
    check(d->wramBankBytes() * d->wramBanks == d->wramBytes, "WRAM does not divide into its banks", name);
    check(d->wramBankBytes() % d->wramAddressAlignment == 0, "WRAM banks are not aligned", name);
    check(d->maxUnionClusters <= d->clusters, "UnionN is larger than the device", name);
    check((d->macsPerCycleF32 > 0) == d->hasFloatConv, "float rate contradicts hasFloatConv", name);
    check((d->vectorSizeAlignment == 1) == d->hasUnalignedVector, "alignment contradicts hasUnalignedVector", name);
    check(d->dramGbPerS > 0 && d->clockMhz > 0 && d->dramEfficiency <= 1, "has an impossible rate", name);
  }
  const Device *mlu270 = lookupDevice("mtp_270");
  check(mlu270->cores() == 16 && mlu270->nramBytes == 512 * 1024, "capacities differ from the guide's", "mtp_270");
  check(mlu270->dramGbPerS == 102.4, "bandwidth differs from the driver's", "mtp_270");
  check(!lookupDevice("mtp_999") && !lookupDevice(""), "an unknown name is found", "mtp_999");
}
