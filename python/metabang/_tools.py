"""Console scripts of the command-line tools that live inside the native module."""

import signal
import sys

from . import _core


def _run(name: str) -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the tool at once, as it ends mlir-opt
    return _core.tool_main(name, [name, *sys.argv[1:]])


def opt() -> int:
    return _run("metabang-opt")


def translate() -> int:
    return _run("metabang-translate")


def lsp_server() -> int:
    return _run("metabang-lsp-server")
