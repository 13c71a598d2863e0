"""What a random program is made of: each function draws one operator on tensors of the pool, or answers None."""

from __future__ import annotations

import math

import numpy as np

import metabang as mb
from metabang.nn import functional as F
from metabang.var import Var


def _fits(shape) -> bool:
    size = 1
    for extent in shape:
        size *= extent
    return size <= 1 << 17


def unary(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None:
        return None
    kind = pool.random.choice("neg abs exp log sqrt rsqrt recip tanh sigmoid erf sin cos".split())
    if kind in ("exp", "sin", "cos"):
        x = mb.clip(x, -4, 4)
    elif kind in ("log", "sqrt", "rsqrt", "recip"):
        x = mb.abs(x) + 0.5
    return mb.unary(kind, x)


def jump(pool) -> Var | None:
    x = pool.pick(floats=True, exact=True)
    return None if x is None else mb.unary(pool.random.choice(["floor", "ceil", "round", "sign"]), x)


def compare(pool) -> Var | None:
    x = pool.pick(exact=True)
    if x is None or x.dtype == "bool":
        return None
    y = pool.leaf(x.shape, x.dtype)
    return mb.compare(pool.random.choice(["eq", "ne", "lt", "le", "gt", "ge"]), x, y)


def binary(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None:
        return None
    shape = tuple(pool.random.choice([n, 1]) for n in x.shape)
    y = pool.leaf(shape, x.dtype) if pool.random.random() < 0.6 else x
    kind = pool.random.choice(["add", "sub", "mul", "div", "max", "min"])
    if kind == "div":
        y = mb.abs(y) + 0.5
    return mb.binary(kind, x, y) if pool.random.random() < 0.5 else mb.binary(kind, y, x) if kind != "div" else x / y


def integer(pool) -> Var | None:
    x = pool.pick(exact=True)
    if x is None or x.dtype == "bool" or _is_float(x):
        return None
    y = pool.leaf(x.shape, x.dtype)
    kind = pool.random.choice(["add", "sub", "mul", "max", "min", "and", "or", "xor", "floordiv", "mod"])
    if kind in ("floordiv", "mod"):
        y = mb.maximum(y, 1)
    result = mb.binary(kind, x, y)
    pool.exact.append(result)
    return result


def logical(pool) -> Var | None:
    x = pool.pick(exact=True)
    if x is None or x.dtype != "bool":
        return None
    if pool.random.random() < 0.3:
        return mb.logical_not(x)
    return mb.binary(pool.random.choice(["and", "or", "xor"]), x, pool.leaf(x.shape, "bool"))


def select(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None:
        return None
    condition = pool.leaf(x.shape, "bool")
    return mb.where(condition, x, pool.random.choice([0.0, -1.5]))


def cast(pool) -> Var | None:
    x = pool.pick(exact=True)
    if x is None:
        return None
    dtype = pool.random.choice(["float32", "float16", "int32", "int64", "int16", "bool"])
    if dtype == "bool" and x.dtype == "bool":
        return None
    return x.astype(dtype)


def reduce(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None or 0 in x.shape or x.ndim == 0:
        return None
    axes = tuple(sorted(pool.random.sample(range(x.ndim), pool.random.randint(1, x.ndim))))
    kind = pool.random.choice(["sum", "sum", "mean", "max", "max", "min", "prod"])
    if kind == "prod":
        x = mb.clip(x, 0.5, 1.5) if _count(x, axes) <= 12 else mb.tanh(x) * 0.001 + 1
    return getattr(mb, kind)(x, axes, keepdims=pool.random.random() < 0.5)


def count(pool) -> Var | None:
    """Reductions of integers and bools, and argmax."""
    x = pool.pick(exact=True)
    if x is None or 0 in x.shape or x.ndim == 0:
        return None
    axis = pool.random.randrange(x.ndim)
    if pool.random.random() < 0.3 and x.dtype != "bool":
        return mb.argmax(x, axis)
    if _is_float(x):
        return None
    kind = pool.random.choice(["sum", "max", "min", "prod"] if x.dtype != "bool" else ["sum", "max", "min"])
    if kind == "prod":
        x = mb.clip(x, 0, 2)
    return getattr(mb, kind)(x, axis, keepdims=pool.random.random() < 0.5)


def transpose(pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim < 2:
        return None
    perm = list(range(x.ndim))
    pool.random.shuffle(perm)
    return mb.transpose(x, perm)


def reshape(pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim == 0:
        return None
    k = pool.random.randrange(x.ndim)
    return mb.flatten(x, k) if pool.random.random() < 0.5 else mb.unsqueeze(x, k)


def slice_(pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim == 0 or 0 in x.shape:
        return None
    key = []
    for n in x.shape:
        start = pool.random.randrange(n)
        key.append(slice(start, pool.random.randint(start, n), pool.random.choice([1, 1, 2, 3])))
    return x[tuple(key)]


def flip(pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim == 0 or 0 in x.shape:
        return None
    k = pool.random.randrange(x.ndim)
    return x[(slice(None),) * k + (slice(None, None, -1),)]


def pad(pool) -> Var | None:
    x = pool.pick()
    if x is None or x.dtype == "bool":
        return None
    low, high = ([pool.random.choice([0, 0, 1, 3]) for _ in x.shape] for _ in "lh")
    shape = [a + n + b for a, n, b in zip(low, x.shape, high)]
    return mb.pad(x, low, high, pool.random.choice([0, 2])) if _fits(shape) else None


def broadcast(pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim > 4:
        return None
    shape = (pool.random.choice([1, 2, 5]), *x.shape)
    return mb.broadcast_to(x, shape) if _fits(shape) else None


def concat(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None or x.ndim == 0:
        return None
    return mb.concat([x, pool.leaf(x.shape, x.dtype)], pool.random.randrange(x.ndim))


def gather(pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim == 0 or 0 in x.shape:
        return None
    axis = pool.random.randrange(x.ndim)
    shape = pool.random.choice([(1,), (3,), (8,), (2, 5), (67,), (0,)])
    if not _fits((*x.shape[:axis], *shape, *x.shape[axis + 1 :])):
        return None
    return mb.take(x, _ids(pool, shape, -2, x.shape[axis] + 2), axis)


def lookup(pool) -> Var | None:
    """A reindex by extras, alone or with an index beside them, with conditions and an overflow value."""
    x = pool.pick()
    if x is None or not 1 <= x.ndim <= 3 or 0 in x.shape:
        return None
    random = pool.random
    shape = tuple(random.choice([1, 3, 7, 33]) for _ in range(random.randint(1, 2)))
    extras = [_ids(pool, shape if random.random() < 0.7 else (1,) * len(shape), -1, n + 1) for n in x.shape]
    texts = [
        random.choice([f"s{k}", f"s{k}", f"s{k} + i0", f"i{random.randrange(len(shape))}", f"{n - 1} - s{k}"])
        for k, n in enumerate(x.shape)
    ]
    conditions = random.choice([[], [], ["i0 >= 2"], ["s0 < 1"], ["i0 == 1", "s0 > i0"]])
    return mb.reindex(x, shape, texts, random.choice([0, 1]), conditions, extras)


def windows(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None or x.ndim == 0 or 0 in x.shape:
        return None
    size = x.shape[-1]
    k, s, p = (pool.random.randint(1, min(4, size)), pool.random.choice([1, 1, 2]), pool.random.randint(0, 1))
    count = (size + 2 * p - k) // s + 1
    last = x.ndim - 1
    if count < 1 or not _fits((*x.shape[:-1], count, k)):
        return None
    texts = [f"i{j}" for j in range(last)] + [f"i{last} * {s} + i{last + 1} - {p}"]
    seen = mb.reindex(x, (*x.shape[:-1], count, k), texts, 0)
    return seen.sum(-1) if pool.random.random() < 0.5 else seen.max(-1)


def linear(pool) -> Var | None:
    """Any linear index: diagonals, gaps, reversals, repetitions, what leaves the tensor, conditions."""
    x = pool.pick()
    if x is None or not 1 <= x.ndim <= 4 or 0 in x.shape:
        return None
    random = pool.random
    shape = tuple(random.choice([1, 2, 5, 16, x.shape[0], x.shape[-1]]) for _ in range(random.randint(1, 4)))
    if not _fits(shape):
        return None
    texts = []
    for _ in x.shape:
        terms = [f"i{d} * {random.choice([1, 1, 1, 2, -1])}" for d in range(len(shape)) if random.random() < 0.5]
        texts.append(" + ".join([*terms, str(random.choice([0, 0, 1, 3]))]))
    conditions = random.choice([[], [], [f"i0 > {shape[0] // 2}"], ["i0 == 1"], [f"i0 + i{len(shape) - 1} != 2"]])
    return mb.reindex(x, shape, texts, random.choice([0, 1]), conditions)


def crooked(pool) -> Var | None:
    """An index with // and %."""
    x = pool.pick()
    if x is None or x.ndim == 0 or 0 in x.shape:
        return None
    last, m = x.ndim - 1, pool.random.choice([2, 3])
    text = pool.random.choice([f"i{last} // {m}", f"i{last} % {x.shape[-1]}", f"i{last} * {m} % {x.shape[-1] + 1}"])
    shape = (*x.shape[:-1], x.shape[-1] * m)
    return mb.reindex(x, shape, [*(f"i{j}" for j in range(last)), text], 1) if _fits(shape) else None


def scatter(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None or x.ndim == 0 or 0 in x.shape:
        return None
    last, m = x.ndim - 1, pool.random.choice([1, 2])
    shape = (*x.shape[:-1], x.shape[-1] // m + 1)
    texts = [*(f"i{j}" for j in range(last)), f"i{last} // {m}" if m > 1 else f"i{last} + 1"]
    if pool.random.random() < 0.3:
        x = mb.clip(x, 0.5, 1.5)
        return mb.reindex_reduce(x, "mul", shape, texts)
    return mb.reindex_reduce(x, pool.random.choice(["add", "max", "min"]) if m > 1 else "add", shape, texts)


def accumulate(pool) -> Var | None:
    """A reindex_reduce to positions that are read: collisions, and some outside."""
    x = pool.pick(exact=pool.random.random() < 0.3)
    if x is None or not 1 <= x.ndim <= 3 or 0 in x.shape or x.dtype == "bool" or x.size > 1 << 13:
        return None
    random = pool.random
    shape = tuple(random.choice([1, 2, 5, 31]) for _ in range(random.randint(1, 2)))
    extras = [_ids(pool, x.shape, -1, n + 1) for n in shape]
    texts = [random.choice([f"s{k}", f"s{k}", "i0", f"(s{k} + i{x.ndim - 1}) % {n}"]) for k, n in enumerate(shape)]
    kind = random.choice(["add", "add", "max", "min"])
    conditions = random.choice([[], [], ["i0 > 3"], ["s0 == 0"] if len(shape) > 9 else []])
    return mb.reindex_reduce(x, kind, shape, texts, conditions, extras)


def matmul(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None or x.ndim < 2 or 0 in x.shape or x.dtype != "float32":
        return None
    n = pool.random.choice([1, 5, 32])
    return x @ pool.leaf((x.shape[-1], n), "float32") if _fits((*x.shape[:-1], n)) else None


def conv(pool) -> Var | None:
    x = pool.pick(floats=True, rank=4)
    if x is None or 0 in x.shape or x.dtype != "float32":
        return None
    c, k = x.shape[1], pool.random.choice([1, 2, 3])
    if min(x.shape[2:]) < k:
        return None
    outputs = pool.random.choice([1, 8, 20])
    stride, padding = pool.random.choice([1, 2]), pool.random.choice([0, k // 2])
    return F.conv2d(x, pool.leaf((outputs, c, k, k), "float32"), stride=stride, padding=padding)


def pool2d(pool) -> Var | None:
    x = pool.pick(floats=True, rank=4)
    if x is None or 0 in x.shape or min(x.shape[2:]) < 2:
        return None
    layer = pool.random.choice([F.max_pool2d, F.avg_pool2d])
    return layer(x, 2, pool.random.choice([1, 2]), pool.random.choice([0, 1]))


def grad(pool) -> Var | None:
    """The gradient of what was drawn so far with respect to one of its tensors, at times of second order."""
    y = pool.pick(floats=True)
    if y is None or y.size == 0:
        return None
    loss = mb.sum(mb.square(mb.tanh(y)) * 0.5)
    x = pool.pick(floats=True) if pool.random.random() < 0.8 else y
    if x.size == 0:
        return None
    try:
        gradient = mb.grad(loss, x, allow_unused=True)
        if pool.random.random() < 0.15:
            gradient = mb.grad(mb.sum(mb.square(gradient)), x, allow_unused=True)
    except mb.MetaBangError as error:
        if "gradient" in error.reason:  # an operator without one
            return None
        raise
    return gradient


def layer(pool) -> Var | None:
    """A composition of several operators along an axis."""
    x = pool.pick(floats=True)
    if x is None or x.ndim == 0 or 0 in x.shape:
        return None
    return pool.random.choice([
        lambda: mb.softmax(x, pool.random.randrange(x.ndim)),
        lambda: F.log_softmax(x, -1),
        lambda: F.layer_norm(x, x.shape[-1:], eps=1e-1),
        lambda: F.gelu(x),
        lambda: x - mb.mean(x, 0, keepdims=True),
    ])()  # fmt: skip


def _is_float(x) -> bool:
    return x.dtype.startswith(("float", "bfloat"))


def _count(x, axes) -> int:
    return math.prod(x.shape[k] for k in axes)


def _ids(pool, shape, low, high) -> Var:
    """Integers of at least `low` and below `high`, in one of the types of indices."""
    values = [pool.random.randrange(low, high) for _ in range(math.prod(shape))]
    return mb.array(np.array(values).reshape(shape), pool.random.choice(["int32", "int32", "int64"]))


ALL = [
    (f.__name__.rstrip("_"), f)
    for f in (unary, unary, binary, binary, jump, compare, integer, logical, select, cast, reduce, reduce, count,
              transpose, reshape, slice_, flip, pad, broadcast, concat, gather, lookup, windows, linear, crooked,
              scatter, accumulate, matmul, conv, pool2d, grad, layer)
]  # fmt: skip
