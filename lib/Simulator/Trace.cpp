// Launches as slices in the trace-event format that Perfetto and chrome://tracing read.
#include "Trace.h"

#include "Json.h"
#include "Queues.h"

#include "metabang/Simulator/Simulator.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

namespace metabang::sim {
namespace {

/// The open file is valid JSON after every launch: the next one overwrites the closing brackets.
struct TraceFile {
  std::mutex mutex;
  FILE *file = nullptr;
  long end = 0; // where the closing brackets stand
  bool any = false;
  double ns = 0; // when the next launch begins
  std::set<unsigned> named;

  TraceFile() {
    const char *path = getenv("MLU_SIM_TRACE");
    if (path && *path && !open(path))
      fprintf(stderr, "MLU_SIM_TRACE=%s cannot be written; launches are not traced\n", path);
  }
  bool open(const char *path) {
    close();
    file = fopen(path, "w");
    if (!file)
      return false;
    fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [", file);
    finish();
    return true;
  }
  void close() {
    if (file)
      fclose(file);
    file = nullptr;
    any = false;
    ns = 0;
    named.clear();
  }
  void resume() { fseek(file, end, SEEK_SET); }
  void finish() {
    end = ftell(file);
    fputs("\n]}\n", file);
    fflush(file);
  }
  void entry() {
    fputs(any ? ",\n" : "\n", file);
    any = true;
  }
};
TraceFile &trace() {
  static auto *t = new TraceFile;
  return *t;
}

/// A complete event. Both ends are rounded to picoseconds, so that neighbours on a track never overlap.
void complete(TraceFile &t, unsigned pid, unsigned tid, const std::string &name, const char *category, double begin,
              double end, const std::string &args) {
  long long from = llround(begin * 1e3), length = llround(end * 1e3) - from;
  t.entry();
  fprintf(t.file,
          "{\"ph\": \"X\", \"pid\": %u, \"tid\": %u, \"name\": %s, \"cat\": \"%s\", \"ts\": %lld.%06lld, "
          "\"dur\": %lld.%06lld, \"args\": {%s}}",
          pid, tid, name.c_str(), category, from / 1000000, from % 1000000, length / 1000000, length % 1000000,
          args.c_str());
}

void metadata(TraceFile &t, unsigned pid, unsigned tid, const char *what, const std::string &name) {
  t.entry();
  fprintf(t.file, "{\"ph\": \"M\", \"pid\": %u, \"tid\": %u, \"name\": \"%s\", \"args\": {\"name\": %s}}", pid, tid,
          what, quoted(name).c_str());
}

} // namespace

bool tracing() {
  TraceFile &t = trace();
  std::lock_guard<std::mutex> lock(t.mutex);
  return t.file != nullptr;
}

void traceLaunch(const char *kernel, const metabang::Device &device, const Times &times) {
  TraceFile &t = trace();
  std::lock_guard<std::mutex> lock(t.mutex);
  if (!t.file)
    return;
  t.resume();
  unsigned memoryCore = unsigned(device.coresPerCluster);
  if (t.named.insert(0).second) {
    metadata(t, 0, 0, "process_name", device.name);
    metadata(t, 0, 0, "thread_name", "kernels");
  }
  double begin = t.ns + device.launchUs * 1e3;
  complete(t, 0, 0, "\"launch\"", "launch", t.ns, begin, "");
  complete(t, 0, 0, quoted(kernel), "kernel", begin, begin + times.ns, "");
  static const char *const categories[] = {"io", "move", "compute", "barrier"};
  for (const Slice &s : times.slices) {
    unsigned pid = s.cluster + 1, tid = s.core * (kPipes + 1) + unsigned(s.pipe) + 1;
    if (t.named.insert(pid).second)
      metadata(t, pid, 0, "process_name", "cluster " + std::to_string(s.cluster));
    if (t.named.insert(pid + tid * 65536).second)
      metadata(t, pid, tid, "thread_name",
               (s.core == memoryCore ? "memory core " : "core " + std::to_string(s.core) + " ") + pipeName(s.pipe));
    std::string args;
    if (s.site.name) {
      args = "\"file\": " + quoted(std::string(s.site.file) + ":" + std::to_string(s.site.line));
      if (s.bytes)
        args += ", \"bytes\": " + std::to_string(s.bytes);
    }
    complete(t, pid, tid, quoted(s.site.name ? s.site.name : "barrier"), categories[s.pipe], begin + s.begin,
             begin + s.begin + s.ns, args);
  }
  t.ns = begin + times.ns;
  t.finish();
}

} // namespace metabang::sim

using namespace metabang::sim;

extern "C" int mluSimTraceStart(const char *path) {
  runPending();
  TraceFile &t = trace();
  std::lock_guard<std::mutex> lock(t.mutex);
  return path && t.open(path) ? 0 : -1;
}

extern "C" void mluSimTraceStop(void) {
  runPending();
  TraceFile &t = trace();
  std::lock_guard<std::mutex> lock(t.mutex);
  t.close();
}
