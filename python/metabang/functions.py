"""Functions composed of the element-wise operators, and reductions that are not one of the five.

Formulas keep to what the devices compute well: no intermediate value overflows where the result does not, and no
difference of nearly equal numbers is taken. Their gradients are those of the parts.
"""

from __future__ import annotations

import builtins
import math

import numpy as np

from . import ops
from .arguments import check_public
from .dtypes import FLOATS
from .errors import DTypeError, ShapeError
from .ops import Axes, _binary_function, _node, _unary_function
from .var import Var, wrap

__all__ = """
    exp2 log2 log10 log1p expm1 tan asin acos atan sinh cosh asinh acosh atanh erfinv trunc atan2 arcsin arccos arctan
    arcsinh arccosh arctanh arctan2 bitwise_and bitwise_or bitwise_xor bitwise_invert bitwise_not bitwise_left_shift
    bitwise_right_shift left_shift right_shift round_int floor_int ceil_int positive isnan isinf isfinite signbit
    copysign hypot logaddexp remainder fmod divmod fmax fmin cbrt degrees radians all any reduce argmin
""".split()

# Kinds of `meta.unary` and `meta.binary`.
exp2 = _unary_function("exp2", "exp2", "2 to the x")
log2 = _unary_function("log2", "log2", "The logarithm to the base 2")
log1p = _unary_function("log1p", "log1p", "log(1 + x), exact near 0")
expm1 = _unary_function("expm1", "expm1", "exp(x) - 1, exact near 0")
tan = _unary_function("tan", "tan", "The tangent of radians")
asin = arcsin = _unary_function("asin", "asin", "The angle from -pi/2 to pi/2 with this sine; NaN outside of [-1, 1]")
acos = arccos = _unary_function("acos", "acos", "The angle from 0 to pi with this cosine; NaN outside of [-1, 1]")
atan = arctan = _unary_function("atan", "atan", "The angle from -pi/2 to pi/2 with this tangent")
sinh = _unary_function("sinh", "sinh", "The hyperbolic sine")
cosh = _unary_function("cosh", "cosh", "The hyperbolic cosine")
asinh = arcsinh = _unary_function("asinh", "asinh", "The inverse of sinh")
acosh = arccosh = _unary_function("acosh", "acosh", "The inverse of cosh; NaN below 1")
atanh = arctanh = _unary_function("atanh", "atanh", "The inverse of tanh; infinite at -1 and 1, NaN beyond")
erfinv = _unary_function("erfinv", "erfinv", "The inverse of erf; infinite at -1 and 1, NaN beyond")
trunc = _unary_function("trunc", "trunc", "The nearest integer towards zero")
bitwise_invert = _unary_function("not", "bitwise_invert", "~x for integers, not x for bools")
bitwise_not = bitwise_invert

atan2 = arctan2 = _binary_function("binary", "atan2", "atan2", "The angle of the point (x=b, y=a), from -pi to pi")
bitwise_and = _binary_function("binary", "and", "bitwise_and", "a & b for integers and bools")
bitwise_or = _binary_function("binary", "or", "bitwise_or", "a | b for integers and bools")
bitwise_xor = _binary_function("binary", "xor", "bitwise_xor", "a ^ b for integers and bools")
bitwise_left_shift = _binary_function("binary", "shl", "bitwise_left_shift", "a << b; 0 for b outside of [0, width)")
bitwise_right_shift = _binary_function(
    "binary", "shr", "bitwise_right_shift", "a >> b; 0, or -1 for a negative a, for b outside of [0, width)"
)
left_shift, right_shift = bitwise_left_shift, bitwise_right_shift


def _rounded(function, name: str):
    def to_integer(x) -> Var:
        return ops.cast(function(x), "int32")

    to_integer.__name__ = to_integer.__qualname__ = name
    to_integer.__doc__ = f"`{function.__name__}` as int32."
    return to_integer


round_int = _rounded(ops.round, "round_int")
floor_int = _rounded(ops.floor, "floor_int")
ceil_int = _rounded(ops.ceil, "ceil_int")


def _float(x) -> Var:
    node = _node(x)
    return wrap(node) if node.dtype in FLOATS else ops.cast(x, "float32")


def _floats(a, b) -> tuple[Var, Var]:
    """Both operands in one float dtype, numbers as tensors without dimensions."""
    numbers = [isinstance(each, (bool, int, float)) for each in (a, b)]
    if builtins.any(numbers) and not builtins.all(numbers):
        tensor = _float(a if numbers[1] else b)
        number = ops.constant(float(b if numbers[1] else a), (), tensor.dtype)
        return (tensor, number) if numbers[1] else (number, tensor)
    a, b = _float(a), _float(b)
    dtype = ops._graph.promote(a.dtype, b.dtype)
    return ops.cast(a, dtype), ops.cast(b, dtype)


def _constant(x: Var, value: bool) -> Var:
    return ops.full(x.shape, value, "bool")


def positive(x) -> Var:
    """x itself. Raises DTypeError for bools, as NumPy does."""
    if _node(x).dtype == "bool":
        raise DTypeError("positive is not defined for bool; cast with .astype()")
    return wrap(_node(x))


def log10(x) -> Var:
    """The logarithm to the base 10, element by element."""
    return ops.multiply(log2(x), math.log10(2))


def degrees(x) -> Var:
    """Radians in degrees."""
    return ops.multiply(_float(x), 180 / math.pi)


def radians(x) -> Var:
    """Degrees in radians."""
    return ops.multiply(_float(x), math.pi / 180)


def isnan(x) -> Var:
    """Whether an element is NaN."""
    x = wrap(_node(x))
    return ops.not_equal(x, x) if x.dtype in FLOATS else _constant(x, False)


def isinf(x) -> Var:
    """Whether an element is infinite."""
    x = wrap(_node(x))
    if x.dtype not in FLOATS:
        return _constant(x, False)
    return ops.logical_or(ops.equal(x, math.inf), ops.equal(x, -math.inf))  # MLU2xx: abs makes the largest float of it


def isfinite(x) -> Var:
    """Whether an element is neither infinite nor NaN."""
    x = wrap(_node(x))
    if x.dtype not in FLOATS:
        return _constant(x, True)
    return ops.logical_and(ops.less(x, math.inf), ops.greater(x, -math.inf))


def signbit(x) -> Var:
    """Whether the sign is negative, that of a zero too (the sign of a NaN does not count)."""
    x = wrap(_node(x))
    if x.dtype == "bool" or x.dtype.startswith("uint"):
        return _constant(x, False)
    below = ops.less(x, 0)
    return ops.logical_or(below, ops.less(ops.reciprocal(x), 0)) if x.dtype in FLOATS else below


def copysign(a, b) -> Var:
    """|a| with the sign of b."""
    a, b = _floats(a, b)
    size = ops.abs(a)
    return ops.select(signbit(b), ops.negative(size), size)


def hypot(a, b) -> Var:
    """sqrt(a**2 + b**2), without overflow of the squares; infinite if one is."""
    a, b = _floats(a, b)
    largest = ops.maximum(ops.abs(a), ops.abs(b)).detach()
    scale = ops.select(ops.logical_and(ops.greater(largest, 0), isfinite(largest)), largest, 1.0)
    length = ops.multiply(scale, ops.sqrt(ops.add(ops.square(ops.divide(a, scale)), ops.square(ops.divide(b, scale)))))
    return ops.select(ops.logical_or(isinf(a), isinf(b)), math.inf, length)


def logaddexp(a, b) -> Var:
    """log(exp(a) + exp(b)), without overflow."""
    a, b = _floats(a, b)
    distance = ops.abs(ops.select(ops.equal(a, b), 0.0, ops.subtract(a, b)))
    return ops.add(ops.maximum(a, b), log1p(ops.exp(ops.negative(distance))))


def remainder(a, b) -> Var:
    """The remainder with the sign of b: `mod`."""
    return ops.mod(a, b)


def fmod(a, b) -> Var:
    """The remainder with the sign of a, as C has it."""
    rest = ops.mod(a, b)
    if rest.dtype in FLOATS:
        a, b = _floats(a, b)
        return copysign(ops.mod(ops.abs(a), ops.abs(b)), a)
    crossed = ops.logical_and(ops.not_equal(rest, 0), ops.not_equal(ops.less(a, 0), ops.less(rest, 0)))
    return ops.select(crossed, ops.subtract(rest, b), rest)


def divmod(a, b) -> tuple[Var, Var]:
    """(a // b, a % b)."""
    return ops.floor_divide(a, b), ops.mod(a, b)


def fmax(a, b) -> Var:
    """The larger; the other one where one is NaN."""
    a, b = _floats(a, b)
    return ops.select(ops.logical_or(isnan(b), ops.greater_equal(a, b)), a, b)


def fmin(a, b) -> Var:
    """The smaller; the other one where one is NaN."""
    a, b = _floats(a, b)
    return ops.select(ops.logical_or(isnan(b), ops.less_equal(a, b)), a, b)


def cbrt(x) -> Var:
    """The cube root: exp(log(|x|) / 3), one Newton step, and the sign of x."""
    x = _float(x)
    size = ops.abs(x)
    regular = ops.logical_and(ops.greater(size, 0), isfinite(size))
    size = ops.select(regular, size, 1.0)
    root = ops.exp(ops.multiply(ops.log(size), 1 / 3))
    root = ops.subtract(root, ops.multiply(ops.subtract(root, ops.divide(ops.divide(size, root), root)), 1 / 3))
    return ops.select(regular, ops.select(ops.less(x, 0), ops.negative(root), root), x)


# Reductions.
def _truth(x) -> Var:
    x = wrap(_node(x))
    return x if x.dtype == "bool" else ops.not_equal(x, 0)


def _axes(x: Var, axis: Axes) -> list[int]:
    if axis is None:
        return list(range(x.ndim))
    return sorted(
        {ops._axis(d, x.ndim, "a reduction") for d in ((axis,) if isinstance(axis, (int, np.integer)) else axis)}
    )


def reduce(op: str, x, axis: Axes = None, keepdims: bool = False) -> Var:
    """Combines elements over one axis, several, or all (None). op: add, mul, max, min, mean, and, or, xor.

    and, or, xor work on the bits of integers and on truth values; over no element they are all ones, 0 and 0.
    Raises AxisError, DTypeError, ShapeError.
    """
    named = {"add": ops.sum, "mul": ops.prod, "max": ops.max, "min": ops.min, "mean": ops.mean}
    if op in named:
        return named[op](x, axis, keepdims)
    if op not in ("and", "or", "xor"):
        raise ShapeError(f"reduce has no operator '{op}'; use one of add, mul, max, min, mean, and, or, xor")
    x = wrap(_node(x))
    axes = _axes(x, axis)
    if not axes:
        return x
    kept = [k for k in range(x.ndim) if k not in axes]
    shape = [x.shape[k] for k in kept]
    spread = ops.unsqueeze(x, 0)  # a dimension of one that stays: a result of no dimensions has nothing to index
    result = ops.reindex_reduce(spread, op, [1, *shape], ["i0", *(f"i{k + 1}" for k in kept)])
    return ops.reshape(result, [1 if k in axes else n for k, n in enumerate(x.shape)] if keepdims else shape)


def _over_truth(x, axis, keepdims: bool, empty: bool, function) -> Var:
    x = _truth(x)
    axes = _axes(x, axis)
    if builtins.any(x.shape[k] == 0 for k in axes):
        shape = [1 if k in axes else n for k, n in enumerate(x.shape) if keepdims or k not in axes]
        return ops.full(shape, empty, "bool")
    return function(x, axis, keepdims)


def all(x, axis: Axes = None, keepdims: bool = False) -> Var:
    """Whether every element over `axis` is true (not 0; NaN is true); true over no element."""
    return _over_truth(x, axis, keepdims, True, ops.min)


def any(x, axis: Axes = None, keepdims: bool = False) -> Var:
    """Whether an element over `axis` is true (not 0; NaN is true); false over no element."""
    return _over_truth(x, axis, keepdims, False, ops.max)


def argmin(x, axis: int | None = None) -> Var:
    """int32 index of the first minimum (of the first NaN if there is one) along `axis`, or in the flattened tensor."""
    return ops._arg_extreme("argmin", x, axis, ops.min)


check_public(globals(), __all__)
