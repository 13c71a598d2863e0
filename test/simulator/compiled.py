"""From text IR to a launch: the compiler's tools and one kernel of a text with several."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import numpy as np
from harness import Dim3


def tool(name: str, *arguments: str, text: str) -> str:
    """The output of a tool of the native module: `opt` or `translate`."""
    command = f"import sys; from metabang._tools import {name}; sys.exit({name}())"
    done = subprocess.run([sys.executable, "-c", command, *arguments], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def launch(sim, text: str, kernel: str, arrays: list[np.ndarray], device: str) -> str:
    """Runs `kernel` of `text` on copies of the arrays and copies them back; returns the sanitizer's report."""
    lib = sim.lib
    assert lib.mluSimSetDevice(device.encode()) == 0
    lib.mluSimSetSanitize(2)
    lib.mluSimClearReport()
    handle = ctypes.cast(getattr(sim.build(text, device), kernel), ctypes.c_void_p)
    pointers = [ctypes.c_void_p() for _ in arrays]
    for pointer, array in zip(pointers, arrays):
        assert lib.cnrtMalloc(ctypes.byref(pointer), array.nbytes) == 0
        assert lib.cnrtMemcpy(pointer, array.ctypes.data, array.nbytes, 0) == 0
    params = (ctypes.c_void_p * len(arrays))(*[ctypes.addressof(p) for p in pointers])
    lib.cnrtInvokeKernel(handle, Dim3(1, 1, 1), 1, params, 0, None)
    lib.cnrtQueueSync(None)
    report = lib.mluSimLastReport().decode()
    for pointer, array in zip(pointers, arrays):
        assert lib.cnrtMemcpy(array.ctypes.data, pointer, array.nbytes, 2) == 0
        lib.cnrtFree(pointer)
    return report
