"""Element-wise functions of the array API standard: those of `metabang` under the standard's names."""

from __future__ import annotations

import metabang

from .. import ops
from ..var import Var

abs = ops.abs
add = ops.add
ceil = ops.ceil
cos = ops.cos
divide = ops.divide
equal = ops.equal
exp = ops.exp
floor = ops.floor
floor_divide = ops.floor_divide
greater = ops.greater
greater_equal = ops.greater_equal
less = ops.less
less_equal = ops.less_equal
log = ops.log
maximum = ops.maximum
minimum = ops.minimum
multiply = ops.multiply
negative = ops.negative
not_equal = ops.not_equal
pow = ops.power
reciprocal = ops.reciprocal
round = ops.round
sign = ops.sign
sin = ops.sin
sqrt = ops.sqrt
square = ops.square
subtract = ops.subtract
tanh = ops.tanh
where = ops.where


def conj(x: Var, /) -> Var:
    """x: there are no complex dtypes."""
    return x


def real(x: Var, /) -> Var:
    """x: there are no complex dtypes."""
    return x


def imag(x: Var, /) -> Var:
    """Zeros: there are no complex dtypes."""
    return ops.zeros_like(x)


def clip(x: Var, /, min=None, max=None) -> Var:
    """x limited to [min, max], numbers or tensors; None leaves a side open."""
    return ops.clip(x, min, max)


# Those whose names are the standard's in `metabang` as well.
_SHARED = """
    acos acosh all any asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_or
    bitwise_right_shift bitwise_xor copysign cosh expm1 hypot isfinite isinf isnan log10 log1p log2 logaddexp
    logical_and logical_not logical_or logical_xor positive remainder signbit sinh tan trunc
""".split()
globals().update({name: vars(metabang)[name] for name in _SHARED if name in vars(metabang)})
