"""What a random program is made of: each function draws one operator on tensors of the pool, or answers None."""

from __future__ import annotations

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
    if x is None or x.dtype in ("bool", "float32", "float16"):
        return None
    y = pool.leaf(x.shape, x.dtype)
    return mb.binary(pool.random.choice(["add", "sub", "mul", "max", "min", "and", "or", "xor"]), x, y)


def select(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None:
        return None
    condition = pool.leaf(x.shape, "bool")
    return mb.where(condition, x, pool.random.choice([0.0, -1.5]))


def cast(pool) -> Var | None:
    x = pool.pick(exact=True)
    return None if x is None else x.astype(pool.random.choice(["float32", "float16", "int32"]))


def reduce(pool) -> Var | None:
    x = pool.pick(floats=True)
    if x is None or 0 in x.shape or x.ndim == 0:
        return None
    axes = tuple(sorted(pool.random.sample(range(x.ndim), pool.random.randint(1, x.ndim))))
    kind = pool.random.choice(["sum", "mean", "max", "min"])
    return getattr(mb, kind)(x, axes, keepdims=pool.random.random() < 0.5)


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
    ids = [pool.random.randrange(x.shape[axis]) for _ in range(pool.random.choice([1, 3, 8]))]
    return mb.take(x, mb.array(ids, "int32"), axis)


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
    return mb.reindex_reduce(x, pool.random.choice(["add", "max"]) if m > 1 else "add", shape, texts)


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
    x = pool.pick(floats=True)
    if x is None or x.size == 0:
        return None
    y = mb.sum(mb.square(mb.tanh(x)) * 0.5)
    return mb.grad(y, x)


ALL = [
    (f.__name__.rstrip("_"), f)
    for f in (unary, unary, binary, binary, jump, compare, integer, select, cast, reduce, reduce, transpose, reshape,
              slice_, flip, pad, broadcast, concat, gather, windows, crooked, scatter, matmul, conv, pool2d, grad)
]  # fmt: skip
