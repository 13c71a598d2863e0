//===- Exchange.h - Transposes through the SRAM of all clusters --*- C++ -*-===//
//
// All clusters hold one matrix, or a panel of its columns, at a time. The cores of a cluster read whole rows, turn a
// strip of them each, and put it into the SRAM of their cluster, where the strips of its cores lie side by side. The
// memory core sends each cluster the columns that become its rows of the result; when all has arrived, cores collect
// these rows, which are whole, and store them. So DRAM has long segments on both sides.
//
//===----------------------------------------------------------------------===//
#ifndef METABANG_DIALECT_MLU_TRANSFORMS_EXCHANGE_H
#define METABANG_DIALECT_MLU_TRANSFORMS_EXCHANGE_H

#include "metabang/Device/Device.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace metabang::mlu {

/// Marks a linalg.transpose that goes through the SRAM of all clusters.
inline constexpr llvm::StringLiteral kExchangeAttrName = "mlu.exchange";
/// Of a kernel: the number of clusters of the union that it is launched as.
inline constexpr llvm::StringLiteral kUnionAttrName = "mlu.union";

/// Sizes of an exchange. Rows and columns are those of the source. Where a size does not divide what it cuts, the last
/// piece moves back, so that all have the same size.
struct Exchange {
  int64_t matrices = 1, rows = 0, columns = 0, elementBytes = 0;
  int64_t clusters = 0, cores = 0; ///< cores of one cluster
  int64_t panel = 0;               ///< columns that are on the chip at a time
  int64_t strip = 0, strips = 0;   ///< rows that a core turns at a time, and how often
  int64_t part = 0;                ///< rows of the result that a core stores at a time
  double microseconds = 0;         ///< without the launch

  int64_t panels() const;
  int64_t clusterColumns() const;                     ///< columns of a panel that go to one cluster
  int64_t coreColumns() const;                        ///< and to one core
  int64_t blockRows() const { return strip * cores; } ///< rows that a cluster turns at a time
  int64_t blockElements() const;                      ///< of them, what goes to one cluster
};

/// The exchange that turns the last two dimensions of a tensor and takes the least time. `shape` is that of the result,
/// of two or three dimensions. Nothing if the device does not copy between clusters, or what must be on its chip at
/// once does not fit.
std::optional<Exchange> planExchange(llvm::ArrayRef<int64_t> shape, int64_t elementBytes, const Device &device);

} // namespace metabang::mlu

#endif // METABANG_DIALECT_MLU_TRANSFORMS_EXCHANGE_H
