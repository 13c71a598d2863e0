//===- PlanDescription.h - What a compiled program says ---------*- C++ -*-===//
//
// The plan JSON of docs/architecture.md section 3, read and checked.
//
//===----------------------------------------------------------------------===//

#ifndef METABANG_RUNTIME_PLANDESCRIPTION_H
#define METABANG_RUNTIME_PLANDESCRIPTION_H

#include "metabang/Runtime/CnrtApi.h"
#include "metabang/Runtime/Json.h"

namespace metabang::runtime {

enum class BufferKind { Input, Constant, Output, Temp };

/// One GDRAM buffer.
struct BufferDescription {
  BufferKind kind = BufferKind::Temp;
  size_t bytes = 0;  ///< size on the device, at least that of the tensor
  int index = -1;    ///< argument (input, constant) or result (output) number of @main
  size_t offset = 0; ///< byte offset in the arena (temp)
  std::string dtype; ///< NumPy's name, or "bfloat16"
  std::vector<int64_t> shape;
  bool prepared = false; ///< a constant that a preparation fills

  int64_t elements() const;
  /// Bytes of the dense tensor on the host.
  size_t hostBytes() const;
};

/// Host work done once for a constant argument; see Preparations.h.
struct PreparationDescription {
  std::string kind;
  int input = -1;           ///< argument number of @main
  Json attributes;          ///< the whole JSON object
  std::vector<int> outputs; ///< constant buffers it fills
};

struct KernelDescription {
  std::string name;
  std::string source; ///< "net.py:12" or ""
};

struct LaunchDescription {
  int kernel = 0; ///< index into kernels
  Dim3 dim;
  JobType type = JobType::Block;
  std::vector<int> args; ///< indices into buffers
};

struct PlanDescription {
  std::string target; ///< "mtp_270"
  std::vector<BufferDescription> buffers;
  std::vector<PreparationDescription> preparations;
  std::vector<KernelDescription> kernels;
  std::vector<LaunchDescription> launches;
  size_t arenaBytes = 0;    ///< one allocation that holds all temps
  int argumentCount = 0;    ///< highest argument number used, plus one
  std::vector<int> results; ///< result number to buffer

  /// Reads and checks a plan; throws PlanError that says what is wrong.
  static PlanDescription parse(std::string_view json);
};

/// Bytes of an element of a dtype; throws PlanError for an unknown name.
size_t itemSize(std::string_view dtype);

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_PLANDESCRIPTION_H
