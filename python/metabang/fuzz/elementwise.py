"""Random element-wise operators."""

from __future__ import annotations

import metabang as mb
from metabang.dtypes import FLOATS, INTEGERS
from metabang.fuzz.pool import Pool
from metabang.var import Var

# Where a function is well conditioned.
_DOMAIN = {
    **dict.fromkeys(("neg", "abs", "tanh", "sigmoid", "erf", "atan", "asinh"), lambda x: x),
    **dict.fromkeys(("exp", "exp2", "expm1", "sinh", "cosh", "sin", "cos"), lambda x: mb.clip(x, -4, 4)),
    **dict.fromkeys(("log", "log2", "sqrt", "rsqrt", "recip"), lambda x: mb.abs(x) + 0.5),
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), lambda x: mb.tanh(x) * 0.9),
    "tan": lambda x: mb.clip(x, -1.25, 1.25),
    "log1p": lambda x: mb.maximum(x, -0.5),
    "acosh": lambda x: mb.abs(x) + 1.25,
}
_OF_INTEGERS = "tanh sigmoid erf atan asinh exp exp2 expm1 sin cos sinh log1p sqrt".split()  # of 0 to 4
_COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]


def unary(pool: Pool) -> Var | None:
    x = pool.pick(floats=True)
    kind = pool.random.choice(list(_DOMAIN))
    return None if x is None else mb.unary(kind, _DOMAIN[kind](x))


def of_integers(pool: Pool) -> Var | None:
    """A function of integers, which is float32."""
    x = pool.pick(exact=True, dtypes=INTEGERS)
    return None if x is None else mb.unary(pool.random.choice(_OF_INTEGERS), mb.clip(x, 0, 4))


def jump(pool: Pool) -> Var | None:
    x = pool.pick(exact=True, dtypes=(*FLOATS, *INTEGERS))
    return None if x is None else pool.moved(x, mb.unary(pool.random.choice("floor ceil round trunc sign".split()), x))


def compare(pool: Pool) -> Var | None:
    x = pool.pick(exact=True)
    if x is None:
        return None
    y = pool.leaf(_repeated(pool, x), x.dtype) if pool.random.random() < 0.8 else pool.random.choice([0, 1])
    return pool.moved(x, mb.compare(pool.random.choice(_COMPARISONS), x, y))


def binary(pool: Pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None:
        return None
    y = pool.leaf(_repeated(pool, x), x.dtype) if pool.random.random() < 0.6 else x
    if pool.random.random() < 0.1:
        y = y.astype(pool.random.choice(["float16", "float32", "bfloat16"]))
    kind = pool.random.choice("add sub mul div max min pow atan2".split())
    if kind == "atan2":  # off the cut of negative x, where it jumps
        return mb.atan2(x, mb.abs(y) + 0.25)
    if kind == "pow":
        return mb.power(mb.abs(x) * 0.25 + 0.5, mb.clip(y, -3, 3))
    if kind == "div":
        return x / (mb.abs(y) + 0.5)
    return mb.binary(kind, x, y) if pool.random.random() < 0.5 else mb.binary(kind, y, x)


def function(pool: Pool) -> Var | None:
    """What is composed of several kinds."""
    x = pool.pick(floats=True)
    if x is None:
        return None
    y = pool.leaf(_repeated(pool, x), x.dtype)
    return pool.random.choice([
        lambda: mb.hypot(x, y), lambda: mb.logaddexp(x, y), lambda: mb.copysign(mb.abs(x) + 1, y),
        lambda: mb.fmax(x, y), lambda: mb.fmin(x, y), lambda: mb.cbrt(mb.abs(x) + 0.5), lambda: mb.degrees(x),
        lambda: mb.log10(mb.abs(x) + 0.5), lambda: mb.square(x), lambda: mb.clip(x, -1, 1.5),
        lambda: mb.where(y > 0, x, y), lambda: mb.relu(x),
    ])()  # fmt: skip


def steps(pool: Pool) -> Var | None:
    """Quotients and remainders of floats, which jump."""
    x = pool.pick(floats=True, exact=True)
    if x is None:
        return None
    y = mb.maximum(mb.abs(pool.leaf(x.shape, x.dtype)), 0.25)
    y = y if pool.random.random() < 0.5 else -y
    return pool.random.choice([mb.floor_divide, mb.remainder, mb.fmod])(x, y)


def special(pool: Pool) -> Var | None:
    """What tells infinities, NaN and the zero's sign apart."""
    x = pool.pick(floats=True, exact=True)
    if x is None:
        return None
    value = pool.random.choice([float("inf"), float("-inf"), float("nan"), -0.0])
    y = mb.where(pool.leaf(x.shape, "bool"), x, mb.constant(value, (), x.dtype))
    kind = pool.random.choice([mb.isnan, mb.isinf, mb.isfinite, *_COMPARISONS, mb.sign, mb.maximum, mb.minimum])
    if isinstance(kind, str):
        return mb.compare(kind, y, pool.random.choice([0.0, value]))
    return kind(y, 1.0) if kind in (mb.maximum, mb.minimum) else kind(y)


def integer(pool: Pool) -> Var | None:
    x = pool.pick(exact=True, dtypes=INTEGERS)
    if x is None:
        return None
    if pool.random.random() < 0.2:
        return pool.moved(x, mb.unary(pool.random.choice(["neg", "abs", "not"]), x))
    kind = pool.random.choice("add sub mul max min and or xor floordiv mod shl shr pow".split())
    dtype = x.dtype
    if pool.random.random() < 0.2:  # which signed type holds uint64 and an int8?
        dtype = pool.random.choice([d for d in INTEGERS if "uint64" not in (d, dtype)] or [dtype])
    y = pool.leaf(_repeated(pool, x), dtype)
    if kind in ("floordiv", "mod"):
        y = mb.maximum(y, 1) if pool.random.random() < 0.5 or dtype.startswith("u") else mb.minimum(y, -1)
    elif kind == "pow":
        y = mb.clip(y, 0, 3)
    elif kind in ("shl", "shr"):
        y = mb.clip(y, 0 if dtype.startswith("u") else -1, 9)
    return pool.moved(x, mb.binary(kind, x, y))


def logical(pool: Pool) -> Var | None:
    x = pool.pick(exact=True)
    if x is None:
        return None
    if pool.random.random() < 0.3:
        return pool.moved(x, mb.logical_not(x))
    y = pool.leaf(_repeated(pool, x), pool.random.choice([x.dtype, "bool"]))
    if x.dtype == "bool" and y.dtype == "bool" and pool.random.random() < 0.5:
        return pool.moved(x, mb.binary(pool.random.choice(["and", "or", "xor", "add", "mul", "max", "min"]), x, y))
    return pool.moved(x, pool.random.choice([mb.logical_and, mb.logical_or, mb.logical_xor])(x, y))


def select(pool: Pool) -> Var | None:
    x = pool.pick()
    if x is None:
        return None
    condition = pool.pick(exact=True, dtypes=["bool"]) if pool.random.random() < 0.3 else None
    if condition is None or condition.shape != x.shape:
        condition = pool.leaf(_repeated(pool, x), "bool")
    other = pool.leaf(_repeated(pool, x), x.dtype) if pool.random.random() < 0.5 else pool.random.choice([0, 1])
    return mb.where(condition, x, other) if pool.random.random() < 0.5 else mb.where(condition, other, x)


def cast(pool: Pool) -> Var | None:
    x = pool.pick(exact=True)
    if x is None:
        return None
    dtype = pool.random.choice(["float32", "float16", "bfloat16", "bool", *INTEGERS])
    if x.dtype in FLOATS and dtype.startswith("u"):
        x = mb.abs(x)  # C leaves open what a negative float becomes
    return pool.moved(x, x.astype(dtype))


def _repeated(pool: Pool, x: Var) -> tuple[int, ...]:
    """A shape that is repeated to that of x: the same one, most often."""
    if pool.random.random() < 0.5:
        return x.shape
    return tuple(pool.random.choice([n, 1]) for n in x.shape)


ALL = [unary, unary, unary, binary, binary, of_integers, function, jump, steps, special, compare, integer, integer,
       logical, select, cast]  # fmt: skip
