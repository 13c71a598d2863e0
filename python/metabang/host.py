"""Work that a function does on the host rather than on the device, and how its user learns of it."""

from __future__ import annotations

import warnings

import numpy as np

from . import _core
from .compile import compute, ran_on_host
from .var import Var


class HostWarning(UserWarning):
    """A function reads values of a tensor and does part of its work on the host. Shown once for each line."""


_shown: dict = {}


def warn(what: str) -> None:
    """Warns, with the user's line, that `what` runs on the host."""
    ran_on_host()
    file, line = _core.graph.caller() or ("metabang", 0)
    warnings.warn_explicit(what, HostWarning, file, line, registry=_shown)


def held_value(x) -> np.ndarray | None:
    """The value of a tensor that the host holds already (a leaf, or what was computed before), not to be written.

    What is tracked for gradients counts as not held.
    """
    node = x._node
    return None if node.is_tracked else node.value


def element(x: Var) -> np.ndarray:
    """The value of a tensor with one element.

    A part of another tensor, cut out by slices and reshapes, is read from that tensor's value, which is computed at
    first and kept: a loop over elements runs one program, not one for each.
    """
    moves, node = [], x._node
    while node.value is None and (node.op == "slice" or (node.op == "reindex" and node.is_reshape)):
        moves.append(node)
        node = node.inputs[0]
    if node.op == "input" and node.value is None:
        node, moves = x._node, []  # the error names the input
    if node.value is None:
        compute([node], forget=node.uid == x._node.uid)
    value = node.value
    for move in reversed(moves):
        if move.op == "slice":
            value = value[tuple(slice(o, o + n * s, s) for o, n, s in zip(move.a, move.shape, move.b))]
        else:
            value = value.reshape(move.shape)
    return value
