"""metabang-cncc: compiles BANG C for the simulator with the command line of cncc. See docs/cncc.md."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

HELP = """usage: metabang-cncc [options] file...

Compiles BANG C (.mlu, or any file after -x bang) and C++ for the simulator, with the command line of cncc. The result
is an object, executable or shared library of the host that runs without Neuware and without a card.

  -c, -S, -E, -shared, -o FILE     object, rewritten C++, preprocessed text, shared library; where to
  --bang-mlu-arch=mtp_270          device: mtp_270, mtp_372 or mtp_592. Of several, the current simulated device
                                   (MLU_SIM_DEVICE), else the first
  --bang-arch=compute_20           its compute capability instead: compute_20, compute_30 or compute_50
  -x bang|c++|c|none               language of the following files
  -O*, -g, -std=, -I, -isystem, -D, -U, -include, -M*, -W*, -f*, -l, -L, -Wl,*
                                   as usual; -lcnrt, -lcndrv and their like are the simulator
  -v, -###                         shows the commands; -### does not run them
  @FILE                            reads more arguments from a file
  --print-neuware-home             prints a folder with bin/cncc, include and lib64 for builds that want NEUWARE_HOME
  --help, --version

Options of cncc that mean nothing here (--neuware-path=, -mllvm X, …) are accepted; unknown ones warn.
Environment: CXX, MLU_SIM_DEVICE. MLU_SIM_SANITIZE=1 runs a program with all checks.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status: 0, 1 if a file does not compile, 2 for a wrong command line."""
    from metabang.cncc.build import Builder, BuildError
    from metabang.cncc.options import UsageError, parse
    from metabang.cncc.rewrite import SyntaxProblem
    from metabang.toolchain import ToolchainError, host_compiler

    def say(kind: str, text: object) -> None:
        print(f"metabang-cncc: {kind}: {text}", file=sys.stderr)

    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        if options.special == "help":
            print(HELP, end="")
        elif options.special == "neuware":
            from metabang.cncc.neuware import neuware_home

            print(neuware_home())
        elif options.special == "version":
            from metabang.cli.version import version

            print(f"metabang-cncc {version()}, BANG C for the simulator (not Cambricon's cncc)")
        elif options.special:
            return subprocess.run([*host_compiler(), options.special], check=False).returncode
        else:
            for warning in options.warnings:
                say("warning", warning)
            Builder(options).build()
    except (UsageError, ToolchainError) as error:
        say("error", error)
        return 2
    except OSError as error:
        say("error", f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
        return 2
    except (BuildError, SyntaxProblem) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
