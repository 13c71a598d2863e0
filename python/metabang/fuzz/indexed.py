"""Random reindexes and reindex-reduces: affine, crooked, read from tensors, and what no map can say."""

from __future__ import annotations

import metabang as mb
from metabang.dtypes import FLOATS
from metabang.fuzz.pool import Pool, fits
from metabang.var import Var


def lookup(pool: Pool) -> Var | None:
    """A reindex by extras, alone or with an index beside them, with conditions and an overflow value."""
    x = pool.pick(some=True)
    if x is None or x.ndim > 3:
        return None
    random = pool.random
    shape = tuple(random.choice([1, 3, 7, 33]) for _ in range(random.randint(1, 2)))
    extras = [pool.ids(shape if random.random() < 0.7 else (1,) * len(shape), -1, n + 1) for n in x.shape]
    texts = [
        random.choice([f"s{k}", f"s{k}", f"s{k} + i0", f"i{random.randrange(len(shape))}", f"{n - 1} - s{k}"])
        for k, n in enumerate(x.shape)
    ]
    conditions = random.choice([[], [], ["i0 >= 2"], ["s0 < 1"], ["i0 == 1", "s0 > i0"]])
    return pool.moved(x, mb.reindex(x, shape, texts, random.choice([0, 1]), conditions, extras))


def windows(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None:
        return None
    size = x.shape[-1]
    k, s, p = (pool.random.randint(1, min(4, size)), pool.random.choice([1, 1, 2]), pool.random.randint(0, 1))
    count = (size + 2 * p - k) // s + 1
    last = x.ndim - 1
    if count < 1 or not fits((*x.shape[:-1], count, k)):
        return None
    texts = [f"i{j}" for j in range(last)] + [f"i{last} * {s} + i{last + 1} - {p}"]
    seen = mb.reindex(x, (*x.shape[:-1], count, k), texts, 0)
    return seen.sum(-1) if pool.random.random() < 0.5 else seen.max(-1)


def linear(pool: Pool) -> Var | None:
    """Any linear index: diagonals, gaps, reversals, repetitions, what leaves the tensor, conditions."""
    x = pool.pick(some=True)
    if x is None or x.ndim > 4:
        return None
    random = pool.random
    shape = tuple(random.choice([1, 2, 5, 16, x.shape[0], x.shape[-1]]) for _ in range(random.randint(1, 4)))
    if not fits(shape):
        return None
    texts = []
    for _ in x.shape:
        terms = [f"i{d} * {random.choice([1, 1, 1, 2, -1])}" for d in range(len(shape)) if random.random() < 0.5]
        texts.append(" + ".join([*terms, str(random.choice([0, 0, 1, 3]))]))
    conditions = random.choice([[], [], [f"i0 > {shape[0] // 2}"], ["i0 == 1"], [f"i0 + i{len(shape) - 1} != 2"]])
    return pool.moved(x, mb.reindex(x, shape, texts, random.choice([0, 1]), conditions))


def crooked(pool: Pool) -> Var | None:
    """An index with // and %."""
    x = pool.pick(some=True)
    if x is None:
        return None
    last, m = x.ndim - 1, pool.random.choice([2, 3])
    text = pool.random.choice([f"i{last} // {m}", f"i{last} % {x.shape[-1]}", f"i{last} * {m} % {x.shape[-1] + 1}"])
    shape = (*x.shape[:-1], x.shape[-1] * m)
    if not fits(shape):
        return None
    return pool.moved(x, mb.reindex(x, shape, [*(f"i{j}" for j in range(last)), text], 1))


# Expressions of two indices that are not affine, as texts and as the functions that say the same.
_GENERAL = [
    ("i0*i1", lambda i, j: i * j),
    ("i1*i1 - i0", lambda i, j: j * j - i),
    ("i0 // (i1 + 1)", lambda i, j: i // (j + 1)),
    ("(i0*3 + 1) % (i1 + 2)", lambda i, j: (i * 3 + 1) % (j + 2)),
    ("min(i0, i1)", lambda i, j: i.minimum(j)),
    ("max(i1 - 2, 0)", lambda i, j: (j - 2).maximum(0)),
    ("i0 < i1 ? i0 : 2*i1", lambda i, j: (i < j).where(i, 2 * j)),
    ("(i1 == 2) + i0", lambda i, j: (j == 2) + i),
    ("abs(i0 - i1)", None),
    ("i0", lambda i, j: i),
    ("i1 + 1", lambda i, j: j + 1),
]
_CONDITIONS = [
    ("i0*i1 > 6", lambda i, j: i * j > 6),
    ("i0 == 1 && i1 > 0", lambda i, j: (i == 1) & (j > 0)),
    ("i0 > i1 || i1 == 3", lambda i, j: (i > j) | (j == 3)),
    ("!(i1 < 4)", lambda i, j: ~(j < 4)),
]


def _expressions(pool: Pool, count: int):
    """`count` index expressions and conditions: texts, or functions of the two indices."""
    random = pool.random
    drawn = [random.choice(_GENERAL) for _ in range(count)]
    conditions = [random.choice(_CONDITIONS)] if random.random() < 0.3 else []
    if random.random() < 0.5 or any(function is None for _, function in drawn):
        return [text for text, _ in drawn], [text for text, _ in conditions]
    return (lambda i, j: [f(i, j) for _, f in drawn]), (lambda i, j: [f(i, j) for _, f in conditions])


def general(pool: Pool) -> Var | None:
    """A reindex whose index expressions no affine map can say."""
    x = pool.pick(some=True)
    if x is None or x.ndim > 3:
        return None
    random = pool.random
    shape = (random.choice([1, 3, 6, 40]), random.choice([1, 2, 5, 17]))
    texts, conditions = _expressions(pool, x.ndim)
    if isinstance(texts, list) and random.random() < 0.3:  # an element of a tensor, at an index
        texts[0] = random.choice(["@e0(i0)", "@e0(i0) + i1", "@e0(min(i0, 2))"])
        extras = [pool.ids((shape[0],), -1, x.shape[0] + 1)] if shape[0] > 2 else []
        texts[0] = texts[0] if extras else "i0"
        return pool.moved(x, mb.reindex(x, shape, texts, random.choice([0, 1]), conditions, extras))
    return pool.moved(x, mb.reindex(x, shape, texts, random.choice([0, 1]), conditions))


def collide(pool: Pool) -> Var | None:
    """A reindex_reduce whose index expressions no affine map can say."""
    x = pool.pick(some=True, rank=2)
    if x is None or x.dtype == "bool" or x.size > 1 << 12:
        return None
    shape = tuple(pool.random.choice([1, 4, 9]) for _ in range(pool.random.randint(1, 2)))
    return mb.reindex_reduce(x, pool.random.choice(["add", "max", "min"]), shape, *_expressions(pool, len(shape)))


def scatter(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None:
        return None
    last, m = x.ndim - 1, pool.random.choice([1, 2])
    shape = (*x.shape[:-1], x.shape[-1] // m + 1)
    texts = [*(f"i{j}" for j in range(last)), f"i{last} // {m}" if m > 1 else f"i{last} + 1"]
    if pool.random.random() < 0.3:
        x = mb.clip(x, 0.5, 1.5)
        return mb.reindex_reduce(x, "mul", shape, texts)
    return mb.reindex_reduce(x, pool.random.choice(["add", "max", "min"]) if m > 1 else "add", shape, texts)


def accumulate(pool: Pool) -> Var | None:
    """A reindex_reduce to positions that are read: collisions, and some outside."""
    x = pool.pick(exact=pool.random.random() < 0.5, some=True)
    if x is None or x.ndim > 3 or x.size > 1 << 13:
        return None
    random = pool.random
    kind = random.choice(["add", "add", "max", "min", "mul"])
    if kind == "mul" and x.dtype != "bool":
        x = mb.tanh(x) * 0.001 + 1 if x.dtype in FLOATS else mb.clip(x, 0, 2)
    if x.dtype == "bool":
        kind = random.choice(["and", "or", "xor"])
    elif "int" in x.dtype and random.random() < 0.5:
        kind = random.choice(["and", "or", "xor"])
    shape = tuple(random.choice([1, 2, 5, 31, 400]) for _ in range(random.randint(1, 2)))
    extras = [pool.ids(x.shape, -1, n + 1) for n in shape]
    texts = [random.choice([f"s{k}", f"s{k}", "i0", f"(s{k} + i{x.ndim - 1}) % {n}"]) for k, n in enumerate(shape)]
    conditions = random.choice([[], [], ["i0 > 3"], []])
    return mb.reindex_reduce(x, kind, shape, texts, conditions, extras)


ALL = [lookup, windows, linear, linear, crooked, general, general, collide, scatter, accumulate]
