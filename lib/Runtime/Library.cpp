//===- Library.cpp - Finds and loads a CNRT library -----------------------===//

#include "metabang/Runtime/Library.h"
#include "metabang/Runtime/Device.h"

#include <cstdlib>
#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

using namespace metabang::runtime;

namespace {

/// Fills slots of the table from a loaded library.
struct Binder {
  void *handle;
  const std::string &library;

  void *find(const char *name) const { return dlsym(handle, name); }

  template <typename... Args> void optional(Function<Args...> &slot, const char *name) const {
    slot.name = name;
    slot.address = reinterpret_cast<Ret (*)(Args...)>(find(name));
  }

  template <typename... Args> void required(Function<Args...> &slot, const char *name) const {
    optional(slot, name);
    if (!slot.address)
      throw CnrtError(CnrtError::loaderCode, "no such function", "dlsym(" + std::string(name) + ")",
                      library + " is not a CNRT library of a known version (4.x, 5.x or 6.x)");
  }
};

template <typename F> void bindOptional(const Binder &bind, F &slot, const char *name) {
  slot = reinterpret_cast<F>(bind.find(name));
}

void bindCommon(const Binder &bind, CnrtApi &api) {
  bind.required(api.getDeviceCount, "cnrtGetDeviceCount");
  bind.required(api.notifierPlace, "cnrtPlaceNotifier");
  bind.required(api.notifierWait, "cnrtWaitNotifier");
  bind.required(api.notifierMicroseconds, "cnrtNotifierDuration");
  bind.required(api.memoryAllocate, "cnrtMalloc");
  bind.required(api.memoryFree, "cnrtFree");
  bind.required(api.memoryCopy, "cnrtMemcpy");
  bind.required(api.memorySet, "cnrtMemset");
  bindOptional(bind, api.errorName, "cnrtGetErrorName");
  bindOptional(bind, api.errorString, "cnrtGetErrorStr");
}

void bind6(const Binder &bind, CnrtApi &api) {
  api.generation = Generation::V6;
  bind.required(api.queueCreate, "cnrtQueueCreate");
  bind.required(api.queueDestroy, "cnrtQueueDestroy");
  bind.required(api.queueSync, "cnrtQueueSync");
  bind.required(api.notifierCreate, "cnrtNotifierCreate");
  bind.required(api.notifierDestroy, "cnrtNotifierDestroy");
  bind.required(api.setDevice, "cnrtSetDevice");
  bind.required(api.invokeKernel, "cnrtInvokeKernel");
  bind.optional(api.deviceGetAttribute, "cnrtDeviceGetAttribute");
  bind.optional(api.driverVersion, "cnrtDriverGetVersion");
  bind.optional(api.libVersion, "cnrtGetLibVersion");
}

void bind4(const Binder &bind, CnrtApi &api) {
  api.generation = Generation::V4;
  bind.required(api.queueCreate, "cnrtCreateQueue");
  bind.required(api.queueDestroy, "cnrtDestroyQueue");
  bind.required(api.queueSync, "cnrtSyncQueue");
  bind.required(api.notifierCreate, "cnrtCreateNotifier");
  bind.required(api.notifierDestroy, "cnrtDestroyNotifier");
  bind.required(api.init, "cnrtInit");
  bindOptional(bind, api.destroy, "cnrtDestroy");
  bind.required(api.getDeviceHandle, "cnrtGetDeviceHandle");
  bind.required(api.setCurrentDevice, "cnrtSetCurrentDevice");
  bind.required(api.paramsCreate, "cnrtGetKernelParamsBuffer");
  bind.required(api.paramsAdd, "cnrtKernelParamsBufferAddParam");
  bind.required(api.paramsDestroy, "cnrtDestroyKernelParamsBuffer");
  bind.required(api.initParamCreate, "cnrtCreateKernelInitParam");
  bind.required(api.initParamFill, "cnrtInitKernelMemory");
  bind.required(api.initParamDestroy, "cnrtDestroyKernelInitParamAndMemory");
  bind.required(api.invokeKernelV3, "cnrtInvokeKernel_V3");
  bind.optional(api.getDeviceInfo, "cnrtGetDeviceInfo");
  bind.optional(api.version4, "cnrtGetVersion");
}

void bindSimulator(const Binder &bind, CnrtApi &api) {
  bindOptional(bind, api.simSetDevice, "mluSimSetDevice");
  bindOptional(bind, api.simGetDevice, "mluSimGetDevice");
  bindOptional(bind, api.simLastReport, "mluSimLastReport");
  bindOptional(bind, api.simClearReport, "mluSimClearReport");
  bindOptional(bind, api.simProfiles, "mluSimProfiles");
  bindOptional(bind, api.simClearProfiles, "mluSimClearProfiles");
}

std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

std::string directoryOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// The directory of the file that this code was linked into.
std::string ownDirectory() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&ownDirectory), &info) || !info.dli_fname)
    return "";
  return directoryOf(info.dli_fname);
}

std::string versionText(const Function<int *, int *, int *> &function) {
  int major = 0, minor = 0, patch = 0;
  if (!function || function.address(&major, &minor, &patch))
    return "";
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

} // namespace

Library::Library(void *dlHandle, const std::string &name) : handle(dlHandle), resolvedPath(name) {
  link_map *map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name && *map->l_name)
    resolvedPath = map->l_name;
  Binder bind{handle, resolvedPath};
  bindCommon(bind, table);
  if (bind.find("cnrtQueueCreate"))
    bind6(bind, table);
  else
    bind4(bind, table);
  bindSimulator(bind, table);
  if (table.init) {
    call(table.init, 0u);
    initialised = true;
  }
}

Library::~Library() {
  if (initialised && table.destroy)
    table.destroy();
}

std::shared_ptr<Library> Library::load(const std::string &path) {
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    throw CnrtError(CnrtError::loaderCode, "not loaded", "dlopen(" + path + ")", reason ? reason : "");
  }
  return std::shared_ptr<Library>(new Library(handle, path));
}

LibraryRef Library::open(const std::string &path) { return load(path); }

LibraryRef Library::find(const std::vector<std::string> &simulatorDirs) {
  if (std::string chosen = environment("METABANG_CNRT"); !chosen.empty())
    return open(chosen);

  std::vector<std::string> candidates;
  if (std::string home = environment("NEUWARE_HOME"); !home.empty())
    candidates.push_back(home + "/lib64/libcnrt.so");
  candidates.push_back("libcnrt.so");
  std::vector<std::string> dirs = simulatorDirs;
  dirs.push_back(ownDirectory());
  dirs.push_back(ownDirectory() + "/../lib");
  for (const std::string &dir : dirs)
    if (access((dir + "/libcnrt_sim.so").c_str(), R_OK) == 0)
      candidates.push_back(dir + "/libcnrt_sim.so");

  std::vector<std::string> skipped;
  for (const std::string &candidate : candidates) {
    try {
      std::shared_ptr<Library> library = load(candidate);
      if (Device::count(*library) == 0) {
        skipped.push_back(candidate + ": loaded, but it sees no device");
        continue;
      }
      library->skipped = std::move(skipped);
      return library;
    } catch (const CnrtError &error) {
      skipped.push_back(candidate + ": " + error.what());
    }
  }
  std::string tried;
  for (const std::string &line : skipped)
    tried += "\n  " + line;
  throw CnrtError(CnrtError::loaderCode, "no CNRT library", "Library::find",
                  "neither a card nor the simulator (libcnrt_sim.so) is usable; tried:" + tried);
}

void Library::fail(Ret code, const char *call) const {
  const char *name = table.errorName ? table.errorName(code) : nullptr;
  const char *text = table.errorString ? table.errorString(code) : nullptr;
  if (!name)
    name = text ? text : "unknown error";
  std::string detail = text ? text : "";
  if (table.simLastReport && table.simClearReport) {
    if (const char *report = table.simLastReport(); report && *report)
      detail += std::string("\n") + report;
    table.simClearReport();
  }
  throw CnrtError(code, name, call, detail);
}

std::string Library::libraryVersion() const {
  if (generation() == Generation::V6)
    return versionText(table.libVersion);
  unsigned version = 0; // 4.x packs it as decimal digits: 40200 is 4.2.0
  if (!table.version4 || table.version4.address(&version))
    return "";
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

std::string Library::driverVersion() const {
  return generation() == Generation::V6 ? versionText(table.driverVersion) : "";
}
