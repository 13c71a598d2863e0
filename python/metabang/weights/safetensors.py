"""The safetensors format: 8 bytes of header length, a JSON header, then the tensors' bytes."""

import json
import math
import os
from collections.abc import Mapping

import numpy as np

from metabang.weights.errors import WeightsError
from metabang.weights.tensor import BFLOAT16, from_bytes, itemsize

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": BFLOAT16,
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip


def read_safetensors(path) -> dict[str, np.ndarray]:
    """Reads every tensor of the file; bfloat16 becomes float32.

    Raises:
        WeightsError: the file is truncated, damaged, or holds a dtype that NumPy lacks.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > size - 8:
            raise WeightsError("it ends inside its header, so it is truncated")
        try:
            header = json.loads(file.read(length))
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
            return {name: _tensor(file, name, entry, 8 + length, size) for name, entry in entries.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise WeightsError("its header is not that of a safetensors file, so it is damaged") from None


def safetensors(state: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of a file with the arrays of `state`.

    Raises:
        WeightsError: an array has a dtype that the format lacks, or no name.
    """
    names = {np.dtype(dtype).str: name for name, dtype in DTYPES.items() if dtype is not BFLOAT16}
    header, parts, end = {}, [], 0
    for name, value in state.items():
        if not isinstance(name, str):
            raise WeightsError(f"tensors have names, and {name!r} is none")
        array = np.ascontiguousarray(value)
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        if array.dtype.str not in names:
            raise WeightsError(f"tensor {name} has dtype {array.dtype}, which a safetensors file cannot hold")
        begin, end = end, end + array.nbytes
        shape = list(np.shape(value))
        header[name] = {"dtype": names[array.dtype.str], "shape": shape, "data_offsets": [begin, end]}
        parts.append(array.tobytes())
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the data begin at a multiple of 8
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def _tensor(file, name: str, entry: dict, base: int, size: int) -> np.ndarray:
    if entry["dtype"] not in DTYPES:
        raise WeightsError(f"tensor {name} has dtype {entry['dtype']}, which is not supported")
    dtype = DTYPES[entry["dtype"]]
    shape = tuple(entry["shape"])
    begin, end = entry["data_offsets"]
    if any(type(n) is not int or n < 0 for n in (*shape, begin, end)) or end - begin != math.prod(shape) * itemsize(
        dtype
    ):
        raise WeightsError(f"tensor {name} has a size that does not fit its shape, so the file is damaged")
    if base + end > size:
        raise WeightsError(f"it is truncated: tensor {name} ends at byte {base + end} of {size}")
    file.seek(base + begin)
    return from_bytes(file.read(end - begin), dtype).reshape(shape)
