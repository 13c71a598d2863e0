// Host memory that asynchronous copies use after the call that submitted them.
#include "HostMemory.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <sys/uio.h>
#include <unistd.h>

namespace metabang::sim {
namespace {

struct Watch {
  OperationRef copy;
  uintptr_t begin, end;
  bool write;
};
struct Host {
  std::mutex mutex;
  std::map<uintptr_t, size_t> locked;
  std::vector<Watch> watches;
  std::atomic<size_t> watched{0};
};
Host &host() {
  static auto *h = new Host;
  return *h;
}
using Lock = std::lock_guard<std::mutex>;

/// A conflict with what is watched; the mutex is held.
std::string conflict(const Operation &now, uintptr_t begin, size_t bytes, bool write) {
  Host &h = host();
  for (const Watch &w : h.watches) {
    if (w.begin >= begin + bytes || begin >= w.end || !(w.write || write) || ordered(*w.copy, now))
      continue;
    std::string report = "race: " + now.place() + (write ? " writes" : " reads") + " host memory while " +
                         w.copy->place() + (w.write ? " writes" : " reads") + " there. " + missingSync(*w.copy, now);
    h.watches.clear();
    h.watched = 0;
    return report;
  }
  return "";
}

bool transfer(void *local, const void *remote, size_t bytes, bool write) {
  iovec here{local, bytes}, there{const_cast<void *>(remote), bytes};
  ssize_t done =
      write ? process_vm_writev(getpid(), &here, 1, &there, 1, 0) : process_vm_readv(getpid(), &here, 1, &there, 1, 0);
  if (done == ssize_t(bytes))
    return true;
  if (done >= 0 || errno == EFAULT)
    return false;
  if (write) // the system does not let us ask
    memcpy(const_cast<void *>(remote), local, bytes);
  else
    memcpy(local, remote, bytes);
  return true;
}

} // namespace

void addLocked(const void *p, size_t bytes) {
  Lock lock(host().mutex);
  host().locked[reinterpret_cast<uintptr_t>(p)] = bytes;
}

void removeLocked(const void *p) {
  Lock lock(host().mutex);
  host().locked.erase(reinterpret_cast<uintptr_t>(p));
}

bool isLocked(const void *p) {
  Lock lock(host().mutex);
  auto it = host().locked.upper_bound(reinterpret_cast<uintptr_t>(p));
  return it != host().locked.begin() && reinterpret_cast<uintptr_t>(p) - std::prev(it)->first < std::prev(it)->second;
}

std::string watchHost(const OperationRef &copy, uintptr_t begin, size_t bytes, bool write) {
  Lock lock(host().mutex);
  std::string report = conflict(*copy, begin, bytes, write);
  host().watches.push_back({copy, begin, begin + bytes, write});
  host().watched = host().watches.size();
  return report;
}

std::string touchHost(const Operation &now, uintptr_t begin, size_t bytes, bool write) {
  Lock lock(host().mutex);
  return conflict(now, begin, bytes, write);
}

void unwatchHost(const Knowledge &knows) {
  Host &h = host();
  if (!watchingHost())
    return;
  Lock lock(h.mutex);
  h.watches.erase(std::remove_if(h.watches.begin(), h.watches.end(),
                                 [&](const Watch &w) {
                                   return w.copy->agent < knows.size() && knows[w.copy->agent] >= w.copy->number;
                                 }),
                  h.watches.end());
  h.watched = h.watches.size();
}

bool watchingHost() { return host().watched.load(std::memory_order_relaxed) != 0; }

bool readHost(void *to, const void *from, size_t bytes) { return bytes == 0 || transfer(to, from, bytes, false); }

bool writeHost(void *to, const void *from, size_t bytes) {
  return bytes == 0 || transfer(const_cast<void *>(from), to, bytes, true);
}

} // namespace metabang::sim
