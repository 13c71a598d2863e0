"""A compiled program on a device."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from metabang import _core
from metabang.errors import MetaBangError
from metabang.runtime import DeviceError, context
from metabang.toolchain import Progress, build_kernels, user_line


@dataclass(frozen=True)
class KernelTime:
    """Device time of one launch: kernel, the user's line ("net.py:12" or ""), microseconds.

    `details` is what the simulator knows beyond that (`bound`, `busy_us` by pipeline, `bytes`, `macs`, …;
    metabang/Simulator/Simulator.h), empty on a card.
    """

    kernel: str
    source: str
    us: float
    details: dict = field(default_factory=dict)


class Plan:
    """A plan (JSON of docs/architecture.md section 3) whose kernels, constants and buffers are on the device.

    `sos` maps each kernel's name to its shared object; without it the kernels are compiled, or taken from the
    cache. `json` is the plan as it was given. Times are measured on a card and *modelled* on the simulator
    (`is_modelled`).
    Raises PlanError (a ValueError) for a plan that makes no sense, DeviceError for CNRT's errors.
    """

    def __init__(self, text: str, sos: Mapping[str, str] | None = None, progress: Progress | None = None) -> None:
        if sos is None:
            plan = json.loads(text)
            sos = build_kernels(plan["kernels"], plan["target"], progress=progress)
        where = context()
        self.is_modelled: bool = where.is_simulator
        try:
            self._native = _core.runtime.Plan(where, text, {name: str(path) for name, path in sos.items()})
        except _core.runtime.CnrtError as error:
            raise _failure(text, error) from None
        # NumPy has no bfloat16: results of it are their bits
        self._results = [
            (shape, np.dtype("uint16" if dtype == "bfloat16" else dtype)) for dtype, shape in self._native.results
        ]
        self.launch_count: int = len(self._native.launches)
        self.argument_count: int = self._native.argument_count
        self.arena_bytes: int = self._native.arena_bytes
        self.target: str = self._native.target
        self._profiled = False
        self.json: str = text

    def run(
        self, arguments: Sequence[np.ndarray], versions: Sequence[int] | None = None, profile: bool = False
    ) -> list[np.ndarray]:
        """Runs the program: `arguments` are those of `@main` in order, the results are new arrays.

        A constant argument stays on the device. It is prepared and uploaded at the first run and when its number
        in `versions` differs from that of the last run; without `versions`, when it is another object than
        at the last run (a change inside the array is not seen). An argument that stays may be None if `versions`
        are given. Dtypes and shapes have to be the program's: else PlanError. CNRT's errors are DeviceError.
        """
        results = [np.empty(shape, dtype) for shape, dtype in self._results]
        arguments = arguments if type(arguments) is list else list(arguments)
        try:
            self._native.run(arguments, results, versions, profile)
        except _core.runtime.CnrtError as error:
            raise self._located(error) from None
        self._profiled = self._profiled or profile
        return results

    @property
    def device_time_us(self) -> float:
        """Device time of the last run, first to last launch, without copies; microseconds."""
        return self._native.device_time_us

    def profile(self) -> list[KernelTime]:
        """Device time of every launch of the last run that had `profile=True`."""
        if not self._profiled:
            raise MetaBangError("nothing was profiled; call run(arrays, profile=True) first")
        launches, times = self._native.launches, self._native.launch_times_us
        details = json.loads(self._native.launch_details or "[]")
        if len(details) != len(launches):  # a card, or more launches than the simulator keeps
            details = [{} for _ in launches]
        return [
            KernelTime(kernel, source, us, detail)
            for (kernel, source), us, detail in zip(launches, times, details, strict=True)
        ]

    def _located(self, error: _core.runtime.CnrtError) -> DeviceError:
        """CNRT's error; where the simulator names the line of a kernel, what it says, with the user's line."""
        match = re.search(r"^(?:\S*/)?(\w+)\.mlu:(\d+): (.*)", str(error), re.MULTILINE | re.DOTALL)
        if not match:
            return _failure(self.json, error)
        source = ""
        for kernel in json.loads(self.json)["kernels"]:
            if kernel["name"] == match[1]:
                source = user_line(kernel.get("text", ""), int(match[2])) or kernel.get("source", "")
        reason = f"{match[1]}.mlu:{match[2]}: {match[3]}"
        return DeviceError(f"{source}: {reason}" if source else reason, error.code, error.name, error.call)


def _failure(text: str, error: _core.runtime.CnrtError) -> DeviceError:
    """CNRT's error; of the plan `text` that the device has no room for: how much it needs, and what helps."""
    if error.name != "cnrtErrorNoMem":
        return DeviceError.of(error)
    buffers = json.loads(text)["buffers"]
    temporary = max((b["offset"] + b["bytes"] for b in buffers if b["kind"] == "temp"), default=0)
    total = temporary + sum(b["bytes"] for b in buffers if b["kind"] != "temp")
    return DeviceError(
        f"the device has no room for the program's {total / 1e9:.2f} GB, of which intermediate results are "
        f"{temporary / 1e9:.2f}; compute it in parts, or for fewer images at once",
        error.code,
        error.name,
        error.call,
    )
