"""DLPack capsules of bfloat16, a type that NumPy does not have and PyTorch and JAX do.

NumPy makes and reads every capsule; for bfloat16 it sees the 16 bits as uint16. What is changed is the type in the
capsule's tensor: DLPack's (kDLBfloat, 16 bits) when one is given away, uint16 when one is read. The structures are
those of dlpack.h 1.0: a managed tensor begins with its DLTensor, and a versioned one has 32 bytes before it.
"""

from __future__ import annotations

import ctypes

import numpy as np

from .dtypes import from_device

_UINT, _BFLOAT = 1, 4  # DLDataTypeCode
_NAMES = {b"dltensor": 0, b"dltensor_versioned": 32}  # bytes in front of the DLTensor

_is_capsule = ctypes.pythonapi.PyCapsule_IsValid
_is_capsule.restype, _is_capsule.argtypes = ctypes.c_int, (ctypes.py_object, ctypes.c_char_p)
_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


class _Type(ctypes.Structure):
    """The beginning of a DLTensor, as far as the type of its elements."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
    )


def _type_in(capsule) -> _Type | None:
    """The type in a capsule that nobody has taken yet; to be written to."""
    for name, before in _NAMES.items():
        if _is_capsule(capsule, name):
            return _Type.from_address(_pointer(capsule, name) + before)
    return None


def as_bfloat16(capsule):
    """The capsule of a uint16 array as one of bfloat16 with the same bits."""
    _type_in(capsule).code = _BFLOAT
    return capsule


class _Bits:
    """What `numpy.from_dlpack` reads: the object's own capsule, with bfloat16 as uint16."""

    def __init__(self, owner) -> None:
        self.owner, self.is_bfloat16 = owner, False

    def __dlpack_device__(self):
        return self.owner.__dlpack_device__()

    def __dlpack__(self, **options):
        try:
            capsule = self.owner.__dlpack__(**options)
        except TypeError:  # before DLPack 1.0 it took nothing but a stream
            capsule = self.owner.__dlpack__()
        found = _type_in(capsule)
        if found is not None and (found.code, found.bits) == (_BFLOAT, 16):
            self.is_bfloat16, found.code = True, _UINT
        return capsule


def read(owner) -> tuple[np.ndarray, str]:
    """The array that an object with `__dlpack__` holds in the processor's memory (bfloat16 as float32), and the name of
    its dtype.

    Raises what `numpy.from_dlpack` and the object raise.
    """
    bits = _Bits(owner)
    array = np.from_dlpack(bits)
    return (from_device(array, "bfloat16"), "bfloat16") if bits.is_bfloat16 else (array, array.dtype.name)
