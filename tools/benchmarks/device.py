"""Kernels on device memory that stays, so that a benchmark times launches and nothing else."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "simulator"))

from harness import Dim3, Simulator  # noqa: E402


def best(action: Callable[[], object], repeat: int, clock: Callable[[], float] = time.thread_time) -> float:
    """Seconds of the fastest of `repeat` calls: of this thread, without what other programs took of its processor."""
    times = []
    for _ in range(repeat):
        start = clock()
        action()
        times.append(clock() - start)
    return min(times)


class Device:
    """The simulated device `name` and arrays on it."""

    def __init__(self, name: str) -> None:
        self.name, self.simulator = name, Simulator()
        self.lib = self.simulator.lib
        assert self.lib.mluSimSetDevice(name.encode()) == 0
        self.lib.mluSimSetSanitize(0)

    def upload(self, array: np.ndarray) -> ctypes.c_void_p:
        pointer = ctypes.c_void_p()
        assert self.lib.cnrtMalloc(ctypes.byref(pointer), array.nbytes) == 0
        assert self.lib.cnrtMemcpy(pointer, array.ctypes.data, array.nbytes, 0) == 0
        return pointer

    def download(self, pointer: ctypes.c_void_p, like: np.ndarray) -> np.ndarray:
        result = np.empty_like(like)
        assert self.lib.cnrtMemcpy(result.ctypes.data, pointer, result.nbytes, 2) == 0
        return result

    def free(self, *pointers: ctypes.c_void_p) -> None:
        for pointer in pointers:
            self.lib.cnrtFree(pointer)

    def launcher(self, text: str, tasks: int, *args: ctypes.c_void_p | int) -> Callable[[], None]:
        """A function that launches the kernel `k` of `text` as `tasks` tasks and waits for it."""
        handle = ctypes.cast(self.simulator.build(text, self.name).k, ctypes.c_void_p)
        holders = [a if isinstance(a, ctypes.c_void_p) else ctypes.c_int(a) for a in args]
        array = (ctypes.c_void_p * max(1, len(holders)))(*[ctypes.addressof(h) for h in holders])

        def launch() -> None:
            status = self.lib.cnrtInvokeKernel(handle, Dim3(tasks, 1, 1), 1, array, 0, None)
            if status or self.lib.cnrtQueueSync(None):
                raise RuntimeError(self.lib.mluSimLastReport().decode())

        launch.holders = holders  # the array holds their addresses
        return launch
