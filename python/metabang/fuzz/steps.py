"""Random steps of training and what runs between kernels: updates, cells, masks, sorts on the host, assignments."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

import metabang as mb
from metabang import array_api, optim, reference
from metabang.compile import backend
from metabang.dtypes import FLOATS
from metabang.fuzz.pool import Pool, fits
from metabang.fuzz.units import compile_and_load
from metabang.host import HostWarning, held_value
from metabang.nn import GRUCell, LSTMCell, RNNCell, init
from metabang.nn import functional as F
from metabang.nn.functional.dropout import seed
from metabang.var import Var


def update(pool: Pool) -> Var | None:
    """A parameter after a step of an optimizer, with its averages."""
    x = pool.pick(floats=True, some=True)
    if x is None or not fits(x.shape):
        return None
    random = pool.random
    p = pool.leaf(x.shape, x.dtype)
    decay, rate = random.choice([0.0, 0.125]), random.choice([0.5, 2**-4])
    optimizer = random.choice([
        lambda: optim.SGD([p], rate, weight_decay=decay),
        lambda: optim.SGD([p], rate, momentum=0.75, weight_decay=decay, nesterov=random.random() < 0.5),
        lambda: optim.SGD([p], rate, momentum=0.75, dampening=0.25, maximize=True),
        lambda: optim.Adam([p], rate, eps=0.25, weight_decay=decay, amsgrad=random.random() < 0.3),
        lambda: optim.AdamW([p], rate, eps=0.25, weight_decay=decay),
    ])()  # fmt: skip
    optimizer.steps = random.randint(1, 3)
    gradients = [optim.clip.widened(mb.grad(mb.mean(mb.square(mb.tanh(p * x) - 0.25)), p, allow_unused=True))]
    if random.random() < 0.3:
        gradients = optim.clip_grad_norm(gradients, 0.5)
    ((value, state),) = optimizer._updates(gradients)
    for name, each in state.items():
        pool.keep(each, f"{name} of {type(optimizer).__name__}")
    return value


def cell(pool: Pool) -> Var | None:
    """Steps of a recurrent cell, its last state."""
    x = pool.pick(floats=True, rank=2, some=True)
    if x is None or x.shape[1] > 128 or x.size > 1 << 13:
        return None
    init.seed(pool.random.getrandbits(31))
    kind, h, c = pool.random.choice([LSTMCell, GRUCell, RNNCell]), None, None
    step = kind(x.shape[1], pool.random.choice([1, 4, 33]))
    y = x.astype("float32")  # as the cell's weights
    for _ in range(pool.random.randint(1, 3)):
        h = step(y, None if h is None else (h, c) if kind is LSTMCell else h)
        h, c = h if kind is LSTMCell else (h, None)
    return h


def dropped(pool: Pool) -> Var | None:
    """Dropout, whose mask is the same for the same seed."""
    x = pool.pick(floats=True, some=True)
    if x is None or x.size > 1 << 15:
        return None
    seed(pool.random.getrandbits(31))
    layer = {3: F.dropout1d, 4: F.dropout2d, 5: F.dropout3d}.get(x.ndim, F.dropout)
    return pool.random.choice([layer, F.dropout])(x, pool.random.choice([0.25, 0.5, 0.75]))


def sorting(pool: Pool) -> Var | None:
    """What the host finds in the values that the device has computed, on the way to other kernels."""
    x = _computed(pool)
    if x is None or x.dtype == "bool":
        return None
    axis, largest = pool.axis(x), pool.random.random() < 0.5
    k = pool.random.randint(1, min(x.shape[axis], 5))
    kind: Callable[[], Var] = pool.random.choice([
        lambda: mb.sort(x, axis=axis, descending=largest),
        lambda: mb.argsort(x, axis=axis, descending=largest),
        lambda: mb.topk(x, k, axis, largest)[pool.random.choice([0, 1])],
        lambda: array_api.unique_values(x),
        lambda: array_api.unique_counts(x).counts,
        lambda: array_api.unique_inverse(x).inverse_indices,
        lambda: array_api.nonzero(x)[0],
    ])  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HostWarning)
        return pool.moved(x, kind())


def kept(pool: Pool) -> Var | None:
    """A tensor that another program has computed, which this one goes on with."""
    x = _computed(pool)
    return None if x is None else pool.moved(x, mb.where(x == x, x, 0))


def _computed(pool: Pool) -> Var | None:
    """A tensor whose value a program of its own has computed, most often a leaf: each such program takes 0.1 s.

    Raises AssertionError if it computes something else than the reference, which the judge would take for right.
    """
    x = pool.pick(exact=True, some=True)
    if x is None or x.size > 1 << 12 or (held_value(x) is None and pool.random.random() < 0.75):
        return None
    (expected,) = reference.evaluate([x])
    with backend(compile_and_load):
        mb.sync([x])
    if not np.array_equal(np.asarray(x).astype(expected.dtype), expected, equal_nan=x.dtype in FLOATS):
        raise AssertionError(f"a program of its own computes another {x.dtype}{list(x.shape)} after {pool.steps}")
    return x


def assigned(pool: Pool) -> Var | None:
    """Some assignments to one tensor, of which the later ones read what the earlier ones wrote."""
    x = pool.pick(some=True)
    if x is None or x.dtype == "bool" or x.size > 1 << 14:
        return None
    random, result = pool.random, array_api.asarray(x, copy=True)
    for _ in range(random.randint(2, 4)):
        n = x.shape[0]
        low, high = sorted((random.randint(0, n), random.randint(0, n)))
        key = random.choice([slice(low, high), random.randrange(-n, n), slice(None, None, 2), slice(None, None, -1)])
        rows = mb.array(np.array([random.randrange(n) for _ in range(3)], np.int32))
        choice = random.choice(["number", "other", "self", "rows", "add"])
        if choice == "number":
            result[key] = 1
        elif choice == "other":
            result[key] = pool.leaf(x.shape, x.dtype)[key]
        elif choice == "self":  # overlapping what it writes
            result[key] = array_api.flip(result, axis=0)[key]
        elif choice == "rows":
            result[rows] = 2
        else:
            result[key] += 1
    return pool.moved(x, result)


def small(pool: Pool) -> Var | None:
    """Many small kernels that do not depend on each other, and one that needs them all."""
    x = pool.pick(floats=True, some=True)
    if x is None or x.size > 1 << 12:
        return None
    random, axis, made = pool.random, pool.axis(x), []
    for _ in range(random.randint(4, 12)):
        shape = (random.choice([1, 5, 33]), x.shape[axis])
        y = pool.leaf(shape, x.dtype)
        made.append(random.choice([
            lambda y=y: mb.sum(y, 1), lambda y=y: mb.max(mb.transpose(y, (1, 0)), 1), lambda y=y: mb.mean(y) + y[:, 0],
            lambda y=y: mb.softmax(y, 1)[0], lambda y=y: mb.take(y, pool.ids((4,), -1, y.shape[1] + 1), 1)[-1],
        ])())  # fmt: skip
    return mb.concat(made, 0)


def ctc(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, rank=3, some=True)
    if x is None or x.shape[0] > 8 or x.shape[2] < 2 or x.size > 1 << 12:
        return None
    random, (steps, count, classes) = pool.random, x.shape
    length = random.randint(1, steps)
    targets = pool.ids((count, length), 1, classes)
    lengths = [random.randint(1, max(1, length // 2)) for _ in range(count)]
    how = random.choice(["mean", "sum", "none"])
    return F.ctc_loss(F.log_softmax(x, 2), targets, [steps] * count, lengths, 0, how, True)


def folded(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, rank=4, some=True)
    if x is None or min(x.shape[2:]) < 3 or x.size > 1 << 13:
        return None
    k, s, p, d = (pool.random.choice(sizes) for sizes in ([1, 2, 3], [1, 2], [0, 1], [1, 1, 2]))
    if min(x.shape[2:]) + 2 * p < d * (k - 1) + 1:
        return None
    columns = F.unfold(x, k, d, min(p, k), s)
    return columns if pool.random.random() < 0.4 else F.fold(columns * 0.5, x.shape[2:], k, d, min(p, k), s)


def unpooled(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, exact=True, some=True)
    if x is None or not 3 <= x.ndim <= 5 or min(x.shape[2:]) < 2:
        return None
    d, k = x.ndim - 2, 2
    stride = pool.random.choice([1, 2])
    values, indices = getattr(F, f"max_pool{d}d")(x, k, stride, return_indices=True)
    if pool.random.random() < 0.3:
        return indices
    return getattr(F, f"max_unpool{d}d")(mb.tanh(values), indices, k, stride, output_size=x.shape[2:])


def resized(pool: Pool) -> Var | None:
    x = pool.pick(floats=True, some=True)
    if x is None or not 3 <= x.ndim <= 5 or x.size > 1 << 14:
        return None
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[x.ndim - 2]
    modes = ["nearest", "nearest-exact", "area", linear, linear, *(["bicubic"] if x.ndim == 4 else [])]
    mode, sizes = pool.random.choice(modes), [pool.random.choice([1, n, 2 * n, n + 3]) for n in x.shape[2:]]
    if not fits((*x.shape[:2], *sizes)):
        return None
    corners = mode in (linear, "bicubic") and pool.random.random() < 0.4
    y = F.interpolate(x, sizes, mode=mode, align_corners=corners)
    return y if pool.random.random() < 0.5 else mb.grad(mb.sum(mb.square(y) * 0.25), x, allow_unused=True)


def sampled(pool: Pool) -> Var | None:
    """Elements at places that are computed or drawn: samples of images, windows at random steps, bags of rows."""
    x = pool.pick(floats=True, some=True)
    if x is None or x.ndim not in (2, 4) or x.size > 1 << 13:
        return None
    random = pool.random
    if x.ndim == 2:
        ids, mode = pool.ids((7,), 0, x.shape[0]), random.choice(["mean", "sum", "max"])
        offsets = mb.array(np.int32([0, random.randint(0, 3), random.randint(3, 7)]))
        return F.embedding_bag(ids, x, mode=mode, offsets=offsets)
    if random.random() < 0.3:
        if min(x.shape[2:]) < 3:
            return None
        draws = mb.array(np.random.default_rng(random.getrandbits(32)).integers(0, 8, (*x.shape[:2], 2)) / 8, "float32")
        return F.fractional_max_pool2d(x, 2, output_size=2, samples=draws)
    places = mb.tanh(pool.leaf((x.shape[0], random.choice([1, 5]), 3, 2), "float32")) * 1.25
    y = F.grid_sample(x, places, "bilinear", random.choice(["zeros", "border"]), random.random() < 0.5)
    return y if random.random() < 0.6 else mb.grad(mb.sum(mb.square(y) * 0.25), x, allow_unused=True)


ALL = [update, update, cell, dropped, sorting, kept, assigned, assigned, small, ctc, folded, unpooled, resized,
       resized, sampled]  # fmt: skip
