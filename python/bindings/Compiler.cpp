//===- Compiler.cpp - The compiler as a Python function -------------------===//
#include "metabang/Compiler/Compiler.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <stdexcept>

namespace nb = nanobind;

static std::string compile(const std::string &text, const std::string &target,
                           const std::optional<std::string> &dumpDir, const nb::dict &options) {
  metabang::CompileRequest request{text, target, dumpDir.value_or("")};
  for (auto [key, value] : options) {
    std::string name = nb::str(key).c_str();
    if (name != "bits")
      throw nb::value_error(("the compiler has no option \"" + name + "\"; its options are: bits (8 or 16)").c_str());
    if (!nb::try_cast(value, request.bits) || (request.bits != 8 && request.bits != 16))
      throw nb::value_error(
          ("the compiler's option bits is 8 or 16, not " + std::string(nb::repr(value).c_str())).c_str());
  }
  metabang::CompileResult result;
  {
    nb::gil_scoped_release release;
    result = metabang::compile(request);
  }
  if (!result.ok)
    throw std::runtime_error(result.error);
  return result.plan;
}

void bindCompiler(nb::module_ &m) {
  m.def(
      "compile", compile, nb::arg("text"), nb::arg("target"), nb::arg("dump_dir") = nb::none(),
      nb::arg("options") = nb::dict(),
      "Compiles meta IR text to a plan (JSON, docs/architecture.md section 3). Raises RuntimeError, whose text begins "
      "with the user's \"file:line: \", and ValueError for an unknown option.");
}
