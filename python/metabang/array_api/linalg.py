"""The extension `linalg` of the array API standard as far as it is sums of products: no solvers, no decompositions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import _core, ops
from ..errors import AxisError, DTypeError, ShapeError
from ..var import Var, wrap
from .dtype_functions import offered, result_type
from .manipulation import axes_of, axis_of, broadcast_arrays

__all__ = """
    cross diagonal matmul matrix_norm matrix_power matrix_transpose outer tensordot trace vecdot vector_norm
""".split()

matmul = ops.matmul


def matrix_transpose(x: Var, /) -> Var:
    """The last two dimensions exchanged."""
    if x.ndim < 2:
        raise ShapeError(f"matrix_transpose needs matrices, got the shape {x.shape}")
    return ops.swapaxes(x, -1, -2)


def tensordot(x1: Var, x2: Var, /, *, axes: int | Sequence[Sequence[int]] = 2) -> Var:
    """Sums of products over the last `axes` dimensions of x1 and the first of x2, or over the given pairs."""
    if isinstance(axes, int):
        left, right = list(range(x1.ndim - axes, x1.ndim)), list(range(axes))
    else:
        left, right = axes_of(tuple(axes[0]), x1.ndim), axes_of(tuple(axes[1]), x2.ndim)
    if len(left) != len(right) or any(k < 0 or k >= x1.ndim for k in left) or any(k >= x2.ndim for k in right):
        raise AxisError(f"tensordot over the axes {axes} of shapes {x1.shape} and {x2.shape}")
    if any(x1.shape[a] != x2.shape[b] for a, b in zip(left, right)):
        raise ShapeError(f"tensordot needs equal sizes along the axes {axes} of {x1.shape} and {x2.shape}")
    rows, columns = [k for k in range(x1.ndim) if k not in left], [k for k in range(x2.ndim) if k not in right]
    inner = math.prod(x1.shape[k] for k in left)
    shape = [x1.shape[k] for k in rows] + [x2.shape[k] for k in columns]
    a = ops.reshape(ops.transpose(x1, rows + left), (math.prod(x1.shape[k] for k in rows), inner))
    b = ops.reshape(ops.transpose(x2, right + columns), (inner, math.prod(x2.shape[k] for k in columns)))
    return ops.reshape(ops.matmul(a, b), shape)


def vecdot(x1: Var, x2: Var, /, *, axis: int = -1) -> Var:
    """Sums of products along `axis`, counted from the end; the other dimensions broadcast."""
    if axis >= 0:
        raise AxisError(f"vecdot's axis is negative: it counts from the end of both shapes; got {axis}")
    if min(x1.ndim, x2.ndim) < -axis or x1.shape[axis] != x2.shape[axis]:
        raise ShapeError(f"vecdot needs equal sizes along axis {axis}, got the shapes {x1.shape} and {x2.shape}")
    dtype = result_type(x1, x2)
    product = ops.multiply(ops.cast(x1, dtype), ops.cast(x2, dtype))
    return wrap(_core.graph.reduce("sum", product._node, (axis,)))


def outer(x1: Var, x2: Var, /) -> Var:
    """All products of elements of two vectors."""
    if x1.ndim != 1 or x2.ndim != 1:
        raise ShapeError(f"outer needs vectors, got the shapes {x1.shape} and {x2.shape}")
    return ops.multiply(ops.unsqueeze(x1, 1), x2)


def cross(x1: Var, x2: Var, /, *, axis: int = -1) -> Var:
    """The vector product along `axis`, which has 3 elements."""
    x1, x2 = broadcast_arrays(x1, x2)
    axis = axis_of(axis, x1.ndim)
    if x1.shape[axis] != 3:
        raise ShapeError(f"cross needs 3 elements along axis {axis}, got the shape {x1.shape}")

    def turned(x: Var, by: int) -> Var:
        texts = [f"(i{k} + {by}) % 3" if k == axis else f"i{k}" for k in range(x.ndim)]
        return ops.reindex(x, x.shape, texts)

    return turned(x1, 1) * turned(x2, 2) - turned(x1, 2) * turned(x2, 1)


def diagonal(x: Var, /, *, offset: int = 0) -> Var:
    """Diagonal `offset` of the last two dimensions, as the last dimension."""
    if x.ndim < 2:
        raise ShapeError(f"diagonal needs matrices, got the shape {x.shape}")
    rows, columns = x.shape[-2:]
    offset = max(-rows, min(columns, offset))
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    k = x.ndim - 2
    texts = [f"i{d}" for d in range(k)] + [f"i{k} + {max(0, -offset)}", f"i{k} + {max(0, offset)}"]
    return ops.reindex(x, (*x.shape[:-2], count), texts)


def trace(x: Var, /, *, offset: int = 0, dtype=None) -> Var:
    """The sum of diagonal `offset`; integers are summed in 64 bits."""
    return ops.sum(diagonal(x, offset=offset), -1, dtype=None if dtype is None else offered(dtype))


def matrix_power(x: Var, n: int, /) -> Var:
    """The matrix n times multiplied with itself, by squaring. Raises ShapeError for n < 0, which needs an inverse."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"matrix_power needs square matrices, got the shape {x.shape}")
    if n < 0:
        raise ShapeError(f"matrix_power of {n} needs an inverse, which is not offered")
    if n == 0:
        row, column = ops.index(x.shape, x.ndim - 2), ops.index(x.shape, x.ndim - 1)
        return ops.cast(ops.equal(row, column), x.dtype)
    result = None
    while True:
        if n & 1:
            result = x if result is None else ops.matmul(result, x)
        n >>= 1
        if not n:
            return result
        x = ops.matmul(x, x)


def _norm(x: Var, axes: list[int], keepdims: bool, order) -> Var:
    size = ops.abs(x)
    if order == math.inf:
        return ops.max(size, axes, keepdims)
    if order == -math.inf:
        return ops.min(size, axes, keepdims)
    if order == 0:
        return ops.sum(ops.cast(ops.not_equal(x, 0), x.dtype), axes, keepdims)
    if order == 1:
        return ops.sum(size, axes, keepdims)
    if order == 2:
        return ops.sqrt(ops.sum(ops.square(x), axes, keepdims))
    return ops.power(ops.sum(ops.power(size, float(order)), axes, keepdims), 1 / order)


def vector_norm(
    x: Var, /, *, axis: int | Sequence[int] | None = None, keepdims: bool = False, ord: int | float = 2
) -> Var:
    """The norm of order `ord` (any number, or infinite) over the axes; of all elements for None."""
    if not x.dtype.startswith(("float", "bfloat")):
        raise DTypeError(f"vector_norm is of floats, not of {x.dtype}; cast with .astype('float32')")
    return _norm(x, axes_of(axis, x.ndim), keepdims, ord)


def matrix_norm(x: Var, /, *, keepdims: bool = False, ord: int | float | str | None = "fro") -> Var:
    """The Frobenius norm, or the largest (smallest) sum of magnitudes of a column (1, -1) or a row (inf, -inf).

    Raises ShapeError for the norms of singular values (2, -2, "nuc"), which are not offered.
    """
    if x.ndim < 2:
        raise ShapeError(f"matrix_norm needs matrices, got the shape {x.shape}")
    if ord in ("fro", None):
        return _norm(x, [x.ndim - 2, x.ndim - 1], keepdims, 2)
    if ord not in (1, -1, math.inf, -math.inf):
        raise ShapeError(f"matrix_norm of order {ord!r} needs singular values, which are not offered")
    axis = -2 if abs(ord) == 1 else -1
    sums = ops.sum(ops.abs(x), axis, keepdims=True)
    norm = (ops.max if ord > 0 else ops.min)(sums, (-2, -1), keepdims=True)
    return norm if keepdims else ops.squeeze(norm, (-2, -1))
