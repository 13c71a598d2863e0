"""Constant folding on the graph, before it is emitted.

1. A sub-graph whose leaves are all constant (parameters, splats, indices) is evaluated once in float64, then rounded.
   What follows from indices alone is, up to a million elements: devices count by scalar code, and load faster.
2. Chains of `x + c`, `c + x`, `x - c`, `c - x`, `-x`, `x * c`, `c * x` and `x / c` with constant c of a float dtype
   are merged to `x * a + b`, one multiply and one add by what varies in a and b (a vector for BatchNorm). A value that
   is used twice, or is an output, ends a chain.
3. If such a chain starts at a contraction `sum(u * w)` with a constant filter w, and a varies only along dimensions
   that w owns, a goes into the filter.

What may change: rounding (one operation instead of several, a product with 1/c instead of a division), the sign of a
zero (`x + 0`), and whether an intermediate value overflows. A rewrite with a constant that is not finite, or whose
constants would overflow, vanish or be NaN in the dtype, is not made: a division by zero stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import _core
from .constants import Constants, expands, fits, full_value, leaf, materialize
from .dtypes import FLOATS
from .filters import owners_of, parameter_name, reshaped_scale

_graph = _core.graph


@dataclass
class _Affine:
    """base * scale + shift, both compact float64 arrays of the node's rank.

    `node` is the old node with this value; `plain` if it is a multiplication or addition of the base itself.
    """

    base: object
    scale: np.ndarray
    shift: np.ndarray
    node: object
    plain: bool = False


def fold_program(program, arguments: Sequence = ()):
    """A program that computes the same outputs with its constants folded. `arguments` stay the first leaves."""
    return _graph.program(_Folder(program).run(), list(arguments))


def count_operators(program) -> tuple[int, int]:
    """How many operators of a program a device has to compute, and how many the host evaluates because they follow from
    constant tensors alone. Neither: literals, arithmetic on single numbers, and counters (`index`), which are known
    before the program runs."""
    constants, device, host = Constants(), 0, 0
    for node in program.order:
        known = constants.known(node)
        if node.is_leaf or node.op == "constant":
            continue
        device += not known
        host += known and constants.weighs(node)
    return device, host


def _is_border(node) -> bool:
    """Whether a condition is index(d) < c. A selection by it is a join of two parts, which the compiler copies."""
    if node.is_leaf or node.op != "compare" or node.kind != "lt":
        return False
    index, count = node.inputs
    return not index.is_leaf and index.op == "index" and not count.is_leaf and count.op == "constant"


class _Folder:
    def __init__(self, program) -> None:
        self.program = program
        self.constants = Constants()
        self.done: dict[int, object] = {}  # uid of an old node -> node of the folded program
        self.affine: dict[int, _Affine] = {}  # uid of an old node that is not built yet
        self.uses: dict[int, int] = {}
        for node in program.outputs:
            self.uses[node.uid] = self.uses.get(node.uid, 0) + 2  # the value itself is needed
        for node in program.order:
            if not node.is_leaf:
                for operand in node.inputs:
                    self.uses[operand.uid] = self.uses.get(operand.uid, 0) + 1

    def run(self) -> list:
        for node in self.program.order:
            if not self.constants.known(node):
                self._visit(node)
        return [self._output(node) for node in self.program.outputs]

    def _output(self, node):
        if node.is_leaf or not self.constants.known(node):
            return self.new(node)
        return leaf(full_value(self.constants.value(node), node), node.dtype, "")

    def _visit(self, node) -> None:
        if node.is_leaf:
            self.done[node.uid] = node
            return
        if node.is_detached:  # only gradients see it
            self.done[node.uid] = self.new(node.inputs[0])
            return
        merged = self._merge(node)
        if merged is not None:
            self.affine[node.uid] = merged
            return
        self.done[node.uid] = self._rebuilt(node)

    def _rebuilt(self, node):
        inputs = [
            operand if node.op == "select" and k == 0 and _is_border(operand) else self.new(operand)
            for k, operand in enumerate(node.inputs)
        ]
        same = all(a.uid == b.uid for a, b in zip(inputs, node.inputs))
        return node if same else _graph.with_inputs(node, inputs)

    def new(self, node):
        """The folded program's node for an old one."""
        if node.uid not in self.done:
            previous = _graph.force_location(node.location)
            try:
                built = self._build(node)
            finally:
                _graph.force_location(previous)
            self.done[node.uid] = built
        return self.done[node.uid]

    def _build(self, node):
        if node.uid in self.affine:
            return self._build_affine(self.affine.pop(node.uid))
        if node.is_leaf or node.op == "constant":
            return node
        if expands(node):
            rebuilt = self._rebuilt(node)
            if not all(operand.op == "constant" for operand in rebuilt.inputs):
                return rebuilt
        return materialize(self.constants.value(node), node.shape, node.dtype, parameter_name(node))

    # Affine chains.
    def _merge(self, node) -> _Affine | None:
        if node.dtype not in FLOATS:
            return None
        if node.op == "unary" and node.kind == "neg":
            chain = self._chain(node.inputs[0])
            return self._checked(node, chain, -chain.scale, -chain.shift)
        if node.op != "binary" or node.kind not in ("add", "sub", "mul", "div"):
            return None
        a, b = node.inputs
        left, right = self.constants.known(a), self.constants.known(b)
        if left == right or (node.kind == "div" and left):
            return None
        chain = self._chain(b if left else a)
        constant = self.constants.value(a if left else b)
        if not fits(constant, node.dtype):
            return None
        scale, shift = chain.scale, chain.shift
        with np.errstate(all="ignore"):
            if node.kind == "add":
                shift = shift + constant
            elif node.kind == "sub":
                scale, shift = (-scale, constant - shift) if left else (scale, shift - constant)
            elif node.kind == "mul":
                scale, shift = scale * constant, shift * constant
            else:
                scale, shift = scale / constant, shift / constant
        return self._checked(node, chain, scale, shift)

    def _chain(self, node) -> _Affine:
        if node.uid in self.affine and self.uses[node.uid] == 1:
            return self.affine[node.uid]
        unit = (1,) * node.ndim
        return _Affine(node, np.ones(unit), np.zeros(unit), node)

    def _checked(self, node, chain: _Affine, scale: np.ndarray, shift: np.ndarray) -> _Affine | None:
        if not (fits(scale, node.dtype) and fits(shift, node.dtype)):
            return None
        plain = chain.base is chain.node and node.kind in ("add", "mul")
        return _Affine(chain.base, scale, shift, node, plain)

    def _build_affine(self, chain: _Affine):
        node, scaled = chain.node, np.any(chain.scale != 1)
        base = self._scaled_contraction(chain.base, chain.scale) if scaled else None
        if base is None:
            if chain.plain:
                return self._rebuilt(node)
            base = self.new(chain.base)
            if scaled:
                base = self._arithmetic("mul", base, chain.scale, node)
        return self._arithmetic("add", base, chain.shift, node) if np.any(chain.shift != 0) else base

    def _arithmetic(self, kind: str, x, constant: np.ndarray, node):
        number = _graph.kind("binary", kind)
        return _graph.arithmetic(number, x, materialize(constant, node.shape, node.dtype))

    # Filters.
    def _scaled_contraction(self, total, scale: np.ndarray):
        """sum(u * w) with w scaled by what multiplies the sum; None if that does not belong to the filter alone.

        The sum may be reshaped before it is scaled, as that of a grouped convolution is.
        """
        if total.is_leaf or self.uses[total.uid] != 1:
            return None
        if total.op == "reindex" and total.is_reshape:
            before = total.inputs[0]
            unshaped = reshaped_scale(scale, total.shape, before.shape)
            scaled = None if unshaped is None else self._scaled_contraction(before, unshaped)
            return None if scaled is None else _graph.with_inputs(total, [scaled])
        if total.op != "sum":
            return None
        product = total.inputs[0]
        if product.is_leaf or product.op != "binary" or product.kind != "mul" or self.uses[product.uid] != 1:
            return None
        kept = [d for d in range(product.ndim) if d not in total.a]
        varying = [kept[d] for d in range(total.ndim) if scale.shape[d] > 1]
        factors = scale.reshape([n for n in scale.shape if n > 1])
        for side in (1, 0):
            spread = product.inputs[side]
            if not self.constants.known(spread):
                continue
            owners = owners_of(spread, varying)
            scaled = None if owners is None else self._scaled_filter(spread.inputs[0], factors, varying, owners)
            if scaled is not None:
                operands = [self.new(product.inputs[0]), self.new(product.inputs[1])]
                operands[side] = _graph.with_inputs(spread, [scaled])
                return _graph.with_inputs(total, [_graph.with_inputs(product, operands)])
        return None

    def _scaled_filter(self, filter_, factors: np.ndarray, varying: list[int], owners: list[list[int]]):
        order = [varying.index(d) for dims in owners for d in dims]
        sizes = [n if dims else 1 for n, dims in zip(filter_.shape, owners)]
        factor = np.transpose(factors, order).reshape(sizes)
        value = np.broadcast_to(self.constants.value(filter_), filter_.shape) * factor
        if not fits(value, filter_.dtype):
            return None
        return leaf(value, filter_.dtype, parameter_name(filter_))
