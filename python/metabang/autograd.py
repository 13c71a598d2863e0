"""`grad`: reverse-mode gradients as nodes of the same graph (docs/autograd.md)."""

from __future__ import annotations

from collections.abc import Sequence

from . import _core
from .arguments import checked, described
from .dtypes import FLOATS
from .errors import DTypeError, MetaBangError, ShapeError
from .gradients import RULES, stops
from .var import Var, lift, wrap

_graph = _core.graph


@checked
def grad(y: Var, xs: Var | Sequence[Var], grad_output=None, allow_unused: bool = False):
    """The gradients of `y` with respect to `xs` (leaves or intermediate tensors), lazy, of their shapes and dtypes.

    y: one element, or give `grad_output`, the weights of its elements, a tensor of y's shape: the result is then the
    gradient of `sum(y * grad_output)`. xs: one tensor or several; the result is one Var or a list. Gradients are
    differentiable themselves. With `allow_unused`, what y does not depend on has a gradient of zeros.

    Raises ShapeError, DTypeError for integers, MetaBangError where no gradient reaches an x.
    """
    wanted = [xs] if isinstance(xs, Var) else list(xs)
    remedy = None if allow_unused else "leave it out of xs or pass allow_unused=True to get zeros"
    result = gradients_of(y, wanted, "x number", remedy, grad_output)
    return result[0] if isinstance(xs, Var) else result


def gradients_of(y: Var, xs: Sequence[Var], name: str, remedy: str | None, grad_output=None) -> list[Var]:
    """As `grad`. Errors call the k-th of xs f"{name} {k}"; without a `remedy` what y does not depend on gets zeros."""
    for number, x in enumerate(xs):
        if x.dtype not in FLOATS:
            raise DTypeError(f"{name} {number} is of dtype {x.dtype} and has no gradient; cast it to a float first")
    if y.dtype not in FLOATS:
        raise DTypeError(f"grad needs a float result, this one is {y.dtype}; cast it with .astype('float32')")
    cotangents = backward(y._node, _seed(y, grad_output), {x._node.uid for x in xs})
    result = []
    for number, x in enumerate(xs):
        node = cotangents.get(x._node.uid)
        if node is None:
            if remedy is not None:
                raise MetaBangError(_why_unreached(y._node, x._node, f"{name} {number}", remedy))
            node = _graph.constant(0, x.shape, x.dtype)
        result.append(wrap(node))
    return result


def _seed(y: Var, grad_output):
    if grad_output is None:
        if y.size != 1:
            raise ShapeError(
                f"grad needs a result with one element, this one has shape {y.shape}; sum it, or pass grad_output"
            )
        return _graph.constant(1, y.shape, y.dtype)
    seed = lift(grad_output)
    if isinstance(seed, (bool, int, float)):
        return _graph.constant(seed, y.shape, y.dtype)
    if seed is None:
        raise DTypeError(f"grad_output is a tensor of the result's shape {y.shape}, not {described(grad_output)}")
    if seed.shape != y.shape:
        raise ShapeError(f"grad_output has the shape {seed.shape}, but the result has {y.shape}; they must be equal")
    return _graph.cast(seed, y.dtype)


def backward(root, seed, targets: set[int]) -> dict[int, object]:
    """Cotangent nodes by uid for the targets that the node `root`, whose cotangent is `seed`, depends on."""
    leads: set[int] = set(targets)  # nodes on a way to a target; the others need no cotangent
    passing = []  # those of them that pass a gradient on, operands first
    for node in _order(root):
        if _differentiable(node) and any(operand.uid in leads for operand in node.inputs):
            leads.add(node.uid)
            passing.append(node)
    cotangents: dict[int, object] = {root.uid: seed}
    for node in reversed(passing):
        cotangent = cotangents.get(node.uid)
        if cotangent is None:
            continue
        previous = _graph.force_location(node.location)
        try:
            for operand, part in zip(node.inputs, RULES[node.op](node, cotangent)):
                if part is not None and operand.uid in leads:
                    _accumulate(cotangents, operand, part)
        finally:
            _graph.force_location(previous)
    return {uid: cotangents[uid] for uid in targets if uid in cotangents}


def _accumulate(cotangents: dict[int, object], node, part) -> None:
    known = cotangents.get(node.uid)
    cotangents[node.uid] = part if known is None else _graph.arithmetic(_graph.kind("binary", "add"), known, part)


def _operands(node) -> list:
    return [] if node.is_detached else node.inputs


def _differentiable(node) -> bool:
    """Whether a gradient passes the node to at least one of its operands."""
    return not node.is_detached and node.op in RULES and not stops(node)


def _order(root) -> list:
    """What the root depends on, operands first. A computed node that forgot its operands is a leaf."""
    order, done = [], set()
    stack = [(root, False)]
    while stack:
        node, expanded = stack.pop()
        if node.uid in done:
            continue
        if expanded:
            done.add(node.uid)
            order.append(node)
            continue
        stack.append((node, True))
        stack.extend((operand, False) for operand in _operands(node) if operand.uid not in done)
    return order


def _why_unreached(y, x, name: str, remedy: str) -> str:
    order = _order(y)
    after = {x.uid}  # what depends on x
    blocked = None
    for node in order:
        if any(operand.uid in after for operand in _operands(node)):
            after.add(node.uid)
            if blocked is None and not _differentiable(node):
                blocked = node
    if blocked is not None:
        what = f"{blocked.op} {blocked.kind}".strip()
        line = f" at {_graph.display_path(blocked.source[0])}:{blocked.source[1]}" if blocked.source else ""
        return (
            f"no gradient reaches {name}: every way from it to the result crosses an operator without a "
            f"gradient, the first is '{what}'{line}; {remedy}"
        )
    if any(node.op != "input" and not node.inputs and node.value is not None for node in order):
        return (
            f"no gradient reaches {name}: a tensor on the way was computed before and has forgotten its "
            "operands; mark the leaf with x.requires_grad_(), or call mb.grad before reading values"
        )
    return f"the result does not depend on {name}; {remedy}"
