"""Arguments of a kernel from Python: the C types of its parameters, and the values that fit them."""

from __future__ import annotations

import ctypes
import math
import re
from dataclasses import dataclass

import numpy as np

from metabang.dtypes import round_bfloat16
from metabang.errors import DTypeError
from metabang.var import Var

# C type, as the compiler spells it: dtype of what a pointer points to
ELEMENTS = {
    "float": "float32", "double": "float64", "half": "float16", "bfloat16_t": "bfloat16", "bool": "bool",
    "signed char": "int8", "unsigned char": "uint8", "short int": "int16", "short": "int16",
    "short unsigned int": "uint16", "unsigned short": "uint16", "int": "int32", "unsigned int": "uint32",
    "long int": "int64", "long": "int64", "long unsigned int": "uint64", "unsigned long": "uint64",
    "long long int": "int64", "long long": "int64", "long long unsigned int": "uint64", "unsigned long long": "uint64",
}  # fmt: skip
_BYTES = {"void", "char"}  # a pointer to one of these takes any array
_SCALARS = {**ELEMENTS, "char": "int8"}


@dataclass(frozen=True)
class Parameter:
    """One parameter: its C type, its size in bytes, what messages call it, and whether it is an enumeration."""

    type: str
    size: int
    label: str
    is_enumeration: bool = False

    @property
    def is_pointer(self) -> bool:
        return self.type.endswith("*")

    @property
    def is_struct(self) -> bool:
        return not self.is_pointer and not self.is_enumeration and self._scalar is None

    @property
    def _scalar(self) -> str | None:
        """The dtype of a number that is passed by value."""
        return _SCALARS.get(self.type.replace("const", "").strip())

    @property
    def pointee(self) -> str:
        return self.type.removesuffix("*").replace("const", "").strip()

    def check_dtype(self, dtype: str) -> None:
        """Raises DTypeError if an array of `dtype` is not what the kernel's pointer points to."""
        wanted = ELEMENTS.get(self.pointee)
        if wanted is None or wanted == dtype:
            return
        remedy = f"x.astype(np.{wanted})" if wanted != "bfloat16" else "a Var of dtype bfloat16"
        if dtype.startswith(("complex", "void")):  # pairs and records: their bytes, and no conversion
            remedy = f"x.view(np.{wanted}) if its bytes are meant"
        raise DTypeError(f"{self.label} is {self.type}, but the array is of {dtype}; pass {remedy}")

    def number(self, value: object) -> ctypes.Array:
        """The bytes of a number as the parameter's type. Raises DTypeError if it does not fit."""
        if isinstance(value, (bytes, ctypes.Structure, ctypes.Union, np.void)):
            data = value.tobytes() if isinstance(value, np.void) else bytes(value)
            if len(data) != self.size:
                raise DTypeError(f"{self.label} is {self.type} of {self.size} bytes, but the value has {len(data)}")
            return ctypes.create_string_buffer(data, self.size)
        dtype = self._scalar
        if isinstance(value, Var):
            value = value.numpy()
        if isinstance(value, (np.generic, np.ndarray)) and np.ndim(value) == 0:
            value = value.item()
        if dtype is None and self.is_enumeration and isinstance(value, int):
            dtype = f"int{8 * self.size}"
        if dtype is None:
            raise DTypeError(
                f"{self.label} is {self.type} of {self.size} bytes; pass a ctypes.Structure or those bytes, "
                f"not {type(value).__name__}"
            )
        if not isinstance(value, (bool, int, float)):
            raise DTypeError(f"{self.label} is {self.type}; pass a number, not {type(value).__name__}")
        return ctypes.create_string_buffer(self._bytes(value, dtype), self.size)

    def _bytes(self, value: float, dtype: str) -> bytes:
        if dtype == "bfloat16":
            return (round_bfloat16(np.float32([value])).view(np.uint32) >> 16).astype(np.uint16).tobytes()
        kind = np.dtype(dtype)
        if kind.kind == "f":
            with np.errstate(over="ignore"):
                data = np.array(value, kind)
            if math.isfinite(value) and not np.isfinite(data):
                raise DTypeError(f"{self.label} is {self.type}, which cannot hold {value}")
            return data.tobytes()
        if isinstance(value, float) and not value.is_integer():
            raise DTypeError(f"{self.label} is {self.type}, but the argument is {value}; pass an integer")
        limits = (0, 1) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
        if not limits[0] <= int(value) <= limits[1]:
            raise DTypeError(f"{self.label} is {self.type}, which holds {limits[0]} to {limits[1]}, not {value}")
        return np.array(int(value), kind).tobytes()


_ENUMERATION = re.compile(r"\benum\b(?:\s+(?:class|struct))?\s*(\w*)[^{};()]*\{[^{}]*\}\s*(\w*)")


def enumerations(text: str) -> set[str]:
    """The names of the enumerations of a C++ text."""
    return {name for found in _ENUMERATION.findall(text) for name in found if name}


def parameters_of(
    signature: str, sizes: list[int], names: tuple[str, ...], enumerated: set[str] = frozenset()
) -> list[Parameter]:
    """The parameters of a kernel from the compiler's "… [with P = {float*, int}]" and the author's texts.

    `enumerated` are the names of the text's enumerations.
    """
    found = re.search(r"P = [{<](.*)[}>]\]", signature)
    types = _split(found[1]) if found else []
    if len(types) != len(sizes):  # another compiler's spelling
        types = [f"an argument of {size} bytes" for size in sizes]
    result = []
    for number, (kind, size) in enumerate(zip(types, sizes)):
        word = re.search(r"([A-Za-z_]\w*)(?:\s*=.*)?$", names[number]) if number < len(names) else None
        label = f"argument {number + 1}" + (f" ({word[1]})" if word else "")
        kind = re.sub(r"\s*\*", "*", kind.strip())
        result.append(Parameter(kind, size, label, kind.removeprefix("const ").split("::")[-1] in enumerated))
    return result


def _split(text: str) -> list[str]:
    parts, depth, begin = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "<({[") - (letter in ">)}]")
        if letter == "," and depth == 0:
            parts.append(text[begin:at])
            begin = at + 1
    return [*parts, text[begin:]] if text.strip() else []
