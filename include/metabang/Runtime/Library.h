//===- Library.h - Finds and loads a CNRT library ---------------*- C++ -*-===//

#ifndef METABANG_RUNTIME_LIBRARY_H
#define METABANG_RUNTIME_LIBRARY_H

#include "metabang/Runtime/CnrtApi.h"
#include "metabang/Runtime/CnrtError.h"

#include <memory>
#include <string>
#include <vector>

namespace metabang::runtime {

/// A loaded libcnrt: Neuware's or the simulator's. Everything above this class
/// does not know which. The shared object stays mapped until the process ends
/// (drivers have threads of their own; unloading them is not safe).
class Library {
public:
  /// Loads one library by path or by a name the loader searches. Throws
  /// CnrtError if it cannot be loaded or lacks a function.
  static std::shared_ptr<const Library> open(const std::string &path);

  /// The library to use, the first that loads and has a device of:
  ///  - $METABANG_CNRT (then nothing else is tried),
  ///  - $NEUWARE_HOME/lib64/libcnrt.so,
  ///  - libcnrt.so of the dynamic loader,
  ///  - libcnrt_sim.so in `simulatorDirs`, then beside this code.
  /// Throws CnrtError that lists what was tried.
  static std::shared_ptr<const Library> find(const std::vector<std::string> &simulatorDirs = {});

  ~Library();
  Library(const Library &) = delete;
  Library &operator=(const Library &) = delete;

  const CnrtApi &api() const { return table; }
  Generation generation() const { return table.generation; }
  /// Path of the file that was loaded, as the loader resolved it.
  const std::string &path() const { return resolvedPath; }
  /// True if it is MetaBANG's simulator, whose times are modelled.
  bool isSimulator() const { return table.simSetDevice != nullptr; }
  /// Versions of library and driver, "" where CNRT does not tell.
  std::string libraryVersion() const;
  std::string driverVersion() const;
  /// One line for each library that find() passed over, with the reason.
  const std::vector<std::string> &passedOver() const { return skipped; }

  /// Calls a function of the table; throws CnrtError if it reports an error.
  template <typename... Params, typename... Args> void call(const Function<Params...> &function, Args... args) const {
    if (Ret code = function.address(args...))
      fail(code, function.name);
  }

  /// Throws CnrtError for a code that `call` returned. The simulator's report
  /// of what a kernel did wrong becomes part of the message.
  [[noreturn]] void fail(Ret code, const char *call) const;

private:
  Library(void *dlHandle, const std::string &name);
  static std::shared_ptr<Library> load(const std::string &path);

  void *handle;
  CnrtApi table;
  std::string resolvedPath;
  bool initialised = false;
  std::vector<std::string> skipped;
};

using LibraryRef = std::shared_ptr<const Library>;

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_LIBRARY_H
