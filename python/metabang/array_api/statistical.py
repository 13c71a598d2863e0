"""Statistical, searching and utility functions of the array API standard: reductions."""

from __future__ import annotations

from collections.abc import Sequence

from .. import ops
from ..dtypes import FLOATS, INTEGERS
from ..errors import AxisError, DTypeError, ShapeError
from ..var import Var
from .dtype_functions import offered
from .manipulation import axis_of, concat

max = ops.max
min = ops.min
mean = ops.mean
sum = ops.sum
prod = ops.prod


def var(
    x: Var, /, *, axis: int | Sequence[int] | None = None, correction: int | float = 0.0, keepdims: bool = False
) -> Var:
    """The variance: square distances from the mean, summed, over n - correction."""
    squares = ops.square(x - ops.mean(x, axis, True))
    if not correction:
        return ops.mean(squares, axis, keepdims)
    total = ops.sum(squares, axis, keepdims)
    count = squares.size // (total.size or 1)
    return total / float(count - correction)


def std(
    x: Var, /, *, axis: int | Sequence[int] | None = None, correction: int | float = 0.0, keepdims: bool = False
) -> Var:
    """The square root of the variance."""
    return ops.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def _wide(x: Var, dtype) -> str:
    if dtype is not None:
        return offered(dtype)
    if x.dtype in INTEGERS or x.dtype == "bool":
        return "uint64" if x.dtype.startswith("uint") else "int64"
    return x.dtype


def _scan(x: Var, kind: str, neutral: int, axis: int | None, dtype, include_initial: bool) -> Var:
    """Hillis and Steele's scan: y[i] = y[i] op y[i - 2^k], as often as it takes 2^k to reach the size."""
    if axis is None:
        if x.ndim != 1:
            raise AxisError("a cumulative function needs an axis for a tensor that is no vector")
        axis = 0
    axis = axis_of(axis, x.ndim)
    result = _wide(x, dtype)
    # In the 8 bits of bfloat16 a sum stops growing after some hundred terms.
    x = ops.cast(x, "float32" if result == "bfloat16" else result)
    distance = 1
    while distance < x.shape[axis]:
        texts = [f"i{k} - {distance}" if k == axis else f"i{k}" for k in range(x.ndim)]
        x = ops.binary(kind, x, ops.reindex(x, x.shape, texts, neutral))
        distance *= 2
    x = ops.cast(x, result)
    if include_initial:
        low = [1 if k == axis else 0 for k in range(x.ndim)]
        x = ops.pad(x, low, [0] * x.ndim, neutral)
    return x


def cumulative_sum(x: Var, /, *, axis: int | None = None, dtype=None, include_initial: bool = False) -> Var:
    """Sums of the elements up to each, along `axis`. Integers are summed in 64 bits."""
    return _scan(x, "add", 0, axis, dtype, include_initial)


def cumulative_prod(x: Var, /, *, axis: int | None = None, dtype=None, include_initial: bool = False) -> Var:
    """Products of the elements up to each, along `axis`. Integers are multiplied in 64 bits."""
    return _scan(x, "mul", 1, axis, dtype, include_initial)


def _first(x: Var, axis: int | None, keepdims: bool, find) -> Var:
    found = find(x, axis)
    if not keepdims:
        return found
    return ops.reshape(found, [1 if axis is None or k == axis_of(axis, x.ndim) else n for k, n in enumerate(x.shape)])


def argmax(x: Var, /, *, axis: int | None = None, keepdims: bool = False) -> Var:
    """int32 position of the first maximum along `axis`, or in the flattened tensor."""
    return _first(x, axis, keepdims, ops.argmax)


def argmin(x: Var, /, *, axis: int | None = None, keepdims: bool = False) -> Var:
    """int32 position of the first minimum along `axis`, or in the flattened tensor."""
    return _first(-x if x.dtype in FLOATS else ~x, axis, keepdims, ops.argmax)


def count_nonzero(x: Var, /, *, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Var:
    """int32 number of elements that are not 0."""
    return ops.sum(ops.cast(ops.cast(x, "bool"), "int32"), axis, keepdims, dtype="int32")


def searchsorted(x1: Var, x2, /, *, side: str = "left", sorter: Var | None = None) -> Var:
    """int32 positions at which the elements of x2 keep the sorted vector x1 sorted: for each, the number of elements
    of x1 below it ("left"), or not above it ("right"). Counts them all, len(x1) comparisons for an element.
    """
    if x1.ndim != 1:
        raise ShapeError(f"searchsorted needs a vector to search, got the shape {x1.shape}")
    if side not in ("left", "right"):
        raise DTypeError(f"searchsorted's side is 'left' or 'right', not {side!r}")
    if sorter is not None:
        x1 = x1[sorter]
    x2 = ops.array(x2) if not isinstance(x2, Var) else x2
    below = (ops.less if side == "left" else ops.less_equal)(x1, ops.unsqueeze(x2, -1))
    exact = "float32" if x1.size <= 1 << 24 else "int32"  # every device adds floats up by a vector builtin
    return ops.cast(ops.sum(ops.cast(below, exact), -1, dtype=exact), "int32")


def diff(x: Var, /, n: int = 1, axis: int = -1, prepend: Var | None = None, append: Var | None = None) -> Var:
    """n times the differences of neighbours along `axis`, with `prepend` before and `append` behind x at first.

    Raises ShapeError for a negative n.
    """
    axis = axis_of(axis, x.ndim)
    if n < 0:
        raise ShapeError(f"diff takes differences {n} times; the number cannot be negative")
    parts = [each for each in (prepend, x, append) if each is not None]
    x = concat(parts, axis=axis) if len(parts) > 1 else x
    for _ in range(n):
        before = (slice(None),) * axis
        x = ops.subtract(x[(*before, slice(1, None))], x[(*before, slice(None, -1))])
    return x
