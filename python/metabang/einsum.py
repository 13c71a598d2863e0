"""Einstein summation by reindex, broadcast, product and sum: the form the compiler knows as a contraction."""

from __future__ import annotations

import itertools
import math

from . import _core, ops
from .arguments import checked, described, is_integer
from .errors import ShapeError
from .var import Var, wrap

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@checked
def einsum(subscripts: str | Var, *operands, optimize: bool = True) -> Var:
    """Sums of products by labels, as NumPy's: "ij,jk->ik", "...ii->...i". Without "->", labels that appear once are
    kept, in alphabetical order. Or each operand before the list of its labels, which are integers from 0 to 51 or
    `...`, and the result's last: `einsum(a, [0, 1], b, [1, 2], [0, 2])`.

    Two operands are multiplied at a time, and a label is summed over as soon as no other operand has it. With
    `optimize` those two are next whose product is the cheapest, else the first ones. The dtype is the operands' common
    one. Raises ShapeError for labels that do not fit the shapes.
    """
    if isinstance(subscripts, Var):
        subscripts, operands = _lettered((subscripts, *operands))
    operands = tuple(wrap(ops._node(each)) for each in operands)
    inputs, output = _parse(subscripts, [each._node for each in operands])
    dtype = operands[0].dtype
    for each in operands[1:]:
        dtype = _core.graph.promote(dtype, each.dtype)
    parts = [_diagonal(ops.cast(each, dtype), labels) for each, labels in zip(operands, inputs)]
    sizes: dict[str, int] = {}
    for part, labels in parts:
        for label, size in zip(labels, part.shape):
            if sizes.setdefault(label, size) not in (size, 1) and size != 1:
                raise ShapeError(
                    f"einsum '{subscripts}' has sizes {sizes[label]} and {size} for one label; they must be equal"
                )
            sizes[label] = max(sizes[label], size) if size and sizes[label] else 0
    while len(parts) > 1:
        first, second = _cheapest([labels for _, labels in parts], output, sizes) if optimize else (0, 1)
        (a, left), (b, right) = parts[first], parts[second]
        rest = [part for k, part in enumerate(parts) if k not in (first, second)]
        needed = _needed(rest, output)
        a, left = _summed(a, left, needed | set(right))
        b, right = _summed(b, right, needed | set(left))
        parts = [_product(a, left, b, right, needed, sizes), *rest]
    result, labels = parts[0]
    result, labels = _summed(result, labels, set(output))
    return ops.transpose(result, [labels.index(label) for label in output])


def _lettered(arguments: tuple) -> tuple[str, tuple]:
    """The subscripts and the operands of the form with lists of labels."""

    def text(labels) -> str:
        if not isinstance(labels, (list, tuple)) or not all(
            each is Ellipsis or (is_integer(each) and 0 <= each < len(_LETTERS)) for each in labels
        ):
            raise ShapeError(
                "einsum needs a string of labels, or behind each operand the list of its labels, "
                f"integers from 0 to 51 or ...; got {described(labels)}"
            )
        return "".join("..." if each is Ellipsis else _LETTERS[each] for each in labels)

    subscripts = ",".join(text(labels) for labels in arguments[1::2])
    if len(arguments) % 2:
        return f"{subscripts}->{text(arguments[-1])}", arguments[:-1:2]
    return subscripts, arguments[::2]


def _cheapest(inputs: list[str], output: str, sizes: dict[str, int]) -> tuple[int, int]:
    """The two operands whose product, of what is left after the sums over one operand alone, has the fewest terms."""

    def terms(pair: tuple[int, int]) -> int:
        a, b = (set(inputs[k]) for k in pair)
        rest = set(output).union(*(labels for k, labels in enumerate(inputs) if k not in pair))
        return math.prod(sizes[label] for label in (a & b) | ((a | b) & rest))

    return min(itertools.combinations(range(len(inputs)), 2), key=terms)


def _needed(parts, output: str) -> set[str]:
    return set(output).union(*(labels for _, labels in parts))


def _parse(subscripts: str, nodes: list) -> tuple[list[str], str]:
    """One letter for each dimension of each operand and of the result; `...` becomes letters of its own."""
    if not nodes:
        raise ShapeError("einsum needs at least one operand")
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(nodes):
        raise ShapeError(f"einsum '{subscripts}' names {len(inputs)} operands, got {len(nodes)}")
    free = [letter for letter in _LETTERS if letter not in text]
    rank = max(
        (node.ndim - len(each.replace("...", "")) for each, node in zip(inputs, nodes) if "..." in each), default=0
    )
    spread = "".join(free[: max(0, rank)])
    if not arrow:
        plain = left.replace(",", "").replace("...", "")
        output = ("..." if "..." in left else "") + "".join(sorted(c for c in set(plain) if plain.count(c) == 1))
    expanded = []
    for each, node in zip(inputs, nodes):
        named = each.replace("...", "", 1)
        rest = node.ndim - len(named)
        if rest < 0 or (rest and "..." not in each) or not all(c in _LETTERS for c in named):
            raise ShapeError(f"einsum '{subscripts}': '{each}' does not name the dimensions of shape {node.shape}")
        expanded.append(each.replace("...", spread[len(spread) - rest :] if rest else "", 1))
    if spread and arrow and "..." not in output:
        raise ShapeError(f"einsum '{subscripts}': the result has no '...' for the dimensions that '...' stands for")
    output = output.replace("...", spread, 1)
    if len(set(output)) != len(output) or not set(output) <= set("".join(expanded)):
        raise ShapeError(f"einsum '{subscripts}': the result names a label twice, or one that no operand has")
    return expanded, output


def _diagonal(x: Var, labels: str) -> tuple[Var, str]:
    """x with each label once: a label that is there twice runs along the diagonal."""
    kept = "".join(dict.fromkeys(labels))
    if kept == labels:
        return x, labels
    sizes = [{n for n, label in zip(x.shape, labels) if label == each} for each in kept]
    if any(len(each) > 1 for each in sizes):
        raise ShapeError(f"einsum: a label that is there twice has two sizes in the shape {x.shape}")
    texts = [f"i{kept.index(label)}" for label in labels]
    return ops.reindex(x, [each.pop() for each in sizes], texts), kept


def _summed(x: Var, labels: str, needed: set[str]) -> tuple[Var, str]:
    axes = [k for k, label in enumerate(labels) if label not in needed]
    if not axes:
        return x, labels
    return wrap(_core.graph.reduce("sum", x._node, axes)), "".join(label for label in labels if label in needed)


def _product(a: Var, left: str, b: Var, right: str, needed: set[str], sizes: dict[str, int]) -> tuple[Var, str]:
    """The product, summed over what is not needed. Labels: those both keep, rows of a, what is summed, columns of b,
    as a matrix product of the last three has them."""
    batch = [label for label in left if label in right and label in needed]
    rows = [label for label in left if label not in right]
    inner = [label for label in left if label in right and label not in needed]
    columns = [label for label in right if label not in left]
    labels = "".join(batch + rows + inner + columns)
    shape = [sizes[label] for label in labels]
    product = ops.multiply(
        ops.broadcast(a, shape, [labels.index(label) for label in left]),
        ops.broadcast(b, shape, [labels.index(label) for label in right]),
    )
    return _summed(product, labels, needed)
