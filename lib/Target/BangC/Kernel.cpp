//===- Kernel.cpp - A whole .mlu file --------------------------------------===//
#include "Emitter.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace metabang;
using namespace metabang::bangc;

/// Banks of WRAM; an offset in WRAM counts inside each of them.
static constexpr int64_t wramBanks = 64;

bang::Version metabang::getMinCncc(func::FuncOp kernel) {
  // The first cncc that takes mtp_ names, and the first ones that know the later architectures.
  int arch = bang::getArch(kernel);
  bang::Version version = arch >= 500   ? bang::Version{4, 0, 0}
                          : arch >= 300 ? bang::Version{3, 0, 0}
                                        : bang::Version{2, 8, 0};
  kernel.walk([&](bang::BuiltinOpInterface builtin) {
    bang::Version needed = bang::getMinCncc(builtin);
    if (version < needed)
      version = needed;
  });
  return version;
}

int64_t metabang::getPlannedBytes(func::FuncOp kernel, mlu::Space space) {
  int64_t end = 0;
  kernel.walk([&](memref::AllocOp alloc) {
    auto offset = alloc->getAttrOfType<IntegerAttr>("bang.offset");
    std::optional<int64_t> bytes = bang::getBufferBytes(alloc.getResult());
    if (mlu::getSpace(alloc.getType()) != space || !offset || !bytes)
      return;
    int64_t size = space == mlu::Space::WRAM ? llvm::divideCeil(*bytes, wramBanks) : *bytes;
    end = std::max(end, offset.getInt() + size);
  });
  return space == mlu::Space::WRAM ? end * wramBanks : end;
}

void Emitter::printKernel() {
  SmallVector<std::string> parameters;
  for (BlockArgument arg : kernel.getArguments()) {
    std::string name = names.forArgument(arg);
    parameters.push_back(getCType(arg.getType()) + (isa<MemRefType>(arg.getType()) ? " *" : " ") + name);
    values[arg] = {name};
  }
  std::string head = "extern \"C\" __mlu_global__ void " + kernel.getName().str() + "(";
  open(wrapList(head, parameters, ") {"));

  kernel.walk([&](memref::AllocOp alloc) {
    if (alloc->use_empty())
      return;
    MemRefType type = alloc.getType();
    int64_t offset = alloc->getAttrOfType<IntegerAttr>("bang.offset").getInt();
    std::string pool = mlu::stringifySpace(mlu::getSpace(type)).str();
    std::string name = names.forBuffer(alloc.getResult());
    std::string start = offset == 0 ? pool : "(" + pool + " + " + std::to_string(offset) + ")";
    std::string shape;
    for (int64_t dim : type.getShape())
      shape += (shape.empty() ? "" : " x ") + std::to_string(dim);
    line(getCType(type) + " *" + name + " = (" + getCType(type) + " *)" + start + ";" +
         (shape.empty() ? "" : "  // " + shape));
    values[alloc.getResult()] = {name};
  });
  printBlock(kernel.getBody().front());
  close();
}

static void printHeader(func::FuncOp kernel, raw_ostream &os) {
  std::string target = mlu::getTarget(kernel).str();
  if (target.empty())
    target = "mtp_270";
  StringRef name = kernel.getName();
  std::string source = getSourceLine(kernel.getLoc());
  bang::Version version = getMinCncc(kernel);
  os << "// " << name << (source.empty() ? "" : " (" + source + ")") << ", written by MetaBANG for " << target << ".\n"
     << "// Needs cncc " << version.str() << " or later:\n"
     << "//   cncc -x bang " << name << ".mlu -o lib" << name << ".so --bang-mlu-arch=" << target
     << " -O3 -fPIC -shared\n";
  if (version < bang::Version{3, 0, 0})
    os << "// (cncc 2.x calls the header mlu.h: put a bang.h that includes it on the include path.)\n";
}

LogicalResult metabang::translateToBangC(Operation *op, raw_ostream &os) {
  SmallVector<func::FuncOp> kernels;
  if (auto kernel = dyn_cast<func::FuncOp>(op)) {
    kernels.push_back(kernel);
  } else {
    bool anyMarked = false;
    op->walk([&](func::FuncOp f) { anyMarked |= f->hasAttr(mlu::MLUDialect::getKernelAttrName()); });
    op->walk([&](func::FuncOp f) {
      if (!f.isDeclaration() && (!anyMarked || f->hasAttr(mlu::MLUDialect::getKernelAttrName())))
        kernels.push_back(f);
    });
  }
  if (kernels.empty())
    return op->emitError() << "there is no kernel to print; mark a function with `mlu.kernel`";

  int64_t nram = 0, wram = 0, sram = 0;
  for (func::FuncOp kernel : kernels) {
    if (failed(checkPrintable(kernel)))
      return failure();
    nram = std::max(nram, getPlannedBytes(kernel, mlu::Space::NRAM));
    wram = std::max(wram, getPlannedBytes(kernel, mlu::Space::WRAM));
    sram = std::max(sram, getPlannedBytes(kernel, mlu::Space::SRAM));
  }
  for (func::FuncOp kernel : kernels)
    printHeader(kernel, os);
  os << "#include <bang.h>\n\n";
  if (nram)
    os << "__nram__ int8_t nram[" << nram << "];\n";
  if (wram)
    os << "__wram__ int8_t wram[" << wram << "];\n";
  if (sram)
    os << "__mlu_shared__ int8_t sram[" << sram << "];\n";
  for (func::FuncOp kernel : kernels) {
    os << (kernel == kernels.front() && !nram && !wram && !sram ? "" : "\n");
    Emitter(kernel, os).printKernel();
  }
  return success();
}
