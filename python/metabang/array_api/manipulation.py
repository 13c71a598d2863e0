"""Manipulation and indexing functions of the array API standard: reindexes all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import host, indexing, ops
from ..arguments import described
from ..errors import AxisError, DTypeError, ShapeError
from ..var import Var, leaf, wrap
from .dtype_functions import result_type

broadcast_to = ops.broadcast_to
expand_dims = ops.unsqueeze
stack = ops.stack


def axis_of(axis: int, rank: int) -> int:
    """The axis counted from the front. Raises AxisError."""
    if not -rank <= axis < rank:
        raise AxisError(f"axis {axis} does not exist in a tensor with {rank} dimensions")
    return axis % rank


def axes_of(axis, rank: int) -> list[int]:
    """Axes counted from the front; all for None. Raises AxisError, also if one is named twice."""
    given = range(rank) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = [axis_of(each, rank) for each in given]
    if len(set(axes)) != len(axes):
        raise AxisError(f"an axis is named twice: {axis}")
    return axes


def only_tensors(name: str, arrays: Sequence) -> None:
    """Raises DTypeError if something in `arrays` is no tensor."""
    for each in arrays:
        if not isinstance(each, Var):
            raise DTypeError(f"{name} takes tensors, such as mb.array makes, got {described(each)}")


def broadcast_arrays(*arrays: Var) -> list[Var]:
    """The tensors broadcast to their common shape. Raises ShapeError."""
    only_tensors("broadcast_arrays", arrays)
    try:
        shape = np.broadcast_shapes(*(each.shape for each in arrays))
    except ValueError:
        shapes = ", ".join(str(each.shape) for each in arrays)
        raise ShapeError(f"tensors of shapes {shapes} do not broadcast; reshape one of them") from None
    return [ops.broadcast_to(each, shape) for each in arrays]


def concat(arrays: Sequence[Var], /, *, axis: int | None = 0) -> Var:
    """The tensors joined along `axis`, or flattened and joined for None; of their common dtype."""
    if axis is None:
        arrays, axis = [ops.reshape(each, (-1,)) if each.size else ops.reshape(each, (0,)) for each in arrays], 0
    dtype = result_type(*arrays)
    return ops.concat([ops.cast(each, dtype) for each in arrays], axis)


def flip(x: Var, /, *, axis: int | Sequence[int] | None = None) -> Var:
    """Reversed along the axes (all for None)."""
    axes = axes_of(axis, x.ndim)
    return x[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(x.ndim))]


def moveaxis(x: Var, source: int | Sequence[int], destination: int | Sequence[int], /) -> Var:
    """Axes `source` stand at `destination`, the others keep their order."""
    sources, targets = axes_of(source, x.ndim), axes_of(destination, x.ndim)
    if len(sources) != len(targets):
        raise AxisError("moveaxis needs as many destinations as sources")
    order = [k for k in range(x.ndim) if k not in sources]
    for to, axis in sorted(zip(targets, sources)):
        order.insert(to, axis)
    return ops.transpose(x, order)


def permute_dims(x: Var, /, axes: Sequence[int]) -> Var:
    """Result dimension k is dimension axes[k] of x."""
    return ops.transpose(x, axes)


def reshape(x: Var, /, shape, *, copy: bool | None = None) -> Var:
    """The same elements in row-major order. `copy=False` is always possible: a tensor is a value."""
    return ops.reshape(x, shape)


def squeeze(x: Var, /, axis: int | Sequence[int]) -> Var:
    """Without the axes, which have size 1. Raises ShapeError."""
    return ops.squeeze(x, axis)


def repeat(x: Var, repeats: int | Var, /, *, axis: int | None = None) -> Var:
    """Each element along `axis` (of the flattened tensor for None) `repeats` times.

    A tensor of repeats is read on the host: the result's shape depends on it.
    """
    if axis is None:
        x, axis = ops.reshape(x, (x.size,)), 0
    axis = axis_of(axis, x.ndim)
    if isinstance(repeats, Var) and repeats.size == 1:
        repeats = int(repeats.item())
    if isinstance(repeats, Var):
        counts = np.asarray(repeats)
        if counts.shape != (x.shape[axis],) or counts.dtype.kind not in "iu" or (counts < 0).any():
            raise ShapeError(f"repeat needs {x.shape[axis]} numbers of repeats that are not negative")
        positions = wrap(leaf(np.repeat(np.arange(len(counts)), counts), "int32"))
        return take(x, positions, axis=axis)
    if repeats < 0:
        raise ShapeError(f"repeat cannot repeat {repeats} times")
    shape = [n * repeats if k == axis else n for k, n in enumerate(x.shape)]
    return ops.reindex(x, shape, [f"i{k} // {max(1, repeats)}" if k == axis else f"i{k}" for k in range(x.ndim)])


def roll(x: Var, /, shift: int | Sequence[int], *, axis: int | Sequence[int] | None = None) -> Var:
    """Shifted by `shift` along each axis, cyclically (in the flattened tensor for None)."""
    if axis is None:
        return ops.reshape(roll(ops.reshape(x, (x.size,)), shift, axis=0), x.shape)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    shifts = (shift,) * len(axes) if isinstance(shift, int) else tuple(shift)
    if len(shifts) != len(axes):
        raise ShapeError(f"roll has {len(shifts)} shifts for {len(axes)} axes")
    total = [0] * x.ndim
    for each, by in zip(axes, shifts):
        total[axis_of(each, x.ndim)] += by
    texts = [f"(i{k} + {-s % n}) % {n}" if n and s % n else f"i{k}" for k, (n, s) in enumerate(zip(x.shape, total))]
    return ops.reindex(x, x.shape, texts) if x.ndim else x


def tile(x: Var, repetitions: Sequence[int], /) -> Var:
    """x repeated as a whole `repetitions` times along each axis; missing ones are 1 in front."""
    counts = [1] * (x.ndim - len(repetitions)) + list(repetitions)
    x = ops.reshape(x, [1] * (len(counts) - x.ndim) + list(x.shape))
    shape = [n * c for n, c in zip(x.shape, counts)]
    return ops.reindex(x, shape, [f"i{k} % {max(1, n)}" for k, n in enumerate(x.shape)])


def unstack(x: Var, /, *, axis: int = 0) -> tuple[Var, ...]:
    """The slices along `axis`, without it."""
    axis = axis_of(axis, x.ndim)
    return tuple(x[(slice(None),) * axis + (k,)] for k in range(x.shape[axis]))


def take(x: Var, indices: Var, /, *, axis: int | None = None) -> Var:
    """Elements at integer `indices` along `axis`; negative ones count from the end."""
    if axis is None and x.ndim != 1:
        raise AxisError("take needs an axis for a tensor that is no vector")
    return x[(slice(None),) * axis_of(axis or 0, x.ndim) + (indices,)]


def take_along_axis(x: Var, indices: Var, /, *, axis: int = -1) -> Var:
    """y[…, j, …] = x[…, indices[…, j, …], …] along `axis`; the other sizes broadcast."""
    if indices.ndim != x.ndim:
        raise ShapeError(f"take_along_axis needs indices of {x.ndim} dimensions, got {indices.ndim}")
    if not indices.dtype.startswith(("int", "uint")):
        raise DTypeError(f"take_along_axis needs integer indices, got {indices.dtype}")
    axis = axis_of(axis, x.ndim)
    indices = indexing.positions_within(indices, axis, x.shape[axis])
    shape = [m if k == axis else max(n, m) if n and m else 0 for k, (n, m) in enumerate(zip(x.shape, indices.shape))]
    texts = ["s0" if k == axis else "0" if n == 1 else f"i{k}" for k, n in enumerate(x.shape)]
    return ops.reindex(x, shape, texts, extras=[indices])


def nonzero(x: Var, /) -> tuple[Var, ...]:
    """Positions of the elements that are not 0, a vector for each dimension; found on the host."""
    if not x.ndim:
        raise AxisError("nonzero needs a tensor with at least one dimension")
    host.warn("nonzero reads the tensor and finds the positions on the host: their number depends on the values")
    return tuple(wrap(leaf(each, "int32")) for each in np.nonzero(np.asarray(x)))
