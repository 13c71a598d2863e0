//===- ActivationTables.cpp - NRAM that activations take ------------------===//
#include "ActivationTables.h"

#include "metabang/Dialect/Bang/IR/BangOps.h"

using namespace mlir;
using namespace metabang;

namespace {
struct Table {
  llvm::StringLiteral function;
  int64_t halfBytes, floatBytes;
};
} // namespace

static constexpr Table tables[] = {
    {"relu", 256, 512},         {"abs", 256, 512},        {"sign", 256, 512},
    {"sigmoid", 256, 512},      {"tanh", 256, 512},       {"gelu", 256, 512},
    {"gelup", 3584, 7168},      {"exp", 2560, 5120},      {"exphp", 2560, 15360},
    {"exp_less_0", 2048, 4096}, {"log", 4352, 8704},      {"loghp", 6400, 27136},
    {"pow2", 256, 512},         {"recip", 6912, 13824},   {"recip_greater_1", 5120, 10240},
    {"reciphp", 6656, 36352},   {"sqrt", 4352, 8704},     {"sqrthp", 4608, 16384},
    {"rsqrt", 6400, 12800},     {"rsqrthp", 7680, 40448}, {"sin", 256, 512},
    {"cos", 256, 512},
};

int64_t metabang::mlu::getActivationTableBytes(StringRef builtin, unsigned bits) {
  if (builtin.starts_with("taylor3_"))
    return bits == 16 ? 1280 : 2560;
  if (builtin.starts_with("taylor4_"))
    return bits == 16 ? 1536 : 3072;
  if (builtin.consume_front("active_"))
    for (const Table &table : tables)
      if (table.function == builtin)
        return bits == 16 ? table.halfBytes : table.floatBytes;
  return 0;
}

int64_t metabang::mlu::getActivationTableBytes(func::FuncOp kernel) {
  llvm::StringMap<int64_t> needed;
  kernel.walk([&](bang::BuiltinOpInterface builtin) {
    auto type = builtin->getNumOperands() ? dyn_cast<MemRefType>(builtin->getOperand(0).getType()) : MemRefType();
    StringRef name = builtin.getInfo().name;
    if (!type)
      return;
    unsigned bits = type.getElementTypeBitWidth();
    if (int64_t bytes = getActivationTableBytes(name, bits))
      needed[(name + Twine(bits)).str()] = bytes;
  });
  int64_t total = 0;
  for (const auto &table : needed)
    total += table.second;
  return total;
}
