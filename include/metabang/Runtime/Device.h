//===- Device.h - Device, queue, memory and notifier ------------*- C++ -*-===//
//
// Move-only owners of CNRT's handles. A constructor that throws has released
// what it took; a destructor never throws.
//
//===----------------------------------------------------------------------===//

#ifndef METABANG_RUNTIME_DEVICE_H
#define METABANG_RUNTIME_DEVICE_H

#include "metabang/Runtime/Library.h"

#include <utility>

namespace metabang::runtime {

/// Owns one handle of CNRT and releases it with the function it was given.
class Handle {
public:
  Handle() = default;
  Handle(LibraryRef library, void *value, const Function<void *> &release)
      : library(std::move(library)), value(value), release(release.address) {}
  Handle(Handle &&other) noexcept
      : library(std::move(other.library)), value(std::exchange(other.value, nullptr)), release(other.release) {}
  Handle &operator=(Handle &&other) noexcept {
    std::swap(library, other.library);
    std::swap(value, other.value);
    std::swap(release, other.release);
    return *this;
  }
  ~Handle() {
    if (value)
      release(value); // A destructor has nobody to tell.
  }

  void *get() const { return value; }
  const LibraryRef &lib() const { return library; }

private:
  LibraryRef library;
  void *value = nullptr;
  Ret (*release)(void *) = nullptr;
};

/// What CNRT tells about a device. 0 or "" where it does not.
struct DeviceProperties {
  std::string name; ///< "MLU270" (CNRT 4.x), "mtp_270 (simulated)"
  int isa = 0;      ///< 270, 372, 592, …: the number in mtp_270.
  int clusters = 0; ///< CNRT 5.x/6.x only.
  int coresPerCluster = 0;
  int cores = 0;
  int nramBytes = 0, wramBytes = 0, sramBytes = 0; ///< a core, a core, a cluster
};

/// A device by its ordinal. CNRT's current device belongs to the thread, so
/// whoever works on a device calls use() first.
class Device {
public:
  /// Throws CnrtError if there is no such device.
  explicit Device(LibraryRef library, int ordinal = 0);

  static unsigned count(const Library &library);
  /// Makes this the current device of the calling thread; returns itself.
  const Device &use() const;
  int ordinal() const { return number; }
  const LibraryRef &library() const { return lib; }
  DeviceProperties properties() const;

private:
  LibraryRef lib;
  int number;
  int64_t handle4 = 0;
};

/// An in-order queue of launches and notifiers.
class Queue {
public:
  explicit Queue(const Device &device);
  /// Waits for everything in the queue; reports the errors of its kernels.
  void sync();
  void *get() const { return handle.get(); }
  const LibraryRef &library() const { return handle.lib(); }

private:
  Handle handle;
};

/// Device memory (GDRAM). Zero bytes allocate nothing.
class Memory {
public:
  Memory() = default;
  Memory(const Device &device, size_t bytes);
  void *data() const { return handle.get(); }
  size_t size() const { return bytes; }
  /// Copies size() or fewer bytes at `offset`; both block.
  void copyFromHost(const void *host, size_t count, size_t offset = 0);
  void copyToHost(void *host, size_t count, size_t offset = 0) const;
  /// Sets every byte to `value`.
  void fill(int value);

private:
  void checkRange(size_t count, size_t offset) const;
  Handle handle;
  size_t bytes = 0;
};

/// A point in a queue that takes the time when it is reached.
class Notifier {
public:
  explicit Notifier(const Device &device);
  void place(const Queue &queue);
  /// Waits until the queue has reached it.
  void wait();
  /// Device time between two placed and reached notifiers, in microseconds.
  static float microseconds(const Notifier &start, const Notifier &end);

private:
  Handle handle;
};

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_DEVICE_H
