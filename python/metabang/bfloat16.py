"""bfloat16 on devices without it: the program in float32, each result rounded to bfloat16.

The vector units of mtp_270 and mtp_372 have no bfloat16. A program that uses it is rewritten before it is emitted:
every bfloat16 tensor becomes a float32 one, an operator computes in float32, and what it computes is rounded to the 8
significant bits of bfloat16, as hardware that has the type does at the end of an instruction. A product that is only
summed is not rounded, and sums are rounded once, at their end. The values are those of bfloat16, memory and time
are float32's plus a few instructions for each rounding. Ties go to even: the split (T. J. Dekker, A floating-point
technique for extending the available precision, 1971) does not look at the last bit, but 2^16 times its high part is
even in that place, so adding it, which rounds to even, and subtracting it leaves x rounded to even.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import _core
from .devices import load
from .dtypes import as_dtype

_graph = _core.graph
_EXACT = {"neg", "abs", "sign", "floor", "ceil", "round", "trunc", "max", "min"}  # of bfloat16 they are bfloat16
_MOVES = {"reindex", "broadcast", "pad", "slice", "transpose", "select", "max", "min"}
_SPLIT = 2.0**16 + 1  # 24 bits less the 8 that stay
_LARGE = 2.0**100


def lacks_bfloat16(target: str) -> bool:
    """Whether the vector unit of `target` cannot compute with bfloat16."""
    return not load(target)["has_bf16_vector"]


def uses_bfloat16(program) -> bool:
    return any(node.dtype == "bfloat16" for node in program.order)


class Emulated:
    """A program in float32 for one that uses bfloat16. `origins` maps uids of its leaves to those they stand for."""

    def __init__(self, program, arguments: Sequence) -> None:
        self.origins: dict[int, object] = {}
        self._done: dict[int, object] = {}
        self._only_summed = _only_summed(program)
        for node in program.order:
            previous = _graph.force_location(node.location)
            try:
                self._done[node.uid] = self._visit(node)
            finally:
                _graph.force_location(previous)
        outputs = [self._done[node.uid] for node in program.outputs]
        self.program = _graph.program(outputs, [self._leaf(node) for node in arguments])

    def _leaf(self, node):
        if node.uid not in self._done:
            self._done[node.uid] = self._visit(node)
        return self._done[node.uid]

    def _visit(self, node):
        if node.is_leaf:
            if node.dtype != "bfloat16":
                return node
            stand_in = _graph.input(node.shape, "float32", node.is_constant, node.name, node.value)
            self.origins[stand_in.uid] = node
            return stand_in
        inputs = [self._done[each.uid] for each in node.inputs]
        if node.dtype != "bfloat16" and all(a.uid == b.uid for a, b in zip(inputs, node.inputs)):
            return node
        if all(a.dtype == b.dtype for a, b in zip(inputs, node.inputs)) and node.dtype != "bfloat16":
            return _graph.with_inputs(node, inputs)
        built = _in_float32(node, inputs)
        exact = node.op in _MOVES or node.kind in _EXACT or node.op == "constant" or node.uid in self._only_summed
        return built if node.dtype != "bfloat16" or exact else _rounded(built)


def _only_summed(program) -> set[int]:
    """Products whose every use is a sum."""
    outputs = {node.uid for node in program.outputs}
    users: dict[int, list[str]] = {}
    for node in program.order:
        if not node.is_leaf:
            for operand in node.inputs:
                users.setdefault(operand.uid, []).append(node.op)
    return {
        node.uid
        for node in program.order
        if node.op == "binary" and node.kind == "mul" and node.uid not in outputs
        if set(users.get(node.uid, [""])) <= {"sum", "mean"}
    }


def _in_float32(node, x: list):
    """The node's operator on float32 operands."""
    op = node.op
    if op == "constant":
        return _graph.constant(_literal(node), node.shape, "float32")
    if op == "cast":
        return _graph.cast(x[0], "float32" if node.dtype == "bfloat16" else node.dtype)
    if op == "unary":
        return _graph.unary(_graph.kind(op, node.kind), x[0])
    if op == "binary":
        return _graph.arithmetic(_graph.kind(op, node.kind), *x)
    if op == "compare":
        return _graph.comparison(_graph.kind(op, node.kind), *x)
    if op == "select":
        return _graph.where(*x)
    if op == "broadcast":
        return _graph.broadcast(x[0], node.shape, node.a)
    if op == "transpose":
        return _graph.transpose(x[0], node.a)
    if op == "slice":
        return _graph.slice(x[0], node.a, node.shape, node.b)
    if op == "pad":
        return _graph.pad(x[0], node.a, node.b, _literal(node))
    if op in ("sum", "prod", "max", "min", "mean"):
        return _graph.reduce(op, x[0], node.a)
    if op == "reindex" and node.is_reshape:
        return _graph.reshape(x[0], node.shape)
    if op == "reindex":
        return _graph.with_inputs(_graph.reindex_by(x[0], node, node.shape, _literal(node)), x)
    assert op == "reindex_reduce", op
    return _graph.with_inputs(_graph.reindex_reduce_by(x[0], node, node.kind, node.shape), x)


def _literal(node) -> float:
    return float(as_dtype(node.literal, "bfloat16"))


def _rounded(x):
    """The nearest bfloat16 of a float32, by Dekker's split, scaled down where that would overflow."""
    binary = {kind: _graph.kind("binary", kind) for kind in ("add", "sub", "mul")}
    less = _graph.kind("compare", "lt")
    size = _graph.unary(_graph.kind("unary", "abs"), x)
    large = _graph.comparison(less, _LARGE, size)
    part = _graph.where(large, _graph.arithmetic(binary["mul"], x, 2.0**-24), x)
    spread = _graph.arithmetic(binary["mul"], part, _SPLIT)
    high = _graph.arithmetic(binary["sub"], spread, _graph.arithmetic(binary["sub"], spread, part))
    anchor = _graph.arithmetic(binary["mul"], high, 2.0**16)
    high = _graph.arithmetic(binary["sub"], _graph.arithmetic(binary["add"], part, anchor), anchor)
    high = _graph.where(large, _graph.arithmetic(binary["mul"], high, 2.0**24), high)
    return _graph.where(_graph.comparison(less, size, float("inf")), high, x)
