"""`__array_namespace_info__`: what the namespace offers."""

from __future__ import annotations

from ..interchange import DEVICE, check_device
from .dtype_functions import KINDS
from .dtypes import DType

_STANDARD = ("bool", *KINDS["integral"], "float32")


class NamespaceInfo:
    """The inspection interface of the array API standard. Methods raise ValueError for an unknown device."""

    def capabilities(self) -> dict:
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 63}

    def default_device(self) -> str:
        return DEVICE

    def devices(self) -> list[str]:
        return [DEVICE]

    def default_dtypes(self, *, device=None) -> dict[str, DType]:
        """float32 and int64, and int32 for positions, which the devices compute fast."""
        check_device(device)
        return {"real floating": DType("float32"), "integral": DType("int64"), "indexing": DType("int32")}

    def dtypes(self, *, device=None, kind=None) -> dict[str, DType]:
        """The dtypes of the standard that are offered, of all kinds, of one, or of a tuple of kinds."""
        check_device(device)
        kinds = tuple(KINDS) if kind is None else kind if isinstance(kind, tuple) else (kind,)
        return {name: DType(name) for name in _STANDARD if any(name in KINDS[each] for each in kinds)}


def __array_namespace_info__() -> NamespaceInfo:
    return NamespaceInfo()
