//===- Fake.h - Loads a fake CNRT with its controls -------------*- C++ -*-===//

#ifndef METABANG_TEST_FAKE_H
#define METABANG_TEST_FAKE_H

#include "Check.h"
#include "fake_cnrt.h"

#include <dlfcn.h>
#include <functional>
#include <string>
#include <utility>
#include <vector>

struct Fake {
  explicit Fake(const char *path) : path(path), handle(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    if (!handle) {
      std::fprintf(stderr, "%s\n", dlerror());
      std::exit(1);
    }
    bind(reset, "fakeReset");
    bind(callCount, "fakeCallCount");
    bind(call, "fakeCall");
    bind(live, "fakeLive");
    bind(strayReleases, "fakeStrayReleases");
  }

  template <typename F> void bind(F &slot, const char *name) { slot = reinterpret_cast<F>(dlsym(handle, name)); }

  int liveOfAnyKind() const {
    int count = 0;
    for (const char *kind : {"queue", "memory", "notifier", "params", "initparam", "init"})
      count += live(kind);
    return count;
  }

  std::vector<std::string> calls() const {
    std::vector<std::string> names;
    for (int i = 0; i < callCount(); ++i)
      names.push_back(call(i));
    return names;
  }

  /// Runs `scenario` with its N-th call failing, for every N it makes. Each
  /// time nothing may leak and nothing be released twice. `scenario` returns
  /// whether it threw; calls that only release, and the sync before a release,
  /// belong to destructors and may fail in silence, as may a query of an
  /// attribute, which not every CNRT knows.
  void failEveryCall(const std::function<bool()> &scenario) const {
    int total = 1;
    for (int n = 1; n <= total; ++n) {
      reset(n, nullptr, 632008);
      bool threw = scenario();
      std::string failing = nameOf(n);
      bool silent = failing.empty() || failing == "cnrtDeviceGetAttribute" || isRelease(failing) ||
                    (failing.find("Sync") != std::string::npos && isRelease(nameOf(n + 1)));
      std::string where = path + ", call " + std::to_string(n) + " (" + failing + ")";
      check::report(threw || silent, __FILE__, __LINE__, where + " failed in silence");
      check::report(liveOfAnyKind() == 0, __FILE__, __LINE__, where + " leaks");
      check::report(strayReleases() == 0, __FILE__, __LINE__, where + " releases what is not there");
      total = std::max(total, callCount() + (threw ? 1 : 0));
    }
    reset(0, nullptr, 0);
    check::report(!scenario(), __FILE__, __LINE__, path + ": fails without a failing call");
  }

  /// Name of the n-th call, "" if there were fewer.
  std::string nameOf(int n) const { return n <= callCount() ? call(n - 1) : ""; }

  static bool isRelease(const std::string &name) {
    return name.find("Destroy") != std::string::npos || name == "cnrtFree";
  }

  std::string path;
  void *handle;
  void (*reset)(int, const char *, int);
  int (*callCount)();
  const char *(*call)(int);
  int (*live)(const char *);
  int (*strayReleases)();
};

#endif // METABANG_TEST_FAKE_H
