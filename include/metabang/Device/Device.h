#ifndef METABANG_DEVICE_DEVICE_H
#define METABANG_DEVICE_DEVICE_H

#include <cstdint>
#include <string>
#include <string_view>

namespace metabang {

/// What a device can hold, do and how fast. The values come from python/metabang/devices/<name>.json, which says for
/// each of them whether it is documented, from the driver, fitted or assumed, and from where. A field here is the
/// parameter of the same name there (nramBytes is nram_bytes); tools/gen_devices.py refuses any difference.
struct Device {
  const char *name = "";    // as in cncc's --bang-mlu-arch: "mtp_270"
  const char *product = ""; // "MLU270"
  int64_t arch = 0;         // __BANG_ARCH__: 270

  // Structure.
  int64_t clusters = 0;
  int64_t coresPerCluster = 0;
  int64_t maxUnionClusters = 0; // the largest UnionN job
  int64_t maxTaskDim = 0;       // the largest dim.x, dim.y, dim.z of a launch

  // Memory, in bytes: NRAM and WRAM of one core, SRAM of one cluster.
  int64_t nramBytes = 0;
  int64_t wramBytes = 0;
  int64_t wramBanks = 0;      // filter f lives in bank f % wramBanks
  int64_t wramCopyGroups = 0; // parts that a contiguous copy to WRAM is spread over
  int64_t sramBytes = 0;
  int64_t stackReserveBytes = 0; // of NRAM and of SRAM, left to the compiler's stack
  int64_t gdramBytes = 0;

  // Alignment, in bytes.
  int64_t nramAddressAlignment = 0; // of every operand of a vector or tensor builtin
  int64_t vectorSizeAlignment = 0;  // of a vector builtin's length; 1 means whole elements
  int64_t wramAddressAlignment = 0;
  int64_t wramCopySizeAlignment = 0;
  int64_t wramCopyStrideAlignment = 0;
  int64_t nramCopySizeAlignment = 0; // 1-D copy from NRAM to NRAM
  int64_t convCiBytesAlignment = 0;  // ci * sizeof(input) in the argument (2xx) or in the WRAM image (3xx and later)
  int64_t convCoAlignment = 0;       // filters, likewise
  int64_t reduceResultBytes = 0;     // room that a reduction's destination needs
  int64_t gdramBestAlignment = 0;
  int64_t gdramGranuleBytes = 0; // a smaller write is a read, a change and a write

  // Capabilities.
  bool hasFloatConv = false; // half, float, bfloat16 operands of conv, mlp, matmul
  bool hasTf32Conv = false;
  bool hasIntegerVector = false;
  bool hasBf16Vector = false;
  bool hasScalarForms = false;            // *_scalar builtins beyond add, sub, mul, ge
  bool hasHardwareTranscendental = false; // __bang_log, pow2, sin, cos, sqrt, rsqrt, recip
  bool hasVectorDivide = false;
  bool hasFusion = false; // __bang_fusion
  bool hasCopy3d = false;
  bool hasUnalignedVector = false;
  bool hasRnRounding = false; // conversions to nearest even (_rn) and _rm
  bool hasInt32FloatConversion = false;
  bool hasGather = false;
  bool hasClusterToClusterCopy = false;
  bool saturatesFloat = false; // vector arithmetic gives the largest finite number, never Inf or NaN

  // Rates. MACs are per cycle and core; 0 means that the unit does not take the type.
  int64_t clockMhz = 0;
  int64_t macsPerCycleInt4 = 0;
  int64_t macsPerCycleInt8 = 0;
  int64_t macsPerCycleInt16 = 0;
  int64_t macsPerCycleF16 = 0;
  int64_t macsPerCycleBf16 = 0;
  int64_t macsPerCycleF32 = 0;
  double vectorBytesPerCycle = 0; // of one core, per operand; a shorter vector costs as much
  double dramGbPerS = 0;          // peak of the whole device, 1e9 bytes a second
  double dramEfficiency = 0;      // the part of the peak that contiguous copies reach
  double coreIoBytesPerCycle = 0; // GDRAM to or from one core
  double coreMoveBytesPerCycle = 0; // on-chip copies of one core
  double sramBytesPerCycle = 0;     // of one cluster, all cores together

  // Latencies.
  double launchUs = 0;
  double dmaStartupNs = 0;       // of every copy
  double dmaSegmentNs = 0;       // of every further segment of a strided copy, on its core
  double dmaSegmentSharedNs = 0; // of every segment, on the device's memory controller
  int64_t vectorStartupCycles = 0;
  int64_t convStartupCycles = 0;
  int64_t syncCycles = 0;    // within a core
  int64_t barrierCycles = 0; // between cores
  int64_t scalarCycles = 0;
  double scalarNramNs = 0;  // one scalar load or store in NRAM
  double scalarGdramNs = 0; // one scalar load or store in GDRAM

  constexpr int64_t cores() const { return clusters * coresPerCluster; }
  /// NRAM that a kernel may plan with.
  constexpr int64_t nramBudget() const { return nramBytes - stackReserveBytes; }
  /// Bytes between two WRAM banks as strided copies see them.
  constexpr int64_t wramBankBytes() const { return wramBytes / wramBanks; }
};

/// The device called `name`, or null.
const Device *lookupDevice(std::string_view name);

/// The names of all devices, "mtp_270, mtp_372, mtp_592", for messages.
std::string knownDevices();

} // namespace metabang

#endif // METABANG_DEVICE_DEVICE_H
