//===- Compiler.cpp - From meta IR text to a plan -------------------------===//
#include "metabang/Compiler/Compiler.h"

#include "metabang/Compiler/PlanBuilder.h"
#include "metabang/Device/Device.h"
#include "metabang/Dialect/MLU/IR/MLUDialect.h"
#include "metabang/Pipelines/Pipelines.h"
#include "metabang/Pipelines/Register.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cmath>
#include <mutex>

using namespace mlir;
using namespace metabang;

namespace {

/// Collects what the passes say, in the user's terms: "net.py:12: message".
class Diagnostics {
public:
  explicit Diagnostics(MLIRContext &context) : handler(&context, [this](Diagnostic &d) { return add(d); }) {}

  std::string firstError() const { return errors.empty() ? nothingSaid : errors.front().source + errors.front().text; }

  /// What a stage behind the first two cannot finish is a gap of the compiler, told in terms of operations the user
  /// has never written. The user gets the line and what to do; the stage's own words are for who reads the report.
  std::string firstErrorOf(StringRef stage, StringRef target) const {
    Message message = errors.empty() ? Message{"", nothingSaid} : errors.front();
    return (message.source + "MetaBANG cannot compute this on " + target + " yet; split it along its largest " +
            "dimension or write it with other operations, and report it with the files that --dump DIR writes (stage " +
            stage + ": " + message.text + ")")
        .str();
  }

  size_t remarkCount() const { return remarks.size(); }
  /// Nothing was said since there were `count` remarks.
  void goBack(size_t count) {
    errors.clear();
    remarks.resize(count);
  }

  llvm::json::Array takeRemarks() {
    llvm::json::Array result;
    for (std::string &remark : remarks)
      result.push_back(std::move(remark));
    return result;
  }

private:
  static constexpr const char *nothingSaid = "the compiler failed without a message";
  struct Message {
    std::string source; ///< "net.py:12: ", or nothing
    std::string text;
  };

  LogicalResult add(Diagnostic &diagnostic) {
    Message message{sourceOf(diagnostic.getLocation()), diagnostic.str()};
    if (!message.source.empty())
      message.source += ": ";
    std::lock_guard<std::mutex> guard(mutex);
    std::string line = message.source + message.text;
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      errors.push_back(std::move(message));
    else if (!llvm::is_contained(remarks, line))
      remarks.push_back(line);
    return success();
  }

  std::mutex mutex;
  std::vector<Message> errors;
  std::vector<std::string> remarks;
  ScopedDiagnosticHandler handler;
};

/// How often kernels that do not fit NRAM are scheduled again, and how much of the room the first time; of its square,
/// its cube, … then, because the next smaller tile may be far smaller.
constexpr int kMostRepeats = 6;
constexpr double kRoomLeft = 15. / 16;

struct Stage {
  const char *name;
  llvm::function_ref<void(OpPassManager &)> build;
  bool judgesProgram = false; ///< its errors are about what the user wrote
};

/// Element types the device does not compute with, told at the line that makes one.
LogicalResult checkTypes(ModuleOp module, const Device &device) {
  auto check = [&](Location loc, Type type) -> LogicalResult {
    Type element = getElementTypeOrSelf(type);
    if (element.isF64())
      return emitError(loc) << "an MLU has no float64; cast to float32 with x.astype(\"float32\")";
    if (element.isBF16() && !device.hasBf16Vector)
      return emitError(loc) << device.name
                            << " has no bfloat16; cast to float16 or float32, as in x.astype(\"float32\")";
    return success();
  };
  WalkResult result = module.walk([&](Operation *op) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          if (failed(check(argument.getLoc(), argument.getType())))
            return WalkResult::interrupt();
    for (Type type : op->getResultTypes())
      if (failed(check(op->getLoc(), type)))
        return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// The cost model counts the buffers of a kernel before they exist, so what is planned at last may be more than there
/// is. Schedules of kernels of which that is known after `failed` get as much less in `before`, which has none yet.
/// Returns whether there are such kernels.
bool leaveRoom(ModuleOp failed, ModuleOp before, const Device &device, int repeats) {
  bool any = false;
  for (auto kernel : failed.getOps<func::FuncOp>()) {
    auto needed = kernel->getAttrOfType<IntegerAttr>(mlu::MLUDialect::getNRAMNeededAttrName());
    auto same = before.lookupSymbol<func::FuncOp>(kernel.getName());
    if (!needed || !same)
      continue;
    StringRef name = mlu::MLUDialect::getNRAMLimitAttrName();
    auto limit = same->getAttrOfType<IntegerAttr>(name);
    double had = limit ? limit.getInt() : device.nramBudget();
    auto less = static_cast<int64_t>(had * std::pow(kRoomLeft, repeats) * device.nramBudget() / needed.getInt());
    same->setAttr(name, IntegerAttr::get(needed.getType(), less));
    any = true;
  }
  return any;
}

/// Writes `name` in `directory`, all of it or nothing; `problem` says what went wrong, a full disk included.
LogicalResult writeFile(const std::string &directory, const llvm::Twine &name,
                        llvm::function_ref<void(llvm::raw_ostream &)> print, std::string &problem) {
  SmallString<128> path(directory);
  llvm::sys::path::append(path, name);
  std::error_code error = llvm::sys::fs::create_directories(directory);
  SmallString<128> unfinished(path);
  unfinished += ".tmp";
  if (!error) {
    llvm::raw_fd_ostream os(unfinished, error);
    if (!error) {
      print(os);
      os.close();
      error = os.error();
      os.clear_error();
    }
  }
  if (!error)
    error = llvm::sys::fs::rename(unfinished, path);
  if (error) {
    llvm::sys::fs::remove(unfinished);
    problem = "cannot write " + path.str().str() + ": " + error.message() + "; free some space or name another folder";
  }
  return failure(bool(error));
}

LogicalResult dump(ModuleOp module, const std::string &directory, int number, StringRef stage, std::string &problem) {
  if (directory.empty())
    return success();
  return writeFile(
      directory, llvm::Twine(number) + "-" + stage + ".mlir", [&](llvm::raw_ostream &os) { module.print(os); },
      problem);
}

LogicalResult dumpKernels(const llvm::json::Object &plan, const std::string &directory, std::string &problem) {
  if (directory.empty())
    return success();
  for (const llvm::json::Value &value : *plan.getArray("kernels")) {
    const llvm::json::Object &kernel = *value.getAsObject();
    auto print = [&](llvm::raw_ostream &os) { os << *kernel.getString("text"); };
    if (failed(writeFile(directory, *kernel.getString("name") + ".mlu", print, problem)))
      return failure();
  }
  return success();
}

} // namespace

CompileResult metabang::compile(const CompileRequest &request) {
  CompileResult result;
  const Device *device = lookupDevice(request.target);
  if (!device) {
    result.error = "the target \"" + request.target + "\" is unknown; known targets are " + knownDevices();
    return result;
  }
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  Diagnostics diagnostics(context);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(request.text, ParserConfig(&context));
  if (!module) {
    result.error = diagnostics.firstError();
    return result;
  }
  if (failed(checkTypes(*module, *device))) {
    result.error = diagnostics.firstError();
    return result;
  }
  auto main = module->lookupSymbol<func::FuncOp>("main");
  if (!main) {
    result.error = "the program has no function @main";
    return result;
  }
  FunctionType signature = main.getFunctionType();
  (*module)->setAttr(mlu::MLUDialect::getTargetAttrName(), StringAttr::get(&context, request.target));

  CompilerOptions options;
  options.bits = request.bits;
  auto kernels = [&](OpPassManager &pm) { buildKernelsStage(pm, options); };
  const Stage stages[] = {{"meta", buildMetaStage, true},     {"kernels", kernels, true},
                          {"schedule", buildScheduleStage},   {"place", buildPlaceStage},
                          {"bufferize", buildBufferizeStage}, {"mlu", buildMLUStage}};
  if (failed(dump(*module, request.dumpDir, 0, "input", result.error)))
    return result;
  OwningOpRef<ModuleOp> unscheduled;
  size_t unscheduledAt = 0, remarks = 0;
  int repeats = 0;
  for (size_t at = 0; at < std::size(stages); ++at) {
    const Stage &stage = stages[at];
    if (!stage.judgesProgram && !unscheduled) {
      unscheduled = module->clone();
      unscheduledAt = at;
      remarks = diagnostics.remarkCount();
    }
    PassManager pm(&context);
    stage.build(pm);
    if (failed(pm.run(*module))) {
      if (unscheduled && repeats++ < kMostRepeats && leaveRoom(*module, *unscheduled, *device, repeats)) {
        diagnostics.goBack(remarks);
        module = unscheduled->clone();
        at = unscheduledAt - 1;
        continue;
      }
      result.error =
          stage.judgesProgram ? diagnostics.firstError() : diagnostics.firstErrorOf(stage.name, request.target);
      return result;
    }
    if (failed(dump(*module, request.dumpDir, at + 1, stage.name, result.error)))
      return result;
  }
  FailureOr<llvm::json::Object> plan = buildPlan(*module, signature);
  if (failed(plan)) {
    result.error = diagnostics.firstErrorOf("text", request.target);
    return result;
  }
  (*plan)["remarks"] = diagnostics.takeRemarks();
  if (failed(dumpKernels(*plan, request.dumpDir, result.error)))
    return result;
  llvm::raw_string_ostream(result.plan) << llvm::json::Value(std::move(*plan));
  result.ok = true;
  return result;
}
