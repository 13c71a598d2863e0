"""Padding by a constant, by reflection, by the edge, around."""

from collections.abc import Sequence

import metabang as mb
from metabang.var import Var


def pad(x: Var, padding: Sequence[int], mode: str = "constant", value: float = 0.0) -> Var:
    """``padding``: (before, after) of the last dimension, then of the one before it, …, as in PyTorch.

    mode: "constant" (``value``), "reflect" (without the edge), "replicate" (the edge), "circular".
    Raises ShapeError, also where a reflection or a turn needs more elements than there are.
    """
    if len(padding) % 2 or len(padding) > 2 * x.ndim:
        raise mb.ShapeError(f"padding has two numbers a dimension, got {tuple(padding)} for a shape of {x.shape}")
    sides = {x.ndim - 1 - k: tuple(padding[2 * k : 2 * k + 2]) for k in range(len(padding) // 2)}
    if mode == "constant":
        return mb.pad(x, *([sides.get(k, (0, 0))[side] for k in range(x.ndim)] for side in (0, 1)), value)
    if mode not in _EDGES:
        raise mb.MetaBangError(f"mode is 'constant', 'reflect', 'replicate' or 'circular', not '{mode}'")
    for axis, (before, after) in sides.items():
        available = x.shape[axis] - (mode == "reflect")
        if mode != "replicate" and max(before, after) > available:
            raise mb.ShapeError(f"mode '{mode}' can pad axis {axis} of {x.shape} by at most {available} elements")
        left, right = _EDGES[mode](x, axis, before, after)
        x = mb.concat([part for part, size in ((left, before), (x, 1), (right, after)) if size], axis)
    return x


def _range(x, axis, start, count, step=1):
    key = [slice(None)] * x.ndim
    stop = start + count * step
    key[axis] = slice(start, None if stop < 0 else stop, step)
    return x[tuple(key)]


def _reflect(x, axis, before, after):
    size = x.shape[axis]
    return _range(x, axis, before, before, -1), _range(x, axis, size - 2, after, -1)


def _replicate(x, axis, before, after):
    size = x.shape[axis]
    return tuple(
        mb.broadcast(_range(x, axis, at, 1), [n if k == axis else m for k, m in enumerate(x.shape)], range(x.ndim))
        for at, n in ((0, before), (size - 1, after))
    )


def _circular(x, axis, before, after):
    return _range(x, axis, x.shape[axis] - before, before), _range(x, axis, 0, after)


_EDGES = {"reflect": _reflect, "replicate": _replicate, "circular": _circular}
