"""Random operators that move elements: views, joins, NumPy's indexing and assignments to it."""

from __future__ import annotations

import math

import numpy as np

import metabang as mb
from metabang import array_api
from metabang.fuzz.pool import Pool, fits
from metabang.var import Var


def transpose(pool: Pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim < 2:
        return None
    perm = list(range(x.ndim))
    pool.random.shuffle(perm)
    return pool.moved(x, mb.transpose(x, perm))


def reshape(pool: Pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim == 0:
        return None
    k = pool.axis(x)
    shapes = [lambda: mb.flatten(x, k), lambda: mb.unsqueeze(x, k)]
    for n in (2, 3, 7):
        if x.size and x.size % n == 0:
            shapes.append(lambda n=n: mb.reshape(x, pool.random.choice([(n, -1), (-1, n)])))
    return pool.moved(x, pool.random.choice(shapes)())


def slice_(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None:
        return None
    key = []
    for n in x.shape:
        start, step = pool.random.randrange(n), pool.random.choice([1, 1, 2, 3, -1, -2])
        key.append(slice(start, pool.random.randint(start, n), step) if step > 0 else slice(start, None, step))
    return pool.moved(x, x[tuple(key)])


def flip(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None:
        return None
    axes = tuple(pool.random.sample(range(x.ndim), pool.random.randint(1, x.ndim)))
    return pool.moved(x, array_api.flip(x, axis=axes))


def roll(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None:
        return None
    shift = pool.random.choice([-3, -1, 1, 2, 5])
    return pool.moved(x, array_api.roll(x, shift, axis=pool.random.choice([pool.axis(x), pool.axis(x), None])))


def pad(pool: Pool) -> Var | None:
    x = pool.pick()
    if x is None or x.dtype == "bool":
        return None
    low, high = ([pool.random.choice([0, 0, 1, 3]) for _ in x.shape] for _ in "lh")
    shape = [a + n + b for a, n, b in zip(low, x.shape, high)]
    return pool.moved(x, mb.pad(x, low, high, pool.random.choice([0, 2]))) if fits(shape) else None


def broadcast(pool: Pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim > 4:
        return None
    dims = sorted(pool.random.sample(range(x.ndim + 1), x.ndim))
    shape = [x.shape[dims.index(k)] if k in dims else pool.random.choice([1, 2, 5]) for k in range(x.ndim + 1)]
    return pool.moved(x, mb.broadcast(x, shape, dims)) if fits(shape) else None


def repeat(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None or x.size > 1 << 14:
        return None
    n = pool.random.choice([2, 3])
    if pool.random.random() < 0.5:
        return pool.moved(x, array_api.repeat(x, n, axis=pool.random.choice([pool.axis(x), None])))
    return pool.moved(x, array_api.tile(x, [n if pool.random.random() < 0.5 else 1 for _ in x.shape]))


def join(pool: Pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim == 0 or x.size > 1 << 15:
        return None
    axis = pool.axis(x)
    other = [pool.random.choice([1, 3]) if k == axis else n for k, n in enumerate(x.shape)]
    if pool.random.random() < 0.5 and fits(other):
        return mb.concat([x, pool.leaf(tuple(other), x.dtype), x][: pool.random.choice([2, 2, 3])], axis)
    return mb.stack([x, pool.leaf(x.shape, x.dtype)], axis)


def triangle(pool: Pool) -> Var | None:
    x = pool.pick()
    if x is None or x.ndim < 2:
        return None
    return pool.moved(x, pool.random.choice([array_api.tril, array_api.triu])(x, k=pool.random.choice([-1, 0, 2])))


def take(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None:
        return None
    axis = pool.axis(x)
    shape = pool.random.choice([(1,), (3,), (8,), (2, 5), (67,), (0,)])
    if not fits((*x.shape[:axis], *shape, *x.shape[axis + 1 :])):
        return None
    return pool.moved(x, mb.take(x, pool.ids(shape, -2, x.shape[axis] + 2), axis))


def take_along(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None:
        return None
    axis = pool.axis(x)
    shape = tuple(pool.random.choice([1, 3, 9]) if k == axis else n for k, n in enumerate(x.shape))
    if math.prod(shape) > 1 << 14:
        return None
    return pool.moved(x, array_api.take_along_axis(x, pool.ids(shape, 0, x.shape[axis]), axis=axis))


def items(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None:
        return None
    key = tuple(
        mb.array(k) if isinstance(k, np.ndarray) and k.dtype != bool and pool.random.random() < 0.3 else k
        for k in _key(pool, x)
    )
    result = x[key]
    return pool.moved(x, result) if fits(result.shape) else None


def assign(pool: Pool) -> Var | None:
    """The tensor with some elements replaced by a number or a leaf."""
    x = pool.pick(some=True)
    if x is None:
        return None
    result, key = array_api.asarray(x, copy=True), _key(pool, x)
    shape = np.broadcast_to(np.int8(0), x.shape)[key].shape
    result[key] = pool.random.choice([0, 1]) if pool.random.random() < 0.5 else pool.leaf(shape, x.dtype)
    return pool.moved(x, result)


def _key(pool: Pool, x: Var) -> tuple:
    """A key of NumPy's basic and advanced indexing: numbers, slices, arrays, masks, new axes, an ellipsis."""
    random, key, masked = pool.random, [], False
    if x.size <= 1 << 12 and random.random() < 0.15:  # a mask of the whole tensor
        return (np.random.default_rng(random.getrandbits(32)).random(x.shape) < 0.5,)
    shape, count = random.choice([(2,), (5,), (2, 3)]), random.randint(1, x.ndim)
    last = random.random() < 0.2  # the last dimensions, behind an ellipsis
    for n in x.shape[x.ndim - count :] if last else x.shape[:count]:
        kind = random.choice(["number", "slice", "slice", "array", "mask"])
        if kind == "number":
            key.append(random.randrange(-n, n))
        elif kind == "slice":
            low, high = sorted((random.randint(0, n), random.randint(0, n)))
            key.append(random.choice([slice(low, high), slice(low, high, 2), slice(high, low or None, -1)]))
        elif kind == "array" or masked:
            key.append(np.array([random.randrange(-n, n) for _ in range(math.prod(shape))]).reshape(shape))
        else:
            masked = True  # two masks would have to hold as many elements
            mask = np.zeros(n, bool)
            mask[[random.randrange(n) for _ in range(shape[-1])]] = True
            kept = np.flatnonzero(mask)
            key.append(mask if len(kept) == shape[-1] else np.resize(kept, shape))
    if random.random() < 0.15:
        key.insert(random.randint(0, len(key)), None)
    return (..., *key) if last else tuple(key)


ALL = [transpose, reshape, slice_, flip, roll, pad, broadcast, repeat, join, triangle, take, take_along, items, items,
       assign]  # fmt: skip
