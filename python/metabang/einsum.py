"""Einstein summation by reindex, broadcast, product and sum: the form the compiler knows as a contraction."""

from __future__ import annotations

from . import _core, ops
from .arguments import checked
from .errors import ShapeError
from .var import Var, wrap

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@checked
def einsum(subscripts: str, *operands) -> Var:
    """Sums of products by labels, as NumPy's: "ij,jk->ik", "...ii->...i". Without "->", labels that appear once are
    kept, in alphabetical order.

    Operands are multiplied from left to right, and a label is summed over as soon as no later one has it. The dtype
    is the operands' common one. Raises ShapeError for labels that do not fit the shapes.
    """
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
    result, labels = parts[0]
    result, labels = _summed(result, labels, _needed(parts[1:], output))
    for n, (part, others) in enumerate(parts[1:], 1):
        needed = _needed(parts[n + 1 :], output)
        part, others = _summed(part, others, needed | set(labels))
        result, labels = _product(result, labels, part, others, needed, sizes)
    missing = [label for label in output if label not in labels]
    order = [labels.index(label) for label in output if label in labels]
    assert not missing, "the parser lets only labels of operands through"
    return ops.transpose(result, order)


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
