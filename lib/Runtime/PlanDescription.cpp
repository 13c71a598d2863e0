//===- PlanDescription.cpp - Reads and checks a plan ----------------------===//

#include "metabang/Runtime/PlanDescription.h"

#include <algorithm>

using namespace metabang::runtime;

size_t metabang::runtime::itemSize(std::string_view dtype) {
  struct Entry {
    std::string_view name;
    size_t bytes;
  };
  static constexpr Entry table[] = {{"bool", 1},    {"int8", 1},     {"uint8", 1},  {"int16", 2},  {"uint16", 2},
                                    {"float16", 2}, {"bfloat16", 2}, {"int32", 4},  {"uint32", 4}, {"float32", 4},
                                    {"int64", 8},   {"uint64", 8},   {"float64", 8}};
  for (const Entry &entry : table)
    if (entry.name == dtype)
      return entry.bytes;
  throw PlanError("plan: unknown dtype \"" + std::string(dtype) + "\"");
}

int64_t BufferDescription::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

size_t BufferDescription::hostBytes() const { return static_cast<size_t>(elements()) * itemSize(dtype); }

namespace {

constexpr size_t maxBytes = size_t(1) << 48; // more than any card; keeps sums from overflowing

size_t readSize(const Json &value, const char *what) {
  int64_t number = value.asInt();
  if (number < 0 || static_cast<uint64_t>(number) > maxBytes)
    throw PlanError(std::string("plan: ") + what + " is out of range: " + std::to_string(number));
  return static_cast<size_t>(number);
}

int readIndex(const Json &value, size_t limit, const char *what) {
  int64_t number = value.asInt();
  if (number < 0 || static_cast<uint64_t>(number) >= limit)
    throw PlanError(std::string("plan: ") + what + " " + std::to_string(number) + " is not one of " +
                    std::to_string(limit));
  return static_cast<int>(number);
}

constexpr size_t maxArguments = 1 << 20;

BufferKind readKind(const std::string &name) {
  static const std::map<std::string, BufferKind> kinds = {{"input", BufferKind::Input},
                                                          {"constant", BufferKind::Constant},
                                                          {"output", BufferKind::Output},
                                                          {"temp", BufferKind::Temp}};
  auto it = kinds.find(name);
  if (it == kinds.end())
    throw PlanError("plan: unknown kind of buffer \"" + name + "\"");
  return it->second;
}

BufferDescription readBuffer(const Json &json) {
  BufferDescription buffer;
  buffer.kind = readKind(json.at("kind").asString());
  buffer.bytes = readSize(json.at("bytes"), "size of a buffer");
  buffer.dtype = json.stringOr("dtype", "uint8");
  itemSize(buffer.dtype);
  if (const Json *shape = json.find("shape"))
    for (const Json &size : shape->asArray())
      buffer.shape.push_back(static_cast<int64_t>(readSize(size, "dimension")));
  if (buffer.kind == BufferKind::Temp)
    buffer.offset = readSize(json.at("offset"), "offset of a buffer");
  else
    buffer.index = static_cast<int>(json.intOr("index", -1));
  bool onHost = buffer.kind == BufferKind::Input || buffer.kind == BufferKind::Output;
  if (onHost && buffer.hostBytes() > buffer.bytes)
    throw PlanError("plan: a buffer of " + std::to_string(buffer.bytes) + " bytes cannot hold its tensor of " +
                    std::to_string(buffer.hostBytes()));
  return buffer;
}

JobType readJobType(const std::string &name) {
  static const std::map<std::string, JobType> types = {{"block", JobType::Block},   {"union1", JobType::Union1},
                                                       {"union2", JobType::Union2}, {"union4", JobType::Union4},
                                                       {"union8", JobType::Union8}, {"union16", JobType::Union16}};
  auto it = types.find(name);
  if (it == types.end())
    throw PlanError("plan: unknown launch type \"" + name + "\"");
  return it->second;
}

LaunchDescription readLaunch(const Json &json, const PlanDescription &plan) {
  LaunchDescription launch;
  const std::string &name = json.at("kernel").asString();
  auto it = std::find_if(plan.kernels.begin(), plan.kernels.end(),
                         [&](const KernelDescription &kernel) { return kernel.name == name; });
  if (it == plan.kernels.end())
    throw PlanError("plan: a launch of \"" + name + "\", which is not among the kernels");
  launch.kernel = static_cast<int>(it - plan.kernels.begin());
  const Json::Array &dim = json.at("dim").asArray();
  if (dim.size() != 3)
    throw PlanError("plan: \"dim\" of a launch has three numbers");
  unsigned *dims[] = {&launch.dim.x, &launch.dim.y, &launch.dim.z};
  for (int i = 0; i < 3; ++i) {
    int64_t size = dim[i].asInt();
    if (size < 1 || size > 65535)
      throw PlanError("plan: a dimension of a launch is out of range: " + std::to_string(size));
    *dims[i] = static_cast<unsigned>(size);
  }
  launch.type = readJobType(json.stringOr("type", "block"));
  for (const Json &argument : json.at("args").asArray())
    launch.args.push_back(readIndex(argument, plan.buffers.size(), "buffer"));
  return launch;
}

PreparationDescription readPreparation(const Json &json, PlanDescription &plan) {
  PreparationDescription preparation;
  preparation.kind = json.at("kind").asString();
  preparation.input = readIndex(json.at("input"), maxArguments, "argument");
  preparation.attributes = json;
  for (const Json &output : json.at("outputs").asArray()) {
    int buffer = readIndex(output, plan.buffers.size(), "buffer");
    if (plan.buffers[buffer].kind != BufferKind::Constant)
      throw PlanError("plan: a preparation fills buffer " + std::to_string(buffer) + ", which is no constant");
    plan.buffers[buffer].prepared = true;
    preparation.outputs.push_back(buffer);
  }
  return preparation;
}

/// Numbers of arguments and results, and the size of the arena.
void summarise(PlanDescription &plan) {
  std::map<int, int> results;
  auto useArgument = [&](int index) {
    if (index < 0 || static_cast<size_t>(index) >= maxArguments)
      throw PlanError("plan: an input or constant buffer has no argument number");
    plan.argumentCount = std::max(plan.argumentCount, index + 1);
  };
  for (size_t i = 0; i < plan.buffers.size(); ++i) {
    const BufferDescription &buffer = plan.buffers[i];
    if (buffer.kind == BufferKind::Temp)
      plan.arenaBytes = std::max(plan.arenaBytes, buffer.offset + buffer.bytes);
    else if (buffer.kind == BufferKind::Output) {
      if (!results.emplace(buffer.index, static_cast<int>(i)).second)
        throw PlanError("plan: result " + std::to_string(buffer.index) + " has two buffers");
    } else if (!buffer.prepared) {
      useArgument(buffer.index);
      if (buffer.hostBytes() > buffer.bytes)
        throw PlanError("plan: a constant does not fit its buffer");
    }
  }
  for (const PreparationDescription &preparation : plan.preparations)
    useArgument(preparation.input);
  for (auto [number, buffer] : results) {
    if (number != static_cast<int>(plan.results.size()))
      throw PlanError("plan: results are not numbered 0, 1, 2, …");
    plan.results.push_back(buffer);
  }
}

} // namespace

PlanDescription PlanDescription::parse(std::string_view text) {
  Json json = Json::parse(text);
  PlanDescription plan;
  if (int64_t version = json.at("version").asInt(); version != 1)
    throw PlanError("plan: version " + std::to_string(version) + " is not known to this runtime (1)");
  plan.target = json.at("target").asString();
  for (const Json &buffer : json.at("buffers").asArray())
    plan.buffers.push_back(readBuffer(buffer));
  for (const Json &kernel : json.at("kernels").asArray())
    plan.kernels.push_back({kernel.at("name").asString(), kernel.stringOr("source", "")});
  if (const Json *preparations = json.find("preparations"))
    for (const Json &preparation : preparations->asArray())
      plan.preparations.push_back(readPreparation(preparation, plan));
  for (const Json &launch : json.at("launches").asArray())
    plan.launches.push_back(readLaunch(launch, plan));
  summarise(plan);
  return plan;
}
