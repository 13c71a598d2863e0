"""float64 NumPy evaluation of a graph: what every claimed error is measured against.

Floats are evaluated in float64 whatever their dtype (literals and leaves are first rounded to it), integers and bools
exactly. Reindexes and broadcasts are strided views, and the sum of a product of two views is a matrix product over
blocks, so a convolution never holds [N, O, OH, OW, C, KH, KW].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from . import _core
from .arguments import checked, described
from .dtypes import FLOATS, as_dtype, numpy_dtype
from .emit import outputs_of
from .errors import DTypeError, MetaBangError, ShapeError
from .reference_kernels import CAST, KINDS, contract, gather, scatter, strided
from .var import Var, array_of


@checked
def evaluate(outputs: Var | Sequence[Var], feed: Mapping[Var, np.ndarray] | None = None) -> list[np.ndarray]:
    """The values of `outputs`: float64 arrays for floats, else arrays of the dtype.

    `feed` gives arrays for leaves (those without a value need one). A node that was computed before counts with its
    computed value. Raises MetaBangError if a leaf has no value, and DTypeError or ShapeError for a `feed` that
    does not fit.
    """
    nodes = [v._node for v in outputs_of(outputs)]
    given = {}
    for leaf, value in (feed or {}).items():
        if not isinstance(leaf, Var):
            raise DTypeError(f"`feed` gives arrays for tensors of the graph, not for {described(leaf)}")
        array = given[leaf._node.uid] = as_dtype(array_of(value), leaf.dtype)
        if array.shape != leaf.shape:
            raise ShapeError(f"`feed` gives an array of shape {array.shape} for a tensor of shape {leaf.shape}")
    return evaluate_nodes(nodes, given)


def evaluate_nodes(
    nodes: Sequence,
    given: Mapping[int, np.ndarray] | None = None,
    change: Callable[[object, np.ndarray], np.ndarray] | None = None,
) -> list[np.ndarray]:
    """As `evaluate`, for nodes of the graph core; `given` maps node uids to arrays.

    `change(node, value)` answers what takes the place of a value that was computed, say rounded or disturbed.
    """
    given = given or {}
    order = _core.graph.program(list(nodes)).order
    operands = {node.uid: _operands(node) for node in order}
    needed = {node.uid for node in nodes}
    for node in reversed(order):
        if node.uid in needed and node.uid not in given:
            needed.update(operand.uid for operand in operands[node.uid])
    uses: dict[int, int] = {node.uid: 1 for node in nodes}
    for node in order:
        if node.uid in needed:
            for operand in operands[node.uid]:
                uses[operand.uid] = uses.get(operand.uid, 0) + 1

    values: dict[int, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for node in order:
            if node.uid not in needed:
                continue
            if node.uid in given:
                values[node.uid] = _exact(given[node.uid], node.dtype)
            else:
                values[node.uid] = compute(node, [values[operand.uid] for operand in operands[node.uid]])
                if change is not None and not node.is_leaf:
                    values[node.uid] = change(node, values[node.uid])
            for operand in operands[node.uid]:
                uses[operand.uid] -= 1
                if not uses[operand.uid]:
                    del values[operand.uid]
    return [np.array(values[node.uid]) for node in nodes]


def _exact(array: np.ndarray, dtype: str) -> np.ndarray:
    return array.astype(np.float64) if dtype in FLOATS else array


def _cast(x: np.ndarray, dtype: str) -> np.ndarray:
    """As float64 where `dtype` is a float. Of an integer the float next to it: 16777216 of 16777217."""
    value = CAST(x, dtype)
    if dtype not in FLOATS or x.dtype.kind == "f":
        return value
    nearest = as_dtype(value, dtype).astype(np.float64)
    return np.where(np.isfinite(nearest), nearest, value)


def is_contraction(node) -> bool:
    """Whether a node is the sum or mean of a product, which is evaluated without forming the product."""
    if node.op not in ("sum", "mean") or node.is_leaf:
        return False
    product = node.inputs[0]
    return product.op == "binary" and product.kind == "mul" and not product.is_leaf


def _operands(node) -> list:
    if node.is_leaf:
        return []
    return node.inputs[0].inputs if is_contraction(node) else node.inputs


def compute(node, x: list[np.ndarray]) -> np.ndarray:
    """The value of one node from those of its operands (of the product's operands for a sum of a product)."""
    op = node.op
    if node.is_leaf:
        if node.value is None:
            name = f"'{node.name}'" if node.name else "without a name"
            raise MetaBangError(
                f"the input {name} has no value; give one in `feed`, or make it with mb.array", node.source
            )
        return _exact(node.value, node.dtype)
    if op in ("unary", "binary", "compare"):
        return KINDS[node.kind](*x)
    if is_contraction(node):
        total = contract(x[0], x[1], node.a)
        return total / np.prod([x[0].shape[d] for d in node.a]) if op == "mean" else total
    if op in ("sum", "prod", "max", "min", "mean"):
        return getattr(np, op)(x[0], axis=node.a, **({"dtype": x[0].dtype} if op in ("sum", "prod") else {}))
    if op == "reindex":
        return _reindex(node, x)
    if op == "broadcast":
        return _broadcast(node, x[0])
    if op == "select":
        return np.where(*x)
    if op == "cast":
        return _cast(x[0], node.dtype)
    if op == "transpose":
        return np.transpose(x[0], node.a)
    if op == "slice":
        return x[0][tuple(slice(o, o + n * s, s) for o, n, s in zip(node.a, node.shape, node.b))]
    if op == "pad":
        return np.pad(x[0], list(zip(node.a, node.b)), constant_values=literal(node))
    if op == "constant":
        return np.broadcast_to(literal(node), node.shape)
    if op == "index":
        (dim,) = node.a
        line = np.arange(node.shape[dim]).astype(node.dtype).reshape([-1 if k == dim else 1 for k in range(node.ndim)])
        return np.broadcast_to(line, node.shape)
    assert op == "reindex_reduce", op
    return scatter(node.kind, x[0], x[1:], node.shape, node.map)


def literal(node) -> np.ndarray:
    """The 0-d value of a constant, a fill or an overflow value, rounded to the dtype."""
    if node.dtype in FLOATS:
        return as_dtype(node.literal, node.dtype).astype(np.float64)
    return np.array(node.literal, numpy_dtype(node.dtype))


def _broadcast(node, x: np.ndarray) -> np.ndarray:
    order = np.argsort(node.a) if node.ndim else ()
    sizes = [1] * node.ndim
    for k, d in enumerate(node.a):
        sizes[d] = x.shape[k]
    return np.broadcast_to(np.transpose(x, order).reshape(sizes) if x.ndim else x, node.shape)


def _reindex(node, x: list[np.ndarray]) -> np.ndarray:
    if node.is_reshape:
        return x[0].reshape(node.shape)
    view = strided(x[0], node.shape, node.map, literal(node)) if len(x) == 1 else None
    return gather(x[0], x[1:], node.shape, node.map, literal(node)) if view is None else view
