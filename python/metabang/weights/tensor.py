"""From the bytes of a storage to an array, with every number of the file checked first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metabang.weights.errors import WeightsError

BFLOAT16 = "bfloat16"  # NumPy has no bfloat16: read as its bits and widened, exactly, to float32

# The storage classes of PyTorch, by name: these names are all that a file may say about a dtype.
STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": BFLOAT16,
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


def itemsize(dtype: str) -> int:
    """Bytes of one element of ``dtype`` (a NumPy dtype string, or ``"bfloat16"``)."""
    return 2 if dtype == BFLOAT16 else np.dtype(dtype).itemsize


def from_bytes(data, dtype: str) -> np.ndarray:
    """The bytes as a flat array; bfloat16 is widened to float32, which loses nothing."""
    if dtype == BFLOAT16:
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(data, dtype)


@dataclass(eq=False)
class Storage:
    """A flat block of elements in a file. ``data`` is filled in by the reader of the file's format."""

    key: str
    dtype: str
    count: int
    data: np.ndarray | None = None


@dataclass(eq=False)
class TensorView:
    """What a pickle says of a tensor: a strided window on a storage. Resolved when all storages are read."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> np.ndarray:
        """A copy of the window.

        Raises:
            WeightsError: the window leaves its storage.
        """
        storage, shape, strides = self.storage, self.shape, self.strides
        numbers = (self.offset, *shape, *strides)
        if len(shape) != len(strides) or not all(type(n) is int and n >= 0 for n in numbers):
            raise WeightsError(f"a tensor of storage {storage.key} has no valid shape, so the file is damaged")
        size = math.prod(shape)
        last = self.offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        if size and (last >= storage.count or size > storage.count):
            raise WeightsError(f"a tensor of storage {storage.key} is larger than its storage, so the file is damaged")
        if not size:
            return np.zeros(shape, storage.data.dtype)
        width = storage.data.dtype.itemsize
        window = np.lib.stride_tricks.as_strided(storage.data[self.offset :], shape, _bytes(strides, width))
        return np.array(window)


def _bytes(strides: Sequence[int], width: int) -> tuple[int, ...]:
    return tuple(s * width for s in strides)
