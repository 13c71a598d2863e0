"""The simulator's library and the device copies of arrays, for kernels that Python calls."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from metabang.cncc.parameters import Parameter
from metabang.dtypes import from_device, to_device
from metabang.errors import DTypeError
from metabang.input_errors import InputError
from metabang.var import Var

_TO_DEVICE, _TO_HOST = 0, 2
_ALL_CHECKS = 2  # of mluSimSetSanitize


class KernelError(InputError, RuntimeError):
    """A launch was refused, or the kernel broke a rule; the text is the simulator's report."""


class Dim3(ctypes.Structure):
    _fields_ = [(axis, ctypes.c_uint) for axis in "xyz"]


class Buffers:
    """The device copies of one call's arrays. An array that is passed twice has one copy."""

    def __init__(self) -> None:
        self._copies: dict[int, tuple[ctypes.c_void_p, np.ndarray, Var | np.ndarray, str]] = {}

    def __enter__(self) -> Buffers:
        return self

    def __exit__(self, *error: object) -> None:
        for pointer, *_ in self._copies.values():
            simulator().cnrtFree(pointer)

    def slot(self, parameter: Parameter, value: object) -> ctypes._SimpleCData | ctypes.Array:
        """What the parameter's pointer in the launch's list points to."""
        is_array = isinstance(value, (Var, np.ndarray))
        if not parameter.is_pointer:
            if is_array and value.ndim > 0 and not parameter.is_struct:
                raise DTypeError(f"{parameter.label} is {parameter.type}; pass a number, not an array")
            return parameter.number(value)
        if value is None:
            return ctypes.c_void_p(None)
        if not is_array:
            kind = type(value).__name__
            raise DTypeError(f"{parameter.label} is {parameter.type}; pass a NumPy array or a Var, not {kind}")
        parameter.check_dtype(value.dtype if isinstance(value, Var) else value.dtype.name)
        place = id(value) if isinstance(value, Var) else value.__array_interface__["data"][0]
        if place not in self._copies:
            if isinstance(value, Var):
                host = to_device(value.numpy(), value.dtype)
            else:  # the device's bytes go upwards and begin with the lowest
                host = np.array(value, value.dtype.newbyteorder("="), order="C")
            self._copies[place] = self._allocate(host), host, value, parameter.label
        return self._copies[place][0]

    def _allocate(self, host: np.ndarray) -> ctypes.c_void_p:
        sim, pointer = simulator(), ctypes.c_void_p()
        status = sim.cnrtMalloc(ctypes.byref(pointer), max(host.nbytes, 1))
        if status == 0 and host.nbytes:
            status = sim.cnrtMemcpy(pointer, host.ctypes.data, host.nbytes, _TO_DEVICE)
        if status:
            raise KernelError(f"{host.nbytes} bytes of device memory: {sim.cnrtGetErrorStr(status).decode()}")
        return pointer

    def copy_back(self) -> None:
        for pointer, host, value, label in self._copies.values():
            result = np.empty_like(host)
            if host.nbytes:
                simulator().cnrtMemcpy(result.ctypes.data, pointer, host.nbytes, _TO_HOST)
            if result.tobytes() == host.tobytes():
                continue  # an input; its array may be a view of one that the kernel wrote
            if isinstance(value, Var):
                value.assign(from_device(result, value.dtype).reshape(value.shape))
            elif value.flags.writeable:
                value[...] = result
            else:
                raise KernelError(f"the kernel wrote to {label}, and the array is read-only; pass a copy of it")


@contextmanager
def all_checks() -> Iterator[None]:
    """Launches inside the block run under all checks of the simulator. Raises KernelError on a card."""
    sim = simulator()
    before = sim.mluSimGetSanitize()
    sim.mluSimSetSanitize(_ALL_CHECKS)
    try:
        yield
    finally:
        sim.mluSimSetSanitize(before)


_declared: dict[str, ctypes.CDLL] = {}


def simulator() -> ctypes.CDLL:
    """The simulator that the runtime uses. Raises KernelError on a card."""
    from metabang.runtime import context

    found = context()
    if not found.is_simulator:
        raise KernelError(
            "mb.bang.load runs kernels on the simulator, and the device is a card; build the text with cncc, or set "
            "METABANG_CNRT to the path of libcnrt_sim.so"
        )
    if found.library_path not in _declared:
        lib = ctypes.CDLL(found.library_path)
        void = ctypes.c_void_p
        for name in ("mluSimLastReport", "mluSimLastProfile", "mluSimGetDevice", "mluSimKernels", "cnrtGetErrorStr"):
            getattr(lib, name).restype = ctypes.c_char_p
        lib.cnrtInvokeKernel.argtypes = [void, Dim3, ctypes.c_int, ctypes.POINTER(void), ctypes.c_size_t, void]
        lib.cnrtMemcpy.argtypes = [void, void, ctypes.c_size_t, ctypes.c_int]
        lib.cnrtMalloc.argtypes = [ctypes.POINTER(void), ctypes.c_size_t]
        lib.cnrtFree.argtypes = [void]
        lib.cnrtQueueSync.argtypes = [void]
        _declared[found.library_path] = lib
    return _declared[found.library_path]
