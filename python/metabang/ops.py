"""The 18 meta-operators as functions, and what is composed of them in one or two lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import _core
from .arguments import check_public
from .dtypes import FLOATS, dtype_name
from .errors import AxisError, DTypeError, ShapeError
from .index_expr import Conditions, Indexes, condition_texts, index_texts
from .index_general import with_any_index
from .var import Var, leaf, lift, wrap

__all__ = """
    array parameter input full zeros ones full_like zeros_like ones_like arange reindex broadcast pad slice
    transpose permute index reindex_reduce sum prod max min mean unary binary compare cast select where constant
    negative abs exp log sqrt rsqrt reciprocal tanh sigmoid erf sin cos floor ceil round sign logical_not add
    subtract multiply divide maximum minimum power mod floor_divide logical_and logical_or logical_xor equal
    not_equal less less_equal greater greater_equal reshape flatten squeeze unsqueeze expand_dims swapaxes
    broadcast_to relu clip square var softmax argmax matmul take concat stack
""".split()

_graph = _core.graph
Axes = int | Sequence[int] | None  # None: all of them
Size = int | Sequence[int]
# Sums of narrow integers are as wide as NumPy's.
_WIDE = {
    **dict.fromkeys(("bool", "int8", "int16", "int32"), "int64"),
    **dict.fromkeys(("uint8", "uint16", "uint32"), "uint64"),
}


def _node(x):
    """The node of a tensor argument; numbers become 0-d tensors."""
    if isinstance(x, Var):
        return x._node
    node = lift(x)
    if node is None:
        raise DTypeError(f"a tensor is needed here, got {type(x).__name__}; make one with mb.array")
    return leaf(x) if isinstance(node, (bool, int, float)) else node


def _operand(x):
    node = lift(x)
    if node is None:
        raise DTypeError(f"a tensor or a number is needed here, got {type(x).__name__}")
    return node


# Leaves.
def array(data, dtype=None, constant: bool = False, name: str | None = None) -> Var:
    """A leaf with a copy of `data`. Python floats become float32, ints int64; arrays keep their dtype.

    `constant` promises that the value does not change between runs: it is folded and prepared once.
    """
    return wrap(leaf(data, dtype, constant, name))


def parameter(data, dtype=None, name: str | None = None) -> Var:
    """A constant leaf: `array(..., constant=True)`."""
    return wrap(leaf(data, dtype, True, name))


def input(shape: Sequence[int], dtype="float32", name: str | None = None) -> Var:
    """A leaf without a value: an argument of a program that is compiled or emitted."""
    return wrap(_graph.input(shape, dtype_name(dtype), False, name or "", None))


def full(shape: Size, value: float, dtype=None) -> Var:
    """A tensor of one repeated number (dtype: float32, int64 or bool by the number's type)."""
    return constant(value, (shape,) if isinstance(shape, (int, np.integer)) else shape, dtype)


def zeros(shape: Size, dtype="float32") -> Var:
    return full(shape, 0, dtype)


def ones(shape: Size, dtype="float32") -> Var:
    return full(shape, 1, dtype)


def full_like(x: Var, value: float, dtype=None) -> Var:
    return full(x.shape, value, x.dtype if dtype is None else dtype)


def zeros_like(x: Var, dtype=None) -> Var:
    return full_like(x, 0, dtype)


def ones_like(x: Var, dtype=None) -> Var:
    return full_like(x, 1, dtype)


def arange(start: float, stop: float | None = None, step: float = 1, dtype=None) -> Var:
    """start, start + step, … before stop. dtype: int64 for integers, else float32."""
    if stop is None:
        start, stop = 0, start
    if not step or not np.isfinite([start, stop, step]).all():
        raise ShapeError(f"arange needs finite numbers and a step other than 0, got {start}, {stop}, {step}")
    count = int(np.maximum(0, np.ceil((stop - start) / step)))
    floating = any(isinstance(each, float) for each in (start, stop, step))
    counter = index((count,), 0, "int64")
    values = (counter.astype("float32") if floating else counter) * step + start
    return values if dtype is None else values.astype(dtype)


# Class reindex.
def reindex(
    x,
    shape: Sequence[int],
    indexes: Indexes,
    overflow_value: float = 0,
    overflow_conditions: Conditions = (),
    extras: Sequence = (),
) -> Var:
    """y[i] = x[indexes(i)], or `overflow_value` where an index leaves x or a condition holds.

    shape: of the result. indexes: one expression for each dimension of x, strings over i0, i1, … and s0, s1, …, or a
    function of the index symbols. extras: integer tensors that broadcast to `shape`; their elements are s0, s1, ….
    Raises IndexExprError, ShapeError, DTypeError.
    """
    texts = index_texts(indexes, len(shape), len(extras))
    conditions = condition_texts(overflow_conditions, len(shape), len(extras))
    node = _node(x)

    def build(texts, conditions, extras):
        return _graph.reindex(node, shape, texts, overflow_value, conditions, extras)

    return wrap(with_any_index(build, texts, conditions, shape, [_node(e) for e in extras]))


def broadcast(x, shape: Sequence[int], dims: Sequence[int]) -> Var:
    """Dimension k of x becomes dimension dims[k] of the result; sizes are equal, or x's is 1.

    Raises ShapeError, AxisError.
    """
    rank = len(shape)
    return wrap(_graph.broadcast(_node(x), shape, [d + rank if d < 0 else d for d in dims]))


def pad(x, low: Sequence[int], high: Sequence[int], value: float = 0) -> Var:
    """x with low[k] elements of `value` before and high[k] behind dimension k. Raises ShapeError."""
    return wrap(_graph.pad(_node(x), low, high, value))


def slice(x, offsets: Sequence[int], sizes: Sequence[int], strides: Sequence[int] | None = None) -> Var:
    """y[i] = x[offsets + i * strides] for i in sizes. Raises ShapeError if that leaves x."""
    return wrap(_graph.slice(_node(x), offsets, sizes, [1] * len(offsets) if strides is None else strides))


def transpose(x, perm: Sequence[int] | None = None) -> Var:
    """Result dimension k is dimension perm[k] of x; all reversed by default. Raises AxisError."""
    node = _node(x)
    return wrap(_graph.transpose(node, range(node.ndim - 1, -1, -1) if perm is None else perm))


permute = transpose


def index(shape: Sequence[int], dim: int, dtype="int32") -> Var:
    """y[i] = i[dim]."""
    return wrap(_graph.index(shape, dim, dtype_name(dtype)))


def counter(shape: Sequence[int], dim: int) -> Var:
    """`index` to compare and choose by: float32 where that holds it exactly, as devices compare floats by builtins."""
    i = index(shape, dim)
    return i.astype("float32") if shape[dim] <= 1 << 24 else i


# Class reindex-reduce.
def reindex_reduce(
    y, op: str, shape: Sequence[int], indexes: Indexes, overflow_conditions: Conditions = (), extras: Sequence = ()
) -> Var:
    """x = init(op); then x[indexes(i)] = op(x[indexes(i)], y[i]) for every i of y.

    What leaves x, or for which a condition holds, is dropped. op: add, mul, max, min. shape: of the result. indexes,
    overflow_conditions, extras: as in `reindex`, over y's indices. Raises IndexExprError, ShapeError, DTypeError.
    """
    node = _node(y)
    texts = index_texts(indexes, node.ndim, len(extras))
    conditions = condition_texts(overflow_conditions, node.ndim, len(extras))

    def build(texts, conditions, extras):
        return _graph.reindex_reduce(node, op, shape, texts, conditions, extras)

    return wrap(with_any_index(build, texts, conditions, node.shape, [_node(e) for e in extras]))


def _reduce(op: str, node, axis, keepdims: bool) -> Var:
    if axis is None:
        dims: Sequence[int] = range(node.ndim)
    elif isinstance(axis, (int, np.integer)):
        dims = (axis,)
    else:
        dims = axis
    result = _graph.reduce(op, node, dims)
    if keepdims:
        reduced = {d % node.ndim for d in dims} if node.ndim else set()
        result = _graph.reshape(result, [1 if k in reduced else n for k, n in enumerate(node.shape)])
    return wrap(result)


def _widened(x, dtype):
    node = _node(x)
    target = dtype_name(dtype) if dtype is not None else _WIDE.get(node.dtype, node.dtype)
    return _graph.cast(node, target)


def sum(x, axis: Axes = None, keepdims: bool = False, dtype=None) -> Var:
    """Sum over one axis, several, or all (None). Integers narrower than 64 bits are summed in 64, as NumPy does."""
    return _reduce("sum", _widened(x, dtype), axis, keepdims)


def prod(x, axis: Axes = None, keepdims: bool = False, dtype=None) -> Var:
    """Product; dtypes as `sum`."""
    return _reduce("prod", _widened(x, dtype), axis, keepdims)


def max(x, axis: Axes = None, keepdims: bool = False) -> Var:
    """Maximum; NaN if there is one."""
    return _reduce("max", _node(x), axis, keepdims)


def min(x, axis: Axes = None, keepdims: bool = False) -> Var:
    """Minimum; NaN if there is one."""
    return _reduce("min", _node(x), axis, keepdims)


def mean(x, axis: Axes = None, keepdims: bool = False) -> Var:
    """Mean; float32 for integers."""
    node = _node(x)
    if node.dtype == "float16":  # the sum may be too large for it where the mean is not
        return cast(_reduce("mean", _graph.cast(node, "float32"), axis, keepdims), "float16")
    return _reduce("mean", node if node.dtype in FLOATS else _graph.cast(node, "float32"), axis, keepdims)


# Element-wise.
def unary(kind: str, x) -> Var:
    """f(x) for a kind such as "exp"; integers become float32 where f is real-valued."""
    return wrap(_graph.unary(_graph.kind("unary", kind), _node(x)))


def binary(kind: str, a, b) -> Var:
    """NumPy broadcasting and promotion, then the operator, e.g. "add"."""
    return wrap(_graph.arithmetic(_graph.kind("binary", kind), *_pair(a, b)))


def compare(kind: str, a, b) -> Var:
    """A bool tensor for a kind such as "lt"."""
    return wrap(_graph.comparison(_graph.kind("compare", kind), *_pair(a, b)))


def _pair(a, b):
    a, b = _operand(a), _operand(b)
    if isinstance(a, (bool, int, float)) and isinstance(b, (bool, int, float)):
        return leaf(a), b
    return a, b


def cast(x, dtype) -> Var:
    """x as `dtype`; floats are truncated towards zero to integers, anything but 0 is True. Raises DTypeError."""
    return wrap(_graph.cast(_node(x), dtype_name(dtype)))


def select(condition, a, b) -> Var:
    """a where the bool tensor `condition` holds, else b; never by multiplication, so NaN stays where it is."""
    return wrap(_graph.where(_node(condition), _operand(a), _operand(b)))


where = select


def constant(value: float, shape: Sequence[int] = (), dtype=None) -> Var:
    """A tensor of one repeated number."""
    if dtype is None:
        dtype = "bool" if isinstance(value, bool) else "int64" if isinstance(value, int) else "float32"
    return wrap(_graph.constant(value, shape, dtype_name(dtype)))


def _unary_function(kind: str, name: str, text: str):
    number = _graph.kind("unary", kind)

    def function(x) -> Var:
        return wrap(_graph.unary(number, _node(x)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{text}, element by element."
    return function


def _binary_function(op: str, kind: str, name: str, text: str):
    number = _graph.kind(op, kind)
    build = _graph.arithmetic if op == "binary" else _graph.comparison

    def function(a, b) -> Var:
        return wrap(build(number, *_pair(a, b)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{text}, element by element, with NumPy broadcasting."
    return function


negative = _unary_function("neg", "negative", "-x")
abs = _unary_function("abs", "abs", "|x|")
exp = _unary_function("exp", "exp", "e to the x")
log = _unary_function("log", "log", "The natural logarithm")
sqrt = _unary_function("sqrt", "sqrt", "The square root")
rsqrt = _unary_function("rsqrt", "rsqrt", "1 / sqrt(x)")
reciprocal = _unary_function("recip", "reciprocal", "1 / x")
tanh = _unary_function("tanh", "tanh", "The hyperbolic tangent")
sigmoid = _unary_function("sigmoid", "sigmoid", "1 / (1 + exp(-x))")
erf = _unary_function("erf", "erf", "The error function")
sin = _unary_function("sin", "sin", "The sine of radians")
cos = _unary_function("cos", "cos", "The cosine of radians")
floor = _unary_function("floor", "floor", "The largest integer not above x")
ceil = _unary_function("ceil", "ceil", "The smallest integer not below x")
round = _unary_function("round", "round", "The nearest integer, ties to even")
sign = _unary_function("sign", "sign", "-1, 0 or 1 by the sign of x (NaN stays)")

add = _binary_function("binary", "add", "add", "a + b")
subtract = _binary_function("binary", "sub", "subtract", "a - b")
multiply = _binary_function("binary", "mul", "multiply", "a * b")
divide = _binary_function("binary", "div", "divide", "The true division a / b")
maximum = _binary_function("binary", "max", "maximum", "The larger; NaN if one is NaN")
minimum = _binary_function("binary", "min", "minimum", "The smaller; NaN if one is NaN")
power = _binary_function("binary", "pow", "power", "a to the b")
mod = _binary_function("binary", "mod", "mod", "The remainder with the sign of b")
floor_divide = _binary_function("binary", "floordiv", "floor_divide", "floor(a / b)")


def _truth(x) -> Var | bool:
    x = _operand(x)
    if isinstance(x, (bool, int, float)):
        return bool(x)
    return wrap(x if x.dtype == "bool" else _graph.comparison(_graph.kind("compare", "ne"), x, 0))


def _logical_function(kind: str, name: str, text: str):
    number = _graph.kind("binary", kind)

    def function(a, b) -> Var:
        return wrap(_graph.arithmetic(number, *_pair(_truth(a), _truth(b))))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{text}, a bool tensor: an element counts as true if it is not 0."
    return function


logical_and = _logical_function("and", "logical_and", "a and b")
logical_or = _logical_function("or", "logical_or", "a or b")
logical_xor = _logical_function("xor", "logical_xor", "Either a or b")


def logical_not(x) -> Var:
    """Whether an element is 0 or False: a bool tensor."""
    node = _node(x)
    if node.dtype == "bool":
        return wrap(_graph.unary(_graph.kind("unary", "not"), node))
    return equal(x, 0)


equal = _binary_function("compare", "eq", "equal", "a == b")
not_equal = _binary_function("compare", "ne", "not_equal", "a != b")
less = _binary_function("compare", "lt", "less", "a < b")
less_equal = _binary_function("compare", "le", "less_equal", "a <= b")
greater = _binary_function("compare", "gt", "greater", "a > b")
greater_equal = _binary_function("compare", "ge", "greater_equal", "a >= b")


# Compositions.
def reshape(x, shape: Size) -> Var:
    """The same elements in row-major order; one size may be -1. A reindex by the row-major map. Raises ShapeError."""
    node = _node(x)
    sizes = [int(shape)] if isinstance(shape, (int, np.integer)) else [int(n) for n in shape]
    if sizes.count(-1) == 1:
        known = int(np.prod([n for n in sizes if n != -1], dtype=np.int64))
        total = int(np.prod(node.shape, dtype=np.int64))
        if known == 0 or total % known:
            wanted = tuple(sizes)
            raise ShapeError(f"shape {node.shape} cannot be reshaped to {wanted}: {total} is no multiple of {known}")
        sizes[sizes.index(-1)] = total // known
    if any(n < 0 for n in sizes):
        raise ShapeError(f"a shape has at most one -1 and no other negative size, got {tuple(sizes)}")
    return wrap(_graph.reshape(node, sizes))


def _axis(axis: int, rank: int, what: str) -> int:
    if not -rank <= axis < rank:
        raise AxisError(
            f"{what} has axis {axis}, but its operand has {rank} dimensions; axes go from {-rank} to {rank - 1}"
        )
    return axis + rank if axis < 0 else axis


def flatten(x, start: int = 0, end: int = -1) -> Var:
    """Dimensions start to end (inclusive) as one."""
    node = _node(x)
    if not node.ndim:
        return wrap(_graph.reshape(node, [1]))
    first, last = _axis(start, node.ndim, "flatten"), _axis(end, node.ndim, "flatten")
    if first > last:
        raise AxisError(f"flatten joins the axes start to end, but {start} lies behind {end}")
    shape = node.shape
    return wrap(
        _graph.reshape(
            node, [*shape[:first], int(np.prod(shape[first : last + 1], dtype=np.int64)), *shape[last + 1 :]]
        )
    )


def squeeze(x, axis: Axes = None) -> Var:
    """Without the dimensions of size 1, or without the given ones. Raises ShapeError if one of them is longer."""
    node = _node(x)
    axes = range(node.ndim) if axis is None else (axis,) if isinstance(axis, (int, np.integer)) else axis
    drop = {_axis(a, node.ndim, "squeeze") for a in axes}
    if axis is None:
        drop = {k for k in drop if node.shape[k] == 1}
    for k in drop:
        if node.shape[k] != 1:
            raise ShapeError(f"squeeze cannot drop axis {k} of {node.shape}: its size is {node.shape[k]}, not 1")
    return wrap(_graph.reshape(node, [n for k, n in enumerate(node.shape) if k not in drop]))


def unsqueeze(x, axis: int) -> Var:
    """With a dimension of size 1 at `axis`."""
    node = _node(x)
    at = _axis(axis, node.ndim + 1, "unsqueeze")
    return wrap(_graph.reshape(node, [*node.shape[:at], 1, *node.shape[at:]]))


expand_dims = unsqueeze


def swapaxes(x, a: int, b: int) -> Var:
    node = _node(x)
    perm = list(range(node.ndim))
    a, b = _axis(a, node.ndim, "swapaxes"), _axis(b, node.ndim, "swapaxes")
    perm[a], perm[b] = perm[b], perm[a]
    return wrap(_graph.transpose(node, perm))


def broadcast_to(x, shape: Size) -> Var:
    """NumPy's rule: dimensions align at the right, size 1 stretches. Raises ShapeError."""
    return wrap(_graph.broadcast_to(_node(x), (shape,) if isinstance(shape, (int, np.integer)) else shape))


def relu(x) -> Var:
    return maximum(x, 0)


def clip(x, low=None, high=None) -> Var:
    """x limited to [low, high]; None leaves that side open."""
    if low is not None:
        x = maximum(x, low)
    return x if high is None else minimum(x, high)


def square(x) -> Var:
    node = _node(x)
    return wrap(_graph.arithmetic(_graph.kind("binary", "mul"), node, node))


def var(x, axis: Axes = None, keepdims: bool = False, correction: int = 0) -> Var:
    """Variance: the mean square distance from the mean, over n - correction elements."""
    squares = square(subtract(x, mean(x, axis, keepdims=True)))
    if not correction:
        return mean(squares, axis, keepdims)
    total = sum(squares, axis, keepdims)
    count = squares.size // (total.size or 1)
    return divide(total, float(count - correction))


def softmax(x, axis: int = -1) -> Var:
    e = exp(subtract(x, max(x, axis, keepdims=True).detach()))
    return divide(e, sum(e, axis, keepdims=True))


def argmax(x, axis: int | None = None) -> Var:
    """int32 index of the first maximum (of the first NaN if there is one) along `axis`, or in the flattened tensor."""
    return _arg_extreme("argmax", x, axis, max)


def _arg_extreme(name: str, x, axis: int | None, extreme) -> Var:
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    node = _node(x)
    axis = _axis(axis, node.ndim, name)
    x = wrap(node)
    found = equal(x, extreme(x, axis, keepdims=True))
    if node.dtype in FLOATS:
        found = logical_or(found, not_equal(x, x))
    return min(select(found, counter(node.shape, axis), node.shape[axis]), axis).astype("int32")


def matmul(a, b) -> Var:
    """Matrix product over the last axis of a and the last but one of b; leading axes broadcast, vectors as NumPy's.

    Raises ShapeError; DTypeError for bools.
    """
    x, y = wrap(_node(a)), wrap(_node(b))
    if not x.ndim or not y.ndim:
        raise ShapeError("matmul needs operands with at least one dimension; use * for numbers")
    left, right = x.ndim == 1, y.ndim == 1
    x = unsqueeze(x, 0) if left else x
    y = unsqueeze(y, 1) if right else y
    if x.shape[-1] != y.shape[-2]:
        raise ShapeError(
            f"matmul needs the last size of {_node(a).shape} and the last but one of {_node(b).shape} to be equal; "
            "transpose or reshape one of them"
        )
    if any(m != n and 1 not in (m, n) for m, n in zip(x.shape[-3::-1], y.shape[-3::-1])):
        raise ShapeError(
            f"matmul broadcasts the dimensions before the last two, and those of {_node(a).shape} and {_node(b).shape} "
            "do not fit; reshape one of them"
        )
    dtype = _graph.promote(x.dtype, y.dtype)
    if dtype == "bool":
        raise DTypeError("matmul is not defined for bool; cast with .astype()")
    x, y = cast(x, dtype), cast(y, dtype)  # before the reshapes, so that these become part of the broadcasts
    if x.shape[-1] == 1:
        product = multiply(x, y)
    elif y.shape[-1] == 1:  # one column: rows of x times a row
        product = _reduce("sum", multiply(x, swapaxes(y, -1, -2))._node, -1, True)
    else:
        product = _reduce("sum", multiply(unsqueeze(x, -1), unsqueeze(y, -3))._node, -2, False)
    if left:
        product = squeeze(product, -2)
    return squeeze(product, -1) if right else product


def take(x, indices, axis: int = 0) -> Var:
    """Elements of x at integer `indices` along `axis` (gather, embedding); an index outside gives 0."""
    node, where_ = _node(x), _node(indices)
    axis = _axis(axis, node.ndim, "take")
    rank = len(where_.shape)
    shape = [*node.shape[:axis], *where_.shape, *node.shape[axis + 1 :]]
    texts = [f"i{k}" for k in range(axis)] + ["s0"] + [f"i{k + rank - 1}" for k in range(axis + 1, node.ndim)]
    return wrap(_graph.reindex(node, shape, texts, 0, [], [_graph.broadcast(where_, shape, range(axis, axis + rank))]))


def concat(xs: Sequence, axis: int = 0) -> Var:
    """Tensors of one rank, joined along `axis`. Raises ShapeError."""
    if not len(xs):
        raise ShapeError("concat needs at least one tensor")
    nodes = [_node(x) for x in xs]
    axis = _axis(axis, nodes[0].ndim, "concat")
    for node in nodes[1:]:
        if node.ndim != nodes[0].ndim or any(
            k != axis and m != n for k, (m, n) in enumerate(zip(node.shape, nodes[0].shape))
        ):
            raise ShapeError(
                f"concat along axis {axis} needs equal sizes elsewhere, got {nodes[0].shape} and {node.shape}"
            )
    total = int(np.sum([node.shape[axis] for node in nodes]))
    result, start = None, 0
    for node in nodes:
        low = [start if k == axis else 0 for k in range(node.ndim)]
        high = [total - start - node.shape[axis] if k == axis else 0 for k in range(node.ndim)]
        placed = wrap(_graph.pad(node, low, high, 0))
        result = placed if result is None else select(less(index(placed.shape, axis), start), result, placed)
        start += node.shape[axis]
    return result


def stack(xs: Sequence, axis: int = 0) -> Var:
    """Tensors of one shape, joined along a new axis."""
    return concat([unsqueeze(x, axis) for x in xs], axis)


check_public(globals(), __all__)
