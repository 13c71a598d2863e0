//===- Plan.h - Runs a compiled program without Python ----------*- C++ -*-===//

#ifndef METABANG_RUNTIME_PLAN_H
#define METABANG_RUNTIME_PLAN_H

#include "metabang/Runtime/Launch.h"
#include "metabang/Runtime/Preparations.h"

#include <map>
#include <mutex>

namespace metabang::runtime {

/// A device and the queue that plans share.
struct Context {
  explicit Context(LibraryRef library, int ordinal = 0) : device(std::move(library), ordinal), queue(device) {}
  Device device;
  Queue queue;
};

/// A plan whose buffers, constants and kernels live on a device. run() may be
/// called from any thread; calls of one plan happen one after the other.
class Plan {
public:
  /// `modules` maps every kernel's name to its shared object. Throws PlanError
  /// or CnrtError, with nothing left allocated.
  Plan(std::shared_ptr<Context> context, PlanDescription description,
       const std::map<std::string, std::string> &modules);
  ~Plan();
  Plan(const Plan &) = delete;
  Plan &operator=(const Plan &) = delete;

  /// Reads DIR/plan.json and takes DIR/<kernel>.so as the kernels.
  static std::unique_ptr<Plan> load(std::shared_ptr<Context> context, const std::string &directory);

  /// Runs once. `arguments` are those of @main by number. A constant is
  /// prepared and uploaded at its first run and when its entry of `versions`
  /// (none: all 0) differs from the last one; else its argument may be absent.
  /// `results[i]` receives result i. After an exception the results are
  /// undefined, nothing runs any more, and the plan may be run again.
  void run(const std::vector<HostArray> &arguments, const std::vector<void *> &results,
           const std::vector<int64_t> &versions = {}, bool profile = false);

  /// True if run() would read this argument: an input, or a constant that is
  /// new or whose version changed.
  bool needs(int argument, int64_t version) const;
  /// True if the argument stays on the device between runs.
  bool isConstant(int argument) const { return argumentStates.at(static_cast<size_t>(argument)).constant; }

  const PlanDescription &description() const { return plan; }
  /// Device time of the last run from first to last launch, in microseconds.
  double deviceMicroseconds() const { return lastMicroseconds; }
  /// Device time of every launch of the last run with profile, microseconds.
  const std::vector<float> &launchMicroseconds() const { return lastProfile; }
  /// What the simulator knows of them beyond the time (mluSimProfiles: a JSON
  /// array, one object a launch); "" on a card.
  const std::string &launchDetails() const { return lastDetails; }

private:
  struct ArgumentState {
    bool input = false;    // copied at every run
    bool constant = false; // copied or prepared when its version changes
    bool uploaded = false;
    int64_t version = 0;
    std::vector<int> buffers; // constants filled with the argument itself
    std::vector<int> preparations;

    bool outdated(int64_t wanted) const { return constant && (!uploaded || version != wanted); }
  };

  /// Makes the device current and, of the simulator, the one of the target.
  const Device &selectDevice() const;
  void checkCard() const;
  void checkArgument(int argument, const HostArray &array, const BufferDescription &buffer) const;
  void uploadConstant(int argument, const HostArray &array);
  void launchAll(bool profile);

  std::shared_ptr<Context> context;
  PlanDescription plan;
  std::vector<ArgumentState> argumentStates; // by argument number
  Memory arena;
  std::vector<Memory> memories; // by buffer; empty for temps
  std::vector<Launch> launches;
  Notifier start, end;
  std::vector<Notifier> between; // after every launch, made when profiling
  std::mutex mutex;
  double lastMicroseconds = 0;
  std::vector<float> lastProfile;
  std::string lastDetails;
};

} // namespace metabang::runtime

#endif // METABANG_RUNTIME_PLAN_H
