//===- PlanBuilder.cpp - The host half of a program as a plan -------------===//
#include "metabang/Compiler/PlanBuilder.h"

#include "metabang/Dialect/MLU/IR/MLUDialect.h"
#include "metabang/Dialect/MLU/Transforms/Exchange.h"
#include "metabang/Target/BangC/BangC.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::mlu;

namespace {

/// GDRAM is best addressed at multiples of this (BANG C Developer Guide; gdram_best_alignment of the devices).
constexpr int64_t kArenaAlignment = 512;

std::string dtypeName(Type type) {
  if (type.isInteger(1))
    return "bool";
  if (type.isF16())
    return "float16";
  if (type.isBF16())
    return "bfloat16";
  if (type.isF32())
    return "float32";
  if (type.isF64())
    return "float64";
  std::string width = std::to_string(type.getIntOrFloatBitWidth());
  return (type.isUnsignedInteger() ? "uint" : "int") + width;
}

struct Buffer {
  RankedTensorType type;
  std::string kind;
  int64_t index = -1, offset = 0, first = 0, last = 0;

  int64_t bytes() const {
    return std::max<int64_t>(1, type.getNumElements()) * std::max<int64_t>(1, type.getElementTypeBitWidth() / 8);
  }
};

class PlanBuilder {
public:
  PlanBuilder(ModuleOp module, FunctionType signature) : module(module), signature(signature) {}

  FailureOr<llvm::json::Object> run() {
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return module.emitError() << "has no function @main", failure();
    for (Operation &op : main.getBody().front())
      if (failed(visit(op, main)))
        return failure();
    placeTemporaries();
    llvm::json::Object plan;
    plan["version"] = 1;
    plan["target"] = getTarget(module).str();
    plan["buffers"] = describeBuffers();
    plan["preparations"] = std::move(preparations);
    plan["launches"] = std::move(launches);
    FailureOr<llvm::json::Array> kernels = describeKernels();
    if (failed(kernels))
      return failure();
    plan["kernels"] = std::move(*kernels);
    return plan;
  }

private:
  LogicalResult visit(Operation &op, func::FuncOp main) {
    // Reshapes are other names of the same memory.
    if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(op)) {
      alias[op.getResult(0)] = op.getOperand(0);
      return success();
    }
    if (auto prepare = dyn_cast<PrepareOp>(op))
      return addPreparation("prepare", op, prepare.getSource(), prepare.getPerm(), {});
    if (auto quantize = dyn_cast<QuantizeFilterOp>(op))
      return addPreparation(
          "quantize_filter", op, quantize.getFilter(), quantize.getPerm(),
          {{"bits", quantize.getBits()}, {"pad_co", quantize.getPadCo()}, {"pad_ci", quantize.getPadCi()}});
    if (auto launch = dyn_cast<LaunchOp>(op)) {
      addLaunch(launch);
      return success();
    }
    if (auto returnOp = dyn_cast<func::ReturnOp>(op)) {
      for (auto [index, value] : llvm::enumerate(returnOp.getOperands())) {
        auto known = ids.find(rootOf(value));
        auto launch = rootOf(value).getDefiningOp<LaunchOp>();
        // A value returned twice: CSE has merged its copies. What computes it runs once more.
        if (known != ids.end() && buffers[known->second].kind == "output" && launch && launch->getNumResults() == 1) {
          addLaunch(launch);
          known = ids.find(rootOf(value));
        }
        if (known == ids.end() || buffers[known->second].kind != "temp")
          return op.emitError() << "result " << index << " is computed by no kernel";
        buffers[known->second].kind = "output";
        buffers[known->second].index = index;
        buffers[known->second].type = cast<RankedTensorType>(value.getType());
      }
      return success();
    }
    if (op.hasTrait<OpTrait::ConstantLike>() && op.use_empty())
      return success();
    return op.emitError() << "'" << op.getName() << "' is left outside of the kernels";
  }

  Value rootOf(Value value) {
    for (auto it = alias.find(value); it != alias.end(); it = alias.find(value))
      value = it->second;
    return value;
  }

  int64_t addBuffer(Value value, StringRef kind, int64_t index) {
    Buffer buffer{cast<RankedTensorType>(value.getType()), kind.str(), index};
    buffer.first = buffer.last = launches.size();
    buffers.push_back(buffer);
    ids[value] = buffers.size() - 1;
    return buffers.size() - 1;
  }

  /// The buffer of an operand; arguments get theirs at their first use.
  int64_t useBuffer(Value value) {
    value = rootOf(value);
    auto known = ids.find(value);
    int64_t id = known != ids.end() ? int64_t(known->second) : -1;
    if (id < 0) {
      auto argument = cast<BlockArgument>(value);
      auto main = cast<func::FuncOp>(argument.getOwner()->getParentOp());
      bool isConstant = main.getArgAttr(argument.getArgNumber(), "meta.constant") != nullptr;
      id = addBuffer(value, isConstant ? "constant" : "input", argument.getArgNumber());
    }
    buffers[id].last = launches.size();
    return id;
  }

  LogicalResult addPreparation(StringRef kind, Operation &op, Value source, ArrayRef<int64_t> perm,
                               ArrayRef<std::pair<StringRef, int64_t>> attributes) {
    auto argument = dyn_cast<BlockArgument>(source);
    if (!argument)
      return op.emitError() << "prepares a value that is no argument of @main";
    llvm::json::Object preparation{{"kind", kind.str()}, {"input", argument.getArgNumber()}};
    preparation["perm"] = llvm::json::Array(perm);
    for (auto [name, value] : attributes)
      preparation[name] = value;
    llvm::json::Array outputs;
    for (Value result : op.getResults())
      outputs.push_back(addBuffer(result, "constant", -1));
    preparation["outputs"] = std::move(outputs);
    preparations.push_back(std::move(preparation));
    return success();
  }

  void addLaunch(LaunchOp launch) {
    llvm::json::Array args;
    for (Value operand : launch.getOperands())
      args.push_back(useBuffer(operand));
    for (Value result : launch.getResults())
      args.push_back(addBuffer(result, "temp", -1));
    auto kernel = module.lookupSymbol<func::FuncOp>(launch.getCallee());
    llvm::json::Array dim;
    if (auto dims = kernel->getAttrOfType<DenseI64ArrayAttr>("mlu.dim"))
      dim = llvm::json::Array(dims.asArrayRef());
    else
      dim = llvm::json::Array{1, 1, 1};
    auto clusters = kernel->getAttrOfType<IntegerAttr>(kUnionAttrName);
    launches.push_back(llvm::json::Object{{"kernel", launch.getCallee().str()},
                                          {"dim", std::move(dim)},
                                          {"type", clusters ? "union" + std::to_string(clusters.getInt()) : "block"},
                                          {"args", std::move(args)},
                                          {"source", sourceOf(launch.getLoc())}});
  }

  /// First fit by size: large temporaries first, each at the lowest offset where it meets none that lives with it.
  void placeTemporaries() {
    SmallVector<Buffer *> temporaries;
    for (Buffer &buffer : buffers)
      if (buffer.kind == "temp")
        temporaries.push_back(&buffer);
    llvm::stable_sort(temporaries, [](Buffer *a, Buffer *b) { return a->bytes() > b->bytes(); });
    SmallVector<Buffer *> placed;
    for (Buffer *buffer : temporaries) {
      int64_t offset = 0;
      for (bool moved = true; moved;) {
        moved = false;
        for (Buffer *other : placed) {
          bool together = buffer->first <= other->last && other->first <= buffer->last;
          if (together && offset < other->offset + other->bytes() && other->offset < offset + buffer->bytes()) {
            offset = llvm::alignTo(other->offset + other->bytes(), kArenaAlignment);
            moved = true;
          }
        }
      }
      buffer->offset = offset;
      placed.push_back(buffer);
    }
  }

  /// As the program has it: below the meta dialect integers have no sign.
  Type elementType(const Buffer &buffer) {
    if (buffer.index < 0)
      return buffer.type.getElementType();
    return getElementTypeOrSelf(buffer.kind == "output" ? signature.getResult(buffer.index) : signature.getInput(buffer.index));
  }

  llvm::json::Array describeBuffers() {
    llvm::json::Array result;
    for (const Buffer &buffer : buffers) {
      llvm::json::Object object{{"bytes", buffer.bytes()},
                                {"kind", buffer.kind},
                                {"dtype", dtypeName(elementType(buffer))},
                                {"shape", llvm::json::Array(buffer.type.getShape())}};
      if (buffer.index >= 0)
        object["index"] = buffer.index;
      if (buffer.kind == "temp")
        object["offset"] = buffer.offset;
      result.push_back(std::move(object));
    }
    return result;
  }

  FailureOr<llvm::json::Array> describeKernels() {
    llvm::json::Array result;
    for (auto kernel : module.getOps<func::FuncOp>()) {
      if (!kernel->hasAttr(MLUDialect::getKernelAttrName()))
        continue;
      std::string text;
      llvm::raw_string_ostream os(text);
      if (failed(translateToBangC(kernel, os)))
        return failure();
      result.push_back(llvm::json::Object{{"name", kernel.getName().str()},
                                          {"text", os.str()},
                                          {"min_cncc", getMinCncc(kernel).str()},
                                          {"source", sourceOf(kernel.getLoc())}});
    }
    return result;
  }

  ModuleOp module;
  FunctionType signature; // of @main before it was lowered
  SmallVector<Buffer> buffers;
  DenseMap<Value, size_t> ids;
  DenseMap<Value, Value> alias;
  llvm::json::Array preparations, launches;
};

} // namespace

std::string metabang::sourceOf(Location loc) {
  std::string source;
  loc->walk([&](Location inner) {
    if (auto file = dyn_cast<FileLineColLoc>(inner)) {
      source = (file.getFilename().getValue() + ":" + Twine(file.getLine())).str();
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return source;
}

FailureOr<llvm::json::Object> metabang::buildPlan(ModuleOp module, FunctionType signature) {
  return PlanBuilder(module, signature).run();
}
