#include "CoreThreads.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace metabang::sim {
namespace {

struct Threads {
  struct One {
    std::condition_variable wake;
    const std::function<void(unsigned)> *job = nullptr;
  };
  std::mutex mutex;
  std::condition_variable done;
  std::deque<One> all; // grows; its elements stay where they are
  unsigned running = 0;
  pid_t owner = getpid();

  void loop(unsigned index, One &self) {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      self.wake.wait(lock, [&self] { return self.job != nullptr; });
      const std::function<void(unsigned)> *job = self.job;
      lock.unlock();
      (*job)(index);
      lock.lock();
      self.job = nullptr;
      if (--running == 0)
        done.notify_all();
    }
  }
};

Threads &threads() {
  static Threads *t = new Threads; // its threads end with the process
  if (t->owner != getpid())        // a fork keeps no threads
    t = new Threads;
  return *t;
}

} // namespace

void runOnCoreThreads(unsigned count, const std::function<void(unsigned)> &job) {
  static std::mutex oneAtATime;
  std::lock_guard<std::mutex> turn(oneAtATime);
  Threads &t = threads();
  std::unique_lock<std::mutex> lock(t.mutex);
  while (t.all.size() < count) {
    unsigned index = unsigned(t.all.size());
    Threads::One &one = t.all.emplace_back();
    std::thread([&t, &one, index] { t.loop(index, one); }).detach();
  }
  t.running = count;
  for (unsigned i = 0; i < count; ++i) {
    t.all[i].job = &job;
    t.all[i].wake.notify_one();
  }
  t.done.wait(lock, [&t] { return t.running == 0; });
}

} // namespace metabang::sim
