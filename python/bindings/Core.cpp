// metabang._core: the one native module of the package. Graph and runtime; in a build with the compiler also `compile`
// and the command-line tools, so that the wheel carries MLIR once.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#ifdef METABANG_WITH_COMPILER
#include "metabang/Tools/Tools.h"
#endif

namespace nb = nanobind;

void bindGraph(nb::module_ &m);
void bindRuntime(nb::module_ &m);

#ifdef METABANG_WITH_COMPILER
void bindCompiler(nb::module_ &m);

namespace {

int toolMain(const std::string &name, std::vector<std::string> arguments) {
  int (*tool)(int, char **) = name == "metabang-opt"          ? metabang::optMain
                              : name == "metabang-translate"  ? metabang::translateMain
                              : name == "metabang-lsp-server" ? metabang::lspServerMain
                                                              : nullptr;
  if (!tool)
    throw nb::value_error(("there is no tool " + name).c_str());
  std::vector<char *> argv;
  for (std::string &argument : arguments)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  nb::gil_scoped_release release;
  return tool(static_cast<int>(arguments.size()), argv.data());
}

} // namespace
#endif

NB_MODULE(_core, m) {
  bindGraph(m);
  bindRuntime(m);
#ifdef METABANG_WITH_COMPILER
  bindCompiler(m);
  m.def("tool_main", toolMain, nb::arg("name"), nb::arg("argv"),
        "Runs metabang-opt, metabang-translate or metabang-lsp-server once; returns its exit status.");
#endif
}
