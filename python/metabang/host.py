"""Work that a function does on the host rather than on the device, and how its user learns of it."""

from __future__ import annotations

import math
import warnings

import numpy as np

from . import _core
from .compile import compute, ran_on_host
from .var import Var


class HostWarning(UserWarning):
    """A function reads values of a tensor and does part of its work on the host. Shown once for each line."""


_graph = _core.graph
_shown: dict = {}


def warn(what: str) -> None:
    """Warns, with the user's line, that `what` runs on the host."""
    ran_on_host()
    file, line = _graph.caller() or ("metabang", 0)
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
    first and kept, and so are such parts in an expression of single elements (`x[i] > y[j]`): a loop over elements
    compiles one program, not one for each position.
    """
    base, moves = _cut(x._node)
    if base.op == "input" and base.value is None:
        base, moves = x._node, []  # the error names the input
    if base.value is None and moves:
        compute([base], forget=False)
    elif base.value is None:
        scalar = _with_numbers(base)
        compute([scalar])
        base.value = scalar.value
        if not base.is_tracked:
            base.release_inputs()
    return _moved(base.value, moves)


def _cut(node) -> tuple:
    """The tensor that `node` is a part of, and the slices and reshapes that cut it out, the last one first."""
    moves = []
    while node.value is None and (node.op == "slice" or (node.op == "reindex" and node.is_reshape)):
        moves.append(node)
        node = node.inputs[0]
    return node, moves


def _moved(value: np.ndarray, moves: list) -> np.ndarray:
    for move in reversed(moves):
        if move.op == "slice":
            value = value[tuple(slice(o, o + n * s, s) for o, n, s in zip(move.a, move.shape, move.b))]
        else:
            value = value.reshape(move.shape)
    return value


def _with_numbers(node):
    """`node`, an expression of single elements, with those that are parts of other tensors replaced by their values.

    As it is if it has operands of another size: parts of those may never be computed.
    """
    cuts, order, seen, stack = {}, [], set(), [(node, False)]
    while stack:
        each, has_operands = stack.pop()
        if has_operands:
            order.append(each)
            continue
        if each.uid in seen or each.value is not None or each.op == "constant":
            continue
        if each.op == "input" or math.prod(each.shape) != 1:
            return node
        seen.add(each.uid)
        base, moves = _cut(each)
        if moves and (base.op != "input" or base.value is not None):
            cuts[each.uid] = each, base, moves
        else:
            stack += [(each, True), *((operand, False) for operand in each.inputs)]
    compute(list({base.uid: base for _, base, _ in cuts.values() if base.value is None}.values()), forget=False)
    done = {uid: _graph.input(n.shape, n.dtype, False, "", _moved(b.value, m)) for uid, (n, b, m) in cuts.items()}
    for each in order if cuts else ():
        previous = _graph.force_location(each.location)
        try:
            done[each.uid] = _graph.with_inputs(each, [done.get(operand.uid, operand) for operand in each.inputs])
        finally:
            _graph.force_location(previous)
    return done.get(node.uid, node)
