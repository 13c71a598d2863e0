"""Random layers of several tensors or other ranks, and linear algebra."""

from __future__ import annotations

import math

import metabang as mb
from metabang import array_api
from metabang.fuzz.pool import Pool, fits
from metabang.nn import functional as F
from metabang.var import Var


def conv3d(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, rank=5, some=True)
    if x is None or x.shape[1] > 64 or min(x.shape[2:]) < 2:
        return None
    c, k = x.shape[1], pool.random.choice([1, 2])
    if pool.random.random() < 0.3:
        return F.conv_transpose3d(x, pool.leaf((c, 3, k, k, k), x.dtype), stride=pool.random.choice([1, 2]))
    return F.conv3d(x, pool.leaf((3, c, k, k, k), x.dtype), padding=pool.random.choice([0, k // 2]))


def transposed1d(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, rank=3, some=True)
    if x is None or x.shape[1] > 64:
        return None
    return F.conv_transpose1d(x, pool.leaf((x.shape[1], 3, 2), x.dtype), stride=pool.random.choice([1, 2]))


def pools(pool: Pool) -> Var | None:
    """Pooling of one and three dimensions, and to a given size."""
    x = pool.pick(floats=True, some=True)
    if x is None or not 3 <= x.ndim <= 5 or min(x.shape[2:]) < 2:
        return None
    d = x.ndim - 2
    if pool.random.random() < 0.4:
        return getattr(F, f"adaptive_{pool.random.choice(['avg', 'max'])}_pool{d}d")(x, pool.random.choice([1, 2, 3]))
    layer = getattr(F, f"{pool.random.choice(['avg', 'max'])}_pool{d}d")
    return layer(x, 2, pool.random.choice([1, 2]), pool.random.choice([0, 1]), ceil_mode=pool.random.random() < 0.3)


def pixels(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, rank=4, some=True)
    if x is None:
        return None
    if x.shape[1] % 4 == 0 and pool.random.random() < 0.5:
        return pool.moved(x, F.pixel_shuffle(x, 2))
    if x.shape[2] % 2 == 0 and x.shape[3] % 2 == 0:
        return pool.moved(x, F.pixel_unshuffle(x, 2))
    return F.local_response_norm(x, pool.random.choice([1, 3]))


def gate(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None:
        return None
    axis = pool.axis(x)
    if x.shape[axis] % 2 == 0:
        return F.glu(x, axis)
    return F.prelu(x, pool.leaf((x.shape[1] if x.ndim > 1 else 1,), x.dtype))


def shrink(pool: Pool) -> Var | None:
    """Activations that jump."""
    x = pool.pick(floats=True, exact=True, some=True)
    return None if x is None else pool.random.choice([F.hardshrink, lambda x: F.threshold(x, 0.25, -2.0)])(x)


def distance(pool: Pool) -> Var | None:
    """Distances and losses of pairs."""
    x = pool.pick(floats=True, some=True)
    if x is None or x.ndim < 2:
        return None
    y, how = pool.leaf(x.shape, x.dtype), pool.random.choice(["mean", "sum", "none"])
    sign = mb.where(pool.leaf(x.shape[:1], "bool"), mb.constant(1.0, x.shape[:1], x.dtype), -1.0)
    likely, first = mb.softmax(y, -1), (slice(None), *[0] * (x.ndim - 1))
    return pool.random.choice([
        lambda: F.cosine_similarity(mb.abs(x) + 0.5, y, -1),
        lambda: F.pairwise_distance(mb.abs(x) + 5, y, pool.random.choice([1.0, 2.0, math.inf])),
        lambda: F.kl_div(F.log_softmax(x, -1), likely, how),
        lambda: F.binary_cross_entropy(mb.clip(mb.sigmoid(x), 0.05, 0.95), likely, how),
        lambda: F.gaussian_nll_loss(x, y, mb.abs(y) + 0.5, reduction=how),
        lambda: F.poisson_nll_loss(mb.clip(x, -3, 3), mb.abs(y), reduction=how),
        lambda: F.soft_margin_loss(mb.clip(x, -4, 4), mb.sign(y), how),
        lambda: F.margin_ranking_loss(x[first], y[first], sign, 0.25, how),
        lambda: F.triplet_margin_loss(mb.abs(x) + 5, y, -y, reduction=how),
    ])()  # fmt: skip


def algebra(pool: Pool) -> Var | None:
    """Products and norms of linear algebra."""
    x = pool.pick(floats=True, some=True)
    if x is None or x.ndim < 2 or x.size > 1 << 14:
        return None
    n = x.shape[-1]
    return pool.random.choice([
        lambda: F.linear(x, pool.leaf((3, n), x.dtype), pool.leaf((3,), x.dtype)),
        lambda: array_api.tensordot(x, pool.leaf((n, 2, 3), x.dtype), axes=1),
        lambda: array_api.vecdot(x, pool.leaf((n,), x.dtype)),
        lambda: array_api.linalg.outer(x[(0,) * (x.ndim - 1)], pool.leaf((5,), x.dtype)),
        lambda: array_api.linalg.trace(x),
        lambda: array_api.linalg.vector_norm(x + 0.1, axis=pool.axis(x), ord=pool.random.choice([1, 2, math.inf])),
        lambda: array_api.linalg.matrix_norm(x + 0.1),
        lambda: array_api.std(x * 0.5, axis=pool.axis(x)) + 1,
        lambda: F.bilinear(x, x, pool.leaf((2, n, n), x.dtype)) if n < 33 else None,
    ])()  # fmt: skip


def diagonal(pool: Pool) -> Var | None:
    x = pool.pick(some=True)
    if x is None or x.ndim < 2:
        return None
    return pool.moved(x, array_api.linalg.diagonal(x, offset=pool.random.choice([0, 1, -1])))


def recurrence(pool: Pool) -> Var | None:
    """A state that goes through a few steps."""
    x = pool.pick(floats=True, rank=3, some=True)
    if x is None or x.shape[2] > 64 or not fits(x.shape):
        return None
    weight, back = pool.leaf((x.shape[2], 5), x.dtype) * 0.25, pool.leaf((5, 5), x.dtype) * 0.25
    state, states = mb.zeros((x.shape[1], 5), x.dtype), []
    for k in range(min(x.shape[0], 3)):
        state = mb.tanh(x[k] @ weight + state @ back)
        states.append(state)
    return mb.stack(states, pool.random.choice([0, 1]))


ALL = [conv3d, transposed1d, pools, pools, pixels, gate, shrink, distance, algebra, diagonal, recurrence]
