#include "Core.h"

#include "Launch.h"
#include "Op.h"
#include "Sanitizer.h"
#include "Union.h"

#include <cstring>
#include <utility>

#include <cstring>

__thread int taskId, taskIdX, taskIdY, taskIdZ, taskDim, taskDimX, taskDimY, taskDimZ;
__thread int coreId, coreDim, clusterId, clusterDim;

namespace metabang::sim {

static __thread Core *current = nullptr;
Core *currentCore() { return current; }
void setCurrentCore(Core *core) { current = core; }

Core::Core() = default;
Core::~Core() = default;

static bool refuse(Launch &launch, Space space, size_t used, size_t size) {
  if (used <= size)
    return true;
  std::lock_guard<std::mutex> lock(launch.mutex);
  launch.report = std::string("kernel '") + launch.kernel.info->name + "' declares " + std::to_string(used) +
                  " bytes of " + spaceName(space) + " but " + launch.device->name + " has " + std::to_string(size) +
                  (space == Space::LDRAM ? " for a core. Make them smaller, or call cnrtSetLocalMem(megabytes) first."
                                         : ". Make the on-chip buffers smaller.");
  launch.stopped.store(true);
  return false;
}

bool Core::attach(Launch &l) {
  launch = &l;
  device = l.device;
  arch = static_cast<int>(device->arch);
  is2xx = arch < 300;
  const Module &module = *l.kernel.module;
  if (!refuse(l, Space::NRAM, module.bytesIn(Space::NRAM), size_t(device->nramBytes)) ||
      !refuse(l, Space::WRAM, module.bytesIn(Space::WRAM), size_t(device->wramBytes)) ||
      !refuse(l, Space::SRAM, module.bytesIn(Space::SRAM), size_t(device->sramBytes)) ||
      !refuse(l, Space::LDRAM, module.bytesIn(Space::LDRAM), localMemoryBytes()))
    return false;
  stack.attach(*device, module);
  ranges.clear();
  size_t shadow[5] = {}; // of each space
  for (const Variable &v : module.variables) {
    uintptr_t at = module.address(v);
    size_t &next = shadow[int(v.space)];
    ranges.push_back({at, at + v.size, &v, next});
    next += (v.size + 63) / 64 * 64;
  }
  wram.resize(size_t(device->wramBytes));
  if (l.sanitize)
    sanitizer = std::make_unique<Sanitizer>(*this);
  else
    sanitizer.reset();
  return true;
}

void Core::begin(unsigned index) {
  const unsigned *d = launch->dim;
  task = index;
  taskId = int(index);
  taskIdX = int(index % d[0]);
  taskIdY = int(index / d[0] % d[1]);
  taskIdZ = int(index / (d[0] * d[1]));
  taskDim = int(launch->tasks());
  taskDimX = int(d[0]);
  taskDimY = int(d[1]);
  taskDimZ = int(d[2]);
  coreDim = int(device->coresPerCluster);
  coreId = int(index % unsigned(coreDim));
  clusterDim = 0; // Block
  clusterId = 0;
  memoryCore = false;
  steps = 0;
  leftOut = {};
  overwrites.clear();
  scalarOverwrite = nullptr;
  for (auto &list : deferred) // what a task that was stopped left
    list.clear();
  clock = Clock();
  clock.reserve();
  clock.traced = launch->traced;
  if (sanitizer)
    sanitizer->beginTask();
  for (const Range &r : ranges)
    if (!r.variable->initial.empty())
      memcpy(reinterpret_cast<void *>(r.begin), r.variable->initial.data(), r.variable->initial.size());
}

void Core::complete(Pipe pipe, std::function<void()> action) {
  if (launch->schedule.lazy && pipe != Compute)
    deferred[pipe].push_back(std::move(action));
  else
    action();
}

std::function<void()> Core::overwriteSame(std::function<void()> action) {
  if (overwrites.empty())
    return action;
  return [this, action = std::move(action), ranges = std::move(overwrites)] {
    std::vector<std::vector<char>> before;
    for (const Overwrite &o : ranges)
      before.emplace_back(reinterpret_cast<char *>(o.begin), reinterpret_cast<char *>(o.end));
    action();
    for (size_t i = 0; i < ranges.size(); ++i)
      if (memcmp(before[i].data(), reinterpret_cast<char *>(ranges[i].begin), before[i].size()) != 0)
        failAt(*this, ranges[i].place, ranges[i].what, ranges[i].remedy);
  };
}

void Core::finish(int pipe) {
  for (auto &action : deferred[pipe])
    action();
  deferred[pipe].clear();
}

void Core::drain(int pipes) {
  if (scalarOverwrite)
    std::exchange(scalarOverwrite, nullptr)();
  for (int p = 0; p < kPipes; ++p)
    if (pipes >> p & 1) {
      finish(p);
      ++drains[p];
    }
  if (sanitizer)
    sanitizer->sync(pipes);
}

void Core::step() {
  if (scalarOverwrite)
    std::exchange(scalarOverwrite, nullptr)();
  constexpr unsigned kPatience = 1024; // builtins of a core while the others of its union wait
  if (team && ++steps >= kPatience) {
    steps = 0;
    team->yield(*this);
  }
}

std::string Core::where() const {
  if (memoryCore)
    return team->nameOf(member);
  return "task " + std::to_string(task) + " of " + std::to_string(launch->tasks()) +
         (team ? " (" + team->nameOf(member) + ")" : "");
}

} // namespace metabang::sim
