"""Many kernels in one translation unit: the host compiler takes 0.01 s a kernel instead of 0.17 s."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from metabang import devices
from metabang.backend import Request, translate
from metabang.plan import Plan
from metabang.toolchain import SimulatorToolchain, build_kernels, select_toolchain

_ARRAY = re.compile(r"^__(nram|wram)__ int8_t \w+\[(\d+)\];", re.MULTILINE)


def compile_and_load(request: Request) -> Plan:
    """The plan on the simulator, for `metabang.compile.backend`. Nothing of it stays in the disk cache.

    Raises CompileError, and the errors of toolchain and device.
    """
    text = translate(request, cached=False)
    plan = json.loads(text)
    toolchain = select_toolchain()
    if not isinstance(toolchain, SimulatorToolchain):
        return Plan(text, build_kernels(plan["kernels"], plan["target"], toolchain))
    toolchain = SimulatorToolchain(toolchain.library, "-O0")
    toolchain.precompile(plan["target"], len(plan["kernels"]))
    with tempfile.TemporaryDirectory(prefix="metabang-fuzz-") as directory:  # what is loaded outlives its file
        sos: dict[str, str] = {}
        for number, kernels in enumerate(_units(plan["kernels"], plan["target"])):
            path = _build(kernels, plan["target"], toolchain, Path(directory) / str(number))
            if path is None:  # one of them does not compile: which, and why, each alone tells
                sos |= build_kernels(kernels, plan["target"], toolchain)
            else:
                sos |= dict.fromkeys((kernel["name"] for kernel in kernels), str(path))
        return Plan(text, sos)


def _units(kernels: list[dict], target: str) -> Iterator[list[dict]]:
    """Groups of kernels whose static arrays fit the memories of a core together."""
    device = devices.load(target)
    room = {"nram": device["nram_bytes"] - device["stack_reserve_bytes"], "wram": device["wram_bytes"]}
    unit: list[dict] = []
    used = dict.fromkeys(room, 0)
    for kernel in kernels:
        sizes = dict.fromkeys(room, 0)
        for space, size in _ARRAY.findall(kernel["text"]):
            sizes[space] += int(size) + 4096  # and what it is aligned to
        if unit and any(used[space] + sizes[space] > room[space] for space in room):
            yield unit
            unit, used = [], dict.fromkeys(room, 0)
        unit.append(kernel)
        for space in room:
            used[space] += sizes[space]
    if unit:
        yield unit


def _build(kernels: list[dict], target: str, toolchain: SimulatorToolchain, directory: Path) -> Path | None:
    """The shared object of all `kernels`, each in a namespace of its own; None if they do not compile."""
    directory.mkdir()
    lines = ["#include <bang.h>"]
    for kernel in kernels:
        name = kernel["name"]
        (directory / f"{name}.mlu").write_text(kernel["text"], encoding="utf-8")
        lines += [f"namespace in_{name} {{", f'#include "{name}.mlu"', "}", f"using in_{name}::{name};"]
    lines += [f"MLU_SIM_KERNEL({kernel['name']})" for kernel in kernels]
    (directory / "unit.sim.cpp").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for command in toolchain.attempts("unit", target)[0]:
        with contextlib.suppress(OSError):
            if subprocess.run(command, cwd=directory, capture_output=True, check=False).returncode == 0:
                continue
        return None
    return directory / "unit.so"
