"""Creation functions of the array API standard. Default dtypes: float32 for floats, int64 for integers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import dlpack, ops
from ..arguments import described
from ..dtypes import numpy_dtype
from ..errors import DTypeError, ShapeError
from ..interchange import CopyError, check_device
from ..var import Var, leaf, wrap
from .dtype_functions import offered, result_type
from .manipulation import only_tensors


def asarray(obj, /, *, dtype=None, device=None, copy: bool | None = None) -> Var:
    """A tensor of a tensor, an array, numbers in lists, or what has the buffer protocol.

    Raises DTypeError for float64 data without a `dtype`, ValueError for another device or `copy=False` of what the
    device cannot share, which is all but tensors.
    """
    check_device(device)
    name = None if dtype is None else offered(dtype)
    if isinstance(obj, Var):
        offered(obj.dtype)
        if name is not None and name != obj.dtype:
            if copy is False:
                raise CopyError(f"a {obj.dtype} tensor cannot become {name} without a copy; drop copy=False")
            return ops.cast(obj, name)
        return Var(obj) if copy else obj
    if copy is False:
        raise CopyError("a tensor holds a copy of data from elsewhere; drop copy=False")
    if isinstance(obj, (bool, int, float, list, tuple)):
        if name is not None:
            try:
                obj = np.array(obj, numpy_dtype(name))
            except (ValueError, TypeError, OverflowError) as error:
                raise DTypeError(f"the data is no array of dtype {name}: {error}") from None
    tensor = wrap(leaf(obj, name))
    offered(tensor.dtype)
    return tensor


def from_dlpack(x, /, *, device=None, copy: bool | None = None) -> Var:
    """A tensor with a copy of what an object with `__dlpack__` holds in the processor's memory.

    A tensor is returned as it is. Raises ValueError for another device, or `copy=False` for what is no tensor, and
    DTypeError for an object without `__dlpack__` or with memory or elements of another kind.
    """
    check_device(device)
    if isinstance(x, Var):
        return Var(x) if copy else x
    if copy is False:
        raise CopyError("a tensor holds a copy of data from elsewhere; drop copy=False")
    if not hasattr(x, "__dlpack__"):
        raise DTypeError(f"from_dlpack takes an array with __dlpack__, not {described(x)}; mb.asarray takes lists too")
    try:
        array, name = dlpack.read(x)
    except RuntimeError as error:  # of NumPy
        raise DTypeError(f"from_dlpack takes real numbers in the processor's memory: {error}") from None
    offered(name)
    return wrap(leaf(array, name))


def full(shape, fill_value, *, dtype=None, device=None) -> Var:
    check_device(device)
    if isinstance(fill_value, Var):
        value = ops.broadcast_to(fill_value, shape)
        return value if dtype is None else ops.cast(value, offered(dtype))
    return ops.full(shape, fill_value, None if dtype is None else offered(dtype))


def full_like(x: Var, /, fill_value, *, dtype=None, device=None) -> Var:
    return full(x.shape, fill_value, dtype=dtype or x.dtype, device=device)


def zeros(shape, *, dtype=None, device=None) -> Var:
    return full(shape, 0, dtype=dtype or "float32", device=device)


def ones(shape, *, dtype=None, device=None) -> Var:
    return full(shape, 1, dtype=dtype or "float32", device=device)


def empty(shape, *, dtype=None, device=None) -> Var:
    """Zeros: a tensor is an expression, there is no memory to leave as it was."""
    return zeros(shape, dtype=dtype, device=device)


def zeros_like(x: Var, /, *, dtype=None, device=None) -> Var:
    return full_like(x, 0, dtype=dtype, device=device)


def ones_like(x: Var, /, *, dtype=None, device=None) -> Var:
    return full_like(x, 1, dtype=dtype, device=device)


def empty_like(x: Var, /, *, dtype=None, device=None) -> Var:
    return full_like(x, 0, dtype=dtype, device=device)


def arange(start, /, stop=None, step=1, *, dtype=None, device=None) -> Var:
    check_device(device)
    return ops.arange(start, stop, step, None if dtype is None else offered(dtype))


def linspace(start: float, stop: float, /, num: int, *, dtype=None, device=None, endpoint: bool = True) -> Var:
    """`num` values from start to stop, which is the last one with `endpoint`: start * (1 - t) + stop * t."""
    check_device(device)
    if num < 0:
        raise ShapeError(f"linspace gives {num} values; the number cannot be negative")
    name = "float32" if dtype is None else offered(dtype)
    position = ops.index((num,), 0)
    t = position / float(max(1, num - 1 if endpoint else num))
    values = float(start) * (1 - t) + float(stop) * t
    if endpoint and num > 1:
        values = ops.where(position == num - 1, float(stop), values)
    return ops.cast(values, name)


def _within(k: int, rows: int, columns: int) -> int:
    """Diagonal k, or the nearest that lies outside the matrix, which fits 32 bits."""
    return max(-rows, min(columns, k))


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype=None, device=None) -> Var:
    """Ones on diagonal k, zeros elsewhere."""
    check_device(device)
    shape = (n_rows, n_rows if n_cols is None else n_cols)
    diagonal = ops.equal(ops.counter(shape, 0) + _within(k, *shape), ops.counter(shape, 1))
    return ops.cast(diagonal, "float32" if dtype is None else offered(dtype))


def _triangle(x: Var, k: int, lower: bool) -> Var:
    if x.ndim < 2:
        raise ShapeError(f"tril and triu need matrices, got the shape {x.shape}")
    row, column = ops.counter(x.shape, x.ndim - 2) + _within(k, *x.shape[-2:]), ops.counter(x.shape, x.ndim - 1)
    kept = ops.less_equal(column, row) if lower else ops.greater_equal(column, row)
    return ops.where(kept, x, ops.zeros_like(x))


def tril(x: Var, /, *, k: int = 0) -> Var:
    """x on and below diagonal k, zeros above."""
    return _triangle(x, k, lower=True)


def triu(x: Var, /, *, k: int = 0) -> Var:
    """x on and above diagonal k, zeros below."""
    return _triangle(x, k, lower=False)


def meshgrid(*arrays: Var, indexing: str = "xy") -> list[Var]:
    """Each vector along its own dimension of the grid of all; with "xy" the first two dimensions are exchanged."""
    if indexing not in ("xy", "ij"):
        raise ShapeError(f"meshgrid's indexing is 'xy' or 'ij', not {indexing!r}")
    only_tensors("meshgrid", arrays)
    if any(each.ndim != 1 for each in arrays):
        raise ShapeError("meshgrid takes vectors")
    if arrays:
        result_type(*arrays)
    dims = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        dims[:2] = 1, 0
    shape: Sequence[int] = [arrays[dims.index(k)].shape[0] for k in range(len(arrays))]
    return [ops.broadcast(each, shape, [d]) for each, d in zip(arrays, dims)]
