"""Random reductions and scans."""

from __future__ import annotations

import math

import metabang as mb
from metabang import array_api
from metabang.dtypes import FLOATS, INTEGERS
from metabang.fuzz.pool import Pool
from metabang.var import Var


def reduce(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None:
        return None
    axes = tuple(sorted(pool.random.sample(range(x.ndim), pool.random.randint(1, x.ndim))))
    kind = pool.random.choice(["sum", "sum", "mean", "max", "max", "min", "prod", "prod", "var"])
    if kind == "prod":
        # A dozen factors with zeros among them, or many near 1, with the gradient of each a product of the others.
        few = math.prod(x.shape[k] for k in axes) <= 12
        low = pool.random.choice([0.5, -1.5])
        x = mb.clip(x, low, 1.5) if few else mb.tanh(x) * 0.001 + 1
    return getattr(mb, kind)(x, axes, keepdims=pool.random.random() < 0.5)


def count(pool: Pool) -> Var | None:
    """Reductions of integers and bools, and positions of extremes."""
    x = pool.pick(exact=True, some=True)
    if x is None:
        return None
    axis = pool.axis(x)
    if x.dtype != "bool" and (x.dtype in FLOATS or pool.random.random() < 0.2):
        return pool.random.choice([mb.argmax, mb.argmin])(x, pool.random.choice([axis, axis, None]))
    kind = pool.random.choice(["sum", "sum", "max", "min", "prod", "mean"])
    if kind == "prod" and x.dtype != "bool":
        x = mb.clip(x, 0, 2)
    if kind == "mean":
        x = x.astype("int32") if x.dtype == "bool" else x
    axes = pool.random.choice([axis, None, tuple(pool.random.sample(range(x.ndim), pool.random.randint(1, x.ndim)))])
    return getattr(mb, kind)(x, axes, keepdims=pool.random.random() < 0.5)


def bits(pool: Pool) -> Var | None:
    """or, and, xor over an axis or all of them."""
    x = pool.pick(exact=True, dtypes=(*INTEGERS, "bool"))
    if x is None or x.ndim == 0:
        return None
    axis = pool.random.choice([pool.axis(x), pool.axis(x), None])
    return mb.reduce(pool.random.choice(["or", "and", "xor"]), x, axis, pool.random.random() < 0.5)


def truth(pool: Pool) -> Var | None:
    """Whether all, or any, is not zero."""
    x = pool.pick(exact=True)
    if x is None or x.ndim == 0:
        return None
    return pool.random.choice([mb.all, mb.any])(x, pool.axis(x), pool.random.random() < 0.5)


def scan(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None or x.dtype == "bool" or x.size > 1 << 13:
        return None
    axis = pool.axis(x)
    if pool.random.random() < 0.3:
        return array_api.diff(x, axis=axis) if not x.dtype.startswith("u") else None
    if pool.random.random() < 0.3 and x.dtype in FLOATS:
        return array_api.cumulative_prod(mb.tanh(x) * 0.001 + 1, axis=axis)
    return array_api.cumulative_sum(x, axis=axis, include_initial=pool.random.random() < 0.2)


ALL = [reduce, reduce, reduce, count, bits, truth, scan]
