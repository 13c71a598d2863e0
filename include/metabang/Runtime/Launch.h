//===- Launch.h - Kernel modules and launches -------------------*- C++ -*-===//

#ifndef METABANG_RUNTIME_LAUNCH_H
#define METABANG_RUNTIME_LAUNCH_H

#include "metabang/Runtime/Device.h"

namespace metabang::runtime {

/// A shared object of kernels, built by cncc or by the host compiler for the
/// simulator. Its static constructors register its kernels with CNRT, so the
/// CNRT library has to be loaded first: hence the reference.
class Module {
public:
  /// Throws CnrtError that carries the loader's message.
  Module(LibraryRef library, const std::string &path);

  /// The handle CNRT knows the kernel by. Throws CnrtError if there is none.
  const void *symbol(const std::string &name) const;
  const LibraryRef &library() const { return lib; }
  const std::string &path() const { return file; }

private:
  LibraryRef lib;
  std::string file;
  std::shared_ptr<void> handle;
};

/// A kernel of a module. CNRT 4.x uploads its code here, once.
class Kernel {
public:
  Kernel(const Device &device, std::shared_ptr<const Module> module, const std::string &name);
  const void *function() const { return entry; }
  const LibraryRef &library() const { return module->library(); }
  void *initParam() const { return init.get(); }

private:
  std::shared_ptr<const Module> module; // outlives `init`
  const void *entry;
  Handle init;
};

/// A kernel with its geometry and its GDRAM pointers, ready to be queued any
/// number of times. The memory behind the pointers is the caller's to keep.
class Launch {
public:
  Launch(std::shared_ptr<const Kernel> kernel, Dim3 dim, JobType type, const std::vector<void *> &pointers);
  Launch(Launch &&) = default;
  Launch &operator=(Launch &&) = default;

  /// Queues it and returns at once.
  void enqueue(const Queue &queue) const;

private:
  std::shared_ptr<const Kernel> kernel;
  Dim3 dim;
  JobType type;
  std::vector<void *> values;    // what the arguments are
  std::vector<void *> arguments; // 5.x/6.x: addresses of `values`
  Handle params;                 // 4.x: the parameter buffer
};

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_LAUNCH_H
