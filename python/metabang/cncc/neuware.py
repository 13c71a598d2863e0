"""A folder that stands for $NEUWARE_HOME, so that makefiles and CMake files written for Neuware run unchanged."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from metabang.cache import cache, digest
from metabang.cncc.build import library_directory
from metabang.toolchain import INCLUDE

_CMAKE = Path(__file__).resolve().parent.parent / "cmake"
# The simulator is all of them.
_LIBRARIES = ("libcnrt.so", "libcndrv.so", "libcndev.so", "libcnrt_sim.so")


def neuware_home() -> Path:
    """The folder with bin/cncc, include, lib64 and cmake/modules; made in the cache when it is first asked for.

    Raises CacheError, and BuildError if the simulator's library is missing.
    """
    library = library_directory() / "libcnrt_sim.so"
    identity = digest("neuware 2", sys.executable, str(INCLUDE), str(library), os.environ.get("PYTHONPATH", ""))
    return cache().file(identity, "-neuware", lambda folder: _fill(folder, library))


def _fill(folder: Path, library: Path) -> None:
    for name in ("bin", "lib64"):
        (folder / name).mkdir(parents=True)
    path = os.environ.get("PYTHONPATH")
    environment = f"PYTHONPATH={shlex.quote(path)} " if path else ""
    compiler = folder / "bin" / "cncc"
    compiler.write_text(f'#!/bin/sh\n{environment}exec {shlex.quote(sys.executable)} -m metabang.cncc "$@"\n')
    compiler.chmod(0o755)
    for name in _LIBRARIES:
        (folder / "lib64" / name).symlink_to(library)
    (folder / "include").symlink_to(INCLUDE)
    (folder / "lib").symlink_to("lib64")
    (folder / "cmake").mkdir()
    for name in ("FindBANG.cmake", "modules"):  # projects look into cmake or cmake/modules
        (folder / "cmake" / name).symlink_to(_CMAKE / "FindBANG.cmake" if name != "modules" else _CMAKE)
