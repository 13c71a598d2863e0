// Copies and fills that the host asks for.
#include "HostMemory.h"
#include "Launch.h"
#include "ProgramLog.h"
#include "Queues.h"

#include <atomic>
#include <cstring>

using namespace metabang::sim;

/// True if the bytes lie in one device allocation.
static bool onDevice(const void *p, size_t bytes) {
  Allocation a = findAllocation(p);
  return a.size != 0 && reinterpret_cast<uintptr_t>(p) + bytes <= a.begin + a.size;
}
static bool touchesDevice(const void *p) {
  Allocation a = findAllocation(p);
  return a.size != 0 && a.contains(reinterpret_cast<uintptr_t>(p));
}

/// A copy or fill: its directions and bounds are known to be right.
struct CopyJob {
  const char *name;
  uintptr_t caller;
  char *dst;
  const char *src; // null: a fill
  int value;
  size_t bytes;
  bool toDevice, fromDevice;
  cnrtQueueSt *queue;
  unsigned number;   // of the copies between host and device, in the order of the host program
  uint64_t seen = 0; // what host memory held when the copy was submitted
};

/// What late copies leave in host memory that is theirs to write: nobody should read it.
static constexpr int kUnfinished = 0xa5;

static uint64_t hash(const void *p, size_t bytes) {
  uint64_t h = 14695981039346656037u;
  for (size_t i = 0; i < bytes; ++i)
    h = (h ^ static_cast<const unsigned char *>(p)[i]) * 1099511628211u;
  return h;
}

/// Moves the bytes; `late`: host memory may have gone meanwhile. The report if it has.
static std::string move(const CopyJob &t, bool late) {
  const metabang::Device &device = currentDevice();
  double passes = t.toDevice && t.fromDevice ? 2 : t.src ? 0 : 1; // over DRAM; copies with the host are not modelled
  advanceQueue(t.queue, 1e-3 * passes * double(t.bytes) / (device.dramGbPerS * device.dramEfficiency));
  if (!t.src) {
    memset(t.dst, t.value, t.bytes);
    return "";
  }
  bool there = true;
  if (late && t.fromDevice && !t.toDevice && hostIsGone())
    return "";
  if (late && t.toDevice != t.fromDevice)
    there = t.toDevice ? readHost(t.dst, t.src, t.bytes) : writeHost(t.dst, t.src, t.bytes);
  else
    memmove(t.dst, t.src, t.bytes);
  if (there && t.toDevice != t.fromDevice)
    logCopy(t.fromDevice, t.fromDevice ? t.src : t.dst, t.bytes, t.number);
  return there ? "" : "it uses host memory that was freed meanwhile. Call cnrtQueueSync(queue) before freeing it.";
}

/// The accesses of device memory; false if one is a race.
static bool touch(const CopyJob &t, const OperationRef &operation) {
  auto access = [&](const void *p, bool write) {
    return touchDevice({operation, write, false, {nullptr, nullptr, 0}, 0, nullptr}, reinterpret_cast<uintptr_t>(p),
                       t.bytes);
  };
  return (!t.fromDevice || access(t.src, false)) && (!t.toDevice || access(t.dst, true));
}

/// An asynchronous copy comes to its turn.
static void arrive(const CopyJob &t, const OperationRef &operation, bool late) {
  bool fromHost = t.src && !t.fromDevice;
  std::string wrong;
  if (t.seen) { // the sanitizer looked at the host's side when the copy was submitted
    std::vector<char> now(t.bytes);
    bool there = readHost(now.data(), fromHost ? t.src : t.dst, t.bytes);
    if (there && hash(now.data(), t.bytes) != t.seen)
      wrong = fromHost ? "the host changed the source before it was copied."
                       : "the host wrote to the destination, or gave it away, before it was copied to.";
  }
  if (wrong.empty() || fromHost)
    wrong += move(t, late);
  if (!wrong.empty())
    accept(operation->place() + ": " + wrong +
           (t.seen && wrong.find("Call") == wrong.npos ? " Call cnrtQueueSync(queue) first." : ""));
  bool right = !sanitizing() || touch(t, operation);
  if (!wrong.empty() || !right)
    failQueue(t.queue, cnrtErrorQueue);
}

/// A blocking copy or fill: after what the default queue holds, in no order with other queues.
static cnrtRet_t block(const CopyJob &t) {
  if (!queuesMatter()) {
    move(t, false);
    return cnrtSuccess;
  }
  finishQueue(t.queue);
  unsigned races = racesFound();
  move(t, false);
  if (!sanitizing())
    return cnrtSuccess;
  OperationRef operation = hostOperation(t.name, t.caller);
  if (t.src && !t.fromDevice)
    accept(touchHost(*operation, reinterpret_cast<uintptr_t>(t.src), t.bytes, false));
  if (!t.toDevice)
    accept(touchHost(*operation, reinterpret_cast<uintptr_t>(t.dst), t.bytes, true));
  touch(t, operation);
  runPending(); // as late as it can be: what it does races with this if nothing has waited for it
  return racesFound() == races ? cnrtSuccess : remember(cnrtErrorQueue);
}

static cnrtRet_t enqueue(CopyJob t) {
  if (!queuesMatter()) {
    move(t, false);
    return cnrtSuccess;
  }
  bool late = queuesAreLate(), fromHost = t.src && !t.fromDevice;
  char *host = fromHost ? const_cast<char *>(t.src) : t.toDevice ? nullptr : t.dst;
  if (host && late && sanitizing()) {
    if (!fromHost)
      memset(host, kUnfinished, t.bytes);
    t.seen = hash(host, t.bytes);
  }
  OperationRef operation = submit(t.queue, t.name, t.caller, [t, late](const OperationRef &o) { arrive(t, o, late); });
  if (host && sanitizing() && !accept(watchHost(operation, reinterpret_cast<uintptr_t>(host), t.bytes, !fromHost)))
    failQueue(t.queue, cnrtErrorQueue);
  return cnrtSuccess;
}

static std::atomic<unsigned> copies{0};

static cnrtRet_t copy(const char *name, void *caller, void *dst, const void *src, size_t bytes,
                      cnrtMemTransDir_t direction, cnrtQueueSt *queue, bool blocking) {
  if (!queue)
    return remember(cnrtErrorInvalidResourceHandle);
  if (!dst || !src)
    return remember(cnrtErrorArgsInvalid);
  bool dstDevice = touchesDevice(dst), srcDevice = touchesDevice(src);
  bool toDevice = direction == cnrtMemcpyHostToDev || direction == cnrtMemcpyDevToDev;
  bool fromDevice = direction == cnrtMemcpyDevToHost || direction == cnrtMemcpyDevToDev;
  if (direction == cnrtMemcpyNoDirection) {
    toDevice = dstDevice;
    fromDevice = srcDevice;
  } else if (direction < cnrtMemcpyHostToDev || direction > cnrtMemcpyHostToHost || toDevice != dstDevice ||
             fromDevice != srcDevice) {
    return remember(cnrtErrorMemcpyDirectionInvalid);
  }
  if ((toDevice && !onDevice(dst, bytes)) || (fromDevice && !onDevice(src, bytes)))
    return remember(cnrtErrorArgsInvalid);
  CopyJob t{name,
            reinterpret_cast<uintptr_t>(caller),
            static_cast<char *>(dst),
            static_cast<const char *>(src),
            0,
            bytes,
            toDevice,
            fromDevice,
            queue,
            toDevice != fromDevice ? ++copies : 0};
  return blocking ? block(t) : enqueue(t);
}

static cnrtRet_t fill(const char *name, void *caller, void *p, int value, size_t bytes, cnrtQueueSt *queue,
                      bool blocking) {
  if (!queue)
    return remember(cnrtErrorInvalidResourceHandle);
  if (!p || !onDevice(p, bytes))
    return remember(cnrtErrorArgsInvalid);
  CopyJob t{
      name, reinterpret_cast<uintptr_t>(caller), static_cast<char *>(p), nullptr, value, bytes, true, false, queue, 0};
  return blocking ? block(t) : enqueue(t);
}

/// Documented: with pageable host memory the asynchronous copies of the second and third version are synchronous.
static cnrtRet_t copyAsLocked(const char *name, void *caller, void *dst, const void *src, size_t bytes,
                              cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  cnrtQueueSt *q = liveQueue(queue);
  cnrtRet_t ret = copy(name, caller, dst, src, bytes, direction, q, false);
  if (ret == cnrtSuccess && ((!touchesDevice(dst) && !isLocked(dst)) || (!touchesDevice(src) && !isLocked(src))))
    finishQueue(q);
  return ret;
}

#define CALLER __builtin_return_address(0)

extern "C" {

cnrtRet_t cnrtMemcpy(void *dst, const void *src, size_t bytes, cnrtMemTransDir_t direction) {
  return copy("cnrtMemcpy", CALLER, dst, src, bytes, direction, liveQueue(nullptr), true);
}
cnrtRet_t cnrtMemcpyAsync(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  return copy("cnrtMemcpyAsync", CALLER, dst, src, bytes, direction, liveQueue(queue), false);
}
cnrtRet_t cnrtMemcpyAsync_V2(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  return copyAsLocked("cnrtMemcpyAsync_V2", CALLER, dst, src, bytes, queue, direction);
}
cnrtRet_t cnrtMemcpyAsync_V3(void *dst, const void *src, size_t bytes, cnrtQueue_t queue, cnrtMemTransDir_t direction) {
  return copyAsLocked("cnrtMemcpyAsync_V3", CALLER, dst, src, bytes, queue, direction);
}
cnrtRet_t cnrtMemset(void *pointer, int value, size_t bytes) {
  return fill("cnrtMemset", CALLER, pointer, value, bytes, liveQueue(nullptr), true);
}
cnrtRet_t cnrtMemsetAsync(void *pointer, int value, size_t bytes, cnrtQueue_t queue) {
  return fill("cnrtMemsetAsync", CALLER, pointer, value, bytes, liveQueue(queue), false);
}

cnrtRet_t cnrtMemcpy2D(void *dst, size_t dst_pitch, const void *src, size_t src_pitch, size_t width, size_t height,
                       cnrtMemTransDir_t direction) {
  if (width > dst_pitch || width > src_pitch)
    return remember(cnrtErrorArgsInvalid);
  for (size_t row = 0; row < height; ++row) {
    cnrtRet_t ret = copy("cnrtMemcpy2D", CALLER, static_cast<char *>(dst) + row * dst_pitch,
                         static_cast<const char *>(src) + row * src_pitch, width, direction, liveQueue(nullptr), true);
    if (ret != cnrtSuccess)
      return ret;
  }
  return cnrtSuccess;
}

cnrtRet_t cnrtMemcpyToSymbol(const void *symbol, const void *src, size_t bytes, size_t offset,
                             cnrtMemTransDir_t direction) {
  return copy("cnrtMemcpyToSymbol", CALLER, static_cast<char *>(const_cast<void *>(symbol)) + offset, src, bytes,
              direction, liveQueue(nullptr), true);
}

cnrtRet_t cnrtMemcpyFromSymbol(void *dst, const void *symbol, size_t bytes, size_t offset,
                               cnrtMemTransDir_t direction) {
  return copy("cnrtMemcpyFromSymbol", CALLER, dst, static_cast<const char *>(symbol) + offset, bytes, direction,
              liveQueue(nullptr), true);
}
}
