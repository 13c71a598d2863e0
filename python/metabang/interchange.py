"""How a tensor meets other libraries: NumPy's array protocol, DLPack, and the array API standard's attributes.

A tensor's value is handed out and taken in through host memory: the device has no DLPack type that others know, and
CNRT copies. So `device` is "mlu", where tensors are computed, and `__dlpack_device__` is the processor, where they are
exchanged.
"""

from __future__ import annotations

import types

import numpy as np

from .arguments import described
from .dlpack import as_bfloat16
from .dtypes import to_device
from .errors import MetaBangError

DEVICE = "mlu"
_CPU = (1, 0)  # kDLCPU


class DeviceArgumentError(MetaBangError, ValueError):
    """A `device` that is not the one there is."""


class CopyError(MetaBangError, ValueError, BufferError):
    """A copy was forbidden that cannot be avoided."""


def check_device(device) -> None:
    """Raises DeviceArgumentError unless `device` is None or "mlu"."""
    if device is not None and not (isinstance(device, str) and device == DEVICE):
        raise DeviceArgumentError(f"there is no device {described(device)}; tensors live on '{DEVICE}'")


class Interchange:
    """The methods of `Var` that other libraries call."""

    __slots__ = ()

    def __array__(self, dtype=None, copy: bool | None = None) -> np.ndarray:
        """The value as a new array; with `copy=False` a read-only view of the host's copy.

        Raises CopyError where `copy=False` and `dtype` needs a conversion.
        """
        value = self._held()
        if copy is False:
            if dtype is not None and np.dtype(dtype) != value.dtype:
                raise CopyError(f"{value.dtype} values become {np.dtype(dtype)} only in a copy; drop copy=False")
            view = value.view()
            view.flags.writeable = False
            return view
        return np.array(value, dtype)

    def _held(self) -> np.ndarray:
        """The value the host holds, computed if it is pending; not to be written."""
        if self._node.value is None:
            from .compile import sync

            sync(self)
        return self._node.value

    def __array_namespace__(self, *, api_version: str | None = None) -> types.ModuleType:
        """The module `metabang.array_api`. Raises MetaBangError for a version of the standard it does not follow."""
        from . import array_api

        if api_version not in (None, "2021.12", "2022.12", "2023.12", array_api.__array_api_version__):
            raise MetaBangError(
                f"the array API version {api_version} is not offered; ask for {array_api.__array_api_version__}"
            )
        return array_api

    def __complex__(self) -> complex:
        return complex(self.item())

    @property
    def mT(self):
        """The last two dimensions exchanged. Raises ShapeError for a vector."""
        from .array_api import matrix_transpose

        return matrix_transpose(self)

    @property
    def device(self) -> str:
        """The device that computes the tensor: "mlu", a card or the simulator."""
        return DEVICE

    def to_device(self, device: str, /, *, stream=None):
        """This tensor: there is one device. Raises ValueError for another device or a stream."""
        check_device(device)
        if stream is not None:
            raise DeviceArgumentError("to_device takes no stream; programs run on one queue")
        return self

    def __dlpack_device__(self) -> tuple[int, int]:
        """(1, 0): values are exchanged in the processor's memory."""
        return _CPU

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy: bool | None = None):
        """A DLPack capsule of a copy of the value, in host memory.

        With `copy=False` it is the host's own copy, read-only where the consumer's `max_version` can say so (1.0).
        bfloat16 is always copied: the host holds it as float32. NumPy, which lacks the type, refuses such a capsule.
        Raises BufferError for another device, a stream, or `copy=False` of bfloat16.
        """
        if stream is not None or (dl_device is not None and tuple(dl_device) != _CPU):
            raise CopyError("values are exchanged in the processor's memory; ask for dl_device=(1, 0) and no stream")
        versioned = {} if max_version is None else {"max_version": max_version}
        if self.dtype == "bfloat16":
            if copy is False:
                raise CopyError("the host holds bfloat16 as float32, so it is exchanged as a copy; drop copy=False")
            return as_bfloat16(to_device(self._held(), "bfloat16").__dlpack__(**versioned))
        value = self._held()
        if copy is False and max_version is not None and tuple(max_version) >= (1, 0):
            value = value.view()
            value.flags.writeable = False
            return value.__dlpack__(max_version=max_version)
        if copy is False:
            return value.__dlpack__()
        return value.copy().__dlpack__(**versioned)
