"""Values known at compile time, in compact form: size 1 along every dimension in which they do not vary."""

from __future__ import annotations

import hashlib
import math
import warnings

import numpy as np

from . import _core
from .dtypes import FLOATS, as_dtype, numpy_dtype
from .reference import compute, is_contraction, literal
from .var import Var, wrap

_graph = _core.graph
_ELEMENTWISE = ("unary", "binary", "compare", "select", "cast")
_MOVES = ("reindex", "broadcast", "pad", "slice", "transpose")
_LARGEST = 1 << 26  # elements; a larger constant is left to the device
_MOST_ENTRIES = 1 << 14  # of a matrix that the compiler reads
_LARGEST_COUNTED = 1 << 20  # the same for what follows from `index` alone, which no one holds in memory yet


def fits(array: np.ndarray, dtype: str) -> bool:
    """Whether a float64 array neither overflows, nor vanishes, nor holds NaN in a float dtype."""
    with np.errstate(all="ignore"):
        rounded = as_dtype(array, dtype)
    return bool(np.isfinite(rounded).all() and ((rounded != 0) | (array == 0)).all())


class Constants:
    """Which nodes of a program are constant, and their compact values."""

    def __init__(self) -> None:
        self._shapes: dict[int, tuple[int, ...] | None] = {}  # of the compact value; None: not constant
        self._values: dict[int, np.ndarray] = {}
        self._counted: set[int] = set()  # constants that follow from `index`

    def known(self, node) -> bool:
        """Whether the node is constant. Operands must have been asked before: ask in topological order."""
        if node.uid not in self._shapes:
            shape = self._shape(node)
            counted = not node.is_leaf and (node.op == "index" or any(x.uid in self._counted for x in node.inputs))
            largest = _LARGEST_COUNTED if counted else _LARGEST
            self._shapes[node.uid] = None if shape is not None and np.prod(shape, dtype=float) > largest else shape
            if counted and self._shapes[node.uid] is not None:
                self._counted.add(node.uid)
        return self._shapes[node.uid] is not None

    def weighs(self, node) -> bool:
        """Whether a constant node is computed from tensors, not from single numbers or from `index` alone."""
        return node.uid not in self._counted and math.prod(self._shapes[node.uid]) > 1

    def _shape(self, node) -> tuple[int, ...] | None:
        if is_empty(node):
            return node.shape
        if node.is_leaf:
            return node.shape if node.is_constant and node.value is not None else None
        if node.op == "constant":
            return (1,) * node.ndim
        if node.op == "index":
            return _ramp(node)
        if not node.inputs or not all([self.known(operand) for operand in node.inputs]) or is_contraction(node):
            return None
        shapes = [self._shapes[operand.uid] for operand in node.inputs]
        if node.op in _ELEMENTWISE:
            return np.broadcast_shapes(*shapes)
        return _placed(node, shapes[0]) if node.op == "broadcast" else node.shape

    def value(self, node) -> np.ndarray:
        """The compact value of a constant node: float64 for floats, else its dtype."""
        pending = [node]  # not recursive: a chain of constants may be long
        while pending:
            top = pending[-1]
            missing = (
                []
                if top.is_leaf or is_empty(top)
                else [each for each in top.inputs if not each.is_leaf and each.uid not in self._values]
            )
            if missing:
                pending.extend(missing)
                continue
            pending.pop()
            if not top.is_leaf and top.uid not in self._values:
                self._values[top.uid] = self._evaluate(top)
        return self._get(node)

    def _get(self, node) -> np.ndarray:
        if 0 in node.shape:
            return _nothing(node)
        if not node.is_leaf:
            return self._values[node.uid]
        return node.value.astype(np.float64) if node.dtype in FLOATS else node.value

    def _evaluate(self, node) -> np.ndarray:
        if node.op == "constant":
            return literal(node).reshape((1,) * node.ndim)
        if is_empty(node):
            return _of_nothing(node)
        if node.op == "index":
            return np.arange(math.prod(_ramp(node)), dtype=numpy_dtype(node.dtype)).reshape(_ramp(node))
        operands = [self._get(operand) for operand in node.inputs]
        with np.errstate(all="ignore"):
            if node.op in _ELEMENTWISE:
                return np.asarray(compute(node, operands))
            if node.op == "broadcast":
                order = np.argsort(node.a) if node.a else ()
                return np.transpose(operands[0], order).reshape(_placed(node, operands[0].shape))
            return compact(compute(node, [np.broadcast_to(each, o.shape) for each, o in zip(operands, node.inputs)]))


def is_empty(node) -> bool:
    """Whether a node has no elements, or is computed from an operand that has none: no device is needed for it."""
    return 0 in node.shape or (not node.is_leaf and bool(node.inputs) and 0 in node.inputs[0].shape)


def _nothing(node) -> np.ndarray:
    return np.zeros(node.shape, np.float64 if node.dtype in FLOATS else numpy_dtype(node.dtype))


def _of_nothing(node) -> np.ndarray:
    if 0 in node.shape:
        return _nothing(node)
    if node.op in ("reindex", "pad"):  # every element is the overflow
        return np.broadcast_to(literal(node), node.shape)
    if node.op == "reindex_reduce":
        return np.asarray(compute(node, [_nothing(each) for each in node.inputs]))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the mean of nothing is NaN
        return np.asarray(getattr(np, node.op)(_nothing(node.inputs[0]), axis=node.a))


def _ramp(node) -> tuple[int, ...]:
    """The compact shape of an `index`."""
    return tuple(n if k == node.a[0] else 1 for k, n in enumerate(node.shape))


def _placed(node, shape: tuple[int, ...]) -> tuple[int, ...]:
    sizes = [1] * node.ndim
    for k, d in enumerate(node.a):
        sizes[d] = shape[k]
    return tuple(sizes)


def compact(array: np.ndarray) -> np.ndarray:
    """Size 1 along dimensions in which the array does not vary."""
    for axis in range(array.ndim):
        if array.shape[axis] > 1:
            first = array.take([0], axis)
            varies = array.strides[axis] != 0 and not (
                np.array_equal(first, array.take([1], axis))
                and np.array_equal(np.broadcast_to(first, array.shape), array)
            )
            if not varies:
                array = first
    return array


def leaf(array: np.ndarray, dtype: str, name: str):
    """A constant leaf with this value, shared with earlier ones of the same content."""
    array = as_dtype(array, dtype)
    key = hashlib.blake2b(array, person=b"constant")
    key.update(repr((dtype, array.shape, name)).encode())
    return _graph.shared_leaf(key.digest(), array.shape, dtype, name, array)


def known_matrix(matrix: np.ndarray, dtype: str) -> Var:
    """A parameter whose value the compiler may count on: it sees which elements are not zero, if they are few, and
    where rows repeat. Of bfloat16, whose kernels do not use that, it is a parameter like others."""
    matrix = as_dtype(matrix, dtype)
    rows, columns = np.nonzero(matrix)
    entries = ""
    if 0 < len(rows) <= _MOST_ENTRIES and dtype != "bfloat16":
        places = ", ".join(f"[{row}, {column}]" for row, column in zip(rows, columns))
        values = ", ".join(f"{value:.9e}" for value in matrix[rows, columns])
        entries = f"sparse<[{places}], [{values}]>"
    return wrap(_graph.input(matrix.shape, dtype, True, "", matrix, entries))


def materialize(value: np.ndarray, shape: tuple[int, ...], dtype: str, name: str = ""):
    """A node of `shape`: a splat, or a leaf with the dimensions that vary, broadcast."""
    if value.size == 1:
        return _graph.constant(as_dtype(value.reshape(()), dtype).item(), shape, dtype)
    dims = [d for d in range(len(shape)) if value.shape[d] != 1]
    squeezed = value.reshape([value.shape[d] for d in dims])
    return _graph.broadcast(leaf(squeezed, dtype, name), shape, dims)


def expands(node) -> bool:
    """Whether a constant node only repeats or spreads the elements of its operand: then it is not worth storing.

    Of an operand without elements there is nothing to repeat, and no kernel could read it.
    """
    return node.op in _MOVES and 0 < math.prod(node.inputs[0].shape) < math.prod(node.shape)


def full_value(value: np.ndarray, node) -> np.ndarray:
    """The value in the node's shape and NumPy dtype."""
    return np.array(np.broadcast_to(as_dtype(value, node.dtype), node.shape), numpy_dtype(node.dtype))
