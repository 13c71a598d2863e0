//===- Plan.cpp - Runs a compiled program without Python ------------------===//

#include "metabang/Runtime/Plan.h"

#include <fstream>
#include <sstream>

using namespace metabang::runtime;

namespace {

std::string shapeText(const int64_t *sizes, size_t rank) {
  std::string text = "(";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + std::to_string(sizes[i]);
  return text + (rank == 1 ? ",)" : ")");
}

bool sameShape(const HostArray &array, const BufferDescription &buffer) {
  return array.rank == buffer.shape.size() && std::equal(buffer.shape.begin(), buffer.shape.end(), array.shape);
}

} // namespace

Plan::Plan(std::shared_ptr<Context> where, PlanDescription description,
           const std::map<std::string, std::string> &modules)
    : context(std::move(where)), plan(std::move(description)), argumentStates(plan.argumentCount),
      arena(selectDevice(), plan.arenaBytes), start(context->device), end(context->device) {
  checkCard();
  const Device &device = context->device;
  for (const BufferDescription &buffer : plan.buffers) {
    memories.emplace_back(device, buffer.kind == BufferKind::Temp ? 0 : buffer.bytes);
    bool padded = buffer.kind == BufferKind::Input || (buffer.kind == BufferKind::Constant && !buffer.prepared);
    if (padded && buffer.hostBytes() < buffer.bytes)
      memories.back().fill(0); // the host never writes the padding
  }

  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    const BufferDescription &buffer = plan.buffers[i];
    if (buffer.kind == BufferKind::Input)
      argumentStates[buffer.index].input = true;
    if (buffer.kind == BufferKind::Constant && !buffer.prepared) {
      argumentStates[buffer.index].constant = true;
      argumentStates[buffer.index].buffers.push_back(static_cast<int>(i));
    }
  }
  for (size_t i = 0; i < plan.preparations.size(); ++i) {
    findPreparation(plan.preparations[i].kind); // an unknown kind is an error now, not at the first run
    argumentStates[plan.preparations[i].input].constant = true;
    argumentStates[plan.preparations[i].input].preparations.push_back(static_cast<int>(i));
  }

  std::map<std::string, std::shared_ptr<const Module>> loaded;
  std::vector<std::shared_ptr<const Kernel>> kernels;
  for (const KernelDescription &kernel : plan.kernels) {
    auto file = modules.find(kernel.name);
    if (file == modules.end())
      throw PlanError("plan: no shared object for kernel \"" + kernel.name + "\"");
    std::shared_ptr<const Module> &module = loaded[file->second];
    if (!module)
      module = std::make_shared<Module>(device.library(), file->second);
    kernels.push_back(std::make_shared<Kernel>(device, module, kernel.name));
  }
  for (const LaunchDescription &launch : plan.launches) {
    std::vector<void *> pointers;
    for (int buffer : launch.args) {
      const BufferDescription &description = plan.buffers[buffer];
      pointers.push_back(description.kind == BufferKind::Temp ? static_cast<char *>(arena.data()) + description.offset
                                                              : memories[buffer].data());
    }
    launches.emplace_back(kernels[launch.kernel], launch.dim, launch.type, pointers);
  }
}

const Device &Plan::selectDevice() const {
  const Device &device = context->device.use();
  const CnrtApi &api = device.library()->api();
  bool other = api.simSetDevice && !(api.simGetDevice && plan.target == api.simGetDevice());
  if (other && api.simSetDevice(plan.target.c_str()))
    throw PlanError("the simulator cannot become " + plan.target +
                    ": it has no such device, or programs for another target are still loaded");
  return device;
}

void Plan::checkCard() const {
  if (context->device.library()->isSimulator())
    return;
  int isa = context->device.properties().isa;
  if (isa && plan.target != "mtp_" + std::to_string(isa))
    throw PlanError("the program is compiled for " + plan.target + " but the card is mtp_" + std::to_string(isa));
}

Plan::~Plan() {
  try { // kernels of a failed run may still be using the memory
    context->queue.sync();
  } catch (const CnrtError &) {
  }
}

std::unique_ptr<Plan> Plan::load(std::shared_ptr<Context> context, const std::string &directory) {
  std::string path = directory + "/plan.json";
  std::ifstream file(path);
  if (!file)
    throw PlanError(path + " cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  PlanDescription description = PlanDescription::parse(text.str());
  std::map<std::string, std::string> modules;
  for (const KernelDescription &kernel : description.kernels)
    modules[kernel.name] = directory + "/" + kernel.name + ".so";
  return std::make_unique<Plan>(std::move(context), std::move(description), modules);
}

void Plan::checkArgument(int argument, const HostArray &array, const BufferDescription &buffer) const {
  if (!array.data && buffer.bytes)
    throw PlanError("argument " + std::to_string(argument) + " is missing");
  bool bits = buffer.dtype == "bfloat16" && std::string_view(array.dtype) == "uint16"; // NumPy has no bfloat16
  if (!sameShape(array, buffer) || (buffer.dtype != array.dtype && !bits))
    throw PlanError("argument " + std::to_string(argument) + " is " + array.dtype + " " +
                    shapeText(array.shape, array.rank) + "; the program takes " + buffer.dtype + " " +
                    shapeText(buffer.shape.data(), buffer.shape.size()));
}

bool Plan::needs(int argument, int64_t version) const {
  if (argument >= plan.argumentCount)
    return false;
  const ArgumentState &state = argumentStates[argument];
  return state.input || state.outdated(version);
}

void Plan::uploadConstant(int argument, const HostArray &array) {
  const ArgumentState &state = argumentStates[argument];
  for (int buffer : state.buffers) {
    checkArgument(argument, array, plan.buffers[buffer]);
    memories[buffer].copyFromHost(array.data, plan.buffers[buffer].hostBytes());
  }
  for (int index : state.preparations) {
    const PreparationDescription &preparation = plan.preparations[index];
    if (!array.data)
      throw PlanError("argument " + std::to_string(argument) + " is missing");
    std::vector<PreparedBuffer> outputs;
    for (int buffer : preparation.outputs)
      outputs.push_back({plan.buffers[buffer], std::vector<unsigned char>(plan.buffers[buffer].bytes)});
    findPreparation(preparation.kind)(array, preparation.attributes, outputs);
    for (size_t i = 0; i < outputs.size(); ++i)
      memories[preparation.outputs[i]].copyFromHost(outputs[i].bytes.data(), outputs[i].bytes.size());
  }
}

void Plan::launchAll(bool profile) {
  Queue &queue = context->queue;
  const CnrtApi &api = queue.library()->api();
  if (profile && api.simClearProfiles)
    api.simClearProfiles();
  while (profile && between.size() < launches.size())
    between.emplace_back(context->device);
  start.place(queue);
  for (size_t i = 0; i < launches.size(); ++i) {
    try {
      launches[i].enqueue(queue);
    } catch (const CnrtError &error) {
      const KernelDescription &kernel = plan.kernels[plan.launches[i].kernel];
      throw CnrtError(error.code(), error.name(), error.call(),
                      "launch of kernel " + kernel.name + (kernel.source.empty() ? "" : " (" + kernel.source + ")"));
    }
    if (profile)
      between[i].place(queue);
  }
  end.place(queue);
  queue.sync();
}

void Plan::run(const std::vector<HostArray> &arguments, const std::vector<void *> &results,
               const std::vector<int64_t> &versions, bool profile) {
  if (arguments.size() < static_cast<size_t>(plan.argumentCount))
    throw PlanError("the program takes " + std::to_string(plan.argumentCount) + " arguments, not " +
                    std::to_string(arguments.size()));
  if (results.size() != plan.results.size())
    throw PlanError("the program has " + std::to_string(plan.results.size()) + " results, not " +
                    std::to_string(results.size()));
  if (!versions.empty() && versions.size() != arguments.size())
    throw PlanError("one version for every argument, or none");

  std::lock_guard<std::mutex> guard(mutex);
  selectDevice();
  for (size_t i = 0; i < argumentStates.size(); ++i) {
    ArgumentState &state = argumentStates[i];
    int64_t version = versions.empty() ? 0 : versions[i];
    if (!state.outdated(version))
      continue;
    state.uploaded = false; // should the upload fail halfway
    uploadConstant(static_cast<int>(i), arguments[i]);
    state.uploaded = true;
    state.version = version;
  }
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    const BufferDescription &buffer = plan.buffers[i];
    if (buffer.kind != BufferKind::Input)
      continue;
    checkArgument(buffer.index, arguments[buffer.index], buffer);
    memories[i].copyFromHost(arguments[buffer.index].data, buffer.hostBytes());
  }
  try {
    launchAll(profile);
  } catch (...) {
    try { // what was queued must not meet the next run
      context->queue.sync();
    } catch (const CnrtError &) {
    }
    throw;
  }
  lastMicroseconds = launches.empty() ? 0 : Notifier::microseconds(start, end);
  if (profile) {
    lastProfile.clear();
    const CnrtApi &api = context->device.library()->api();
    lastDetails = api.simProfiles && !launches.empty() ? api.simProfiles() : "";
    for (size_t i = 0; i < launches.size(); ++i)
      lastProfile.push_back(Notifier::microseconds(i ? between[i - 1] : start, between[i]));
  }
  for (size_t i = 0; i < results.size(); ++i)
    memories[plan.results[i]].copyToHost(results[i], plan.buffers[plan.results[i]].hostBytes());
}
