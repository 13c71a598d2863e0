//===- Launch.cpp - Kernel modules and launches ---------------------------===//

#include "metabang/Runtime/Launch.h"

#include <dlfcn.h>

using namespace metabang::runtime;

Module::Module(LibraryRef library, const std::string &path) : lib(std::move(library)), file(path) {
  void *opened = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!opened) {
    const char *reason = dlerror();
    throw CnrtError(CnrtError::loaderCode, "not loaded", "dlopen(" + path + ")", reason ? reason : "");
  }
  handle = std::shared_ptr<void>(opened, [](void *object) { dlclose(object); });
}

const void *Module::symbol(const std::string &name) const {
  void *address = dlsym(handle.get(), name.c_str());
  if (!address)
    throw CnrtError(CnrtError::loaderCode, "no such kernel", "dlsym(" + name + ")",
                    file + " does not define extern \"C\" kernel " + name);
  return address;
}

Kernel::Kernel(const Device &device, std::shared_ptr<const Module> object, const std::string &name)
    : module(std::move(object)), entry(module->symbol(name)) {
  const LibraryRef &library = device.library();
  if (library->generation() != Generation::V4)
    return;
  void *param = nullptr;
  library->call(library->api().initParamCreate, &param);
  init = Handle(library, param, library->api().initParamDestroy);
  library->call(library->api().initParamFill, entry, param);
}

Launch::Launch(std::shared_ptr<const Kernel> which, Dim3 dim, JobType type, const std::vector<void *> &pointers)
    : kernel(std::move(which)), dim(dim), type(type), values(pointers) {
  const LibraryRef &library = kernel->library();
  if (library->generation() != Generation::V4) {
    for (void *&value : values)
      arguments.push_back(&value);
    return;
  }
  void *buffer = nullptr;
  library->call(library->api().paramsCreate, &buffer);
  params = Handle(library, buffer, library->api().paramsDestroy);
  for (void *&value : values)
    library->call(library->api().paramsAdd, buffer, static_cast<void *>(&value), sizeof value);
}

void Launch::enqueue(const Queue &queue) const {
  const LibraryRef &library = kernel->library();
  const CnrtApi &api = library->api();
  if (library->generation() == Generation::V4)
    library->call(api.invokeKernelV3, kernel->function(), kernel->initParam(), dim, params.get(),
                  static_cast<int>(type), queue.get(), static_cast<void *>(nullptr));
  else
    library->call(api.invokeKernel, kernel->function(), dim, static_cast<int>(type),
                  const_cast<void **>(arguments.data()), size_t(0), queue.get());
}
