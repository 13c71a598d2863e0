#include "Workers.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <unistd.h>
#include <vector>

namespace metabang::sim {
namespace {

struct Pool {
  std::mutex mutex;
  std::condition_variable wake, done;
  const std::function<void()> *job = nullptr;
  unsigned wanted = 0;  // helpers still to start on the job
  unsigned running = 0; // helpers at work
  unsigned threads = 0;
  pid_t owner = getpid();

  void loop() {
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return wanted > 0; });
      --wanted;
      const std::function<void()> *work = job;
      lock.unlock();
      (*work)();
      lock.lock();
      if (--running == 0)
        done.notify_all();
    }
  }
};

Pool &pool() {
  static Pool *p = new Pool; // its threads end with the process
  if (p->owner != getpid())  // a fork keeps no threads
    p = new Pool;
  return *p;
}

} // namespace

unsigned workerCount() {
  static const unsigned count = [] {
    const char *text = getenv("MLU_SIM_THREADS");
    int wanted = text ? atoi(text) : 0;
    if (text && wanted < 1)
      fprintf(stderr, "MLU_SIM_THREADS=%s is no number of threads; using those of this machine\n", text);
    unsigned n = wanted > 0 ? unsigned(wanted) : std::max(1u, std::thread::hardware_concurrency());
    return std::min(n, 64u) - 1;
  }();
  return count;
}

void runOnWorkers(unsigned helpers, const std::function<void()> &job) {
  static std::mutex oneAtATime;
  if (helpers == 0)
    return job();
  std::lock_guard<std::mutex> turn(oneAtATime);
  Pool &p = pool();
  {
    std::lock_guard<std::mutex> lock(p.mutex);
    for (; p.threads < helpers; ++p.threads)
      std::thread([&p] { p.loop(); }).detach();
    p.job = &job;
    p.wanted = p.running = helpers;
  }
  p.wake.notify_all();
  job();
  std::unique_lock<std::mutex> lock(p.mutex);
  p.running -= p.wanted; // those that have not woken are not needed any more
  p.wanted = 0;
  p.done.wait(lock, [&p] { return p.running == 0; });
}

} // namespace metabang::sim
