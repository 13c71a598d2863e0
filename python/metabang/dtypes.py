"""Element types by name, and their NumPy counterparts (bfloat16 has none: float32 arrays hold its values)."""

from __future__ import annotations

import numpy as np

from .errors import DTypeError

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
NAMES = ("bool", *INTEGERS, *FLOATS)
_KNOWN = frozenset(NAMES)
_PYTHON = {float: "float32", int: "int64", bool: "bool"}


def dtype_name(dtype) -> str:
    """The name of a dtype given as a name, a NumPy dtype, or float (float32), int (int64), bool. Raises DTypeError."""
    if type(dtype) is str and dtype in _KNOWN:
        return dtype
    if not isinstance(dtype, type) and isinstance(getattr(dtype, "name", None), str):  # np.dtype, xp.float32
        dtype = dtype.name
    try:
        name = _PYTHON.get(dtype) or np.dtype(dtype).name
    except (TypeError, ValueError):
        name = dtype if isinstance(dtype, str) else type(dtype).__name__
    if name not in _KNOWN:
        raise DTypeError(f"unknown dtype '{name}'; use one of {', '.join(NAMES)}")
    return name


def numpy_dtype(name: str) -> np.dtype:
    """The NumPy dtype in which values of `name` are handed to the user."""
    return np.dtype("float32" if name == "bfloat16" else name)


def round_bfloat16(array: np.ndarray) -> np.ndarray:
    """float32 array of the nearest bfloat16 values, ties to even; NaN stays NaN."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    shape = np.shape(array)  # contiguous arrays have a dimension
    return np.where(np.isnan(array), np.float32(np.nan), rounded.view(np.float32).reshape(shape)).astype(np.float32)


def as_dtype(array, name: str) -> np.ndarray:
    """`array` as values of dtype `name`, C-contiguous; what is beyond a float type is infinite."""
    with np.errstate(over="ignore"):
        out = np.ascontiguousarray(array, numpy_dtype(name)).reshape(np.shape(array))
    return round_bfloat16(out).reshape(out.shape) if name == "bfloat16" else out


def to_device(array: np.ndarray, name: str) -> np.ndarray:
    """The bytes a device buffer holds: as the array is, but uint16 bit patterns for bfloat16."""
    if name == "bfloat16":
        return (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype(np.uint16).reshape(array.shape)
    return np.ascontiguousarray(array).reshape(array.shape)


def from_device(array: np.ndarray, name: str) -> np.ndarray:
    """The inverse of `to_device`."""
    if name == "bfloat16":
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return array.view(numpy_dtype(name)) if array.dtype != numpy_dtype(name) else array
