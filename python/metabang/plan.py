"""A compiled program on a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from metabang import _core
from metabang.runtime import DeviceError, context

if TYPE_CHECKING:
    from metabang.toolchain import Progress


@dataclass(frozen=True)
class KernelTime:
    """Device time of one launch: kernel, the user's line ("net.py:12" or ""), microseconds."""

    kernel: str
    source: str
    us: float


class Plan:
    """A plan (JSON of docs/architecture.md section 3) whose kernels, constants and buffers are on the device.

    `sos` maps each kernel's name to its shared object; without it the kernels are compiled, or taken from the
    cache. Times are measured on a card and *modelled* on the simulator (`is_modelled`).
    Raises PlanError (a ValueError) for a plan that makes no sense, DeviceError for CNRT's errors.
    """

    def __init__(self, json: str, sos: Mapping[str, str] | None = None, progress: Progress | None = None) -> None:
        if sos is None:
            sos = _build(json, progress)
        where = context()
        self.is_modelled: bool = where.is_simulator
        try:
            self._native = _core.runtime.Plan(where, json, {name: str(path) for name, path in sos.items()})
        except _core.runtime.CnrtError as error:
            raise DeviceError.of(error) from error
        # NumPy has no bfloat16: results of it are their bits
        self._results = [
            (shape, np.dtype("uint16" if dtype == "bfloat16" else dtype)) for dtype, shape in self._native.results
        ]
        self.launch_count: int = len(self._native.launches)
        self.argument_count: int = self._native.argument_count
        self.arena_bytes: int = self._native.arena_bytes
        self.target: str = self._native.target
        self._profiled = False

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
            raise DeviceError.of(error) from error
        self._profiled = self._profiled or profile
        return results

    @property
    def device_time_us(self) -> float:
        """Device time of the last run, first to last launch, without copies; microseconds."""
        return self._native.device_time_us

    def profile(self) -> list[KernelTime]:
        """Device time of every launch of the last run that had `profile=True`."""
        if not self._profiled:
            raise RuntimeError("nothing was profiled; call run(arguments, profile=True) first")
        return [
            KernelTime(kernel, source, us)
            for (kernel, source), us in zip(self._native.launches, self._native.launch_times_us, strict=True)
        ]


def _build(text: str, progress: Progress | None) -> dict[str, str]:
    import json

    from metabang.toolchain import build_kernels

    plan = json.loads(text)
    return build_kernels(plan["kernels"], plan["target"], progress=progress)
