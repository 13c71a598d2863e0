"""Sorting. The order is found on the host, which warns; the values are gathered on the device, so gradients pass."""

from __future__ import annotations

import numpy as np

from . import host, ops
from .arguments import checked
from .errors import AxisError, ShapeError
from .var import Var, leaf, wrap


def _order(x: Var, axis: int, descending: bool, name: str) -> tuple[np.ndarray, int]:
    if not -x.ndim <= axis < x.ndim:
        axes = f"axes go from {-x.ndim} to {x.ndim - 1}"
        raise AxisError(f"{name} along axis {axis} of a tensor with {x.ndim} dimensions; {axes}")
    axis %= x.ndim
    host.warn(f"{name} finds the order of the elements on the host: the device has no sort")
    value = np.asarray(x)
    if not descending:
        return np.argsort(value, axis=axis, kind="stable"), axis
    # Stable from the other end: equal elements keep their order, and NaN comes first.
    order = np.flip(np.argsort(np.flip(value, axis), axis=axis, kind="stable"), axis)
    return value.shape[axis] - 1 - order, axis


def _gathered(x: Var, order: Var, axis: int) -> Var:
    return ops.reindex(x, order.shape, ["s0" if k == axis else f"i{k}" for k in range(x.ndim)], extras=[order])


def argsort(x: Var, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Var:
    """int32 positions that sort x along `axis`; always stable, NaN counts as the largest. Found on the host."""
    return wrap(leaf(_order(x, axis, descending, "argsort")[0], "int32"))


def sort(x: Var, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Var:
    """x sorted along `axis`; NaN counts as the largest. The order is found on the host."""
    order, axis = _order(x, axis, descending, "sort")
    return _gathered(x, wrap(leaf(order, "int32")), axis)


@checked
def topk(x: Var, k: int, axis: int = -1, largest: bool = True) -> tuple[Var, Var]:
    """The k largest (or smallest) elements along `axis`, best first, and their int32 positions. Found on the host.

    Raises ShapeError if there are fewer than k.
    """
    if -x.ndim <= axis < x.ndim and not 0 <= k <= x.shape[axis]:
        raise ShapeError(f"topk of {k} elements along axis {axis}, which has {x.shape[axis]}")
    order, axis = _order(x, axis, largest, "topk")
    positions = wrap(leaf(np.take(order, range(k), axis), "int32"))
    return _gathered(x, positions, axis), positions
