"""Data type functions of the array API standard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _core, ops
from ..dtypes import FLOATS, INTEGERS, dtype_name
from ..errors import DTypeError
from ..interchange import check_device
from ..var import Var
from .dtypes import DType

_SIGNED, _UNSIGNED = INTEGERS[:4], INTEGERS[4:]
KINDS = {
    "bool": ("bool",),
    "signed integer": _SIGNED,
    "unsigned integer": _UNSIGNED,
    "integral": INTEGERS,
    "real floating": FLOATS,
    "complex floating": (),
    "numeric": INTEGERS + FLOATS,
}


@dataclass(frozen=True)
class FloatInfo:
    """Bits of a float dtype, the distance of 1 to the next value, and its finite range."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True)
class IntegerInfo:
    """Bits and range of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: DType


def offered(dtype) -> str:
    """The dtype's name. Raises DTypeError for float64, which no device has."""
    name = dtype_name(dtype)
    if name == "float64":
        raise DTypeError("float64 is not offered: the devices have none; use dtype='float32'")
    return name


def astype(x: Var, dtype, /, *, copy: bool = True, device=None) -> Var:
    """x as `dtype`. Tensors are values, so `copy` decides only whether the result may be x itself."""
    check_device(device)
    name = offered(dtype)
    return (Var(x) if copy else x) if name == x.dtype else ops.cast(x, name)


def isdtype(dtype, kind) -> bool:
    """Whether `dtype` is the dtype `kind`, or of the kind it names ("integral", …), or of one of a tuple of them."""
    if isinstance(kind, tuple):
        return any(isdtype(dtype, each) for each in kind)
    name = dtype_name(dtype)
    if isinstance(kind, str) and kind in KINDS:
        return name in KINDS[kind]
    return name == dtype_name(kind)


def can_cast(from_, to, /) -> bool:
    """Whether every value of the dtype (or tensor's dtype) `from_` is one of the dtype `to`, except that integers are
    not cast to floats."""
    name, to = from_.dtype if isinstance(from_, Var) else dtype_name(from_), dtype_name(to)
    if name == to or name == "bool":
        return True
    if to == "bool" or (name in FLOATS) != (to in FLOATS) or (name in _SIGNED and to in _UNSIGNED):
        return False
    if name == "uint64" and to in _SIGNED:
        return False
    return _core.graph.promote(name, to) == to


def result_type(*arrays_and_dtypes) -> str:
    """The dtype that an operation on these tensors, dtypes and Python numbers has. Numbers adapt to the others."""
    names, numbers = [], []
    for each in arrays_and_dtypes:
        if isinstance(each, (bool, int, float)) and not isinstance(each, np.generic):
            numbers.append(each)
        else:
            names.append(each.dtype if isinstance(each, Var) else dtype_name(each))
    if not names:
        raise DTypeError("result_type needs at least one tensor or dtype")
    result = names[0]
    for name in names[1:]:
        result = _core.graph.promote(result, name)
    for number in numbers:
        if isinstance(number, float) and result not in FLOATS:
            result = "float32"
        elif isinstance(number, int) and not isinstance(number, bool) and result == "bool":
            result = "int64"
    return result


def finfo(type, /) -> FloatInfo:
    """The machine limits of a float dtype or tensor. Raises DTypeError for others."""
    name = type.dtype if isinstance(type, Var) else dtype_name(type)
    if name == "bfloat16":
        return FloatInfo(16, 2.0**-7, float.fromhex("0x1.fep127"), -float.fromhex("0x1.fep127"), 2.0**-126, DType(name))
    if name not in FLOATS:
        raise DTypeError(f"finfo is of float dtypes, {name} is none; use iinfo")
    info = np.finfo(name)
    return FloatInfo(
        int(info.bits), float(info.eps), float(info.max), float(info.min), float(info.smallest_normal), DType(name)
    )


def iinfo(type, /) -> IntegerInfo:
    """The machine limits of an integer dtype or tensor. Raises DTypeError for others."""
    name = type.dtype if isinstance(type, Var) else dtype_name(type)
    if name not in INTEGERS:
        raise DTypeError(f"iinfo is of integer dtypes, {name} is none; use finfo")
    info = np.iinfo(name)
    return IntegerInfo(int(info.bits), int(info.max), int(info.min), DType(name))
